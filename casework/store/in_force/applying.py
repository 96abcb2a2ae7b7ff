"""Bringing an order into force: its rows, a version, and new dates, in one transaction."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.facts import Actor
from casework.domain.orders import (
    ChangeSuspension,
    ComputeCalendar,
    Content,
    EndMeasure,
    ImportCalendar,
    LiftSuspension,
    MoveToPolicy,
    OpenSuspension,
    Order,
    StartMeasure,
)
from casework.domain.time.calendar import CalendarYearMissingError
from casework.messages.orders import OrderStatus
from casework.store.engine import take_order_turn
from casework.store.in_force import calendar_orders, measure_orders, suspension_orders
from casework.store.in_force.order_book import Concern, Stamp, insert_order
from casework.store.in_force.redating import redate
from casework.store.models import CalendarYears, Changes, Orders


@dataclass(frozen=True, kw_only=True)
class Applied:
    """From which ``version`` an order is in force, and how many clocks it moved."""

    version: int
    moved: int


async def apply_order(
    session: AsyncSession, order: Order, approved_by: Actor, at: datetime
) -> Applied:
    """Bring an order into force within the session's transaction; idempotent on its number.

    Recorders wait meanwhile, and lists show the new dates when the transaction ends.

    Raises:
        DomainError: ``SUSPENSION_UNKNOWN``, ``SUSPENSION_OVER``, ``LIFTED_BEFORE_FIRST``,
            ``MEASURE_UNKNOWN``, ``MEASURE_EXISTS``, ``UNTIL_BEFORE_SINCE``, ``SCOPE_UNKNOWN``,
            ``CALENDAR_YEAR_GAP``, ``CALENDAR_YEAR_MISSING``, ``CALENDAR_DAY_INVALID``.
    """
    await take_order_turn(session)
    await session.execute(insert_order(order, at))
    row = await session.get_one(Orders, order.no, populate_existing=True)
    if row.version is not None:
        return Applied(version=row.version, moved=row.moved or 0)
    concern = await concern_of(session, order.content)
    version = await session.scalar(
        insert(Changes)
        .values(scope=concern.scope, key=concern.key, order_no=order.no, at=at)
        .returning(Changes.version)
    )
    stamp = Stamp(order=order.no, by=approved_by.code, at=at, version=version or 0)
    reach = await put_in_force(session, order.content, stamp)
    moved = await redate(session, reach)
    await session.execute(
        update(Orders)
        .where(Orders.no == order.no)
        .values(
            status=OrderStatus.APPLIED,
            decided_by=approved_by.code,
            decided_at=func.coalesce(Orders.decided_at, at),
            applied_at=at,
            version=stamp.version,
            moved=moved,
        )
    )
    return Applied(version=stamp.version, moved=moved)


async def concern_of(session: AsyncSession, content: Content) -> Concern:
    """Which cases an order concerns.

    Raises:
        DomainError: what the order speaks of is not there.
    """
    match content:
        case OpenSuspension() | ChangeSuspension() | LiftSuspension():
            return await suspension_orders.concern_of(session, content)
        case StartMeasure() | EndMeasure():
            return await measure_orders.concern_of(session, content)
        case ImportCalendar() | ComputeCalendar():
            return calendar_orders.concern_of(content)
        case MoveToPolicy():
            raise _not_a_rule(content)


async def put_in_force(
    session: AsyncSession, content: Content, stamp: Stamp
) -> ColumnElement[bool]:
    """Write what an order says; returns the courses whose dates may follow from it.

    Raises:
        DomainError: the order cannot be.
    """
    await _require_calendar(session, content)
    match content:
        case OpenSuspension() | ChangeSuspension() | LiftSuspension():
            return await suspension_orders.put(session, content, stamp)
        case StartMeasure() | EndMeasure():
            return await measure_orders.put(session, content, stamp)
        case ImportCalendar():
            return await calendar_orders.put(session, content, stamp)
        case ComputeCalendar():
            return await calendar_orders.put_computed(session, content, stamp)
        case MoveToPolicy():
            raise _not_a_rule(content)


def _not_a_rule(content: MoveToPolicy) -> TypeError:
    """Nothing comes into force: ``casework.store.in_force.policy_moves`` carries it out."""
    return TypeError(content.kind)


async def _require_calendar(session: AsyncSession, content: Content) -> None:
    """The register dates many cases by its index of days, and so no order reaches beyond it."""
    known = select(func.min(CalendarYears.year), func.max(CalendarYears.year))
    first, last = (await session.execute(known)).one()
    require_calendar(content, () if first is None else tuple(range(first, last + 1)))


def require_calendar(content: Content, years: tuple[int, ...]) -> None:
    """Refuse an order that reaches beyond these years: ``CALENDAR_YEAR_MISSING``."""
    for name in ("first_on", "lifted_on", "since", "until", "online_accepted_from"):
        day = getattr(content, name, None)
        if isinstance(day, date) and day.year not in years:
            raise CalendarYearMissingError(day.year, years, name)
