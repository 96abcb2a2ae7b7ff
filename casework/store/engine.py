"""The way to PostgreSQL: engine, sessions, and bringing the tables up to date.

Addresses are SQLAlchemy URLs with the driver, ``postgresql+asyncpg://``.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, event, func, select, text
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from casework.audit.hashing import Hashing
from casework.keys.vault import PLAIN, Vault
from casework.store.models import Model

Sessions = async_sessionmaker[AsyncSession]

# Any number, the same for ever: the key of the advisory lock.
_MIGRATING = 20_261_122
_LOCK_TIMEOUT = "5s"
_VAULT = "vault"
_HASHING = "hashing"


def create_engine(url: str, *, pool_size: int = 10, ping: bool = False) -> AsyncEngine:
    """A pool of connections. A connection is waited for 5 s, a statement 30 s: ``TimeoutError``.

    When the server has gone away, the first statement fails and the pool begins anew: right for
    activities, which are repeated. With ``ping`` each connection is tried before use, at the price
    of a round trip: right for officers, who are not.
    """
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=5,
        pool_pre_ping=ping,
        hide_parameters=True,  # an entry has people in it; messages go to logs and to Temporal
        connect_args={
            "timeout": 5,
            "command_timeout": 30,
            # All our statements are short: compiling one costs more than running it.
            "server_settings": {"application_name": "casework", "jit": "off"},
        },
    )
    event.listen(engine.sync_engine, "connect", _send_dates_as_they_are)
    return engine


_DAY_0 = date(2000, 1, 1)  # PostgreSQL's
_MOST_DAYS, _LEAST_DAYS = (date.max - _DAY_0).days, (date.min - _DAY_0).days


def _send_dates_as_they_are(connection: Any, _: object) -> None:  # noqa: ANN401 - SQLAlchemy's own
    """Have 9999-12-31 sent as that day: asyncpg makes it ``infinity``, which is after it.

    ``infinity``, where a row holds it, is read as the last day there is.
    """
    connection.run_async(
        lambda asyncpg: asyncpg.set_type_codec(
            "date",
            schema="pg_catalog",
            format="tuple",
            encoder=lambda day: ((day - _DAY_0).days,),
            decoder=lambda days: (
                _DAY_0 + timedelta(days=max(_LEAST_DAYS, min(days[0], _MOST_DAYS)))
            ),
        )
    )


def sessions(
    engine: AsyncEngine, vault: Vault = PLAIN, hashing: Hashing = Hashing.SHA256
) -> Sessions:
    """Sessions that write: ``async with sessions.begin()`` is one transaction.

    What is about a person is sealed and opened by the vault, which each session carries; what is
    recorded is chained by ``hashing``.
    """
    info = {_VAULT: vault, _HASHING: hashing}
    return async_sessionmaker(engine, expire_on_commit=False, info=info)


def read_sessions(engine: AsyncEngine, vault: Vault = PLAIN) -> Sessions:
    """Sessions that only read, and see one moment of the register however many queries they ask."""
    snapshot = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return async_sessionmaker(snapshot, expire_on_commit=False, info={_VAULT: vault})


def vault_of(session: AsyncSession) -> Vault:
    """The vault of a session; `PLAIN` for a session opened without one."""
    vault: Vault = session.info.get(_VAULT, PLAIN)
    return vault


def hashing_of(session: AsyncSession) -> Hashing:
    """How a session makes hashes."""
    hashing: Hashing = session.info.get(_HASHING, Hashing.SHA256)
    return hashing


async def migrate(url: str) -> None:
    """Bring the tables to the newest revision; of two that do it at once, the second waits.

    All revisions are one transaction. Fails rather than keep officers waiting behind a lock that
    does not come.
    """
    async with _connection(url) as connection:
        await take_turn(connection)
        await connection.run_sync(_upgrade)


async def take_turn(connection: AsyncConnection) -> None:
    """Wait for whoever migrates now; hold the others until this transaction ends."""
    await connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
    await connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))


async def pending(url: str) -> tuple[str, ...]:
    """The revisions that the database has not seen yet, oldest first."""
    async with _connection(url) as connection:
        return await connection.run_sync(_pending)


async def check(url: str) -> tuple[str, ...]:
    """What is wrong, one line each: revisions to apply, two heads, models unlike the tables."""
    async with _connection(url) as connection:
        return await connection.run_sync(_check)


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "casework.store:migrations")
    return config


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _pending(connection: Connection) -> tuple[str, ...]:
    applied = set(MigrationContext.configure(connection).get_current_heads())
    script = ScriptDirectory.from_config(_config())
    seen = {r.revision for head in applied for r in script.iterate_revisions(head, "base")}
    newest_first = [r.revision for r in script.walk_revisions() if r.revision not in seen]
    return tuple(reversed(newest_first))


def _check(connection: Connection) -> tuple[str, ...]:
    heads = ScriptDirectory.from_config(_config()).get_heads()
    faults = [f"two heads: {', '.join(heads)}"] if len(heads) > 1 else []
    faults += [f"not applied: {revision}" for revision in _pending(connection)]
    if not faults:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        faults = [f"not migrated: {change}" for change in compare_metadata(context, Model.metadata)]
    return tuple(faults)
