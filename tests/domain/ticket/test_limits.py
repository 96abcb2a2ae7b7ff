"""The days of a ticket: 1, 5 and 15 working days, around holidays and in any year."""

from datetime import date, timedelta

import pytest
from chinese_calendar import is_workday
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.errors import DomainError
from casework.domain.kinds.ticket.commands import (
    AnswerTicket,
    ContactCaller,
    ExtendTicket,
    MarkTicketComplex,
    ReturnTicket,
    RevisitCaller,
    SignTicket,
)
from casework.domain.kinds.ticket.state import Resolution, Ticket, TicketStage
from casework.domain.policy import Role
from casework.domain.time.clock import due_on
from tests.domain.ticket import CALENDAR, given_ticket
from tests.examples import examples

DAYS = st.dates(date(2025, 1, 1), date(2026, 11, 1))
CONTACT = [
    ("ticket_contact", "yellow", date(2026, 10, 8)),
    ("ticket_contact", "red", date(2026, 10, 9)),
]


def after(day: date, working_days: int) -> date:
    """So many working days later, day by day, by the calendar of somebody else."""
    while working_days:
        day += timedelta(days=1)
        working_days -= is_workday(day)
    return day


def due(case: Ticket, kind: str = "ticket_answer") -> date | None:
    clock = case.clock(kind)
    assert clock is not None
    return due_on(clock, CALENDAR)


@pytest.mark.parametrize(
    ("received", "contact", "answer", "hard"),
    [
        ("2026-09-24", "2026-09-28", "2026-10-09", "2026-10-22"),
        ("2026-09-30", "2026-10-08", "2026-10-13", "2026-10-27"),
        ("2026-10-03", "2026-10-08", "2026-10-13", "2026-10-27"),  # in the holidays
        ("2025-09-30", "2025-10-09", "2025-10-14", "2025-10-28"),
    ],
)
def test_the_limits_step_over_the_national_day(
    received: str, contact: str, answer: str, hard: str
) -> None:
    ticket = given_ticket(received)
    assert due(ticket.case, "ticket_contact") == date.fromisoformat(contact)
    assert due(ticket.case) == date.fromisoformat(answer)
    ticket.do(MarkTicketComplex, Role.SUPERVISOR, reason="涉及两个部门")
    assert due(ticket.case) == date.fromisoformat(hard)


@given(day=DAYS)
@examples(25, night=600)
def test_every_limit_is_so_many_working_days_after_the_receipt(day: date) -> None:
    ticket = given_ticket(str(day))
    wanted = {"ticket_contact": 1, "ticket_answer": 5}
    for kind, days in wanted.items():
        assert due(ticket.case, kind) == after(day, days)
    ticket.do(MarkTicketComplex, Role.SUPERVISOR, reason="涉及两个部门")
    assert due(ticket.case) == after(day, 15)


@given(day=DAYS, extra=st.integers(1, 5), hard=st.booleans())
@examples(25, night=600)
def test_an_extension_adds_its_working_days(day: date, extra: int, hard: bool) -> None:
    ticket = given_ticket(str(day))
    if hard:
        ticket.do(MarkTicketComplex, Role.SUPERVISOR, reason="涉及两个部门")
    ticket.do(ExtendTicket, Role.SUPERVISOR, working_days=extra, reason="等待复函")
    assert due(ticket.case) == after(day, (15 if hard else 5) + extra)


def refused(ticket: object, command: type, role: Role, **fields: object) -> str:
    with pytest.raises(DomainError) as raised:
        ticket.do(command, role, **fields)  # type: ignore[attr-defined]  # any unfolding
    return raised.value.code


def test_a_limit_is_extended_once_also_when_a_hard_case_takes_its_place() -> None:
    ticket = given_ticket("2026-09-17")
    again = {"working_days": 1, "reason": "再等"}
    ticket.do(ExtendTicket, Role.SUPERVISOR, working_days=2, reason="等待复函")
    assert refused(ticket, ExtendTicket, Role.SUPERVISOR, **again) == "ALREADY_EXTENDED"
    ticket.do(MarkTicketComplex, Role.SUPERVISOR, reason="涉及两个部门")
    assert refused(ticket, ExtendTicket, Role.SUPERVISOR, **again) == "ALREADY_EXTENDED"
    assert due(ticket.case) == after(date(2026, 9, 17), 15)


def test_an_answer_that_is_asked_for_anew_has_an_extension_of_its_own() -> None:
    ticket = given_ticket("2026-09-17")
    ticket.do(SignTicket, Role.OFFICER)
    ticket.do(ContactCaller, Role.OFFICER, reached=True)
    ticket.do(ExtendTicket, Role.SUPERVISOR, working_days=2, reason="等待复函")
    ticket.do(AnswerTicket, Role.OFFICER, resolution=Resolution.EXPLAINED, answer="已解释")
    ticket.do(RevisitCaller, Role.OFFICER, resolved=False, satisfied=False)
    assert ticket.case.stage is TicketStage.ANSWER
    assert due(ticket.case) == date(2026, 9, 23)
    ticket.do(ExtendTicket, Role.SUPERVISOR, working_days=1, reason="再等")
    assert due(ticket.case) == date(2026, 9, 24)
    assert (
        refused(ticket, ExtendTicket, Role.SUPERVISOR, working_days=1, reason="再等")
        == "ALREADY_EXTENDED"
    )


def test_what_ran_out_is_not_extended_and_not_made_a_hard_case() -> None:
    ticket = given_ticket("2026-09-17")
    ticket.do(SignTicket, Role.OFFICER)
    ticket.wait_until("2026-09-24")
    asked = {"working_days": 1, "reason": "等待复函"}
    assert refused(ticket, ExtendTicket, Role.SUPERVISOR, **asked) == "TOO_LATE"
    assert refused(ticket, MarkTicketComplex, Role.SUPERVISOR, reason="难") == "TOO_LATE"


def test_nobody_is_called_over_the_holidays_and_each_card_comes_on_its_day() -> None:
    ticket = given_ticket("2026-09-30")
    ticket.wait_until("2026-10-09")
    assert ticket.cards() == CONTACT


SENT_BACK = {"to": "区住房保障部门", "reason": "不属于本单位职责"}


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(("on", "late"), [("2026-10-08", False), ("2026-10-09", True)])
def test_it_is_sent_back_at_once_or_not_at_all(on: str, *, late: bool, named: bool) -> None:
    """Also one of nobody, that has no limit of contact: at once is the same for both."""
    ticket = given_ticket("2026-09-30") if named else given_ticket("2026-09-30", caller=None)
    ticket.wait_until(on, "16:30")
    if late:
        assert refused(ticket, ReturnTicket, Role.OFFICER, **SENT_BACK) == "TOO_LATE"
        assert ticket.case.stage is TicketStage.RECEIVED
    else:
        ticket.do(ReturnTicket, Role.OFFICER, **SENT_BACK)
        assert ticket.case.stage is TicketStage.RETURNED
        assert not ticket.case.running


def test_what_was_signed_is_never_sent_back() -> None:
    ticket = given_ticket("2026-09-30")
    ticket.do(SignTicket, Role.OFFICER)
    assert refused(ticket, ReturnTicket, Role.OFFICER, **SENT_BACK) == "WRONG_STAGE"


@given(day=DAYS, waited=st.integers(0, 12))
@examples(25, night=600)
def test_at_once_ends_with_the_first_working_day(day: date, waited: int) -> None:
    ticket = given_ticket(str(day))
    ticket.wait_until(str(day + timedelta(days=waited)), "23:00")
    in_time = day + timedelta(days=waited) <= after(day, 1)
    try:
        ticket.do(ReturnTicket, Role.OFFICER, **SENT_BACK)
    except DomainError as error:
        assert (error.code, in_time) == ("TOO_LATE", False)
    else:
        assert in_time
