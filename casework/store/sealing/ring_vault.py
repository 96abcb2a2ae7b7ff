"""The vault of a process: ciphers by case, from the ring and the secrets in the register."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Self

from sqlalchemy.ext.asyncio import AsyncEngine

from casework.security.keys.algorithms import Algorithm
from casework.security.keys.cipher import Cipher, KeyedCipher
from casework.security.keys.errors import ErasedError, KeysAwayError
from casework.security.keys.ring import KeyRing
from casework.settings import Settings
from casework.store.sealing.secrets import Secrets

KEPT = 10_000
"""Cases whose ciphers a process keeps at hand; each is about two kilobytes."""

LOOKS_AFTER_SECONDS = 1.0
"""How long a process may still read what another has erased."""


LOOKS_WITHIN_SECONDS = 0.2
"""How long that question may take: a decision does not wait for a register that is away."""


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
