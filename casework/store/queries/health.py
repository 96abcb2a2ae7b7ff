"""Whether the register can be used, in queries that cost nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, String, cast, column, func, or_, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.models import Notices


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


async def revisions(session: AsyncSession) -> tuple[str, ...]:
    """The revisions applied to the tables; none: nobody has migrated yet."""
    if await session.scalar(select(func.to_regclass("alembic_version").is_(None))):
        return ()
    applied = select(column("version_num", String)).select_from(table("alembic_version"))
    return tuple(await session.scalars(applied))


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
