"""A run that goes on from a state: the run before hands it on, as after continue-as-new."""

from contextlib import suppress

from temporalio import workflow
from temporalio.client import WorkflowContinuedAsNewError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from casework.domain.kinds.application.opening import StartApplication
from casework.messages.cases import Outcome, application_id
from casework.messages.temporal import TASK_QUEUE
from tests.workflows.conftest import HANDS_ON, Bench, Handle

_QUEUE = "hands-on"


@workflow.defn(name=HANDS_ON)
class HandsOn:
    """The run before: no client can begin a case in the middle."""

    @workflow.run
    async def run(self, start: StartApplication) -> None:
        workflow.continue_as_new(args=[start], workflow="Application", task_queue=TASK_QUEUE)


async def hand_on(bench: Bench, start: StartApplication) -> Handle:
    """Let the case go on from ``start.resumed`` in a new run."""
    client = bench.environment.client
    async with Worker(
        client,
        task_queue=_QUEUE,
        workflows=[HandsOn],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        before = await client.start_workflow(
            HandsOn.run, start, id=application_id(start.case_no), task_queue=_QUEUE
        )
        with bench.environment.auto_time_skipping_disabled(), suppress(WorkflowContinuedAsNewError):
            await before.result(follow_runs=False)
    return client.get_workflow_handle(before.id, result_type=Outcome)
