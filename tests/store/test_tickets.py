"""Whoever has had a case gets no task of a ticket that is about it (四眼)."""

from sqlalchemy import Text, bindparam

from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import Role
from casework.store.engine import Sessions
from casework.store.register.absences import kept_apart, officers_of
from tests.domain.ticket import given_ticket
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
