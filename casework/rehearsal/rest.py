"""Whether workflows, each in its newest run, are at rest: nothing is decided, sent or signalled."""

import asyncio
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

_LOOK_AGAIN_SECONDS = 0.005


async def come_to_rest(handles: Collection[WorkflowHandle[Any, Any]], *, within: timedelta) -> None:
    """Return once nothing is under way in any of them; raises TimeoutError."""
    async with asyncio.timeout(within.total_seconds()):
        # Twice: the first look at one may be over before another has signalled it.
        while not (await _all_at_rest(handles) and await _all_at_rest(handles)):  # noqa: ASYNC110 - the server announces nothing
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)


async def _all_at_rest(handles: Collection[WorkflowHandle[Any, Any]]) -> bool:
    return all([await _is_at_rest(handle) for handle in handles])


async def _is_at_rest(handle: WorkflowHandle[Any, Any]) -> bool:
    # Not by `describe`: this server shows there no pending workflow task.
    history = await handle.fetch_history()
    deciding, sending = False, set[int]()
    for event in history.events:
        match event.event_type:
            case EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
                deciding = True
            case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                deciding = False
            case (
                EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
                | EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED
            ):
                sending.add(event.event_id)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                done = event.activity_task_completed_event_attributes
                sending.discard(done.scheduled_event_id)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
                failed = event.activity_task_failed_event_attributes
                sending.discard(failed.scheduled_event_id)
            case EventType.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED:
                told = event.external_workflow_execution_signaled_event_attributes
                sending.discard(told.initiated_event_id)
            case EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED:
                untold = event.signal_external_workflow_execution_failed_event_attributes
                sending.discard(untold.initiated_event_id)
    return not deciding and not sending
