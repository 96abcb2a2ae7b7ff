"""Strips and charts: every day once and by name, every value in its picture."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from api.desk.drawing import StripDay, lying, strip, upright
from casework.domain.time.clock import Clock, due_on, read
from casework.domain.time.explanation import ExplainedKind, explain
from casework.due import day_row
from casework.policy.calendars import load_calendar
from tests.domain.strategies import ahead, clocks
from tests.examples import examples

CALENDAR = load_calendar()


def strip_of(clock: Clock, on: date) -> list[StripDay]:
    """The days of a clock's strip, as they stand in it from left to right and down."""
    told = explain(clock, CALENDAR, on)
    due = told.due_on.isoformat() if told.due_on else None
    months = strip({"explanation": [day_row(day) for day in told.days], "due_on": due}, on)
    for month in months:
        assert month.counted == sum(
            each.counted for week in month.weeks for each in week if each is not None
        )
        for week in month.weeks:
            assert len(week) == 7
            assert all(each.day.weekday() == place for place, each in enumerate(week) if each)
    found = [each for month in months for week in month.weeks for each in week if each]
    assert [each.day for each in found] == sorted(day.day for day in told.days)
    return found


@given(clocks())
@examples(30)
def test_the_strip_counts_what_the_clock_counts(clock: Clock) -> None:
    on = clock.started_on + timedelta(days=40)
    found = strip_of(clock, on)
    assert all(b.day - a.day == timedelta(days=1) for a, b in pairwise(found))
    last = found[-1].day
    counted = sum(each.counted for each in found)
    assert counted == read(clock, CALENDAR, last).used
    due = due_on(clock, CALENDAR)
    assert [each.day for each in found if each.is_due] == ([due] if due else [])


@given(ahead() | clocks())
@examples(20)
def test_every_day_of_a_strip_says_what_it_is(clock: Clock) -> None:
    labels = {kind.value: kind.label for kind in ExplainedKind}
    for each in strip_of(clock, clock.started_on):
        assert each.words.startswith(labels[each.kind])
        assert each.note
        assert ("暂定" in each.words) == each.provisional


@given(
    st.lists(st.tuples(st.text("abc", max_size=30), st.integers(0, 10**6)), max_size=40),
    st.integers(0, 10**6),
)
@examples(20)
def test_bars_are_as_long_as_their_values(rows: list[tuple[str, int]], other: int) -> None:
    names = [name for name, _ in rows]
    values = [value for _, value in rows]
    for chart in (
        lying("图", [(name, value, str(value)) for name, value in rows]),
        upright("图", names, {"前": values, "后": [other] * len(values)}),
    ):
        for bar in chart.bars:
            assert 0 <= bar.x <= bar.x + bar.width <= chart.width + 1
            assert 0 <= bar.y <= bar.y + bar.height <= chart.height + 1
        sizes = {bar.value: (bar.height if chart.lines else bar.width) for bar in chart.bars}
        ordered = [sizes[value] for value in sorted(sizes)]
        assert ordered == sorted(ordered)
        assert all(bool(bar.value) or not min(bar.height, bar.width) for bar in chart.bars)
