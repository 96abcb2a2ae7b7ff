"""A case as the register has it: its events, the state they lead to, and where it runs."""

from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache, reduce
from typing import Any, get_type_hints

from pydantic import TypeAdapter
from sqlalchemy import Select, Text, cast, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Concern, concern_of
from casework.domain.case.events import Event
from casework.domain.case.facts import Actor, Occasion
from casework.domain.case.kind import KNOWN, kind_of_case
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Case
from casework.domain.kinds.application.state import ApplicationFacts
from casework.domain.kinds.registry import workflow_id
from casework.domain.policy import Measure, Role
from casework.domain.time.calendar import WorkingCalendar
from casework.messages.cases import EVENT_BODY, Receipt
from casework.messages.entry import OperationRow
from casework.security.keys.errors import ErasedError
from casework.store.access import outline
from casework.store.engine import vault_of
from casework.store.models import Cases, Events, Openings, Operations, ServiceItems
from casework.store.register.credit import barred
from casework.store.sealing.sealing import opener, sealed_row


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


async def occasion(  # noqa: PLR0913, PLR0917 - what a decision rests on
    session: AsyncSession,
    case: Case,
    actor: Actor,
    at: datetime,
    calendar: WorkingCalendar,
    measures: tuple[Measure, ...],
) -> Occasion:
    """What a decision on a case may know, as far as the register has it.

    A cycle that could begin anew is asked for by its workflow alone.
    """
    kind = kind_of_case(case)
    query = select(ServiceItems.body).where(ServiceItems.digest == case.policy)
    item = _policy_of(kind.name).validate_python(await session.scalar(query))
    known: dict[str, Any] = {}
    if kind.facts is ApplicationFacts:
        subject = select(Openings.subject).where(Openings.case_no == case.case_no)
        is_barred = await barred(session, await session.scalar(subject) or "")
        known = {"measures": measures, "barred": is_barred}
    return kind.facts(at=at, actor=actor, item=item, calendar=calendar, **known)


@cache
def _policy_of(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(KNOWN[kind].facts)["item"])


async def concern(session: AsyncSession, case_no: str) -> Concern | None:
    """The whole concern of a case, from its events; None if there is none.

    Of an erased case, which is closed, there is its outline only.
    """
    try:
        found = await state(session, case_no)
    except ErasedError:
        return await outline(session, case_no)
    return None if found is None else await concern_as(session, found)


async def concern_as(session: AsyncSession, case: Case) -> Concern:
    """The whole concern of a case whose state is known."""
    query = select(Openings.subject, Openings.employer_subject, Openings.opened_by, Openings.source)
    row = (await session.execute(query.where(Openings.case_no == case.case_no))).one()
    return concern_of(
        case,
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


# --- operations ----------------------------------------------------------------------------
# What was done to a case under which key, and what was answered.


_SIGNAL = "_signal"
"""Ends the verb of what was told by a signal."""


@dataclass(frozen=True, kw_only=True)
class Operation(OperationRow):
    """An operation; ``content`` is None once the case was erased: nobody can compare it."""

    case_no: str
    content: str | None  # type: ignore[assignment]  # as above

    def says(self, verb: str, content: str) -> bool:
        """Whether it was this verb with this content (``casework.messages.cases.said_by``)."""
        return self.verb.removesuffix(_SIGNAL) == verb and self.content in {content, None}

    @property
    def was_signal(self) -> bool:
        """Whether it went to the case as a signal: it was noted when Temporal had taken it."""
        return self.verb.endswith(_SIGNAL)

    @property
    def receipt(self) -> Receipt:
        """What was answered."""
        return Receipt(
            case_no=self.case_no,
            seq=self.seq,
            stage=self.stage,
            at=self.at,
            refused=self.refused,
            reason=self.why,
        )


_COLUMNS = [Operations.__table__.c[field.name] for field in fields(Operation)]


async def operation(session: AsyncSession, case_no: str, update_id: str) -> Operation | None:
    """The operation of that id; None if nothing was done under it."""
    query = select(*_COLUMNS).where(Operations.case_no == case_no, Operations.id == update_id)
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    own = await opener(session, case_no)
    content = None if own.is_erased(row["content"]) else own.row("operations", row)["content"]
    return Operation(**{**row, "content": content})


async def note_fact(  # noqa: PLR0913 - what was told, under which id, when
    session: AsyncSession, case_no: str, fact_id: str, *, fact: str, content: str, at: datetime
) -> None:
    """Note that a fact has gone to a case as a signal, which brings no answer of its own.

    ``seq`` and ``stage`` are those of the case by now. A repeat changes nothing; of a case that is
    not in the register yet nothing is noted.
    """
    cipher = await vault_of(session).cipher(case_no)
    said = sealed_row(cipher, "operations", {"content": content})["content"]
    row = select(
        Cases.case_no,
        literal(fact_id),
        literal(f"{fact}{_SIGNAL}"),
        literal(said),
        Cases.last_seq,
        Cases.stage,
        literal(at),
    ).where(Cases.case_no == case_no)
    names = ["case_no", "id", "verb", "content", "seq", "stage", "at"]
    await session.execute(insert(Operations).from_select(names, row).on_conflict_do_nothing())
