"""Counting days from an event on, leaving out the stretches in which a clock stands still."""

import calendar as gregorian
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

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
