"""What a measurement runs on: PostgreSQL, Temporal and the fake town, thrown away at the end."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from temporalio.client import Client

from casework.devstack import free_port, postgres, temporal_server
from casework.settings import Settings
from casework.store.engine import migrate
from casework.temporal import data_converter, register_search_attributes


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A running stack without worker and API."""

    client: Client
    settings: Settings
    target: str

    @contextmanager
    def worker(self) -> Iterator[psutil.Process]:
        """A worker in a process of its own."""
        environment = self.settings.child_environment() | {"TEMPORAL_ADDRESS": self.target}
        with _process("casework", "worker", environment=environment) as process:
            yield process


@asynccontextmanager
async def running_stack() -> AsyncIterator[Stack]:
    """Start everything on files under a folder of its own."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="casework-bench-")))
        await asyncio.to_thread(folder.chmod, 0o711)  # PostgreSQL may run as another user
        url = await stack.enter_async_context(postgres(folder / "pg"))
        target = await stack.enter_async_context(temporal_server(folder / "temporal"))
        http_port, smtp_port = free_port(), free_port()
        town = ("bench.town", str(folder), str(http_port), str(smtp_port))
        stack.enter_context(_process(*town))
        await migrate(url)
        client = await Client.connect(target, data_converter=data_converter)
        await register_search_attributes(client)
        address = f"http://127.0.0.1:{http_port}"
        settings = Settings(
            home=folder,
            database_url=url,
            smtp_port=smtp_port,
            sms_url=address,
            superior_url=address,
        )
        yield Stack(client=client, settings=settings, target=target)


@contextmanager
def _process(
    module: str, *words: str, environment: dict[str, str] | None = None
) -> Iterator[psutil.Process]:
    command = [sys.executable, "-m", module, *words]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - ourselves
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
