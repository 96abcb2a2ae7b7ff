"""What a case costs each process in CPU, and how fast cold cases wake while officers work.

``python -m bench.cost [cases cold]``. CPU depends less on what else a machine does than seconds.
"""

import asyncio
import statistics
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar

import psutil
from rich.console import Console
from sqlalchemy import select
from temporalio.api.enums.v1 import TimeoutType
from temporalio.client import Client

from bench.cases import STEPS, Office
from bench.floor import rate_of, size_of
from bench.service import Platform, now
from bench.stack import Stack, running_stack
from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.messages.cases import Receipt
from casework.messages.temporal import TASK_QUEUE
from casework.security.proof.parts import open_signing
from casework.store.engine import Sessions, create_engine
from casework.store.models import Armings, Events
from casework.store.sealing.ring_vault import RingVault
from casework.temporal import sealed_converter

CASES, COLD = 60, 300
T = TypeVar("T")
OFFICERS, IDLE_SECONDS = 2, 10
LEAD = timedelta(seconds=15)
"""From the last sleeper's opening until all are due; meanwhile the worker is stopped."""
PACED, SLACK = 40, 1.5
"""The pace of opening is that of so many cases, and may slow down by this factor."""
PATIENCE_SECONDS = 3600
_BESIDE: Mapping[str, Callable[[psutil.Process], bool]] = {
    "postgres": lambda process: process.name() == "postgres",
    "town": lambda process: "bench.town" in process.cmdline(),
}
PARTS = ("worker", "server", "postgres", "town", "client")


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Milliseconds of CPU for one application, sealed and signed, from submission to archive."""

    worker_ms_per_case: float
    server_ms_per_case: float
    postgres_ms_per_case: float
    town_ms_per_case: float
    client_ms_per_case: float
    history_bytes_per_case: float
    sealed_events_per_case: float


@dataclass(frozen=True, kw_only=True)
class Wave:
    """Timers that fire together at a worker that knows none of their cases.

    ``…_ms``: CPU for one of them, with what officers did meanwhile. ``cold_overrun``: tasks that
    were begun and not done in time; ``cold_twice``: cases whose notice was decided twice. An
    officer's act is timed during the wave and after it.
    """

    cold_cases: int
    cold_per_s: float
    cold_worker_ms: float
    cold_server_ms: float
    cold_overrun: int
    cold_twice: int
    officer_wave_p99_s: float
    officer_idle_p99_s: float


async def measure(run: str, cases: int = CASES, cold: int = COLD) -> dict[str, float]:
    """Both on one stack; the first half of the cases warms everything up."""
    async with running_stack() as plain, sealed(plain) as stack:
        with stack.worker() as worker:
            office = Office(stack.client, TASK_QUEUE, run)
            await rate_of(office.see_through, 0, cases)
            with spent(stack, worker) as used:
                await rate_of(office.see_through, cases, cases)
            last = await office.see_through(10**7)
            events, _ = await size_of(stack.client, last)
            history = await last.fetch_history()
        costs = Costs(
            **{f"{part}_ms_per_case": used[part] / cases for part in PARTS},
            history_bytes_per_case=sum(event.ByteSize() for event in history.events),
            sealed_events_per_case=events,
        )
        cases_asleep = await put_to_sleep(stack, run, cold)
        return asdict(costs) | asdict(await wave(stack, run, cases_asleep))


@asynccontextmanager
async def sealed(plain: Stack) -> AsyncIterator[Stack]:
    """The stack as in production: everything sealed and signed."""
    settings = plain.settings.model_copy(update={"encrypt_payloads": True})
    at = datetime.now(UTC)  # noqa: TID251 - a measurement happens now
    async with aclosing(
        RingVault.open(settings, lambda: create_engine(settings.database), at=at)
    ) as vault:
        client = await Client.connect(
            plain.target,
            data_converter=sealed_converter(vault),
            interceptors=[open_signing(settings, "api")],
        )
        yield replace(plain, client=client, settings=settings)


@contextmanager
def spent(stack: Stack, worker: psutil.Process) -> Iterator[Mapping[str, float]]:
    """Milliseconds of CPU that each part uses meanwhile; read them at the end."""
    used: dict[str, float] = {}
    before = _cpu(stack, worker)
    yield used
    used |= {part: 1000 * (now - before[part]) for part, now in _cpu(stack, worker).items()}


def _cpu(stack: Stack, worker: psutil.Process) -> dict[str, float]:
    used = {"worker": _of(worker), "server": _of(stack.server()), "client": time.process_time()}
    for part, is_it in _BESIDE.items():
        used[part] = sum(
            _of(process) for process in psutil.Process().children(recursive=True) if is_it(process)
        )
    return used


def _of(process: psutil.Process) -> float:
    times = process.cpu_times()
    # Of a server that forks for each connection, what those that have ended used is counted too.
    return float(times.user + times.system + times.children_user + times.children_system)


async def put_to_sleep(stack: Stack, run: str, cold: int) -> frozenset[str]:
    """Open cycles whose notice falls due together, some years ahead, and soon; return who sleeps.

    All of them are due when this returns, and no worker is there: they wait for the next one.
    """
    platform = Platform(client=stack.client, task_queue=TASK_QUEUE, run=run)
    async with stack.register() as register:
        with stack.worker():
            rate = await rate_of(lambda number: _opened(platform, f"pace-{number}"), 0, PACED)
            probe = await _opened(platform, "probe")
            async with register() as session:
                moment = await session.scalar(
                    select(Armings.wakes_at).where(Armings.case_no == probe)
                )
            if moment is None:
                raise RuntimeError("the probe waits for nothing")
            # Opened so early that it is due soon after the last of them.
            due = _wall() + timedelta(seconds=SLACK * cold / rate) + LEAD
            rehearsed = replace(platform, rehearsal=moment - due)
            cases: set[str] = set()

            async def slept(number: int) -> None:
                cases.add(await _opened(rehearsed, f"cold-{number}"))

            await rate_of(slept, 0, cold)
            if _wall() >= due:
                raise RuntimeError("they woke before all of them slept")
    await asyncio.sleep((due - _wall()).total_seconds())
    return frozenset(cases)


async def _opened(platform: Platform, name: str) -> str:
    start = platform.talent(name, now())
    await platform.open(start)
    return start.case_no


async def wave(stack: Stack, run: str, cases: Collection[str], *, kill: bool = False) -> Wave:
    """Time how cases that were put to sleep wake beside two officers, at a worker without any.

    The officers come when the first of them has woken. ``kill``: the first worker dies when a third
    of them have woken, and another takes over.
    """
    cold = len(cases)
    async with stack.register() as register:
        officers, began = _Officers(stack, run), time.perf_counter()
        async with AsyncExitStack() as at_work, asyncio.timeout(PATIENCE_SECONDS):
            if kill:
                with stack.worker() as worker:
                    await _woken(register, cases, at_least=1)
                    await at_work.enter_async_context(officers)
                    await _woken(register, cases, at_least=cold // 3)
                    worker.kill()
            with stack.worker() as worker, spent(stack, worker) as used:
                if not kill:
                    await _woken(register, cases, at_least=1)
                    await at_work.enter_async_context(officers)
                await _woken(register, cases, at_least=cold)
                took, busy = time.perf_counter() - began, officers.waited()
                await asyncio.sleep(IDLE_SECONDS)
                idle = officers.waited()
                await at_work.aclose()  # while somebody is there who does the act under way
        notified = await _notified(register)
    return Wave(
        cold_cases=cold,
        cold_per_s=cold / took,
        cold_worker_ms=used["worker"] / cold,
        cold_server_ms=used["server"] / cold,
        cold_overrun=await _overrun(stack.client, cases),
        cold_twice=len(notified) - len(set(notified)),
        officer_wave_p99_s=p99(busy),
        officer_idle_p99_s=p99(idle),
    )


class _Officers:
    """Two people who open cases and act on them, one act after the other."""

    def __init__(self, stack: Stack, run: str) -> None:
        self._office = Office(stack.client, TASK_QUEUE, f"{run}-wave")
        self._waited: list[float] = []
        self._began: dict[int, float] = {}
        self._at_work: list[asyncio.Task[None]] = []
        self._leaving = False

    async def __aenter__(self) -> None:
        self._at_work = [asyncio.create_task(self._work(officer)) for officer in range(OFFICERS)]

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._leaving = True  # after the act under way
        if kind is not None:  # no worker may be left who would do it
            for each in self._at_work:
                each.cancel()
        await asyncio.gather(*self._at_work, return_exceptions=kind is not None)

    def waited(self) -> list[float]:
        """How long each act took since this was last asked; of those under way, so far."""
        waited, now = self._waited, time.perf_counter()
        self._waited = []
        return waited + [now - began for began in self._began.values()]

    async def _work(self, officer: int) -> None:
        for number in count(officer * 10**6):
            handle = await self._timed(officer, self._office.submit(number))
            for verb, command in STEPS[:3]:
                if self._leaving:
                    return
                act = handle.execute_update(verb, command, result_type=Receipt)
                await self._timed(officer, act)

    async def _timed(self, officer: int, act: Awaitable[T]) -> T:
        began = self._began[officer] = time.perf_counter()
        done = await act
        self._waited.append(time.perf_counter() - began)
        return done


async def _woken(register: Sessions, cases: Collection[str], *, at_least: int) -> None:
    while len(set(await _notified(register)) & set(cases)) < at_least:  # noqa: ASYNC110 - another's doing
        await asyncio.sleep(0.1)


async def _notified(register: Sessions) -> list[str]:
    query = select(Events.case_no).where(Events.kind == "cycle_notified")
    async with register() as session:
        return [*await session.scalars(query)]


async def _overrun(client: Client, cases: Collection[str]) -> int:
    """How many tasks were begun and not done in time."""
    found = 0
    for case_no in cases:
        number = workflow_id(CaseKind.TALENT_CYCLE, case_no)
        history = await client.get_workflow_handle(number).fetch_history()
        timed_out = (each.workflow_task_timed_out_event_attributes for each in history.events)
        overrun = TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE
        found += sum(each.timeout_type == overrun for each in timed_out)
    return found


def p99(seconds: list[float]) -> float:
    """The wait that one in a hundred exceeds."""
    return statistics.quantiles(seconds, n=100, method="inclusive")[-1]


def _wall() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a measurement happens now


async def _main() -> None:
    cases, cold = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (CASES, COLD)  # noqa: PLR2004 - both, or neither
    found = await measure(uuid.uuid4().hex[:8], cases, cold)  # noqa: TID251 - one name for this run
    for name, value in found.items():
        Console().print(f"{name:34} {value:,.2f}")


if __name__ == "__main__":
    asyncio.run(_main())
