"""The Ticket workflow: one rating, and what follows from a poor one; it outlives what was rated."""

from datetime import datetime

from temporalio import workflow

from casework.domain.events import EventBody
from casework.domain.facts import Actor
from casework.domain.kinds import KINDS, CaseKind
from casework.domain.ticket.commands import TICKET_VERBS
from casework.domain.ticket.policy import TicketFacts
from casework.domain.ticket.procedure import rated
from casework.domain.ticket.state import Ticket
from casework.messages import Outcome, StartTicket
from workflows.case import CaseWorkflow
from workflows.verbs import with_verbs


@workflow.defn(name="Ticket")
@with_verbs(KINDS[CaseKind.RATING])
class TicketWorkflow(CaseWorkflow[Ticket]):
    """One rating."""

    verbs = TICKET_VERBS
    _start: StartTicket

    @workflow.init
    def __init__(self, start: StartTicket) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: StartTicket) -> Outcome:
        """See the rating through."""
        del start
        return await self._see_through()

    def _facts(self, actor: Actor) -> TicketFacts:
        return TicketFacts(
            at=self._now(), actor=actor, item=self._start.item, calendar=self._known.calendar
        )

    def _resumed(self) -> Ticket | None:
        return self._start.resumed

    def _first(self, at: datetime) -> EventBody:
        start = self._start
        return rated(
            case_no=start.case_no,
            policy=start.item,
            calendar=start.calendar,
            office=start.office,
            item=start.rated_item,
            item_name=start.rated_item_name,
            district=start.district,
            channel=start.channel,
            posts=start.posts,
            received_at=start.received_at or at,
            rated=start.rated,
            grade=start.grade,
            named=start.named,
            comment=start.comment,
        )
