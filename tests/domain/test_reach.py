"""Measures that begin while a limit runs: what stops it, and which of two dates counts."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.case.facts import CLOCKWORK, Actor
from casework.domain.errors import DomainError
from casework.domain.kinds.application.events import DebtBreached
from casework.domain.kinds.application.passing import breach
from casework.domain.kinds.application.state import Line, LineStatus
from casework.domain.orders import StartMeasure, check_proposal
from casework.domain.policy import DeferralMode, LimitName, Mark, Measure, Role, Unit
from casework.domain.time.clock import (
    After,
    Awaited,
    Clock,
    due_on,
    is_paused,
    read,
    ruling,
    start_clock,
)
from casework.domain.time.explanation import explain
from casework.domain.time.suspension import impose, reaches
from casework.policy.calendars import load_calendar
from tests.domain.desk import open_desk

CALENDAR = load_calendar()
STARTED = date(2026, 3, 3)
PAPER = Clock(
    id="paper",
    name="书面材料递交期限",
    unit=Unit.MONTHS,
    amount=1,
    rolls_forward=True,
    started_on=STARTED,
    mark=Mark.FOUND,
    awaited=Awaited(
        channel="online",
        after=After(unit=Unit.CALENDAR_DAYS, amount=30, rolls_forward=True, mark=Mark.PROPOSAL),
    ),
)
MEASURE = Measure(
    id="PAPER_NO_LIMIT.310115.20260309",
    effect="PAPER_NO_LIMIT",
    reference="公告",
    mark=Mark.SOURCE,
    since=date(2026, 3, 9),
)


def under(*measures: Measure) -> Clock:
    return impose(PAPER, (), measures)


def test_the_limit_stands_still_from_the_first_day_of_the_measure() -> None:
    clock = under(MEASURE)
    assert due_on(clock, CALENDAR) is None
    assert not is_paused(clock, date(2026, 3, 8))
    assert is_paused(clock, date(2026, 3, 9))
    assert read(clock, CALENDAR, date(2026, 4, 30)).used == 5


def test_its_end_sets_thirty_days_and_the_explanation_says_so() -> None:
    clock = under(replace(MEASURE, until=date(2026, 6, 30)))
    assert due_on(clock, CALENDAR) == date(2026, 7, 30)
    told = explain(clock, CALENDAR)
    assert told.due_on == date(2026, 7, 30)
    assert told.days[-1].number == 30
    assert told.unsuspended_due_on == date(2026, 4, 3)
    assert [entry.lifted_on for entry in told.ledger] == [date(2026, 6, 30)]


def test_a_measure_begun_after_the_limit_has_run_out_changes_nothing() -> None:
    late = replace(MEASURE, since=date(2026, 4, 4))
    assert due_on(under(late), CALENDAR) == date(2026, 4, 3)
    assert due_on(under(replace(late, since=date(2026, 4, 3))), CALENDAR) is None


def test_the_second_measure_reaches_who_waits_under_the_first_and_not_who_has_lapsed() -> None:
    first = replace(MEASURE, until=date(2026, 3, 20))
    again = replace(MEASURE, id="again", since=date(2026, 4, 19), until=date(2026, 5, 10))
    assert due_on(under(first), CALENDAR) == date(2026, 4, 20)
    assert due_on(under(first, again), CALENDAR) == date(2026, 6, 9)
    too_late = replace(again, since=date(2026, 4, 21))
    assert due_on(under(first, too_late), CALENDAR) == date(2026, 4, 20)


@pytest.mark.parametrize(
    ("measure", "channel", "covered"),
    [
        (MEASURE, "window", True),
        (replace(MEASURE, channels=("online",)), "window", False),
        (replace(MEASURE, online_accepted_from=STARTED), "online", True),
        (replace(MEASURE, online_accepted_from=STARTED), "email", True),
        (replace(MEASURE, online_accepted_from=STARTED), "window", False),
        (replace(MEASURE, online_accepted_from=STARTED), "post", False),
        (replace(MEASURE, online_accepted_from=STARTED, channels=("app",)), "online", False),
        (replace(MEASURE, online_accepted_from=STARTED + timedelta(days=1)), "online", False),
        (replace(MEASURE, since=date(2026, 2, 1), until=date(2026, 3, 2)), "online", False),
        (replace(MEASURE, since=date(2026, 2, 1), until=STARTED), "online", True),
        (replace(MEASURE, effect="SELF_PRINT"), "online", False),
        (replace(MEASURE, id=""), "online", False),
    ],
)
def test_a_measure_reaches_the_cases_of_which_it_speaks(
    measure: Measure, channel: str, *, covered: bool
) -> None:
    awaited = Awaited(channel=channel)
    assert reaches(measure, replace(PAPER, awaited=awaited)) is covered


def test_no_measure_reaches_a_clock_of_before() -> None:
    assert impose(replace(PAPER, awaited=None), (), [MEASURE]).stops == ()


DAYS = st.dates(date(2026, 1, 1), date(2026, 9, 1))


@st.composite
def measures(draw: st.DrawFn) -> list[Measure]:
    found = []
    for number in range(draw(st.integers(1, 3))):
        since = draw(DAYS)
        length = draw(st.none() | st.integers(0, 100))
        until = None if length is None else since + timedelta(days=length)
        found.append(replace(MEASURE, id=f"M{number}", since=since, until=until))
    return found


@given(measures(), st.integers(1, 90))
def test_no_measure_ever_makes_a_limit_end_sooner(coming: list[Measure], amount: int) -> None:
    own = replace(PAPER, unit=Unit.CALENDAR_DAYS, amount=amount)
    before, due = due_on(own, CALENDAR), due_on(impose(own, (), coming), CALENDAR)
    assert before is not None
    assert due is None or due >= before
    alone = replace(own, awaited=Awaited(channel="online"))
    remainder = due_on(impose(alone, (), coming), CALENDAR)
    assert due is None or (remainder is not None and due >= remainder)


@given(measures())
def test_what_rules_is_ruled_by_nothing_else(coming: list[Measure]) -> None:
    clock = under(*coming)
    ruled = ruling(clock, CALENDAR)
    assert ruling(ruled, CALENDAR) == ruled
    assert due_on(ruled, CALENDAR) == due_on(clock, CALENDAR)


def test_online_acceptance_is_spoken_of_with_online_channels() -> None:
    content = StartMeasure(
        effect="PAPER_DEFERRED",
        district="310106",
        items=("HJ_RES",),
        since=STARTED,
        online_accepted_from=STARTED,
        channels=("online", "window"),
        reason="疫情",
        reference="公告",
    )
    actor = Actor(code="ja-s1", role=Role.SUPERVISOR, district="310106")
    with pytest.raises(DomainError) as refused:
        check_proposal(content, actor, "310106")
    assert (refused.value.code, refused.value.field) == ("CHANNEL_NOT_ONLINE", "channels")
    check_proposal(replace(content, channels=("online",)), actor, "310106")


@pytest.mark.parametrize(("by_measure", "credit"), [("", True), ("PAPER_DEFERRED", False)])
def test_what_a_measure_put_off_was_no_promise_and_harms_no_credit(
    by_measure: str, *, credit: bool
) -> None:
    desk = open_desk("PTS_NEW")
    owed = Line(
        material="sealed_copies",
        name="盖章复印件",
        mode=DeferralMode.HOLD_RESULT,
        status=LineStatus.OVERDUE,
        reason="封控",
        by_measure=by_measure,
    )
    clock = start_clock(desk.item, LimitName.RESCUE, "rescue:sealed_copies", STARTED)
    breached = breach(clock, replace(desk.case, lines=(owed,)), desk.facts(CLOCKWORK))
    assert isinstance(breached, DebtBreached)
    assert breached.credit is credit
