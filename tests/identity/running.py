"""The local issuer on a real port, in a thread: verifying asks it over HTTP, as in production."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp


class _Server(uvicorn.Server):
    """Waits for its end: uvicorn looks ten times a second, and each test would wait for that."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._ended = Future[None]()

    def end(self) -> None:
        self._ended.set_result(None)

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await asyncio.wrap_future(self._ended)


@contextmanager
def running(app: ASGIApp, port: int) -> Iterator[uvicorn.Server]:
    """Serve an application on a port of the loopback; it takes connections at once."""
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
    server = _Server(config)
    with socket.create_server(("127.0.0.1", port)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield server
        finally:
            server.end()
            thread.join()
