"""Reads from the histories of a workflow what it has told the register, and what the answers were.

Nothing is carried out: each run is replayed, and what it had done is compared by the replayer with
what it would do. It needs no worker.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    StartActivityInput,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

from casework.domain.case.opening import StartCase
from casework.temporal import converter_for
from workers.held import taken
from workers.main import create_replayer


@dataclass(frozen=True, kw_only=True)
class Deed:
    """An activity that has ended: its argument, its result, and Temporal's time of the end.

    ``problem``: the type and the message with which it was refused for good; None: it succeeded.
    """

    activity: str
    argument: Any
    result: Any
    at: datetime
    problem: tuple[str, str] | None = None


@dataclass(kw_only=True)
class Run:
    """One run. ``after``: the event with which it began; None: its history says no number.

    ``continues``: the run before it, empty for the first.
    """

    continues: str
    after: int | None = 0
    deeds: list[Deed] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Past:
    """The deeds of a workflow in their order. ``whole``: all that was asked for is still there."""

    deeds: Sequence[Deed]
    whole: bool


async def past(client: Client, workflow_id: str, *, after: int = 0) -> Past | None:
    """Return what the runs of a workflow have done; None if Temporal knows none of them.

    Of a case, runs that began no later than event ``after`` of it suffice; what the register has of
    them is told again. Only what Temporal has accepted counts.

    Raises:
        RPCError: Temporal does not answer.
        RuntimeError: a history cannot be read (no key, erased) or does not replay.
    """
    runs: list[Run] = []
    run_id: str | None = None
    while True:
        try:
            history = await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            break
        if not history.events:
            break
        run = await read(history, converter_for(client, workflow_id))
        runs.insert(0, run)
        run_id = run.continues
        if not run_id or (run.after is not None and run.after <= after):
            break
    if not runs:
        return None
    first = runs[0]
    whole = not first.continues or (first.after is not None and first.after <= after)
    return Past(deeds=[deed for run in runs for deed in run.deeds], whole=whole)


async def read(history: WorkflowHistory, converter: DataConverter) -> Run:
    """Return what one run has done, as far as Temporal has accepted it; raises as `past`."""
    begun = history.events[0].workflow_execution_started_event_attributes
    run = Run(continues=begun.continued_execution_run_id)
    replayer = create_replayer(converter, sandboxed=False, interceptors=[_Listening(run)])
    accepted = WorkflowHistory(history.workflow_id, taken(history.events))
    await replayer.replay_workflow(accepted, raise_on_replay_failure=True)
    return run


class _Listening(Interceptor):
    def __init__(self, run: Run) -> None:
        self.run = run

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        del input
        run = self.run

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(_Outbound(outbound, run))

            async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002, ANN401 - the SDK's
                resumed = getattr(input.args[0], "resumed", None) if input.args else None
                if resumed is not None:
                    is_case = isinstance(input.args[0], StartCase)
                    run.after = resumed.seq if is_case else None
                return await super().execute_workflow(input)

        return Inbound


class _Outbound(WorkflowOutboundInterceptor):
    def __init__(self, following: WorkflowOutboundInterceptor, run: Run) -> None:
        super().__init__(following)
        self._run = run

    def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:  # noqa: A002 - the SDK's name
        return self._noted(super().start_activity(input), input.activity, input.args)

    def start_local_activity(self, input: StartLocalActivityInput) -> ActivityHandle[Any]:  # noqa: A002 - the SDK's name
        return self._noted(super().start_local_activity(input), input.activity, input.args)

    def _noted(
        self, handle: ActivityHandle[Any], activity: str, args: Sequence[Any]
    ) -> ActivityHandle[Any]:
        argument = args[0] if args else None

        def ended(done: ActivityHandle[Any]) -> None:
            if done.cancelled():  # the replay has come to the end of what there is
                return
            error, result, problem = done.exception(), None, None
            if error is None:
                result = done.result()
            else:
                problem = _refused(error)
            self._run.deeds.append(
                Deed(
                    activity=activity,
                    argument=argument,
                    result=result,
                    at=workflow.now(),
                    problem=problem,
                )
            )

        handle.add_done_callback(ended)
        return handle


def _refused(error: BaseException) -> tuple[str, str]:
    cause = error.cause if isinstance(error, ActivityError) else None
    if isinstance(cause, ApplicationError):
        return cause.type or "", cause.message
    return type(error).__name__, ""
