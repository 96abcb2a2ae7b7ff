"""The case under way: what is done to it, as officers and systems do it in production."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from casework.domain.commands import Command
from casework.messages import Outcome, Receipt, StartApplication, Submit, application_id
from casework.rehearsal.scenario import CASE_CLOSED
from casework.temporal import TASK_QUEUE

ANSWER_WITHIN = timedelta(seconds=30)
_LOOK_AGAIN_SECONDS = 0.005


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An attempt that was refused: stable code and Chinese reason."""

    code: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A refused attempt, for the timeline: the register knows nothing of most of them."""

    at: datetime
    command: Command
    refusal: Refusal


@dataclass(frozen=True, kw_only=True)
class PlayedCase:
    """A handle on the workflow of one rehearsed case."""

    case_no: str
    handle: WorkflowHandle[object, Outcome]
    attempts: list[Attempt] = field(default_factory=list)

    async def do(self, verb: str, command: Command) -> Refusal | None:
        """Send the update; return why it was refused, if it was."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                receipt = await self.handle.execute_update(verb, command, result_type=Receipt)
        except WorkflowUpdateFailedError as error:
            return refusal_of(error)
        except RPCError as error:
            return _closed(error)
        return Refusal(code=receipt.refused, reason=receipt.reason) if receipt.refused else None

    async def signal(self, fact: str, command: Command) -> Refusal | None:
        """Send the signal; what becomes of it, the register tells, unless the case is closed."""
        try:
            await self.handle.signal(fact, command)
        except RPCError as error:
            return _closed(error)
        return None

    async def come_to_rest(self) -> None:
        """Return once nothing is under way: no decision being made, no notice being sent."""
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            while not await self._is_at_rest():  # noqa: ASYNC110 - the server announces nothing
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _is_at_rest(self) -> bool:
        # Not by `describe`: this server shows there no pending workflow task.
        history = await self.handle.fetch_history()
        deciding, sending = False, set[int]()
        for event in history.events:
            match event.event_type:
                case EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
                    deciding = True
                case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                    deciding = False
                case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                    sending.add(event.event_id)
                case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                    sending.discard(
                        event.activity_task_completed_event_attributes.scheduled_event_id
                    )
                case EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
                    sending.discard(event.activity_task_failed_event_attributes.scheduled_event_id)
        return not deciding and not sending


async def submit(client: Client, start: StartApplication) -> PlayedCase:
    """Open the case; it is in the register when this returns."""
    operation: WithStartWorkflowOperation[object, Outcome] = WithStartWorkflowOperation(
        "Application",
        start,
        id=application_id(start.case_no),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        result_type=Outcome,
    )
    async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
        await client.execute_update_with_start_workflow(
            "submit",
            Submit(content=start.content),
            start_workflow_operation=operation,
            result_type=Receipt,
        )
        handle = await operation.workflow_handle()
    return PlayedCase(case_no=start.case_no, handle=handle)


def _closed(error: RPCError) -> Refusal:
    if error.status is not RPCStatusCode.NOT_FOUND:
        raise error
    return Refusal(code=CASE_CLOSED, reason="本件已办结")


def refusal_of(error: WorkflowUpdateFailedError) -> Refusal:
    """Why an update was refused; raises what is no refusal."""
    if not isinstance(error.cause, ApplicationError):
        raise error
    return Refusal(code=error.cause.type or "", reason=error.cause.message)
