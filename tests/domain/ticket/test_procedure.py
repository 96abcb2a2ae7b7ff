"""What follows from what: called in vain, nobody to call, answered anew, returned."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

import pytest

from casework.domain.case.commands import ProposeTakingBack, TakeBack
from casework.domain.case.letters import EffectKind, effects_of
from casework.domain.case.procedure import evolve
from casework.domain.errors import DomainError
from casework.domain.kinds.ticket.commands import (
    AnswerTicket,
    CloseTicket,
    ContactCaller,
    HotlineReturned,
    JoinTicket,
    ReturnTicket,
    RevisitCaller,
    SignTicket,
)
from casework.domain.kinds.ticket.state import Resolution, Ticket, TicketSource, TicketStage
from casework.domain.policy import Role
from casework.domain.time.clock import due_on
from tests.domain.rating.unfolding import Unfolding
from tests.domain.ticket import CALENDAR, given_ticket

S = TicketStage
ANSWER = {"resolution": Resolution.RESOLVED, "answer": "积分通知书已可自行打印"}
TWICE = {"into": "310106-TICK-0000-0000", "reason": "同一诉求人就同一事项再次来电"}


def signed(day: str = "2026-09-24", **given: object) -> Unfolding[Ticket]:
    ticket = given_ticket(day, **given)  # type: ignore[arg-type]  # as it is given
    ticket.do(SignTicket, Role.OFFICER)
    return ticket


def answered(day: str = "2026-09-24") -> Unfolding[Ticket]:
    ticket = signed(day)
    ticket.do(ContactCaller, Role.OFFICER, reached=True)
    ticket.do(AnswerTicket, Role.OFFICER, **ANSWER)
    return ticket


def closed() -> Unfolding[Ticket]:
    ticket = answered()
    ticket.do(RevisitCaller, Role.OFFICER, resolved=True, satisfied=True)
    assert ticket.stands_at(S.CLOSED)
    return ticket


def taken_back(ticket: Unfolding[Ticket]) -> None:
    ticket.do(ProposeTakingBack, Role.OFFICER, reason="误办结")
    ticket.do(TakeBack, Role.SUPERVISOR, granted=True, reason="同意")


def reports(ticket: Unfolding[Ticket]) -> list[Mapping[str, str]]:
    """What the hotline was told, one by one."""
    told: list[Mapping[str, str]] = []
    case: Ticket | None = None
    for event in ticket.events:
        case = evolve(case, event)
        effects = effects_of(event, case, CALENDAR)
        told += [each.fields for each in effects if each.kind is EffectKind.REPORT_TICKET]
    return told


@contextmanager
def refusing(code: str) -> Iterator[None]:
    with pytest.raises(DomainError) as raised:
        yield
    assert raised.value.code == code


def due(ticket: Unfolding[Ticket], kind: str) -> date | None:
    clock = ticket.case.clock(kind)
    return due_on(clock, CALENDAR) if clock is not None else None


def test_an_attempt_in_vain_keeps_the_limit_and_allows_an_answer() -> None:
    ticket = signed()
    with refusing("WRONG_STAGE"):
        ticket.do(AnswerTicket, Role.OFFICER, **ANSWER)
    ticket.do(ContactCaller, Role.OFFICER, reached=False)
    assert ticket.stands_at(S.CONTACT)
    assert due(ticket, "ticket_contact") == date(2026, 9, 28)
    ticket.do(AnswerTicket, Role.OFFICER, **ANSWER)
    assert ticket.stands_at(S.REVISIT)
    assert ticket.case.contacted_at is None


def test_one_of_nobody_is_closed_by_its_answer() -> None:
    ticket = signed(caller=None)
    assert ticket.stands_at(S.ANSWER)
    ticket.do(AnswerTicket, Role.OFFICER, **ANSWER)
    assert ticket.stands_at(S.CLOSED)
    assert [each["outcome"] for each in reports(ticket)] == ["answered"]
    assert reports(ticket)[0]["closed"] == "yes"


def test_the_hotline_hears_what_ends_its_waiting() -> None:
    ticket = answered()
    ticket.do(RevisitCaller, Role.OFFICER, resolved=False, satisfied=False)
    ticket.do(AnswerTicket, Role.OFFICER, **ANSWER)
    ticket.do(CloseTicket, Role.SUPERVISOR, reason="多次联系不上")
    assert reports(ticket) == [
        {"outcome": "answered", "closed": "no", **ANSWER},
        {"outcome": "revisited", "closed": "no", "resolved": "no", "satisfied": "no"},
        {"outcome": "answered", "closed": "no", **ANSWER},
        {"outcome": "closed", "closed": "yes", "reason": "多次联系不上"},
    ]


def test_the_hotline_hears_that_it_is_sent_back_joined_and_taken_back() -> None:
    back = given_ticket()
    back.do(ReturnTicket, Role.OFFICER, to="区住房保障部门", reason="不属于本单位职责")
    taken_back(back)
    assert [each["outcome"] for each in reports(back)] == ["returned", "taken_back"]
    assert reports(back)[0]["to"] == "区住房保障部门"
    twice = signed()
    twice.do(JoinTicket, Role.OFFICER, **TWICE)
    assert reports(twice) == [{"outcome": "joined", "closed": "yes", **TWICE}]


def test_nobody_is_told_of_what_came_another_way() -> None:
    ticket = given_ticket(came_by=TicketSource.OPINION_BOX)
    ticket.do(SignTicket, Role.OFFICER)
    ticket.do(ContactCaller, Role.OFFICER, reached=True)
    ticket.do(AnswerTicket, Role.OFFICER, **ANSWER)
    assert reports(ticket) == []
    with refusing("NOT_OF_HOTLINE"):
        ticket.do(HotlineReturned, Role.SYSTEM, reason="答复不完整")


@pytest.mark.parametrize("stage", [S.REVISIT, S.CLOSED])
def test_the_hotline_returns_an_answer(stage: TicketStage) -> None:
    ticket = answered() if stage is S.REVISIT else closed()
    ticket.wait_until("2026-09-30")
    ticket.do(HotlineReturned, Role.SYSTEM, reason="未回应第二个问题")
    assert ticket.stands_at(S.ANSWER), "who was reached is not called again"
    assert ticket.case.is_open
    assert (ticket.case.round, ticket.tasks()) == (2, {"answer_ticket": "ja-o1"})
    assert due(ticket, "ticket_answer") == date(2026, 10, 13)
    assert due(ticket, "ticket_revisit") is None
    ticket.do(AnswerTicket, Role.OFFICER, **ANSWER)
    ticket.do(RevisitCaller, Role.OFFICER, resolved=True, satisfied=False)
    assert [(r.round, r.resolved, r.satisfied) for r in ticket.case.replies] == [
        (1, True if stage is S.CLOSED else None, True if stage is S.CLOSED else None),
        (2, True, False),
    ]
    assert ticket.rebuilt() == ticket.case


def test_the_hotline_insists_on_what_was_sent_back_or_joined() -> None:
    back = given_ticket()
    back.do(ReturnTicket, Role.OFFICER, to="区住房保障部门", reason="不属于本单位职责")
    back.do(HotlineReturned, Role.SYSTEM, reason="属于本单位职责")
    twice = signed()
    twice.do(JoinTicket, Role.OFFICER, **TWICE)
    twice.do(HotlineReturned, Role.SYSTEM, reason="并非同一事项")
    for ticket in (back, twice):
        assert (ticket.case.stage, ticket.case.round) == (S.CONTACT, 1)
        assert due(ticket, "ticket_contact") == date(2026, 9, 28)
        assert due(ticket, "ticket_answer") == date(2026, 10, 9)
        assert ticket.case.joined_into == ""
        with refusing("WRONG_STAGE"):
            ticket.do(ReturnTicket, Role.OFFICER, to="区住房保障部门", reason="不属于本单位职责")


@pytest.mark.parametrize("reason", ["", "  "])
def test_the_hotline_says_why_and_not_of_what_is_still_being_answered(reason: str) -> None:
    with refusing("FIELD_REQUIRED"):
        closed().do(HotlineReturned, Role.SYSTEM, reason=reason)
    with refusing("WRONG_STAGE"):
        signed().do(HotlineReturned, Role.SYSTEM, reason="催办")


def test_a_pending_proposal_to_take_back_ends_with_the_return() -> None:
    ticket = closed()
    ticket.do(ProposeTakingBack, Role.OFFICER, reason="误办结")
    ticket.do(HotlineReturned, Role.SYSTEM, reason="未回应第二个问题")
    assert ticket.tasks() == {"answer_ticket": "ja-o1"}
    with refusing("NOTHING_TO_TAKE_BACK"):
        ticket.do(ProposeTakingBack, Role.OFFICER, reason="误办结")


def test_what_was_said_by_mistake_is_not_remembered_once_taken_back() -> None:
    revisited = closed()
    taken_back(revisited)
    assert revisited.stands_at(S.REVISIT)
    (reply,) = revisited.case.replies
    assert (reply.revisited_at, reply.resolved, revisited.case.resolved) == (None, None, None)
    nobody = signed(caller=None)
    nobody.do(AnswerTicket, Role.OFFICER, **ANSWER)
    taken_back(nobody)
    assert nobody.stands_at(S.ANSWER)
    assert [reply.withdrawn for reply in nobody.case.replies] == [True]
    assert nobody.case.answered_at is None
    with refusing("NOT_ANSWERED"):
        nobody.do(CloseTicket, Role.SUPERVISOR, reason="已办")
