"""The way to PostgreSQL: engine, sessions, and bringing the tables up to date.

Addresses are SQLAlchemy URLs with the driver, ``postgresql+asyncpg://``.
"""

from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Connection,
    NullPool,
    String,
    Text,
    bindparam,
    cast,
    column,
    event,
    func,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import InstrumentedAttribute

from casework.security.audit.hashing import Hashing
from casework.security.keys.vault import PLAIN, Vault
from casework.store.faults import Fault, fault_of
from casework.store.models import Model, Notices

Sessions = async_sessionmaker[AsyncSession]

# Any number, the same for ever: the key of the advisory lock.
_MIGRATING = 20_261_122
_LOCK_TIMEOUT = "5s"

# A register that was restored into another server begins to number its transactions anew. What is
# recorded there must still come after what readers of the feed of changes have seen.
_RENEWED = text("""
DO $$
DECLARE latest bigint := (SELECT max(place) FROM events);
BEGIN
    IF latest >= feed_base() + pg_snapshot_xmax(pg_current_snapshot())::text::bigint THEN
        EXECUTE format(
            'CREATE OR REPLACE FUNCTION feed_base() RETURNS bigint LANGUAGE sql STABLE'
            ' AS $f$ SELECT %s::bigint $f$',
            latest + 1
        );
    END IF;
END $$
""")
_VAULT = "vault"
_HASHING = "hashing"


class UnfitError(Exception):
    """The tables are not those of this release; the message says so in a line, and what to do.

    ``is_newer``: a later release has migrated them.
    """

    def __init__(self, message: str, *, is_newer: bool) -> None:
        super().__init__(message)
        self.is_newer = is_newer


LEFT_OPEN_AT_MOST = timedelta(minutes=1)


def create_engine(
    url: str,
    *,
    pool_size: int = 10,
    ping: bool = False,
    left_open: timedelta = LEFT_OPEN_AT_MOST,
) -> AsyncEngine:
    """A pool of connections. A connection is waited for 5 s, a statement 30 s: ``TimeoutError``.

    When the server has gone away, the first statement fails and the pool begins anew: right for
    activities, which are repeated. With ``ping`` each connection is tried before use, at the price
    of a round trip: right for officers, who are not. The pool also begins anew when a server takes
    no more writes, so that after a failover nobody keeps writing to the one that was.

    A transaction in which nothing is said for ``left_open`` is ended by the server. A machine that
    is gone does not close its connections, and what it has locked would wait for hours: the next
    number of its district's letters, for example.
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
            "server_settings": {
                "application_name": "casework",
                "jit": "off",
                "idle_in_transaction_session_timeout": f"{left_open.total_seconds() * 1000:.0f}ms",
            },
        },
    )
    event.listen(engine.sync_engine, "connect", _send_dates_as_they_are)
    event.listen(engine.sync_engine, "handle_error", _leave_who_takes_no_writes)
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


def _leave_who_takes_no_writes(context: ExceptionContext) -> None:
    if fault_of(context.original_exception) is Fault.READ_ONLY:
        context.is_disconnect = True


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


# Who waits for whom: recorders for the order that is being applied, and it for them.
#
# A case must not write what it worked out under the law of before, once a new one is in force. With
# each entry a recorder writes into ``armings``, which an order holds whole while it is applied. The
# recorder's statement waits before it looks at anything, since PostgreSQL takes a statement's
# snapshot after its locks: it sees the order, or the order sees it. No round trip is spent on this.


async def take_order_turn(session: AsyncSession) -> None:
    """Wait for recorders and orders under way; hold up the others until the transaction ends."""
    await session.execute(text("LOCK TABLE armings IN SHARE ROW EXCLUSIVE MODE"))


async def take_publishing_turn(session: AsyncSession) -> None:
    """Of two that publish a catalogue at once, the second waits until the transaction ends."""
    await session.execute(text("LOCK TABLE catalogue_versions IN SHARE ROW EXCLUSIVE MODE"))


async def take_recorder_turn(session: AsyncSession) -> None:
    """Wait for an order under way, and hold up the next: for who writes rows without an entry."""
    await session.execute(text("LOCK TABLE armings IN ROW EXCLUSIVE MODE"))


async def let_record_change(session: AsyncSession) -> None:
    """Until the transaction ends, the database lets events be superseded, or their hashes be made.

    Else it refuses every change of what is recorded: the first line of defence.
    """
    await session.execute(select(func.set_config("casework.record_may_change", "on", True)))


async def migrate(url: str) -> None:
    """Bring the tables to the newest revision; of two that do it at once, the second waits.

    All revisions are one transaction. Fails rather than keep officers waiting behind a lock that
    does not come.

    Raises:
        UnfitError: the tables are of a later release; nothing was changed.
    """
    async with _connection(url) as connection:
        await take_turn(connection)
        _require_known(await connection.run_sync(_applied))
        await connection.run_sync(_upgrade)
        await connection.execute(_RENEWED)


async def take_turn(connection: AsyncConnection) -> None:
    """Wait for whoever migrates now; hold the others until this transaction ends."""
    await connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
    await connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))


async def pending(url: str) -> tuple[str, ...]:
    """The revisions that the database has not seen yet, oldest first; raise `UnfitError`: newer."""
    async with _connection(url) as connection:
        return await connection.run_sync(_pending)


def require_fit_tables(applied: Collection[str], *, newer: bool = False) -> None:
    """Return if tables with these revisions applied are those of this release.

    With ``newer`` those of a later release will do too: it may say that this one can run beside it.

    Raises:
        UnfitError: there is something to migrate, or a later release has migrated.
    """
    if not newer:
        _require_known(applied)
    lacking = () if newer and set(applied) - set(_ways()) else _lacking(applied)
    if lacking:
        what = f"lacks {len(lacking)} migrations ({lacking[0]} …)" if applied else "has no tables"
        raise UnfitError(f"the register {what}: run `casework migrate`", is_newer=False)


def _require_known(applied: Collection[str]) -> None:
    if strange := sorted(set(applied) - set(_ways())):
        raise UnfitError(
            f"the register was migrated by a later release (revision {', '.join(strange)} is "
            "unknown here): run that release, or read in deploy/README.md how to go back",
            is_newer=True,
        )


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


@cache
def _ways() -> dict[str, frozenset[str]]:
    """Every revision of this release, newest first, with itself and all that came before it."""
    script = ScriptDirectory.from_config(_config())
    return {
        each.revision: frozenset(
            r.revision for r in script.iterate_revisions(each.revision, "base")
        )
        for each in script.walk_revisions()
    }


def _lacking(applied: Collection[str]) -> tuple[str, ...]:
    seen = frozenset[str]().union(*(_ways()[revision] for revision in applied))
    return tuple(revision for revision in reversed(_ways()) if revision not in seen)


def _applied(connection: Connection) -> tuple[str, ...]:
    return MigrationContext.configure(connection).get_current_heads()


def _pending(connection: Connection) -> tuple[str, ...]:
    applied = _applied(connection)
    _require_known(applied)
    return _lacking(applied)


def _check(connection: Connection) -> tuple[str, ...]:
    heads = ScriptDirectory.from_config(_config()).get_heads()
    faults = [f"two heads: {', '.join(heads)}"] if len(heads) > 1 else []
    faults += [f"not applied: {revision}" for revision in _pending(connection)]
    if not faults:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        faults = [f"not migrated: {change}" for change in compare_metadata(context, Model.metadata)]
    return tuple(faults)


# --- health --------------------------------------------------------------------------------
# Whether the register can be used, in queries that cost nothing.


@dataclass(frozen=True, kw_only=True)
class Health:
    """``revision`` of the tables; notices that wait or were refused, and since when they wait.

    ``read_only``: the server takes no writes, whatever the session asks for.
    """

    revision: str
    read_only: bool
    notices_queued: int
    notices_refused: int
    oldest_queued_at: datetime | None


# Not `transaction_read_only`: our own readers set that.
_READ_ONLY = or_(
    func.pg_is_in_recovery(),
    cast(func.current_setting("default_transaction_read_only"), Boolean),
)


def among(number: InstrumentedAttribute[str], values: Iterable[str]) -> ColumnElement[bool]:
    """As ``in_``, for any number of values: a statement takes 32,767 of them, and any list."""
    return number == func.any(bindparam(None, sorted(values), ARRAY(Text)))


async def revisions(session: AsyncSession) -> tuple[str, ...]:
    """The revisions applied to the tables; none: nobody has migrated yet."""
    if await session.scalar(select(func.to_regclass("alembic_version").is_(None))):
        return ()
    applied = select(column("version_num", String)).select_from(table("alembic_version"))
    return tuple(await session.scalars(applied))


async def migrations_behind(session: AsyncSession) -> int:
    """How many revisions the tables lack; 0 also if a later release has migrated them."""
    applied = await revisions(session)
    return 0 if set(applied) - set(_ways()) else len(_lacking(applied))


async def ready(session: AsyncSession) -> Health:
    """The state of the register; fails with the driver's error if it cannot be asked."""
    queued = Notices.status == "queued"
    counts = select(
        func.count().filter(queued).label("notices_queued"),
        func.count().filter(~queued).label("notices_refused"),
        func.min(Notices.queued_at).filter(queued).label("oldest_queued_at"),
    ).where(Notices.status != "sent")
    revision = select(column("version_num", String)).select_from(table("alembic_version"))
    return Health(
        revision=await session.scalar(revision) or "",
        read_only=bool(await session.scalar(select(_READ_ONLY))),
        **(await session.execute(counts)).mappings().one(),
    )
