"""The staff as rows: every post of all days, who has left, and where people are told of cards."""

from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.policy import Role
from casework.domain.staff import SealedContact, StaffPost
from casework.domain.talent import TalentClass
from casework.policy.officer_contacts import Alerts, OfficerContact
from casework.policy.staffing import Staff, go_by, on_unknown
from casework.store.engine import vault_of
from casework.store.models import Changes, StaffContacts, StaffPosts
from casework.store.sealing.sealing import CONTACT_MAIL, CONTACT_SMS, NOBODYS, opener
from casework.store.watching import Watch

SCOPE = "staff"
"""Scope and key under which ``changes`` has the changes of staff: they concern no case as such."""

# A value, or its place in a statement that is built once.
Text = str | ColumnElement[str]
Day = date | ColumnElement[date]

COLUMNS = tuple(StaffPosts.__table__.c[field.name] for field in fields(StaffPost))


def as_post(row: Mapping[Any, Any]) -> StaffPost:
    """A row as the domain has it."""
    classes = tuple(TalentClass(letter) for letter in row["classes"])
    return StaffPost(**{**row, "role": Role(row["role"]), "classes": classes})


def as_row(post: StaffPost) -> dict[str, Any]:
    """A post as its row has it."""
    return asdict(post) | {"classes": tuple(letter.value for letter in post.classes)}


async def staff_version(session: AsyncSession) -> int:
    """The version of the last change of staff, 0 if there was none."""
    query = select(func.max(Changes.version)).where(Changes.key == SCOPE)
    return await session.scalar(query) or 0


async def read_staff(session: AsyncSession, *, contacts: bool = False) -> Staff:
    """Every post of all days; where people are told of cards only if it is asked for."""
    found = await session.execute(select(*COLUMNS).order_by(StaffPosts.id))
    posts = tuple(as_post(row) for row in found.mappings())
    return Staff(posts=posts, contacts=await _contacts(session) if contacts else {})


async def _contacts(session: AsyncSession) -> dict[str, OfficerContact]:
    own = await opener(session, NOBODYS)
    return {
        row.person: OfficerContact(
            alerts=Alerts(row.alerts),
            mail=own.text(row.mail, CONTACT_MAIL),
            sms=own.text(row.sms, CONTACT_SMS),
        )
        for row in await session.scalars(select(StaffContacts))
    }


async def sealed_contacts(
    session: AsyncSession, contacts: Mapping[str, OfficerContact]
) -> tuple[SealedContact, ...]:
    """The contacts as an order has them, by code."""
    cipher = await vault_of(session).cipher(NOBODYS)
    return tuple(
        SealedContact(
            person=person,
            alerts=contact.alerts,
            mail=cipher.seal_text(contact.mail, CONTACT_MAIL) if contact.mail else "",
            sms=cipher.seal_text(contact.sms, CONTACT_SMS) if contact.sms else "",
        )
        for person, contact in sorted(contacts.items())
    )


def departed(city: Text, district: Text, on: Day) -> Select[str]:
    """Who held a post for a district and holds none there on that day, by code.

    They count as absent for ever, so that whoever stands in for them takes over.
    """
    there = and_(StaffPosts.city == city, StaffPosts.district.in_(("", district)))
    return (
        select(StaffPosts.person)
        .where(there)
        .group_by(StaffPosts.person)
        .having(func.bool_or(_is_over(on)), ~func.bool_or(held(on)))
    )


def _is_over(day: Day) -> ColumnElement[bool]:
    return func.coalesce(StaffPosts.until < day, False)


def held(day: Day) -> ColumnElement[bool]:
    """That a post is held on that day."""
    return and_(StaffPosts.since <= day, or_(StaffPosts.until.is_(None), StaffPosts.until >= day))


async def posts_of(session: AsyncSession, people: Iterable[str]) -> tuple[StaffPost, ...]:
    """Every post of these people, of all days."""
    query = select(*COLUMNS).where(StaffPosts.person.in_(sorted(set(people))))
    found = await session.execute(query.order_by(StaffPosts.id))
    return tuple(as_post(row) for row in found.mappings())


def staff_watch(
    reading: Callable[[], AbstractAsyncContextManager[AsyncSession]], *, contacts: bool = False
) -> Watch:
    """A watch that lets this process go by the staff of the register, as it changes there."""

    async def version() -> tuple[int, int]:
        async with reading() as session:
            erased = select(func.count(StaffContacts.erased_at))
            return await staff_version(session), await session.scalar(erased) or 0

    async def reload(version: Hashable) -> None:
        async with reading() as session:
            known = version != (0, 0)
            go_by(await read_staff(session, contacts=contacts) if known else None)

    watch = Watch("staff", version, reload)
    on_unknown(watch.look_soon)
    return watch


@asynccontextmanager
async def following_staff(watch: Watch) -> AsyncIterator[None]:
    """Go by the register's staff within, as the watch finds it; afterwards by the files again."""
    try:
        async with watch.running():
            yield
    finally:
        go_by(None)
        on_unknown(None)
