"""Tickets in the register: who is kept from them (四眼), and what is counted of them."""

from dataclasses import replace
from datetime import date

from sqlalchemy import Text, bindparam

from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.ticket.commands import (
    AnswerTicket,
    ContactCaller,
    RevisitCaller,
    SignTicket,
)
from casework.domain.kinds.ticket.counts import Period
from casework.domain.kinds.ticket.state import Resolution
from casework.domain.policy import Role
from casework.store.engine import Sessions
from casework.store.queries.reports import Place
from casework.store.queries.tickets import ticket_facts
from casework.store.register.absences import kept_apart, officers_of
from tests.domain.ticket import JINGAN, given_ticket
from tests.store.conftest import Recording
from tests.store.served import Served, request


def about(case_no: str) -> Served:
    this = given_ticket(about=case_no)
    return Served(
        kind=CaseKind.TICKET, events=tuple(this.events), item=this.policy, calendar=this.calendar
    )


async def test_the_officers_of_the_case_keep_away(recorded: Recording, sessions: Sessions) -> None:
    complained_of = request(done=True)
    await recorded(*complained_of.entries(), *about(complained_of.case_no).entries())
    theirs = {
        code
        for task in complained_of.case.tasks
        if task.role is not Role.SUPERVISOR
        for code in (task.holder, task.closed_by)
    } - {""}
    assert theirs
    async with sessions() as session:
        assert set(await officers_of(session, complained_of.case_no)) == theirs
        assert await officers_of(session, "") == ()
        query = kept_apart(bindparam("case_no", type_=Text))
        for case_no, wanted in ((about("").case_no, theirs), (complained_of.case_no, set())):
            found = await session.scalars(query, {"case_no": case_no})
            assert set(found) == wanted


async def test_the_register_tells_what_is_counted(recorded: Recording, sessions: Sessions) -> None:
    """A ticket called and asked twice, one of nobody, and one of after the period."""
    twice = given_ticket("2026-09-24", number=1)
    twice.do(SignTicket, Role.OFFICER)
    twice.wait_until("2026-09-28")
    twice.do(ContactCaller, Role.OFFICER, reached=True)
    for day, resolved in (("2026-09-29", False), ("2026-10-08", True)):
        twice.wait_until(day)
        twice.do(AnswerTicket, Role.OFFICER, resolution=Resolution.EXPLAINED, answer="已解释")
        twice.do(RevisitCaller, Role.OFFICER, resolved=resolved, satisfied=False)
    nobody, later = (
        given_ticket("2026-09-30", number=2, caller=None),
        given_ticket("2026-10-20", number=3),
    )
    for each in (twice, nobody, later):
        served = Served(
            kind=CaseKind.TICKET,
            events=tuple(each.events),
            item=each.policy,
            calendar=each.calendar,
            reference=each.case.case_no,
        )
        await recorded(*served.entries())
    september = Period(first_on=date(2026, 9, 1), last_on=date(2026, 9, 30), on=date(2026, 10, 30))
    october = replace(september, first_on=date(2026, 10, 1), last_on=date(2026, 10, 31))
    async with sessions() as session:
        first = await ticket_facts(session, Place(district=JINGAN), september)
        second = await ticket_facts(session, Place(district=JINGAN), october)
        assert await ticket_facts(session, Place(district="310104"), september) == ()
    assert [each.case_no for each in first] == [twice.case.case_no, nobody.case.case_no]
    assert [each.case_no for each in second] == [twice.case.case_no, later.case.case_no]
    assert first[0] == second[0]
    assert (first[0].contact_due_on, first[0].contact_ended_on) == (date(2026, 9, 28),) * 2
    assert [(each.on, each.resolved) for each in first[0].revisits] == [
        (date(2026, 9, 29), False),
        (date(2026, 10, 8), True),
    ]
    assert (first[1].contact_due_on, first[1].answered) == (None, False)
