"""Lists of the staff: posts by person, and what one person holds."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date, datetime

from pydantic import TypeAdapter
from sqlalchemy import and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.kinds.registry import stage_label
from casework.domain.policy import Role, digits_of
from casework.store.models import Cases, StaffContacts, StaffPosts, Tasks
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.register.staff import held


@dataclass(frozen=True, kw_only=True)
class PostView:
    """One post as lists show it; ``until``: its last day, null until it is ended.

    ``origin``: the order that brought it; ``ended_by``: the one that ended it.
    """

    id: str
    person: str
    role: str
    city: str
    district: str
    office: str
    items: tuple[str, ...]
    bodies: tuple[str, ...]
    classes: tuple[str, ...]
    team: str
    share: int
    stands_in_for: str
    skills: tuple[str, ...]
    rank: int
    since: date
    until: date | None
    origin: str
    ended_by: str


@dataclass(frozen=True, kw_only=True)
class HeldTasks:
    """How many open tasks somebody holds in a role, at a stage of their cases."""

    role: str
    role_label: str
    stage: str
    stage_label: str
    tasks: int


def _key(row: PostView) -> tuple[str, str]:
    return row.person, row.id


_ORDER = (StaffPosts.person, StaffPosts.id)
_KEYSET = Keyset("staff", _key, TypeAdapter(tuple[str, str]))
_SHOWN = tuple(StaffPosts.__table__.c[field.name] for field in fields(PostView))


async def staff_posts(  # noqa: PLR0913 - one argument per filter
    session: AsyncSession,
    *,
    district: str = "",
    cities: Collection[str] | None = None,
    role: str = "",
    team: str = "",
    on: date | None = None,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[PostView]:
    """A page of posts by person; raises `CursorError`. What is not said does not restrict.

    ``district``: its own posts, and those of its city. ``cities``: of these only; None:
    of all. ``on``: those held on that day.
    """
    size = bounded(size)
    query = select(*_SHOWN).order_by(*_ORDER).limit(size + 1)
    if district:
        of_city = StaffPosts.district == "", StaffPosts.city.startswith(digits_of(district))
        query = query.where(or_(StaffPosts.district == district, and_(*of_city)))
    if cities is not None:
        query = query.where(StaffPosts.city.in_(sorted(cities)))
    if role:
        query = query.where(StaffPosts.role == role)
    if team:
        query = query.where(StaffPosts.team == team)
    if on is not None:
        query = query.where(held(on))
    if after:
        query = query.where(tuple_(*_ORDER) > _KEYSET.key(after))
    found = await session.execute(query)
    return _KEYSET.page([PostView(**row) for row in found.mappings()], size)


async def posts_held_by(session: AsyncSession, person: str) -> tuple[PostView, ...]:
    """Every post of a person, the oldest first."""
    query = select(*_SHOWN).where(StaffPosts.person == person)
    found = await session.execute(query.order_by(StaffPosts.since, StaffPosts.id))
    return tuple(PostView(**row) for row in found.mappings())


async def alerts_of(session: AsyncSession, person: str) -> tuple[str, datetime | None]:
    """By which channel a person is told of cards; empty: the register does not say.

    And when their address was erased because they had left, if it was.
    """
    query = select(StaffContacts.alerts, StaffContacts.erased_at)
    found = (await session.execute(query.where(StaffContacts.person == person))).one_or_none()
    return (found.alerts, found.erased_at) if found else ("", None)


async def tasks_held_by(session: AsyncSession, person: str) -> tuple[HeldTasks, ...]:
    """How many open tasks a person holds, by role and stage."""
    place = (Tasks.role, Cases.stage)
    query = (
        select(*place, func.count())
        .join(Cases, Cases.case_no == Tasks.case_no)
        .where(Tasks.holder == person, Tasks.closed_at.is_(None))
        .group_by(*place)
        .order_by(*place)
    )
    return tuple(
        HeldTasks(
            role=role,
            role_label=Role(role).label,
            stage=stage,
            stage_label=stage_label(stage),
            tasks=tasks,
        )
        for role, stage, tasks in await session.execute(query)
    )
