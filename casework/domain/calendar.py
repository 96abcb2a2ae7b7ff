"""The working-day calendar of mainland China: Mondays to Fridays, as the yearly notices shift them.

Limits on the authority are counted in working days, without statutory rest days (行政许可法 §82). A
year whose notice is not out is computed from the statutory days alone and says so (provisional).
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from casework.domain.errors import DomainError

ZONE = ZoneInfo("Asia/Shanghai")
SATURDAY = 5


class DayKind(StrEnum):
    WORKING = "working"
    MAKE_UP = "make_up"  # a Saturday or Sunday worked in exchange for a bridging day (调休上班)
    WEEKEND = "weekend"
    HOLIDAY = "holiday"  # a Monday to Friday off, statutory or in exchange


class CalendarYearMissingError(DomainError, ValueError):
    """A count touches ``year``, for which there is no table; nothing is ever guessed."""

    def __init__(self, year: int, known: tuple[int, ...]) -> None:
        tables = f"现有 {known[0]}—{known[-1]} 年" if known else "没有任何年份"
        super().__init__("CALENDAR_YEAR_MISSING", f"工作日历没有 {year} 年的数据（{tables}）")
        self.year = year


@dataclass(frozen=True, kw_only=True)
class CalendarYear:
    """One year: ``off`` are the weekdays off, ``make_up`` the weekend days worked.

    ``notice`` names the notice that set them; ``provisional`` means that there is none yet.
    """

    year: int
    off: tuple[date, ...]
    make_up: tuple[date, ...]
    notice: str
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


@dataclass(frozen=True)
class WorkingCalendar:
    """Consecutive years. A day outside of them raises ``CalendarYearMissingError``."""

    years: tuple[CalendarYear, ...]

    @cached_property
    def _by_year(self) -> dict[int, CalendarYear]:
        return {year.year: year for year in self.years}

    def year(self, number: int) -> CalendarYear:
        try:
            return self._by_year[number]
        except KeyError:
            raise CalendarYearMissingError(number, tuple(sorted(self._by_year))) from None

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
                working = self.year(number).working
        else:
            index = bisect_left(working, ordinal) + n
            while index < 0:
                number -= 1
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
