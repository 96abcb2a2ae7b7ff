"""A naive model of calendar and clock: it takes one day at a time and knows nothing clever.

Written from the rules, not from the code. It reads only the data of calendar and clock, and calls
none of their methods. ``steps`` tells how many days it has walked.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from casework.domain.calendar import WorkingCalendar
from casework.domain.clock import Clock
from casework.domain.policy import Unit

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Verdict:
    """What the walk found; ``counted`` are the days that used up the budget, as far as known."""

    due_on: date | None
    counted: tuple[date, ...]
    provisional: bool


@dataclass
class Oracle:
    calendar: WorkingCalendar
    steps: int = 0
    worked: set[date] = field(default_factory=set)
    guessed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for year in self.calendar.years:
            if year.provisional:
                self.guessed.add(year.year)
            day = date(year.year, 1, 1)
            while day.year == year.year:
                weekday = day.isoweekday() <= 5
                if (weekday and day not in year.off) or day in year.make_up:
                    self.worked.add(day)
                day += DAY

    def walk(self, day: date, step: timedelta = DAY) -> Iterator[date]:
        while True:
            day += step
            self.steps += 1
            yield day

    def shift(self, day: date, n: int) -> date:
        left = abs(n)
        if left == 0:
            return day
        for walked in self.walk(day, DAY if n > 0 else -DAY):
            if walked in self.worked:
                left -= 1
                if left == 0:
                    return walked
        raise AssertionError

    def count(self, after: date, until: date) -> int:
        found = 0
        for day in self.walk(after):
            if day > until:
                return found
            if day in self.worked:
                found += 1
        raise AssertionError

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
        for length, day in enumerate(self.walk(clock.started_on), start=1):
            in_month = (day.year, day.month) == (year, month)
            if in_month and (day.day == clock.started_on.day or (day + DAY).month != month):
                return length
        raise AssertionError

    def stands_still(self, clock: Clock, day: date) -> bool:
        return any(
            stop.first_on <= day and (stop.lifted_on is None or day <= stop.lifted_on)
            for stop in clock.suspensions
            if clock.ended_on is None or stop.first_on < clock.ended_on
        )

    def never_again(self, clock: Clock, day: date) -> bool:
        """Whether the clock stands still from ``day`` on with no end known."""
        return any(
            stop.first_on <= day
            for stop in clock.suspensions
            if stop.lifted_on is None and (clock.ended_on is None or stop.first_on < clock.ended_on)
        )

    def judge(self, clock: Clock) -> Verdict:
        if clock.unit is Unit.UNTIL:
            return Verdict(clock.until, (), provisional=False)
        left, counted = self.budget(clock), list[date]()
        by_calendar = clock.unit is Unit.WORKING_DAYS
        walked = [clock.started_on]
        for day in self.walk(clock.started_on):
            if len(counted) == left:
                break
            if self.never_again(clock, day):
                return Verdict(None, tuple(counted), provisional=False)
            walked.append(day)
            if not self.stands_still(clock, day) and (not by_calendar or day in self.worked):
                counted.append(day)
        asked = walked[1:] if by_calendar else []
        if clock.rolls_forward and not by_calendar:
            rolled = self.roll(clock, walked[-1])
            if rolled is None:
                return Verdict(None, tuple(counted), provisional=False)
            asked += rolled
            walked += rolled
        guessed = any(day.year in self.guessed for day in asked)
        return Verdict(walked[-1], tuple(counted), provisional=guessed)

    def roll(self, clock: Clock, last: date) -> list[date] | None:
        """The last day, and the days up to the one to which it moves if it is a rest day."""
        days = [last]
        if last in self.worked:
            return days
        for day in self.walk(last):
            if self.never_again(clock, day):
                return None
            days.append(day)
            if day in self.worked and not self.stands_still(clock, day):
                return days
        raise AssertionError

    def eve(self, day: date) -> date:
        """The working day before; the day before the tables where there is none."""
        for walked in self.walk(day, -DAY):
            if walked in self.worked or walked.year < self.calendar.years[0].year:
                return walked
        raise AssertionError

    def paused(self, clock: Clock, day: date) -> bool:
        """At the end of the day: on the day of lifting the clock runs again."""
        return any(
            stop.first_on <= day and (stop.lifted_on is None or stop.lifted_on > day)
            for stop in clock.suspensions
        )

    def rung(self, clock: Clock, day: date) -> date | None:
        """The day, or the next working day on which the clock is not paused."""
        day = max(day, clock.started_on)
        if clock.unit is Unit.UNTIL or not self.paused(clock, day):
            return day
        for walked in self.walk(day):
            if self.never_again(clock, walked):
                return None
            if walked in self.worked and not self.paused(clock, walked):
                return walked
        raise AssertionError
