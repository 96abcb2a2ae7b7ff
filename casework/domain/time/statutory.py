"""The working days of a year whose notice is not known, as the law alone makes them.

全国年节及纪念日放假办法 §2 names the thirteen days, §6 makes up for one that falls on a Saturday or
Sunday. What a notice does beyond that (weekends worked in exchange for bridging days, 调休) cannot
be known before it is out.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from casework.domain.time import lunar

SATURDAY = 5
_DAY = timedelta(days=1)


def statutory_days(year: int) -> tuple[date, ...]:
    """The thirteen statutory days of all citizens (§2), in order; two may coincide."""
    spring = lunar.spring_festival(year)
    return tuple(
        sorted(
            (
                date(year, 1, 1),
                *(spring + n * _DAY for n in range(-1, 3)),  # from New Year's Eve on
                lunar.clear_and_bright(year),
                date(year, 5, 1),
                date(year, 5, 2),
                lunar.dragon_boat(year),
                lunar.mid_autumn(year),
                *(date(year, 10, n) for n in range(1, 4)),
            )
        )
    )


def weekdays_off(statutory: Iterable[date]) -> tuple[date, ...]:
    """The Mondays to Fridays on which nobody works because of these statutory days.

    Each that falls on a Saturday or Sunday is made up for on the next working day (§6).
    """
    days = sorted(statutory)
    off = {day for day in days if day.weekday() < SATURDAY}
    for day in days:
        if day.weekday() < SATURDAY:
            continue
        made_up = day + _DAY
        while made_up.weekday() >= SATURDAY or made_up in off:
            made_up += _DAY
        off.add(made_up)
    return tuple(sorted(off))
