import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from casework.local.devstack import AlreadyRunningError
from casework.local.devstack.layout import Layout
from casework.local.devstack.processes import ProcessRecord, leftovers, read_record, stop


@pytest.fixture
def stranger() -> Iterator[psutil.Popen]:
    with psutil.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as process:
        yield process
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def record_of(process: psutil.Popen, name: str = "worker") -> ProcessRecord:
    return ProcessRecord.of(process.pid, name=name, stop_signal=signal.SIGTERM, grace_seconds=5)


async def test_pid_now_carried_by_a_stranger_is_never_signalled(
    layout: Layout, stranger: psutil.Popen
) -> None:
    stale = replace(record_of(stranger), create_time=stranger.create_time() - 3600)
    stale.write(layout.run)
    assert list(leftovers(layout.run)) == []
    await stop(stale)
    assert stranger.poll() is None


async def test_leftover_of_ours_is_found_and_stopped(
    layout: Layout, stranger: psutil.Popen
) -> None:
    record_of(stranger).write(layout.run)
    (found,) = leftovers(layout.run)
    await stop(found)
    assert stranger.wait() == -signal.SIGTERM


def test_torn_record_counts_as_none(layout: Layout) -> None:
    (layout.run / "worker.json").write_text('{"name": "wor')
    assert read_record(layout.run, "worker") is None
    assert list(leftovers(layout.run)) == []


def test_home_is_held_once_and_freed_by_kill(layout: Layout) -> None:
    hold = (
        "import sys, pathlib, signal; from casework.local.devstack.layout import Layout\n"
        "with Layout(pathlib.Path(sys.argv[1])).claim('stack'): print(flush=True); signal.pause()"
    )
    command = [sys.executable, "-c", hold, str(layout.home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:  # noqa: S603 - ours
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(AlreadyRunningError, match="the stack of"), layout.claim("stack"):
            pass
        os.kill(holder.pid, signal.SIGKILL)
    with layout.claim("stack"):
        pass
