"""Floor ratio: real applications against bare workflows, in the same run, alternating."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle

from bench.bare import BareWorkflow
from bench.cases import HUMAN_ACTIONS, Office

ROUNDS = 5
CASES_A_ROUND = 60
AT_ONCE = 12


@dataclass(frozen=True, kw_only=True)
class Floor:
    """What one run found. Throughputs are in cases a second and only good for ratios."""

    floor_ratio: float
    bare_per_s: float
    application_per_s: float
    events_per_case: float
    events_per_human_action: float
    transitions_per_case: float
    bare_events_per_case: float


async def measure(client: Client, task_queue: str, run: str) -> Floor:
    """Alternate rounds of both, drop the first (warm-up), take medians."""
    office = Office(client, task_queue, run)

    async def application(number: int) -> WorkflowHandle[object, object]:
        return await office.see_through(number)

    async def bare(number: int) -> WorkflowHandle[object, object]:
        handle = await client.start_workflow(
            BareWorkflow.run, HUMAN_ACTIONS, id=f"bare-{run}-{number}", task_queue=task_queue
        )
        for step in range(HUMAN_ACTIONS):
            await handle.execute_update(BareWorkflow.step, f"{step}")
        await handle.result()
        return handle  # type: ignore[return-value]

    bare_rates, case_rates = [], []
    for number in range(ROUNDS + 1):
        first = number * CASES_A_ROUND
        bare_rates.append(await _rate(bare, first))
        case_rates.append(await _rate(application, first))
    ratio = statistics.median(
        case / floor for case, floor in zip(case_rates[1:], bare_rates[1:], strict=True)
    )
    events, transitions = await _size(client, await application(10_000_000))
    bare_events, _ = await _size(client, await bare(10_000_000))
    return Floor(
        floor_ratio=ratio,
        bare_per_s=statistics.median(bare_rates[1:]),
        application_per_s=statistics.median(case_rates[1:]),
        events_per_case=events,
        events_per_human_action=events / HUMAN_ACTIONS,
        transitions_per_case=transitions,
        bare_events_per_case=bare_events,
    )


async def _rate(one: Callable[[int], Awaitable[object]], first: int) -> float:
    gate = asyncio.Semaphore(AT_ONCE)

    async def gated(number: int) -> None:
        async with gate:
            await one(number)

    started = time.perf_counter()
    await asyncio.gather(*(gated(first + n) for n in range(CASES_A_ROUND)))
    return CASES_A_ROUND / (time.perf_counter() - started)


async def _size(client: Client, handle: WorkflowHandle[object, object]) -> tuple[int, int]:
    request = DescribeWorkflowExecutionRequest(namespace=client.namespace)
    request.execution.workflow_id = handle.id
    answer = await client.workflow_service.describe_workflow_execution(request)
    info = answer.workflow_execution_info
    return info.history_length, info.state_transition_count
