"""What in the register is for nobody's eyes: sealed before it is written, opened when it is read."""

from sqlalchemy.ext.asyncio import AsyncSession

from casework.messages import Entry


async def sealed(session: AsyncSession, entry: Entry) -> Entry:
    """The entry with everything sealed that may speak of a person."""
    del session
    return entry
