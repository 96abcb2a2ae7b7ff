import asyncio
import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from casework.domain.case.events import MessageRefused
from casework.domain.kinds.application.commands import PreReview, PreReviewOutcome, Withdraw
from casework.domain.policy import Role
from casework.messages.entry import Entry, NoticeRow
from casework.store.engine import Sessions
from casework.store.queries import case_view, timeline
from casework.store.register.recording import CaseTakenError, EntryGapError, Written, record
from tests.domain.desk import Desk, at, open_desk
from tests.store.conftest import Recording, in_clear_and_sealed
from tests.store.contents import contents_of
from tests.store.desks import archived, breached
from tests.store.emptied import UNGUARDED
from tests.store.entries import writer

pytestmark = in_clear_and_sealed

NOTICE = NoticeRow(seq=3, template="accepted", recipient="applicant", channel="mail")


def withdrawn(later: timedelta = timedelta()) -> Desk:
    desk = open_desk()
    desk.now += later
    desk.do(Withdraw, Role.APPLICANT, reason="另有安排")
    return desk


def passed(later: timedelta = timedelta()) -> Desk:
    desk = open_desk()
    desk.now += later
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    return desk


async def test_first_entry_opens_the_case(recorded: Recording, sessions: Sessions) -> None:
    case = writer(archived())
    assert await recorded(case.entry(1)) == [Written.NEW]
    rows = await contents_of(sessions)
    opening = rows["openings"][0]
    assert opening["reference"] == f"ref-{case.case_no}"
    assert opening["rehearsal"] == timedelta(days=-400, seconds=3)
    assert rows["service_items"][0]["digest"] == rows["cases"][0]["policy"]
    assert rows["service_items"][0]["body"]["name"] == case.desk.item.name
    assert [party["role"] for party in rows["parties"]] == ["applicant", "employer"]
    assert rows["events"][0]["body"]["case_no"] == case.case_no
    assert rows["materials"]
    assert rows["clocks"]


async def test_case_without_parties_is_opened(recorded: Recording, sessions: Sessions) -> None:
    case = writer()
    case.opening = replace(case.opening, applicant=None, employer=None)
    assert await recorded(case.entry()) == [Written.NEW]
    assert (await contents_of(sessions, "parties"))["parties"] == []


async def test_repeat_changes_nothing(recorded: Recording, sessions: Sessions) -> None:
    case = writer(archived())
    entries = [case.entry(1), case.entry(2, notices=(NOTICE,)), case.entry()]
    assert await recorded(*entries) == [Written.NEW] * 3
    once = await contents_of(sessions)
    assert [notice["status"] for notice in once["notices"]] == ["queued"]
    assert await recorded(*entries, *reversed(entries)) == [Written.REPEATED] * 6
    assert await contents_of(sessions) == once


async def test_twenty_at_once_record_once(recorded: Recording, sessions: Sessions) -> None:
    case = writer(archived())
    opening, rest = case.entry(1), case.entry()
    for entry in (opening, rest):
        outcomes = await asyncio.gather(*(recorded(entry) for _ in range(20)))
        assert outcomes.count([Written.NEW]) == 1
        assert outcomes.count([Written.REPEATED]) == 19
    assert len((await contents_of(sessions, "events"))["events"]) == 8


async def test_gap_is_refused_and_leaves_nothing(recorded: Recording, sessions: Sessions) -> None:
    case = writer(archived())
    first, second, third = case.entry(1), case.entry(1), case.entry(1)
    with pytest.raises(EntryGapError):
        await recorded(second)
    await recorded(first)
    before = await contents_of(sessions)
    with pytest.raises(EntryGapError):
        await recorded(third)
    assert await contents_of(sessions) == before
    assert await recorded(second, third) == [Written.NEW, Written.NEW]


async def test_older_entry_never_overwrites_a_newer_one(
    recorded: Recording, sessions: Sessions
) -> None:
    case = writer(archived())
    old, new = [case.entry(1), case.entry(1)], case.entry()
    await recorded(*old, new)
    newest = await contents_of(sessions)
    assert newest["cases"][0]["stage"] == "archived"
    assert await recorded(*old) == [Written.REPEATED] * 2
    assert await contents_of(sessions) == newest


async def test_entry_that_overlaps_adds_what_is_new(
    recorded: Recording, sessions: Sessions
) -> None:
    desk = archived()
    one_by_one, at_once, again = writer(desk), writer(desk), writer(desk)
    await recorded(one_by_one.entry(1), one_by_one.entry(1))
    assert await recorded(at_once.entry()) == [Written.NEW]
    rows = await contents_of(sessions)
    assert rows["superseded_events"] == []
    assert len(rows["events"]) == 8
    await recorded(again.entry())
    assert await contents_of(sessions) == rows


async def test_number_of_another_run_is_taken(recorded: Recording, sessions: Sessions) -> None:
    await recorded(writer(run="run-1").entry())
    before = await contents_of(sessions)
    with pytest.raises(CaseTakenError):
        await recorded(writer(run="run-2").entry())
    assert await contents_of(sessions) == before


async def test_reference_of_another_case_is_taken(recorded: Recording) -> None:
    first, second = writer(number=1), writer(number=2)
    second.opening = replace(second.opening, reference=first.opening.reference)
    await recorded(first.entry())
    with pytest.raises(CaseTakenError):
        await recorded(second.entry())


async def test_crash_before_the_commit_leaves_nothing(
    recorded: Recording, sessions: Sessions
) -> None:
    case = writer(archived())
    entries = [case.entry(1), case.entry(1)]
    for entry in entries:
        before = await contents_of(sessions)
        async with sessions() as session:
            assert await record(session, entry) is Written.NEW
            with pytest.raises(DBAPIError):
                await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        assert await contents_of(sessions) == before
        assert await recorded(entry) == [Written.NEW]


async def test_what_is_decided_anew_after_a_crash_takes_the_place_of_the_old(
    recorded: Recording, sessions: Sessions
) -> None:
    lost, kept = writer(withdrawn()), writer(passed(timedelta(minutes=3)))
    phantom = replace(NOTICE, seq=2, template="withdrawn")
    await recorded(lost.entry(1), lost.entry(1, notices=(phantom,)))
    kept.entry(1)
    assert await recorded(kept.entry()) == [Written.SUPERSEDING]
    rows = await contents_of(sessions)
    assert [event["kind"] for event in rows["superseded_events"]] == ["withdrawn"]
    assert rows["notices"] == []
    async with sessions.begin() as session:
        await session.execute(UNGUARDED)
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        await session.execute(text("TRUNCATE superseded_events, openings CASCADE"))
    straight = writer(passed(timedelta(minutes=3)))
    await recorded(straight.entry())
    rows["superseded_events"] = []
    assert await contents_of(sessions) == rows


async def test_longer_past_is_taken_back_whole(recorded: Recording, sessions: Sessions) -> None:
    lost, kept = writer(archived()), writer(passed(timedelta(minutes=3)))
    await recorded(lost.entry(1), lost.entry(), *kept.rest(iter([1, 1])))
    async with sessions() as session:
        assert [event.kind for event in await timeline(session, kept.case_no)] == [
            "submitted",
            "pre_review_passed",
        ]
        case = await case_view(session, kept.case_no)
    assert case is not None
    assert (case.stage, case.last_seq) == ("ready", 2)
    assert len((await contents_of(sessions))["superseded_events"]) == 7


async def test_straggler_of_a_dead_worker_is_ignored(
    recorded: Recording, sessions: Sessions
) -> None:
    late, current = writer(withdrawn()), writer(passed(timedelta(minutes=3)))
    await recorded(current.entry(1), current.entry())
    before = await contents_of(sessions)
    late.entry(1)
    assert await recorded(late.entry()) == [Written.STALE]
    assert await contents_of(sessions) == before


async def test_straggler_does_not_follow_on_what_a_later_attempt_has_written(
    recorded: Recording, sessions: Sessions
) -> None:
    late, current = writer(archived()), writer(archived(timedelta(minutes=3)))
    opened, first, tail = late.entry(1), late.entry(2), late.entry()
    current.entry(1)
    anew, rest = current.entry(2), current.entry()
    frozen, then = at("2026-03-02", "09:00"), at("2026-03-02", "09:01")
    await recorded(decided(opened, frozen), decided(first, frozen, frozen))
    assert await recorded(decided(anew, then, frozen)) == [Written.SUPERSEDING]
    before = await contents_of(sessions)
    assert await recorded(decided(tail, frozen, frozen)) == [Written.STALE]
    assert await contents_of(sessions) == before
    assert await recorded(decided(rest, then, then)) == [Written.NEW]


async def test_an_attempt_follows_on_itself_though_the_clock_was_set_back(
    recorded: Recording,
) -> None:
    case = writer(archived())
    now, earlier = at("2026-03-02", "09:01"), at("2026-03-02", "09:00")
    await recorded(decided(case.entry(1), now))
    assert await recorded(decided(case.entry(2), earlier, now)) == [Written.NEW]
    assert await recorded(decided(case.entry(), earlier, earlier)) == [Written.NEW]


def decided(entry: Entry, when: datetime, follows: datetime | None = None) -> Entry:
    return replace(entry, decided_at=when, follows=follows)


async def test_breach_leaves_one_credit_record(recorded: Recording, sessions: Sessions) -> None:
    case = writer(breached())
    entries = [case.entry(1), case.entry()]
    await recorded(*entries, *entries)
    records = (await contents_of(sessions))["credit_records"]
    assert [record["material"] for record in records] == ["sealed_copies"]
    breach = next(event for event in case.events if event.body.kind == "debt_breached")
    assert records[0]["id"] == f"{case.case_no}:{breach.seq}"
    assert records[0]["recorded_at"] == breach.at


async def test_nul_that_somebody_sent_does_not_stop_the_case(
    recorded: Recording, sessions: Sessions
) -> None:
    desk = open_desk()
    desk.apply(MessageRefused(message="nonsense", code="UNREADABLE", reason="另\x00有安排"))
    case = writer(desk)
    assert await recorded(case.entry(1), case.entry()) == [Written.NEW, Written.NEW]
    async with sessions() as session:
        (*_, event) = await timeline(session, case.case_no)
    assert event.reason == event.body["reason"] == "另\ufffd有安排"


async def test_body_of_an_event_is_stored_as_it_was_written(
    recorded: Recording, sessions: Sessions
) -> None:
    case = writer(archived())
    entry = case.entry()
    await recorded(entry)
    async with sessions() as session:
        events = await timeline(session, case.case_no)
    assert [event.body for event in events] == [json.loads(row.body) for row in entry.events]
    assert [event.at for event in events] == [row.at for row in entry.events]
    assert events[0].at == at("2026-09-16")
