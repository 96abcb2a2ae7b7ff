"""Clocks by the dates of the domain, and random ones against a walk day by day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from casework.domain.policy import Mark, Unit
from casework.domain.time.clock import (
    Clock,
    ClockError,
    Extension,
    Rungs,
    Suspension,
    due_on,
    is_paused,
    read,
    rungs,
)
from casework.policy.calendars import load_calendar
from tests.domain.oracle import Oracle
from tests.domain.strategies import EXTENSIONS, STOPS, ahead, clocks, extension, suspension
from tests.examples import examples

CALENDAR = load_calendar()
ORACLE = Oracle(CALENDAR)
EXAMPLES = examples(120)
FEWER = examples(50)


def day(text: str) -> date:
    return date.fromisoformat(text)


def clock(started_on: str, amount: int, unit: Unit = Unit.WORKING_DAYS) -> Clock:
    return Clock(
        id="decide",
        name="办理期限",
        unit=unit,
        amount=amount,
        started_on=day(started_on),
        mark=Mark.LAW,
    )


def stop(first_on: str, lifted_on: str | None = None) -> Suspension:
    lifted = None if lifted_on is None else day(lifted_on)
    return Suspension(first_on=day(first_on), lifted_on=lifted, reason="封控")


def until(started_on: str, last: str) -> Clock:
    return replace(clock(started_on, 0), unit=Unit.UNTIL, until=day(last))


# Scenario G1, 王女士


def test_a_deferral_counts_from_the_day_of_resuming() -> None:
    promise = clock("2022-06-01", 15)
    assert due_on(promise, CALENDAR) == day("2022-06-23")
    assert due_on(clock("2022-06-23", 15), CALENDAR) == day("2022-07-14")


def test_fifteen_days_left_when_suspended_are_fifteen_days_left_when_resumed() -> None:
    paused = replace(clock("2022-03-31", 15), suspensions=(stop("2022-04-01"),))
    resumed = replace(paused, suspensions=(stop("2022-04-01", "2022-06-01"),))
    assert due_on(paused, CALENDAR) is None
    reading = read(paused, CALENDAR, day("2022-05-20"))
    assert (reading.used, reading.remaining, reading.is_paused) == (0, 15, True)
    assert due_on(resumed, CALENDAR) == day("2022-06-23")


def test_an_archive_clock_paused_before_its_due_date_fires_nothing() -> None:
    call = clock("2022-03-15", 15)
    assert due_on(call, CALENDAR) == day("2022-04-06")
    paused = replace(call, suspensions=(stop("2022-04-01"),))
    assert rungs(paused, CALENDAR) == Rungs(blue_on=None, yellow_on=None, red_on=None)


def test_a_clock_until_an_outside_date_never_moves() -> None:
    exam = replace(until("2022-03-15", "2022-05-30"), suspensions=(stop("2022-04-01"),))
    longer = Extension(amount=5, on=day("2022-04-01"), by="局长", reason="情况复杂")
    exam = replace(exam, extensions=(longer,), rolls_forward=True)
    assert due_on(exam, CALENDAR) == day("2022-05-30")
    assert not is_paused(exam, day("2022-05-30"))
    assert rungs(exam, CALENDAR).yellow_on == day("2022-05-27")
    assert read(exam, CALENDAR, day("2022-05-20")).remaining == 10


# Scenario G15, limits and cards


def test_the_ladder_of_a_decision_limit() -> None:
    decide = clock("2026-09-17", 20)
    assert due_on(decide, CALENDAR) == day("2026-10-21")
    assert rungs(decide, CALENDAR) == Rungs(
        blue_on=day("2026-10-08"), yellow_on=day("2026-10-20"), red_on=day("2026-10-22")
    )


def test_an_extension_moves_the_whole_ladder() -> None:
    longer = Extension(amount=10, on=day("2026-10-19"), by="局长", reason="情况复杂")
    decide = replace(clock("2026-09-17", 20), extensions=(longer,))
    assert due_on(decide, CALENDAR) == day("2026-11-04")
    assert rungs(decide, CALENDAR).red_on == day("2026-11-05")


@pytest.mark.parametrize(
    ("amount", "due"), [(1, "2022-04-19"), (5, "2022-04-24"), (15, "2022-05-10")]
)
def test_a_ticket_is_answered_within_one_five_fifteen_days(amount: int, due: str) -> None:
    assert due_on(clock("2022-04-18", amount), CALENDAR) == day(due)


# Months, calendar days, the last day of rest


@pytest.mark.parametrize(
    ("started_on", "months", "due"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-08-15", 1, "2026-09-15"),
        ("2025-11-30", 3, "2026-02-28"),
        ("2026-03-31", 0, "2026-03-31"),
    ],
)
def test_months_end_on_the_corresponding_day(started_on: str, months: int, due: str) -> None:
    assert due_on(clock(started_on, months, Unit.MONTHS), CALENDAR) == day(due)


def test_a_last_day_of_rest_moves_where_the_limit_rolls() -> None:
    paper = clock("2026-09-01", 1, Unit.MONTHS)
    assert due_on(paper, CALENDAR) == day("2026-10-01")
    assert due_on(replace(paper, rolls_forward=True), CALENDAR) == day("2026-10-08")
    publicity = replace(clock("2026-10-05", 5, Unit.CALENDAR_DAYS), rolls_forward=True)
    assert due_on(publicity, CALENDAR) == day("2026-10-10")  # a Saturday that is worked


def test_a_suspension_between_the_last_day_and_the_rolled_one_carries_the_limit_on() -> None:
    paper = replace(clock("2026-09-01", 1, Unit.MONTHS), rolls_forward=True)
    assert due_on(replace(paper, suspensions=(stop("2026-10-03"),)), CALENDAR) is None
    lifted = replace(paper, suspensions=(stop("2026-10-03", "2026-10-08"),))
    assert due_on(lifted, CALENDAR) == day("2026-10-09")
    after = replace(paper, suspensions=(stop("2026-10-09"),))
    assert due_on(after, CALENDAR) == day("2026-10-08")


def test_months_with_a_suspension_are_counted_day_by_day() -> None:
    paper = replace(
        clock("2026-06-10", 1, Unit.MONTHS), suspensions=(stop("2026-06-20", "2026-06-24"),)
    )
    assert due_on(paper, CALENDAR) == day("2026-07-15")


# Suspensions


def test_overlapping_suspensions_count_once_and_days_of_both_ends_are_left_out() -> None:
    stops = (stop("2026-09-21", "2026-09-23"), stop("2026-09-23", "2026-09-24"))
    decide = replace(clock("2026-09-17", 5), suspensions=stops)
    assert due_on(decide, CALENDAR) == CALENDAR.shift(day("2026-09-17"), 9)
    assert is_paused(decide, day("2026-09-23"))
    assert not is_paused(decide, day("2026-09-24"))


def test_a_suspension_within_one_day_leaves_that_day_out_but_nothing_is_paused_after_it() -> None:
    decide = replace(clock("2026-09-17", 3), suspensions=(stop("2026-09-21", "2026-09-21"),))
    assert due_on(decide, CALENDAR) == day("2026-09-22")
    assert not is_paused(decide, day("2026-09-21"))


def test_a_suspension_on_the_last_day_still_stops_it_and_one_after_it_does_not() -> None:
    decide = clock("2026-09-17", 20)
    assert due_on(replace(decide, suspensions=(stop("2026-10-21"),)), CALENDAR) is None
    late = replace(decide, suspensions=(stop("2026-10-22"),))
    assert due_on(late, CALENDAR) == day("2026-10-21")
    assert rungs(late, CALENDAR).red_on is None  # nobody is reminded while it is paused
    assert rungs(late, CALENDAR).yellow_on == day("2026-10-20")


def test_a_rung_on_a_paused_day_moves_to_the_next_working_day() -> None:
    # Lifted on a Saturday with one day left: due on Monday, the Friday before was paused.
    decide = replace(clock("2026-11-02", 3), suspensions=(stop("2026-11-05", "2026-11-14"),))
    assert due_on(decide, CALENDAR) == day("2026-11-16")
    assert rungs(decide, CALENDAR) == Rungs(
        blue_on=day("2026-11-04"), yellow_on=day("2026-11-16"), red_on=day("2026-11-17")
    )


def test_what_ended_is_not_moved_by_what_comes_after() -> None:
    decide = replace(clock("2026-09-17", 20), ended_on=day("2026-10-12"))
    later = replace(decide, suspensions=(stop("2026-10-12"),))
    reading = read(later, CALENDAR, day("2026-12-01"))
    assert reading == read(decide, CALENDAR, day("2026-10-12"))
    assert reading.due_on == day("2026-10-21")
    assert (reading.used, reading.ended, reading.is_paused) == (13, True, False)
    assert not read(decide, CALENDAR, day("2026-10-11")).ended


def test_overdue_days_are_days_of_the_clock() -> None:
    assert read(clock("2026-09-17", 20), CALENDAR, day("2026-10-26")).overdue_days == 3
    calendar_days = clock("2026-09-17", 34, Unit.CALENDAR_DAYS)
    assert read(calendar_days, CALENDAR, day("2026-10-26")).overdue_days == 5


def test_no_rung_lies_before_the_start() -> None:
    step = clock("2026-10-03", 1)  # a Saturday of the holidays
    assert due_on(step, CALENDAR) == day("2026-10-08")
    assert rungs(step, CALENDAR).yellow_on == day("2026-10-03")


def test_the_rungs_ask_for_no_year_before_the_start() -> None:
    step = clock("2026-01-01", 1)
    assert rungs(step, CALENDAR.excerpt(2026, 2026)).yellow_on == day("2026-01-01")


def test_a_due_date_in_a_year_without_a_notice_is_provisional() -> None:
    assert read(clock("2026-12-25", 5), CALENDAR, day("2026-12-25")).provisional
    assert not read(clock("2026-12-25", 4), CALENDAR, day("2026-12-25")).provisional
    months = clock("2026-12-25", 3, Unit.MONTHS)
    assert not read(months, CALENDAR, day("2026-12-25")).provisional
    rolling = replace(months, rolls_forward=True)
    assert read(rolling, CALENDAR, day("2026-12-25")).provisional


# What cannot be


def test_an_impossible_clock_is_refused() -> None:
    with pytest.raises(ClockError, match="截止日"):
        replace(clock("2026-09-17", 5), unit=Unit.UNTIL)
    with pytest.raises(ClockError, match="截止日"):
        replace(clock("2026-09-17", 5), until=day("2026-10-01"))
    with pytest.raises(ClockError, match="不得为负"):
        clock("2026-09-17", -1)
    with pytest.raises(ClockError, match="早于开始日"):
        stop("2026-09-17", "2026-09-16")
    with pytest.raises(ClockError, match="至少为 1") as caught:
        Extension(amount=0, on=day("2026-09-17"), by="局长", reason="情况复杂")
    assert caught.value.code == "CLOCK_INVALID"


@FEWER
@given(drawn=clocks())
def test_a_clock_survives_the_wire(drawn: Clock) -> None:
    adapter = TypeAdapter(Clock)
    due_on(drawn, CALENDAR)
    assert adapter.validate_json(adapter.dump_json(drawn)) == drawn


# Against the walk


@examples(200)
@given(drawn=clocks(), ended_after=st.one_of(st.none(), st.integers(0, 200)))
def test_due_dates_agree_with_a_walk(drawn: Clock, ended_after: int | None) -> None:
    if ended_after is not None:
        drawn = replace(drawn, ended_on=drawn.started_on + timedelta(days=ended_after))
    verdict = ORACLE.judge(drawn)
    reading = read(drawn, CALENDAR, drawn.started_on)
    assert reading.due_on == verdict.due_on
    assert reading.provisional == verdict.provisional


@EXAMPLES
@given(drawn=clocks(), after=st.integers(-5, 300))
def test_readings_agree_with_a_walk(drawn: Clock, after: int) -> None:
    on = drawn.started_on + timedelta(days=after)
    verdict = ORACLE.judge(drawn)
    used = sum(counted <= on for counted in verdict.counted)
    reading = read(drawn, CALENDAR, on)
    assert (reading.used, reading.remaining) == (used, ORACLE.budget(drawn) - used)
    assert reading.is_paused == ORACLE.paused(drawn, on)
    if verdict.due_on is None or on <= verdict.due_on:
        assert reading.overdue_days == 0
    elif drawn.unit is Unit.WORKING_DAYS:
        assert reading.overdue_days == ORACLE.count(verdict.due_on, on)
    else:
        assert reading.overdue_days == (on - verdict.due_on).days


@EXAMPLES
@given(drawn=clocks())
def test_rungs_agree_with_a_walk_and_never_lie_on_a_paused_day(drawn: Clock) -> None:
    verdict, ladder = ORACLE.judge(drawn), rungs(drawn, CALENDAR)
    if verdict.due_on is None:
        assert ladder == Rungs(blue_on=None, yellow_on=None, red_on=None)
        return
    half = (len(verdict.counted) + 1) // 2
    blue = verdict.counted[half - 1] if half else drawn.started_on
    assert ladder == Rungs(
        blue_on=ORACLE.rung(drawn, blue),
        yellow_on=ORACLE.rung(drawn, ORACLE.eve(verdict.due_on)),
        red_on=ORACLE.rung(drawn, ORACLE.shift(verdict.due_on, 1)),
    )
    days = (ladder.blue_on, ladder.yellow_on, ladder.red_on)
    assert not any(is_paused(drawn, rung) for rung in days if rung is not None)


def test_every_start_of_the_published_years_agrees_for_the_limits_of_the_law() -> None:
    start = date(2022, 1, 1)
    while start.year < 2026:
        for amount in (1, 3, 5, 10, 15, 20, 30, 45):
            drawn = replace(clock("2022-01-01", amount), started_on=start)
            assert due_on(drawn, CALENDAR) == ORACLE.judge(drawn).due_on
        start += timedelta(days=1)


# Reminders in advance


@pytest.mark.parametrize(
    ("last", "amount", "due"),
    [
        ("2026-12-31", 10, "2026-12-17"),  # the warning before the end of a quarter
        ("2026-12-31", 0, "2026-12-31"),
        ("2026-10-04", 0, "2026-09-30"),  # within the holiday
        ("2026-10-04", 1, "2026-09-29"),
        ("2026-09-20", 0, "2026-09-20"),  # a Sunday that is worked
        ("2027-01-01", 0, "2026-12-31"),
    ],
)
def test_a_reminder_is_for_the_working_day_before_a_rest_day(
    last: str, amount: int, due: str
) -> None:
    reminder = replace(clock("2026-01-05", amount), unit=Unit.WORKING_DAYS_BEFORE, until=day(last))
    assert due_on(reminder, CALENDAR) == day(due)
    stopped = replace(reminder, suspensions=(stop("2026-09-01"),), rolls_forward=True)
    assert due_on(stopped, CALENDAR) == day(due)
    assert not is_paused(stopped, day("2026-09-10"))


@EXAMPLES
@given(drawn=ahead())
def test_reminders_in_advance_agree_with_a_walk_backwards(drawn: Clock) -> None:
    verdict = ORACLE.judge(drawn)
    assert due_on(drawn, CALENDAR) == verdict.due_on
    assert verdict.due_on is not None
    reading, ladder = read(drawn, CALENDAR, verdict.due_on), rungs(drawn, CALENDAR)
    assert (reading.due_on, reading.provisional) == (verdict.due_on, verdict.provisional)
    days = ORACLE.ladder(drawn, ORACLE.still(drawn), verdict)
    found = (ladder.blue_on, ladder.yellow_on, ladder.red_on)
    assert found == (days["half"], days["before"], days["after"])


# Laws


@FEWER
@given(drawn=clocks(), more=st.integers(1, 30))
def test_a_longer_limit_is_never_due_earlier(drawn: Clock, more: int) -> None:
    shorter = due_on(drawn, CALENDAR)
    longer = due_on(replace(drawn, amount=drawn.amount + more), CALENDAR)
    assert longer is None or (shorter is not None and shorter <= longer)


@FEWER
@given(drawn=clocks(), more=EXTENSIONS)
def test_an_extension_equals_a_longer_limit(drawn: Clock, more: int) -> None:
    granted = extension(drawn.started_on, more)
    extended = replace(drawn, extensions=(*drawn.extensions, granted))
    longer = replace(drawn, amount=drawn.amount + more)
    assert due_on(extended, CALENDAR) == due_on(longer, CALENDAR)


@FEWER
@given(drawn=clocks(), one_more=STOPS)
def test_one_more_suspension_never_makes_it_due_earlier(
    drawn: Clock, one_more: tuple[int, int]
) -> None:
    extra = suspension(drawn.started_on, one_more)
    before = due_on(drawn, CALENDAR)
    after = due_on(replace(drawn, suspensions=(*drawn.suspensions, extra)), CALENDAR)
    assert after is None or (before is not None and before <= after)
    if before is not None and extra.first_on > before:
        assert after == before


@FEWER
@given(drawn=clocks())
def test_the_order_of_suspensions_and_their_repetition_change_nothing(drawn: Clock) -> None:
    again = replace(drawn, suspensions=(*reversed(drawn.suspensions), *drawn.suspensions))
    assert due_on(again, CALENDAR) == due_on(drawn, CALENDAR)
    assert rungs(again, CALENDAR) == rungs(drawn, CALENDAR)


@FEWER
@given(drawn=clocks(), gap=st.integers(0, 120), at=st.integers(0, 150))
def test_suspending_and_resuming_conserves_the_days_that_count(
    drawn: Clock, gap: int, at: int
) -> None:
    drawn = replace(drawn, suspensions=(), rolls_forward=False)
    first_on = drawn.started_on + timedelta(days=at + 1)
    lifted_on = first_on + timedelta(days=gap)
    stopped = replace(
        drawn, suspensions=(Suspension(first_on=first_on, lifted_on=lifted_on, reason="封控"),)
    )
    left = read(replace(stopped, suspensions=(stop(str(first_on)),)), CALENDAR, lifted_on).remaining
    assume(left > 0 and drawn.unit is not Unit.MONTHS)
    # What is left at the stop is a fresh limit from the day of resuming.
    fresh = replace(drawn, started_on=lifted_on, amount=left, extensions=())
    assert due_on(stopped, CALENDAR) == due_on(fresh, CALENDAR)
