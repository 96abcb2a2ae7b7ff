"""One part under supervision, and the stack of all: started, watched, started again, stopped.

A part that has died is started again, at once the first time and more slowly after that; a part
that keeps dying without ever running steadily is given up, and the stack with it. A part that lives
but no longer does its work is shown as such, and left alone.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any, NoReturn

import psutil

from casework.local.devstack.layout import Layout
from casework.local.devstack.part import ApplicationStage, Part, PartFailedError
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


class Stack:
    """The parts of one home; the home must be claimed."""

    def __init__(
        self,
        stages: Iterable[ApplicationStage],
        layout: Layout,
        announce: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Only take note; `hold` starts the parts."""
        self._stages = [
            (stage, [Supervised(part, layout, announce) for part in stage.parts])
            for stage in stages
        ]
        self._announce = announce
        self._lives: list[asyncio.Task[None]] = []

    @property
    def parts(self) -> list[Supervised]:
        """All parts, in the order they start."""
        return [member for _, members in self._stages for member in members]

    async def hold(self, on_ready: Callable[[], Awaitable[None]]) -> None:
        """Bring the stages up, call ``on_ready``, keep all alive until cancelled.

        Raise `PartFailedError` when a part is given up. Whatever ends it, every part is stopped,
        the last stage first.
        """
        try:
            for stage, members in self._stages:
                await self._bring_up(members)
                await self._unless_a_part_fails(stage.then())
            await self._unless_a_part_fails(on_ready())
            await self._unless_a_part_fails(asyncio.get_running_loop().create_future())
        finally:
            await self._take_down()

    async def _bring_up(self, members: list[Supervised]) -> None:
        begun = asyncio.get_running_loop().time()

        async def become_ready(member: Supervised) -> None:
            await member.ready.wait()
            took = asyncio.get_running_loop().time() - begun
            self._announce(f"{member.part.name} is ready ({took:.1f} s)")

        self._announce(f"starting {', '.join(member.part.name for member in members)}")
        self._lives += [asyncio.create_task(member.attend()) for member in members]
        await self._unless_a_part_fails(asyncio.gather(*(become_ready(m) for m in members)))

    async def _unless_a_part_fails(self, awaitable: Awaitable[Any]) -> None:
        work: asyncio.Future[Any] = asyncio.ensure_future(awaitable)
        watched: set[asyncio.Future[Any]] = {work, *self._lives}
        try:
            await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            for life in self._lives:
                if life.done():
                    life.result()
            await work
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def _take_down(self) -> None:
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
        for _, members in reversed(self._stages):
            await asyncio.gather(*(member.stop() for member in members))
