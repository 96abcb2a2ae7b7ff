"""A legal clock: a budget of days and a ledger of what extended or stopped it.

The clock holds no due date. Due, used, remaining, paused and the ladder of reminders are computed
from the budget, the ledger and the calendar in force, so a new notice or a suspension found late
changes them all at once. Days are calendar days in Asia/Shanghai.

How days count
    The day of the event itself does not count (民法典 §201). Months end on the corresponding day,
    or on the last of the month (§202). Where ``rolls_forward``, a last day that is a rest day
    moves to the next working day (§203); working-day limits need no such rule (行政许可法 §82).
Part-days
    A day on which the clock stands still for any part does not count: neither the first day of a
    suspension nor the day on which it is lifted. A day covered twice is left out once.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from casework.domain.errors import DomainError
from casework.domain.policy import LimitName, Mark, Policy, RunsFrom, Side, Unit
from casework.domain.time.calendar import (
    ONE_DAY,
    Count,
    EveryDay,
    Stretch,
    WorkingCalendar,
    add_months,
    union,
)


class ClockError(DomainError, ValueError):
    """A clock or an entry of its ledger that cannot be."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__("CLOCK_INVALID", message, field)


FIXED = frozenset({Unit.UNTIL, Unit.WORKING_DAYS_BEFORE})
"""The units of clocks that hang on a date: nothing extends or suspends them."""
ROLLING = frozenset({Unit.CALENDAR_DAYS, Unit.MONTHS})
"""The units of clocks whose last day may be a rest day."""


@dataclass(frozen=True, kw_only=True)
class Extension:
    """``amount`` more, in the clock's own unit, granted on ``on`` by ``by`` (行政许可法 §42)."""

    amount: int
    on: date
    by: str
    reason: str
    reference: str = ""

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ClockError("延长的长度须至少为 1", "amount")


class Stopped(StrEnum):
    """Whose clocks a suspension stops (domain.md §C.6; the applicant's by default)."""

    APPLICANT = "applicant"
    AUTHORITY = "authority"
    BOTH = "both"

    def covers(self, side: Side | None) -> bool:
        """Whether a clock on that side stands still; None: a clock that nothing stops."""
        return side is not None and (self is Stopped.BOTH or self.value == side.value)


@dataclass(frozen=True, kw_only=True)
class Suspension:
    """The clock stands still from ``first_on`` until it is lifted; None: not lifted yet.

    One imposed on many cases by an order has the ``id`` of that order's suspension, says whose
    clocks it stops, and which ``channels`` it closes; one of the case's own has none of these.
    """

    first_on: date
    lifted_on: date | None
    reason: str
    by: str = ""
    basis: str = ""
    id: str = ""
    clocks: Stopped | None = None
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.lifted_on is not None and self.lifted_on < self.first_on:
            raise ClockError(
                f"暂停于 {self.lifted_on} 解除，早于开始日 {self.first_on}", "lifted_on"
            )

    def covers(self, day: date) -> bool:
        """Whether the clock stands still for some part of ``day``, which then does not count."""
        return self.first_on <= day and (self.lifted_on is None or day <= self.lifted_on)

    def holds(self, day: date) -> bool:
        """Whether the clock stands still at the end of ``day``."""
        return self.first_on <= day and (self.lifted_on is None or day < self.lifted_on)


@dataclass(frozen=True, kw_only=True)
class After:
    """The limit that the end of a measure sets to what it put off (``AFTER_MEASURE``)."""

    unit: Unit
    amount: int
    rolls_forward: bool
    reference: str = ""
    mark: Mark


@dataclass(frozen=True, kw_only=True)
class Awaited:
    """By what a measure that begins while a clock runs reaches it or not (domain.md §C.6).

    ``channel`` is how the case was filed; ``under`` are the ids of the measures that the case has
    noted for this clock; ``after`` is what their end sets (None: nothing but the remainder).
    """

    channel: str
    under: tuple[str, ...] = ()
    after: After | None = None


@dataclass(frozen=True, kw_only=True)
class Clock:
    """``amount`` of ``unit`` from ``started_on``; for ``UNTIL`` the fixed day ``until``.

    For ``WORKING_DAYS_BEFORE`` it is the ``amount``-th working day before the last one up to
    ``until``: a reminder in advance is for the working day before a rest day (domain.md §C.0).

    A clock on a date never moves by itself: neither extensions nor suspensions nor rest days change
    it. ``ended_on`` is the day on which the awaited thing happened; what begins to suspend on that
    day or later comes too late to matter. ``measure`` is the id of the temporary measure under
    which the limit does not run; it begins to when the measure has ended. ``awaited``: what decides
    whether a measure that begins later reaches it; None: none does.
    """

    id: str
    name: str
    unit: Unit
    amount: int = 0
    until: date | None = None
    rolls_forward: bool = False
    started_on: date
    extensions: tuple[Extension, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    ended_on: date | None = None
    reference: str = ""
    mark: Mark
    measure: str = ""
    grace: bool = False  # what comes before the next start of business is in time
    awaited: Awaited | None = None
    runs_from: RunsFrom | None = None
    letter: int = 0  # the event whose letter it runs from, where it runs from one

    def __post_init__(self) -> None:
        if (self.unit in FIXED) != (self.until is not None):
            raise ClockError(f"“{self.name}”：截至某日的期限须有截止日，其他期限不得有", "until")
        if self.amount < 0:
            raise ClockError(f"“{self.name}”：长度不得为负", "amount")

    @property
    def rolls(self) -> bool:
        """Whether a last day that is a rest day moves (民法典 §203)."""
        return self.rolls_forward and self.unit in ROLLING

    @property
    def stops(self) -> tuple[Suspension, ...]:
        """The suspensions that bear on this clock, by first day."""
        if self.unit in FIXED:
            return ()
        ended_on = self.ended_on or date.max
        relevant = (stop for stop in self.suspensions if stop.first_on < ended_on)
        return tuple(sorted(relevant, key=lambda stop: stop.first_on))

    @property
    def gaps(self) -> tuple[Stretch, ...]:
        """The days left out of the count."""
        return union((stop.first_on, stop.lifted_on) for stop in self.stops)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A clock as it stands at the end of one day.

    ``used`` and ``remaining`` are counted days: working days for a working-day clock, calendar days
    for the others; a rolled last day adds none. ``overdue_days`` are in the same days after
    ``due_on``. ``provisional``: ``due_on`` rests on a year whose notice is not out. After the end
    nothing moves any more.
    """

    due_on: date | None
    provisional: bool
    used: int
    remaining: int
    is_paused: bool
    overdue_days: int
    ended: bool


@dataclass(frozen=True, kw_only=True)
class Rungs:
    """The days of the ladder, each None while not known; none before the clock starts."""

    blue_on: date | None
    yellow_on: date | None
    red_on: date | None


def due_on(clock: Clock, calendar: WorkingCalendar) -> date | None:
    """The last day of the limit.

    None exactly while a suspension that is not lifted keeps it from being known.
    """
    return _due_on(ruling(clock, calendar), calendar)


def ruling(clock: Clock, calendar: WorkingCalendar) -> Clock:
    """The clock that decides on the dates: itself, or what the end of a measure makes of it.

    A measure that has reached the clock stops it, and its end sets the limit ``after`` it. Of that
    and the remainder of the clock's own limit the later one counts, so that no measure ever harms
    the applicant. One that begins after the clock has run out has not reached it.
    """
    after = clock.awaited.after if clock.awaited else None
    reached = [stop for stop in clock.stops if stop.id not in {"", clock.measure}]
    reached = [stop for stop in reached if stop.clocks is None]
    if after is None or not reached:
        return clock
    ruled, due = clock, _due_on(clock, calendar)
    for stop in sorted(reached, key=lambda stop: (stop.first_on, stop.id)):
        if due is not None and due < stop.first_on:
            break
        other = _after(clock, after, stop)
        later = _due_on(other, calendar)
        if due is not None and (later is None or due < later):
            ruled, due = other, later
    return ruled


def _after(clock: Clock, after: After, stop: Suspension) -> Clock:
    """The limit after a measure: it stands still from the start until the measure has ended."""
    until = stop.lifted_on
    first_on = clock.started_on if until is None else min(clock.started_on, until)
    return replace(
        clock,
        unit=after.unit,
        amount=after.amount,
        rolls_forward=after.rolls_forward,
        reference=after.reference,
        mark=after.mark,
        extensions=(),
        suspensions=tuple(
            replace(one, first_on=first_on) if one == stop else one for one in clock.suspensions
        ),
        awaited=None,
    )


def _due_on(clock: Clock, calendar: WorkingCalendar) -> date | None:
    full = _full_on(clock, calendar)
    if full is None or not clock.rolls or calendar.is_working(full):
        return full
    # The limit was running when it met the rest day, so a suspension there still carries it on.
    return Count(days=calendar, started_on=clock.started_on, gaps=clock.gaps).next_after(full)


def full_on(clock: Clock, calendar: WorkingCalendar) -> date | None:
    """The day on which the budget is used up, before a rest day rolls it forward."""
    return _full_on(ruling(clock, calendar), calendar)


def _full_on(clock: Clock, calendar: WorkingCalendar) -> date | None:
    if clock.unit is Unit.WORKING_DAYS_BEFORE and clock.until is not None:
        return calendar.shift(calendar.roll_back(clock.until), -clock.amount)
    return clock.until or count(clock, calendar).nth(budget(clock))


def half_on(clock: Clock, calendar: WorkingCalendar) -> date | None:
    """The day on which half of the budget, rounded up, is used; None while it is not known."""
    return count(clock, calendar).nth((budget(clock) + 1) // 2)


def budget(clock: Clock) -> int:
    """The days to be counted: working days for a working-day clock, else calendar days."""
    if clock.until is not None:
        return max(0, (clock.until - clock.started_on).days)
    total = clock.amount + sum(extension.amount for extension in clock.extensions)
    if clock.unit is Unit.MONTHS:
        return (add_months(clock.started_on, total) - clock.started_on).days
    return total


def count(clock: Clock, calendar: WorkingCalendar) -> Count:
    """The count of the clock's own days, its suspensions left out."""
    days = calendar if clock.unit is Unit.WORKING_DAYS else EveryDay()
    return Count(days=days, started_on=clock.started_on, gaps=clock.gaps)


def is_paused(clock: Clock, on: date) -> bool:
    """Whether the clock stands still at the end of ``on``; on the day of lifting it runs again."""
    over = clock.ended_on is not None and clock.ended_on <= on
    return not over and any(stop.holds(on) for stop in clock.stops)


def is_provisional(clock: Clock, calendar: WorkingCalendar, due: date) -> bool:
    """Whether a day up to ``due`` that the calendar decides lies in a year without a notice."""
    clock = ruling(clock, calendar)
    last = due
    if clock.unit is Unit.WORKING_DAYS:
        first = clock.started_on + ONE_DAY
    elif clock.unit is Unit.WORKING_DAYS_BEFORE:
        first, last = due, clock.until or due
    elif clock.rolls:
        first = full_on(clock, calendar) or due
    else:
        return False
    if due < first:
        return False
    return any(calendar.year(year).provisional for year in range(first.year, last.year + 1))


def read(clock: Clock, calendar: WorkingCalendar, on: date) -> Reading:
    """The clock as it stands at the end of ``on``."""
    clock = ruling(clock, calendar)
    ended = clock.ended_on is not None and clock.ended_on <= on
    at = min(on, clock.ended_on or on)
    due, days = due_on(clock, calendar), count(clock, calendar)
    used = min(days.until(at), budget(clock))
    return Reading(
        due_on=due,
        provisional=due is not None and is_provisional(clock, calendar, due),
        used=used,
        remaining=budget(clock) - used,
        is_paused=is_paused(clock, on),
        overdue_days=0 if due is None else days.days.count(due, at),
        ended=ended,
    )


def rungs(clock: Clock, calendar: WorkingCalendar) -> Rungs:
    """The days of the reminders.

    Half of the budget, rounded up, is used (by default blue); the last working day before the due
    date (yellow); the first working day after it (red). A rung on a paused day moves to the next
    working day that is not paused, and is unknown while there is none.
    """
    clock = ruling(clock, calendar)
    due = due_on(clock, calendar)
    if due is None:
        return Rungs(blue_on=None, yellow_on=None, red_on=None)
    half = half_on(clock, calendar)
    # Not by asking for the working day before: it may lie in a year before the case's excerpt.
    has_eve = calendar.count(clock.started_on, due - ONE_DAY) > 0
    return Rungs(
        blue_on=_unpaused(clock, calendar, half or due),
        yellow_on=_unpaused(
            clock, calendar, calendar.shift(due, -1) if has_eve else clock.started_on
        ),
        red_on=_unpaused(clock, calendar, calendar.shift(due, 1)),
    )


def _unpaused(clock: Clock, calendar: WorkingCalendar, day: date) -> date | None:
    day = max(day, clock.started_on)
    for stop in clock.stops:
        if stop.holds(day):
            if stop.lifted_on is None:
                return None
            day = calendar.roll_forward(stop.lifted_on)
    return day


# --- from a policy's limit -----------------------------------------------------------------
# From a policy's limit to a running clock.


NAMES: dict[str, str] = {}
"""Kind of clock → what a clerk calls it, as the kinds of cases say."""

_PLACE = re.compile(r"[，；、]?\s*domain\.md [^，；）]*")


def shown(reference: str) -> str:
    """A reference as a clerk reads it: the source, without its place in ``docs/domain.md``."""
    return _PLACE.sub("", reference).replace("（，", "（").replace("（）", "")


def start_clock(item: Policy, limit_name: LimitName, clock_id: str, started_on: date) -> Clock:
    """A clock by the item's limit, counting from the day after ``started_on``.

    Raises DomainError ``LIMIT_NOT_SET`` if the catalogue sets no such limit for the item.
    """
    limit = item.limit(limit_name)
    if limit is None:
        raise DomainError("LIMIT_NOT_SET", f"事项目录未规定“{NAMES[kind_of(clock_id)]}”")
    return Clock(
        id=clock_id,
        name=NAMES[kind_of(clock_id)],
        unit=limit.unit,
        amount=limit.amount,
        rolls_forward=limit.rolls_forward,
        started_on=started_on,
        reference=shown(limit.reference),
        mark=limit.mark,
        grace=limit.grace is not None,
        runs_from=limit.runs_from,
    )


def until_clock(clock_id: str, until: date, started_on: date, reference: str) -> Clock:
    """A clock that ends on a date and never moves."""
    return Clock(
        id=clock_id,
        name=NAMES[kind_of(clock_id)],
        unit=Unit.UNTIL,
        until=until,
        started_on=started_on,
        reference=shown(reference),
        mark=Mark.PROPOSAL,
    )


def kind_of(clock_id: str) -> str:
    """``review#2`` and ``defer:seal`` are of the kinds ``review`` and ``defer``."""
    return clock_id.split("#", maxsplit=1)[0].split(":", maxsplit=1)[0]
