"""A naive model of calendar and clock: it takes one day at a time and knows nothing clever.

Written from the rules, not from the code. It reads only the data of calendar, clock, suspension and
measure, and calls none of their methods. Days are numbers (``date.toordinal``), so that a day that
stands still is a member of a set, and an overlap is no case of its own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from casework.domain.policy import Measure, Unit
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import Clock, Suspension

NEVER = 10**9
APPLICANTS = {"supplement", "paper", "archive", "defer", "rescue"} | {
    "request_supplement",
    "collect",
    "objection",
    "wage_supplement",
    "wage_confirm",
}
AUTHORITYS = {"notice", "silence", "decide", "review", "request_notice", "handle"} | {
    "wage_filing",
    "wage_investigation",
    "wage_decision",
    "wage_service",
}
"""Whose time each kind of clock measures (domain.md §C.16); what is in neither is never paused."""


@dataclass(frozen=True)
class Verdict:
    """What the walk found; ``counted`` are the days that used up the budget, as far as known."""

    due_on: date | None
    counted: tuple[date, ...]
    provisional: bool


@dataclass
class Still:
    """The days on which a clock stands still, one by one.

    ``out``: for any part of the day. ``held``: at its end. ``never``: from which day on it stands
    still with no end known.
    """

    out: set[int] = field(default_factory=set)
    held: set[int] = field(default_factory=set)
    never: int = NEVER

    def add(self, first_on: date, lifted_on: date | None) -> None:
        first = first_on.toordinal()
        if lifted_on is None:
            self.never = min(self.never, first)
            return
        self.held.update(range(first, lifted_on.toordinal()))
        self.out.update(range(first, lifted_on.toordinal() + 1))

    def pauses(self, day: int) -> bool:
        return day in self.held or day >= self.never


def bearing(
    clock: Clock, suspensions: Iterable[Suspension], measures: Iterable[Measure]
) -> Iterator[tuple[date, date | None]]:
    """The stretches in which a clock stands still: its own, those imposed on it, its measure's."""
    kind = clock.id.partition("#")[0].partition(":")[0]
    for own in clock.suspensions:
        if own.id == "":
            yield own.first_on, own.lifted_on
    for one in suspensions:
        theirs = one.clocks in ("applicant", "both") and kind in APPLICANTS
        ours = one.clocks in ("authority", "both") and kind in AUTHORITYS
        if theirs or ours:
            yield one.first_on, one.lifted_on
    for measure in measures:
        if clock.measure == measure.id != "":
            if measure.until is None:
                yield clock.started_on, None
            elif measure.until >= clock.started_on:
                yield clock.started_on, measure.until


@dataclass
class Oracle:
    calendar: WorkingCalendar
    worked: set[int] = field(default_factory=set)
    guessed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for year in self.calendar.years:
            if year.provisional:
                self.guessed.add(year.year)
            first, last = date(year.year, 1, 1).toordinal(), date(year.year, 12, 31).toordinal()
            # The day 1 was a Monday.
            self.worked.update(day for day in range(first, last + 1) if day % 7 in (1, 2, 3, 4, 5))
            self.worked.difference_update(day.toordinal() for day in year.off)
            self.worked.update(day.toordinal() for day in year.make_up)

    def shift(self, day: date, n: int) -> date:
        found, left = day.toordinal(), abs(n)
        while left:
            found += 1 if n > 0 else -1
            left -= found in self.worked
        return date.fromordinal(found)

    def count(self, after: date, until: date) -> int:
        days = range(after.toordinal() + 1, until.toordinal() + 1)
        return sum(day in self.worked for day in days)

    def budget(self, clock: Clock) -> int:
        amount = clock.amount
        for extension in clock.extensions:
            amount += extension.amount
        if clock.unit is not Unit.MONTHS:
            return amount
        if not amount:
            return 0
        year, month = clock.started_on.year, clock.started_on.month
        for _ in range(amount):
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        day, start = clock.started_on.toordinal() + 25 * amount, clock.started_on.toordinal()
        while True:
            day += 1
            today, tomorrow = date.fromordinal(day), date.fromordinal(day + 1)
            in_month = (today.year, today.month) == (year, month)
            if in_month and (today.day == clock.started_on.day or tomorrow.month != month):
                return day - start

    def still(
        self,
        clock: Clock,
        suspensions: Iterable[Suspension] = (),
        measures: Iterable[Measure] = (),
    ) -> Still:
        """The days on which a clock stands still; what begins after its end comes too late."""
        still = Still()
        if clock.until is None:
            for first_on, lifted_on in bearing(clock, suspensions, measures):
                if clock.ended_on is None or first_on < clock.ended_on:
                    still.add(first_on, lifted_on)
        return still

    def judge(self, clock: Clock, still: Still | None = None) -> Verdict:
        if clock.unit is Unit.WORKING_DAYS_BEFORE:
            return self.ahead(clock)
        if clock.until is not None:
            return Verdict(clock.until, (), provisional=False)
        still = self.still(clock) if still is None else still
        by_calendar = clock.unit is Unit.WORKING_DAYS
        left, counted = self.budget(clock), list[int]()
        first = last = clock.started_on.toordinal()
        while len(counted) < left:
            last += 1
            if last >= still.never:
                return Verdict(None, dates(counted), provisional=False)
            if last not in still.out and (not by_calendar or last in self.worked):
                counted.append(last)
        due, asked = last, range(first + 1, last + 1) if by_calendar else range(0)
        if clock.rolls_forward and not by_calendar:
            while due not in self.worked or (due != last and due in still.out):
                due += 1
                if due >= still.never:
                    return Verdict(None, dates(counted), provisional=False)
            asked = range(last, due + 1)
        years = {date.fromordinal(day).year for day in asked}
        return Verdict(
            date.fromordinal(due), dates(counted), provisional=bool(years & self.guessed)
        )

    def ahead(self, clock: Clock) -> Verdict:
        """So many working days before a day, or before the working day that a rest day follows."""
        assert clock.until is not None
        day = clock.until.toordinal()
        while day not in self.worked:
            day -= 1
            assert day > min(self.worked), "the tables begin later"
        counted = list[int]()
        while len(counted) < clock.amount:
            day -= 1
            assert day > min(self.worked), "the tables begin later"
            if day in self.worked:
                counted.append(day)
        due = date.fromordinal(day)
        guessed = any(year in self.guessed for year in range(due.year, clock.until.year + 1))
        return Verdict(due, dates(counted), provisional=guessed)

    def eve(self, day: date) -> date:
        """The working day before; the day before the tables where there is none."""
        found, tables = day.toordinal() - 1, date(self.calendar.years[0].year, 1, 1).toordinal()
        while found not in self.worked and found >= tables:
            found -= 1
        return date.fromordinal(found)

    def paused(self, clock: Clock, day: date) -> bool:
        """At the end of the day: on the day of lifting the clock runs again."""
        return self.still(clock).pauses(day.toordinal())

    def rung(self, clock: Clock, day: date, still: Still | None = None) -> date | None:
        """The day, or the next working day on which the clock is not paused."""
        still = self.still(clock) if still is None else still
        found = max(day, clock.started_on).toordinal()
        if not still.pauses(found):
            return date.fromordinal(found)
        while found < still.never:
            if found in self.worked and not still.pauses(found):
                return date.fromordinal(found)
            found += 1
        return None

    def ladder(self, clock: Clock, still: Still, verdict: Verdict) -> dict[str, date | None]:
        """The day of each thing a clock may bring about; empty while no due date is known.

        ``after`` and ``end`` are of before the date decided; ``past``, ``lapse`` and ``grace`` of
        since.
        """
        if verdict.due_on is None:
            return {}
        whole = self.budget(clock)
        if clock.until is not None:
            whole = max(0, (clock.until - clock.started_on).days)
        half = (whole + 1) // 2
        if clock.until is not None:
            blue = date.fromordinal(clock.started_on.toordinal() + half)
        else:
            blue = verdict.counted[half - 1] if half else clock.started_on
        over = self.rung(clock, self.shift(verdict.due_on, 1), still)
        tomorrow = date.fromordinal(
            verdict.due_on.toordinal() + 1
        )  # rest day or not, paused or not
        return {
            "half": self.rung(clock, blue, still),
            "before": self.rung(clock, self.eve(verdict.due_on), still),
            "after": over,
            "end": over,
            "on_due": verdict.due_on,
            "past": tomorrow,
            "lapse": tomorrow,
            "grace": self.shift(verdict.due_on, 1),
        }

    def fires_on(
        self, clock: Clock, parts: Iterable[str], still: Still, verdict: Verdict
    ) -> date | None:
        """The first of the days of ``parts``; rungs of the first day itself are not given.

        ``!<part>@<due>`` has been given for that due date; up to the day ``><day>`` it is too late
        for ``half``.
        """
        ladder, parts = self.ladder(clock, still, verdict), set(parts)
        floor = date.fromisoformat(max((p[1:] for p in parts if p[0] == ">"), default="0001-01-01"))
        found = []
        for part, day in ladder.items():
            if part not in parts or day is None or f"!{part}@{verdict.due_on}" in parts:
                continue
            late = part == "half" and day <= floor
            first_day = day <= clock.started_on and part not in ("end", "on_due")
            if not first_day and not late:
                found.append(day)
        return min(found, default=None)


def dates(days: Iterable[int]) -> tuple[date, ...]:
    return tuple(map(date.fromordinal, days))
