"""The list of signed digests, as people look at it."""

from dataclasses import dataclass, fields
from datetime import date, datetime

from pydantic import TypeAdapter
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.models import AuditDigests
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded


@dataclass(frozen=True, kw_only=True)
class DigestView:
    """One digest without its text; ``cases`` is of how many cases it tells."""

    district: str
    day: date
    number: int
    made_at: datetime
    cases: int
    hash: str
    key: str
    signature: str


def _key(row: DigestView) -> tuple[date, str]:
    return (row.day, row.district)


_KEYSET = Keyset("audit_digests", _key, TypeAdapter(tuple[date, str]))


async def digests(
    session: AsyncSession, district: str = "", *, after: str = "", size: int = PAGE_SIZE
) -> Page[DigestView]:
    """A page of the digests of a district or of all, the newest first; raises `CursorError`."""
    size = bounded(size)
    place = (AuditDigests.day, AuditDigests.district)
    query = select(*(AuditDigests.__table__.c[field.name] for field in fields(DigestView)))
    if district:
        query = query.where(AuditDigests.district == district)
    if after:
        query = query.where(tuple_(*place) < tuple_(*_KEYSET.key(after)))
    newest_first = query.order_by(*(column.desc() for column in place)).limit(size + 1)
    found = await session.execute(newest_first)
    return _KEYSET.page([DigestView(**row) for row in found.mappings()], size)
