"""Asking the cases on a list, page by page, and what one case takes over from another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from casework.domain.kinds.application.state import ContactState
from casework.store.models import ContactRequests, Contacts

ASKED = "asked"
GONE = "gone"
"""Outcomes of asking: the case has the request, or there is no such case any more."""

OVER = (ContactState.FILED, ContactState.CLOSED)
GIVEN_UP = and_(Contacts.state == ContactState.CLOSED, Contacts.escalated_at.is_not(None))
"""A supervisor has closed the open item of somebody who could not be reached."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A case to be asked; with ``through`` the person is told on that one."""

    case_no: str
    through: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a case is to take over from the one on which its person is told."""

    case_no: str
    reached_at: datetime | None
    settled_at: datetime | None
    filed_at: datetime | None
    closed: bool


async def waiting(session: AsyncSession, outreach_id: str, limit: int) -> tuple[Waiting, ...]:
    """Cases that are still to be asked, in the order of their numbers."""
    query = (
        select(ContactRequests.case_no, ContactRequests.through)
        .where(ContactRequests.outreach == outreach_id, ContactRequests.at.is_(None))
        .order_by(ContactRequests.case_no)
        .limit(limit)
    )
    found = await session.execute(query)
    return tuple(Waiting(case_no=case_no, through=through) for case_no, through in found)


async def note_asked(
    session: AsyncSession, outreach_id: str, outcomes: Mapping[str, str], at: datetime
) -> None:
    """Write which cases were asked and which are gone."""
    for outcome in sorted(set(outcomes.values())):
        numbers = [number for number, each in outcomes.items() if each == outcome]
        await session.execute(
            update(ContactRequests)
            .where(ContactRequests.outreach == outreach_id, ContactRequests.case_no.in_(numbers))
            .values(outcome=outcome, at=at)
        )


async def results(
    session: AsyncSession, outreach_id: str, *, after: str, limit: int
) -> tuple[Result, ...]:
    """What cases have not yet taken over from the leading one, by number, after ``after``."""
    own = aliased(Contacts)
    news = [
        mine.is_(None) & theirs.is_not(None)
        for mine, theirs in (
            (own.reached_at, Contacts.reached_at),
            (own.settled_at, Contacts.settled_at),
            (own.filed_at, Contacts.filed_at),
        )
    ]
    query = (
        select(
            own.case_no,
            Contacts.reached_at,
            Contacts.settled_at,
            Contacts.filed_at,
            GIVEN_UP.label("closed"),
        )
        .join(Contacts, and_(Contacts.case_no == own.through, Contacts.outreach == own.outreach))
        .where(own.outreach == outreach_id, own.case_no > after, own.state.not_in(OVER))
        .where(or_(*news, GIVEN_UP))
        .order_by(own.case_no)
        .limit(limit)
    )
    found = await session.execute(query)
    return tuple(Result(**row) for row in found.mappings())


async def is_waiting(session: AsyncSession, outreach_id: str) -> bool:
    """Whether a case is still to be asked, or waits for what comes of it on another one."""
    asked = select(1).where(ContactRequests.outreach == outreach_id, ContactRequests.at.is_(None))
    told = select(1).where(
        Contacts.outreach == outreach_id, Contacts.through != "", Contacts.state.not_in(OVER)
    )
    return bool(await session.scalar(select(or_(asked.exists(), told.exists()))))
