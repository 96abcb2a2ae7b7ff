"""Numbers of documents: one for each letter, without a gap, whoever dies meanwhile."""

import asyncio
import hashlib
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from casework.domain.case.opening import Party
from casework.messages.entry import NoticeRow
from casework.outside import RefusedError
from casework.policy.publishing.versions import catalogue_of
from casework.store.documents import DocumentLostError, Documents, SealAwayError
from casework.store.engine import Sessions, create_engine, let_record_change
from casework.store.engine import sessions as open_sessions
from casework.store.in_force.published import PublishedCatalogues
from casework.store.materials import MaterialStore
from casework.store.models import Armings, Events, Letters, Notices
from casework.store.queries.letters import LetterStatus, letters, statement_of, statement_of_file
from casework.store.register.letters import IssuedLetter, Wanted, addressees, issue, note_document
from casework.store.register.parties import NoticeUnknownError
from casework.store.register.recording import record, supersede
from casework.store.sealing.erasure import erase
from tests.store.conftest import Recording, in_clear_and_sealed
from tests.store.desks import archived
from tests.store.emptied import empty
from tests.store.entries import APPLICANT, EMPLOYER, Writer, writer
from tests.store.seals import City

ON = date(2026, 9, 17)
SEVERAL = 8


def told(seq: int, recipient: str = "applicant", template: str = "accepted") -> NoticeRow:
    return NoticeRow(seq=seq, template=template, recipient=recipient, channel="mail")


def wanted(case: Writer, seq: int, series: str = "受理", on: date = ON) -> Wanted:
    return Wanted(
        case_no=case.case_no,
        seq=seq,
        template="accepted",
        title="受理通知书",
        district="310106",
        word="静人才",
        series=series,
        on=on,
    )


async def several(sessions: Sessions) -> Writer:
    """A case with as many events of which somebody is told."""
    case = writer(archived())
    entry = case.entry(notices=tuple(told(seq) for seq in range(1, SEVERAL + 1)))
    async with sessions.begin() as session:
        await record(session, entry)
    return case


async def issued(sessions: Sessions, letter: Wanted) -> IssuedLetter:
    async with sessions.begin() as session:
        return await issue(session, letter)


async def test_a_letter_keeps_its_number(recorded: Recording, sessions: Sessions) -> None:
    case = await several(sessions)
    first = await issued(sessions, wanted(case, 2))
    assert first.number == "静人才〔2026〕受理1号"
    assert len(first.code.replace("-", "")) == 24
    assert await issued(sessions, wanted(case, 2)) == first
    assert (await issued(sessions, wanted(case, 1))).number == "静人才〔2026〕受理2号"
    assert (await issued(sessions, wanted(case, 3, "补正"))).number == "静人才〔2026〕补正1号"
    next_year = wanted(case, 4, on=date(2027, 1, 1))
    assert (await issued(sessions, next_year)).number == "静人才〔2027〕受理1号"


async def test_nobody_told_no_letter(sessions: Sessions) -> None:
    case = await several(sessions)
    with pytest.raises(NoticeUnknownError):
        await issued(sessions, wanted(case, SEVERAL + 1))


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    asked=st.lists(
        st.tuples(st.integers(1, SEVERAL), st.sampled_from(["受理", "补正"]), st.booleans()),
        min_size=4,
        max_size=14,
    )
)
async def test_numbers_have_no_gap_and_none_is_given_twice(
    register_engine: AsyncEngine, asked: list[tuple[int, str, bool]]
) -> None:
    """Many at once ask, some twice, and some die before their transaction has ended."""
    await empty(register_engine)
    sessions = open_sessions(register_engine)
    case = await several(sessions)
    kind = {seq: series for seq, series, _ in reversed(asked)}

    async def ask(seq: int, *, killed: bool) -> tuple[int, str] | None:
        async with sessions() as session:
            letter = await issue(session, wanted(case, seq, kind[seq]))
            if killed:
                await session.rollback()
                return None
            await session.commit()
        return seq, letter.number

    got = await asyncio.gather(*(ask(seq, killed=killed) for seq, _, killed in asked))
    told_of = {pair for pair in got if pair is not None}
    assert (
        len({number for _, number in told_of}) == len({seq for seq, _ in told_of}) == len(told_of)
    )
    async with sessions() as session:
        found = (await session.execute(select(Letters.series, Letters.ordinal, Letters.seq))).all()
    assert {seq for _, _, seq in found} == {seq for seq, _ in told_of}
    for series, count in Counter(series for series, _, _ in found).items():
        assert sorted(n for word, n, _ in found if word == series) == [*range(1, count + 1)]


async def test_a_killed_transaction_gives_no_number(sessions: Sessions) -> None:
    case = await several(sessions)
    async with sessions() as dying:
        lost = await issue(dying, wanted(case, 1))
        process = await dying.scalar(select(func.pg_backend_pid()))
        waiting = asyncio.create_task(issued(sessions, wanted(case, 2)))
        async with sessions.begin() as killer:
            await killer.execute(text(f"SELECT pg_terminate_backend({process})"))
        with pytest.raises((DBAPIError, OSError)):
            await dying.commit()
        await dying.close()
    assert lost.number == (await waiting).number == "静人才〔2026〕受理1号"
    assert (await issued(sessions, wanted(case, 1))).number == "静人才〔2026〕受理2号"


async def test_a_worker_whose_machine_is_gone_keeps_no_number_to_itself(
    sessions: Sessions, register_url: str
) -> None:
    """Nobody closes its connection: the server ends what it has left open."""
    case = await several(sessions)
    gone = create_engine(register_url, left_open=timedelta(seconds=1))
    session = open_sessions(gone)()
    try:
        await session.begin()
        await issue(session, wanted(case, 1))
        letter = await issued(sessions, wanted(case, 2))
        assert letter.number == "静人才〔2026〕受理1号"
        with pytest.raises(DBAPIError):
            await session.execute(select(Letters))
    finally:
        with suppress(DBAPIError):
            await session.close()
        await gone.dispose()


async def test_the_letter_of_an_event_that_is_decided_anew_is_void(
    recorded: Recording, sessions: Sessions
) -> None:
    desk = archived()
    case = writer(desk)
    first = case.entry(1)
    await recorded(first, case.entry(2, notices=(told(2), told(3))))
    void, sent = await issued(sessions, wanted(case, 2)), await issued(sessions, wanted(case, 3))
    async with sessions.begin() as session:
        await session.execute(update(Notices).where(Notices.seq == 3).values(status="sent"))
    again = writer(desk)
    again.entry(1)
    later = again.entry(2, notices=(told(2), told(3)))
    moved = replace(
        later,
        events=tuple(
            replace(event, at=event.at.replace(microsecond=event.at.microsecond + 1))
            for event in later.events
        ),
    )
    await recorded(moved)
    assert await issued(sessions, wanted(case, 3)) == replace(sent, told=True)
    anew = await issued(sessions, wanted(case, 2))
    assert anew.number == "静人才〔2026〕受理3号"
    async with sessions() as session:
        numbers = select(Letters.number).where(Letters.voided_at.is_not(None))
        assert list(await session.scalars(numbers)) == [void.number]


@in_clear_and_sealed
async def test_a_letter_is_addressed_to_all_who_are_told(
    recorded: Recording, sessions: Sessions
) -> None:
    case = writer()
    await recorded(case.entry(notices=(told(1, "employer"), told(1))))
    async with sessions() as session:
        found = await addressees(session, case.case_no, 1)
    assert (found.names, found.concerns) == ((APPLICANT.name, EMPLOYER.name), "")


@in_clear_and_sealed
async def test_a_letter_to_the_employer_alone_says_whom_it_is_about(
    recorded: Recording, sessions: Sessions
) -> None:
    case = writer()
    await recorded(case.entry(notices=(told(1, "employer"),)))
    async with sessions() as session:
        found = await addressees(session, case.case_no, 1)
    assert (found.names, found.concerns) == ((EMPLOYER.name,), APPLICANT.name)


@in_clear_and_sealed
async def test_a_letter_of_which_only_the_agent_is_told_is_addressed_to_the_applicant(
    recorded: Recording, sessions: Sessions
) -> None:
    case = writer()
    case.opening = replace(case.opening, agent=Party(name="李代办", email="li@mail.example"))
    await recorded(case.entry(notices=(told(1, "agent"),)))
    async with sessions() as session:
        found = await addressees(session, case.case_no, 1)
    assert (found.names, found.concerns) == ((APPLICANT.name,), "")


@pytest.fixture
def documents(sessions: Sessions, tmp_path: Path) -> Documents:
    store = MaterialStore.open(str(tmp_path))

    def now() -> object:
        raise AssertionError("no clock is asked")

    published = PublishedCatalogues(catalogue_of(None), sessions, store, now)  # type: ignore[arg-type]
    return Documents(
        reading=sessions,
        writing=sessions.begin,
        materials=store,
        published=published,
        public_url="https://casework.example",
    )


FIELDS = {"item": "居转户", "office": "静安区人才服务中心", "on": "2026-09-17",
          "accepted_on": "2026-09-17"}  # fmt: skip


async def test_a_letter_has_one_document_whoever_asks_again(
    documents: Documents, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await several(sessions)
    made = await documents.make(case.case_no, 1, "accepted", FIELDS)
    assert made.content.startswith(b"%PDF-")
    assert made.number == "静人才〔2026〕受理1号"
    # Killed between note and store: what was noted is made again.
    digest = hashlib.sha256(made.content).hexdigest()
    await documents.materials.remove(digest)
    assert (await documents.make(case.case_no, 1, "accepted", FIELDS)).content == made.content
    # What is kept is never rendered anew, whatever the texts have become meanwhile.
    monkeypatch.setattr("casework.store.documents.render_pdf", None)
    assert await documents.make(case.case_no, 1, "accepted", FIELDS) == made
    async with sessions() as session:
        assert list(await session.scalars(select(Letters.sha256))) == [digest]


async def test_all_who_are_told_at_once_get_the_same_document(
    documents: Documents, sessions: Sessions
) -> None:
    case = await several(sessions)
    got = await asyncio.gather(
        *(documents.make(case.case_no, 1, "accepted", FIELDS) for _ in range(6))
    )
    assert len({made.content for made in got}) == len({made.number for made in got}) == 1


async def test_a_sealed_letter_is_known_by_both_its_files(
    documents: Documents, sessions: Sessions
) -> None:
    case, city = await several(sessions), City()
    unsealed = await documents.make(case.case_no, 1, "accepted", FIELDS)
    documents = replace(documents, seal=city.office(takes_file=True))
    made = await documents.make(case.case_no, 1, "accepted", FIELDS)
    assert made.content.startswith(unsealed.content)
    assert b"%SEAL" in made.content
    assert made.signature == b""
    assert await documents.make(case.case_no, 1, "accepted", FIELDS) == made
    assert city.seen == [(f"{case.case_no}:1", True)]
    # Switched off again: what was sealed stays so.
    assert await replace(documents, seal=None).make(case.case_no, 1, "accepted", FIELDS) == made
    digests = [hashlib.sha256(each.content).hexdigest() for each in (unsealed, made)]
    async with sessions() as session:
        told = [await statement_of_file(session, each) for each in digests]
        (listed,) = await letters(session, case.case_no)
    assert told[0] == told[1]
    assert told[0] is not None
    assert [told[0].sha256, told[0].sealed_sha256] == digests
    assert [listed.sha256, listed.sealed_sha256] == digests


async def test_a_signature_lies_beside_the_letter_and_is_none(
    documents: Documents, sessions: Sessions
) -> None:
    case, city = await several(sessions), City()
    documents = replace(documents, seal=city.office(takes_file=False))
    made = await documents.make(case.case_no, 1, "accepted", FIELDS)
    assert await documents.make(case.case_no, 1, "accepted", FIELDS) == made
    assert city.seen == [(f"{case.case_no}:1", False)], "the city gets the digest only"
    assert hashlib.sha256(made.content).hexdigest().encode() in made.signature
    async with sessions() as session:
        assert await statement_of_file(session, hashlib.sha256(made.signature).hexdigest()) is None


async def test_no_letter_goes_without_the_seal(documents: Documents, sessions: Sessions) -> None:
    case, city = await several(sessions), City(crashes=1)
    documents = replace(documents, seal=city.office(takes_file=True))
    with pytest.raises(SealAwayError):
        await documents.make(case.case_no, 1, "accepted", FIELDS)
    city.status = 503
    with pytest.raises(SealAwayError):
        await documents.make(case.case_no, 1, "accepted", FIELDS)
    city.status = 422
    with pytest.raises(RefusedError, match="seal: http_422"):
        await documents.make(case.case_no, 1, "accepted", FIELDS)
    city.status = 200
    assert b"%SEAL" in (await documents.make(case.case_no, 1, "accepted", FIELDS)).content


@pytest.mark.parametrize("harm", ["damaged", "lost"])
async def test_what_the_store_has_damaged_is_written_anew_with_the_same_bytes_or_not_at_all(
    harm: str,
    documents: Documents,
    sessions: Sessions,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = await several(sessions)
    documents = replace(documents, seal=City().office(takes_file=True))
    made = await documents.make(case.case_no, 1, "accepted", FIELDS)

    def hurt() -> None:
        for each in tmp_path.rglob("*"):
            if each.is_file():
                each.write_bytes(b"%PDF-") if harm == "damaged" else each.unlink()

    hurt()
    assert await documents.make(case.case_no, 1, "accepted", FIELDS) == made
    async with sessions.begin() as session:
        await session.execute(update(Notices).where(Notices.seq == 1).values(status="sent"))
    hurt()
    another = "casework.store.documents.render_pdf"  # of a later release
    monkeypatch.setattr(another, lambda _: b"%PDF-of another release")
    with pytest.raises(DocumentLostError):
        await documents.make(case.case_no, 1, "accepted", FIELDS)
    async with sessions() as session:
        (noted,) = await session.scalars(select(Letters.sealed_sha256))
    assert noted == hashlib.sha256(made.content).hexdigest()


async def test_a_document_that_another_has_noted_stays(sessions: Sessions) -> None:
    case = await several(sessions)
    letter = await issued(sessions, wanted(case, 1))
    async with sessions.begin() as session:
        assert await note_document(session, letter.number, "a" * 64)
        assert await note_document(session, letter.number, "a" * 64)
        assert not await note_document(session, letter.number, "b" * 64)
        assert await note_document(session, letter.number, "b" * 64, instead_of="a" * 64)


@pytest.mark.parametrize(
    ("kind", "body", "revoked"),
    [
        ("taken_back", {"closed_seq": 2}, {2, 3}),
        ("breach_decided", {"outcome": "revoke"}, {3}),
        ("breach_decided", {"outcome": "return"}, set()),
        ("accepted", {"closed_seq": 1}, set()),
    ],
)
@pytest.mark.parametrize("comes_first", [False, True])
async def test_what_is_taken_back_takes_its_letters_with_it(
    sessions: Sessions,
    kind: str,
    body: dict[str, Any],
    revoked: set[int],
    comes_first: bool,
) -> None:
    case = await several(sessions)
    async with sessions.begin() as session:
        await let_record_change(session)
        await session.execute(
            update(Events).where(Events.seq == 4).values(kind=kind, body=body, hash="")
        )
    revoking = replace(wanted(case, 4, "更正"), template=kind)
    if comes_first:  # the others waited for the next morning
        await issued(sessions, revoking)
    for seq, template in ((1, "accepted"), (2, "refused"), (3, "result_ready")):
        await issued(sessions, replace(wanted(case, seq), template=template))
    by = (await issued(sessions, revoking)).number
    async with sessions() as session:
        found = {each.seq: each for each in await letters(session, case.case_no)}
        statement = await statement_of(session, found[2].number)
    assert {seq for seq, each in found.items() if each.status is LetterStatus.REVOKED} == revoked
    assert {each.revoked_by for each in found.values()} <= {by, ""}
    assert statement is not None
    assert (statement.status is LetterStatus.REVOKED) == (2 in revoked)


async def test_a_letter_holds_again_if_what_revoked_it_has_not_happened(
    sessions: Sessions,
) -> None:
    case = await several(sessions)
    await issued(sessions, replace(wanted(case, 3), template="result_ready"))
    async with sessions.begin() as session:
        await let_record_change(session)
        gone = {"kind": "taken_back", "body": {"closed_seq": 2}, "hash": ""}
        await session.execute(update(Events).where(Events.seq == 4).values(gone))
    await issued(sessions, replace(wanted(case, 4, "更正"), template="taken_back"))
    async with sessions.begin() as session:
        (letter,) = [each for each in await letters(session, case.case_no) if each.seq == 3]
        assert letter.status is LetterStatus.REVOKED
        await supersede(session, case.case_no, 4)
        (letter,) = await letters(session, case.case_no)
    assert (letter.status, letter.revoked_on) == (LetterStatus.IN_FORCE, None)


async def test_what_is_taken_back_holds_no_longer_even_if_no_letter_can_say_so(
    recorded: Recording, sessions: Sessions
) -> None:
    case = writer(archived())
    await recorded(case.entry(2, notices=(told(2, template="result_ready"),)))
    await issued(sessions, replace(wanted(case, 2), template="result_ready"))
    later = case.entry()
    (first, *rest) = later.events
    gone = replace(first, kind="taken_back", body='{"kind": "taken_back", "closed_seq": 2}')
    await recorded(replace(later, events=(gone, *rest)))
    async with sessions.begin() as session:
        (letter,) = await letters(session, case.case_no)
        assert (letter.status, letter.revoked_by) == (LetterStatus.REVOKED, "")
        assert letter.revoked_on is not None
        await supersede(session, case.case_no, 3)
        (letter,) = await letters(session, case.case_no)
    assert (letter.status, letter.revoked_on) == (LetterStatus.IN_FORCE, None)


async def test_a_letter_that_is_said_anew_is_superseded(sessions: Sessions) -> None:
    case = await several(sessions)
    kinds = {1: "extension", 2: "accepted", 3: "extension", 4: "extension"}
    numbers = {
        seq: await issued(
            sessions, replace(wanted(case, seq), template=kind, replaces=("extension",))
        )
        for seq, kind in kinds.items()
        if seq != 2
    }
    numbers[2] = await issued(sessions, wanted(case, 2))
    async with sessions() as session:
        found = {each.seq: each for each in await letters(session, case.case_no)}
        statement = await statement_of(session, numbers[1].number)
    status = {seq: each.status for seq, each in found.items()}
    gone, holds = LetterStatus.SUPERSEDED, LetterStatus.IN_FORCE
    assert status == {1: gone, 2: holds, 3: gone, 4: holds}
    assert statement is not None
    assert (statement.status, statement.revoked_by) == (gone, numbers[3].number)


@pytest.mark.parametrize("vault", ["sealed"], indirect=True)
async def test_the_document_of_an_erased_case_is_removed_with_its_files(
    recorded: Recording, sessions: Sessions, documents: Documents
) -> None:
    desk = archived()
    case = writer(desk)
    await recorded(case.entry(notices=(told(1),)))
    made = await documents.make(case.case_no, 1, "accepted", FIELDS)
    async with sessions.begin() as session:
        await session.execute(update(Notices).values(status="sent"))
        await session.execute(update(Armings).values(wakes_at=None))
        erasure = await erase(
            session, case.case_no, by="sh-u1", reason="本人申请", basis="第四十七条",
            at=datetime(2030, 1, 1, tzinfo=UTC),
        )  # fmt: skip
    assert hashlib.sha256(made.content).hexdigest() in erasure.files
    async with sessions() as session:
        assert (await statement_of(session, made.number)) is not None
