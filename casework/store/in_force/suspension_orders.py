"""Orders that open, change or lift a suspension (封控、延期办)."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.errors import DomainError
from casework.domain.orders import ChangeSuspension, LiftSuspension, OpenSuspension, Reach, Scope
from casework.domain.policy import city_of
from casework.store.access import in_cities
from casework.store.in_force.not_backwards import keep_stopped, ordered
from casework.store.in_force.order_book import Concern, Stamp
from casework.store.models import Cases, Suspensions
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.register.courses import courses_in, set_apart

Content = OpenSuspension | ChangeSuspension | LiftSuspension

_DISTRICT = re.compile(r"\d{6}")
_OFFICE = re.compile(r"\d{6}/.+")


async def concern_of(session: AsyncSession, content: Content) -> Concern:
    """The reach of the suspension; ``SCOPE_UNKNOWN`` or ``SUSPENSION_UNKNOWN`` if it has none."""
    if isinstance(content, OpenSuspension):
        await _require_place(session, content.reach)
        return Concern(scope=content.reach.scope, key=content.reach.key)
    row = await _known(session, content.suspension)
    return Concern(scope=row.scope, key=row.key)


async def put(session: AsyncSession, content: Content, stamp: Stamp) -> ColumnElement[bool]:
    """Write the suspension; returns the courses in its reach.

    What it has stopped up to the day of the approval stays stopped (``not_backwards``).
    """
    if isinstance(content, OpenSuspension):
        await _open(session, content, stamp)
        reach = content.reach
    else:
        row = await _known(session, content.suspension)
        require_order(row.first_on, content)
        require_not_over(row.lifted_on, stamp.on)
        await keep_stopped(session, row, content, stamp)
        await session.execute(
            update(Suspensions)
            .where(Suspensions.id == row.id)
            .values(**changed(content), version=stamp.version)
        )
        reach = Reach(scope=Scope(row.scope), key=row.key)
    if reach.scope is Scope.CASE:
        await set_apart(session, reach.key)
    return courses_in(reach)


async def _open(session: AsyncSession, content: OpenSuspension, stamp: Stamp) -> None:
    require_order(content.first_on, content)
    await session.execute(
        insert(Suspensions).values(
            id=stamp.order,
            scope=content.reach.scope,
            key=content.reach.key,
            first_on=content.first_on,
            lifted_on=content.lifted_on,
            reason=content.reason,
            basis=content.basis,
            clocks=content.clocks,
            channels=content.channels,
            by=stamp.by,
            version=stamp.version,
        )
    )


def require_not_over(lifted_on: date | None, today: date) -> None:
    """Refuse to change what has ended: ``SUSPENSION_OVER``."""
    if lifted_on is not None and lifted_on < today:
        raise DomainError(
            "SUSPENSION_OVER", f"此暂停已于 {lifted_on} 解除，不能再变更", "suspension"
        )


def changed(content: ChangeSuspension | LiftSuspension) -> dict[str, Any]:
    """What an order changes of a suspension, by field."""
    if isinstance(content, LiftSuspension):
        return {"lifted_on": content.lifted_on}
    names = ("first_on", "lifted_on", "reason", "basis", "clocks", "channels")
    return {name: getattr(content, name) for name in names}


def require_order(first_on: date, content: Content) -> None:
    """Refuse days in the wrong order: ``LIFTED_BEFORE_FIRST``."""
    first_on = getattr(content, "first_on", first_on)
    if content.lifted_on is not None and content.lifted_on < first_on:
        raise DomainError("LIFTED_BEFORE_FIRST", f"解除日不得早于开始日 {first_on}", "lifted_on")


async def _known(session: AsyncSession, suspension: str) -> Suspensions:
    row = await session.get(Suspensions, suspension, populate_existing=True)
    if row is None:
        raise unknown()
    return row


def unknown() -> DomainError:
    """``SUSPENSION_UNKNOWN``."""
    return DomainError("SUSPENSION_UNKNOWN", "没有此暂停，请核对编号", "suspension")


async def _require_place(session: AsyncSession, reach: Reach) -> None:
    query = select(Cases.case_no).where(Cases.case_no == reach.key)
    is_case = reach.scope is Scope.CASE and await session.scalar(query) is not None
    require_place(reach, is_case=is_case)


def require_place(reach: Reach, *, is_case: bool) -> None:
    """Refuse what is no place: ``SCOPE_UNKNOWN``.

    A place need have no cases yet: new ones are covered. A case must be there (``is_case``).
    """
    match reach.scope:
        case Scope.CITY:
            found = bool(_DISTRICT.fullmatch(reach.key)) and city_of(reach.key) == reach.key
        case Scope.DISTRICT:
            found = bool(_DISTRICT.fullmatch(reach.key)) and city_of(reach.key) != reach.key
        case Scope.OFFICE:
            found = bool(_OFFICE.fullmatch(reach.key))
        case Scope.CASE:
            found = is_case
    if not found:
        raise DomainError("SCOPE_UNKNOWN", "没有此范围，请核对城市、区、机构或办件", "reach.key")


# --- as lists show them --------------------------------------------------------------------


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


def _suspension_key(row: SuspensionView) -> tuple[date, str]:
    return row.first_on, row.id


_SUSPENSIONS = Keyset("suspensions", _suspension_key, TypeAdapter(tuple[date, str]))
_SUSPENSION_ORDER = (Suspensions.first_on, Suspensions.id)
_SUSPENSION = tuple(Suspensions.__table__.c)


async def list_suspensions(
    session: AsyncSession, district: str | None = None, on: date | None = None
) -> tuple[SuspensionView, ...]:
    """Suspensions by first day: those that bear on cases of the district, on that day."""
    query = _suspensions(district, on)
    return tuple(SuspensionView(**row) for row in (await session.execute(query)).mappings())


async def suspensions_page(  # noqa: PLR0913 - one argument per filter
    session: AsyncSession,
    district: str | None = None,
    on: date | None = None,
    *,
    cities: Collection[str] | None = None,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[SuspensionView]:
    """A page of the same, of these cities, None: of all; raises `CursorError`."""
    size, query = bounded(size), _suspensions(district, on)
    if cities is not None:
        query = query.where(in_cities(Suspensions.key, cities))
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
