"""Counts in the register: windows, one sum for all who add, nothing left of what ended."""

import asyncio
import time
from contextlib import AbstractAsyncContextManager

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from casework.store.rates import RegisterStorage
from tests.store.emptied import empty

HOUR = 3600


@pytest.fixture
async def engine(register_engine: AsyncEngine) -> AsyncEngine:
    await empty(register_engine)
    return register_engine.execution_options(isolation_level="AUTOCOMMIT")


@pytest.fixture
def storage(engine: AsyncEngine) -> RegisterStorage:
    def connected() -> AbstractAsyncContextManager[AsyncConnection]:
        return engine.connect()

    return RegisterStorage(connected)


async def clients(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        return list(await connection.scalars(text("SELECT client FROM rates")))


async def end_all(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(text("UPDATE rates SET until = now() - interval '1 ms'"))


async def test_nothing_is_lost_when_many_add_at_once(
    engine: AsyncEngine, storage: RegisterStorage
) -> None:
    other = RegisterStorage(storage._connected)
    sums = await asyncio.gather(*(each.incr("a", HOUR, amount=3) for each in [storage, other] * 10))
    assert sorted(sums) == list(range(3, 61, 3))
    assert (await storage.get("a"), await storage.get("b")) == (60, 0)


async def test_a_window_ends_when_it_was_to_and_another_begins(
    engine: AsyncEngine, storage: RegisterStorage
) -> None:
    before = time.time()
    await storage.incr("a", HOUR, amount=5)
    await storage.incr("a", 2 * HOUR, amount=5)
    assert before + HOUR - 1 < await storage.get_expiry("a") <= time.time() + HOUR
    await end_all(engine)
    assert (await storage.get("a"), await storage.incr("a", HOUR, amount=2)) == (0, 2)


async def test_the_table_does_not_say_who_asked_and_forgets_what_has_ended(
    engine: AsyncEngine, storage: RegisterStorage
) -> None:
    for address in ("address 192.0.2.7", "address 192.0.2.8"):
        await storage.incr(address, HOUR)
    assert not any("192" in client for client in await clients(engine))
    await end_all(engine)
    storage._swept_at -= 61
    await storage.incr("c", HOUR)
    assert len(await clients(engine)) == 1


async def test_counts_can_be_forgotten(engine: AsyncEngine, storage: RegisterStorage) -> None:
    for key in "abc":
        await storage.incr(key, HOUR)
    await storage.clear("a")
    assert (await storage.get("a"), await storage.get("b")) == (0, 1)
    assert await storage.check()
    assert await storage.reset() == 2
    assert await clients(engine) == []
