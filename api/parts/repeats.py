"""Whether an update was sent before under the same id, and whether it was the same.

Temporal answers a known update id with the earlier answer, whatever is sent with it; that the
content is the same has to be looked up in the history. And what the register has need not be
Temporal's: events are recorded before Temporal takes the task that decided them (ADR 0004).
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, UpdateWorkflowExecutionLifecycleStage
from temporalio.api.history.v1 import WorkflowExecutionUpdateAcceptedEventAttributes
from temporalio.api.update.v1 import Request, UpdateRef, WaitPolicy
from temporalio.api.workflowservice.v1 import (
    GetWorkflowExecutionHistoryRequest,
    GetWorkflowExecutionHistoryReverseRequest,
    PollWorkflowExecutionUpdateRequest,
)
from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.service import RPCError, RPCStatusCode

from casework.domain.case.commands import Command
from casework.domain.errors import DomainError
from casework.messages.cases import said_by
from casework.temporal import converter_for

KEY_REUSED = DomainError("KEY_REUSED", "此 Idempotency-Key 已用于内容不同的操作，请换一个")

LOOK_UP_WITHIN = timedelta(seconds=3)

_DONE = UpdateWorkflowExecutionLifecycleStage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED


async def is_known(client: Client, workflow_id: str, update_id: str, run_id: str = "") -> bool:
    """Whether a run, by default the last one, has an update of that id, accepted or waiting."""
    return await _stage(client, workflow_id, update_id, run_id) is not None


async def is_done(client: Client, workflow_id: str, update_id: str, run_id: str) -> bool:
    """Whether a run has answered an update of that id: then the register has what it did.

    One that is only accepted is being done. What the register has of it may still be what an
    attempt before has decided, as another event, and Temporal never took.
    """
    stage = await _stage(client, workflow_id, update_id, run_id)
    return stage is not None and stage >= _DONE


async def _stage(
    client: Client, workflow_id: str, update_id: str, run_id: str
) -> UpdateWorkflowExecutionLifecycleStage.ValueType | None:
    # No stage to wait for: the server answers at once with what it has.
    request = PollWorkflowExecutionUpdateRequest(
        namespace=client.namespace,
        update_ref=UpdateRef(
            workflow_execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id),
            update_id=update_id,
        ),
        wait_policy=WaitPolicy(),
    )
    try:
        answer = await client.workflow_service.poll_workflow_execution_update(
            request, retry=True, timeout=LOOK_UP_WITHIN
        )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return answer.stage


async def sent_before(  # noqa: PLR0913 - to which run, under which id, and what
    client: Client,
    workflow_id: str,
    update: str,
    message: object,
    *,
    run_id: str,
    update_id: str,
) -> bool:
    """Whether that run has accepted exactly this message under that id.

    Raises:
        DomainError: ``KEY_REUSED``, it has accepted other content under it.
    """
    if not await is_known(client, workflow_id, update_id, run_id):
        return False
    async for accepted in _accepted_updates(client, workflow_id, run_id):
        if accepted.accepted_request.meta.update_id == update_id:
            converter = converter_for(client, workflow_id)
            if await _is_same(converter, accepted.accepted_request, update, message):
                return True
            raise KEY_REUSED
    return False


async def carried_over(client: Client, workflow_id: str, run_id: str) -> int:
    """Return the number of the last event that a run of a case was started with; 0 for none."""
    answer = await client.workflow_service.get_workflow_execution_history(
        GetWorkflowExecutionHistoryRequest(
            namespace=client.namespace,
            execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id),
            maximum_page_size=1,
        ),
        retry=True,
        timeout=LOOK_UP_WITHIN,
    )
    started = answer.history.events[0].workflow_execution_started_event_attributes
    converter = converter_for(client, workflow_id)
    (start,) = await converter.decode(started.input.payloads, [dict[str, Any]])
    return start["resumed"]["seq"] if start.get("resumed") else 0


async def _is_same(
    converter: DataConverter, request: Request, update: str, message: object
) -> bool:
    if request.input.name != update:
        return False
    sent = await converter.decode(request.input.args.payloads, [type(message)])
    if isinstance(message, Command):  # what the API added may have changed meanwhile
        return len(sent) == 1 and said_by(sent[0]) == said_by(message)
    return sent == [message]


async def _accepted_updates(
    client: Client, workflow_id: str, run_id: str
) -> AsyncIterator[WorkflowExecutionUpdateAcceptedEventAttributes]:
    """Yield them newest first: a repeat usually follows soon after the first attempt."""
    page = b""
    while True:
        history = await client.workflow_service.get_workflow_execution_history_reverse(
            GetWorkflowExecutionHistoryReverseRequest(
                namespace=client.namespace,
                execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id),
                maximum_page_size=100,
                next_page_token=page,
            ),
            retry=True,
            timeout=LOOK_UP_WITHIN,
        )
        for event in history.history.events:
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
                yield event.workflow_execution_update_accepted_event_attributes
        page = history.next_page_token
        if not page:
            return
