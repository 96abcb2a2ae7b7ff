"""Who is absent, and when: whoever stands in for them takes over (DB50/T 1733—2024 §6.6.2b)."""

from dataclasses import asdict, dataclass, fields
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.models import Absences


@dataclass(frozen=True, kw_only=True)
class Absence:
    """An officer is away from ``first_on`` to ``last_on``, both included.

    ``ended_on``: the first day on which the officer was back, before that was planned.
    """

    id: str
    officer: str
    first_on: date
    last_on: date
    reason: str
    recorded_by: str
    recorded_at: datetime
    ended_on: date | None = None


_COLUMNS = tuple(Absences.__table__.c[field.name] for field in fields(Absence))


async def record_absence(session: AsyncSession, absence: Absence) -> None:
    """Write an absence; the same id again changes nothing."""
    await session.execute(insert(Absences).values(asdict(absence)).on_conflict_do_nothing())


async def end_absence(session: AsyncSession, absence_id: str, ended_on: date) -> Absence | None:
    """The officer is back from ``ended_on`` on; an earlier end stands. None: no such absence."""
    later = or_(Absences.ended_on.is_(None), Absences.ended_on > ended_on)
    await session.execute(
        update(Absences).where(Absences.id == absence_id, later).values(ended_on=ended_on)
    )
    return await find_absence(session, absence_id)


async def find_absence(session: AsyncSession, absence_id: str) -> Absence | None:
    """One absence."""
    query = select(*_COLUMNS).where(Absences.id == absence_id)
    row = (await session.execute(query)).mappings().one_or_none()
    return Absence(**row) if row else None


async def absences(
    session: AsyncSession, on: date | None = None, officer: str = ""
) -> tuple[Absence, ...]:
    """The absences by first day: of that day, or all; of an officer, or of all."""
    query = select(*_COLUMNS).order_by(Absences.first_on, Absences.id)
    if on is not None:
        query = query.where(_covers(on))
    if officer:
        query = query.where(Absences.officer == officer)
    return tuple(Absence(**row) for row in (await session.execute(query)).mappings())


async def absent_officers(session: AsyncSession, on: date) -> tuple[str, ...]:
    """Who is absent on that day, of all districts, each once, by code."""
    query = select(Absences.officer).distinct().where(_covers(on)).order_by(Absences.officer)
    return tuple(await session.scalars(query))


def _covers(day: date) -> ColumnElement[bool]:
    back = or_(Absences.ended_on.is_(None), Absences.ended_on > day)
    return and_(Absences.first_on <= day, Absences.last_on >= day, back)
