"""Whether workflows, each in its newest run, are at rest: nothing is decided, sent or signalled."""

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from casework.trial.case import BrokenError

_LOOK_AGAIN_SECONDS = 0.005


async def come_to_rest(handles: Collection[WorkflowHandle[Any, Any]], *, within: timedelta) -> None:
    """Return once nothing is under way in any of them.

    Raises:
        BrokenError: one has failed, or what it does keeps failing; TimeoutError.
    """
    async with asyncio.timeout(within.total_seconds()):
        # Twice: the first look at one may be over before another has signalled it.
        while not (await _all_at_rest(handles) and await _all_at_rest(handles)):  # noqa: ASYNC110 - the server announces nothing
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)


async def raise_if_broken(handles: Collection[WorkflowHandle[Any, Any]]) -> None:
    """Raise BrokenError with its reason if a task of one of the workflows keeps failing."""
    for handle in handles:
        reason = ""
        async for event in _events(handle):
            match event.event_type:
                case EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
                    failed = event.workflow_task_failed_event_attributes
                    reason = failed.failure.message or "工作流任务失败"
                case EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
                    reason = reason or "工作流任务超时"
                case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                    reason = ""
        if reason:
            raise BrokenError(reason)


async def _all_at_rest(handles: Collection[WorkflowHandle[Any, Any]]) -> bool:
    return all([await _is_at_rest(handle) for handle in handles])


async def _is_at_rest(handle: WorkflowHandle[Any, Any]) -> bool:
    # Not by `describe`: this server shows there no pending workflow task.
    deciding, sending = False, set[int]()
    async for event in _events(handle):
        _raise_if_ended(event)
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


def _raise_if_ended(event: HistoryEvent) -> None:
    """Raise BrokenError if this is the end of a workflow that did not come to its own end."""
    match event.event_type:
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
            ended = event.workflow_execution_failed_event_attributes
            raise BrokenError(ended.failure.message or "工作流失败")
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
            raise BrokenError("工作流被终止")
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
            raise BrokenError("工作流超时")


async def _events(handle: WorkflowHandle[Any, Any]) -> AsyncIterator[HistoryEvent]:
    """The history of the newest run; nothing of a workflow that was never begun."""
    try:
        history = await handle.fetch_history()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return
    for event in history.events:
        yield event
