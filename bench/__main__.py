"""``python -m bench``: measure, print a table, write ``bench/latest.json``."""

import asyncio
import json
import tempfile
import uuid
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from temporalio.client import Client
from temporalio.worker import Worker

from bench import floor, rules, sleepers
from bench.bare import CREATE, BareActivities, BareWorkflow
from casework.devstack import postgres, temporal_server
from casework.settings import Settings
from casework.store.engine import create_engine, migrate, sessions
from casework.temporal import TASK_QUEUE, data_converter, register_search_attributes
from casework.town.server import TownSettings, running_town
from workers.main import WORKFLOWS, build_parts, sandbox

LATEST = Path(__file__).parent / "latest.json"


async def main() -> None:
    """Run every measurement on a stack of its own and tell the result."""
    console = Console()
    found: dict[str, float] = {}
    run = uuid.uuid4().hex[:8]  # noqa: TID251 - one name for this measurement
    with tempfile.TemporaryDirectory(prefix="casework-bench-") as folder:
        console.print("floor ratio …")
        found |= await _floor(Path(folder), run)
        console.print("sleepers and replay …")
        found |= await sleepers.measure(run)
    console.print("rules …")
    found |= rules.measure()
    LATEST.write_text(json.dumps(found, indent=2) + "\n")
    _show(console, found)


async def _floor(folder: Path, run: str) -> dict[str, float]:
    async with AsyncExitStack() as stack:
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
        parts = await stack.enter_async_context(build_parts(settings))
        engine = create_engine(url)
        stack.push_async_callback(engine.dispose)
        async with engine.begin() as connection:
            await connection.execute(text(CREATE))
        bare = BareActivities(sessions(engine))
        worker = Worker(
            client,
            task_queue=TASK_QUEUE,
            workflows=[*WORKFLOWS, BareWorkflow],
            activities=[*parts.activities, bare.insert],
            workflow_runner=sandbox(),
        )
        async with worker:
            return asdict(await floor.measure(client, TASK_QUEUE, run))


def _show(console: Console, found: dict[str, float]) -> None:
    table = Table("measure", "value")
    for name, value in found.items():
        table.add_row(name, f"{value:,.3f}" if value < 100 else f"{value:,.0f}")  # noqa: PLR2004
    console.print(table)
    console.print(f"written to {LATEST.name}")


if __name__ == "__main__":
    asyncio.run(main())
