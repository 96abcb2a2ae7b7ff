"""The working-day calendar of mainland China: Mondays to Fridays, as the yearly notices shift them.

Limits on the authority are counted in working days, without statutory rest days (行政许可法 §82). A
year whose notice is not known is computed from the law alone and says so (provisional): of what a
notice does, only the weekends worked in exchange for bridging days are missing, so that a date
counted through such a year errs, if at all, to the late side.
"""

import calendar as gregorian
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache, cached_property
from typing import Protocol

from casework.domain.bounds import Number, Some, Text
from casework.domain.errors import DomainError
from casework.domain.time.dates import ZONE, Day
from casework.domain.time.statutory import SATURDAY, statutory_days, weekdays_off

__all__ = [
    "SATURDAY",
    "ZONE",
    "CalendarYear",
    "CalendarYearMissingError",
    "DayKind",
    "WorkingCalendar",
    "computed_year",
]


class DayKind(StrEnum):
    WORKING = "working"
    MAKE_UP = "make_up"  # a Saturday or Sunday worked in exchange for a bridging day (调休上班)
    WEEKEND = "weekend"
    HOLIDAY = "holiday"  # a Monday to Friday off, statutory or in exchange


class CalendarYearMissingError(DomainError, ValueError):
    """``year`` has no table where one is needed: for what orders put in force for many cases."""

    def __init__(self, year: int, known: tuple[int, ...], field: str = "") -> None:
        tables = f"现有 {known[0]}—{known[-1]} 年" if known else "没有任何年份"
        super().__init__(
            "CALENDAR_YEAR_MISSING", f"工作日历没有 {year} 年的数据（{tables}）", field
        )
        self.year = year


@dataclass(frozen=True, kw_only=True)
class CalendarYear:
    """One year: ``off`` are the weekdays off, ``make_up`` the weekend days worked.

    ``notice`` names the notice that set them; ``provisional`` means that there is none yet.
    """

    year: Number
    off: Some[Day]
    make_up: Some[Day]
    notice: Text
    provisional: bool = False

    @cached_property
    def exceptions(self) -> dict[date, DayKind]:
        """The days that are not what their day of the week says."""
        return dict.fromkeys(self.off, DayKind.HOLIDAY) | dict.fromkeys(
            self.make_up, DayKind.MAKE_UP
        )

    @cached_property
    def working(self) -> tuple[int, ...]:
        """The ordinals of all working days of the year, rising."""
        first, last = date(self.year, 1, 1).toordinal(), date(self.year, 12, 31).toordinal()
        plain = {n for n in range(first, last + 1) if (n - 1) % 7 < SATURDAY}
        off = {day.toordinal() for day in self.off}
        return tuple(sorted(plain - off | {day.toordinal() for day in self.make_up}))

    def kind(self, day: date) -> DayKind:
        if exception := self.exceptions.get(day):
            return exception
        return DayKind.WEEKEND if day.weekday() >= SATURDAY else DayKind.WORKING


FIRST_YEAR, LAST_YEAR = 1, 9999
"""The years that a date can have."""
_COMPUTED_FROM, _COMPUTED_UNTIL = 1600, 2400
"""Where the positions of sun and moon are good enough to say when a festival is."""


@cache
def computed_year(number: int) -> CalendarYear:
    """A year as the law alone makes it, for want of its notice.

    Centuries away, where nobody counts days any more, every Monday to Friday is worked.
    """
    near = _COMPUTED_FROM <= number <= _COMPUTED_UNTIL
    return CalendarYear(
        year=number,
        off=weekdays_off(statutory_days(number)) if near else (),
        make_up=(),
        notice=f"没有{number}年的放假通知，暂按全国年节及纪念日放假办法第二条、第六条推算",
        provisional=True,
    )


@dataclass(frozen=True)
class WorkingCalendar:
    """Consecutive years, as notices have them; any other year is computed, and provisional.

    Total: any day and any count have an answer. A count that leaves what dates can express stops
    at the first or the last day that they can.
    """

    years: tuple[CalendarYear, ...]

    @cached_property
    def _by_year(self) -> dict[int, CalendarYear]:
        return {year.year: year for year in self.years}

    def year(self, number: int) -> CalendarYear:
        """The year as its notice has it, or as the law alone makes it."""
        known = self._by_year.get(number)
        return known if known is not None else computed_year(number)

    def kind(self, day: date) -> DayKind:
        return self.year(day.year).kind(day)

    def is_working(self, day: date) -> bool:
        return self.kind(day) in (DayKind.WORKING, DayKind.MAKE_UP)

    def is_provisional(self, day: date) -> bool:
        """Whether the day's year is computed, because its notice is not out."""
        return self.year(day.year).provisional

    def notice(self, day: date) -> str:
        """The notice that says what the day is."""
        return self.year(day.year).notice

    def shift(self, day: date, n: int) -> date:
        """The ``n``-th working day after ``day``, before it if negative; ``day`` itself if 0."""
        if n == 0:
            return day
        number, ordinal = day.year, day.toordinal()
        working = self.year(number).working
        if n > 0:
            index = bisect_right(working, ordinal) + n - 1
            while index >= len(working):
                index -= len(working)
                number += 1
                if number > LAST_YEAR:
                    return date.max
                working = self.year(number).working
        else:
            index = bisect_left(working, ordinal) + n
            while index < 0:
                number -= 1
                if number < FIRST_YEAR:
                    return date.min
                working = self.year(number).working
                index += len(working)
        return date.fromordinal(working[index])

    def roll_forward(self, day: date) -> date:
        """``day`` if it is worked, else the next working day (民法典 §203)."""
        return day if self.is_working(day) else self.shift(day, 1)

    def roll_back(self, day: date) -> date:
        """``day`` if it is worked, else the working day before, for reminders in advance."""
        return day if self.is_working(day) else self.shift(day, -1)

    def count(self, after: date, until: date) -> int:
        """The working days later than ``after`` and not later than ``until``; never negative."""
        if until <= after:
            return 0
        whole = sum(len(self.year(n).working) for n in range(after.year, until.year))
        passed = bisect_right(self.year(after.year).working, after.toordinal())
        return whole + bisect_right(self.year(until.year).working, until.toordinal()) - passed

    def excerpt(self, first_year: int, last_year: int) -> "WorkingCalendar":
        """The years from ``first_year`` to ``last_year``, both included: what one case carries."""
        return WorkingCalendar(tuple(self.year(n) for n in range(first_year, last_year + 1)))


def local_date(at: datetime) -> date:
    """The calendar day of an aware instant in Asia/Shanghai."""
    return at.astimezone(ZONE).date()


def opening(day: date, opens: str) -> datetime:
    """Start of business on that day, as an aware instant; ``opens`` is ``HH:MM``."""
    return datetime.combine(day, time.fromisoformat(opens), tzinfo=ZONE)


# --- counting days -------------------------------------------------------------------------
# Counting days from an event on, leaving out the stretches in which a clock stands still.


ONE_DAY = timedelta(days=1)
_FIRST, _LAST = date.min.toordinal(), date.max.toordinal()

Stretch = tuple[date, date | None]
"""First and last day, both included; None: with no end in sight."""


class Days(Protocol):
    """What counts as a day; a ``WorkingCalendar`` is one."""

    def shift(self, day: date, n: int, /) -> date: ...
    def count(self, after: date, until: date, /) -> int: ...


class EveryDay:
    """Each calendar day counts. A count stops at the first or last day that there is."""

    def shift(self, day: date, n: int, /) -> date:
        return date.fromordinal(min(max(day.toordinal() + n, _FIRST), _LAST))

    def count(self, after: date, until: date, /) -> int:
        return max(0, (until - after).days)


@dataclass(frozen=True, kw_only=True)
class Count:
    """Counts ``days`` after ``started_on`` and leaves out ``gaps``, as made by ``union``."""

    days: Days
    started_on: date
    gaps: tuple[Stretch, ...]

    def nth(self, n: int) -> date | None:
        """The ``n``-th counted day, the start itself if 0; None if a gap without end hides it."""
        if n == 0:
            return self.started_on
        position, left = self.started_on, n
        for first, last in self.gaps:
            candidate = self.days.shift(position, left)
            if candidate < first:
                return candidate
            if last is None:
                return None
            left -= self.days.count(position, first - ONE_DAY)
            position = max(position, last)
        return self.days.shift(position, left)

    def until(self, on: date) -> int:
        """How many days count, not later than ``on``."""
        position, counted = self.started_on, 0
        for first, last in self.gaps:
            counted += self.days.count(position, min(on, first - ONE_DAY))
            if last is None or last >= on:
                return counted
            position = max(position, last)
        return counted + self.days.count(position, on)

    def next_after(self, day: date) -> date | None:
        """The first day after ``day`` that counts; None if a gap without end hides it."""
        day = self.days.shift(day, 1)
        for first, last in self.gaps:
            if first <= day and (last is None or day <= last):
                if last is None:
                    return None
                day = self.days.shift(last, 1)
        return day


def union(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """The stretches in order, those that overlap made one, so that no day is left out twice."""
    joined: list[Stretch] = []
    for first, last in sorted(stretches, key=lambda stretch: stretch[0]):
        if joined and (joined[-1][1] is None or first <= joined[-1][1]):
            begun, end = joined[-1]
            joined[-1] = (begun, None if end is None or last is None else max(end, last))
        else:
            joined.append((first, last))
    return tuple(joined)


def add_months(day: date, months: int) -> date:
    """The corresponding day, or the last of the month where there is none (民法典 §202).

    It stops at the first or last day that there is.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        return date.max if months > 0 else date.min
    last = gregorian.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
