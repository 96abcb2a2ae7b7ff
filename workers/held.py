"""Finds out which events of a case Temporal holds, from its history alone.

This needs no worker, and works for a case whose tasks fail, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from temporalio.api.enums.v1 import EventType, PendingWorkflowTaskState
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

from casework.domain.case.opening import StartCase
from casework.messages.entry import Entry
from casework.temporal import converter_for
from workers.main import create_replayer

_ANSWERS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
}


@dataclass(frozen=True, kw_only=True)
class Held:
    """``seq`` of the last event in the history; ``deciding``: a task of the case is under way."""

    seq: int
    deciding: bool


async def held(client: Client, workflow_id: str) -> Held | None:
    """Return what Temporal holds of a case, from its newest run; None if it knows no run.

    Raises:
        RPCError: Temporal does not answer.
    """
    handle = client.get_workflow_handle(workflow_id)
    try:
        described = await handle.describe()
        history = await handle.fetch_history()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    pending = described.raw_description.pending_workflow_task
    started = PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_STARTED
    seq = await last_seq(history, converter_for(client, workflow_id))
    return Held(seq=seq, deciding=pending.state == started)


async def last_seq(history: WorkflowHistory, converter: DataConverter) -> int:
    """Return the number of the last event that a run has decided and Temporal has accepted."""
    watching = _Watching()
    replayer = create_replayer(converter, sandboxed=False, interceptors=[watching])
    accepted = WorkflowHistory(history.workflow_id, taken(history.events))
    await replayer.replay_workflow(accepted, raise_on_replay_failure=True)
    return watching.seq


def taken(events: Sequence[HistoryEvent]) -> list[HistoryEvent]:
    """Return the history up to the last completed task."""
    completed = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    last = max((n for n, each in enumerate(events) if each.event_type == completed), default=-1)
    if last < 0:
        return list(events)
    end = last + 1
    while end < len(events) and _was_asked_for(events[end]):
        end += 1
    return list(events[:end])


def _was_asked_for(event: HistoryEvent) -> bool:
    """Whether an event follows from a task, and brings nothing new."""
    told = getattr(event, event.WhichOneof("attributes") or "", None)
    return event.event_type in _ANSWERS or bool(
        getattr(told, "workflow_task_completed_event_id", 0)
    )


class _Watching(Interceptor):
    """Records the start of a run, and the entries that it sends to the register."""

    def __init__(self) -> None:
        self.seq = 0

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        del input
        watching = self

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(_Outbound(outbound, watching))

            async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002, ANN401 - the SDK's
                start = input.args[0] if input.args else None
                if isinstance(start, StartCase) and start.resumed is not None:
                    watching.seq = max(watching.seq, start.resumed.seq)
                return await super().execute_workflow(input)

        return Inbound


class _Outbound(WorkflowOutboundInterceptor):
    def __init__(self, following: WorkflowOutboundInterceptor, watching: _Watching) -> None:
        super().__init__(following)
        self._watching = watching

    def start_local_activity(self, input: StartLocalActivityInput) -> ActivityHandle[Any]:  # noqa: A002 - the SDK's name
        begun = super().start_local_activity(input)  # raises while the run is being given up
        for entry in input.args:
            if isinstance(entry, Entry):
                self._watching.seq = max(self._watching.seq, entry.events[-1].seq)
        return begun
