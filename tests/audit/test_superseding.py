"""What a workflow decides anew, after a crash or a reset, is no tampering."""

from datetime import timedelta

from casework.security.audit.findings import Replaced
from casework.store.register.recording import Written
from tests.audit.conftest import DAY, Archive
from tests.store.desks import archived
from tests.store.entries import Writer, writer
from tests.store.test_recording import passed, withdrawn


async def superseded(archive: Archive, *, digest: bool = False) -> Writer:
    """A case whose second event was decided anew."""
    lost, kept = writer(withdrawn()), writer(passed(timedelta(minutes=3)))
    await archive.record(lost.entry(1))
    await archive.record(lost.entry(1))
    if digest:
        await archive.digest()
    kept.entry(1)
    assert await archive.record(kept.entry()) is Written.SUPERSEDING
    return kept


async def test_chain_goes_on_from_the_event_before(archive: Archive) -> None:
    await superseded(archive)
    report = await archive.verify()
    assert not report.findings
    assert (report.events, report.replaced) == (2, ())


async def test_whole_past_that_is_decided_anew_keeps_its_hashes(archive: Archive) -> None:
    lost, kept = writer(archived()), writer(passed(timedelta(minutes=3)))
    for entry in (lost.entry(1), lost.entry(), *kept.rest(iter([1, 1]))):
        await archive.record(entry)
    assert not await archive.found()


async def test_digest_of_what_was_superseded_since_is_accounted_for(archive: Archive) -> None:
    case = await superseded(archive, digest=True)
    await archive.digest(DAY + timedelta(days=1))
    report = await archive.verify()
    assert not report.findings
    assert report.replaced == (Replaced(case_no=case.case_no, seq=2, digest=1),)


async def test_altered_superseded_event_is_found(archive: Archive) -> None:
    case = await superseded(archive, digest=True)
    await archive.tamper("UPDATE superseded_events SET actor = 'x'")
    assert await archive.found() == [("superseded_altered", case.case_no, 2, 2, None)]


async def test_superseded_event_that_a_digest_tells_of_cannot_be_removed(archive: Archive) -> None:
    case = await superseded(archive, digest=True)
    await archive.tamper("DELETE FROM superseded_events")
    assert await archive.found() == [("recomputed", case.case_no, 1, 2, 1)]


async def test_alteration_dressed_as_superseding_is_found(archive: Archive) -> None:
    case_no = await archive.fill()
    await archive.tamper(
        "INSERT INTO superseded_events (case_no, seq, kind, title, at, actor, role, reason, body,"
        " recorded_at, hash) SELECT case_no, seq, kind, title, at, actor, role, reason, body,"
        " recorded_at, hash FROM events WHERE case_no = :no AND seq = 4",
        "UPDATE events SET actor = 'x' WHERE case_no = :no AND seq = 4",
        no=case_no,
    )
    kept = await archive.events(case_no)
    await archive.chain_anew(case_no)
    for event in kept[4:]:
        await archive.tamper(
            "UPDATE events SET hash = :hash WHERE case_no = :no AND seq = :seq",
            hash=event.hash,
            no=case_no,
            seq=event.seq,
        )
    assert await archive.found() == [("forked", case_no, 5, 5, None)]
