"""Lets the faults of a plan strike, one after the other, evenly over the time that there is."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from temporalio.service import RPCError

from casework.security.keys.errors import KeysAwayError
from tests.chaos.faults import Fault
from tests.chaos.proxy import Proxy
from tests.chaos.stack import CANARY, Shaken, step
from workers.rollout import ramp

SHARES = (0, 10, 50, 90, 100)
FARTHEST_SECONDS = 20
"""So far a clock is stepped; proofs and tokens of who acts live longer."""
_PIECE = 1 << 24


@dataclass(kw_only=True)
class Strikes:
    """``struck``: how many of each kind did; ``missed``: their part was not there, or away."""

    shaken: Shaken
    struck: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)

    async def all(self, faults: Sequence[Fault], *, seconds: float) -> None:
        """Let all strike within so many seconds; return when the last one is over."""
        pause = seconds / len(faults)
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                group.create_task(self._strike(fault))
                await asyncio.sleep(pause)
        for clock in self.shaken.clocks.values():
            step(clock, 0)

    async def _strike(self, fault: Fault) -> None:
        how: dict[str, Callable[[Fault], Awaitable[None]]] = {
            "killed": self._killed,
            "frozen": self._frozen,
            "frozen over a task": self._frozen,
            "cut": self._cut,
            "reset": self._reset,
            "hanging": self._hanging,
            "slow": self._slow,
            "disk full": self._disk_full,
            "clock stepped": self._clock_stepped,
            "ramped": self._ramped,
        }
        try:
            await how[fault.kind](fault)
        except (psutil.Error, RPCError, RuntimeError, AssertionError, TimeoutError, KeysAwayError):
            self.missed[fault.kind] += 1
        else:
            self.struck[fault.kind] += 1

    def _family(self, part: str) -> list[psutil.Process]:
        process = self.shaken.hall.part(part)
        return [process, *process.children(recursive=True)]

    async def _killed(self, fault: Fault) -> None:
        for process in self._family(fault.part):
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)

    async def _frozen(self, fault: Fault) -> None:
        family = self._family(fault.part)
        for member in family:
            member.suspend()
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            for member in family:
                with suppress(psutil.NoSuchProcess):  # killed meanwhile
                    member.resume()

    async def _cut(self, fault: Fault) -> None:
        self._network(fault).cut()

    async def _reset(self, fault: Fault) -> None:
        self._network(fault).reset()

    async def _hanging(self, fault: Fault) -> None:
        await self._network(fault).hang(fault.seconds)

    async def _slow(self, fault: Fault) -> None:
        await self._network(fault).slow(fault.seconds, 0.05 + fault.how / 4)

    def _network(self, fault: Fault) -> Proxy:
        return self.shaken.networks[fault.part.removeprefix("network of ")]

    async def _disk_full(self, fault: Fault) -> None:
        assert self.shaken.disk is not None
        filler = self.shaken.disk / f"filler-{fault.how}"
        try:
            await asyncio.to_thread(_fill, filler)
            await asyncio.sleep(fault.seconds)
        finally:
            filler.unlink()

    async def _clock_stepped(self, fault: Fault) -> None:
        step(self.shaken.clocks[fault.part], (2 * fault.how - 1) * FARTHEST_SECONDS)

    async def _ramped(self, fault: Fault) -> None:
        share = SHARES[int(fault.how * len(SHARES))]
        async with asyncio.timeout(10):
            async with self.shaken.hall.temporal() as client:
                await ramp(client, CANARY, share)


def _fill(filler: Path) -> None:
    """Write until there is no room."""
    with filler.open("wb", buffering=0) as file:
        size = _PIECE
        while size:
            try:
                file.write(b"\0" * size)
            except OSError:
                size //= 2
