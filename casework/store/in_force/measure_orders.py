"""Orders that start a temporary measure, or give one another last day (临时措施)."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from itertools import count
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    false,
    insert,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.errors import DomainError
from casework.domain.orders import EndMeasure, StartMeasure
from casework.domain.time.suspension import REACHING
from casework.store.access import in_cities
from casework.store.in_force.not_backwards import last_day
from casework.store.in_force.order_book import Concern, Stamp
from casework.store.models import Courses, Measures
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.register.courses import RUNNING
from casework.store.register.in_force import COLUMNS, MeasureRow, measure_id, measures_of

_AWAITED = type_coerce(Courses.awaited, JSONB)


async def concern_of(session: AsyncSession, content: StartMeasure | EndMeasure) -> Concern:
    """The district of the measure; ``MEASURE_UNKNOWN`` if there is no such measure."""
    if isinstance(content, StartMeasure):
        return Concern.of_district(content.district)
    return Concern.of_district((await _known(session, content.measure)).district)


async def put(
    session: AsyncSession, content: StartMeasure | EndMeasure, stamp: Stamp
) -> ColumnElement[bool]:
    """Write the measure; returns the courses that it may reach, or that stand still under it.

    An end works from the later of its date and the day of the approval, never backwards.
    """
    if isinstance(content, StartMeasure):
        row = await _started(session, content)
        require_alone(row, await measures_of(session, row.district))
        values = asdict(row) | {"origin": stamp.order, "version": stamp.version}
        await session.execute(insert(Measures).values(values))
        return _waiting(row)
    before = await _known(session, content.measure)
    require_order(before.since, content.until)
    row = replace(before, until=last_day(content.until, before.until, stamp.on))
    require_alone(row, await measures_of(session, row.district))
    await session.execute(
        update(Measures)
        .where(Measures.id == row.id)
        .values(until=row.until, origin=stamp.order, version=stamp.version)
    )
    return and_(RUNNING, or_(Courses.measure == row.id, _waiting(row), _noted_by(row)))


def _waiting(row: MeasureRow) -> ColumnElement[bool]:
    """The courses of those who wait at the step of which the measure speaks."""
    if row.effect not in REACHING:
        return false()
    return and_(
        RUNNING,
        Courses.district == row.district,
        Courses.awaited.is_not(None),
        _AWAITED["item"].astext.in_(row.items),
    )


def _noted_by(row: MeasureRow) -> ColumnElement[bool]:
    """The courses of those who have noted it, wherever their case is now."""
    return and_(Courses.awaited.is_not(None), _AWAITED["under"].has_key(row.id))


async def _started(session: AsyncSession, content: StartMeasure) -> MeasureRow:
    name = select(Measures.name).where(Measures.effect == content.effect, Measures.name != "")
    taken = set(await session.scalars(select(Measures.id)))
    return started(content, taken, await session.scalar(name.limit(1)) or "")


def started(content: StartMeasure, taken: Collection[str], name: str) -> MeasureRow:
    """The measure that an order starts; ``taken`` are the ids there are, ``name`` its effect's.

    Raises:
        DomainError: ``UNTIL_BEFORE_SINCE``.
    """
    require_order(content.since, content.until)
    numbers = (
        measure_id(content.effect, content.district, content.since, number) for number in count(1)
    )
    return MeasureRow(
        id=next(number for number in numbers if number not in taken),
        effect=content.effect,
        name=name,
        district=content.district,
        items=content.items,
        since=content.since,
        until=content.until,
        online_accepted_from=content.online_accepted_from,
        reference=content.reference,
        mark=content.mark,
        channels=content.channels,
    )


def require_order(since: date, until: date | None) -> None:
    """Refuse days in the wrong order: ``UNTIL_BEFORE_SINCE``."""
    if until is not None and until < since:
        raise DomainError("UNTIL_BEFORE_SINCE", f"截止日不得早于起始日 {since}", "until")


def require_alone(row: MeasureRow, others: Iterable[MeasureRow]) -> None:
    """Refuse a second measure for one item on one day: ``MEASURE_EXISTS``."""
    for other in others:
        if other.id != row.id and other.meets(row):
            raise DomainError(
                "MEASURE_EXISTS", f"同一事项在同一期间已有此措施（{other.id}）", "since"
            )


def unknown() -> DomainError:
    """``MEASURE_UNKNOWN``."""
    return DomainError("MEASURE_UNKNOWN", "没有此临时措施，请核对编号", "measure")


async def _known(session: AsyncSession, measure: str) -> MeasureRow:
    query = select(*COLUMNS).where(Measures.id == measure)
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        raise unknown()
    return MeasureRow(**row)


# --- as lists show them --------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class MeasureView(MeasureRow):
    """A measure; ``origin`` is ``catalogue``, or the last order that started or ended it."""

    origin: str
    version: int


def _measure_key(row: MeasureView) -> tuple[date, str]:
    return row.since, row.id


_MEASURES = Keyset("measures", _measure_key, TypeAdapter(tuple[date, str]))
_MEASURE_ORDER = (Measures.since, Measures.id)
_MEASURE = (*COLUMNS, Measures.__table__.c.origin, Measures.__table__.c.version)


async def list_measures(
    session: AsyncSession, district: str | None = None, on: date | None = None
) -> tuple[MeasureView, ...]:
    """Measures by first day: those of the district, those that hold on that day."""
    query = _measures(district, on)
    return tuple(MeasureView(**row) for row in (await session.execute(query)).mappings())


async def measures_page(  # noqa: PLR0913 - one argument per filter
    session: AsyncSession,
    district: str | None = None,
    on: date | None = None,
    *,
    cities: Collection[str] | None = None,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[MeasureView]:
    """A page of the same, of these cities, None: of all; raises `CursorError`."""
    size, query = bounded(size), _measures(district, on)
    if cities is not None:
        query = query.where(in_cities(Measures.district, cities))
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
