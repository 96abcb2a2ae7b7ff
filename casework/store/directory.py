"""What a city's directory (SCIM) says: its people and groups, and its order that is still open."""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.directory import Directory, DirectoryState, GroupPost, group_post
from casework.domain.errors import DomainError
from casework.domain.staff import StaffPost
from casework.messages.orders import OrderStatus
from casework.store.in_force.order_book import OrderView
from casework.store.models import DirectoryEntries, Orders
from casework.store.register.staff import posts_of

_LETTERS_OF_ID = 20


class EntryKind(StrEnum):
    """What a directory knows; the values are stored."""

    PERSON = "person"
    GROUP = "group"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A person or a group of a directory; ``version`` counts its changes from 1.

    ``active``: None where the directory does not say, which is as good as True.
    """

    kind: EntryKind
    id: str
    name: str
    external_id: str = ""
    active: bool | None = None
    members: tuple[str, ...] = ()
    version: int = 1
    created_at: datetime
    changed_at: datetime
    deleted_at: datetime | None = None

    def says(self, other: "Entry") -> bool:
        """Whether both say the same."""
        return (self.external_id, self.active, self.members, self.deleted_at is None) == (
            other.external_id,
            other.active,
            other.members,
            other.deleted_at is None,
        )


_COLUMNS = tuple(DirectoryEntries.__table__.c[field.name] for field in fields(Entry))


def id_of(kind: EntryKind, name: str) -> str:
    """The id of an entry: a person's code; of a group's name, which may be Chinese, a digest."""
    if kind is EntryKind.PERSON:
        return name
    return hashlib.sha256(name.encode()).hexdigest()[:_LETTERS_OF_ID]


async def take_directory_turn(session: AsyncSession, directory: Directory) -> None:
    """Wait for other calls of the same directory: what it says is written one after the other."""
    key = func.hashtext(f"directory {directory.code}")
    await session.execute(select(func.pg_advisory_xact_lock(key)))


async def entries(
    session: AsyncSession, directory: Directory, kind: EntryKind | None = None
) -> tuple[Entry, ...]:
    """All that it has or ever had, by name."""
    query = select(*_COLUMNS).where(DirectoryEntries.directory == directory.code)
    if kind is not None:
        query = query.where(DirectoryEntries.kind == kind.value)
    found = await session.execute(query.order_by(DirectoryEntries.name))
    return tuple(Entry(**{**row, "kind": EntryKind(row["kind"])}) for row in found.mappings())


async def write_entry(session: AsyncSession, directory: Directory, entry: Entry) -> None:
    """Write an entry as it is now."""
    row = {field.name: getattr(entry, field.name) for field in fields(entry)}
    row |= {"directory": directory.code, "kind": entry.kind.value}
    keys = [DirectoryEntries.directory, DirectoryEntries.kind, DirectoryEntries.id]
    written = insert(DirectoryEntries).values(row)
    await session.execute(written.on_conflict_do_update(index_elements=keys, set_=row))


async def forget_member(
    session: AsyncSession, directory: Directory, person: str, at: datetime
) -> None:
    """Take somebody out of every group."""
    for group in await entries(session, directory, EntryKind.GROUP):
        if person in group.members:
            left = tuple(each for each in group.members if each != person)
            changed = replace(group, members=left, version=group.version + 1, changed_at=at)
            await write_entry(session, directory, changed)


def state_of(found: Iterable[Entry], directory: Directory) -> DirectoryState:
    """What these entries say together."""
    people: dict[str, bool] = {}
    members: dict[GroupPost, frozenset[str]] = {}
    for entry in found:
        is_there = entry.deleted_at is None
        if entry.kind is EntryKind.PERSON:
            people[entry.name] = entry.active is not False and is_there
        else:
            # A group from when the directory had another place leads to nothing, and harms nothing.
            with suppress(DomainError):
                theirs = frozenset(entry.members if is_there else ())
                members[group_post(entry.name, directory)] = theirs
    return DirectoryState(people=people, members=members)


async def posts_of_people(session: AsyncSession, state: DirectoryState) -> tuple[StaffPost, ...]:
    """Every post of the people whom the directory has or ever had."""
    return await posts_of(session, state.people)


async def open_orders(session: AsyncSession, directory: Directory) -> tuple[OrderView, ...]:
    """The changes of staff that the directory has proposed and nobody has decided."""
    columns = (Orders.__table__.c[field.name] for field in fields(OrderView))
    query = select(*columns).where(
        Orders.proposed_by == directory.actor.code,
        Orders.kind == "change_staff",
        Orders.status.in_([OrderStatus.PROPOSED, OrderStatus.APPROVED]),
    )
    found = await session.execute(query.order_by(Orders.proposed_at, Orders.no))
    return tuple(OrderView(**row) for row in found.mappings())


async def orders_so_far(session: AsyncSession, directory: Directory) -> int:
    """How many changes of staff it has proposed, decided or not."""
    query = select(func.count()).where(
        Orders.proposed_by == directory.actor.code, Orders.kind == "change_staff"
    )
    return await session.scalar(query) or 0
