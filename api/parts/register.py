"""The routes' access to the register: opened when first needed, `AwayError` if unavailable."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from api.edge.problems import AwayError
from casework.security.keys.vault import KeysAwayError, Vault
from casework.settings import SettingsError
from casework.store.engine import (
    UnfitError,
    read_sessions,
    ready,
    require_fit_tables,
    revisions,
    sessions,
)
from casework.store.faults import FROM_THE_REGISTER, Fault, fault_of, is_lost, sqlstate

PROBED_WITHIN_SECONDS = 3
FULL_FOR_SECONDS = 30
"""How long the register counts as full after a write that found no room."""

log = structlog.get_logger("api")


class Register:
    """Sessions of the register; while it cannot serve they raise ``AwayError``."""

    def __init__(
        self,
        open_engine: Callable[[], AsyncEngine],
        vault: Vault,
        *,
        newer: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``open_engine`` may raise `SettingsError` if no address of the register is set.

        ``newer``: tables of a later release are accepted. ``clock`` in seconds, never going back.
        """
        self._open = open_engine
        self._vault = vault
        self._newer = newer
        self._clock = clock
        self._engine: AsyncEngine | None = None
        self._probing: AsyncEngine | None = None
        self._full_until = float("-inf")

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Yield a session that sees one moment of the register."""
        with _translated():
            async with read_sessions(self._connected(), self._vault)() as session:
                yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """Yield a session in one transaction."""
        try:
            with _translated():
                async with sessions(self._connected(), self._vault).begin() as session:
                    yield session
        except AwayError as error:
            if error.fault is Fault.FULL:
                self._full_until = self._clock() + FULL_FOR_SECONDS
            raise
        self._full_until = float("-inf")

    @asynccontextmanager
    async def trying(self) -> AsyncIterator[AsyncSession]:
        """Yield a session in one transaction that is taken back, whatever is written in it."""
        with _translated():
            async with sessions(self._connected(), self._vault)() as session:
                try:
                    yield session
                finally:
                    await session.rollback()

    @asynccontextmanager
    async def counting(self) -> AsyncIterator[AsyncConnection]:
        """Yield a connection on which each statement is a transaction of its own."""
        with _translated():
            engine = self._connected().execution_options(isolation_level="AUTOCOMMIT")
            async with engine.connect() as connection:
                yield connection

    async def why_away(self) -> AwayError | None:
        """Return why the register cannot serve now; None: it can, for reading and writing.

        This uses a connection of its own, so it works even if callers hold all others.
        """
        error = await self._why_away()
        return await self._why_away() if error and error.again else error

    async def require_fit(self) -> None:
        """Return once the register has answered and its tables are those of this release.

        Raises:
            AwayError: it does not answer. UnfitError: they are not.
        """
        with _translated():
            async with read_sessions(self._probed_by())() as session:
                require_fit_tables(await revisions(session), newer=self._newer)
                self._newer = True  # a later release may use a later version beside us

    async def close(self) -> None:
        """Close the connections."""
        for engine in (self._engine, self._probing):
            if engine is not None:
                await engine.dispose()

    async def _why_away(self) -> AwayError | None:
        try:
            with _translated():
                async with asyncio.timeout(PROBED_WITHIN_SECONDS):
                    return await self._probed()
        except AwayError as error:
            return error

    async def _probed(self) -> AwayError | None:
        try:
            await self.require_fit()
        except UnfitError as error:
            log.warning("register_unfit", reason=str(error))
            return AwayError("register", Fault.UNFIT)
        async with read_sessions(self._probed_by())() as session:
            health = await ready(session)
        if health.read_only:
            return AwayError("register", Fault.READ_ONLY)
        return AwayError("register", Fault.FULL) if self._clock() < self._full_until else None

    def _connected(self) -> AsyncEngine:
        if self._engine is None:
            self._engine = self._open()
        return self._engine

    def _probed_by(self) -> AsyncEngine:
        if self._probing is None:
            self._probing = self._open()
        return self._probing


_ASKED = (OSError, SettingsError, KeysAwayError, *FROM_THE_REGISTER)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _ASKED as error:
        known = error.__cause__ if isinstance(error, KeysAwayError) else error
        nowhere = isinstance(error, SettingsError) or known is None
        fault = Fault.AWAY if nowhere else fault_of(known or error)
        if fault is None:
            raise
        log.warning(
            "register_away", fault=fault, error=type(error).__name__, sqlstate=sqlstate(error)
        )
        again = fault is Fault.CHANGED or is_lost(known or error)
        raise AwayError("register", fault, again=again) from error
