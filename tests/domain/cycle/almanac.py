"""When things fall due, found by going from one day to the next.

Written from the rules, not from the code: it reads the days off and the days worked from the
calendar's data, and calls no rule.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from casework.domain.time.calendar import WorkingCalendar

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Almanac:
    off: frozenset[date]
    make_up: frozenset[date]

    def works(self, day: date) -> bool:
        return day in self.make_up or (day.isoweekday() <= 5 and day not in self.off)

    def eve(self, day: date) -> date:
        """That day if it is worked, else the nearest one before."""
        while not self.works(day):
            day -= DAY
        return day

    def rolled(self, day: date) -> date:
        """That day if it is worked, else the nearest one after."""
        while not self.works(day):
            day += DAY
        return day

    def after(self, day: date, times: int = 1) -> date:
        """The working day that many after, the day itself left out."""
        while times:
            day += DAY
            times -= self.works(day)
        return day


def almanac(calendar: WorkingCalendar) -> Almanac:
    return Almanac(
        off=frozenset(day for year in calendar.years for day in year.off),
        make_up=frozenset(day for year in calendar.years for day in year.make_up),
    )


def months_on(day: date, months: int) -> date:
    """The same day of the month, month by month; the last of a month that has no such day."""
    year, month = day.year, day.month
    for _ in range(abs(months)):
        month += 1 if months > 0 else -1
        if month == 13:
            year, month = year + 1, 1
        if month == 0:
            year, month = year - 1, 12
    for number in range(day.day, 0, -1):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    raise AssertionError
