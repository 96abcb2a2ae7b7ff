"""The log of consultations in the register: one line once, pages of it, and counts."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import Boolean, ColumnElement, Integer, Text, cast, func, select, true, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.consultations import (
    Accessibility,
    Consultation,
    ConsultationChannel,
    ConsultationTopic,
)
from casework.store.models.consultations import Consultations
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded

_KEY = (Consultations.district, Consultations.source, Consultations.reference)
_ORDER = (Consultations.asked_at, *_KEY)
NEWEST: Keyset[Consultation, tuple[AwareDatetime, str, str, str]] = Keyset(
    "consultations",
    lambda each: (each.asked_at, each.district, each.source, each.reference),
    TypeAdapter(tuple[AwareDatetime, str, str, str]),
)


@dataclass(frozen=True, kw_only=True)
class ConsultationFilter:
    """An empty field does not restrict. ``since`` on and ``before``: by when somebody asked."""

    district: str = ""
    channel: str = ""
    topic: str = ""
    need: str = ""
    answered: bool | None = None
    since: datetime | None = None
    before: datetime | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Of a query of consultations."""
        if self.district:
            yield Consultations.district == self.district
        if self.channel:
            yield Consultations.channel == self.channel
        if self.topic:
            yield Consultations.topic == self.topic
        if self.need:
            yield func.jsonb_exists(Consultations.needs, cast(self.need, Text), type_=Boolean)
        if self.answered is not None:
            yield Consultations.answered.is_(self.answered)
        if self.since is not None:
            yield Consultations.asked_at >= self.since
        if self.before is not None:
            yield Consultations.asked_at < self.before


@dataclass(frozen=True, kw_only=True)
class Counted:
    """How many of one channel and one topic: in all, answered at once, and become tickets."""

    district: str
    channel: str
    topic: str
    asked: int
    answered: int
    with_needs: int


async def log_once(session: AsyncSession, line: Consultation) -> tuple[Consultation, bool]:
    """Log a line, or find the one of its key; the second is whether it is new.

    The caller compares ``content``: under one key there is one line, whatever is sent again.
    """
    written = insert(Consultations).values(asdict(line)).on_conflict_do_nothing()
    is_new = (await session.execute(written.returning(Consultations.reference))).first() is not None
    query = select(*Consultations.__table__.c).where(
        tuple_(*_KEY) == (line.district, line.source, line.reference)
    )
    return _line((await session.execute(query)).mappings().one()), is_new


async def consultations(
    session: AsyncSession, wanted: ConsultationFilter, *, after: str = "", size: int = PAGE_SIZE
) -> Page[Consultation]:
    """A page, the newest first; raises `CursorError`."""
    query = select(*Consultations.__table__.c).where(*wanted.conditions())
    if after:
        query = query.where(tuple_(*_ORDER) < NEWEST.key(after))
    query = query.order_by(*(each.desc() for each in _ORDER)).limit(bounded(size) + 1)
    rows = [_line(row) for row in (await session.execute(query)).mappings()]
    return NEWEST.page(rows, bounded(size))


async def count(session: AsyncSession, wanted: ConsultationFilter) -> tuple[Counted, ...]:
    """The lines by district, channel and topic, in that order."""
    by = (Consultations.district, Consultations.channel, Consultations.topic)
    query = (
        select(
            *by,
            func.count().label("asked"),
            func.sum(cast(Consultations.answered, Integer)).label("answered"),
            func.count()
            .filter(func.jsonb_array_length(Consultations.needs) > 0)
            .label("with_needs"),
        )
        .where(true(), *wanted.conditions())
        .group_by(*by)
        .order_by(*by)
    )
    return tuple(Counted(**row) for row in (await session.execute(query)).mappings())


def _line(row: Any) -> Consultation:  # noqa: ANN401 - a row of SQLAlchemy's
    said = {**row}
    said["channel"] = ConsultationChannel(said["channel"])
    said["topic"] = ConsultationTopic(said["topic"])
    said["needs"] = tuple(map(Accessibility, said["needs"]))
    return Consultation(**said)
