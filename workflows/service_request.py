"""The ServiceRequest workflow: one service for one talent, from filing to the result."""

from temporalio import workflow

from activities.register import RegisterActivities
from casework.domain.case.facts import Actor
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.kinds.request.commands import REQUEST_VERBS, NoteStanding
from casework.domain.kinds.request.opening import StartRequest
from casework.domain.kinds.request.state import Request
from casework.domain.policy import Role
from casework.messages.cases import Outcome, StandingQuestion
from workflows.case import CaseWorkflow
from workflows.options import in_register
from workflows.verbs import with_verbs

CYCLE = Actor(code="cycle", role=Role.SYSTEM)


@workflow.defn(name="ServiceRequest")
@with_verbs(KINDS[CaseKind.REQUEST])
class ServiceRequestWorkflow(CaseWorkflow[Request]):
    """One request."""

    verbs = REQUEST_VERBS
    _start: StartRequest

    @workflow.init
    def __init__(self, start: StartRequest) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: StartRequest) -> Outcome:
        """See the request through."""
        if start.resumed is None and not self._shares_first:
            self._begin()
            await self._settle()
            await self._ask_standing()
        return await self._see_through()

    async def _once_opened(self) -> None:
        if self._shares_first:
            await self._ask_standing()

    async def _ask_standing(self) -> None:
        """Read the standing: a cycle that changed before this was recorded could not tell it."""
        standing = await workflow.execute_local_activity_method(
            RegisterActivities.standing,
            StandingQuestion(talent=self.case.talent),
            **in_register("查询人才服务状态"),
        )
        if standing is not None and standing.version > self.case.standing.version:
            command = NoteStanding(actor=CYCLE, standing=standing)
            self._do(command, self._facts(CYCLE))
