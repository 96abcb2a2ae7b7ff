"""The server process on raw sockets: what is slow, ambiguous, too much or not for us."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from api.edge.connection import Allowed, Crowd
from casework.local.devstack import free_port

_SERVE = """
import asyncio, json, sys
from casework.cli import importing
with importing():  # as `casework api` does
    from api.server import serve
    from casework.settings import Settings
asyncio.run(serve(Settings(**json.loads(sys.argv[1]))))
"""
PER_ADDRESS = 20
HEAD_SECONDS = 0.3
HOST = b"Host: 127.0.0.1\r\n"
HEALTH = b"GET /health HTTP/1.1\r\n" + HOST
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
POST = b"POST /v1/applications HTTP/1.1\r\n" + HOST


@dataclass(frozen=True)
class Answer:
    """What came over a connection until the other side closed it; no ``status``: nothing."""

    status: int
    headers: str
    body: str

    @property
    def code(self) -> Any:
        return json.loads(self.body)["code"]


@dataclass(frozen=True)
class Port:
    number: int

    @asynccontextmanager
    async def line(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.number)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def send(self, *pieces: bytes) -> Answer:
        """Send this much and no more; return only when the server has closed the connection."""
        async with self.line() as (reader, writer):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            return read(await reader.read())


def read(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, _, headers = head.decode().partition("\r\n")
    return Answer(int(first.split(" ")[1]) if first else 0, headers.lower(), body.decode())


@dataclass(frozen=True)
class Served:
    main: Port
    probes: Port
    process: asyncio.subprocess.Process


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    main, probes = Port(free_port()), Port(free_port())
    settings = {
        "home": str(tmp_path_factory.mktemp("edge")),
        "api_port": main.number,
        "api_probe_port": probes.number,
        "api_public_url": "http://casework.example",
        "allowed_hosts": "other.example",
        "head_within_seconds": HEAD_SECONDS,
        "request_within_seconds": 20,
        "connections_per_address": PER_ADDRESS,
        "log_json": True,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _SERVE, json.dumps(settings)),
        stderr=asyncio.subprocess.PIPE,
        env={"TEMPORAL_ADDRESS": "127.0.0.1:1"},
    )
    assert process.stderr
    running = 0
    async for line in process.stderr:
        running += b"running on" in line
        if running == 2:
            break
    rest = asyncio.create_task(process.stderr.read())
    yield Served(main, probes, process)
    process.send_signal(signal.SIGTERM)
    assert b"Traceback" not in await rest
    assert await process.wait() == 0


@pytest.mark.parametrize(
    "begun",
    [
        b"G",
        b"GET /health HTT",
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: 1\r\n",
        HEALTH + b"\r\nGET /hea",  # behind a request that was answered
    ],
)
async def test_a_head_that_does_not_come_to_its_end_ends_the_connection(
    served: Served, begun: bytes
) -> None:
    answer = await served.main.send(begun)
    if begun.startswith(HEALTH + b"\r\n"):
        assert answer.status == 200
        _, _, rest = answer.body.partition("}")
        answer = read(rest.encode())
    assert (answer.status, answer.code) == (408, "HEAD_TOO_SLOW")


async def test_a_head_that_trickles_is_not_given_more_time_for_it(served: Served) -> None:
    async with served.main.line() as (reader, writer):
        writer.write(HEALTH)
        answered = asyncio.create_task(reader.read())
        while not answered.done():
            writer.write(b"X-A: 1\r\n")
            await asyncio.wait({answered}, timeout=HEAD_SECONDS / 10)
        assert read(answered.result()).code == "HEAD_TOO_SLOW"


async def test_a_connection_that_says_nothing_is_closed_without_a_word(served: Served) -> None:
    assert (await served.main.send()).status == 0


async def test_a_body_that_nobody_wants_any_more_is_not_read_for_ever(served: Served) -> None:
    head = b"POST /nowhere HTTP/1.1\r\n" + HOST + b"Content-Length: 200000\r\n\r\n"
    async with served.main.line() as (reader, writer):
        writer.write(head)
        assert b" 404 " in await reader.readline()
        ended = asyncio.create_task(reader.read())
        while not ended.done():
            writer.write(b"x")
            await asyncio.wait({ended}, timeout=HEAD_SECONDS / 10)
        assert isinstance(ended.exception(), ConnectionError | None)


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (POST + b"Content-Length: 3\r\n" + CHUNKED, 400, "LENGTH_AMBIGUOUS"),
        (POST + b"Content-Length: 0\r\nX-A: 1\r\n" + CHUNKED, 400, "LENGTH_AMBIGUOUS"),
        (POST.replace(b"/1.1", b"/1.0") + CHUNKED, 400, "LENGTH_AMBIGUOUS"),
        (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400, "NOT_HTTP"),
        (POST + b"Content-Length: +3\r\n\r\nabc", 400, "NOT_HTTP"),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, "NOT_HTTP"),
        (b"GET /health HTTP/1.1\nHost: 127.0.0.1\n\n", 400, "NOT_HTTP"),
        (b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\nX-A: 1\r\n\r\n", 400, "NOT_HTTP"),
        (HEALTH + b"X-A: 1\rX-B: 2\r\n\r\n", 400, "NOT_HTTP"),
        (HEALTH + b"X-A: 1\r\n folded\r\n\r\n", 400, "NOT_HTTP"),
        (HEALTH + b"X-A : 1\r\n\r\n", 400, "NOT_HTTP"),
        (HEALTH + HOST + b"\r\n", 400, "NOT_HTTP"),
        (b"GET /health HTTP/1.1\r\n\r\n", 400, "NOT_HTTP"),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400, "NOT_HTTP"),
        (b"GET /" + b"a" * 60_000, 431, "HEADERS_TOO_LARGE"),
        (HEALTH + b"X-A: " + b"a" * 60_000, 431, "HEADERS_TOO_LARGE"),
    ],
)
async def test_what_two_readers_could_read_in_two_ways_is_refused_and_the_line_closed(
    served: Served, request_: bytes, status: int, code: str
) -> None:
    answer = await served.main.send(request_)
    assert (answer.status, answer.code) == (status, code)
    assert "connection: close" in answer.headers
    assert "content-type: application/problem+json" in answer.headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("LOCALHOST:8080", 200),
        ("[::1]:8080", 200),
        ("casework.example", 200),
        ("other.example:443", 200),
        ("evil.example", 400),
        ("casework.example.evil.example", 400),
        ("127.0.0.1@evil.example", 400),
        ("evil.example/127.0.0.1", 400),
        ("[", 400),
        ("", 400),
    ],
)
async def test_only_our_own_names_are_answered(served: Served, host: str, status: int) -> None:
    answer = await served.main.send(
        f"GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    )
    assert answer.status == status
    if status != 200:
        assert answer.code == "HOST_NOT_ALLOWED"


async def test_a_stream_beyond_the_limit_is_refused_while_it_comes(served: Served) -> None:
    head = POST + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with served.main.line() as (reader, writer):
        writer.write(head)
        answered = asyncio.create_task(reader.read())
        sent = 0
        while not answered.done():
            writer.write(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
            sent += 0x4000
            await asyncio.wait({answered}, timeout=0.01)
            assert sent < 10**8
        assert read(answered.result()).code == "BODY_TOO_LARGE"


async def test_three_hundred_connections_of_an_address_leave_the_probes_and_end(
    served: Served,
) -> None:
    async with AsyncExitStack() as held:
        lines = [await held.enter_async_context(served.main.line()) for _ in range(300)]
        live = await served.probes.send(
            b"GET /live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        assert (live.status, json.loads(live.body)["status"]) == (200, "ok")
        ended = await asyncio.gather(
            *(reader.read() for reader, _ in lines), return_exceptions=True
        )
    assert len(ended) == 300
    assert all(not each or isinstance(each, ConnectionError) for each in ended)
    again = await served.main.send(HEALTH + b"Connection: close\r\n\r\n")
    assert again.status == 200


async def test_one_connection_too_many_of_an_address_is_told_so(served: Served) -> None:
    async with AsyncExitStack() as held:
        for _ in range(PER_ADDRESS):  # each is answered at once, so none is late
            reader, writer = await held.enter_async_context(served.main.line())
            writer.write(HEALTH + b"\r\n")
            assert b" 200 " in await reader.readline()
        answer = await served.main.send(HEALTH + b"\r\n")
    assert (answer.status, answer.code) == (429, "TOO_MANY_CONNECTIONS")
    assert "retry-after: " in answer.headers


async def test_the_probes_have_a_port_of_their_own(served: Served) -> None:
    ready = await served.probes.send(b"GET /ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (ready.status, ready.code) == (503, "NOT_READY")
    assert [each["field"] for each in json.loads(ready.body)["errors"]] == ["temporal", "register"]
    nothing = await served.probes.send(
        b"GET /v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    assert nothing.status == 404


def crowd(**allowed: Any) -> Crowd:
    limits = {"connections": 4, "per_address": 2, "head_seconds": 1, "unread_seconds": 1} | allowed
    return Crowd(allowed=Allowed(**limits))


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "", True),
    ],
)
def test_an_address_is_whom_it_stands_for(first: str, second: str, alike: bool) -> None:
    counted = crowd(per_address=1)
    assert (counted.enter(first) == counted.enter(second)) is alike
    assert (counted.over(second) is not None) is alike


def test_a_proxy_opens_as_many_as_there_may_be_at_all() -> None:
    counted = crowd(proxies="10.0.0.0/8, 192.0.2.1")
    keys = [counted.enter("10.1.2.3") for _ in range(4)]
    assert counted.over("10.1.2.3") is None
    counted.enter("192.0.2.1")
    over = counted.over("192.0.2.1")
    assert over is not None
    assert over[1].status == 503
    for key in keys:
        counted.leave(key)
    assert counted.over("192.0.2.1") is None
    assert counted.open.total() == 1
