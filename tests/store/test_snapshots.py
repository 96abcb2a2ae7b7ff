"""A report that was taken down stays as it was, whatever is recorded later."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from casework.domain.kinds.application.commands import Accept, PreReview, PreReviewOutcome
from casework.domain.policy import Role
from casework.domain.reports import Figure, period_of, reported_on
from casework.domain.time.calendar import ZONE
from casework.store.engine import Sessions
from casework.store.queries.reports import By, Place, count
from casework.store.register.rebuild import rebuild
from casework.store.snapshots import snapshot, take
from tests.api.reported import gather_reported
from tests.domain.desk import at, open_desk
from tests.store.conftest import Recording
from tests.store.desks import archived
from tests.store.entries import writer
from tests.store.test_reports import plain

SEPTEMBER = period_of("2026-09")


def everywhere(district: str) -> bool:
    return bool(district)


async def test_a_past_report_stays_as_it_was(recorded: Recording, sessions: Sessions) -> None:
    await recorded(writer(archived(), number=1).entry())
    async with sessions.begin() as session:
        assert await take(session, SEPTEMBER, at("2026-09-20"))  # not over yet
    desk = open_desk(day="2026-09-30")
    waiting = writer(desk, number=2)
    await recorded(waiting.entry())
    async with sessions.begin() as session:
        assert await take(session, SEPTEMBER, at("2026-10-01"))
    async with sessions() as session:
        before = await snapshot(session, SEPTEMBER)
    assert before is not None
    assert before.final
    first = before.counted(Place(), everywhere)
    assert first.total.figures[Figure.RECEIVED] == 2
    assert first.total.figures[Figure.ACCEPTED] == 1
    # What happened on the last evening is recorded late.
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    desk.do(Accept, Role.OFFICER)
    await recorded(waiting.entry())
    await rebuild(sessions)
    async with sessions.begin() as session:
        assert not await take(session, SEPTEMBER, at("2026-10-02"))
        assert await snapshot(session, SEPTEMBER) == before
        now = await count(session, SEPTEMBER, Place())
    assert now.total.figures[Figure.ACCEPTED] == 2


@pytest.mark.parametrize(
    "change", ["UPDATE report_snapshots SET body = '{}'", "DELETE FROM report_snapshots"]
)
async def test_the_register_refuses_to_change_a_final_report(
    change: str, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        await take(session, SEPTEMBER, at("2026-10-01"))
    with pytest.raises(DBAPIError, match="final report"):
        async with sessions.begin() as session:
            await session.execute(text(change))


async def test_what_was_taken_down_is_what_would_be_counted(
    sessions: Sessions, register_engine: AsyncEngine
) -> None:
    """Of any place and by anything: the sums of what was taken down are those of the register."""
    await gather_reported(register_engine, 200)
    today = datetime.now(ZONE).date()
    period = period_of(f"{today - timedelta(days=40)}..{today + timedelta(days=40)}")
    async with sessions.begin() as session:
        await take(session, period, datetime.now(ZONE))
        taken = await snapshot(session, period)
        assert taken is not None
        for place in (
            Place(),
            Place(district="310106"),
            Place(district="310106", channel="window"),
            Place(item="PTS_NEW", office="人才服务中心"),
            Place(item="NONE"),
        ):
            for by in ([], [By.ITEM], [By.OFFICE]):
                found = taken.counted(place, everywhere, by)
                counted = await count(session, period, place, by)
                assert plain(found.total) == plain(counted.total)
                assert set(found.cells) == set(counted.cells)


def test_each_day_reports_what_runs_and_what_has_just_ended() -> None:
    names = [period.name for period in reported_on(date(2026, 1, 31))]
    assert names == ["2026-01", "2026-Q1", "2026", "2025-12", "2025-Q4", "2025"]
    names = [period.name for period in reported_on(date(2026, 11, 30))]
    assert names == ["2026-11", "2026-Q4", "2026", "2026-10", "2026-Q3", "2025"]
