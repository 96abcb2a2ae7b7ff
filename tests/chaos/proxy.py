"""A network that fails: a TCP proxy that passes, cuts, resets, hangs and is slow, as it is told."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from casework.settings import LOOPBACK

Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
_CHUNK = 1 << 16
_RESETS = struct.pack("ii", 1, 0)


@dataclass(eq=False)
class Proxy:
    """``delay``: seconds that each piece of data waits, in both directions."""

    connect: Connect
    port: int = 0
    delay: float = 0.0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _hanging: int = 0
    _flows: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._flows.set()

    @property
    def connections(self) -> int:
        """How many connections are open, both sides counted."""
        return len(self._open)

    def cut(self) -> None:
        """End all connections in order, in the middle of whatever they say."""
        for writer in tuple(self._open):
            writer.close()

    def reset(self) -> None:
        """End all connections as a machine that has gone does (RST)."""
        for writer in tuple(self._open):
            with suppress(OSError):  # closed a moment ago
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, _RESETS
                )
            writer.transport.abort()

    async def hang(self, seconds: float) -> None:
        """Keep all connections open, let new ones in, and pass nothing on."""
        self._hanging += 1
        self._flows.clear()
        try:
            await asyncio.sleep(seconds)
        finally:
            self._hanging -= 1
            if not self._hanging:
                self._flows.set()

    async def slow(self, seconds: float, delay: float) -> None:
        """Let each piece wait for ``delay``, for so many seconds."""
        self.delay += delay
        try:
            await asyncio.sleep(seconds)
        finally:
            self.delay -= delay

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        self._open.add(writer)
        inner: asyncio.StreamWriter | None = None
        try:
            back, inner = await self.connect()
            self._open.add(inner)
            await asyncio.gather(self._pass(reader, inner), self._pass(back, writer))
        except OSError:  # nobody is behind: gone, as for whoever asks directly
            writer.transport.abort()
        finally:
            for each in (writer, inner):
                if each is not None:
                    self._open.discard(each)
                    each.close()

    async def _pass(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await source.read(_CHUNK):
                await self._flows.wait()
                await asyncio.sleep(self.delay)
                to.write(chunk)
                await to.drain()
        to.close()


@asynccontextmanager
async def proxy(connect: Connect) -> AsyncIterator[Proxy]:
    """A proxy that listens on a port of the loopback until the end of the block."""
    found = Proxy(connect=connect)
    serving: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(found.serve(reader, writer))
        serving.add(task)
        task.add_done_callback(serving.discard)

    server = await asyncio.start_server(begin, LOOPBACK, 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        found.reset()
        await asyncio.gather(*serving)
