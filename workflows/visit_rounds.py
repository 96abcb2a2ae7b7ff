"""The VisitRounds workflow: at the beginning of a quarter it begins the round of each platform."""

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

from activities.talent_service import VisitActivities
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.domain.kinds.round.opening import StartRound
from casework.messages.schedules import VISIT_ROUNDS, BeginRounds, PlanRounds
from workflows.clock import now
from workflows.options import for_many
from workflows.verbs import Exposed


@workflow.defn(name=VISIT_ROUNDS.workflow)
class VisitRoundsWorkflow(Exposed):
    """Ends when each platform has its round; a platform that has one keeps it."""

    @workflow.run
    async def run(self, wanted: BeginRounds) -> int:
        """Begin the rounds of the current quarter; return how many are new."""
        plan = PlanRounds(at=now(wanted.rehearsal), rehearsal=wanted.rehearsal)
        starts = await workflow.execute_activity_method(
            VisitActivities.plan, plan, **for_many("列出各平台本季度的抽样回访")
        )
        return sum([await self._begin(start) for start in starts])

    async def _begin(self, start: StartRound) -> bool:
        try:
            await workflow.start_child_workflow(
                KINDS[CaseKind.VISITS].workflow,
                start,
                id=workflow_id(CaseKind.VISITS, start.case_no),
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                parent_close_policy=ParentClosePolicy.ABANDON,
                static_summary=f"{start.item.name}　{start.office}　{start.quarter}",
            )
        except WorkflowAlreadyStartedError:
            return False
        return True
