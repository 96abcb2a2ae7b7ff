"""Officers on open cards whom no roster knows."""

from collections.abc import Collection

from sqlalchemy import select, union
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.kinds.card_audience import OF_HOLDERS
from casework.store.models import Cards


async def unknown_holders(session: AsyncSession, known: Collection[str]) -> tuple[str, ...]:
    """Who holds or backs a card that is told of, and is not among the ``known``; by code."""
    open_ = (Cards.cleared_at.is_(None), Cards.rung.in_([rung.value for rung in OF_HOLDERS]))
    either = union(
        select(Cards.holder.label("code")).where(*open_),
        select(Cards.backup.label("code")).where(*open_),
    ).subquery()
    found = await session.scalars(select(either.c.code).order_by(either.c.code))
    return tuple(code for code in found if code and code not in known)
