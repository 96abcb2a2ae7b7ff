"""Papers that are registered after the day on which they came: the day of arrival decides."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import (
    Accept,
    MaterialsReceived,
    OfferDeferral,
    PreReview,
    PreReviewOutcome,
    Promise,
    Review,
)
from casework.domain.kinds.application.state import LineStatus
from casework.domain.policy import MaterialForm, Role
from casework.domain.time.clock import due_on
from tests.domain.desk import ALL_FILES, Desk, at, open_desk

OWED = "sealed_copies"
PROMISED, RESCUED = date(2026, 9, 30), date(2026, 10, 27)
PAPER = ReceivedMaterial(code=OWED, form=MaterialForm.PAPER)


def owing() -> Desk:
    """A case that is accepted, and owes a material until 30 September."""
    desk = open_desk("PTS_NEW", have=ALL_FILES, day="2026-09-08")
    desk.now = at("2026-09-09")
    desk.do(OfferDeferral, Role.OFFICER, materials=(OWED,), reason="公章外借")
    desk.do(Promise, Role.APPLICANT, signed_on=date(2026, 9, 9))
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    desk.do(Accept, Role.OFFICER)
    desk.wait_until(at("2026-09-15"))
    desk.do(Review, Role.REVIEWER)
    return desk


def register(desk: Desk, arrived_on: date | None, role: Role = Role.OFFICER) -> None:
    desk.do(MaterialsReceived, role, materials=(PAPER,), arrived_on=arrived_on)


def status(desk: Desk) -> LineStatus:
    return desk.case.lines[0].status


def test_what_came_on_the_last_day_keeps_the_promise_when_registered_the_day_after() -> None:
    desk = owing()
    desk.wait_until(at("2026-10-08", "10:00"))
    assert desk.case.lines[0].status is LineStatus.OVERDUE
    register(desk, PROMISED)
    line = desk.case.lines[0]
    assert (line.status, line.received_on) == (LineStatus.RECEIVED, PROMISED)
    decide = desk.case.clock("decide")
    assert decide is not None
    assert decide.suspensions == ()


def test_what_came_in_the_rescue_period_undoes_the_breach() -> None:
    desk = owing()
    desk.wait_until(at("2026-10-28", "10:00"))
    assert status(desk) is LineStatus.BREACHED
    register(desk, RESCUED)
    assert status(desk) is LineStatus.RECEIVED
    assert not [t for t in desk.case.open_tasks if t.kind is TaskKind.DECIDE_BREACH]


def test_what_came_after_the_rescue_period_does_not() -> None:
    desk = owing()
    desk.wait_until(at("2026-10-30", "10:00"))
    register(desk, RESCUED + timedelta(days=1))
    assert desk.case.lines[0].status is LineStatus.BREACHED


@pytest.mark.parametrize(
    ("arrived_on", "role", "code"),
    [
        (date(2026, 9, 16), Role.OFFICER, "DATE_IN_FUTURE"),
        (date(2026, 9, 7), Role.OFFICER, "DATE_TOO_EARLY"),
        (date(2026, 9, 14), Role.APPLICANT, "ARRIVAL_BY_OFFICE"),
        (date(2026, 9, 14), Role.SYSTEM, "ARRIVAL_BY_OFFICE"),
    ],
)
def test_a_day_that_cannot_be_is_refused(arrived_on: date, role: Role, code: str) -> None:
    desk = owing()
    with pytest.raises(DomainError) as refused:
        register(desk, arrived_on, role)
    assert (refused.value.code, refused.value.field) == (code, "arrived_on")


@given(came=st.integers(15, 57), later=st.integers(1, 30))
def test_it_does_not_matter_when_it_is_registered(came: int, later: int) -> None:
    day = date(2026, 9, 1) + timedelta(days=came)
    prompt, tardy = owing(), owing()
    prompt.wait_until(at(day.isoformat(), "23:50"))
    register(prompt, None)
    tardy.wait_until(at((day + timedelta(days=later)).isoformat(), "23:50"))
    register(tardy, day)
    one, other = prompt.case, tardy.case
    assert [(li.status, li.received_on) for li in one.lines] == [
        (li.status, li.received_on) for li in other.lines
    ]
    clocks = [case.clock("decide") for case in (one, other)]
    dues = [due_on(clock, prompt.calendar) for clock in clocks if clock is not None]
    assert len(dues) == len(set(dues)) + 1
