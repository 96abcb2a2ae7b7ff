"""The HotlineTicket workflow: a demand that somebody must answer, and what the hotline is told."""

import asyncio

from temporalio import workflow

from activities.hotline import HotlineActivities, TicketReport
from casework.domain.case.events import Event
from casework.domain.case.letters import Effect, EffectKind
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.kinds.ticket.commands import TICKET_VERBS
from casework.domain.kinds.ticket.opening import StartTicket
from casework.domain.kinds.ticket.state import Ticket
from casework.messages.cases import Outcome
from casework.messages.temporal import ORDINARY
from workflows.case import CaseWorkflow
from workflows.options import outside
from workflows.verbs import with_verbs


@workflow.defn(name="HotlineTicket")
@with_verbs(KINDS[CaseKind.TICKET])
class TicketWorkflow(CaseWorkflow[Ticket]):
    """One ticket."""

    verbs = TICKET_VERBS
    _start: StartTicket

    @workflow.init
    def __init__(self, start: StartTicket) -> None:
        super().__init__(start)
        self._reporting = asyncio.Lock()  # the hotline never hears of a revisit before the answer

    @workflow.run
    async def run(self, start: StartTicket) -> Outcome:
        """See the ticket through."""
        del start
        return await self._see_through()

    async def _fulfil(self, effect: Effect, event: Event) -> None:
        if effect.kind is not EffectKind.REPORT_TICKET:
            await super()._fulfil(effect, event)
            return
        # Before, nobody reported: such tickets must replay unchanged.
        if not workflow.patched(f"2026-12-hotline-told-{effect.seq}"):
            return
        report = TicketReport(
            case_no=self.case.case_no,
            seq=effect.seq,
            reference=self._start.reference,
            district=self.case.district,
            fields=effect.fields,
        )
        async with self._reporting:
            await workflow.execute_activity_method(
                HotlineActivities.report, report, **outside("回传12345热线", ORDINARY)
            )
