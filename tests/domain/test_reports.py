"""Periods, and how the lines of a report are computed and printed."""

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.errors import DomainError
from casework.domain.reports import (
    ENOUGH,
    LINES,
    CardFigure,
    Decided,
    Figure,
    LedgerFigure,
    Tally,
    measures_of,
    percentile,
    period_of,
    rounded,
    share,
    tally_of,
)
from casework.policy.calendars import load_calendar
from tests.examples import examples

CALENDAR = load_calendar()
DAYS = st.dates(date(2022, 1, 1), date(2027, 12, 31))


@pytest.mark.parametrize(
    ("text", "first", "last", "label"),
    [
        ("2026-10", "2026-10-01", "2026-10-31", "2026年10月"),
        ("2024-02", "2024-02-01", "2024-02-29", "2024年2月"),
        ("2026-12", "2026-12-01", "2026-12-31", "2026年12月"),
        ("2026-Q4", "2026-10-01", "2026-12-31", "2026年第四季度"),
        ("2024", "2024-01-01", "2024-12-31", "2024年"),
        ("2022-04-01..2022-05-06", "2022-04-01", "2022-05-06", "2022-04-01 至 2022-05-06"),
    ],
)
def test_a_period_is_read(text: str, first: str, last: str, label: str) -> None:
    period = period_of(text)
    assert (str(period.first_on), str(period.last_on)) == (first, last)
    assert (period.name, period.label) == (text, label)


@examples(60)
@given(DAYS, st.integers(0, 365))
def test_any_period_is_read_as_it_is_named(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    period = period_of(f"{first}..{last}")
    assert (period.first_on, period.last_on) == (first, last)
    assert period_of(period.name) == period


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026-00", "2026-13", "2026-Q5", "2026-Q0", "0000", "1899", "9999", "2026-1", "٢٠٢٦"),
        *("2026-02-30..2026-03-01", "2026-03-02..2026-03-01", "2025-01-01..2026-01-02"),
        *("2026-10 ", "2026-10\n", "2026-10-01", "2026-10-01..", "本月"),
    ],
)
def test_nonsense_is_no_period(text: str) -> None:
    with pytest.raises(DomainError) as refused:
        period_of(text)
    assert (refused.value.code, refused.value.field) == ("PERIOD_INVALID", "period")


@examples(60)
@given(st.lists(st.integers(0, 60), min_size=1), st.integers(1, 100))
def test_a_percentile_is_that_of_the_sorted_days(days: list[int], percent: int) -> None:
    rank = -(-len(days) * percent // 100)
    assert percentile(Counter(days), percent) == sorted(days)[rank - 1]


@examples(60)
@given(st.fractions(min_value=0, max_value=1000))
def test_a_value_is_printed_with_one_decimal_half_up(value: Fraction) -> None:
    assert abs(Fraction(rounded(value)) - value) <= Fraction(1, 20)
    assert rounded(Fraction(1, 20)) == "0.1"
    assert rounded(Fraction(-25)) == "-25.0"


STOPS = st.lists(st.tuples(DAYS, st.integers(0, 40)), max_size=3)


@examples(40)
@given(DAYS, st.integers(0, 200), STOPS)
def test_net_days_are_those_on_which_the_limit_ran(
    started: date, length: int, stops: list[tuple[date, int]]
) -> None:
    ended = started + timedelta(days=length)
    pauses = tuple((first, first + timedelta(days=days)) for first, days in stops)
    found = tally_of(
        [Decided(number=2, started_on=started, ended_on=ended, pauses=pauses, legal=20)], CALENDAR
    )
    worked = [
        day
        for day in (started + timedelta(days=n) for n in range(1, length + 1))
        if CALENDAR.is_working(day)
    ]
    ran = [day for day in worked if not any(first <= day <= last for first, last in pauses)]
    assert found.gross == {len(worked): 2}
    assert found.net == {len(ran): 2}
    assert (found.legal_days, found.legal_net) == (40, 2 * len(ran))


def measured(tally: Tally) -> dict[str, Fraction | None]:
    return {each.name: each.value for each in measures_of(tally)}


def test_a_p90_needs_enough_decisions() -> None:
    few, enough = Tally(gross={3: ENOUGH - 1}), Tally(gross={3: ENOUGH - 1, 9: 1})
    assert measured(few)["gross_p90"] is None
    assert measured(few)["gross_p50"] == 3
    assert measured(enough)["gross_p90"] == 3
    assert measured(enough)["gross_mean"] == Fraction(3 * (ENOUGH - 1) + 9, ENOUGH)
    assert set(measured(Tally()).values()) == {None}


def test_speed_needs_a_limit_that_is_known() -> None:
    day = date(2026, 6, 3)
    one = Decided(number=1, started_on=day, ended_on=day + timedelta(days=7))
    assert measured(tally_of([one], CALENDAR))["speedup"] is None
    known = Decided(number=1, started_on=day, ended_on=day + timedelta(days=7), legal=20)
    assert measured(tally_of([known], CALENDAR))["speedup"] == 75


def test_every_figure_is_printed_and_said_in_words() -> None:
    printed = {line.part for line in LINES} | {line.whole for line in LINES}
    assert {*Figure, *CardFigure, *LedgerFigure} <= printed
    assert len({each.label for each in Figure}) == len(Figure)
    assert len({line.name for line in LINES}) == len(LINES)
    assert all(line.formula for line in LINES)
    assert share(1, 0) is None
