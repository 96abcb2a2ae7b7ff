"""The VisitRound workflow: a quarter's sampled follow-up of one platform."""

from temporalio import workflow

from activities.talent_service import Draw, VisitActivities
from casework.domain.case.effects import Effect, EffectKind
from casework.domain.case.events import Event
from casework.domain.case.facts import CLOCKWORK
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.kinds.round.commands import ROUND_VERBS
from casework.domain.kinds.round.events import DrawAsked
from casework.domain.kinds.round.opening import StartRound
from casework.domain.kinds.round.state import Round
from casework.domain.time.calendar import local_date
from casework.domain.time.counting import add_months
from casework.messages.cases import Outcome
from workflows.case import CaseWorkflow
from workflows.options import for_many
from workflows.verbs import with_verbs


@workflow.defn(name="VisitRound")
@with_verbs(KINDS[CaseKind.VISITS])
class VisitRoundWorkflow(CaseWorkflow[Round]):
    """One round."""

    verbs = ROUND_VERBS
    _start: StartRound

    @workflow.init
    def __init__(self, start: StartRound) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: StartRound) -> Outcome:
        """See the round through."""
        del start
        return await self._see_through()

    async def _fulfil(self, effect: Effect, event: Event) -> None:
        if effect.kind is not EffectKind.DRAW or not isinstance(event.body, DrawAsked):
            await super()._fulfil(effect, event)
            return
        until = local_date(event.at)
        drawn = await workflow.execute_activity_method(
            VisitActivities.draw,
            Draw(
                district=self.case.district,
                first_on=add_months(until, -self._start.item.lookback_months),
                until=until,
                seed=event.body.seed,
                policy=self._start.item,
            ),
            **for_many("抽取回访样本"),
        )
        self._apply(drawn, CLOCKWORK)
        await self._settle()
