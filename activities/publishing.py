"""Publishes a catalogue that two people have approved."""

import asyncio
from dataclasses import dataclass

from temporalio import activity
from temporalio.exceptions import ApplicationError

from casework.domain.errors import DomainError
from casework.domain.orders import PublishCatalogue
from casework.domain.time.calendar import local_date
from casework.messages.orders import ApplyOrder, OrderReceipt, OrderStatus, needs_nobody_else
from casework.policy.publishing.proposal import require_publishable
from casework.store.engine import Sessions, take_publishing_turn
from casework.store.in_force import latest_version
from casework.store.in_force.catalogue_orders import is_published, publish
from casework.store.in_force.published import PublishedCatalogues, read_proposed


@dataclass(frozen=True)
class PublishingActivities:
    """Idempotent by the number of the order."""

    sessions: Sessions
    published: PublishedCatalogues

    @activity.defn(name="catalogue.publish")
    async def publish(self, wanted: ApplyOrder) -> OrderReceipt:
        """Check the catalogue again and enter its version; a repeat changes nothing.

        A refusal by the rules is final; its type is the rule's code. While the catalogue cannot be
        read from the store, Temporal tries again.
        """
        order, content = wanted.order, wanted.order.content
        if not isinstance(content, PublishCatalogue):
            raise ApplicationError(content.kind, type="NOT_A_CATALOGUE", non_retryable=True)
        async with self.sessions() as session:
            done = await is_published(session, order.no)
        if not done:
            await self._enter(wanted, content)
        await self.published.watch.look()
        return OrderReceipt(no=order.no, status=OrderStatus.APPLIED, about=content.digest)

    async def _enter(self, wanted: ApplyOrder, content: PublishCatalogue) -> None:
        await self.published.watch.look()
        held = self.published.held
        try:
            proposed = await read_proposed(self.published, content.digest)
            if not needs_nobody_else(wanted.order):  # a release is reviewed elsewhere
                today = local_date(wanted.at)
                await asyncio.to_thread(
                    require_publishable, held, proposed, content.first_on, today
                )
        except DomainError as error:
            raise ApplicationError(
                error.message, error.field, type=error.code, non_retryable=True
            ) from error
        async with self.sessions.begin() as session:
            await take_publishing_turn(session)
            if await latest_version(session) != held.latest:
                # Another version was published meanwhile: compare this one with that.
                raise ApplicationError("another version came first", type="OVERTAKEN")
            await publish(session, wanted.order, wanted.approved_by, wanted.at)
