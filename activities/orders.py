"""The activities of an order's workflow: write the register, signal the cases concerned."""

from dataclasses import dataclass
from typing import NoReturn

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.telling import BATCH, by_signal, tell_all
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
    apply_order,
    book_order,
    list_measures,
)
from casework.store.in_force.order_book import RECEIPTS, claim_late, count_told
from casework.store.in_force.staff_orders import forget_contact, leaving

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
        """Signal each case whose timer would fire too late, once, to look again."""
        no = wanted.order_no

        async def more(session: AsyncSession) -> int:
            return await claim_late(session, no, BATCH)

        carried = await tell_all(
            self.sessions,
            RECEIPTS,
            no,
            by_signal(SIGNAL, no),
            batch=BATCH,
            per_second=self.rouse_per_second,
            most=MOST_AT_ONCE,
            more=more,
        )
        async with self.sessions() as session:
            return Roused(told=await count_told(session, no), left=carried.left)

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
