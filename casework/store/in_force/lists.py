"""Suspensions and measures as lists show them, those of orders that are in force."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.orders import Reach, Scope
from casework.domain.policy import city_of
from casework.store.in_force.not_backwards import ordered
from casework.store.models import Measures, Suspensions
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.register.in_force import COLUMNS, MeasureRow


@dataclass(frozen=True, kw_only=True)
class SuspensionView:
    """A suspension; ``id`` is the order that opened it, ``by`` who approved that."""

    id: str
    scope: str
    key: str
    first_on: date
    lifted_on: date | None
    reason: str
    basis: str
    clocks: str
    channels: tuple[str, ...]
    by: str
    version: int

    @property
    def reach(self) -> Reach:
        """The cases on which it bears."""
        return Reach(scope=Scope(self.scope), key=self.key)


@dataclass(frozen=True, kw_only=True)
class MeasureView(MeasureRow):
    """A measure; ``origin`` is ``catalogue``, or the last order that started or ended it."""

    origin: str
    version: int


def _suspension_key(row: SuspensionView) -> tuple[date, str]:
    return row.first_on, row.id


def _measure_key(row: MeasureView) -> tuple[date, str]:
    return row.since, row.id


_SUSPENSIONS = Keyset("suspensions", _suspension_key, TypeAdapter(tuple[date, str]))
_MEASURES = Keyset("measures", _measure_key, TypeAdapter(tuple[date, str]))
_SUSPENSION_ORDER = (Suspensions.first_on, Suspensions.id)
_MEASURE_ORDER = (Measures.since, Measures.id)
_SUSPENSION = tuple(Suspensions.__table__.c)
_MEASURE = (*COLUMNS, Measures.__table__.c.origin, Measures.__table__.c.version)


async def list_suspensions(
    session: AsyncSession, district: str | None = None, on: date | None = None
) -> tuple[SuspensionView, ...]:
    """Suspensions by first day: those that bear on cases of the district, on that day."""
    query = _suspensions(district, on)
    return tuple(SuspensionView(**row) for row in (await session.execute(query)).mappings())


async def suspensions_page(
    session: AsyncSession,
    district: str | None = None,
    on: date | None = None,
    *,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[SuspensionView]:
    """A page of the same; raises `CursorError`."""
    size, query = bounded(size), _suspensions(district, on)
    if after:
        query = query.where(tuple_(*_SUSPENSION_ORDER) > _SUSPENSIONS.key(after))
    found = await session.execute(query.limit(size + 1))
    return _SUSPENSIONS.page([SuspensionView(**row) for row in found.mappings()], size)


def _suspensions(district: str | None, on: date | None) -> Select[Any]:
    query = select(*_SUSPENSION).order_by(*_SUSPENSION_ORDER).where(ordered())
    if district:
        query = query.where(_bears_on(district))
    if on:
        query = query.where(
            Suspensions.first_on <= on,
            or_(Suspensions.lifted_on.is_(None), Suspensions.lifted_on >= on),
        )
    return query


def _bears_on(district: str) -> ColumnElement[bool]:
    return or_(
        Suspensions.key.in_({district, city_of(district)}),
        Suspensions.key.startswith(f"{district}/", autoescape=True),
        Suspensions.key.startswith(f"{district}-", autoescape=True),
    )


async def find_suspension(session: AsyncSession, suspension: str) -> SuspensionView | None:
    """One suspension."""
    query = select(*_SUSPENSION).where(Suspensions.id == suspension)
    row = (await session.execute(query)).mappings().one_or_none()
    return SuspensionView(**row) if row else None


async def list_measures(
    session: AsyncSession, district: str | None = None, on: date | None = None
) -> tuple[MeasureView, ...]:
    """Measures by first day: those of the district, those that hold on that day."""
    query = _measures(district, on)
    return tuple(MeasureView(**row) for row in (await session.execute(query)).mappings())


async def measures_page(
    session: AsyncSession,
    district: str | None = None,
    on: date | None = None,
    *,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[MeasureView]:
    """A page of the same; raises `CursorError`."""
    size, query = bounded(size), _measures(district, on)
    if after:
        query = query.where(tuple_(*_MEASURE_ORDER) > _MEASURES.key(after))
    found = await session.execute(query.limit(size + 1))
    return _MEASURES.page([MeasureView(**row) for row in found.mappings()], size)


def _measures(district: str | None, on: date | None) -> Select[Any]:
    query = select(*_MEASURE).order_by(*_MEASURE_ORDER)
    if district:
        query = query.where(Measures.district == district)
    if on:
        query = query.where(
            Measures.since <= on, or_(Measures.until.is_(None), Measures.until >= on)
        )
    return query
