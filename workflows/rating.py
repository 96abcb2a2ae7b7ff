"""The workflow of a rating, whose type is ``Ticket``: what follows from a poor one."""

from temporalio import workflow

from casework.domain.case.facts import Actor
from casework.domain.kinds.rating.commands import RATING_VERBS
from casework.domain.kinds.rating.opening import StartRating
from casework.domain.kinds.rating.state import Rating, RatingFacts
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.messages.cases import Outcome
from workflows.case import CaseWorkflow
from workflows.verbs import with_verbs


@workflow.defn(name="Ticket")
@with_verbs(KINDS[CaseKind.RATING])
class RatingWorkflow(CaseWorkflow[Rating]):
    """One rating."""

    verbs = RATING_VERBS
    _start: StartRating

    @workflow.init
    def __init__(self, start: StartRating) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: StartRating) -> Outcome:
        """See the rating through."""
        del start
        return await self._see_through()

    def _facts(self, actor: Actor) -> RatingFacts:
        return RatingFacts(
            at=self._now(), actor=actor, item=self._start.item, calendar=self._known.calendar
        )

    def _resumed(self) -> Rating | None:
        return self._start.resumed
