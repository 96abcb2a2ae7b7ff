"""The routes' interface to the workflows: cases of every kind, orders, outreaches, absences.

``api.parts.link`` says how a message is accepted once, how its answer is awaited, and what can be
raised.
"""

import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

from temporalio.client import Client

from api.edge.problems import AwayError
from api.parts.link import Beginning, Begun, Link, NoRunError
from casework.domain.case.commands import Command
from casework.domain.case.opening import StartCase
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.messages import absences, orders, outreach, webhooks
from casework.messages.absences import EndAbsence, RecordAbsence, StartAbsence, absence_id
from casework.messages.cases import Receipt, Submit
from casework.messages.orders import (
    Approval,
    OrderReceipt,
    Proposal,
    Rejection,
    StartOrder,
    headline,
    order_id,
)
from casework.messages.outreach import Begin, StartOutreach, outreach_id
from casework.messages.temporal import order_of_work
from casework.messages.webhooks import StartWebhook, webhook_id
from casework.security.keys.errors import ERASED
from casework.trial.case import start_of


class Engine:
    """Each answer is None while it is still to come.

    ``spread``: the time before the start of business over which the cases opened here wake.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Client]],
        *,
        answer_within: timedelta,
        spread: timedelta,
    ) -> None:
        self._link = Link(connect, answer_within=answer_within)
        self._spread = spread

    # --- cases, by the id of their workflow -----------------------------------------------

    async def submit(self, start: StartCase, update_id: str) -> Begun[Receipt]:
        """Start the case unless it runs; also raises DomainError ``CONTENT_DIFFERS``."""
        beginning = Beginning(
            workflow=KINDS[CaseKind(start.kind)].workflow,
            id=workflow_id(start.kind, start.case_no),
            start=replace(start, spread=self._spread),
            summary=f"{start.item.name}　{start.office}",
            priority=order_of_work(start.kind),
        )
        message = Submit(content=start.content)
        return await self._link.begin(beginning, "submit", message, update_id, Receipt)

    async def command(
        self,
        case: str,
        verb: str,
        command: Command,
        *,
        update_id: str,
        known: Callable[[], Awaitable[Receipt | None]] | None,
    ) -> Receipt | None:
        """Send a verb; ``known`` asks the register for the answer if the id was used before."""
        return await self._link.update(
            case,
            verb,
            command,
            update_id=update_id,
            known=known,
            kind=Receipt,
        )

    async def basis(self, case: str, kind: CaseKind) -> StartCase:
        """With what the case would go on now; asking changes nothing."""
        return await self._link.ask(case, "basis", start_of(kind))

    async def answer(self, case: str, update_id: str) -> Receipt | None:
        """The answer to what was sent to a case before."""
        return await self._link.answer(case, update_id, Receipt)

    async def took(self, case: str, update_id: str, *, seq: int) -> bool:
        """Whether Temporal has taken what the register has recorded as event ``seq`` of a case."""
        return await self._link.took(case, update_id, seq=seq)

    async def tell(self, case: str, fact: str, command: Command, *, request_id: str) -> None:
        """Send a fact as a signal; the case records it as refused if it cannot be applied.

        The same ``request_id`` again is the same signal and reaches the case once; an empty one
        is never a repeat.
        """
        request_id = f"{fact}:{request_id or secrets.token_hex(16)}"
        await self._link.tell(case, fact, command, request_id)

    async def look_again(self, case: str, *, request_id: str) -> None:
        """Have a case read what is in force; one that has ended need not."""
        with suppress(NoRunError):
            await self._link.tell(case, "look_again", None, request_id)

    async def end_erased(self, case: str) -> None:
        """End the run of an erased case, if there still is one; may be repeated."""
        with suppress(NoRunError):
            await self._link.end(case, reason=ERASED)

    async def knows(self, case: str) -> bool:
        """Whether Temporal has a run of the case, open or ended (within its retention)."""
        return await self._link.knows(case)

    # --- orders --------------------------------------------------------------------------

    async def propose(self, start: StartOrder, update_id: str) -> Begun[OrderReceipt]:
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
        self,
        no: str,
        decision: Approval | Rejection,
        *,
        update_id: str,
        known: Callable[[], Awaitable[OrderReceipt | None]] | None,
    ) -> OrderReceipt | None:
        """Approve or reject an order; ``known`` as in `command`."""
        return await self._link.update(
            order_id(no),
            "approve" if isinstance(decision, Approval) else "reject",
            decision,
            update_id=update_id,
            known=known,
            kind=OrderReceipt,
        )

    async def order_answer(self, no: str, update_id: str) -> OrderReceipt | None:
        """The answer to what was sent to an order before."""
        return await self._link.answer(order_id(no), update_id, OrderReceipt)

    async def order_took(self, no: str, update_id: str) -> bool:
        """Whether Temporal has taken the decision on an order that the register shows."""
        return await self._link.took(order_id(no), update_id)

    # --- outreaches ----------------------------------------------------------------------

    async def begin_outreach(self, start: StartOutreach, update_id: str) -> Begun[str]:
        """Start the outreach unless it runs, and tell its id once it is in the register."""
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

    # --- absences ------------------------------------------------------------------------

    async def begin_absence(
        self, start: StartAbsence, message: RecordAbsence, update_id: str
    ) -> Begun[str]:
        """Start the absence unless it runs, and tell its id once it is in the register."""
        beginning = Beginning(
            workflow=absences.WORKFLOW,
            id=absence_id(start.id),
            start=start,
            summary=f"缺岗：{start.officer} {start.first_on} 至 {start.last_on}",
        )
        return await self._link.begin(beginning, "record", message, update_id, str)

    async def end_absence(
        self,
        number: str,
        message: EndAbsence,
        *,
        update_id: str,
        known: Callable[[], Awaitable[date | None]],
    ) -> date | None:
        """End an absence early, and return its last day once it is in the register."""
        return await self._link.update(
            absence_id(number), "end", message, update_id=update_id, known=known, kind=date
        )

    # --- webhooks ------------------------------------------------------------------------

    async def run_webhook(self, start: StartWebhook) -> None:
        """Start the workflow of a webhook, or have the one that runs look at the register."""
        number = webhook_id(start.id)
        await self._link.start(
            Beginning(
                workflow=webhooks.WORKFLOW, id=number, start=start, summary=f"推送：{start.id}"
            )
        )
        await self._link.tell(number, webhooks.LOOK, None, secrets.token_hex(16))

    async def why_away(self) -> AwayError | None:
        """Return why Temporal cannot serve now; None: it can."""
        return await self._link.why_away()
