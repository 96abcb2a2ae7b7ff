"""The list of digests of cards, as those who watch over a district look at it."""

from dataclasses import dataclass, fields
from datetime import date, datetime

from pydantic import TypeAdapter
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.models import CardDigests
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded


@dataclass(frozen=True, kw_only=True)
class CardDigestView:
    """One digest: to whom by code, how many cards it announced, and what became of it."""

    officer: str
    district: str
    day: date
    channel: str
    status: str
    problem: str
    red: int
    yellow: int
    older: int
    queued_at: datetime
    sent_at: datetime | None


def _key(row: CardDigestView) -> tuple[date, str, str]:
    return (row.day, row.district, row.officer)


_KEYSET = Keyset("card_digests", _key, TypeAdapter(tuple[date, str, str]))


async def card_digests(  # noqa: PLR0913 - one argument per filter
    session: AsyncSession,
    *,
    district: str = "",
    officer: str = "",
    status: str = "",
    day: date | None = None,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[CardDigestView]:
    """A page of digests, the newest first; empty filters do not restrict. Raises `CursorError`."""
    size = bounded(size)
    place = (CardDigests.day, CardDigests.district, CardDigests.officer)
    query = select(*(CardDigests.__table__.c[each.name] for each in fields(CardDigestView)))
    given = {
        CardDigests.district: district,
        CardDigests.officer: officer,
        CardDigests.status: status,
        CardDigests.day: day,
    }
    query = query.where(*(column == value for column, value in given.items() if value))
    if after:
        query = query.where(tuple_(*place) < tuple_(*_KEYSET.key(after)))
    newest_first = query.order_by(*(column.desc() for column in place)).limit(size + 1)
    found = await session.execute(newest_first)
    return _KEYSET.page([CardDigestView(**row) for row in found.mappings()], size)
