"""A test that hangs costs its limit, and no more than itself."""

import os
import subprocess
import sys
from pathlib import Path

_FOREVER = """
import asyncio
import signal
import time

import pytest


async def forever():
    while True:
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            pass
"""

_HANGING = """
@pytest.mark.timeout(0.6)
async def test_a_background_task_swallows_the_signal():
    async def busy():
        time.sleep(60)  # until the signal comes, whose exception ends this task only

    background = asyncio.create_task(busy())
    await asyncio.Event().wait()


@pytest.fixture
async def never_closed():
    yield
    await asyncio.Event().wait()


@pytest.mark.timeout(2)
async def test_b_has_failed_when_its_fixture_does_not_close(never_closed):
    assert not "failed"


@pytest.mark.timeout(0.6)
async def test_c_does_not_hear_of_any_limit():
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    await forever()


@pytest.mark.timeout(20)
async def test_d_with_a_longer_limit_goes_on():
    await asyncio.sleep(0.4)


@pytest.mark.timeout(0)
async def test_e_without_a_limit_goes_on():
    await asyncio.sleep(0.4)
"""

_NOT_CLOSING = """
@pytest.mark.timeout(0)
async def test_leaves_what_does_not_end():
    global left
    left = asyncio.create_task(forever())
"""


def test_each_that_hangs_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    ended = _pytest(tmp_path, _HANGING, "-n", "1")
    assert _told("FAILED", ended) == [
        "a_background_task_swallows_the_signal",
        "b_has_failed_when_its_fixture_does_not_close",
        "c_does_not_hear_of_any_limit",
    ]
    assert _told("ERROR", ended) == ["b_has_failed_when_its_fixture_does_not_close"]
    assert _told("PASSED", ended) == [
        "d_with_a_longer_limit_goes_on",
        "e_without_a_limit_goes_on",
    ]
    assert ended.stdout.count("\nE   Failed: cancelled: it was still running after") == 2
    assert "crashed while running 'test_hanging.py::test_c_does_not_hear" in ended.stdout
    assert "in forever" in ended.stderr, "where it stood"


def test_a_process_that_cannot_close_ends(tmp_path: Path) -> None:
    ended = _pytest(tmp_path, _NOT_CLOSING)
    assert ended.returncode == 1
    assert "in _cancel_all_tasks" in ended.stderr


def _told(outcome: str, ended: subprocess.CompletedProcess[str]) -> list[str]:
    """The tests that ended so, by the summary."""
    lines = ended.stdout.splitlines()
    start = f"{outcome} test_hanging.py::test_"
    return sorted(line.removeprefix(start).split()[0] for line in lines if line.startswith(start))


def _pytest(folder: Path, tests: str, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_hanging.py").write_text(_FOREVER + tests)
    (folder / "pytest.ini").write_text(
        "[pytest]\n"
        "asyncio_mode = auto\n"
        "asyncio_default_fixture_loop_scope = session\n"
        "asyncio_default_test_loop_scope = session\n"
        "timeout = 0.2\n"
        "standstill = 0.1\n"
    )
    return subprocess.run(  # noqa: S603 - ourselves
        [
            *(sys.executable, "-m", "pytest", "-rA", "--tb=line"),
            *("-p", "xdist.plugin", "-p", "pytest_asyncio.plugin", "-p", "pytest_timeout"),
            *("-p", "tests.standstill", *words),
        ],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
