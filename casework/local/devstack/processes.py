"""Processes of the stack as they are known on disk: pid and create time.

A pid alone is no proof: after ``kill -9`` or a restart of the machine another process may carry it.
Only a process whose create time matches is ours, and only ours are ever signalled.
"""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import psutil

# Create times are counted from the machine's boot time, which follows small clock corrections.
_CREATE_TIME_TOLERANCE_SECONDS = 2.0
_POLL_SECONDS = 0.05
_FILE_SUFFIX = ".json"


@dataclass(frozen=True, kw_only=True)
class ProcessRecord:
    """One process; ``create_time`` in seconds since the epoch, ``state`` as last seen."""

    name: str
    pid: int
    create_time: float
    stop_signal: int = signal.SIGTERM
    grace_seconds: float = 10.0
    state: str = "starting"
    restarts: int = 0

    @classmethod
    def of(cls, pid: int, *, name: str, stop_signal: int, grace_seconds: float) -> Self:
        """Describe a living process; raise `psutil.NoSuchProcess` when it is gone."""
        return cls(
            name=name,
            pid=pid,
            create_time=psutil.Process(pid).create_time(),
            stop_signal=stop_signal,
            grace_seconds=grace_seconds,
        )

    @property
    def since(self) -> datetime:
        """Return when the process began, in UTC."""
        return datetime.fromtimestamp(self.create_time, tz=UTC)

    def living(self) -> psutil.Process | None:
        """Return the process if it still is the one recorded."""
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            drift = abs(process.create_time() - self.create_time)
            # The first thread may have ended before the others, which hold the ports until they do.
            ended = process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
            if drift <= _CREATE_TIME_TOLERANCE_SECONDS and not ended:
                return process
        return None

    def in_state(self, state: str, *, restarts: int = 0) -> Self:
        """Return the record with what its owner now sees."""
        return replace(self, state=state, restarts=restarts)

    def write(self, folder: Path) -> None:
        """Keep the record, whole or not at all."""
        path = folder / f"{self.name}{_FILE_SUFFIX}"
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(asdict(self)))
        unfinished.replace(path)


def read_record(folder: Path, name: str) -> ProcessRecord | None:
    """Return what is kept of a process, None when nothing readable is."""
    try:
        return ProcessRecord(**json.loads((folder / f"{name}{_FILE_SUFFIX}").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def forget(folder: Path, name: str) -> None:
    """Remove the record of a process."""
    (folder / f"{name}{_FILE_SUFFIX}").unlink(missing_ok=True)


def leftovers(folder: Path) -> Iterator[ProcessRecord]:
    """Yield the living processes recorded here, youngest first: the order to stop them in."""
    names = (path.stem for path in folder.glob(f"*{_FILE_SUFFIX}"))
    records = [record for name in names if (record := read_record(folder, name))]
    for record in sorted(records, key=lambda kept: kept.create_time, reverse=True):
        if record.living():
            yield record


async def stop(record: ProcessRecord) -> None:
    """Ask the process to end; kill its group when the grace has passed. Return when it is gone."""
    if (process := record.living()) is None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(record.stop_signal)
    try:
        async with asyncio.timeout(record.grace_seconds):
            await gone(record)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            # Every part leads its own session, so its group is itself and its children.
            os.killpg(record.pid, signal.SIGKILL)
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
        await gone(record)


async def gone(record: ProcessRecord) -> None:
    """Wait until the process has ended."""
    while record.living():  # noqa: ASYNC110 - it need not be our child, so nobody tells us
        await asyncio.sleep(_POLL_SECONDS)
