"""The vault of a process: ciphers by case, from the ring and the secrets in the register.

The register also keeps which secrets were deleted.
"""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Self

import asyncpg
from sqlalchemy import exists, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from casework.security.keys.cipher import Algorithm, Cipher, KeyedCipher
from casework.security.keys.errors import ErasedError, KeysAwayError
from casework.security.keys.ring import KeyRing
from casework.settings import Settings, SettingsError
from casework.store.models import CaseSecrets, MasterKeys

KEPT = 10_000
"""Cases whose ciphers a process keeps at hand; each is about two kilobytes."""

LOOKS_AFTER_SECONDS = 1.0
"""How long a process may still read what another has erased."""

LOOKS_WITHIN_SECONDS = 0.2
"""How long that question may take: a decision does not wait for a register that is away."""


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


class RingVault:
    """A `Vault` over a ring and the register; a case costs one round trip, when first met.

    Once a second at most, and only while it is used, it asks whether anything was erased. Before it
    first seals by a key, the register has the key's id: so a key that is not in the ring of another
    process, but is ours, can be told from one that somebody made up.
    """

    def __init__(
        self,
        ring: KeyRing,
        secrets: Secrets,
        *,
        algorithm: Algorithm = Algorithm.A256GCM,
        looks_after_seconds: float = LOOKS_AFTER_SECONDS,
    ) -> None:
        self._ring = ring
        self._secrets = secrets
        self._algorithm = algorithm
        self._looks_after = looks_after_seconds
        self._ciphers: OrderedDict[str, Cipher] = OrderedDict()
        self._asking: dict[tuple[str, bool], asyncio.Future[Cipher | None]] = {}
        self._nobodys = KeyedCipher(ring, "", b"", algorithm)
        self._erasures = 0
        self._looking: asyncio.Task[None] | None = None
        self._looked_at = time.monotonic()
        self._noted: frozenset[str] = frozenset()
        self._noting = asyncio.Lock()

    @classmethod
    def open(
        cls, settings: Settings, open_engine: Callable[[], AsyncEngine], *, at: datetime
    ) -> Self:
        """Take the ring and the cipher of the settings; raise `SettingsError`.

        ``open_engine`` is called at the first secret, and its pool serves nothing else.
        """
        ring = KeyRing.open(settings, at=at)
        return cls(ring, Secrets(open_engine), algorithm=Algorithm(settings.cipher))

    async def cipher(self, scope: str) -> Cipher:
        await self._note_keys()
        found = await self._found(scope, making=True)
        if found is None:
            raise ErasedError(scope)
        return found

    async def reading(self, scope: str) -> Cipher | None:
        return await self._found(scope, making=False)

    async def knows(self, key_id: str) -> bool:
        return await self._secrets.knows_key(key_id)

    def forget(self, scope: str) -> None:
        self._ciphers.pop(scope, None)

    async def aclose(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
        await self._secrets.close()

    async def _note_keys(self) -> None:
        if self._ring.active in self._noted:
            return
        async with self._noting:
            ids = frozenset(key.id for key in self._ring.keys)
            if not ids <= self._noted:
                await self._secrets.note_keys(ids)
                self._noted = ids

    async def _found(self, scope: str, *, making: bool) -> Cipher | None:
        if not scope:
            return self._nobodys
        await self._look_for_erasures()
        if scope in self._ciphers:
            self._ciphers.move_to_end(scope)
            return self._ciphers[scope]
        # Of many payloads of one case that come at once, the first asks.
        under_way = self._asking.get((scope, making))
        if under_way is None:
            under_way = asyncio.ensure_future(self._ask(scope, making=making))
            self._asking[scope, making] = under_way
            under_way.add_done_callback(lambda _: self._asking.pop((scope, making)))
        return await asyncio.shield(under_way)

    async def _ask(self, scope: str, *, making: bool) -> Cipher | None:
        erasures = self._erasures
        secret = await (self._secrets.make(scope) if making else self._secrets.find(scope))
        if secret is None:
            return None
        cipher = KeyedCipher(self._ring, scope, secret, self._algorithm)
        if self._erasures == erasures:  # none was seen while we asked
            self._ciphers[scope] = cipher
            if len(self._ciphers) > KEPT:
                self._ciphers.popitem(last=False)
        return cipher

    async def _look_for_erasures(self) -> None:
        now = time.monotonic()
        if self._looking is not None or now - self._looked_at < self._looks_after:
            return
        self._looked_at = now
        self._looking = asyncio.ensure_future(self._take_note_of_erasures())
        await asyncio.wait({self._looking}, timeout=LOOKS_WITHIN_SECONDS)

    async def _take_note_of_erasures(self) -> None:
        try:
            erasures = await self._secrets.erasures()
            if erasures != self._erasures:
                self._erasures = erasures
                self._ciphers.clear()
        except KeysAwayError:
            pass  # what is at hand serves on; nobody can erase anything now either
        finally:
            self._looking = None
