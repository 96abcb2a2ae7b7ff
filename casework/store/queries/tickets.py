"""The tickets that a report of a period counts, read from the register."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CompoundSelect, func, select, union
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.kinds.ticket.counts import Period, Revisit, TicketFacts
from casework.domain.time.calendar import ONE_DAY, ZONE, local_date
from casework.store.models import Cases, Clocks, Courses, Openings, model_of
from casework.store.queries.reports import Place

_CONTACT = "ticket_contact"


async def ticket_facts(
    session: AsyncSession, place: Place, period: Period
) -> tuple[TicketFacts, ...]:
    """The tickets that came, were due to be contacted or were revisited in a period, by number."""
    tickets, replies = (model_of(name).__table__.c for name in ("tickets", "ticket_replies"))
    wanted = _touched(period).subquery("touched")
    contact = (  # the last one: ids are numbered, ticket_contact#10 after ticket_contact#9
        select(Clocks.case_no, Courses.due_on, Courses.ended_on)
        .join(Courses, Courses.id == Clocks.course)
        .where(Clocks.kind == _CONTACT, Clocks.case_no.in_(select(wanted.c.case_no)))
        .ext(distinct_on(Clocks.case_no))
        .order_by(Clocks.case_no, func.length(Clocks.clock).desc(), Clocks.clock.desc())
        .subquery("contact")
    )
    query = (
        select(
            Cases.case_no,
            Cases.district,
            Cases.stage,
            Cases.received_at,
            tickets.came_by,
            tickets.answered_at,
            contact.c.due_on,
            contact.c.ended_on,
        )
        .join(tickets.case_no.table, tickets.case_no == Cases.case_no)
        .join(wanted, wanted.c.case_no == Cases.case_no)
        .outerjoin(Openings, Openings.case_no == Cases.case_no)
        .outerjoin(contact, contact.c.case_no == Cases.case_no)
        .where(*place.conditions())
        .order_by(Cases.case_no)
    )
    found = (await session.execute(query)).all()
    said = select(replies.case_no, replies.revisited_at, replies.resolved, replies.satisfied)
    said = said.where(
        replies.case_no.in_(select(wanted.c.case_no)),
        replies.revisited_at.is_not(None),
        replies.withdrawn.is_(False),
    ).order_by(replies.case_no, replies.number)
    revisits: dict[str, list[Revisit]] = {}
    for row in await session.execute(said):
        revisit = Revisit(
            on=local_date(row.revisited_at), resolved=row.resolved, satisfied=row.satisfied
        )
        revisits.setdefault(row.case_no, []).append(revisit)
    return tuple(
        TicketFacts(
            case_no=row.case_no,
            district=row.district,
            came_by=row.came_by,
            stage=row.stage,
            received_on=local_date(row.received_at),
            answered=row.answered_at is not None,
            contact_due_on=row.due_on,
            contact_ended_on=row.ended_on,
            revisits=tuple(revisits.get(row.case_no, ())),
        )
        for row in found
    )


def _touched(period: Period) -> CompoundSelect[Any]:
    tickets, replies = (model_of(name).__table__.c for name in ("tickets", "ticket_replies"))
    begins, ends = _midnight(period.first_on), _midnight(period.last_on + ONE_DAY)
    came = (
        select(Cases.case_no)
        .join(tickets.case_no.table, tickets.case_no == Cases.case_no)
        .where(Cases.received_at >= begins, Cases.received_at < ends)
    )
    revisited = select(replies.case_no).where(
        replies.revisited_at >= begins, replies.revisited_at < ends
    )
    contacted = (
        select(Clocks.case_no)
        .join(Courses, Courses.id == Clocks.course)
        .where(
            Clocks.kind == _CONTACT,
            Courses.due_on.between(period.first_on, period.last_on)
            | Courses.ended_on.between(period.first_on, period.last_on),
        )
    )
    return union(came, revisited, contacted)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE)
