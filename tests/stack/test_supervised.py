import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import psutil
import pytest

from casework.local.devstack import PartFailedError
from casework.local.devstack.layout import Layout
from casework.local.devstack.part import ApplicationStage, Part
from casework.local.devstack.processes import read_record
from casework.local.devstack.supervised import PartState, Stack, Supervised

SLEEPER = (sys.executable, "-c", "import signal; signal.pause()")
DEAF_CODE = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
while True:
    signal.pause()
"""
DEAF = (sys.executable, "-c", DEAF_CODE)
DYING = (sys.executable, "-c", "raise SystemExit('no such district')")


async def never(_: datetime) -> bool:
    return False


async def at_once(_: datetime) -> bool:
    return True


def part(name: str = "sleeper", **fields: Any) -> Part:
    known: dict[str, Any] = {"name": name, "command": SLEEPER, "ready": at_once}
    return Part(**(known | fields))


@asynccontextmanager
async def attended(supervised: Supervised) -> AsyncIterator[asyncio.Task[None]]:
    life = asyncio.create_task(supervised.attend())
    await supervised.ready.wait()
    yield life
    life.cancel()
    await asyncio.gather(life, return_exceptions=True)
    await supervised.stop()


async def test_killed_part_is_started_again_and_said_so(
    layout: Layout, eventually: Callable[[Callable[[], bool]], Awaitable[None]]
) -> None:
    lines: asyncio.Queue[str] = asyncio.Queue()
    supervised = Supervised(part(), layout, lines.put_nowait)
    async with attended(supervised):
        first = read_record(layout.run, "sleeper")
        assert first is not None
        os.kill(first.pid, signal.SIGKILL)
        line = await lines.get()
        assert "sleeper died (SIGKILL" in line
        assert str(layout.log("sleeper")) in line
        await eventually(lambda: supervised.restarts == 1 and supervised.state is PartState.READY)
        second = read_record(layout.run, "sleeper")
        assert second is not None
        assert second.pid != first.pid
        assert second.restarts == 1
    assert not psutil.pid_exists(second.pid)
    assert read_record(layout.run, "sleeper") is None


async def test_part_that_keeps_dying_is_given_up_with_its_log_named(layout: Layout) -> None:
    lines: list[str] = []
    supervised = Supervised(part("dying", command=DYING, ready=never), layout, lines.append)
    with pytest.raises(PartFailedError, match=r"dying died .*dying\.log.*keeps dying") as failure:
        await supervised.attend()
    assert failure.value.exit_code == 1
    assert len(lines) == supervised.restarts == 2
    assert layout.log("dying").read_text().count("no such district") == 3


async def test_part_that_no_longer_works_is_not_ready_until_it_does(
    layout: Layout, eventually: Callable[[Callable[[], bool]], Awaitable[None]]
) -> None:
    lines: list[str] = []
    works = True

    async def working(_: datetime) -> bool:
        return works

    watched = part("idle", ready=working, looked_at_every_seconds=0.02)
    supervised = Supervised(watched, layout, lines.append)

    def shown() -> str:
        record = read_record(layout.run, "idle")
        return record.state if record else ""

    async with attended(supervised):
        works = False
        await eventually(lambda: shown() == "not ready")
        works = True
        await eventually(lambda: shown() == "ready")
    assert lines == ["idle is not ready", "idle is ready"]
    assert supervised.restarts == 0


async def test_missing_program_is_one_line(layout: Layout) -> None:
    absent = part("absent", command=("/no/such/program",))
    with pytest.raises(PartFailedError, match="cannot start absent"):
        await Supervised(absent, layout).attend()


async def test_part_deaf_to_its_stop_signal_is_killed(layout: Layout) -> None:
    async def has_begun(_: datetime) -> bool:
        return "deaf" in layout.log("deaf").read_text()

    deaf = part("deaf", command=DEAF, ready=has_begun, grace_seconds=0.05)
    supervised = Supervised(deaf, layout)
    async with attended(supervised):
        assert supervised.record is not None
        pid = supervised.record.pid
    assert not psutil.pid_exists(pid)


async def test_part_not_ready_in_time_is_a_death(layout: Layout) -> None:
    lines: list[str] = []
    late = Supervised(part("late", ready=never, ready_within_seconds=0.2), layout, lines.append)
    with pytest.raises(PartFailedError, match="late died"):
        await late.attend()
    assert "late is not ready after 0.2 s" in lines


async def test_stages_start_in_order_and_stop_in_reverse(layout: Layout) -> None:
    happened: list[str] = []
    stages = [
        ApplicationStage(parts=(part("store"),), then=lambda: _note(happened, "migrated")),
        ApplicationStage(parts=(part("front"),)),
    ]
    stack = Stack(stages, layout, happened.append)
    ready = asyncio.Event()

    async def on_ready() -> None:
        ready.set()

    holding = asyncio.create_task(stack.hold(on_ready))
    await ready.wait()
    names = [line.partition(" (")[0] for line in happened]
    assert names == [
        "starting store",
        "store is ready",
        "migrated",
        "starting front",
        "front is ready",
    ]
    pids = [member.record.pid for member in stack.parts if member.record]
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    assert len(pids) == 2
    assert not any(map(psutil.pid_exists, pids))


async def test_failing_part_takes_the_stack_down(layout: Layout) -> None:
    stages = [
        ApplicationStage(parts=(part("store"),)),
        ApplicationStage(parts=(part("dying", command=DYING, ready=never),)),
    ]
    stack = Stack(stages, layout)
    with pytest.raises(PartFailedError, match="dying"):
        await stack.hold(lambda: _note([], "never comes to this"))
    assert all(member.state is PartState.STOPPED for member in stack.parts)
    assert read_record(layout.run, "store") is None


async def _note(happened: list[str], line: str) -> None:
    happened.append(line)
