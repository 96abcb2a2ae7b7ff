"""Suspensions and measures as lists show them, those of orders that are in force."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.orders import Reach, Scope, city_of
from casework.store.in_force.measures import COLUMNS, MeasureRow
from casework.store.in_force.not_backwards import ordered
from casework.store.models import Measures, Suspensions


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


_SUSPENSION = tuple(Suspensions.__table__.c)
_MEASURE = (*COLUMNS, Measures.__table__.c.origin, Measures.__table__.c.version)


async def list_suspensions(
    session: AsyncSession, district: str | None = None, on: date | None = None
) -> tuple[SuspensionView, ...]:
    """Suspensions by first day: those that bear on cases of the district, on that day."""
    query = select(*_SUSPENSION).order_by(Suspensions.first_on, Suspensions.id)
    query = query.where(ordered())
    if district:
        query = query.where(_bears_on(district))
    if on:
        query = query.where(
            Suspensions.first_on <= on,
            or_(Suspensions.lifted_on.is_(None), Suspensions.lifted_on >= on),
        )
    return tuple(SuspensionView(**row) for row in (await session.execute(query)).mappings())


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
    query = select(*_MEASURE).order_by(Measures.since, Measures.id)
    if district:
        query = query.where(Measures.district == district)
    if on:
        query = query.where(
            Measures.since <= on, or_(Measures.until.is_(None), Measures.until >= on)
        )
    return tuple(MeasureView(**row) for row in (await session.execute(query)).mappings())
