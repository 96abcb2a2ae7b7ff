"""The register as the routes reach it: opened when first needed, and away is an answer."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg
import structlog
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from api.problems import AwayError
from casework.keys.vault import KeysAwayError, Vault
from casework.settings import SettingsError
from casework.store.engine import read_sessions, sessions
from casework.store.queries import ready

# What PostgreSQL refuses about a statement is our mistake, not its absence.
_AWAY = (
    OSError,
    TimeoutError,
    SettingsError,
    KeysAwayError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    exc.OperationalError,
    exc.InterfaceError,
    exc.InternalError,
    exc.TimeoutError,
)

log = structlog.get_logger("api")


class Register:
    """Sessions of the register; while it does not answer they raise ``AwayError``."""

    def __init__(self, open_engine: Callable[[], AsyncEngine], vault: Vault) -> None:
        """``open_engine`` may raise `SettingsError` while nobody knows where the register is."""
        self._open = open_engine
        self._vault = vault
        self._engine: AsyncEngine | None = None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Yield a session that sees one moment of the register."""
        with _translated():
            async with read_sessions(self._connected(), self._vault)() as session:
                yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """Yield a session in one transaction."""
        with _translated():
            async with sessions(self._connected(), self._vault).begin() as session:
                yield session

    async def is_here(self) -> bool:
        """Whether the register answers now, with tables in it."""
        try:
            async with self.reading() as session:
                await ready(session)
        except (AwayError, exc.DBAPIError):
            return False
        return True

    async def close(self) -> None:
        """Close the connections."""
        if self._engine is not None:
            await self._engine.dispose()

    def _connected(self) -> AsyncEngine:
        if self._engine is None:
            self._engine = self._open()
        return self._engine


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _AWAY as error:
        log.warning("register_away", error=type(error).__name__)
        raise AwayError("register") from error
    except exc.DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise AwayError("register") from error
