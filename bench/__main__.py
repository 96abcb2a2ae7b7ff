"""``python -m bench [cycles | quick]``: measure, print a table, write ``bench/latest.json``.

``quick``: in under three minutes only what changes of every day may change, CPU instead of seconds;
nothing is written.

``cycles``: how many sleep while everything is stopped and started, 2,000 unless told; more show the
same and take longer (``python -m bench.cycles`` alone measures 10,000).
"""

import asyncio
import json
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from temporalio.client import Client
from temporalio.worker import Worker

from bench import audit, cost, cycles, desk, district, floor, letters, load, reports, sleepers
from bench.bare import CREATE, BareActivities, BareWorkflow
from bench.stack import Stack, running_stack
from casework.domain.policy import Mark, Unit
from casework.domain.time.clock import Clock, due_on
from casework.domain.time.explanation import explain
from casework.policy.calendars import load_calendar
from casework.security.proof.parts import open_signing
from casework.security.proof.verifying import Verifier
from casework.store.engine import create_engine
from casework.store.sealing.ring_vault import RingVault
from casework.temporal import data_converter, sealed_converter
from workers.main import WORKFLOWS, build_parts, create_worker
from workers.sandbox import sandbox

CYCLES = 2_000
QUICK = (30, 60)
"""Cases, and cold cases."""

LATEST = Path(__file__).parent / "latest.json"


async def main() -> None:
    """Run every measurement on a stack of its own and tell the result."""
    console = Console()
    run = uuid.uuid4().hex[:8]  # noqa: TID251 - one name for this measurement
    if sys.argv[1:] == ["quick"]:
        _show(console, await cost.measure(run, *QUICK) | measure_rules())
        return
    console.print("floor ratio …")
    found: dict[str, float] = asdict(await _floor(run))
    console.print("letters …")
    found |= asdict(await letters.measure(run))
    console.print("CPU of a case, and a cold wave …")
    found |= await cost.measure(run)
    console.print("sleepers and replay …")
    found |= await sleepers.measure(run)
    console.print("cycles …")
    found |= await cycles.measure(run, int(sys.argv[1]) if len(sys.argv) > 1 else CYCLES)
    console.print("district switch …")
    found |= asdict(await district.measure(run))
    console.print("a measure for those who wait …")
    found |= asdict(await district.measure_waiting(run))
    console.print("a city's load …")
    found |= asdict(await load.measure())
    console.print("the reports of a year …")
    found |= asdict(await reports.measure())
    console.print("the desk …")
    found |= asdict(await desk.measure(run))
    console.print("audit chain …")
    found |= asdict(await audit.measure())
    console.print("rules …")
    found |= measure_rules()
    LATEST.write_text(json.dumps(found, indent=2) + "\n")
    _show(console, found)
    console.print(f"written to {LATEST.name}")


async def _floor(run: str) -> floor.Floor:
    async with running_stack() as stack, _plain(stack) as plain, _sealed(stack) as sealed:
        return await floor.measure(plain, sealed, run)


@asynccontextmanager
async def _plain(stack: Stack) -> AsyncIterator[floor.Side]:
    """Nothing sealed, signed or checked, and the bare workflow beside the cases."""
    client = await Client.connect(stack.target, data_converter=data_converter)
    async with build_parts(stack.settings) as parts, stack.register() as opened:
        async with opened.begin() as session:
            await session.execute(text(CREATE))
        async with Worker(
            client,
            task_queue="bench-plain",
            workflows=[*WORKFLOWS, BareWorkflow],
            activities=[*parts.activities, BareActivities(opened).insert],
            workflow_runner=sandbox(),
        ):
            yield floor.Side(client=client, task_queue="bench-plain")


@asynccontextmanager
async def _sealed(stack: Stack) -> AsyncIterator[floor.Side]:
    """As in production: payloads and columns sealed, every command signed and checked.

    The two sides have a vault each, as two processes do.
    """
    settings, now = stack.settings, datetime.now(UTC)  # noqa: TID251 - a measurement happens now
    signing = open_signing(settings, "api")

    def vault() -> RingVault:
        return RingVault.open(settings, lambda: create_engine(settings.database), at=now)

    async def client(own: RingVault) -> Client:
        return await Client.connect(
            stack.target, data_converter=sealed_converter(own), interceptors=[signing]
        )

    async with (
        aclosing(vault()) as ours,
        aclosing(vault()) as theirs,
        build_parts(settings, theirs) as parts,
        create_worker(
            await client(theirs), parts, Verifier.open(settings), task_queue="bench-sealed"
        ),
    ):
        yield floor.Side(client=await client(ours), task_queue="bench-sealed")


def _show(console: Console, found: dict[str, float]) -> None:
    table = Table("measure", "value")
    for name, value in found.items():
        table.add_row(name, f"{value:,.3f}" if value < 100 else f"{value:,.0f}")  # noqa: PLR2004
    console.print(table)


SECONDS = 1.0


def measure_rules() -> dict[str, float]:
    """Both rates for a clock of twenty working days."""
    calendar = load_calendar().excerpt(2026, 2027)
    clock = Clock(
        id="decide",
        name="办理期限",
        unit=Unit.WORKING_DAYS,
        amount=20,
        started_on=date(2026, 9, 17),
        mark=Mark.LAW,
    )
    return {
        "due_dates_per_s": _rate_of(lambda: due_on(clock, calendar)),
        "explanations_per_s": _rate_of(lambda: explain(clock, calendar)),
    }


def _rate_of(call: Callable[[], object]) -> float:
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        call()
        done += 1
    return done / (time.perf_counter() - started)


if __name__ == "__main__":
    asyncio.run(main())
