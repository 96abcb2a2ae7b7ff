"""A preview says what the order will do, and does nothing."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from casework.domain.orders import Content, Reach, Scope
from casework.domain.time.clock import Stopped
from casework.store.engine import Sessions
from casework.store.in_force import Preview, preview_order
from casework.store.in_force.applying import LOAD_DAYS, load_forecast
from casework.store.models import CalendarDays
from tests.domain.desk import at, open_desk
from tests.store.conftest import Recording
from tests.store.contents import contents_of
from tests.store.entries import writer
from tests.store.orders import Looker, closing, give, lifting, starting
from tests.store.test_orders_applied import OF_THE_DISTRICT

UNCHANGED = ("courses", "clocks", "tasks", "cases", "suspensions", "measures", "orders", "changes")


async def previewed(sessions: Sessions, content: Content, limit: int = 20) -> Preview:
    async with sessions.begin() as session:
        return await preview_order(session, content, limit, at=at("2026-09-17"))


async def test_preview_counts_what_the_order_moves_and_changes_nothing(
    recorded: Recording, sessions: Sessions
) -> None:
    for number in (1, 2, 3):
        looker = await Looker.opened(writer(open_desk(), number=number), sessions)
        await recorded(looker.entry())
    one = Reach(scope=Scope.CASE, key="310106-TEST-0000-0002")
    orders: list[tuple[Content, int, int]] = [
        (closing("2026-09-17", clocks=Stopped.AUTHORITY), 3, 3),
        (closing("2026-09-17", "2026-09-21"), 3, 3),
        (closing("2026-09-17", reach=one), 1, 1),
        (OF_THE_DISTRICT, 3, 6),
        (starting("2026-09-17"), 0, 0),
    ]
    for number, (content, cases, clocks) in enumerate(orders):
        before = await contents_of(sessions, *UNCHANGED)
        async with sessions() as session:
            days = await session.scalar(select(func.sum(CalendarDays.nth)))
        seen = await previewed(sessions, content)
        assert (seen.cases, seen.clocks) == (cases, clocks)
        assert await contents_of(sessions, *UNCHANGED) == before
        async with sessions() as session:
            assert await session.scalar(select(func.sum(CalendarDays.nth))) == days
        if number == 0:
            applied = await give(sessions, "o-0", content)
            assert applied.moved == seen.clocks
            await give(sessions, "o-1", lifting("o-0", "2026-09-17"))


async def test_preview_tells_kinds_and_shows_examples(
    recorded: Recording, sessions: Sessions
) -> None:
    for number in (1, 2):
        looker = await Looker.opened(writer(open_desk(), number=number), sessions)
        await recorded(looker.entry())
    paused = await previewed(sessions, closing("2026-09-17"), limit=1)
    (kind,) = paused.kinds
    assert (kind.kind, kind.name) == ("notice", "一次性告知期限")
    assert (kind.moved, kind.paused, kind.resumed) == (0, 2, 0)
    (example,) = paused.examples
    assert (example.case_no, example.clock) == ("310106-TEST-0000-0001", "notice")
    assert (example.due_before, example.due_after) == (at("2026-09-22").date(), None)
    assert (example.paused_before, example.paused_after) == (False, True)
    await give(sessions, "o-1", closing("2026-09-17"))
    resumed = await previewed(sessions, lifting("o-1", "2026-09-18"))
    assert [(kind.moved, kind.paused, kind.resumed) for kind in resumed.kinds] == [(0, 0, 2)]


async def test_the_load_that_a_preview_foretells_is_the_load_that_comes(
    recorded: Recording, sessions: Sessions
) -> None:
    for number in (1, 2, 3):
        looker = await Looker.opened(writer(open_desk(), number=number), sessions)
        await recorded(looker.entry())
    stopping = closing("2026-09-17", "2026-09-21", clocks=Stopped.BOTH)
    seen = (await previewed(sessions, stopping)).load
    due, later = date(2026, 9, 22), date(2026, 9, 29)  # the office's own step is never stopped
    assert [(d.day, d.before, d.after) for d in seen.days] == [(due, 6, 3), (later, 0, 3)]
    await give(sessions, "o-0", stopping)
    again = (await previewed(sessions, closing("2026-09-17", clocks=Stopped.BOTH))).load
    assert [(d.day, d.before, d.after) for d in again.days] == [(due, 3, 3), (later, 3, 0)]
    assert (again.undated_before, again.undated_after) == (0, 3)


ANY_DAY = st.none() | st.integers(0, 200).map(lambda days: date(2026, 9, 1) + timedelta(days))


@given(st.lists(st.tuples(ANY_DAY, ANY_DAY, st.integers(1, 50)), max_size=150))
def test_no_clock_is_lost_between_before_and_after(
    moves: list[tuple[date | None, date | None, int]],
) -> None:
    told, number = load_forecast(moves), sum(each[2] for each in moves)
    assert sum(d.before for d in told.days) + told.later_before + told.undated_before == number
    assert sum(d.after for d in told.days) + told.later_after + told.undated_after == number
    assert len(told.days) <= LOAD_DAYS
    assert [d.day for d in told.days] == sorted(d.day for d in told.days)
