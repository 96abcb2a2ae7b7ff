"""Sessions of browsers that were ended before their time: a cookie of one is nobody's."""

from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.models import EndedSessions


async def end_session(
    session: AsyncSession, number: str, *, until: datetime, now: datetime
) -> None:
    """End a session that would have lasted ``until``; ending it again changes nothing."""
    await session.execute(delete(EndedSessions).where(EndedSessions.until < now))
    ended = insert(EndedSessions).values(id=number, until=until)
    await session.execute(ended.on_conflict_do_nothing())


async def has_ended(session: AsyncSession, number: str) -> bool:
    """Whether the session was ended."""
    return bool(await session.scalar(select(exists().where(EndedSessions.id == number))))
