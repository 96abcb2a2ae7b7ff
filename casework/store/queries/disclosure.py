"""Personal data in clear, and the cases of a person: for those who say why, and are noted."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Sight
from casework.store.access import seen_by
from casework.store.models import Cases, Openings, Parties
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.queries.case import rows_of
from casework.store.queries.search import SHOWN, CaseSummary
from casework.store.register.by_date import joined


@dataclass(frozen=True, kw_only=True)
class PartyInClear:
    """A party with its personal data; every text of an erased one says that it was erased."""

    role: str
    name: str
    id_number: str
    email: str
    phone: str


async def parties_in_clear(session: AsyncSession, case_no: str) -> tuple[PartyInClear, ...]:
    """The parties of a case, none masked; only beside `note_access`."""
    return await rows_of(session, case_no, Parties, PartyInClear)


def _key(row: CaseSummary) -> tuple[datetime, str]:
    return row.received_at, row.case_no


_ORDER = (Cases.received_at, Cases.case_no)
_KEYSET = Keyset("cases_of_subject", _key, TypeAdapter(tuple[AwareDatetime, str]))


async def cases_of_subject(
    session: AsyncSession,
    subject: str,
    sight: Sight | None = None,
    *,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[CaseSummary]:
    """A page of the cases of a pseudonym, of every kind, the newest first; raises `CursorError`.

    As far as ``sight`` goes; without one, all.
    """
    size = bounded(size)
    query = joined(select(*SHOWN)).where(
        Openings.subject == subject, Openings.subject != "", *seen_by(sight)
    )
    if after:
        query = query.where(tuple_(*_ORDER) < _KEYSET.key(after))
    newest_first = query.order_by(*(column.desc() for column in _ORDER)).limit(size + 1)
    found = await session.execute(newest_first)
    return _KEYSET.page([CaseSummary(**row) for row in found.mappings()], size)
