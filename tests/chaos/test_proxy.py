"""The proxy does what the chaos blames on the network."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from casework.settings import LOOPBACK
from tests.chaos.proxy import Proxy, proxy

SAID = b"said\n"


@pytest.fixture
async def between() -> AsyncIterator[Proxy]:
    """Before somebody who says again what was said."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while line := await reader.readline():
                writer.write(line)
        writer.close()

    server = await asyncio.start_server(echo, LOOPBACK, 0)
    port = server.sockets[0].getsockname()[1]
    async with server, proxy(lambda: asyncio.open_connection(LOOPBACK, port)) as found:
        yield found


@asynccontextmanager
async def reaching(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def talking(
    between: Proxy,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with reaching(between.port) as (reader, writer):
        writer.write(SAID)
        assert await reader.readline() == SAID
        yield reader, writer


async def test_it_passes_on_and_cuts(between: Proxy) -> None:
    async with talking(between) as (reader, _):
        between.cut()
        assert await reader.read() == b""
    async with talking(between):  # the next one passes
        assert between.connections > 0


async def test_it_resets(between: Proxy) -> None:
    async with talking(between) as (reader, _):
        between.reset()
        with pytest.raises(ConnectionResetError):
            await reader.read()


async def test_while_it_hangs_nothing_passes_and_nothing_is_lost(between: Proxy) -> None:
    async with talking(between) as (reader, writer):
        hanging = asyncio.create_task(between.hang(0.2))
        await asyncio.sleep(0)
        writer.write(SAID)
        answer = asyncio.create_task(reader.readline())
        await asyncio.wait({hanging, answer}, return_when=asyncio.FIRST_COMPLETED)
        assert hanging.done()
        assert await answer == SAID


async def test_it_is_slow_for_a_while_only(between: Proxy) -> None:
    async with talking(between) as (reader, writer):
        slow = asyncio.create_task(between.slow(0.1, 60.0))
        await asyncio.sleep(0)
        assert between.delay == 60.0
        await slow
        assert between.delay == 0.0
        writer.write(SAID)
        assert await reader.readline() == SAID


async def test_with_nobody_behind_it_nobody_hears_an_answer() -> None:
    async def nobody() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        raise ConnectionRefusedError

    async with proxy(nobody) as found, reaching(found.port) as (reader, _):
        with suppress(ConnectionError):
            assert await reader.read() == b""
        assert found.connections == 0
