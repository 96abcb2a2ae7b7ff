"""``python -m bench [cycles]``: measure, print a table, write ``bench/latest.json``.

``cycles``: how many sleep while everything is stopped and started, 2,000 unless told; more show the
same and take longer (``python -m bench.cycles`` alone measures 10,000).
"""

import asyncio
import json
import sys
import uuid
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from temporalio.worker import Worker

from bench import cycles, district, floor, rules, sleepers
from bench.bare import CREATE, BareActivities, BareWorkflow
from bench.stack import running_stack
from casework.store.engine import create_engine, sessions
from casework.temporal import TASK_QUEUE
from workers.main import WORKFLOWS, build_parts, sandbox

CYCLES = 2_000
LATEST = Path(__file__).parent / "latest.json"


async def main() -> None:
    """Run every measurement on a stack of its own and tell the result."""
    console = Console()
    run = uuid.uuid4().hex[:8]  # noqa: TID251 - one name for this measurement
    console.print("floor ratio …")
    found: dict[str, float] = asdict(await _floor(run))
    console.print("sleepers and replay …")
    found |= await sleepers.measure(run)
    console.print("cycles …")
    found |= await cycles.measure(run, int(sys.argv[1]) if len(sys.argv) > 1 else CYCLES)
    console.print("district switch …")
    found |= asdict(await district.measure(run))
    console.print("rules …")
    found |= rules.measure()
    LATEST.write_text(json.dumps(found, indent=2) + "\n")
    _show(console, found)


async def _floor(run: str) -> floor.Floor:
    async with running_stack() as stack, build_parts(stack.settings) as parts:
        engine = create_engine(stack.settings.database)
        async with engine.begin() as connection:
            await connection.execute(text(CREATE))
        worker = Worker(
            stack.client,
            task_queue=TASK_QUEUE,
            workflows=[*WORKFLOWS, BareWorkflow],
            activities=[*parts.activities, BareActivities(sessions(engine)).insert],
            workflow_runner=sandbox(),
        )
        async with worker:
            found = await floor.measure(stack.client, TASK_QUEUE, run)
        await engine.dispose()
        return found


def _show(console: Console, found: dict[str, float]) -> None:
    table = Table("measure", "value")
    for name, value in found.items():
        table.add_row(name, f"{value:,.3f}" if value < 100 else f"{value:,.0f}")  # noqa: PLR2004
    console.print(table)
    console.print(f"written to {LATEST.name}")


if __name__ == "__main__":
    asyncio.run(main())
