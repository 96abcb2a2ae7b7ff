"""Floor ratio: real applications against bare workflows, in the same run, alternating.

Applications once in plain text and unsigned, and once sealed and signed as in production.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle

from bench.bare import BareWorkflow
from bench.cases import HUMAN_ACTIONS, Office

ROUNDS = 5
CASES_A_ROUND = 60
AT_ONCE = 12

Handle = WorkflowHandle[object, object]


@dataclass(frozen=True, kw_only=True)
class Floor:
    """What one run found. Throughputs are in cases a second and only good for ratios."""

    floor_ratio: float
    floor_ratio_encrypted: float
    encrypted_to_plain: float
    bare_per_s: float
    application_per_s: float
    events_per_case: float
    events_per_human_action: float
    transitions_per_case: float
    bare_events_per_case: float


@dataclass(frozen=True, kw_only=True)
class Side:
    """A client, and the queue of the worker that goes with it."""

    client: Client
    task_queue: str


async def measure(plain: Side, sealed: Side, run: str) -> Floor:
    """Alternate rounds of all three, drop the first (warm-up), take medians.

    The bare workflow runs in plain text; the application once so too, and once sealed and signed.
    """

    async def bare(number: int) -> Handle:
        handle = await plain.client.start_workflow(
            BareWorkflow.run, HUMAN_ACTIONS, id=f"bare-{run}-{number}", task_queue=plain.task_queue
        )
        for step in range(HUMAN_ACTIONS):
            await handle.execute_update(BareWorkflow.step, f"{step}")
        await handle.result()
        return handle  # type: ignore[return-value]

    kinds = {"bare": bare, "plain": _applications(plain, run), "sealed": _applications(sealed, run)}
    rates: dict[str, list[float]] = {name: [] for name in kinds}
    for number in range(ROUNDS + 1):
        # Numbers are shared: a case is known by its number, whoever opened it.
        for place, (name, one) in enumerate(kinds.items()):
            rates[name].append(await rate_of(one, (number * len(kinds) + place) * CASES_A_ROUND))
    measured = {name: each[1:] for name, each in rates.items()}
    events, transitions = await size_of(plain.client, await kinds["plain"](10_000_000))
    bare_events, _ = await size_of(plain.client, await bare(10_000_000))
    return Floor(
        floor_ratio=share_of(measured["plain"], measured["bare"]),
        floor_ratio_encrypted=share_of(measured["sealed"], measured["bare"]),
        encrypted_to_plain=share_of(measured["sealed"], measured["plain"]),
        bare_per_s=statistics.median(measured["bare"]),
        application_per_s=statistics.median(measured["plain"]),
        events_per_case=events,
        events_per_human_action=events / HUMAN_ACTIONS,
        transitions_per_case=transitions,
        bare_events_per_case=bare_events,
    )


def _applications(side: Side, run: str) -> Callable[[int], Awaitable[Handle]]:
    office = Office(side.client, side.task_queue, run)

    async def one(number: int) -> Handle:
        return await office.see_through(number)

    return one


def share_of(rates: Sequence[float], floor: Sequence[float]) -> float:
    """The median of what one has of the other, round by round."""
    return statistics.median(each / other for each, other in zip(rates, floor, strict=True))


async def rate_of(
    one: Callable[[int], Awaitable[object]], first: int, cases: int = CASES_A_ROUND
) -> float:
    """Things a second, ``cases`` of them numbered from ``first``, so many at once."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def gated(number: int) -> None:
        async with gate:
            await one(number)

    started = time.perf_counter()
    await asyncio.gather(*(gated(first + n) for n in range(cases)))
    return cases / (time.perf_counter() - started)


async def size_of(client: Client, handle: Handle) -> tuple[int, int]:
    """History events and state transitions of a workflow."""
    request = DescribeWorkflowExecutionRequest(namespace=client.namespace)
    request.execution.workflow_id = handle.id
    answer = await client.workflow_service.describe_workflow_execution(request)
    info = answer.workflow_execution_info
    return info.history_length, info.state_transition_count
