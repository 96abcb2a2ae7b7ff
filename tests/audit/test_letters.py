"""Letters in the signed digests: what somebody has, and who touches its row is found."""

import asyncio
import hashlib
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from casework.messages.entry import NoticeRow
from casework.security.audit.digests import PublicKeys
from casework.security.audit.hashing import made_by
from casework.security.audit.letters import LetterTold, content_of
from casework.store.materials import MaterialStore
from casework.store.models import Letters, Notices
from casework.store.queries.letters import statement_of
from casework.store.register.letters import Wanted, issue, note_document, note_seal
from casework.store.register.recording import supersede
from tests.audit.conftest import DAY, DISTRICT, Archive
from tests.store.desks import archived
from tests.store.entries import writer

NEXT, LATER = DAY + timedelta(days=1), DAY + timedelta(days=2)
PDF = b"%PDF-1.7 as it was given out"
NUMBER = "静人才〔2026〕受理1号"


async def a_case(archive: Archive) -> str:
    """One of which the applicant is told twice."""
    case = writer(archived())
    notices = tuple(
        NoticeRow(seq=seq, template="accepted", recipient="applicant", channel="mail")
        for seq in (2, 3)
    )
    await archive.record(case.entry(notices=notices))
    return case.case_no


async def numbered(
    archive: Archive, case_no: str, seq: int = 2, *, replaces: tuple[str, ...] = ()
) -> str:
    wanted = Wanted(
        case_no=case_no,
        seq=seq,
        template="accepted" if seq == 2 else "extension",
        title="受理通知书",
        district=DISTRICT,
        word="静人才",
        series="受理",
        on=date(2026, 9, 17),
        handed=seq == 1,
        replaces=replaces,
    )
    async with archive.sessions.begin() as session:
        letter = await issue(session, wanted)
        await note_document(session, letter.number, hashlib.sha256(PDF).hexdigest())
    return letter.number


async def sent(archive: Archive, seq: int = 2) -> None:
    async with archive.sessions.begin() as session:
        await session.execute(update(Notices).where(Notices.seq == seq).values(status="sent"))


async def told(archive: Archive, day: date) -> list[tuple[str, str, str]]:
    """Number, seal and end of the letters of which the digest of a day tells."""
    letters = (await archive.digest(day)).digest.letters
    return [(each.number, each.sealed, each.revoked) for each in letters]


async def found(archive: Archive) -> list[tuple[str, str, int | None, int | None]]:
    report = await archive.verify()
    return [(each.kind.value, each.letter, each.seq, each.digest) for each in report.findings]


async def a_letter(archive: Archive) -> str:
    """A case whose letter was sent, and is bound by a digest."""
    case_no = await a_case(archive)
    assert await numbered(archive, case_no) == NUMBER
    await sent(archive)
    assert await told(archive, DAY) == [(NUMBER, "", "")]
    assert (await archive.verify()).letters == 1
    return case_no


async def test_a_digest_tells_of_a_letter_once_somebody_has_it_and_when_it_changes(
    archive: Archive,
) -> None:
    case_no = await a_case(archive)
    await numbered(archive, case_no)
    assert await told(archive, DAY) == []
    await sent(archive)
    assert await told(archive, NEXT) == [(NUMBER, "", "")]
    receipt = await numbered(archive, case_no, 1)  # given out: nobody is sent it
    async with archive.sessions.begin() as session:
        await note_seal(session, NUMBER, "signature", "ab" * 32, reference="r-1")
    assert await told(archive, LATER) == [(NUMBER, "ab" * 32, ""), (receipt, "", "")]
    await numbered(archive, case_no, 3, replaces=("accepted",))
    assert await told(archive, LATER + timedelta(days=1)) == [(NUMBER, "ab" * 32, "2026-09-17")]
    assert await told(archive, LATER + timedelta(days=2)) == []
    report = await archive.verify()
    assert (list(report.findings), report.letters) == ([], 2)


@pytest.mark.parametrize(
    "change",
    [
        "sha256 = repeat('0', 64)",
        "sha256 = ''",
        "title = '不予受理通知书'",
        "template = 'refused'",
        "issued_on = issued_on + 1",
        "case_no = (SELECT max(case_no) FROM openings), seq = 7",
        "seq = 7",
        "voided_at = now()",
        "district = '310112'",
    ],
)
async def test_an_altered_row_of_a_letter_is_found(archive: Archive, change: str) -> None:
    await archive.fill(2)
    await a_letter(archive)
    await archive.tamper(f"UPDATE letters SET {change}")  # noqa: S608 - our own
    assert await found(archive) == [("letter_altered", NUMBER, 2, 1)]
    exported = await archive.digests()
    assert [kind for kind, *_ in await archive.found(exported)] == ["letter_altered"]


@pytest.mark.parametrize(
    "change", ["number = '静人才〔2026〕受理2号'", "number = number || 'x', code = 'x'"]
)
async def test_a_letter_under_another_number_and_one_that_is_gone_are_found(
    archive: Archive, change: str
) -> None:
    await a_letter(archive)
    await archive.tamper(f"UPDATE letters SET {change}")  # noqa: S608 - our own
    assert await found(archive) == [("letter_removed", NUMBER, 2, 1)]
    await archive.tamper("DELETE FROM letters", "DELETE FROM audit_letters")
    assert await found(archive) == [("letter_removed", NUMBER, 2, 1)]


async def test_who_takes_away_a_seal_or_an_end_is_found(archive: Archive) -> None:
    case_no = await a_letter(archive)
    async with archive.sessions.begin() as session:
        await note_seal(session, NUMBER, "file", "ab" * 32, reference="r-1")
    await numbered(archive, case_no, 3, replaces=("accepted",))
    assert await found(archive) == []
    await archive.digest(NEXT)
    assert await found(archive) == []
    for change, back in (
        ("revoked_on = NULL, revoked_by = ''", "revoked_on = '2026-09-17'"),
        ("revoked_on = revoked_on + 1", "revoked_on = '2026-09-17'"),
        ("sealed_sha256 = repeat('0', 64)", "sealed_sha256 = repeat('ab', 32)"),
        ("seal = '', sealed_sha256 = ''", "seal = 'file', sealed_sha256 = repeat('ab', 32)"),
    ):
        await archive.tamper(f"UPDATE letters SET {change} WHERE seq = 2")  # noqa: S608 - our own
        assert await found(archive) == [("letter_altered", NUMBER, 2, 2)]
        await archive.tamper(f"UPDATE letters SET {back} WHERE seq = 2")  # noqa: S608 - our own
        assert await found(archive) == []


async def test_a_later_digest_does_not_hide_an_alteration(archive: Archive) -> None:
    await a_letter(archive)
    await archive.tamper("UPDATE letters SET sha256 = repeat('0', 64)")
    assert await told(archive, NEXT) == [(NUMBER, "", "")]
    assert await found(archive) == [("letter_altered", NUMBER, 2, 2)]


async def test_a_letter_whose_event_was_decided_anew_is_no_tampering(archive: Archive) -> None:
    case = writer(archived())
    await archive.record(case.entry())
    receipt = await numbered(archive, case.case_no, 1)
    assert await told(archive, DAY) == [(receipt, "", "")]
    async with archive.sessions.begin() as session:
        await supersede(session, case.case_no, 1)
        (void,) = await session.scalars(select(Letters.voided_at))
    assert void is not None
    kinds = {kind for kind, *_ in await found(archive)}
    assert not kinds & {"letter_altered", "letter_removed"}


async def test_who_holds_a_letter_and_the_exports_needs_nobody_else(archive: Archive) -> None:
    """By what verification tells to anybody, and the signed digest."""
    await a_letter(archive)
    (signed,) = await archive.digests()
    keys = PublicKeys([archive.key.public_pem.encode()])
    assert keys.verify(signed.document, signed.key, signed.signature)
    (letter,) = json.loads(signed.document)["letters"]
    bound = LetterTold(**letter)
    async with archive.sessions() as session:
        said = await statement_of(session, NUMBER)
    assert said is not None
    hashing = made_by(bound.hash)
    assert hashing is not None
    for content, same in ((PDF, True), (PDF + b" ", False)):
        text = content_of(
            number=said.number,
            kind=said.kind,
            title=said.title,
            issued_on=said.issued_on,
            sha256=hashlib.sha256(content).hexdigest(),
        )
        assert (hashing.of(text) == bound.hash) is same


async def test_a_file_and_a_row_altered_together_are_found(
    archive: Archive, tmp_path: Path
) -> None:
    """The store alone would believe them: the file has the digest that the row names."""
    store = MaterialStore.open(f"file://{tmp_path}")
    await a_letter(archive)
    forged = PDF.replace(b"as it was", b"never was")
    await store.keep(forged)
    sha256 = await asyncio.to_thread(lambda: hashlib.sha256(forged).hexdigest())
    await archive.tamper("UPDATE letters SET sha256 = :new", new=sha256)
    assert await store.content(sha256) == forged
    assert await found(archive) == [("letter_altered", NUMBER, 2, 1)]
