"""One tampering of each kind with the events, done by somebody who rules the database."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.audit.conftest import DAY, EVENTS, Archive
from tests.store.desks import archived
from tests.store.entries import writer

ALTER = "UPDATE events SET {} WHERE case_no = :no AND seq = {}"
DELETE = "DELETE FROM events WHERE case_no = :no AND seq = {}"
SHIFT = "UPDATE events SET seq = seq + :by WHERE case_no = :no AND seq BETWEEN :first AND :last"


async def shift(archive: Archive, case_no: str, first: int, last: int, by: int) -> None:
    """Renumber events, by way of numbers that nobody has."""
    await archive.tamper(SHIFT.replace(":by", "1000"), no=case_no, first=first, last=last)
    await archive.tamper(SHIFT, no=case_no, first=first + 1000, last=last + 1000, by=by - 1000)


async def test_untouched_record_is_fine(archive: Archive) -> None:
    await archive.fill(1)
    await archive.fill(2, events=3)
    await archive.digest()
    report = await archive.verify()
    assert not report.findings
    assert (report.cases, report.events, report.unsealed) == (2, EVENTS + 3, 0)
    assert report.digests == 1


@pytest.mark.parametrize(
    "change",
    [
        "reason = '另有原因'",
        'body = body || \'{"outcome": "x"}\'',
        "title = title || '。'",
        "at = at + interval '1 microsecond'",
        "actor = 'ja-o2'",
        "role = 'supervisor'",
        "kind = 'refused'",
        "hash = 'sha256:' || repeat('0', 64)",
        "hash = 'md5:0'",
    ],
)
async def test_altered_event_is_found(archive: Archive, change: str) -> None:
    case_no = await archive.fill()
    await archive.fill(2)
    await archive.tamper(ALTER.format(change, 4), no=case_no)
    assert await archive.found() == [("altered", case_no, 4, 4, None)]


@pytest.mark.parametrize("seq", [1, EVENTS])
async def test_altered_first_or_last_event_is_found(archive: Archive, seq: int) -> None:
    case_no = await archive.fill()
    await archive.tamper(ALTER.format("actor = 'x'", seq), no=case_no)
    assert await archive.found() == [("altered", case_no, seq, seq, None)]


@pytest.mark.parametrize("seq", [1, 4])
async def test_removed_event_is_found(archive: Archive, seq: int) -> None:
    case_no = await archive.fill()
    await archive.tamper(DELETE.format(seq), no=case_no)
    assert await archive.found() == [("removed", case_no, seq, seq, None)]


async def test_removed_event_is_found_though_the_others_are_renumbered(archive: Archive) -> None:
    case_no = await archive.fill()
    await archive.tamper(DELETE.format(4), no=case_no)
    await shift(archive, case_no, 5, EVENTS, -1)
    assert await archive.found() == [("removed", case_no, 4, 4, None)]


async def test_removed_last_events_are_found_by_the_row_of_the_case(archive: Archive) -> None:
    case_no = await archive.fill()
    await archive.tamper("DELETE FROM events WHERE case_no = :no AND seq > 5", no=case_no)
    assert await archive.found() == [("removed", case_no, 6, EVENTS, None)]


async def test_removed_last_events_are_found_by_the_digest(archive: Archive) -> None:
    case_no = await archive.fill()
    await archive.digest()
    await archive.tamper(
        "DELETE FROM events WHERE case_no = :no AND seq > 5",
        "UPDATE cases SET last_seq = 5 WHERE case_no = :no",
        no=case_no,
    )
    assert await archive.found() == [("removed", case_no, 6, EVENTS, 1)]


async def test_inserted_event_is_found(archive: Archive) -> None:
    case_no = await archive.fill()
    await shift(archive, case_no, 4, EVENTS, 1)
    await archive.tamper(
        "INSERT INTO events SELECT case_no, 4, kind, title, at, actor, role, reason, body,"
        " recorded_at, hash FROM events WHERE case_no = :no AND seq = 3",
        no=case_no,
    )
    assert await archive.found() == [("inserted", case_no, 4, 4, None)]


async def test_event_inserted_with_a_fitting_hash_is_found(archive: Archive) -> None:
    case_no, other = await archive.fill(), await archive.fill(2)
    await shift(archive, case_no, 4, EVENTS, 1)
    await archive.tamper(
        "INSERT INTO events SELECT :no, 4, kind, title, at, 'x', role, reason, body, recorded_at,"
        " '' FROM events WHERE case_no = :other AND seq = 4",
        no=case_no,
        other=other,
    )
    before = {row.seq: row.hash for row in await archive.events(case_no)}
    await archive.chain_anew(case_no)
    forged = {row.seq: row.hash for row in await archive.events(case_no)}
    for seq, hashed in (before | {4: forged[4]}).items():
        await archive.tamper(ALTER.format(f"hash = '{hashed}'", seq), no=case_no)
    assert await archive.found() == [("inserted", case_no, 4, 4, None)]


async def test_event_added_at_the_end_is_found_by_the_row_of_the_case(archive: Archive) -> None:
    case_no = await archive.fill()
    await archive.tamper(
        "INSERT INTO events SELECT case_no, seq + 1, kind, title, at, actor, role, reason, body,"
        " recorded_at, '' FROM events WHERE case_no = :no AND seq = 8",
        no=case_no,
    )
    await archive.chain_anew(case_no)
    assert await archive.found() == [("inserted", case_no, EVENTS + 1, EVENTS + 1, None)]


@pytest.mark.parametrize("hashes_too", [True, False])
async def test_reordered_events_are_found(archive: Archive, *, hashes_too: bool) -> None:
    case_no = await archive.fill()
    hashes = {row.seq: row.hash for row in await archive.events(case_no)}
    await shift(archive, case_no, 3, 3, 100)
    await shift(archive, case_no, 5, 5, -2)
    await shift(archive, case_no, 103, 103, -98)
    if not hashes_too:
        for seq, hashed in hashes.items():
            await archive.tamper(ALTER.format(f"hash = '{hashed}'", seq), no=case_no)
    found = await archive.found()
    assert ("reordered", case_no, 3, 3, None) in found
    assert ("reordered", case_no, 5, 5, None) in found
    assert {kind for kind, *_ in found} == {"reordered"}


async def test_removed_case_is_found_by_the_digest(archive: Archive) -> None:
    case_no = await archive.fill()
    await archive.fill(2)
    await archive.digest()
    tables = ("events", "cases", "openings", "parties", "tasks", "clocks", "materials", "cards")
    await archive.tamper(
        *(f"DELETE FROM {table} WHERE case_no = :no" for table in tables),  # noqa: S608 - our own
        no=case_no,
    )
    assert await archive.found() == [("case_removed", case_no, 1, EVENTS, 1)]


async def test_case_without_events_is_found(archive: Archive) -> None:
    case_no = await archive.fill()
    await archive.tamper("DELETE FROM events WHERE case_no = :no", no=case_no)
    assert await archive.found() == [("case_removed", case_no, None, None, None)]


async def test_chain_made_anew_is_found_by_the_digest(archive: Archive) -> None:
    case_no = await archive.fill(events=4)
    await archive.digest()
    await archive.tamper(ALTER.format("actor = 'x'", 2), no=case_no)
    await archive.chain_anew(case_no)
    assert await archive.found() == [("recomputed", case_no, 1, 4, 1)]


async def test_digests_narrow_down_where_a_chain_was_made_anew(archive: Archive) -> None:
    case = writer(archived())
    for day, count in enumerate((2, 3, 3)):
        await archive.record(case.entry(count))
        await archive.digest(DAY + timedelta(days=day))
    await archive.tamper(ALTER.format("actor = 'x'", 4), no=case.case_no)
    await archive.chain_anew(case.case_no)
    assert await archive.found() == [("recomputed", case.case_no, 3, 5, 2)]


async def test_hash_that_was_taken_away_is_found(archive: Archive) -> None:
    case_no = await archive.fill()
    await archive.tamper(ALTER.format("hash = '', actor = 'x'", 4), no=case_no)
    found = await archive.found()
    assert ("hash_removed", case_no, 4, 4, None) in found


async def test_all_hashes_taken_away_are_found_by_the_digest(archive: Archive) -> None:
    case_no = await archive.fill()
    await archive.digest()
    await archive.tamper("UPDATE events SET hash = '' WHERE case_no = :no", no=case_no)
    assert await archive.found() == [("hash_removed", case_no, 1, EVENTS, 1)]


@pytest.mark.parametrize(
    "statement", ["UPDATE events SET actor = 'x'", "DELETE FROM events", "TRUNCATE events"]
)
async def test_database_refuses_a_slip(archive: Archive, statement: str) -> None:
    await archive.fill()
    with pytest.raises(DBAPIError, match="what is recorded stays"):
        async with archive.sessions.begin() as session:
            await session.execute(text(statement))
    assert not (await archive.verify()).findings
