"""The working days of a year whose notice is not known, as the law alone makes them.

全国年节及纪念日放假办法 §2 names the thirteen days, §6 makes up for one that falls on a Saturday or
Sunday. What a notice does beyond that (weekends worked in exchange for bridging days, 调休) cannot
be known before it is out.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from math import floor, radians, sin

SATURDAY = 5
_DAY = timedelta(days=1)


def statutory_days(year: int) -> tuple[date, ...]:
    """The thirteen statutory days of all citizens (§2), in order; two may coincide."""
    spring = spring_festival(year)
    return tuple(
        sorted(
            (
                date(year, 1, 1),
                *(spring + n * _DAY for n in range(-1, 3)),  # from New Year's Eve on
                clear_and_bright(year),
                date(year, 5, 1),
                date(year, 5, 2),
                dragon_boat(year),
                mid_autumn(year),
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


# --- the lunisolar calendar ----------------------------------------------------------------
# Dates of the lunisolar calendar (农历) and of 清明, computed from the positions of sun and moon.
#
# GB/T 33661-2017: a month begins on the day of the new moon in Beijing time; the month of the
# winter solstice is the eleventh; of thirteen months between two such, the first without a
# principal term is the leap month. Positions by Meeus, *Astronomical Algorithms* (2nd edition),
# ch. 25 and 49: good to a minute or so, so that only an event that close to midnight could fall on
# the wrong day.


BEIJING = 8 / 24
J2000 = 2451545.0
_ORDINAL = 1721424.5
"""The Julian day at the beginning of the day with ordinal 0."""
_SYNODIC = 29.530588861
_WINTER_SOLSTICE = 270.0
_CLEAR_AND_BRIGHT = 15.0

# Meeus, table 49.A, new moon: coefficient, power of E, multiples of M, M', F and the node.
_PERIODIC = (
    (-0.40720, 0, 0, 1, 0),
    (0.17241, 1, 1, 0, 0),
    (0.01608, 0, 0, 2, 0),
    (0.01039, 0, 0, 0, 2),
    (0.00739, 1, -1, 1, 0),
    (-0.00514, 1, 1, 1, 0),
    (0.00208, 2, 2, 0, 0),
    (-0.00111, 0, 0, 1, -2),
    (-0.00057, 0, 0, 1, 2),
    (0.00056, 1, 1, 2, 0),
    (-0.00042, 0, 0, 3, 0),
    (0.00042, 1, 1, 0, 2),
    (0.00038, 1, 1, 0, -2),
    (-0.00024, 1, -1, 2, 0),
)
# The largest of table 49.C: coefficient, argument at k = 0, its motion by k.
_PLANETARY = (
    (0.000325, 299.77, 0.107408),
    (0.000165, 251.88, 0.016321),
    (0.000164, 251.83, 26.651886),
    (0.000126, 349.42, 36.412478),
    (0.000110, 84.66, 18.206239),
    (0.000062, 141.74, 53.303771),
    (0.000060, 207.14, 2.453732),
    (0.000056, 154.84, 7.306860),
)


@cache
def spring_festival(year: int) -> date:
    """正月初一."""
    return _first_of_month(year, 1)


def dragon_boat(year: int) -> date:
    """五月初五."""
    return date.fromordinal(_first_of_month(year, 5).toordinal() + 4)


def mid_autumn(year: int) -> date:
    """八月十五."""
    return date.fromordinal(_first_of_month(year, 8).toordinal() + 14)


@cache
def clear_and_bright(year: int) -> date:
    """清明: the day on which the sun's longitude reaches 15 degrees."""
    return date.fromordinal(_day_of(_sun_at(_CLEAR_AND_BRIGHT, _january(year) + 94)))


def _first_of_month(year: int, month: int) -> date:
    return date.fromordinal(_months(year)[month])


@cache
def _months(year: int) -> dict[int, int]:
    """The first days of months 1 to 10 of the lunar year that begins in ``year``, as ordinals."""
    begins = _eleventh_month(year - 1)
    ends = _eleventh_month(year)
    index = round((ends - begins) / _SYNODIC)
    first = _lunation(begins)
    days = [_day_of(_new_moon(first + n)) for n in range(index + 1)]
    leap = _leap(days) if index > 12 else len(days)  # noqa: PLR2004 - months of an ordinary year
    ordinary = [day for n, day in enumerate(days[:-1]) if n != leap]
    return {number: ordinary[number + 1] for number in range(1, 11)}


def _leap(days: list[int]) -> int:
    """The index of the first month without a principal term (中气)."""
    terms = [floor(_longitude(_midnight(day)) / 30) for day in days]
    return next(n for n in range(1, len(terms)) if n == len(terms) - 1 or terms[n] == terms[n + 1])


def _eleventh_month(year: int) -> int:
    """The first day of the month of the winter solstice of ``year``, as an ordinal."""
    solstice = _day_of(_sun_at(_WINTER_SOLSTICE, _january(year) + 355))
    k = _lunation(solstice) + 1
    while (day := _day_of(_new_moon(k))) > solstice:
        k -= 1
    return day


def _january(year: int) -> float:
    return J2000 + (year - 2000) * 365.2425


def _lunation(day: int) -> int:
    """The number of the new moon nearest to a day; 0 is that of 2000-01-06."""
    return round((_midnight(day) - 2451550.09766) / _SYNODIC)


def _midnight(day: int) -> float:
    """The instant at which a day begins in Beijing, in dynamical time."""
    jd = day + _ORDINAL - BEIJING
    return jd + _delta(jd)


def _day_of(instant: float) -> int:
    """The ordinal of the day in Beijing of an instant in dynamical time."""
    return floor(instant - _delta(instant) + BEIJING - _ORDINAL)


def _delta(jd: float) -> float:
    """Dynamical minus universal time in days, as Espenak and Meeus extrapolate it."""
    t = (jd - J2000) / 365.25
    if -100 <= t < 50:  # noqa: PLR2004 - years for which the second polynomial is meant
        return (62.92 + 0.32217 * t + 0.005589 * t * t) / 86400
    century = (t + 180) / 100
    return (-20 + 32 * century * century) / 86400


def _new_moon(k: int) -> float:
    """The instant of a new moon in dynamical time (Meeus, ch. 49)."""
    t = k / 1236.85
    e = 1 - 0.002516 * t - 0.0000074 * t * t
    sun = radians(2.5534 + 29.10535670 * k - 0.0000014 * t * t)
    moon = radians(201.5643 + 385.81693528 * k + 0.0107582 * t * t)
    latitude = radians(160.7108 + 390.67050284 * k - 0.0016118 * t * t)
    node = radians(124.7746 - 1.56375588 * k + 0.0020672 * t * t)
    mean = 2451550.09766 + _SYNODIC * k + 0.00015437 * t * t
    periodic = sum(
        size * e**power * sin(m * sun + m1 * moon + f * latitude)
        for size, power, m, m1, f in _PERIODIC
    )
    planetary = sum(size * sin(radians(at + motion * k)) for size, at, motion in _PLANETARY)
    return mean + periodic - 0.00017 * sin(node) + planetary


def _longitude(jde: float) -> float:
    """The sun's apparent longitude in degrees, 0 to 360 (Meeus, ch. 25)."""
    t = (jde - J2000) / 36525
    mean = 280.46646 + 36000.76983 * t + 0.0003032 * t * t
    anomaly = radians(357.52911 + 35999.05029 * t - 0.0001537 * t * t)
    centre = (
        (1.914602 - 0.004817 * t - 0.000014 * t * t) * sin(anomaly)
        + (0.019993 - 0.000101 * t) * sin(2 * anomaly)
        + 0.000289 * sin(3 * anomaly)
    )
    node = radians(125.04 - 1934.136 * t)
    return (mean + centre - 0.00569 - 0.00478 * sin(node)) % 360


def _sun_at(longitude: float, near: float) -> float:
    """The instant near ``near`` at which the sun reaches a longitude, in dynamical time."""
    instant = near
    for _ in range(8):
        off = (longitude - _longitude(instant) + 180) % 360 - 180
        instant += off * 365.2422 / 360
    return instant
