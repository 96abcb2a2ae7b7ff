"""The activities of an order's workflow: write the register, signal the cases concerned."""

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
    PublishCatalogue,
    Rebalance,
    StartMeasure,
)
from casework.domain.staff import ChangeStaff
from casework.messages.orders import (
    ApplyOrder,
    AskLeaving,
    Booking,
    ForgetContact,
    Leaving,
    OrderReceipt,
    OrderStatus,
    Rouse,
    Roused,
)
from casework.store.engine import Sessions
from casework.store.in_force import (
    Receipt,
    apply_order,
    book_order,
    list_measures,
)
from casework.store.in_force.order_book import GONE, SIGNALLED, claim_late, count_told, settle
from casework.store.in_force.staff_orders import forget_contact, leaving
from casework.store.register.cases import Running

SIGNAL = "look_again"
MOST_AT_ONCE = 2_000
"""The most cases of one call; the workflow calls again for the others."""


@dataclass(frozen=True)
class OrderActivities:
    """Idempotent by the number of the order. ``rouse_per_second`` limits the workers' load."""

    sessions: Sessions
    rouse_per_second: int = 100

    @activity.defn(name="orders.book")
    async def book(self, booking: Booking) -> None:
        """Write a step of the order; the same step again changes nothing."""
        async with self.sessions.begin() as session:
            await book_order(session, booking)

    @activity.defn(name="orders.apply")
    async def apply(self, wanted: ApplyOrder) -> OrderReceipt:
        """Bring the order into force in one transaction; a repeat gives the first answer.

        A refusal by the rules is final; its type is the rule's code.
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
        """Signal each case whose timer would fire too late, once, to look again.

        The register notes each batch when it begins and when it is done. So after a crash the next
        attempt continues there, and repeats the signals of an interrupted batch with the same ids.
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

    @activity.defn(name="orders.leaving")
    async def leaving(self, asked: AskLeaving) -> Leaving:
        """Return whose posts the order has ended, and their last days."""
        async with self.sessions() as session:
            return Leaving(people=await leaving(session, asked.order_no))

    @activity.defn(name="orders.forget_contact")
    async def forget_contact(self, wanted: ForgetContact) -> bool:
        """Erase the address of somebody who has left; a repeat changes nothing."""
        async with self.sessions.begin() as session:
            erased = await forget_contact(session, wanted.leave, wanted.order_no)
        if erased:
            activity.logger.info("contact_erased", extra={"order": wanted.order_no})
        return erased


async def _about(session: AsyncSession, order: Order) -> str:
    """Return the id of the order's suspension or measure; empty: it has neither."""
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
        case ImportCalendar() | ComputeCalendar():
            return ""
        case MoveToPolicy() | ChangeStaff() | PublishCatalogue() | Rebalance():
            return ""


def _fail_for_good(error: DomainError) -> NoReturn:
    raise ApplicationError(
        error.message, error.field, type=error.code, non_retryable=True
    ) from error
