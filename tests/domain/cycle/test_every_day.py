"""In random calendars, under random readings, each clock falls on the day that a walk finds."""

from dataclasses import dataclass, replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from casework.domain.kinds.cycle.state import CyclePolicy, EvaluationWindow
from casework.domain.policy import Unit
from casework.domain.time.calendar import CalendarYear, WorkingCalendar
from tests.domain.cycle.almanac import DAY, Almanac, almanac, months_on
from tests.domain.cycle.desk import PERMIT, TALENT, limit, open_cycle

STARTS = st.dates(min_value=date(2024, 1, 1), max_value=date(2028, 12, 31))
BLOCKS = st.lists(st.tuples(st.integers(-140, 25), st.integers(1, 9)), max_size=6)
"""Stretches of days off, around the last day; and days on which weekends are worked."""


@dataclass(frozen=True)
class World:
    policy: CyclePolicy
    starts_on: date
    ends_on: date
    calendar: WorkingCalendar

    @property
    def almanac(self) -> Almanac:
        return almanac(self.calendar)


@st.composite
def worlds(draw: st.DrawFn, *, evaluated: bool = True) -> World:
    starts_on = draw(STARTS)
    term = draw(st.sampled_from((12, 24, 36))) if evaluated else 12
    ends_on = months_on(starts_on, term)
    notice = st.one_of(
        st.integers(3, 6).map(lambda n: limit(n, Unit.MONTHS)),
        st.integers(80, 150).map(lambda n: limit(n, Unit.CALENDAR_DAYS)),
    )
    policy = replace(
        TALENT if evaluated else PERMIT,
        term_months=term,
        notice=draw(notice),
        window=draw(st.sampled_from(EvaluationWindow)),
        window_days=draw(st.integers(20, 45)),
        reminders=tuple(draw(st.sets(st.integers(1, 30), max_size=4))) if evaluated else (),
    )
    off = {ends_on + n * DAY for first, long in draw(BLOCKS) for n in range(first, first + long)}
    made_up = {ends_on + first * DAY for first, _ in draw(BLOCKS)}
    years = tuple(
        CalendarYear(
            year=year,
            off=tuple(sorted(d for d in off if d.year == year and d.weekday() < 5)),
            make_up=tuple(sorted(d for d in made_up if d.year == year and d.weekday() >= 5)),
            notice="",
        )
        for year in range(2023, 2034)
    )
    return World(policy, starts_on, ends_on, WorkingCalendar(years))


def table(world: World) -> set[tuple[str, date]]:
    """What a silent employer's cycle brings about, and when."""
    days, policy = world.almanac, world.policy
    amount = policy.notice.amount
    by_months = policy.notice.unit is Unit.MONTHS
    asked = months_on(world.ends_on, -amount) if by_months else world.ends_on - amount * DAY
    last, opens = world.ends_on, world.ends_on - policy.window_days * DAY
    if policy.window is EvaluationWindow.BEFORE_30_DAYS:
        last, opens = opens, days.eve(asked)
    return {
        ("cycle_notified", days.eve(asked)),
        ("window_opened", opens),
        *((f"employer_reminded:{n}", days.eve(last - n * DAY)) for n in policy.reminders),
        ("rung_reached", days.rolled(last) + DAY),
        ("cycle_expired", days.rolled(world.ends_on) + DAY),
    }


@given(worlds())
def test_a_silent_cycle_does_everything_on_its_day(world: World) -> None:
    desk = open_cycle(world.policy, world.starts_on.isoformat(), calendar=world.calendar)
    assert desk.case.ends_on == world.ends_on
    days = world.almanac
    over = days.rolled(world.ends_on) + DAY
    desk.wait_until(over)
    done = [entry for entry in desk.days()[1:] if entry[0] != "task_handed_over"]
    assert set(done) == table(world)
    assert len(done) == len(set(done)), "each once"
    assert [day for _, day in done] == sorted(day for _, day in done)
    assert desk.due("verify") == days.after(days.rolled(world.ends_on), 20)


@given(worlds(evaluated=False), st.integers(0, 40), st.integers(200, 500))
def test_a_permit_does_everything_on_its_day(world: World, early: int, long: int) -> None:
    expires_on = world.starts_on + long * DAY
    desk = open_cycle(
        replace(PERMIT, notice=limit(30 + early, Unit.CALENDAR_DAYS)),
        world.starts_on.isoformat(),
        ends_on=expires_on.isoformat(),
        calendar=world.calendar,
    )
    days = world.almanac
    desk.wait_until(expires_on + DAY)
    assert desk.days()[1:] == [
        ("cycle_notified", days.eve(expires_on - (30 + early) * DAY)),
        ("points_suspended", expires_on + DAY),
    ]
