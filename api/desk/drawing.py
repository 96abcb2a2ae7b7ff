"""What pages draw: the strip of a clock's days, and charts. Here is the layout, pure.

Nothing is told by colour alone: each day carries its words, and below each chart is its table.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

WEEK = 7
_OPEN_MONTHS = 4
"""A strip of more months shows only those with its ends and today opened."""


@dataclass(frozen=True, kw_only=True)
class StripDay:
    """A day of the strip; ``kind`` is its class, ``words`` what it is, ``note`` why."""

    day: date
    kind: str
    words: str
    note: str
    counted: bool
    provisional: bool
    is_due: bool
    is_today: bool


@dataclass(frozen=True, kw_only=True)
class StripMonth:
    """A month: weeks of seven places from Monday to Sunday, None where there is no day of it."""

    year: int
    month: int
    counted: int
    is_open: bool
    weeks: tuple[tuple[StripDay | None, ...], ...]


def strip(clock: Mapping[str, Any], today: date) -> tuple[StripMonth, ...]:
    """The days of an explained clock of the API, by month: each once, in order."""
    days = sorted(_days(clock, today), key=lambda each: each.day)
    months: dict[tuple[int, int], list[StripDay]] = {}
    for each in days:
        months.setdefault((each.day.year, each.day.month), []).append(each)
    return tuple(
        StripMonth(
            year=year,
            month=month,
            counted=sum(each.counted for each in found),
            is_open=len(months) <= _OPEN_MONTHS
            or any(each.is_today or each.is_due or each is days[0] for each in found),
            weeks=tuple(_weeks(found)),
        )
        for (year, month), found in months.items()
    )


def _days(clock: Mapping[str, Any], today: date) -> Iterator[StripDay]:
    for row in clock["explanation"]:
        day = date.fromisoformat(row["day"])
        yield StripDay(
            day=day,
            kind=row["kind"],
            words=row["words"],
            note=row["note"],
            counted=row["counted"],
            provisional=row["provisional"],
            is_due=row["day"] == clock["due_on"],
            is_today=day == today,
        )


def _weeks(days: Sequence[StripDay]) -> Iterator[tuple[StripDay | None, ...]]:
    week: dict[date, list[StripDay | None]] = {}
    for each in days:
        monday = each.day - timedelta(days=each.day.weekday())
        week.setdefault(monday, [None] * WEEK)[each.day.weekday()] = each
    return (tuple(places) for places in week.values())


# --- charts --------------------------------------------------------------------------------

_WIDE, _HIGH, _LEFT, _TOP, _BOTTOM = 720, 220, 40, 12, 44
_ROW, _NAMES, _ENDS = 26, 190, 130
_LONGEST_NAME = 12
_STEPS = (1, 2, 5)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A bar of a series, with its value."""

    series: int
    value: float
    shown: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A text of a chart."""

    text: str
    x: float
    y: float


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A picture of ``bars``; ``lines`` are marks of its scale, ``names`` of its bars."""

    title: str
    width: int
    height: int
    bars: tuple[Bar, ...]
    names: tuple[Mark, ...]
    lines: tuple[Mark, ...] = ()
    series: tuple[str, ...] = ()


def upright(title: str, names: Sequence[str], series: Mapping[str, Sequence[int]]) -> Chart:
    """Bars that stand side by side for each name, one of each series."""
    top = _scale(max((value for values in series.values() for value in values), default=0))
    ground, room = _HIGH - _BOTTOM, _HIGH - _BOTTOM - _TOP
    place = (_WIDE - _LEFT) / max(len(names), 1)
    thick = place * 0.8 / max(len(series), 1)
    bars = tuple(
        Bar(
            series=which,
            value=value,
            shown=str(value),
            x=round(_LEFT + place * (number + 0.1) + thick * which, 1),
            y=round(ground - room * value / top, 1),
            width=round(thick, 1),
            height=round(room * value / top, 1),
        )
        for which, values in enumerate(series.values())
        for number, value in enumerate(values)
    )
    every = max(1, -(-len(names) // 12))
    return Chart(
        title=title,
        width=_WIDE,
        height=_HIGH,
        bars=bars,
        names=tuple(
            Mark(text=name, x=round(_LEFT + place * (number + 0.5), 1), y=ground + 18)
            for number, name in enumerate(names)
            if number % every == 0
        ),
        lines=tuple(
            Mark(text=f"{value:g}", x=_LEFT - 6, y=round(ground - room * value / top, 1))
            for value in (0, top / 2, top)
        ),
        series=tuple(series),
    )


def lying(title: str, rows: Sequence[tuple[str, float, str]]) -> Chart:
    """Bars below each other: the name of each, its value, and how that is written."""
    top = max((value for _, value, _ in rows), default=0) or 1
    room = _WIDE - _NAMES - _ENDS
    return Chart(
        title=title,
        width=_WIDE,
        height=_ROW * len(rows) + 8,
        bars=tuple(
            Bar(
                series=0,
                value=value,
                shown=shown,
                x=_NAMES,
                y=_ROW * number + 6,
                width=round(room * value / top, 1),
                height=_ROW - 8,
            )
            for number, (_, value, shown) in enumerate(rows)
        ),
        names=tuple(
            Mark(text=_short(name), x=_NAMES - 8, y=_ROW * number + 19)
            for number, (name, _, _) in enumerate(rows)
        ),
    )


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _scale(most: float) -> float:
    """The end of a scale: the next of 2, 4, 10, 20, 40, 100 … that is no less."""
    power = 1
    while True:
        for step in _STEPS:
            if 2 * step * power >= most:
                return 2 * step * power
        power *= 10
