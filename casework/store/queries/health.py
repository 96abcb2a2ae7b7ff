"""Whether the register can be used, in a query that costs nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, column, func, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.models import Notices


@dataclass(frozen=True, kw_only=True)
class Health:
    """``revision`` of the tables; notices that wait or were refused, and since when they wait."""

    revision: str
    notices_queued: int
    notices_refused: int
    oldest_queued_at: datetime | None


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
        **(await session.execute(counts)).mappings().one(),
    )
