"""Dates anew, set-based: what an order changes about the courses in its reach.

A course is dated once, however many clocks run it. Rows are changed only where they differ.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import CreateTable, DropTable

from casework.domain.case.kind import ASKED_OPINION
from casework.domain.case.state import TaskKind
from casework.domain.kinds.registry import task_clocks
from casework.domain.policy import MUNICIPALITIES, ONLINE
from casework.store.models import Clocks, Courses, Tasks
from casework.store.register.courses import DATED

_TEMPORARY = MetaData()
REACHED = Table(
    "reached",
    _TEMPORARY,
    Column("course", Uuid, primary_key=True),
    Column("clocks", Integer),
    prefixes=["TEMPORARY"],
)
"""The courses in reach that some clock runs, and how many clocks do."""
ANEW = Table(
    "anew",
    _TEMPORARY,
    Column("course", Uuid, primary_key=True),
    Column("pauses", JSONB),
    Column("due_on", Date),
    Column("fires_on", Date),
    Column("provisional", Boolean),
    prefixes=["TEMPORARY"],
)
"""The dates of these courses under what is in force now."""

_DATING = files(__package__).joinpath("dating.sql").read_text(encoding="utf-8")
_DATE_ANEW = text(f"INSERT INTO anew {_DATING}").bindparams(
    bindparam("municipalities", value=sorted(MUNICIPALITIES), type_=ARRAY(Text)),
    bindparam("online", value=sorted(ONLINE), type_=ARRAY(Text)),
)

CHANGED: ColumnElement[bool] = or_(
    *(Courses.__table__.c[name].is_distinct_from(ANEW.c[name]) for name in DATED)
)
"""Whether a course has other dates than before, where both tables are joined."""


async def redate(session: AsyncSession, reach: ColumnElement[bool]) -> int:
    """Bring the courses in reach up to what is in force; returns how many clocks have changed.

    The caller has taken the turn of orders. Courses that nobody runs any more are cleared away,
    since nobody would keep them right.
    """
    unused = ~exists().where(Clocks.course == Courses.id)
    await session.execute(delete(Courses).where(reach, unused))
    async with dated_anew(session, reach):
        changed = select(func.coalesce(func.sum(REACHED.c.clocks), 0)).select_from(REACHED)
        changed = changed.join(ANEW, ANEW.c.course == REACHED.c.course)
        moved = await session.scalar(
            changed.join(Courses, Courses.id == ANEW.c.course).where(CHANGED)
        )
        await redate_tasks(session, ANEW)
        await session.execute(
            update(Courses)
            .values({name: ANEW.c[name] for name in DATED})
            .where(Courses.id == ANEW.c.course, CHANGED)
        )
    return moved or 0


@asynccontextmanager
async def dated_anew(session: AsyncSession, reach: ColumnElement[bool]) -> AsyncIterator[None]:
    """While within: the tables ``REACHED`` and ``ANEW``; nothing else is changed."""
    for table in (REACHED, ANEW):
        await session.execute(CreateTable(table))
    run = (
        select(Courses.id, func.count())
        .join(Clocks, Clocks.course == Courses.id)
        .where(reach)
        .group_by(Courses.id)
    )
    await session.execute(insert(REACHED).from_select(["course", "clocks"], run))
    await session.execute(text("ANALYZE reached"))
    # The server cannot know how many gaps there will be, and might compare each row with each.
    await session.execute(text("SET LOCAL enable_nestloop = off"))
    await session.execute(_DATE_ANEW)
    await session.execute(text("SET LOCAL enable_nestloop TO DEFAULT"))
    await session.execute(text("ANALYZE anew"))
    yield
    for table in (REACHED, ANEW):
        await session.execute(DropTable(table))


# Tasks are in lists ordered by date: their due dates are kept in their own rows.
SHOWN_CLOCKS = task_clocks()
"""The clock whose due date a task of that kind shows, in whatever kind of case."""
CONTACT = "contact"
"""A task to tell somebody shows the clock of what it is about."""


async def redate_tasks(session: AsyncSession, anew: Table) -> None:
    """Give open tasks the due dates of ``anew``, where they differ from their course's."""
    await session.execute(
        update(Tasks)
        .values(due_on=anew.c.due_on)
        .where(
            Courses.id == anew.c.course,
            Courses.due_on.is_distinct_from(anew.c.due_on),
            Clocks.course == Courses.id,
            Clocks.kind.in_({*(clock for _, clock in SHOWN_CLOCKS), CONTACT, ASKED_OPINION}),
            Tasks.case_no == Clocks.case_no,
            Tasks.closed_at.is_(None),
            or_(_shows(func.split_part(Clocks.clock, "#", 1)), _OF_OPINIONS),
        )
    )


def _shows(clock: ColumnElement[str]) -> ColumnElement[bool]:
    told = and_(Tasks.kind == CONTACT, clock == f"{CONTACT}:" + Tasks.about)
    of_one_thing = and_(  # as ``remedy:R1``: the task about R1
        tuple_(Tasks.kind, func.split_part(clock, ":", 1)).in_(SHOWN_CLOCKS),
        func.split_part(clock, ":", 2) == Tasks.about,
    )
    passed = and_(
        Tasks.kind == TaskKind.CONFIRM_PASSING,  # about ``<kind>#<n>``, whose clock it shows
        tuple_(func.split_part(Tasks.about, "#", 1), clock).in_(SHOWN_CLOCKS),
    )
    return or_(tuple_(Tasks.kind, clock).in_(SHOWN_CLOCKS), told, of_one_thing, passed)


_OF_OPINIONS = and_(
    Tasks.kind == TaskKind.GIVE_OPINION,
    Clocks.clock == f"{ASKED_OPINION}#" + func.split_part(Tasks.task, "#", 2),
)
"""The task of an opinion has the number of its clock."""
