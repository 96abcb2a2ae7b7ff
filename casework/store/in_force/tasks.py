"""Due dates of tasks: they are in lists ordered by date, and so are kept in the tasks' own rows."""

from sqlalchemy import ColumnElement, Table, and_, func, or_, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.kinds.registry import task_clocks
from casework.store.models import Clocks, Courses, Tasks

SHOWN = task_clocks()
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
            Clocks.kind.in_({*(clock for _, clock in SHOWN), CONTACT}),
            Tasks.case_no == Clocks.case_no,
            Tasks.closed_at.is_(None),
            _shows(func.split_part(Clocks.clock, "#", 1)),
        )
    )


def _shows(clock: ColumnElement[str]) -> ColumnElement[bool]:
    told = and_(Tasks.kind == CONTACT, clock == f"{CONTACT}:" + Tasks.about)
    return or_(tuple_(Tasks.kind, clock).in_(SHOWN), told)
