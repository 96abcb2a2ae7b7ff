"""Ends starts of an unknown workflow type, so that their tasks do not fail for ever."""

from collections.abc import Sequence
from typing import ClassVar

from temporalio import workflow
from temporalio.common import RawValue

from casework.messages.temporal import RefusalError
from casework.security import unreadable
from workflows.verbs import Exposed


@workflow.defn(dynamic=True)
class UnknownWorkflow(Exposed):
    """Runs for every unknown type."""

    is_of_no_known_type: ClassVar[bool] = True

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> None:
        """Fail the task while a worker that knows the type may come, and after that the run."""
        del args
        if workflow.now() - workflow.info().workflow_start_time < unreadable.TYPE_MAY_COME_WITHIN:
            raise RuntimeError("no workflow of this type is known to this worker")
        raise RefusalError(unreadable.UNKNOWN_MESSAGE, "没有此流程")
