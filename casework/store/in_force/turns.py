"""Who waits for whom: recorders for the order that is being applied, and it for them.

A case must not write what it worked out under the law of before, once a new one is in force. With
each entry a recorder writes into ``armings``, which an order holds whole while it is applied. The
recorder's statement waits before it looks at anything, since PostgreSQL takes a statement's
snapshot after its locks: it sees the order, or the order sees it. No round trip is spent on this.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def take_order_turn(session: AsyncSession) -> None:
    """Wait for recorders and orders under way; hold up the others until the transaction ends."""
    await session.execute(text("LOCK TABLE armings IN SHARE ROW EXCLUSIVE MODE"))


async def take_recorder_turn(session: AsyncSession) -> None:
    """Wait for an order under way, and hold up the next: for who writes rows without an entry."""
    await session.execute(text("LOCK TABLE armings IN ROW EXCLUSIVE MODE"))
