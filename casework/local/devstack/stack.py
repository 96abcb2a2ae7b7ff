"""Stages of parts brought up in order, kept alive, and taken down in reverse."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from casework.local.devstack.layout import Layout
from casework.local.devstack.part import ApplicationStage
from casework.local.devstack.supervised import Supervised


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
