"""The secrets of cases in the register, and which of them were deleted."""

import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy import exists, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from casework.security.keys.errors import ErasedError, KeysAwayError
from casework.settings import SettingsError
from casework.store.models import CaseSecrets, MasterKeys

SECRET_BYTES = 32
_LONGEST_ID = 64

_AWAY = (
    OSError,
    TimeoutError,
    SettingsError,
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)


class Secrets:
    """Each statement is one round trip, on connections of its own.

    A transaction of the register that waits for a secret must not wait for the pool it came from.
    Every method raises `KeysAwayError` while the register does not answer.
    """

    def __init__(self, open_engine: Callable[[], AsyncEngine]) -> None:
        """``open_engine`` may raise `SettingsError` while nobody knows where the register is."""
        self._open = open_engine
        self._engine: AsyncEngine | None = None

    async def make(self, scope: str) -> bytes:
        """Return the scope's secret, made unless there is one; raise `ErasedError`."""
        made = (
            insert(CaseSecrets)
            .values(scope=scope, secret=secrets.token_bytes(SECRET_BYTES))
            .on_conflict_do_nothing()
            .returning(CaseSecrets.secret)
            .cte("made")
        )
        known = select(CaseSecrets.secret).where(CaseSecrets.scope == scope)
        asked = select(made.c.secret).union_all(known)
        with _translated():
            async with self._connection() as connection:
                found = (await connection.execute(asked)).first()
                if found is None:  # another process made it after this statement began
                    found = (await connection.execute(known)).one()
        if found.secret is None:
            raise ErasedError(scope)
        return bytes(found.secret)

    async def find(self, scope: str) -> bytes | None:
        """Return the scope's secret; None: deleted, or there never was one."""
        asked = select(CaseSecrets.secret).where(CaseSecrets.scope == scope)
        with _translated():
            async with self._connection() as connection:
                secret = await connection.scalar(asked)
        return None if secret is None else bytes(secret)

    async def erasures(self) -> int:
        """How many secrets were deleted so far."""
        asked = select(func.count(literal(1))).where(CaseSecrets.erased_at.is_not(None))
        with _translated():
            async with self._connection() as connection:
                return await connection.scalar(asked) or 0

    async def note_keys(self, key_ids: Collection[str]) -> None:
        """Keep the ids of master keys by which a process may seal; what is kept, stays."""
        noting = insert(MasterKeys).values([{"id": key_id} for key_id in sorted(key_ids)])
        with _translated():
            async with self._connection() as connection:
                await connection.execute(noting.on_conflict_do_nothing())

    async def knows_key(self, key_id: str) -> bool:
        """Whether a process of ours has ever sealed by that key."""
        if not _may_be_an_id(key_id):
            return False
        asked = select(exists().where(MasterKeys.id == key_id))
        with _translated():
            async with self._connection() as connection:
                return bool(await connection.scalar(asked))

    async def close(self) -> None:
        """Close the connections."""
        if self._engine is not None:
            await self._engine.dispose()

    def _connection(self) -> AsyncConnection:
        if self._engine is None:
            self._engine = self._open().execution_options(isolation_level="AUTOCOMMIT")
        return self._engine.connect()


def _may_be_an_id(key_id: str) -> bool:
    return key_id.isascii() and key_id.isprintable() and len(key_id) <= _LONGEST_ID


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _AWAY as error:
        raise KeysAwayError from error
