"""Who is absent, and when; and who keeps away from which case (DB50/T 1733—2024 §6.6.2b)."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    literal,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.policy import Role
from casework.store.engine import vault_of
from casework.store.models import Absences, Openings, Relations, Tasks
from casework.store.paging import PAGE_SIZE, ByTime, Page, both_ways, bounded
from casework.store.sealing.sealing import ABSENCE_REASON, NOBODYS, opener


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
    cipher = await vault_of(session).cipher(NOBODYS)
    row = asdict(absence) | {"reason": cipher.seal_text(absence.reason, ABSENCE_REASON)}
    await session.execute(insert(Absences).values(row).on_conflict_do_nothing())


async def end_absence(session: AsyncSession, absence_id: str, ended_on: date) -> Absence | None:
    """The officer is back from ``ended_on`` on; an earlier end stands. None: no such absence."""
    later = or_(Absences.ended_on.is_(None), Absences.ended_on > ended_on)
    await session.execute(
        update(Absences).where(Absences.id == absence_id, later).values(ended_on=ended_on)
    )
    return await find_absence(session, absence_id)


async def find_absence(session: AsyncSession, absence_id: str) -> Absence | None:
    """One absence."""
    found = await _opened(session, select(*_COLUMNS).where(Absences.id == absence_id))
    return found[0] if found else None


def _key(row: Absence) -> tuple[date, str]:
    return row.first_on, row.id


_ORDER = (Absences.first_on, Absences.id)
_ORDERS = both_ways("absences", _key, TypeAdapter(tuple[date, str]), usual=ByTime.OLDEST)


async def absences(  # noqa: PLR0913 - one argument per filter
    session: AsyncSession,
    on: date | None = None,
    officer: str = "",
    *,
    among: Collection[str] | None = None,
    sort: ByTime = ByTime.OLDEST,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[Absence]:
    """A page of absences by first day; raises `CursorError`.

    Those of one day, or all; of an officer, or of all, or only of those ``among`` these.
    """
    size, order = bounded(size), _ORDERS[sort]
    query = select(*_COLUMNS).where(*order.following(_ORDER, after))
    query = query.order_by(*order.sorted(_ORDER)).limit(size + 1)
    if on is not None:
        query = query.where(_covers(on))
    if officer:
        query = query.where(Absences.officer == officer)
    if among is not None:
        query = query.where(Absences.officer.in_(sorted(among)))
    return order.page(await _opened(session, query), size)


async def absent_officers(session: AsyncSession, on: date) -> tuple[str, ...]:
    """Who is absent on that day, of all districts, each once, by code."""
    return tuple(sorted(await session.scalars(absent_on(on))))


def absent_on(day: date | ColumnElement[date]) -> Select[str]:
    """The codes of those who are absent on a day, each once."""
    return select(Absences.officer).distinct().where(_covers(day))


def kept_apart(case_no: ColumnElement[str]) -> CompoundSelect[str]:
    """Who must keep away from a case (回避), by code, each once.

    Its applicant or employer is their relation, or it is about a case that they have had. Of a case
    that is not in the register yet, nobody is known.
    """
    theirs = (
        select(Relations.officer)
        .join(Openings, Relations.subject.in_((Openings.subject, Openings.employer_subject)))
        .where(Openings.case_no == case_no, Relations.ended_at.is_(None))
    )
    concerned = select(Openings.concerns).where(Openings.case_no == case_no).scalar_subquery()
    return union(theirs, *_officers(concerned))


async def officers_of(session: AsyncSession, case_no: str) -> tuple[str, ...]:
    """Who has had tasks of a case, by code, supervisors apart; nobody of no case."""
    if not case_no:
        return ()
    return tuple(sorted(await session.scalars(union(*_officers(literal(case_no))))))


def _officers(case_no: ColumnElement[str]) -> tuple[Select[str], ...]:
    theirs = (Tasks.case_no == case_no, Tasks.role != Role.SUPERVISOR, case_no != "")
    return tuple(
        select(column).where(*theirs, column != "") for column in (Tasks.holder, Tasks.closed_by)
    )


async def _opened(session: AsyncSession, query: Select[Any]) -> tuple[Absence, ...]:
    own = await opener(session, NOBODYS)
    found = (await session.execute(query)).mappings()
    return tuple(
        Absence(**{**row, "reason": own.text(row["reason"], ABSENCE_REASON)}) for row in found
    )


def _covers(day: date | ColumnElement[date]) -> ColumnElement[bool]:
    back = or_(Absences.ended_on.is_(None), Absences.ended_on > day)
    return and_(Absences.first_on <= day, Absences.last_on >= day, back)
