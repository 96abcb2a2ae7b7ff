"""What a measurement runs on: PostgreSQL, Temporal and the fake town, thrown away at the end."""

import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from temporalio.client import Client

from casework.local.devstack import free_port, postgres, temporal_server
from casework.local.devstack.layout import Layout
from casework.policy.authority import load_authority
from casework.security.proof.parts import open_signing
from casework.settings import Settings
from casework.store.engine import Sessions, create_engine, migrate, sessions
from casework.temporal import data_converter, register_search_attributes

SERVER = "temporal"


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
        with part("casework", "worker", environment=environment) as process:
            yield process

    @asynccontextmanager
    async def register(self) -> AsyncIterator[Sessions]:
        """The register, to count in."""
        engine = create_engine(self.settings.database)
        yield sessions(engine)
        await engine.dispose()

    def server(self) -> psutil.Process:
        """The process of the Temporal server."""
        children = psutil.Process(os.getpid()).children(recursive=True)
        return next(child for child in children if child.name() == "temporal")

    @property
    def server_file(self) -> Path:
        """The SQLite file in which the Temporal server keeps everything."""
        return Layout(self.settings.home / SERVER).temporal_db


@contextmanager
def files() -> Iterator[Path]:
    """A folder for one stack, or for the same one twice; thrown away at the end."""
    with tempfile.TemporaryDirectory(prefix="casework-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL may run as another user
        yield folder


@asynccontextmanager
async def running_stack(kept: Path | None = None) -> AsyncIterator[Stack]:
    """Start everything on files of its own, or on those that an earlier stack has left."""
    load_authority()  # as a worker does when it starts, not while its first case waits
    async with AsyncExitStack() as stack:
        folder = kept or stack.enter_context(files())
        url = await stack.enter_async_context(postgres(folder / "pg"))
        target = await stack.enter_async_context(temporal_server(folder / SERVER))
        http_port, smtp_port = free_port(), free_port()
        town = ("bench.town", str(folder), str(http_port), str(smtp_port))
        stack.enter_context(part(*town))
        await migrate(url)
        address = f"http://127.0.0.1:{http_port}"
        settings = Settings(
            home=folder,
            database_url=url,
            smtp_port=smtp_port,
            sms_url=address,
            superior_url=address,
            hotline_url=address,
            encrypt_payloads=False,  # what sealing costs is measured by itself
        )
        client = await Client.connect(
            target, data_converter=data_converter, interceptors=[open_signing(settings, "api")]
        )
        await register_search_attributes(client)
        yield Stack(client=client, settings=settings, target=target)


@contextmanager
def part(
    module: str, *words: str, environment: dict[str, str] | None = None
) -> Iterator[psutil.Process]:
    command = [sys.executable, "-m", module, *words]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - ourselves
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
