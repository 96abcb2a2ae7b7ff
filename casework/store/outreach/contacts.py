"""How far the persons of an outreach, or of a case, have been told: lists for people."""

from dataclasses import dataclass, fields

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Sight
from casework.domain.kinds.application.rows import ContactRow
from casework.store.access import seen_cases
from casework.store.models import Contacts
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded


@dataclass(frozen=True, kw_only=True)
class ContactView(ContactRow):
    """A contact with its case."""

    case_no: str
    district: str


def _key(row: ContactView) -> tuple[str]:
    return (row.case_no,)


_KEYSET = Keyset("contacts", _key, TypeAdapter(tuple[str]))
_COLUMNS = [Contacts.__table__.c[field.name] for field in fields(ContactView)]


async def contacts_page(  # noqa: PLR0913 - what, narrowed how, which page
    session: AsyncSession,
    outreach_id: str,
    *,
    state: str = "",
    district: str = "",
    sight: Sight | None = None,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[ContactView]:
    """A page of an outreach's contacts by case number; raises `CursorError`."""
    size = bounded(size)
    query = select(*_COLUMNS).where(Contacts.outreach == outreach_id)
    if state:
        query = query.where(Contacts.state == state)
    if district:
        query = query.where(Contacts.district == district)
    if sight is not None and not sight.is_whole:
        query = query.where(Contacts.case_no.in_(seen_cases(sight)))
    if after:
        query = query.where(Contacts.case_no > _KEYSET.key(after)[0])
    found = await session.execute(query.order_by(Contacts.case_no).limit(size + 1))
    return _KEYSET.page([ContactView(**row) for row in found.mappings()], size)


async def contacts_of_case(session: AsyncSession, case_no: str) -> tuple[ContactView, ...]:
    """What the person of a case is to be told, the oldest first."""
    query = select(*_COLUMNS).where(Contacts.case_no == case_no)
    found = await session.execute(query.order_by(Contacts.listed_at, Contacts.outreach))
    return tuple(ContactView(**row) for row in found.mappings())
