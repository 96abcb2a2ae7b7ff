"""A receiver of webhooks on this machine that answers as it is told, also wrongly."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

FINE = b"HTTP/1.1 204 No Content\r\n\r\n"
HOW = {
    "fails": b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
    "redirects": b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",  # noqa: E501
    "says too little": b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nfine",
    "says no HTTP": b"fine\r\n\r\n",
    "closes": b"",
}
"""What it says after it has read the event, and taken it for good or not."""
HANGS, LIES, REFUSES, FLOODS = "hangs", "answers without reading", "refuses", "floods"
DRIPS, BUSY, GONE = "answers drop by drop", "is busy for half an hour", "is gone"
_ODD = {
    BUSY: b"HTTP/1.1 429 Later\r\nRetry-After: 1800\r\nContent-Length: 0\r\n\r\n",
    GONE: b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
}


@dataclass
class Receiver:
    """``had``: every event that it has read, ``took``: those for which it has said so.

    ``stumbling``: the events that it cannot take, however often it is asked.
    """

    port: int = 0
    plan: deque[str] = field(default_factory=deque)
    refusing: set[str] = field(default_factory=set)
    stumbling: set[str] = field(default_factory=set)
    had: list[dict[str, Any]] = field(default_factory=list)
    took: list[dict[str, Any]] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/told?of=cases"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._answer(reader, writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        how = self.plan.popleft() if self.plan else ""
        if how == LIES:
            writer.write(HOW["fails"])
            await writer.drain()
            return
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        headers = {name.lower(): value for name, value in headers.items()}
        body = await reader.readexactly(int(headers["content-length"]))
        event = json.loads(body)
        self.heads.append(headers)
        self.bodies.append(body)
        self.had.append(event)
        if how == HANGS:
            await reader.read()  # until the other side gives up
            return
        if event["id"] in self.refusing:
            writer.write(b"HTTP/1.1 422 No\r\nContent-Length: 0\r\n\r\n")
        elif event["id"] in self.stumbling:
            writer.write(HOW["fails"])
        elif how == FLOODS:
            self.took.append(event)
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        elif how == DRIPS:
            while True:
                writer.write(b"H")
                await writer.drain()
                await asyncio.sleep(0.01)
        elif how:
            writer.write((HOW | _ODD)[how])
        else:
            self.took.append(event)
            writer.write(FINE)
        await writer.drain()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver
