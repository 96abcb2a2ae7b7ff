"""An activity carries out what a workflow has decided; asked for by itself, it would decide."""

from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

log = structlog.get_logger("proof")


class OnlyFromWorkflows(ActivityInboundInterceptor):
    """Refuses Temporal's standalone activities, which anybody may start who reaches a namespace."""

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's
        """Run the activity, if a workflow asks for it."""
        info = activity.info()
        if info.workflow_id is None:
            log.warning("activity_without_workflow", activity=info.activity_type)
            raise ApplicationError(
                "此操作只能由办件流程调用", type="ACTIVITY_WITHOUT_WORKFLOW", non_retryable=True
            )
        return await super().execute_activity(input)
