"""The signed digests of the day: made once, exported, and what becomes of who touches them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.security.audit.digests import (
    DigestKey,
    ExportDiffersError,
    PublicKeys,
    SignedDigest,
    export,
    exported,
    sign,
)
from casework.security.audit.hashing import Hashing
from casework.settings import Settings, SettingsError
from casework.store.audit import districts
from casework.store.queries.disclosure import Looked, note_access
from tests.audit.conftest import DAY, DISTRICT, EVENTS, MADE_AT, Archive
from tests.store.desks import archived
from tests.store.entries import writer

NEXT = DAY + timedelta(days=1)


async def test_digest_tells_of_what_has_moved_since_the_last(archive: Archive) -> None:
    case = writer(archived())
    await archive.record(case.entry(3))
    other = await archive.fill(2)
    first = await archive.digest()
    await archive.record(case.entry())
    second = await archive.digest(NEXT)
    third = await archive.digest(NEXT + timedelta(days=1))
    told = [[(head.case_no, head.seq) for head in each.digest.heads] for each in (first, second)]
    assert told == [[(case.case_no, 3), (other, EVENTS)], [(case.case_no, EVENTS)]]
    assert third.digest.heads == ()
    assert [each.digest.previous for each in (first, second, third)] == [
        "",
        first.hash,
        second.hash,
    ]
    assert [each.number for each in (first, second, third)] == [1, 2, 3]


async def test_digest_of_a_day_is_made_once(archive: Archive) -> None:
    await archive.fill(1)
    once = await archive.digest()
    await archive.fill(2)
    assert await archive.digest() == once
    assert len(await archive.digests()) == 1


async def test_day_that_is_made_up_for_too_late_gets_no_digest(archive: Archive) -> None:
    await archive.fill()
    await archive.digest(NEXT)
    with pytest.raises(AssertionError):
        await archive.digest(DAY)
    assert [each.day for each in await archive.digests()] == [NEXT]


async def test_district_whose_cases_are_gone_goes_on(archive: Archive) -> None:
    await archive.fill()
    await archive.digest()
    await archive.tamper("DELETE FROM events", "DELETE FROM cases", "DELETE FROM openings")
    async with archive.sessions() as session:
        assert await districts(session) == [DISTRICT]


@pytest.mark.parametrize(
    "change",
    [
        "document = replace(document, '\"seq\"', '\"sea\"')",
        "hash = 'sha256:' || repeat('0', 64)",
        "day = day - 1",
    ],
)
async def test_altered_digest_is_found(archive: Archive, change: str) -> None:
    await archive.fill()
    await archive.digest()
    await archive.tamper(f"UPDATE audit_digests SET {change}")  # noqa: S608 - our own
    assert await archive.found() == [("digest_altered", "", None, None, 1)]


async def test_digest_signed_by_another_key_is_found(archive: Archive) -> None:
    """Somebody without the key makes case, chain and digest anew."""
    case_no = await archive.fill()
    await archive.digest()
    await archive.tamper("DELETE FROM audit_digests", "DELETE FROM audit_heads")
    await archive.tamper("UPDATE events SET actor = 'x' WHERE seq = 3")
    await archive.chain_anew(case_no)
    await archive.digest(key=DigestKey.new())
    assert await archive.found() == [("digest_forged", "", None, None, 1)]


async def test_signature_of_another_text_is_found(archive: Archive) -> None:
    await archive.fill()
    first, _ = await archive.digest(), await archive.digest(NEXT)
    await archive.tamper(
        "UPDATE audit_digests SET signature = :signature WHERE number = 2",
        signature=first.signature,
    )
    assert await archive.found() == [("digest_forged", "", None, None, 2)]


async def test_removed_digest_is_found(archive: Archive) -> None:
    await archive.fill()
    for days in range(3):
        await archive.digest(DAY + timedelta(days=days))
    await archive.tamper("DELETE FROM audit_digests WHERE number = 2")
    assert ("digest_removed", "", None, None, 2) in await archive.found()


async def test_last_digests_removed_are_found_by_the_exports(
    archive: Archive, tmp_path: Path
) -> None:
    await archive.fill()
    for days in range(3):
        export(await archive.digest(DAY + timedelta(days=days)), tmp_path)
    await archive.tamper("DELETE FROM audit_digests WHERE number > 1")
    kept = exported(tmp_path)
    assert not await archive.found()
    assert await archive.found(kept) == [
        ("digest_removed", "", None, None, 2),
        ("digest_removed", "", None, None, 3),
    ]


async def test_exports_find_whoever_has_the_key_as_well(archive: Archive, tmp_path: Path) -> None:
    case_no = await archive.fill()
    export(await archive.digest(), tmp_path)
    await archive.tamper("DELETE FROM audit_digests", "DELETE FROM audit_heads")
    await archive.tamper("UPDATE events SET actor = 'x' WHERE seq = 3")
    await archive.chain_anew(case_no)
    await archive.digest()
    assert not await archive.found()
    assert await archive.found(exported(tmp_path)) == [
        ("digest_altered", "", None, None, 1),
        ("recomputed", case_no, 1, EVENTS, 1),
    ]


async def test_case_of_another_district_is_still_found(archive: Archive) -> None:
    await archive.fill()
    await archive.digest()
    await archive.tamper("UPDATE openings SET district = '310101'")
    assert not (await archive.verify(district=DISTRICT)).findings


async def test_removed_accesses_are_found(archive: Archive) -> None:
    case_no = await archive.fill()
    actor = Actor(code="ja-s1", role=Role.SUPERVISOR, district=DISTRICT)
    for reason in ("核对", "投诉"):
        async with archive.sessions.begin() as session:
            await note_access(
                session,
                at=MADE_AT,
                actor=actor,
                what=Looked.DISCLOSE,
                case_no=case_no,
                reason=reason,
            )
    made = await archive.digest()
    assert made.digest.accesses == 2
    assert not await archive.found()
    await archive.tamper("DELETE FROM accesses WHERE reason = '核对'")
    assert await archive.found() == [("accesses_removed", "", None, None, 1)]


async def test_export_is_written_once_and_read_again(archive: Archive, tmp_path: Path) -> None:
    await archive.fill()
    made = await archive.digest()
    file = export(made, tmp_path)
    assert file == tmp_path / DISTRICT / f"{DAY}.json"
    assert export(made, tmp_path) == file
    assert exported(tmp_path) == (made,)
    assert exported(tmp_path, "310101") == ()
    with pytest.raises(ExportDiffersError):
        export(replace(made, signature="x"), tmp_path)
    assert exported(tmp_path) == (made,)


@pytest.mark.parametrize("hashing", Hashing)
async def test_digest_carries_the_hash_that_is_set(archive: Archive, hashing: Hashing) -> None:
    await archive.fill()
    digest = (await archive.digest()).digest
    signed = sign(digest, archive.key, hashing)
    assert signed.hash.startswith(f"{hashing}:")
    assert SignedDigest.from_json(signed.to_json()) == signed
    assert archive.keys.verify(signed.document, signed.key, signed.signature)


@pytest.mark.parametrize(
    "private",
    [
        ec.generate_private_key(ec.SECP256R1()),
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ],
    ids=["ES256", "PS256"],
)
def test_other_keys_sign_as_well(private: object) -> None:
    key = DigestKey(private)
    trusted = PublicKeys([key.public_pem.encode()])
    assert trusted.verify("摘要", key.id, key.sign("摘要"))
    assert not trusted.verify("摘 要", key.id, key.sign("摘要"))
    assert not trusted.verify("摘要", key.id, "%%%")


def test_key_is_made_in_the_local_stack_only(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert DigestKey.open(settings).id == DigestKey.open(settings).id
    settings.digest_key_file.write_text("no key")
    with pytest.raises(SettingsError):
        DigestKey.open(settings)
    with pytest.raises(SettingsError):
        PublicKeys([b"no key"])
