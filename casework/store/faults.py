"""Which errors of PostgreSQL mean "not now", for whoever has to say so or to try again."""

from collections.abc import Iterator
from enum import StrEnum

import asyncpg
from sqlalchemy import exc
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi

FROM_THE_REGISTER = (
    exc.SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What PostgreSQL, or the way to it, raises."""


class Fault(StrEnum):
    """Why something cannot be done now though nothing is wrong with it."""

    AWAY = "away"
    """It does not answer, is starting, is stopping, or has dropped the connection."""
    BUSY = "busy"
    """Too many connections or requests, or no turn within the time."""
    READ_ONLY = "read_only"
    """It takes no writes: a standby, or a server after a failover."""
    FULL = "full"
    CHANGED = "changed"
    """Its tables changed under this connection: the same again succeeds."""
    UNFIT = "unfit"
    """Its tables or grants are not those of this release: somebody has to act."""


_BY_STATE = {
    "25006": Fault.READ_ONLY,
    "25P03": Fault.AWAY,  # the connection was closed: idle in a transaction
    "25P04": Fault.AWAY,  # likewise: the transaction took too long
    "40001": Fault.BUSY,
    "40P01": Fault.BUSY,
    "42501": Fault.UNFIT,
    "42703": Fault.UNFIT,
    "42704": Fault.UNFIT,
    "42883": Fault.UNFIT,
    "42P01": Fault.UNFIT,
    "53100": Fault.FULL,
    "55000": Fault.AWAY,  # the database takes no connections
    "55006": Fault.BUSY,
    "55P03": Fault.BUSY,
    "57014": Fault.BUSY,
}
_BY_CLASS = {
    "08": Fault.AWAY,
    "28": Fault.AWAY,  # our password or certificate is not taken
    "3D": Fault.AWAY,
    "3F": Fault.UNFIT,
    "53": Fault.BUSY,
    "57": Fault.AWAY,
    "58": Fault.AWAY,
    "F0": Fault.AWAY,
    "XX": Fault.AWAY,
}


def fault_of(error: BaseException) -> Fault | None:
    """Return why the register cannot be used now; None: the error says nothing of the kind."""
    chain = tuple(_chain(error))
    if any(isinstance(each, _CHANGED) for each in chain):
        return Fault.CHANGED
    if state := sqlstate(error):
        return _BY_STATE.get(state) or _BY_CLASS.get(state[:2])
    if any(isinstance(each, exc.TimeoutError) for each in chain):  # no connection became free
        return Fault.BUSY
    if any(isinstance(each, ValueError) for each in chain):  # an argument of the wrong type
        return None
    return Fault.AWAY if any(isinstance(each, _AWAY) for each in chain) else None


_CHANGED = (
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
    AsyncAdapt_asyncpg_dbapi.InvalidCachedStatementError,
)
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    exc.InterfaceError,
    exc.InternalError,
    exc.OperationalError,
)


def sqlstate(error: BaseException) -> str:
    """Return PostgreSQL's code of an error, also where it was wrapped; empty: it has none."""
    found = (getattr(each, "sqlstate", None) for each in _chain(error))
    return next((str(state) for state in found if state), "")


def is_lost(error: BaseException) -> bool:
    """Whether only the connection was lost: the pool begins anew, and a read may be repeated."""
    return isinstance(error, exc.DBAPIError) and error.connection_invalidated


def words_for(error: BaseException) -> str:
    """Say what PostgreSQL refused by code and constraint alone.

    Its messages and details quote values, which may be about a person.
    """
    chain = tuple(_chain(error))
    names = (getattr(each, "constraint_name", None) for each in chain)
    code = sqlstate(error) or type(chain[-1]).__name__
    return ", ".join((code, *(str(name) for name in names if name)))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it stands for, outermost first."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        original = getattr(seen, "orig", None)
        seen = original if isinstance(original, BaseException) else seen.__cause__
