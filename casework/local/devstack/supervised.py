"""One part under supervision: started, watched, started again when it dies, stopped.

A death is made good at once the first time and more slowly after that; a part that keeps dying
without ever running steadily is given up, and the stack with it. A part that lives but no longer
does its work is shown as such, and left alone.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import NoReturn

import psutil

from casework.local.devstack.errors import PartFailedError
from casework.local.devstack.layout import Layout
from casework.local.devstack.part import Part
from casework.local.devstack.processes import ProcessRecord, forget, stop

_READY_POLL_SECONDS = 0.1
_ANSWER_SECONDS = 10.0
_STEADY_SECONDS = 10.0
_DEATHS_BEFORE_FIRST_READY = 3
_DEATHS_IN_A_ROW = 8
_BACKOFF_SECONDS = (0.0, 0.2, 0.5, 1.0, 2.0)


class PartState(StrEnum):
    """What a part is doing."""

    STARTING = "starting"
    READY = "ready"
    NOT_READY = "not ready"
    RESTARTING = "restarting"
    STOPPING = "stopping"
    STOPPED = "stopped"


class Supervised:
    """A part and the process that is it now."""

    def __init__(
        self, part: Part, layout: Layout, announce: Callable[[str], None] = lambda _: None
    ) -> None:
        """Only take note; `attend` starts the process."""
        self.part = part
        self.state = PartState.STOPPED
        self.restarts = 0
        self.record: ProcessRecord | None = None
        self.ready = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._last_words = ""
        self._layout = layout
        self._announce = announce

    async def attend(self) -> None:
        """Keep the part alive for ever; raise `PartFailedError` when that is hopeless.

        Cancelling leaves the process running: `stop` ends it.
        """
        deaths = 0
        while True:
            steady = await self._live_once()
            deaths = 1 if steady else deaths + 1
            if deaths >= (_DEATHS_IN_A_ROW if self.ready.is_set() else _DEATHS_BEFORE_FIRST_READY):
                raise PartFailedError(f"{self._last_words}; it keeps dying, so the stack stops")
            self.restarts += 1
            self._announce(f"{self._last_words}; starting it again ({self.restarts})")
            self._note(PartState.RESTARTING)
            await asyncio.sleep(_BACKOFF_SECONDS[min(deaths, len(_BACKOFF_SECONDS)) - 1])

    async def stop(self) -> None:
        """End the process, by force when its grace has passed, and forget it."""
        if self.record and self._process:
            self._note(PartState.STOPPING)
            await stop(self.record)
            await self._process.wait()
            forget(self._layout.run, self.part.name)
        self._note(PartState.STOPPED)

    async def _live_once(self) -> bool:
        """Run one process to its end; say whether it had been running steadily."""
        await self.part.prepare()
        process = await self._launch()
        if not await self._becomes_ready(process):
            self._last_words = await self._epitaph(process)
            return False
        self._note(PartState.READY)
        self.ready.set()
        ready_at = asyncio.get_running_loop().time()
        await self._watch(process)
        self._last_words = await self._epitaph(process)
        return asyncio.get_running_loop().time() - ready_at >= _STEADY_SECONDS

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Return when the process has died; meanwhile show whether it still is ready."""
        death = asyncio.create_task(process.wait())
        looking = asyncio.create_task(self._keep_looking())
        try:
            await asyncio.wait({death, looking}, return_when=asyncio.FIRST_COMPLETED)
            if looking.done():
                looking.result()
        finally:
            for task in (death, looking):
                task.cancel()
            await asyncio.gather(death, looking, return_exceptions=True)

    async def _keep_looking(self) -> NoReturn:
        before = True
        while True:
            await asyncio.sleep(self.part.looked_at_every_seconds)
            ready = await self._is_ready()
            # One answer that comes late is a busy machine.
            state = PartState.READY if ready or before else PartState.NOT_READY
            before = ready
            if state is not self.state:
                self._note(state)
                self._announce(f"{self.part.name} is {state}")

    async def _is_ready(self) -> bool:
        if self.record is None:
            return False
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await self.part.ready(self.record.since)
        except TimeoutError:
            return False

    async def _launch(self) -> asyncio.subprocess.Process:
        part, account = self.part, self.part.account
        log = self._layout.open_log(part.name)
        try:
            process = await asyncio.create_subprocess_exec(
                *part.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=part.environment,
                cwd="/" if account else None,
                umask=0o077,
                # Out of reach of the terminal's Ctrl-C: parts stop in order, by us.
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        except OSError as error:
            raise PartFailedError(f"cannot start {part.name}: {error}") from error
        finally:
            os.close(log)
        self._process, self.record = process, None
        with contextlib.suppress(psutil.NoSuchProcess):
            self.record = ProcessRecord.of(
                process.pid,
                name=part.name,
                stop_signal=part.stop_signal,
                grace_seconds=part.grace_seconds,
            )
        self._note(PartState.STARTING)
        return process

    async def _becomes_ready(self, process: asyncio.subprocess.Process) -> bool:
        if self.record is None:
            return False
        began_at = self.record.since
        try:
            async with asyncio.timeout(self.part.ready_within_seconds):
                while process.returncode is None:
                    if await self.part.ready(began_at):
                        return True
                    await asyncio.sleep(_READY_POLL_SECONDS)
        except TimeoutError:
            self._announce(
                f"{self.part.name} is not ready after {self.part.ready_within_seconds:g} s"
            )
            await stop(self.record)
        return False

    async def _epitaph(self, process: asyncio.subprocess.Process) -> str:
        code = await process.wait()
        cause = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"{self.part.name} died ({cause}, see {self._layout.log(self.part.name)})"

    def _note(self, state: PartState) -> None:
        self.state = state
        if self.record and state is not PartState.STOPPED:
            self.record = self.record.in_state(state, restarts=self.restarts)
            self.record.write(self._layout.run)


@asynccontextmanager
async def running(part: Part, layout: Layout) -> AsyncIterator[Supervised]:
    """Run one part without a supervisor: yield when it is ready, stop it at the end.

    Not started again when it dies while the block runs.
    """
    supervised = Supervised(part, layout)
    life = asyncio.create_task(supervised.attend())
    ready = asyncio.create_task(supervised.ready.wait())
    try:
        await asyncio.wait({life, ready}, return_when=asyncio.FIRST_COMPLETED)
        if life.done():
            life.result()
        life.cancel()
        yield supervised
    finally:
        for task in (life, ready):
            task.cancel()
        await asyncio.gather(life, ready, return_exceptions=True)
        await supervised.stop()
