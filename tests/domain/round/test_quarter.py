"""Quarters by name."""

from datetime import date, timedelta

import pytest
from hypothesis import given

from casework.domain.errors import DomainError
from casework.domain.kinds.round.opening import quarter_end, quarter_of
from tests.domain.strategies import DAYS


@pytest.mark.parametrize(
    ("quarter", "end"),
    [
        ("2026Q1", date(2026, 3, 31)),
        ("2026Q2", date(2026, 6, 30)),
        ("2026Q3", date(2026, 9, 30)),
        ("2026Q4", date(2026, 12, 31)),
    ],
)
def test_the_last_day_of_a_quarter(quarter: str, end: date) -> None:
    assert quarter_end(quarter) == end


@given(day=DAYS)
def test_a_day_lies_in_its_quarter(day: date) -> None:
    end = quarter_end(quarter_of(day))
    assert day <= end < day + timedelta(days=92)
    assert quarter_of(end) == quarter_of(day)
    assert quarter_of(end + timedelta(days=1)) != quarter_of(day)


@pytest.mark.parametrize("quarter", ["", "2026Q5", "2026Q0", "2026-Q4", "26Q4", "2026Q44"])
def test_what_is_no_quarter(quarter: str) -> None:
    with pytest.raises(DomainError) as refused:
        quarter_end(quarter)
    assert refused.value.code == "QUARTER_INVALID"
