"""Orders as rows: proposed, decided, applied, told; and what lists show of them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import (
    Date,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from casework.domain.kinds.appointment.state import AppointmentStage
from casework.domain.orders import Order, Scope
from casework.domain.policy import Channel
from casework.domain.time.calendar import local_date
from casework.messages.orders import CONTENT, Booking, OrderStatus
from casework.store.access import in_cities
from casework.store.models import (
    Appointments,
    Armings,
    Cases,
    Courses,
    Openings,
    Orders,
    Receipts,
    Suspensions,
)
from casework.store.paging import PAGE_SIZE, ByTime, Page, both_ways, bounded
from casework.store.register.cases import Running, running
from casework.store.register.courses import first_of
from casework.store.register.statements import word
from casework.store.telling import SIGNALLED, Book

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
_ORDERS = both_ways("orders", _key, TypeAdapter(tuple[AwareDatetime, str]), usual=ByTime.NEWEST)
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


_SUSPENDED = (
    select(Suspensions.key)
    .where(Suspensions.id == Orders.body["suspension"].astext)
    .correlate(Orders)
    .scalar_subquery()
)
_NAMES_SUPERIORS = and_(
    Orders.kind == "change_staff",
    Orders.body.contains({"district": "", "ends": [], "leave": []}),
    func.jsonb_path_exists(Orders.body, cast("$.posts[*]", JSONPATH)),
    ~func.jsonb_path_exists(Orders.body, cast('$.posts[*] ? (@.role != "superior")', JSONPATH)),
)
_PLACE = case(
    (_NAMES_SUPERIORS, ""),  # while a city has none, those of other cities decide it
    else_=func.coalesce(
        func.nullif(Orders.district, ""),
        func.nullif(Orders.body["district"].astext, ""),
        Orders.body["reach"]["key"].astext,
        func.nullif(Orders.body["city"].astext, ""),
        _SUSPENDED,
        "",
    ),
)
"""Where an order bears: its district, else its city; empty: every city."""


async def place_of_order(session: AsyncSession, no: str) -> str:
    """Where an order bears: its district, else its city; empty: every city, or no such order."""
    return await session.scalar(select(_PLACE).where(Orders.no == no)) or ""


async def list_orders(  # noqa: PLR0913 - one argument per filter
    session: AsyncSession,
    *,
    district: str | None = None,
    cities: Collection[str] | None = None,
    status: str | None = None,
    sort: ByTime = ByTime.NEWEST,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[OrderView]:
    """A page of orders; raises `CursorError`. What is not said does not restrict.

    ``cities``: those that bear on one of these; what concerns every city does.
    """
    size, order = bounded(size), _ORDERS[sort]
    query = select(*_SHOWN).where(*order.following(_ORDER, after))
    query = query.order_by(*order.sorted(_ORDER)).limit(size + 1)
    if district:
        query = query.where(Orders.district == district)
    if cities is not None:
        query = query.where(or_(_PLACE == "", in_cities(_PLACE, cities)))
    if status:
        query = query.where(Orders.status == status)
    rows = [OrderView(**row) for row in (await session.execute(query)).mappings()]
    return order.page(rows, size)


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


# --- telling the cases ---------------------------------------------------------------------
# Those that are armed too late, so that each has a receipt whenever the teller dies.
#
# A case is claimed first, told then, and its receipt settled last: whoever comes after finds what
# was claimed and not settled, and tells it again (the same signal, which reaches the case once).
#
# A case is armed too late if one of its running clocks fires on a day before the one on which its
# workflow wakes by itself, or if its workflow does not look at all (``version`` NULL); and so is an
# appointment whose window will be closed, because the visitor is to know at once. It is the same
# for all orders: what the one has left undone, the next finds.


CLAIMED = "claimed"

_ZONE = "Asia/Shanghai"


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A case was told to look again (``signalled``), or has no workflow any more (``gone``)."""

    case_no: str
    outcome: str


async def armed_late(session: AsyncSession, order_no: str, limit: int) -> tuple[Running, ...]:
    """The next cases armed too late, by number, that have no receipt of this order.

    They are handed out in order, and so one page follows on the last receipt; when there are no
    more, whatever has been passed over is looked for from the beginning.
    """
    last = await session.scalar(
        select(func.max(Receipts.case_no)).where(Receipts.order_no == order_no)
    )
    query = _late().where(
        ~exists().where(Receipts.order_no == order_no, Receipts.case_no == Cases.case_no)
    )
    query = query.order_by(Cases.case_no).limit(limit)
    found = (await session.execute(query.where(Cases.case_no > (last or "")))).all()
    if not found and last:
        found = (await session.execute(query)).all()
    return tuple(Running(case_no=case_no, kind=kind) for case_no, kind in found)


async def count_armed_late(session: AsyncSession) -> int:
    """How many cases are armed too late; 0 whenever no order is under way."""
    return await session.scalar(select(func.count()).select_from(_late().subquery())) or 0


async def write_receipts(session: AsyncSession, order_no: str, receipts: Iterable[Receipt]) -> None:
    """Remember which cases were told; idempotent on (order, case)."""
    rows = [
        {"order_no": order_no, "case_no": receipt.case_no, "outcome": receipt.outcome}
        for receipt in receipts
    ]
    if rows:
        await session.execute(insert(Receipts).values(rows).on_conflict_do_nothing())


def _late() -> Select[str, str]:
    wakes_on = cast(func.timezone(_ZONE, Armings.wakes_at), Date)
    return (
        running()
        .join(Armings, Armings.case_no == Cases.case_no)
        .where(
            Cases.closed_at.is_(None),
            or_(
                Armings.version.is_(None),
                first_of(Courses.fires_on) < func.coalesce(wakes_on, cast(word("infinity"), Date)),
                Cases.case_no.in_(_without_window()),
            ),
        )
    )


def _without_window() -> Select[str]:
    """The appointments that do not know yet that the window will be closed on their day."""
    own = aliased(Cases)
    keys = (
        own.case_no,
        own.district,
        own.district + "/" + own.office,
        func.left(own.district, 2) + "0000",
        func.left(own.district, 4) + "00",
    )
    over = Suspensions.lifted_on.is_(None) | (Appointments.day < Suspensions.lifted_on)
    return (
        select(Appointments.case_no)
        .join(own, own.case_no == Appointments.case_no)
        .join(Suspensions, Suspensions.key.in_(keys))
        .where(own.stage == AppointmentStage.BOOKED, Suspensions.first_on <= Appointments.day, over)
        .where(type_coerce(Suspensions.channels, JSONB).contains([Channel.WINDOW.value]))
    )


async def claim_late(session: AsyncSession, order_no: str, limit: int) -> int:
    """Write down the next cases to be told; return how many."""
    late = await armed_late(session, order_no, limit)
    claims = (Receipt(case_no=case.case_no, outcome=CLAIMED) for case in late)
    await write_receipts(session, order_no, claims)
    return len(late)


RECEIPTS: Book[Running] = Book(
    table=Receipts,
    owner=Receipts.order_no,
    view=Running,
    columns=(
        Receipts.case_no,
        select(Openings.kind)
        .where(Openings.case_no == Receipts.case_no)
        .correlate(Receipts)
        .scalar_subquery()
        .label("kind"),
    ),
    waits=CLAIMED,
)


async def count_told(session: AsyncSession, order_no: str) -> int:
    """How many cases the order has told so far."""
    query = select(func.count()).where(Receipts.order_no == order_no, Receipts.outcome == SIGNALLED)
    return await session.scalar(query) or 0
