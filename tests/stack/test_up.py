"""The whole local stack, with stand-ins for our own parts."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from casework.local.devstack import PartStatus, status
from casework.local.devstack.layout import Layout
from casework.local.devstack.processes import ProcessRecord, leftovers
from casework.settings import Settings
from tests.examples import at_night

Eventually = Callable[[Callable[[], bool]], Awaitable[None]]

CLI = (sys.executable, "-m", "tests.stack.standin")
PARTS = ["supervisor", "postgres", "temporal", "issuer", "town", "worker", "api", "mail"]


class Shell:
    """The commands an engineer types, on one home."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def __call__(self, command: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *(*CLI, command),
            env=self.settings.child_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return process.returncode, output.decode()

    def status(self) -> dict[str, PartStatus]:
        return {part.name: part for part in status(self.settings)}

    def all_ready(self) -> bool:
        return all(part.ready for part in self.status().values())

    def restarted(self, name: str) -> Callable[[], bool]:
        return lambda: self.status()[name].restarts >= 1 and self.all_ready()

    def processes(self) -> list[ProcessRecord]:
        return list(leftovers(Layout(self.settings.home).run))

    def kill(self, name: str) -> None:
        pid = self.status()[name].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def shell(settings: Settings) -> Iterator[Shell]:
    shell = Shell(settings)
    yield shell
    stop = [*CLI, "down"]
    subprocess.run(stop, env=settings.child_environment(), check=False, capture_output=True)  # noqa: S603 - ours


@at_night
@pytest.mark.timeout(300)
async def test_stack_outlives_the_death_of_each_part_and_of_its_supervisor(
    shell: Shell, eventually: Eventually
) -> None:
    """By day e2e kills all parts under work; test_processes finds what a killed stack has left."""
    code, output = await shell("detach")
    assert code == 0, output
    assert "the table of cases" in output
    assert list(shell.status()) == PARTS
    assert shell.all_ready()
    await _keep_a_case(shell.settings)

    for name in ("worker", "postgres", "temporal"):
        shell.kill(name)
        await eventually(shell.restarted(name))
    assert await _kept_cases(shell.settings) == 1

    code, output = await shell("up")
    assert code == 0
    assert "is running" in output

    shell.kill("supervisor")
    await eventually(lambda: shell.status()["supervisor"].pid is None)
    orphans = shell.processes()
    assert len(orphans) == len(PARTS) - 1
    code, output = await shell("detach")
    assert code == 0, output
    assert output.count("left by a stack that was killed") == len(orphans)
    assert not any(orphan.living() for orphan in orphans)
    assert await _kept_cases(shell.settings) == 1

    processes = shell.processes()
    assert len(processes) == len(PARTS)
    code, output = await shell("down")
    assert code == 0, output
    assert not any(process.living() for process in processes)
    assert {part.state for part in shell.status().values()} == {"stopped"}


async def test_interrupt_while_starting_leaves_nothing(
    shell: Shell, eventually: Eventually
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(*CLI, "up"),
        env=shell.settings.child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    await eventually(lambda: shell.status()["temporal"].pid is not None)
    process.send_signal(signal.SIGINT)
    output, _ = await process.communicate()
    assert process.returncode == 0
    assert output.decode().splitlines()[-2:] == [
        "stopping",
        "stopped; `casework up` goes on where it was",
    ]
    assert {part.pid for part in shell.status().values()} == {None}


@pytest.mark.parametrize("command", [pytest.param("up", marks=at_night), "detach"])
async def test_taken_port_ends_with_one_line(shell: Shell, command: str) -> None:
    """What is detached is ``up``, and shows its line."""
    port = shell.settings.api_port
    with socket.create_server(("127.0.0.1", port)):
        code, output = await shell(command)
    assert code == 2
    (line,) = output.splitlines()
    assert line.startswith(f"port {port} is taken")
    assert line.endswith("set CASEWORK_API_PORT")


async def test_part_that_cannot_start_stops_the_rest_and_names_its_log(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STANDIN_BROKEN", "town")
    shell = Shell(settings)
    code, output = await shell("detach")
    assert code == 1
    last_line = output.splitlines()[-1]
    assert last_line.startswith("town died (exit code 3")
    assert str(Layout(settings.home).log("town")) in last_line
    assert {part.pid for part in shell.status().values()} == {None}


async def _execute(settings: Settings, statement: str) -> int:
    engine = create_async_engine(settings.database)
    try:
        async with engine.begin() as connection:
            return (await connection.execute(text(statement))).rowcount
    finally:
        await engine.dispose()


async def _keep_a_case(settings: Settings) -> None:
    await _execute(settings, "CREATE TABLE kept AS SELECT 1 AS case_no")


async def _kept_cases(settings: Settings) -> int:
    return await _execute(settings, "SELECT * FROM kept")
