"""Events written again from Temporal's histories have other hashes, which is no tampering."""

from datetime import timedelta

import pytest

from casework.messages.entry import Entry
from casework.security.audit.findings import Regained
from casework.store.engine import Sessions
from casework.store.restoring import CasePast, regain_case, regain_digests
from tests.audit.conftest import DAY, Archive
from tests.store.desks import archived
from tests.store.entries import writer

KEPT = 3


@pytest.fixture
async def sealed(archive: Archive, sealed_sessions: Sessions) -> Archive:
    """Sealed twice, the same text looks different: only so do the hashes differ."""
    return Archive(archive.engine, sealed_sessions)


async def lost_and_restored(archive: Archive) -> tuple[str, int]:
    """A case of which a digest tells and that was regenerated; its number and its last event."""
    case = writer(archived())
    entries: list[Entry] = [case.entry(KEPT), case.entry()]
    for entry in entries:
        await archive.record(entry)
    await archive.digest()
    signed = await archive.digests()
    await archive.tamper(
        "DELETE FROM events WHERE seq > :kept",
        "UPDATE cases SET last_seq = :kept",
        "DELETE FROM audit_digests",
        "DELETE FROM audit_heads",
        kept=KEPT,
    )
    assert await regain_digests(archive.sessions, signed) == 1
    assert await regain_digests(archive.sessions, signed) == 0
    assert await archive.digests() == signed
    past = CasePast(case_no=case.case_no, entries=entries)
    regained = await regain_case(archive.sessions, past)
    assert (regained.first, regained.last) == (KEPT + 1, len(case.events))
    assert not (await regain_case(archive.sessions, past)).anything
    return case.case_no, len(case.events)


async def test_what_was_restored_is_told_and_is_no_finding(sealed: Archive) -> None:
    case_no, last = await lost_and_restored(sealed)
    report = await sealed.verify()
    assert not report.findings
    assert report.restored == (Regained(case_no=case_no, seq=last, digest=1),)
    await sealed.digest(DAY + timedelta(days=1))
    report = await sealed.verify(await sealed.digests())
    assert not report.findings
    assert len(report.restored) == 1


async def test_other_hashes_of_what_was_never_restored_are_a_finding(sealed: Archive) -> None:
    case_no, last = await lost_and_restored(sealed)
    await sealed.tamper("DELETE FROM restorations")
    assert await sealed.found() == [("recomputed", case_no, 1, last, 1)]


async def test_what_was_restored_and_altered_since_is_a_finding(sealed: Archive) -> None:
    case_no, last = await lost_and_restored(sealed)
    await sealed.tamper("UPDATE events SET actor = 'x' WHERE seq = :last", last=last)
    assert ("altered", case_no) in [each[:2] for each in await sealed.found()]


async def test_what_the_restoring_does_not_cover_is_a_finding(sealed: Archive) -> None:
    case_no, last = await lost_and_restored(sealed)
    await sealed.tamper("UPDATE restorations SET last_seq = first_seq")
    assert await sealed.found() == [("recomputed", case_no, 1, last, 1)]
