"""The workflows as the routes speak to them: applications and orders.

How a message is taken once and its answer awaited, and what is raised, is in ``api.link``.
"""

import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio.client import Client

from api.link import Beginning, Link
from casework import orders, outreach
from casework.domain.commands import Command
from casework.messages import Receipt, StartApplication, Submit, application_id
from casework.order_texts import headline
from casework.orders import Approval, OrderReceipt, Proposal, Rejection, StartOrder, order_id
from casework.outreach import Begin, StartOutreach, outreach_id

WORKFLOW = "Application"


class Engine:
    """Each answer is None while it is still to come."""

    def __init__(
        self, connect: Callable[[], Awaitable[Client]], *, answer_within: timedelta
    ) -> None:
        self._link = Link(connect, answer_within=answer_within)

    # --- applications --------------------------------------------------------------------

    async def submit(self, start: StartApplication, update_id: str) -> Receipt | None:
        """Start the case unless it runs; also raises DomainError ``CONTENT_DIFFERS``."""
        beginning = Beginning(
            workflow=WORKFLOW,
            id=application_id(start.case_no),
            start=start,
            summary=f"{start.item.name}　{start.office}",
        )
        message = Submit(content=start.content)
        return await self._link.begin(beginning, "submit", message, update_id, Receipt)

    async def command(
        self, case_no: str, verb: str, command: Command, *, update_id: str, repeatable: bool
    ) -> Receipt | None:
        """Send a verb; ``repeatable``: the id may have been sent before."""
        return await self._link.update(
            application_id(case_no),
            verb,
            command,
            update_id=update_id,
            repeatable=repeatable,
            kind=Receipt,
        )

    async def answer(self, case_no: str, update_id: str) -> Receipt | None:
        """The answer to what was sent to a case before."""
        return await self._link.answer(application_id(case_no), update_id, Receipt)

    async def tell(self, case_no: str, fact: str, command: Command, *, request_id: str) -> None:
        """Send a fact as a signal; what cannot be applied is recorded by the case as refused.

        The same ``request_id`` again is the same signal and reaches the case once; an empty one
        is never a repeat.
        """
        request_id = f"{fact}:{request_id or secrets.token_hex(16)}"
        await self._link.tell(application_id(case_no), fact, command, request_id)

    async def knows(self, case_no: str) -> bool:
        """Whether Temporal has a run of the case, open or ended (within its retention)."""
        return await self._link.knows(application_id(case_no))

    # --- orders --------------------------------------------------------------------------

    async def propose(self, start: StartOrder, update_id: str) -> OrderReceipt | None:
        """Start the order unless it runs; also raises DomainError ``KEY_REUSED``."""
        content = start.order.content
        beginning = Beginning(
            workflow=orders.WORKFLOW,
            id=order_id(start.order.no),
            start=start,
            summary=headline(content),
        )
        message = Proposal(content=content)
        return await self._link.begin(beginning, "propose", message, update_id, OrderReceipt)

    async def decide(
        self, no: str, decision: Approval | Rejection, *, update_id: str, repeatable: bool
    ) -> OrderReceipt | None:
        """Approve or reject an order."""
        return await self._link.update(
            order_id(no),
            "approve" if isinstance(decision, Approval) else "reject",
            decision,
            update_id=update_id,
            repeatable=repeatable,
            kind=OrderReceipt,
        )

    async def order_answer(self, no: str, update_id: str) -> OrderReceipt | None:
        """The answer to what was sent to an order before."""
        return await self._link.answer(order_id(no), update_id, OrderReceipt)

    # --- outreaches ----------------------------------------------------------------------

    async def begin_outreach(self, start: StartOutreach, update_id: str) -> str | None:
        """Start the outreach unless it runs, and return its id once it is in the register."""
        beginning = Beginning(
            workflow=outreach.WORKFLOW,
            id=outreach_id(start.id),
            start=start,
            summary=f"主动告知：{start.about}",
        )
        return await self._link.begin(beginning, "begin", Begin(text=start.text), update_id, str)

    async def outreach_answer(self, number: str, update_id: str) -> str | None:
        """The answer to what was sent to an outreach before."""
        return await self._link.answer(outreach_id(number), update_id, str)

    async def is_here(self) -> bool:
        """Whether Temporal answers now."""
        return await self._link.is_here()
