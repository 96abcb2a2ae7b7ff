"""One case: as it stands, what has happened to it, its clocks, its notices, its kind."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Text, cast, select, tuple_
from sqlalchemy import case as sql_case
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from casework.domain.authority.matrix import GIVEN_SOURCES
from casework.domain.case.kind import Kind
from casework.domain.case.projection import Ahead, ClockRow, MaterialRow, TaskRow
from casework.domain.case.state import Card
from casework.domain.identifiers import mask
from casework.domain.kinds.application.state import Line
from casework.domain.kinds.rating.opening import Rateable
from casework.domain.kinds.registry import CaseKind
from casework.security.keys.vault import ERASED, ErasedError
from casework.store.models import (
    Armings,
    Cards,
    Cases,
    Debts,
    Events,
    Materials,
    Model,
    Notices,
    Openings,
    Parties,
    Tasks,
    model_of,
)
from casework.store.queries.search import SHOWN, CaseSummary
from casework.store.register.by_date import TURNED, joined
from casework.store.register.courses import clock_rows
from casework.store.sealing.sealing import Opener, opener

T = TypeVar("T")
_AHEAD: TypeAdapter[Ahead | None] = TypeAdapter(Ahead | None)


@dataclass(frozen=True, kw_only=True)
class PartyView:
    """A party with its personal data masked: enough to recognise, too little to use."""

    role: str
    name: str
    id_number: str
    email: str
    phone: str


@dataclass(frozen=True, kw_only=True)
class NoticeView:
    """``status`` is queued, sent or refused; ``problem`` is the code of the refusal."""

    key: str
    seq: int
    template: str
    recipient: str
    channel: str
    status: str
    reference: str
    problem: str
    queued_at: datetime
    at: datetime | None


@dataclass(frozen=True, kw_only=True)
class EventView:
    seq: int
    kind: str
    title: str
    at: datetime
    actor: str
    role: str
    reason: str
    body: dict[str, Any]
    recorded_at: datetime


@dataclass(frozen=True, kw_only=True)
class CaseReference:
    """The case of a reference, and the digest of what was submitted under it."""

    case_no: str
    content: str


@dataclass(frozen=True, kw_only=True)
class CaseView(CaseSummary):
    """A case as its page shows it. ``tasks`` are the open ones, ``cards`` all that were given."""

    parties: tuple[PartyView, ...]
    debts: tuple[Line, ...]
    materials: tuple[MaterialRow, ...]
    tasks: tuple[TaskRow, ...]
    cards: tuple[Card, ...]
    notices: tuple[NoticeView, ...]


async def case_view(session: AsyncSession, case_no: str) -> CaseView | None:
    """The case as it stands by the date, personal data masked.

    Its clocks, cards and timeline are as recorded: what time has brought about follows when the
    case wakes, at the latest at the next start of business.
    """
    query = joined(select(*SHOWN, sql_case((TURNED, Armings.ahead)).label("ahead")))
    found = (await session.execute(query.where(Cases.case_no == case_no))).mappings().one_or_none()
    if found is None:
        return None
    case = dict(found)
    then = _AHEAD.validate_python(case.pop("ahead"))
    tasks = await rows_of(session, case_no, Tasks, TaskRow, Tasks.closed_at.is_(None))
    if then is not None:
        tasks = (*(task for task in tasks if task.task not in then.done), *then.tasks)
    return CaseView(
        **case,
        parties=tuple(
            _masked(party) for party in await rows_of(session, case_no, Parties, PartyView)
        ),
        debts=await rows_of(session, case_no, Debts, Line),
        materials=await rows_of(session, case_no, Materials, MaterialRow),
        tasks=tasks,
        cards=await rows_of(session, case_no, Cards, Card),
        notices=await notices(session, case_no),
    )


async def timeline(session: AsyncSession, case_no: str) -> tuple[EventView, ...]:
    """Everything that has happened to the case, in order; what was erased says so."""
    columns = [column for column in _columns(Events, EventView) if column.name != "body"]
    query = select(*columns, cast(Events.body, Text).label("body"))
    found = await session.execute(query.where(Events.case_no == case_no).order_by(Events.seq))
    own = await opener(session, case_no)
    return tuple(_event(row, own) for row in found.mappings())


async def clocks(
    session: AsyncSession, case_no: str, on: date | None = None
) -> tuple[ClockRow, ...]:
    """The clocks of the case, running and ended.

    ``paused`` tells whether a clock stands still at the end of the day ``on``; without a day,
    whether no due date is known.
    """
    return await clock_rows(session, case_no, on)


async def notices(session: AsyncSession, case_no: str) -> tuple[NoticeView, ...]:
    """The notices of the case, in the order of its events."""
    query = select(*_columns(Notices, NoticeView)).where(Notices.case_no == case_no)
    found = await session.execute(query.order_by(Notices.seq, Notices.key))
    return tuple(NoticeView(**row) for row in found.mappings())


async def content_of(session: AsyncSession, case_no: str) -> str | None:
    """The digest of what was submitted when a case was opened; None if there is no such case."""
    return await session.scalar(select(Openings.content).where(Openings.case_no == case_no))


async def find_by_reference(
    session: AsyncSession,
    *,
    kind: str = CaseKind.APPLICATION,
    district: str,
    source: str,
    reference: str,
) -> CaseReference | None:
    """The case of a kind that a backend's own number stands for."""
    query = select(Openings.case_no, Openings.content).where(
        Openings.kind == kind,
        Openings.district == district,
        Openings.source == source,
        Openings.reference == reference,
    )
    found = (await session.execute(query)).mappings().one_or_none()
    return CaseReference(**found) if found else None


async def rows_of(
    session: AsyncSession,
    case_no: str,
    table: type[Model],
    row: type[T],
    *conditions: ColumnElement[bool],
) -> tuple[T, ...]:
    """The case's rows of a table, by primary key."""
    columns = table.__table__.c
    query = select(*_columns(table, row)).where(columns.case_no == case_no, *conditions)
    found = await session.execute(query.order_by(*table.__table__.primary_key))
    own = await opener(session, case_no)
    return tuple(row(**own.row(table.__tablename__, values)) for values in found.mappings())


async def own_rows(session: AsyncSession, kind: Kind, case_no: str) -> dict[str, tuple[Any, ...]]:
    """The case's rows of each table that only its kind has, by their member."""
    return {
        each.member: await rows_of(session, case_no, model_of(each.table), each.row)
        for each in kind.rows
    }


def _event(row: Mapping[Any, Any], own: Opener) -> EventView:
    try:
        body = json.loads(own.body(row["body"]))
    except ErasedError:
        body = {"erased": ERASED}
    return EventView(**{**own.row("events", row), "body": body})


def _columns(table: type[Model], row: type) -> list[ColumnElement[Any]]:
    return [table.__table__.c[field.name] for field in fields(row)]


def _masked(party: PartyView) -> PartyView:
    if party.name == ERASED:
        return party
    mailbox, at, host = party.email.partition("@")
    return PartyView(
        role=party.role,
        name=party.name[:1] + "*" * (len(party.name) - 1),
        id_number=mask(party.id_number),
        email=mailbox[:1] + "***" + at + host if at else "",
        phone=mask(party.phone),
    )


async def kind_of(session: AsyncSession, case_no: str) -> str | None:
    """The ``CaseKind`` of a case; None if there is no such case."""
    return await session.scalar(select(Openings.kind).where(Openings.case_no == case_no))


@dataclass(frozen=True, kw_only=True)
class TicketBeside:
    """Another ticket as recorded; ``came_before``: by time of receipt, then by number."""

    stage: str
    came_before: bool


async def ticket_beside(session: AsyncSession, number: str, case_no: str) -> TicketBeside | None:
    """A ticket in the district of another one; None if there is none."""
    of_case = aliased(Cases)
    before = tuple_(Cases.received_at, Cases.case_no) < tuple_(of_case.received_at, of_case.case_no)
    query = (
        select(Cases.stage, before.label("came_before"))
        .join(Openings, Openings.case_no == Cases.case_no)
        .join(of_case, of_case.district == Cases.district)
        .where(
            Cases.case_no == number,
            Openings.kind == CaseKind.TICKET.value,
            of_case.case_no == case_no,
        )
    )
    found = (await session.execute(query)).mappings().one_or_none()
    return None if found is None else TicketBeside(**found)


async def rateable(session: AsyncSession, case_no: str) -> Rateable | None:
    """A case of any kind, as a rating needs to know it; None if there is no such case."""
    query = select(
        Cases.case_no,
        Openings.kind,
        Cases.district,
        Cases.item,
        Cases.item_name,
        Cases.office,
        Cases.channel,
        Cases.stage,
        Cases.decided_on,
        Cases.closed_at,
    ).join(Openings, Openings.case_no == Cases.case_no)
    found = await session.execute(query.where(Cases.case_no == case_no))
    row = found.mappings().one_or_none()
    return Rateable(**row) if row else None


async def is_rated(session: AsyncSession, case_no: str) -> bool:
    """Whether somebody has rated the case: it is done once."""
    found = await find_by_reference(
        session,
        kind=CaseKind.RATING,
        district=case_no.partition("-")[0],
        source=GIVEN_SOURCES[CaseKind.RATING],
        reference=case_no,
    )
    return found is not None
