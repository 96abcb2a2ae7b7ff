"""A case as the register has it: its events, the state they lead to, and where it runs."""

from dataclasses import dataclass
from functools import reduce

from sqlalchemy import Select, Text, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Concern, concern_of
from casework.domain.case.events import Event
from casework.domain.case.facts import Actor
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Case
from casework.domain.kinds.registry import workflow_id
from casework.domain.policy import Role
from casework.messages.cases import EVENT_BODY
from casework.security.keys.errors import ErasedError
from casework.store.access import outline
from casework.store.models import Cases, Events, Openings
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


@dataclass(frozen=True, kw_only=True)
class Running:
    """A case and its ``CaseKind``, from which the id of its workflow follows."""

    case_no: str
    kind: str

    @property
    def workflow_id(self) -> str:
        """Where it runs."""
        return workflow_id(self.kind, self.case_no)


def running() -> Select[str, str]:
    """Number and kind of cases; conditions on ``Cases`` are the caller's."""
    return select(Cases.case_no, Openings.kind).join(Openings, Openings.case_no == Cases.case_no)
