"""Orders as their workflow sees them: the register, and the cases that must look again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.telling import BATCH, Signal, batch_by_batch, signal_all
from casework.domain.errors import DomainError
from casework.domain.orders import (
    ChangeSuspension,
    ComputeCalendar,
    EndMeasure,
    ImportCalendar,
    LiftSuspension,
    MoveToPolicy,
    OpenSuspension,
    Order,
    StartMeasure,
)
from casework.messages.orders import ApplyOrder, Booking, OrderReceipt, OrderStatus, Rouse, Roused
from casework.store.engine import Sessions
from casework.store.in_force import (
    Receipt,
    apply_order,
    book_order,
    list_measures,
)
from casework.store.in_force.order_book import GONE, SIGNALLED, claim_late, count_told, settle
from casework.store.register.cases import Running

SIGNAL = "look_again"
MOST_AT_ONCE = 2_000
"""So many cases one call takes; the workflow calls again for the others."""


@dataclass(frozen=True)
class OrderActivities:
    """Idempotent by the number of the order. ``rouse_per_second`` spares the cases' workers."""

    sessions: Sessions
    rouse_per_second: int = 100

    @activity.defn(name="orders.book")
    async def book(self, booking: Booking) -> None:
        """Write a step of the order; the same step again changes nothing."""
        async with self.sessions.begin() as session:
            await book_order(session, booking)

    @activity.defn(name="orders.apply")
    async def apply(self, wanted: ApplyOrder) -> OrderReceipt:
        """Bring the order into force in one transaction; a repeat answers as the first time.

        What the rules refuse fails for good, with the rule's code as type.
        """
        try:
            async with self.sessions.begin() as session:
                applied = await apply_order(session, wanted.order, wanted.approved_by, wanted.at)
                about = await _about(session, wanted.order)
        except DomainError as error:
            _fail_for_good(error)
        return OrderReceipt(
            no=wanted.order.no,
            status=OrderStatus.APPLIED,
            version=applied.version,
            moved=applied.moved,
            about=about,
        )

    @activity.defn(name="orders.rouse")
    async def rouse(self, wanted: Rouse) -> Roused:
        """Tell each case that is armed too late, once, to look again.

        What is begun and what is done is in the register batch by batch: after a crash the next
        attempt goes on there, and the signals of a batch that was cut off are the same again.
        """
        no = wanted.order_no

        async def page() -> tuple[Running, ...]:
            async with self.sessions.begin() as session:
                return await claim_late(session, no, BATCH)

        async def tell(late: Sequence[Running]) -> None:
            signals = [
                Signal(
                    workflow_id=case.workflow_id,
                    name=SIGNAL,
                    request_id=f"{no}:{case.case_no}",
                )
                for case in late
            ]
            taken = await signal_all(signals, per_second=self.rouse_per_second)
            receipts = [
                Receipt(case_no=case.case_no, outcome=SIGNALLED if runs else GONE)
                for case, runs in zip(late, taken, strict=True)
            ]
            async with self.sessions.begin() as session:
                await settle(session, no, receipts)

        _, left = await batch_by_batch(page, tell, most=MOST_AT_ONCE)
        async with self.sessions() as session:
            return Roused(told=await count_told(session, no), left=left)


async def _about(session: AsyncSession, order: Order) -> str:
    """The id of the suspension or measure that an order in force is about; empty: neither."""
    match order.content:
        case OpenSuspension():
            return order.no
        case ChangeSuspension(suspension=known) | LiftSuspension(suspension=known):
            return known
        case EndMeasure(measure=known):
            return known
        case StartMeasure(district=district):
            started = await list_measures(session, district)
            return next((each.id for each in started if each.origin == order.no), "")
        case ImportCalendar() | ComputeCalendar() | MoveToPolicy():
            return ""


def _fail_for_good(error: DomainError) -> NoReturn:
    raise ApplicationError(
        error.message, error.field, type=error.code, non_retryable=True
    ) from error
