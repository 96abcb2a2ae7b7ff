"""The load of the people of a district, a page at a time, and of its teams."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.load import (
    Counted,
    Forecast,
    Held,
    Load,
    TeamLoad,
    forecast,
    loads,
    stands_in,
    team_loads,
)
from casework.domain.staff import StaffPost
from casework.store.models import Tasks
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.register.absences import absent_officers
from casework.store.register.shares import loads_of, weight_of


@dataclass(frozen=True, kw_only=True)
class LoadQuestion:
    """Whose load is asked for: of those who hold these ``posts`` on ``on``.

    ``until``: what is due up to that day is due soon. ``weighed_by``: as sharing out has it.
    ``district``: who holds open tasks of its cases without a post is listed too; "": nobody else.
    """

    posts: tuple[StaffPost, ...]
    on: date
    until: date
    weighed_by: tuple[date, ...]
    district: str = ""
    role: str = ""


def _key(row: Load) -> tuple[str]:
    return (row.holder,)


_KEYSET = Keyset("loads", _key, TypeAdapter(tuple[str]))


async def load_page(
    session: AsyncSession, question: LoadQuestion, *, after: str = "", size: int = PAGE_SIZE
) -> tuple[Page[Load], tuple[TeamLoad, ...]]:
    """A page of people by code, and the teams of all of them; raises `CursorError`."""
    size = bounded(size)
    begin = _KEYSET.key(after) if after else None
    everybody = await read_loads(session, question)
    first = bisect_right(everybody, begin, key=_key) if begin else 0
    named = sorted({team for each in everybody for team in each.teams})
    teams = team_loads(everybody, await _unclaimed(session, named, question.district))
    return _KEYSET.page(everybody[first : first + size + 1], size), teams


async def read_loads(session: AsyncSession, question: LoadQuestion) -> tuple[Load, ...]:
    """The load of each, by code."""
    people = {post.person for post in question.posts}
    if question.district:
        people |= await _without_post(session, question.district, question.role)
    absent = await absent_officers(session, question.on)
    counted = await count_tasks(session, people, question)
    return loads(question.posts, counted, absent)


async def read_forecast(
    session: AsyncSession, question: LoadQuestion, away: Collection[str], supervisors: Sequence[str]
) -> tuple[Forecast, ...]:
    """How everybody would stand on the first day if those were away, by code.

    ``supervisors``: who has what nobody stands in for, the first that is there. Who is absent on
    that day anyhow is away, too. What a colleague asked of somebody stays with them.
    """
    gone = {*away, *await absent_officers(session, question.on)}
    work = await _held_by(session, away, question)
    last = next((who for who in supervisors if who not in gone), "")
    receivers = {stands_in(held, gone, last) for held in work}
    people = {post.person for post in question.posts} | set(away) | receivers
    counted = await count_tasks(session, people, question)
    return forecast(loads(question.posts, counted, gone), work, gone, last)


async def _held_by(
    session: AsyncSession, away: Collection[str], question: LoadQuestion
) -> tuple[Held, ...]:
    late = Tasks.due_on < question.on
    soon = Tasks.due_on.between(question.on, question.until)
    who = (Tasks.holder, Tasks.backup)
    query = (
        select(
            *who,
            func.count(),
            func.count().filter(soon),
            func.count().filter(late),
            func.sum(weight_of(question.weighed_by)),
        )
        .where(Tasks.holder.in_(sorted(away)), Tasks.closed_at.is_(None), Tasks.asked_by == "")
        .group_by(*who)
        .order_by(*who)
    )
    return tuple(
        Held(
            holder=holder,
            backup=backup,
            counted=Counted(open_tasks=tasks, due_soon=due, overdue=overdue, weight=weight),
        )
        for holder, backup, tasks, due, overdue, weight in await session.execute(query)
    )


async def count_tasks(
    session: AsyncSession, people: Collection[str], question: LoadQuestion
) -> dict[str, Counted]:
    """What each of these people has open, as recorded; who has nothing is counted too."""
    counted = dict.fromkeys(people, Counted())
    late = Tasks.due_on < question.on
    soon = Tasks.due_on.between(question.on, question.until)
    query = (
        select(Tasks.holder, func.count(), func.count().filter(soon), func.count().filter(late))
        .where(Tasks.holder.in_(sorted(people)), Tasks.closed_at.is_(None))
        .group_by(Tasks.holder)
    )
    for who, tasks, due, overdue in await session.execute(query):
        counted[who] = Counted(open_tasks=tasks, due_soon=due, overdue=overdue)
    for who, load in (await loads_of(session, people, question.weighed_by)).items():
        known = counted[who]
        counted[who] = replace(known, to_come=load.tasks - known.open_tasks, weight=load.weight)
    return counted


async def _without_post(session: AsyncSession, district: str, role: str) -> set[str]:
    """Who holds open tasks of a district's cases, other than what a colleague asked of them."""
    query = (
        select(Tasks.holder)
        .distinct()
        .where(
            Tasks.district == district,
            Tasks.closed_at.is_(None),
            Tasks.holder != "",
            Tasks.asked_by == "",
        )
    )
    if role:
        query = query.where(Tasks.role == role)
    return set(await session.scalars(query))


async def _unclaimed(session: AsyncSession, teams: Sequence[str], district: str) -> dict[str, int]:
    if not teams:
        return {}
    query = (
        select(Tasks.team, func.count())
        .where(Tasks.team.in_(teams), Tasks.holder == "", Tasks.closed_at.is_(None))
        .group_by(Tasks.team)
    )
    if district:
        query = query.where(Tasks.district == district)
    return dict((await session.execute(query)).tuples().all())
