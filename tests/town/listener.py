"""What the fake town calls back: a real HTTP server that keeps what it heard."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Thread
from typing import Any


@dataclass(frozen=True)
class Callback:
    body: dict[str, Any]
    token: str | None
    key: str


@dataclass
class Listener:
    """``statuses``: what the next calls are answered, then 204."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    heard: SimpleQueue[Callback] = field(default_factory=SimpleQueue)

    async def next(self) -> Callback:
        """Wait for the next callback; ten seconds are a failed test."""
        return await asyncio.to_thread(self.heard.get, timeout=100)


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            token, key = self.headers["Authorization"], self.headers["Idempotency-Key"]
            self.send_response(listener.statuses.pop(0) if listener.statuses else 204)
            self.end_headers()
            listener.heard.put(Callback(body, token, key))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        listener.url = f"http://127.0.0.1:{server.server_port}/callbacks"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield listener
        server.shutdown()
        thread.join()
