"""Replays histories of a running namespace with this release, before its workers are rolled out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from temporalio import workflow
from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from casework.temporal import converter_for
from workers.main import create_replayer

_RUNNING = "ExecutionStatus = 'Running'"


@dataclass(kw_only=True)
class Checked:
    """How many histories were replayed; ``differing``: workflow id → what this release does else.

    ``unread``: those that nobody here can read (a key or a secret is missing): id → the failure.
    """

    replayed: int = 0
    differing: dict[str, str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)


async def check_histories(client: Client, sample: int) -> Checked:
    """Replay up to ``sample`` running workflows of each type; change nothing.

    Raises:
        RPCError: Temporal does not answer.
    """
    checked = Checked()
    for run in spread([each async for each in client.list_workflows(_RUNNING)], sample):
        handle = client.get_workflow_handle(run.id, run_id=run.run_id)
        try:
            history = await handle.fetch_history()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:  # it has ended meanwhile
                continue
            raise
        replayer = create_replayer(converter_for(client, run.id))
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        failure = result.replay_failure
        if failure is None:
            checked.replayed += 1
        elif isinstance(failure, workflow.NondeterminismError):
            checked.differing[run.id] = str(failure).partition("\n")[0]
        else:
            checked.unread[run.id] = type(failure).__name__
    return checked


def spread(runs: Iterable[WorkflowExecution], sample: int) -> Sequence[WorkflowExecution]:
    """Of each type so many runs, the oldest and the newest among them, evenly over their ages.

    What was begun by an older release replays otherwise than what was begun today.
    """
    by_type: dict[str, list[WorkflowExecution]] = defaultdict(list)
    for run in sorted(runs, key=lambda each: (each.start_time, each.id)):
        by_type[run.workflow_type].append(run)
    return [each for _, found in sorted(by_type.items()) for each in _evenly(found, sample)]


def _evenly(found: Sequence[WorkflowExecution], sample: int) -> list[WorkflowExecution]:
    if len(found) <= sample:
        return list(found)
    if sample == 1:
        return [found[-1]]
    last = len(found) - 1
    return [found[n * last // (sample - 1)] for n in range(sample)]
