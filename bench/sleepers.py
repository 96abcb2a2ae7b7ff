"""What a sleeping case costs in memory, and how fast a history is replayed."""

import asyncio
import time
from collections.abc import AsyncIterator

from temporalio.client import WorkflowHistory

from bench.cases import Office
from bench.stack import running_stack
from casework.messages.temporal import TASK_QUEUE
from workers.main import create_replayer

SLEEPERS = 400
AT_ONCE = 10
REPLAYS = 40


async def measure(run: str) -> dict[str, float]:
    """Memory per 1,000 cases that wait for an officer; replayed events a second."""
    async with running_stack() as stack:
        with stack.worker() as worker:
            office = Office(stack.client, TASK_QUEUE, f"sleep-{run}")
            done = await office.see_through(0)
            history = await done.fetch_history()
            server = stack.server()
            before = (server.memory_info().rss, worker.memory_info().rss)
            await _submit(office)
            after = (server.memory_info().rss, worker.memory_info().rss)
    per_thousand = 1000 / SLEEPERS / 2**20
    return {
        "sleeper_server_mb_per_1000": (after[0] - before[0]) * per_thousand,
        "sleeper_worker_mb_per_1000": (after[1] - before[1]) * per_thousand,
        "replay_events_per_s": await _replay_rate(history),
    }


async def _submit(office: Office) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def gated(number: int) -> None:
        async with gate:
            await office.submit(number)

    await asyncio.gather(*(gated(number) for number in range(1, SLEEPERS + 1)))


async def _replay_rate(history: WorkflowHistory) -> float:
    replayer = create_replayer()

    async def copies() -> AsyncIterator[WorkflowHistory]:
        for _ in range(REPLAYS):
            yield history

    started = time.perf_counter()
    async with replayer.workflow_replay_iterator(copies()) as results:
        async for result in results:
            if result.replay_failure:
                raise result.replay_failure
    return REPLAYS * len(history.events) / (time.perf_counter() - started)
