"""Counts of the library ``limits``, kept in the register: one count for all processes."""

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from hashlib import sha256

from limits.aio.storage import Storage
from sqlalchemy import RowMapping, delete, exc, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from casework.store.models import Rates

Connected = Callable[[], AbstractAsyncContextManager[AsyncConnection]]

_SWEPT_EVERY_SECONDS = 60.0
_ADD = text("""
    INSERT INTO rates AS known (client, asked, until)
    VALUES (:client, :amount, now() + make_interval(secs => :expiry))
    ON CONFLICT (client) DO UPDATE SET
        asked = excluded.asked + CASE WHEN known.until > now() THEN known.asked ELSE 0 END,
        until = CASE WHEN known.until > now() THEN known.until ELSE excluded.until END
    RETURNING asked
""")


class RegisterStorage(Storage):
    """Windows of a fixed length, each begun by its first request; the server's clock counts.

    Every statement is a transaction of its own. Raises what ``connected`` raises.
    """

    STORAGE_SCHEME = ["async+register"]  # noqa: RUF012 - the library's own form

    def __init__(self, connected: Connected) -> None:
        super().__init__()
        self._connected = connected
        self._swept_at = time.monotonic()

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the library could wrap, were it told to."""
        return exc.DBAPIError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to the window of a key and return its sum; the first begins it for ``expiry`` s."""
        values = {"client": _hash(key), "amount": amount, "expiry": expiry}
        async with self._connected() as connection:
            found = await connection.execute(_ADD, values)
            asked = int(found.scalar_one())
            await self._sweep(connection)
        return asked

    async def get(self, key: str) -> int:
        """Return the sum of the window of a key."""
        row = await self._window(key)
        return int(row["asked"]) if row else 0

    async def get_expiry(self, key: str) -> float:
        """Return when the window of a key ends, in seconds since 1970 by the clock of this process.

        The server says how long it still lasts: their clocks may differ.
        """
        row = await self._window(key)
        return time.time() + (float(row["left"]) if row else 0)  # noqa: TID251 - as the library has it

    async def check(self) -> bool:
        """Whether the table can be read."""
        async with self._connected() as connection:
            await connection.execute(select(Rates.client).limit(1))
        return True

    async def reset(self) -> int | None:
        """Forget all counts, and return how many there were."""
        async with self._connected() as connection:
            return (await connection.execute(delete(Rates))).rowcount

    async def clear(self, key: str) -> None:
        """Forget the count of a key."""
        async with self._connected() as connection:
            await connection.execute(delete(Rates).where(Rates.client == _hash(key)))

    async def _window(self, key: str) -> RowMapping | None:
        left = func.extract("epoch", Rates.until - func.now()).label("left")
        mine = (Rates.client == _hash(key), Rates.until > func.now())
        async with self._connected() as connection:
            found = await connection.execute(select(Rates.asked, left).where(*mine))
            return found.mappings().one_or_none()

    async def _sweep(self, connection: AsyncConnection) -> None:
        """Now and then, remove the windows that have ended."""
        if time.monotonic() - self._swept_at < _SWEPT_EVERY_SECONDS:
            return
        self._swept_at = time.monotonic()
        ended = select(Rates.client).where(Rates.until < func.now())
        await connection.execute(
            delete(Rates).where(Rates.client.in_(ended.with_for_update(skip_locked=True)))
        )


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:32]
