"""Personal data in clear, and the cases of a person: for those who say why, and are noted."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Sight
from casework.store.by_date import joined
from casework.store.models import Cases, Openings, Parties
from casework.store.queries.case import rows_of
from casework.store.queries.paging import MOST_ROWS
from casework.store.queries.search import SHOWN, CaseSummary
from casework.store.sight import seen_by


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


async def cases_of_subject(
    session: AsyncSession, subject: str, sight: Sight | None = None
) -> tuple[CaseSummary, ...]:
    """The newest cases of a pseudonym, of every kind, as far as ``sight`` goes (none: all).

    Never more than the largest page.
    """
    query = (
        joined(select(*SHOWN))
        .where(Openings.subject == subject, Openings.subject != "", *seen_by(sight))
        .order_by(Cases.received_at.desc(), Cases.case_no.desc())
        .limit(MOST_ROWS)
    )
    return tuple(CaseSummary(**row) for row in (await session.execute(query)).mappings())
