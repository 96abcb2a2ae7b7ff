"""The events of a case as they are stored, and the state they lead to."""

from functools import reduce

from sqlalchemy import Text, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Concern, concern_of
from casework.domain.case.events import Event
from casework.domain.case.facts import Actor
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Case
from casework.domain.policy import Role
from casework.messages.cases import EVENT_BODY
from casework.security.keys.errors import ErasedError
from casework.store.access import outline
from casework.store.models import Events, Openings
from casework.store.sealing.sealing import opener


async def stored_events(session: AsyncSession, case_no: str) -> tuple[Event, ...]:
    """All events of a case, in order; empty if there is no such case.

    Raises:
        ErasedError: the case's texts have been erased, and with them what happened.
    """
    found = await session.execute(
        select(Events.seq, Events.at, Events.actor, Events.role, cast(Events.body, Text))
        .where(Events.case_no == case_no)
        .order_by(Events.seq)
    )
    own = await opener(session, case_no)
    return tuple(
        Event(
            seq=seq,
            at=at,
            actor=Actor(code=actor, role=Role(role)),
            body=EVENT_BODY.validate_json(own.body(body)),
        )
        for seq, at, actor, role, body in found
    )


async def state(session: AsyncSession, case_no: str) -> Case | None:
    """The state that the events of a case of any kind lead to; None if there is no such case.

    Raises:
        ErasedError: as `stored_events`.
    """
    events = await stored_events(session, case_no)
    if not events:
        return None
    first: Case = evolve(None, events[0])
    return reduce(evolve, events[1:], first)


async def concern(session: AsyncSession, case_no: str) -> Concern | None:
    """The whole concern of a case, from its events; None if there is none.

    Of an erased case, which is closed, there is its outline only.
    """
    try:
        found = await state(session, case_no)
    except ErasedError:
        return await outline(session, case_no)
    if found is None:
        return None
    query = select(Openings.subject, Openings.employer_subject, Openings.opened_by, Openings.source)
    row = (await session.execute(query.where(Openings.case_no == case_no))).one()
    return concern_of(
        found,
        subject=row.subject,
        employer=row.employer_subject,
        opened_by=row.opened_by,
        source=row.source,
    )
