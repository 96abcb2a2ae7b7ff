"""What a sleeping case costs in memory, and how fast a history is replayed."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import psutil
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from bench.cases import Office
from casework.devstack import postgres, temporal_server
from casework.settings import Settings
from casework.store.engine import migrate
from casework.temporal import TASK_QUEUE, data_converter, register_search_attributes
from casework.town.server import TownSettings, running_town
from workers.main import WORKFLOWS, sandbox

SLEEPERS = 400
AT_ONCE = 10
REPLAYS = 40


async def measure(run: str) -> dict[str, float]:
    """Memory per 1,000 cases that wait for an officer; replayed events a second."""
    async with _stack() as (client, worker):
        office = Office(client, TASK_QUEUE, f"sleep-{run}")
        done = await office.see_through(0)
        history = await done.fetch_history()
        server = _server()
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
    replayer = Replayer(
        workflows=WORKFLOWS, workflow_runner=sandbox(), data_converter=data_converter
    )

    async def copies() -> AsyncIterator[WorkflowHistory]:
        for _ in range(REPLAYS):
            yield history

    started = time.perf_counter()
    async with replayer.workflow_replay_iterator(copies()) as results:
        async for result in results:
            if result.replay_failure:
                raise result.replay_failure
    return REPLAYS * len(history.events) / (time.perf_counter() - started)


@asynccontextmanager
async def _stack() -> AsyncIterator[tuple[Client, psutil.Process]]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="casework-bench-")))
        await asyncio.to_thread(folder.chmod, 0o711)  # PostgreSQL may run as another user
        url = await stack.enter_async_context(postgres(folder / "pg"))
        target = await stack.enter_async_context(temporal_server(folder / "temporal"))
        town = await stack.enter_async_context(
            running_town(TownSettings(folder=folder / "town", answer_after_seconds=None))
        )
        await migrate(url)
        client = await Client.connect(target, data_converter=data_converter)
        await register_search_attributes(client)
        settings = Settings(
            home=folder,
            database_url=url,
            smtp_port=town.smtp_port,
            sms_url=town.http_url,
            superior_url=town.http_url,
        )
        worker = stack.enter_context(_worker(settings, target))
        yield client, worker


@contextmanager
def _worker(settings: Settings, target: str) -> Iterator[psutil.Process]:
    environment = settings.child_environment() | {"TEMPORAL_ADDRESS": target}
    command = [sys.executable, "-m", "casework", "worker"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - ourselves
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


def _server() -> psutil.Process:
    children = psutil.Process(os.getpid()).children(recursive=True)
    return next(child for child in children if child.name() == "temporal")
