"""The open tasks of an officer, of a district or of a role, what is due first at the top."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Sight
from casework.domain.projection import TaskRow
from casework.store.models import Cases, Openings, Tasks
from casework.store.queries.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.sight import seen_cases


@dataclass(frozen=True, kw_only=True)
class TaskFilter:
    """Empty fields do not restrict. ``officer`` is the holder or the backup (A角 or B角).

    ``sight``: whose list it is.
    """

    officer: str = ""
    holder: str = ""
    backup: str = ""
    district: str = ""
    role: str = ""
    kind: str = ""
    sight: Sight | None = None


@dataclass(frozen=True, kw_only=True)
class TaskView(TaskRow):
    """An open task with what a list shows of its case; ``kind_of_case`` is a ``CaseKind``."""

    case_no: str
    district: str
    item: str
    item_name: str
    stage: str
    card: str
    green: bool
    kind_of_case: str
    assigned: str


def _key(row: TaskView) -> tuple[date, str, str]:
    return row.due_on or date.max, row.case_no, row.task


_ORDER = (Tasks.due_or_never, Tasks.case_no, Tasks.task)
_KEYSET = Keyset(_key, TypeAdapter(tuple[date, str, str]))
_OF_TASK = [Tasks.__table__.c[field.name] for field in fields(TaskRow)]
_OF_CASE = (Cases.item, Cases.item_name, Cases.stage, Cases.card, Cases.green, Cases.assigned)
_KIND = Openings.kind.label("kind_of_case")


async def tasks(
    session: AsyncSession, wanted: TaskFilter, *, after: str = "", size: int = PAGE_SIZE
) -> Page[TaskView]:
    """A page of open tasks by due date, those without one last; raises `CursorError`."""
    size = bounded(size)
    query = worklist_query(wanted, after=after, limit=size + 1)
    rows = [TaskView(**row) for row in (await session.execute(query)).mappings()]
    return _KEYSET.page(rows, size)


def worklist_query(wanted: TaskFilter, *, after: str, limit: int) -> Select[Any]:
    """The open tasks that follow a cursor, with their cases; raises `CursorError`."""
    conditions = [Tasks.closed_at.is_(None), *_conditions(wanted)]
    if after:
        conditions.append(tuple_(*_ORDER) > _KEYSET.key(after))
    if wanted.officer:
        task = _of_officer(wanted.officer, conditions, limit).subquery("task")
    else:
        task = _first(conditions, limit).subquery("task")
    return (
        select(*(column for column in task.c if column.name != "due_or_never"), *_OF_CASE, _KIND)
        .join(Cases, Cases.case_no == task.c.case_no)
        .join(Openings, Openings.case_no == task.c.case_no)
        .order_by(task.c.due_or_never, task.c.case_no, task.c.task)
    )


def _conditions(wanted: TaskFilter) -> list[ColumnElement[bool]]:
    given = {
        Tasks.holder: wanted.holder,
        Tasks.backup: wanted.backup,
        Tasks.district: wanted.district,
        Tasks.role: wanted.role,
        Tasks.kind: wanted.kind,
    }
    conditions: list[ColumnElement[bool]] = [
        column == value for column, value in given.items() if value
    ]
    if wanted.sight is not None and not wanted.sight.is_whole:
        conditions.append(Tasks.case_no.in_(seen_cases(wanted.sight)))
    return conditions


def _first(conditions: list[ColumnElement[bool]], limit: int) -> Select[Any]:
    columns = (*_OF_TASK, Tasks.case_no, Tasks.district, Tasks.due_or_never)
    return select(*columns).where(*conditions).order_by(*_ORDER).limit(limit)


def _of_officer(officer: str, conditions: list[ColumnElement[bool]], limit: int) -> Select[Any]:
    # Two walks along two indexes, merged: an OR would read all the officer's tasks and sort them.
    held = _first([*conditions, Tasks.holder == officer], limit)
    stood_in = _first([*conditions, Tasks.backup == officer, Tasks.holder != officer], limit)
    both = union_all(held.subquery().select(), stood_in.subquery().select()).subquery()
    return select(both).order_by(both.c.due_or_never, both.c.case_no, both.c.task).limit(limit)
