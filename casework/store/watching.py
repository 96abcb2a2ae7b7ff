"""Keeps what a process holds of the register up to date: asks a version, reads anew if it changed.

For what every process reads all the time and hardly anybody changes: staff, versions of policy.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager

import structlog

EVERY_SECONDS = 1.0
"""How long a process may go by what another has changed."""

log = structlog.get_logger("watch")


class Watch:
    """Asks for a version again and again, and has what it stands for read anew when it changed.

    ``version`` is a cheap question, equal as long as nothing changed. ``reload`` reads and keeps
    what is new; it is called with the version that was asked before it reads, so that nothing is
    missed. While the register does not answer, what is held stays.
    """

    def __init__(
        self,
        name: str,
        version: Callable[[], Awaitable[Hashable]],
        reload: Callable[[Hashable], Awaitable[None]],
        *,
        every: float = EVERY_SECONDS,
    ) -> None:
        self._name = name
        self._version = version
        self._reload = reload
        self._every = every
        self._known: Hashable = None
        self._looking = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wanted = asyncio.Event()

    async def look(self) -> bool:
        """Ask now; return whether something was read anew. Raises what either question raises."""
        async with self._looking:
            version = await self._version()
            if version == self._known:
                return False
            await self._reload(version)
            self._known = version
            return True

    def look_soon(self) -> None:
        """Have it asked at once; may be called from any thread, and does nothing before ``run``."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wanted.set)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Ask for ever beside what is done within; stop when that ends."""
        asking = asyncio.create_task(self.run())
        try:
            yield
        finally:
            asking.cancel()
            await asyncio.wait({asking})

    async def run(self) -> None:
        """Ask for ever, until cancelled."""
        self._loop, failing = asyncio.get_running_loop(), False
        while True:
            try:
                await self.look()
                failing = False
            except Exception as error:  # noqa: BLE001 - whatever it is, it is asked again
                if not failing:
                    log.warning("not_up_to_date", of=self._name, error=type(error).__name__)
                failing = True
            await self._pause()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._every):
                await self._wanted.wait()
        except TimeoutError:
            return
        self._wanted.clear()
