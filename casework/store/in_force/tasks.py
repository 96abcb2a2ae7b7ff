"""Due dates of tasks: they are in lists ordered by date, and so are kept in the tasks' own rows."""

from sqlalchemy import ColumnElement, Table, case, func, update
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.matter import TaskKind
from casework.domain.moves import STAGE_TASKS
from casework.store.models import Clocks, Courses, Tasks

SHOWN = {kind: clock for kind, _, clock in STAGE_TASKS.values()} | dict.fromkeys(
    (TaskKind.REPORT_UP, TaskKind.APPROVE, TaskKind.ESCALATION), "decide"
)
"""The clock whose due date a task of that kind shows."""
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
            Clocks.kind.in_({*SHOWN.values(), CONTACT}),
            Tasks.case_no == Clocks.case_no,
            Tasks.closed_at.is_(None),
            _shown_clock() == func.split_part(Clocks.clock, "#", 1),
        )
    )


def _shown_clock() -> ColumnElement[str]:
    whens = [(Tasks.kind == kind.value, clock) for kind, clock in SHOWN.items()]
    return case(*whens, (Tasks.kind == CONTACT, f"{CONTACT}:" + Tasks.about), else_="")
