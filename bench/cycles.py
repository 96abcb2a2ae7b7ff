"""Thousands of cycles sleep, everything stops and starts again: exactly those that are due wake.

``python -m bench.cycles [cycles]``; a few of them are rehearsed, so that their next moment, the
notice to the employer more than two years from now, comes just after the restart.
"""

import asyncio
import sqlite3
import sys
import time
import uuid
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from rich.console import Console
from sqlalchemy import func, select, text

from bench.service import Handle, Platform, now
from bench.stack import Stack, files, running_stack
from casework.domain.kinds.cycle.opening import StartCycle
from casework.domain.kinds.registry import CaseKind
from casework.messages.temporal import TASK_QUEUE
from casework.store.engine import Sessions
from casework.store.models import Armings, Events, Openings

CYCLES = 10_000
DUE = 20
AT_ONCE = 20
CACHED = 1_000
"""So many cycles a worker keeps in memory; the others it reads again when they wake."""
LEAD = timedelta(seconds=40)
"""From opening those that are due until they are: longer than it takes to stop everything."""
QUIET_SECONDS = 5
"""So long nobody else may wake after the last of them."""
PATIENCE_SECONDS = 300
# The quarter's rounds of visits are begun by themselves, and are no sleepers.
_CYCLES = select(Openings.case_no).where(Openings.kind == CaseKind.TALENT_CYCLE)


@dataclass(frozen=True, kw_only=True)
class Sleep:
    """What one costs to open and to keep."""

    cycle_sleepers: int
    cycle_start_per_s: float
    cycle_server_mb_per_1000: float
    cycle_worker_mb_per_1000_cached: float
    cycle_register_bytes: float
    cycle_server_file_bytes: float
    cycle_history_events: int


@dataclass(frozen=True, kw_only=True)
class Waking:
    """Who woke after the restart; the last so many seconds after all was due and running."""

    cycle_due: int
    cycle_woken: int
    cycle_woken_wrongly: int
    cycle_last_woken_s: float


@dataclass(frozen=True, kw_only=True)
class Due:
    """Whose notice falls due when; ``still`` events happened to everybody else so far."""

    cases: frozenset[str]
    at: datetime
    still: int


@dataclass(frozen=True, kw_only=True)
class Size:
    """Bytes in memory and on disk."""

    server: int
    worker: int
    register: int
    server_file: int


async def measure(run: str, cycles: int = CYCLES) -> dict[str, float]:
    """Put them to sleep, stop and start everything, and count who wakes.

    Raises RuntimeError if others wake than those that are due.
    """
    with files() as folder:
        async with running_stack(folder) as stack, stack.register() as register:
            platform = Platform(client=stack.client, task_queue=TASK_QUEUE, run=run)
            with stack.worker() as worker:
                slept = await _put_to_sleep(stack, platform, register, worker, cycles)
                due = await _make_some_due(platform, register)
        async with running_stack(folder) as stack, stack.register() as register:
            with stack.worker():
                woken = await _see_who_wakes(register, due)
    if woken.cycle_woken_wrongly or woken.cycle_woken != woken.cycle_due:
        raise RuntimeError(f"others woke than those that were due: {woken}")
    return asdict(slept) | asdict(woken)


async def _put_to_sleep(
    stack: Stack, platform: Platform, register: Sessions, worker: psutil.Process, cycles: int
) -> Sleep:
    # The first of a worker find its code cold; they sleep like the others, uncounted.
    await _open(platform, (_start(platform, f"warm-{number}") for number in range(AT_ONCE)))
    before = await _size(stack, register, worker)
    # What the worker holds is seen before it begins to forget.
    cached = min(cycles, CACHED - AT_ONCE)
    started = time.perf_counter()
    opened = await _open(platform, (_start(platform, f"{n}") for n in range(cached)))
    full = await _size(stack, register, worker)
    opened += await _open(platform, (_start(platform, f"{n}") for n in range(cached, cycles)))
    took = time.perf_counter() - started
    after = await _size(stack, register, worker)
    return Sleep(
        cycle_sleepers=cycles,
        cycle_start_per_s=cycles / took,
        cycle_server_mb_per_1000=(after.server - before.server) / cycles * 1000 / 2**20,
        cycle_worker_mb_per_1000_cached=(full.worker - before.worker) / cached * 1000 / 2**20,
        cycle_register_bytes=(after.register - before.register) / cycles,
        cycle_server_file_bytes=(after.server_file - before.server_file) / cycles,
        cycle_history_events=(await opened[-1].describe()).history_length,
    )


def _start(platform: Platform, name: str) -> StartCycle:
    return platform.talent(name, now())


async def _open(platform: Platform, starts: Iterable[StartCycle]) -> list[Handle]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def gated(start: StartCycle) -> Handle:
        async with gate:
            return await platform.open(start)

    return await asyncio.gather(*(gated(start) for start in starts))


async def _size(stack: Stack, register: Sessions, worker: psutil.Process) -> Size:
    async with register() as session:
        stored = await session.scalar(text("SELECT pg_database_size(current_database())"))
    return Size(
        server=stack.server().memory_info().rss,
        worker=worker.memory_info().rss,
        register=int(stored or 0),
        server_file=await asyncio.to_thread(_pages, stack.server_file),
    )


def _pages(file: Path) -> int:
    """The bytes of a SQLite database, whether they are in its file or still in its journal."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        ((count,),) = database.execute("PRAGMA page_count")
        ((size,),) = database.execute("PRAGMA page_size")
        return int(count * size)


async def _make_some_due(platform: Platform, register: Sessions) -> Due:
    """Some whose time is ahead of everybody's, by just so much that their notice is near."""
    at = _wall() + LEAD
    rehearsed = replace(platform, rehearsal=await _first_moment(register) - at)
    starts = [_start(rehearsed, f"due-{number}") for number in range(DUE)]
    await _open(rehearsed, starts)
    cases = frozenset(start.case_no for start in starts)
    if woken := await _notified(register):
        raise RuntimeError(f"{len(woken)} woke before everything was stopped: make LEAD longer")
    return Due(cases=cases, at=at, still=await _events_of_others(register, cases))


async def _first_moment(register: Sessions) -> datetime:
    """The one moment for which all sleepers have set their alarm."""
    async with register() as session:
        query = select(Armings.wakes_at).where(Armings.case_no.in_(_CYCLES)).distinct()
        (moment,) = await session.scalars(query)
    if moment is None:
        raise RuntimeError("the sleepers wait for nothing")
    return moment


async def _see_who_wakes(register: Sessions, due: Due) -> Waking:
    since = max(due.at, _wall())
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not due.cases <= await _notified(register):  # noqa: ASYNC110 - another's doing
            await asyncio.sleep(0.1)
    last = _wall() - since
    await asyncio.sleep(QUIET_SECONDS)
    woken = await _notified(register)
    others = await _events_of_others(register, due.cases) - due.still
    return Waking(
        cycle_due=len(due.cases),
        cycle_woken=len(woken & due.cases),
        cycle_woken_wrongly=len(woken - due.cases) + others,
        cycle_last_woken_s=last.total_seconds(),
    )


async def _notified(register: Sessions) -> frozenset[str]:
    """The cycles of which the employer has been told that they end."""
    query = select(Events.case_no).where(Events.kind == "cycle_notified")
    async with register() as session:
        return frozenset(await session.scalars(query))


async def _events_of_others(register: Sessions, cases: frozenset[str]) -> int:
    others = Events.case_no.in_(_CYCLES), Events.case_no.not_in(cases)
    async with register() as session:
        return await session.scalar(select(func.count()).select_from(Events).where(*others)) or 0


def _wall() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a measurement happens now


async def _main() -> None:
    cycles = int(sys.argv[1]) if len(sys.argv) > 1 else CYCLES
    found = await measure(uuid.uuid4().hex[:8], cycles)  # noqa: TID251 - one name for this run
    for name, value in found.items():
        Console().print(f"{name:34} {value:,.2f}")


if __name__ == "__main__":
    asyncio.run(_main())
