"""The local issuer on a real port, in a thread: verifying asks it over HTTP, as in production."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


class _Server(uvicorn.Server):
    async def main_loop(self) -> None:
        """Look often whether to end: uvicorn does ten times a second, and each test would wait."""
        await self.on_tick(0)
        while not self.should_exit:
            await asyncio.sleep(0.005)


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
            server.should_exit = True
            thread.join()
