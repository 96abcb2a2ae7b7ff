"""Outreaches in the register: what they are about, and how their rounds go.

Who is on the list is in ``listing``, whom to ask next in ``asking``.
"""

from dataclasses import dataclass, fields
from datetime import date, datetime

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import ColumnElement, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Sight
from casework.domain.kinds.application.shown import ContactRow
from casework.domain.kinds.application.state import ContactState
from casework.messages.outreach import About, Progress, StartOutreach
from casework.store.access import seen_cases
from casework.store.models import Contacts, Measures, Outreaches, Suspensions
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded


@dataclass(frozen=True, kw_only=True)
class Outreach:
    """An outreach as it stands in the register."""

    id: str
    kind: str
    about: str
    text: str
    started_by: str
    started_at: datetime
    last_round_at: datetime | None
    ended_at: datetime | None


Subject = Measures | Suspensions
"""What an outreach is about."""


async def subject_of(session: AsyncSession, kind: str, about: str) -> Subject | None:
    """The measure or the suspension of that id; None if there is none."""
    if kind == About.MEASURE:
        return await session.get(Measures, about)
    return await session.get(Suspensions, about) if kind == About.SUSPENSION else None


def is_over(subject: Subject, day: date) -> bool:
    """Whether it is no longer in force on ``day``; what is only announced is not over."""
    last = subject.until if isinstance(subject, Measures) else subject.lifted_on
    return last is not None and last < day


def district_of(subject: Subject) -> str:
    """The district whose calendar holds for it; empty for a city."""
    if isinstance(subject, Measures):
        return subject.district
    return "" if subject.scope == "city" else subject.key[:6]


async def open_outreach(session: AsyncSession, start: StartOutreach, at: datetime) -> None:
    """Write the outreach; a repeat changes nothing."""
    row = insert(Outreaches).values(
        id=start.id,
        kind=start.kind,
        about=start.about,
        text=start.text,
        started_by=start.started_by,
        started_at=at,
    )
    await session.execute(row.on_conflict_do_nothing())


async def outreach(session: AsyncSession, outreach_id: str) -> Outreach | None:
    """The outreach of that id; None if there is none."""
    found = await session.get(Outreaches, outreach_id)
    return _view(found) if found else None


async def running_about(session: AsyncSession, about: str) -> Outreach | None:
    """An outreach about the same that has not ended; None if there is none."""
    query = select(Outreaches).where(Outreaches.about == about, Outreaches.ended_at.is_(None))
    found = await session.scalar(query.order_by(Outreaches.started_at).limit(1))
    return _view(found) if found else None


def _key(row: Outreach) -> tuple[datetime, str]:
    return row.started_at, row.id


_KEYSET = Keyset("outreaches", _key, TypeAdapter(tuple[AwareDatetime, str]))


async def outreaches_page(
    session: AsyncSession, *, after: str = "", size: int = PAGE_SIZE
) -> Page[Outreach]:
    """A page of outreaches, the newest first; raises `CursorError`."""
    size = bounded(size)
    query = select(Outreaches).order_by(Outreaches.started_at.desc(), Outreaches.id.desc())
    if after:
        query = query.where(tuple_(Outreaches.started_at, Outreaches.id) < _KEYSET.key(after))
    found = await session.scalars(query.limit(size + 1))
    return _KEYSET.page([_view(row) for row in found], size)


def _view(row: Outreaches) -> Outreach:
    return Outreach(**{name: getattr(row, name) for name in Outreach.__dataclass_fields__})


async def note_round(
    session: AsyncSession, outreach_id: str, at: datetime, *, ended: bool = False
) -> None:
    """Write that a round was made at ``at``, with ``ended`` the last one."""
    times = {"last_round_at": at} | ({"ended_at": at} if ended else {})
    await session.execute(update(Outreaches).where(Outreaches.id == outreach_id).values(times))


async def progress(session: AsyncSession, outreach_id: str, district: str = "") -> Progress:
    """How far the persons of an outreach have been told, those of a district or all."""
    own = Contacts.through == ""
    counted: dict[str, ColumnElement[bool]] = {
        "listed": own,
        "reached": own & Contacts.reached_at.is_not(None),
        "settled": own & Contacts.settled_at.is_not(None),
        "filed": own & Contacts.filed_at.is_not(None),
        "escalated": own & Contacts.escalated_at.is_not(None),
        "closed": own & (Contacts.state == ContactState.CLOSED),
        "shared": Contacts.through != "",
    }
    query = select(
        *(func.count().filter(condition).label(name) for name, condition in counted.items())
    ).where(Contacts.outreach == outreach_id)
    if district:
        query = query.where(Contacts.district == district)
    return Progress(**(await session.execute(query)).mappings().one())


@dataclass(frozen=True, kw_only=True)
class ContactView(ContactRow):
    """A contact with its case."""

    case_no: str
    district: str


def _contact_key(row: ContactView) -> tuple[str]:
    return (row.case_no,)


_CONTACTS = Keyset("contacts", _contact_key, TypeAdapter(tuple[str]))
_CONTACT = [Contacts.__table__.c[field.name] for field in fields(ContactView)]


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
    query = select(*_CONTACT).where(Contacts.outreach == outreach_id)
    if state:
        query = query.where(Contacts.state == state)
    if district:
        query = query.where(Contacts.district == district)
    if sight is not None and not sight.is_whole:
        query = query.where(Contacts.case_no.in_(seen_cases(sight)))
    if after:
        query = query.where(Contacts.case_no > _CONTACTS.key(after)[0])
    found = await session.execute(query.order_by(Contacts.case_no).limit(size + 1))
    return _CONTACTS.page([ContactView(**row) for row in found.mappings()], size)


async def contacts_of_case(session: AsyncSession, case_no: str) -> tuple[ContactView, ...]:
    """What the person of a case is to be told, the oldest first."""
    query = select(*_CONTACT).where(Contacts.case_no == case_no)
    found = await session.execute(query.order_by(Contacts.listed_at, Contacts.outreach))
    return tuple(ContactView(**row) for row in found.mappings())
