"""Orders as rows: proposed, decided, applied. The audit trail, and what lists show of it."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import select, tuple_, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.orders import Order, Scope
from casework.domain.time.calendar import local_date
from casework.messages.orders import CONTENT, Booking, OrderStatus
from casework.store.models import Orders
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded

_DECIDED = {OrderStatus.APPROVED, OrderStatus.REJECTED, OrderStatus.LAPSED}


@dataclass(frozen=True, kw_only=True)
class OrderView:
    """An order with all that was decided about it.

    ``body`` is its content as JSON. ``moved``: how many clocks it dated anew; ``roused``: how many
    cases it told to look again; ``refusal``: the code by which the register refused it.
    """

    no: str
    kind: str
    status: str
    body: dict[str, Any]
    district: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    applied_at: datetime | None
    version: int | None
    moved: int | None
    roused: int | None
    refusal: str


def _key(row: OrderView) -> tuple[datetime, str]:
    return row.proposed_at, row.no


_ORDER = (Orders.proposed_at, Orders.no)
_KEYSET = Keyset("orders", _key, TypeAdapter(tuple[AwareDatetime, str]))
_SHOWN = tuple(Orders.__table__.c[field.name] for field in fields(OrderView))


async def book_order(session: AsyncSession, booking: Booking) -> None:
    """Write a step of an order; idempotent on (order, status).

    A step that comes late takes nothing back: an order in force stays in force.
    """
    await session.execute(insert_order(booking.order, booking.at, booking.district))
    before = _BEFORE[booking.status]
    step = update(Orders).where(Orders.no == booking.order.no, Orders.status.in_(before))
    await session.execute(step.values(_step(booking)))


_PENDING = (OrderStatus.PROPOSED, OrderStatus.APPROVED)
_BEFORE = {
    OrderStatus.PROPOSED: (),
    OrderStatus.APPROVED: (OrderStatus.PROPOSED,),
    OrderStatus.APPLIED: _PENDING,
    OrderStatus.DONE: (OrderStatus.APPLIED,),
    OrderStatus.REJECTED: (OrderStatus.PROPOSED,),
    OrderStatus.LAPSED: (OrderStatus.PROPOSED,),
    OrderStatus.REFUSED: _PENDING,
}


def _step(booking: Booking) -> dict[str, Any]:
    values: dict[str, Any] = {"status": booking.status}
    if booking.status in _DECIDED:
        values |= {
            "decided_by": booking.by,
            "decided_at": booking.at,
            "decision_reason": booking.reason,
        }
    if booking.refusal:
        values["refusal"] = booking.refusal
    if booking.roused is not None:
        values["roused"] = booking.roused
    return values


def insert_order(order: Order, at: datetime, district: str = "") -> Insert:
    """The row of a proposed order; nothing happens if it is there."""
    values = {
        "no": order.no,
        "kind": order.content.kind,
        "status": OrderStatus.PROPOSED,
        "body": CONTENT.dump_python(order.content, mode="json"),
        "district": district,
        "proposed_by": order.proposed_by.code,
        "proposed_at": at,
    }
    return insert(Orders).values(values).on_conflict_do_nothing()


async def find_order(session: AsyncSession, no: str) -> OrderView | None:
    """One order."""
    row = (await session.execute(select(*_SHOWN).where(Orders.no == no))).mappings().one_or_none()
    return OrderView(**row) if row else None


async def list_orders(
    session: AsyncSession,
    *,
    district: str | None = None,
    status: str | None = None,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[OrderView]:
    """A page of orders, newest first; raises `CursorError`. What is not said does not restrict."""
    size = bounded(size)
    query = select(*_SHOWN).order_by(*(column.desc() for column in _ORDER)).limit(size + 1)
    if district:
        query = query.where(Orders.district == district)
    if status:
        query = query.where(Orders.status == status)
    if after:
        query = query.where(tuple_(*_ORDER) < _KEYSET.key(after))
    rows = [OrderView(**row) for row in (await session.execute(query)).mappings()]
    return _KEYSET.page(rows, size)


ALL = "all"
"""The scope of what concerns every case."""


@dataclass(frozen=True, kw_only=True)
class Concern:
    """The cases an order concerns: ``scope`` is that of a ``Reach``, or ``all`` with no key."""

    scope: str
    key: str

    @classmethod
    def of_district(cls, district: str) -> "Concern":
        """The cases of a district; all of them, if it is empty."""
        return cls(scope=Scope.DISTRICT if district else ALL, key=district)


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """Number and version of the order, who approved it, and when it came into force."""

    order: str
    by: str
    at: datetime
    version: int

    @property
    def on(self) -> date:
        """The day in Asia/Shanghai."""
        return local_date(self.at)
