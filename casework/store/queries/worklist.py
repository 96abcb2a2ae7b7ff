"""The open tasks of an officer, of a district or of a role, what is due first at the top."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    any_,
    column,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Sight
from casework.domain.case.projection import TaskRow
from casework.domain.case.state import TaskKind
from casework.domain.policy import Role
from casework.store.access import asks_for_office, seen_cases, within
from casework.store.models import (
    Armings,
    Cases,
    Openings,
    Tasks,
    UndeliveredEvents,
    Webhooks,
)
from casework.store.paging import MOST_COUNTED, PAGE_SIZE, Order, Page, bounded
from casework.store.register.by_date import by_date, joined, turned
from casework.store.register.cases import running


@dataclass(frozen=True, kw_only=True)
class TaskFilter:
    """Empty fields do not restrict. ``officer`` is the holder or the backup (A角 or B角).

    ``team``: claimed or not; ``unclaimed``: only what waits for somebody of its team. ``sight``:
    whose list it is. ``asked``: what colleagues want of that person is in it, too, from
    whichever district. ``keeps``: it is somebody's who sees to webhooks, and has the events that
    receivers refuse.
    """

    officer: str = ""
    holder: str = ""
    backup: str = ""
    district: str = ""
    role: str = ""
    kind: str = ""
    team: str = ""
    unclaimed: bool = False
    sight: Sight | None = None
    asked: str = ""
    keeps: bool = False


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
    received_at: datetime
    open_debts: int
    kind_of_case: str
    assigned: str


class TaskSort(StrEnum):
    """By due date, those without one last (``due``) or first; by how long they have waited."""

    DUE = "due"
    DUE_LATEST = "latest_due"
    OLDEST = "oldest"
    NEWEST = "newest"


def _by_due(row: TaskView) -> tuple[date, str, str]:
    return row.due_on or date.max, row.case_no, row.task


def _by_opening(row: TaskView) -> tuple[datetime, str, str]:
    return row.opened_at, row.case_no, row.task


_DUE_KEY = TypeAdapter(tuple[date, str, str])
_OPENED_KEY = TypeAdapter(tuple[AwareDatetime, str, str])
_ORDERS: dict[TaskSort, Order[TaskView, Any]] = {
    TaskSort.DUE: Order("tasks", _by_due, _DUE_KEY),
    TaskSort.DUE_LATEST: Order("tasks-latest-due", _by_due, _DUE_KEY, falling=True),
    TaskSort.OLDEST: Order("tasks-oldest", _by_opening, _OPENED_KEY),
    TaskSort.NEWEST: Order("tasks-newest", _by_opening, _OPENED_KEY, falling=True),
}
_BY_OPENING = frozenset({TaskSort.OLDEST, TaskSort.NEWEST})
_ORDER_COLUMNS = (Tasks.case_no, Tasks.district, Tasks.due_or_never)
_OF_TASK = [Tasks.__table__.c[field.name] for field in fields(TaskRow)]
_OF_CASE = (
    Cases.item,
    Cases.item_name,
    by_date(Cases.stage).label("stage"),
    by_date(Cases.card).label("card"),
    Cases.green,
    Cases.received_at,
    Cases.open_debts,
    Cases.assigned,
)
_KIND = Openings.kind.label("kind_of_case")


async def tasks(
    session: AsyncSession,
    wanted: TaskFilter,
    *,
    sort: TaskSort = TaskSort.DUE,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[TaskView]:
    """A page of open tasks; raises `CursorError`, also for a cursor of another sort."""
    size = bounded(size)
    query = worklist_query(wanted, sort=sort, after=after, limit=size + 1)
    rows = [TaskView(**row) for row in (await session.execute(query)).mappings()]
    return _ORDERS[sort].page(rows, size)


async def count_tasks(session: AsyncSession, wanted: TaskFilter, most: int = MOST_COUNTED) -> int:
    """How many open tasks a list has, at most ``most``."""
    return await session.scalar(count_query(wanted, most)) or 0


def count_query(wanted: TaskFilter, most: int = MOST_COUNTED) -> Select[int]:
    """The query of `count_tasks`; it reads no more tasks than it counts."""
    walks = _walks(wanted, TaskSort.DUE, "", most)
    found = (walk.with_only_columns(literal(1), maintain_column_froms=True) for walk in walks)
    task = union_all(*(each.order_by(None).subquery().select() for each in found))
    return select(func.count()).select_from(task.limit(most).subquery())


def worklist_query(
    wanted: TaskFilter, *, after: str, limit: int, sort: TaskSort = TaskSort.DUE
) -> Select[Any]:
    """The open tasks that follow a cursor, with their cases; raises `CursorError`.

    By the date: a task that is other by now, though its case has not noticed, is shown as it is.
    """
    walks = _walks(wanted, sort, after, limit)
    task = union_all(*(walk.subquery().select() for walk in walks)).subquery("walked")
    first = select(task).order_by(*_sorted(task.c, sort)).limit(limit).subquery("first")
    columns = (column for column in first.c if column.name != "due_or_never")
    query = select(*columns, *_OF_CASE, _KIND).join(Cases, Cases.case_no == first.c.case_no)
    return joined(query).order_by(*_sorted(first.c, sort))


def _walks(wanted: TaskFilter, sort: TaskSort, after: str, limit: int) -> Iterator[Select[Any]]:
    yield from _recorded(wanted, sort, after, limit)
    yield from _turned(wanted, sort, after, limit)
    if wanted.keeps:
        yield from _undelivered(wanted, sort, after, limit)


def _place(task: Any, sort: TaskSort) -> tuple[ColumnElement[Any], ...]:  # noqa: ANN401
    return (task.opened_at if sort in _BY_OPENING else task.due_or_never, task.case_no, task.task)


def _sorted(task: Any, sort: TaskSort) -> list[Any]:  # noqa: ANN401
    return _ORDERS[sort].sorted(_place(task, sort))


_DONE = func.jsonb_array_elements_text(Armings.ahead["done"])
_AS_RECORDED = tuple_(Tasks.case_no, Tasks.task).not_in(turned(_DONE))
"""Whether a recorded task is still open, and the same, by the date."""

_THEN: Any = (
    func.jsonb_to_recordset(Armings.ahead["tasks"])
    .table_valued(*(column(c.name, c.type) for c in _OF_TASK))
    .render_derived(name="then", with_types=True)
)
"""The tasks of a case as they will be when its next moment has come."""

_LATER = {"team", "asked_by"}


def _then(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column of a task that will be; what an older release foretold may lack it."""
    told: ColumnElement[Any] = _THEN.c[column.name]
    return func.coalesce(told, "").label(column.name) if column.name in _LATER else told


def _recorded(wanted: TaskFilter, sort: TaskSort, after: str, limit: int) -> Iterator[Select[Any]]:
    place, order = _place(Tasks, sort), _ORDERS[sort]
    for officer in _by_officer(Tasks, wanted.officer):
        query: Select[Any] = select(*_OF_TASK, *_ORDER_COLUMNS).where(
            Tasks.closed_at.is_(None),
            *_conditions(Tasks, wanted),
            *officer,
            _AS_RECORDED,
            *order.following(place, after),
        )
        if (sight := _narrowing(wanted)) is not None:
            query = query.join(Openings, Openings.case_no == Tasks.case_no)
            if asks_for_office(sight):
                query = query.join(Cases, Cases.case_no == Tasks.case_no)
        yield query.order_by(*order.sorted(place)).limit(limit)


def _turned(wanted: TaskFilter, sort: TaskSort, after: str, limit: int) -> Iterator[Select[Any]]:
    order = _ORDERS[sort]
    due = func.coalesce(_THEN.c.due_on, date.max).label("due_or_never")
    first = _THEN.c.opened_at if sort in _BY_OPENING else due
    place = (first, Cases.case_no, _THEN.c.task)
    few = turned().distinct().subquery("few")
    for officer in _by_officer(_THEN.c, wanted.officer):
        query: Select[Any] = select(*map(_then, _OF_TASK), Cases.case_no, Cases.district, due)
        query = query.join_from(few, Armings, Armings.case_no == few.c.case_no)
        query = query.join(Cases, Cases.case_no == few.c.case_no).join(_THEN, true())
        query = query.where(
            *_conditions(_THEN.c, wanted),
            *officer,
            *order.following(place, after),
        )
        if _narrowing(wanted) is not None:
            query = query.join(Openings, Openings.case_no == few.c.case_no)
        yield query.order_by(*order.sorted(place)).limit(limit)


def _narrowing(wanted: TaskFilter) -> Sight | None:
    """Whose sight it is, if a task is in the list only if its case is seen."""
    return None if wanted.sight is None or wanted.sight.is_whole else wanted.sight


_OF_UNDELIVERED: dict[str, ColumnElement[Any]] = {
    "task": func.concat(UndeliveredEvents.webhook, "#", UndeliveredEvents.seq),
    "kind": literal(TaskKind.UNDELIVERED.value),
    "about": Webhooks.system.expression,
    "role": literal(Role.SUPERIOR.value),
    "holder": Webhooks.approved_by.expression,
    "opened_at": UndeliveredEvents.opened_at.expression,
}
"""A refused event as a task: about the system that is not told of it. Nobody is a backup."""


def _undelivered(
    wanted: TaskFilter, sort: TaskSort, after: str, limit: int
) -> Iterator[Select[Any]]:
    """The refused events of the cases that are seen. They are everybody's who sees to webhooks."""
    nothing = {"due_on": None, "closed_at": None, "nudged_at": None}
    columns = [
        _OF_UNDELIVERED[each.name].label(each.name)
        if each.name in _OF_UNDELIVERED
        else literal(nothing.get(each.name, ""), each.type).label(each.name)
        for each in _OF_TASK
    ]
    task = (
        select(
            *columns,
            UndeliveredEvents.case_no,
            Cases.district,
            literal(date.max, Tasks.due_or_never.type).label("due_or_never"),
        )
        .join(Webhooks, Webhooks.id == UndeliveredEvents.webhook)
        .join(Cases, Cases.case_no == UndeliveredEvents.case_no)
        .where(UndeliveredEvents.closed_at.is_(None))
        .subquery("undelivered")
    )
    given = {
        task.c.holder: wanted.holder,
        task.c.backup: wanted.backup,
        task.c.role: wanted.role,
        task.c.kind: wanted.kind,
        task.c.team: wanted.team,
        task.c.district: wanted.district,
    }
    query = select(task).where(*(column == value for column, value in given.items() if value))
    if wanted.unclaimed:
        query = query.where(false())
    if (sight := _narrowing(wanted)) is not None:
        query = query.where(task.c.case_no.in_(seen_cases(sight)))
    order, place = _ORDERS[sort], _place(task.c, sort)
    query = query.where(*order.following(place, after))
    yield query.order_by(*order.sorted(place)).limit(limit)


def _by_officer(task: Any, officer: str) -> list[tuple[ColumnElement[bool], ...]]:  # noqa: ANN401
    """Two walks along two indexes: an OR would read all the officer's tasks and sort them."""
    if not officer:
        return [()]
    return [(task.holder == officer,), (task.backup == officer, task.holder != officer)]


def _conditions(task: Any, wanted: TaskFilter) -> list[ColumnElement[bool]]:  # noqa: ANN401
    """The conditions of a list; of a task that is joined with its opening, if there is a sight.

    Asked for in a subquery beside an OR, the cases that are seen would all be read, once for each
    walk: a whole district for one page. Asked for by the case's district, which the task has, too,
    the planner would expect hardly any, and read the district to join it.
    """
    recorded = task is Tasks
    given = {
        task.holder: wanted.holder,
        task.backup: wanted.backup,
        task.role: wanted.role,
        task.kind: wanted.kind,
        task.team: wanted.team,
    }
    conditions: list[ColumnElement[bool]] = [
        column == value for column, value in given.items() if value
    ]
    if wanted.unclaimed:
        conditions += [task.team != "", task.holder == ""]
    seen: list[ColumnElement[bool]] = []
    if wanted.district:
        seen.append((Tasks.district if recorded else Cases.district) == wanted.district)
    if (sight := _narrowing(wanted)) is not None:
        seen.append(within(sight, Tasks if recorded else Cases))
    if seen and wanted.asked:
        seen = [or_(and_(*seen), and_(task.asked_by != "", task.holder == wanted.asked))]
    if seen and wanted.officer:
        # Within a function: somebody's tasks are in their district. The planner would count that
        # twice, expect hardly any, and read them all instead of a page.
        seen = [func.coalesce(and_(*seen), false())]
    return [*conditions, *seen]


@dataclass(frozen=True, kw_only=True)
class AssignedCase:
    """A case in which somebody holds a post or an open task, as A角 or B角."""

    case_no: str
    kind: str


async def assigned_cases(
    session: AsyncSession, officer: str, *, district: str = "", kinds: Collection[str] = ()
) -> tuple[AssignedCase, ...]:
    """By number; ``district`` and ``kinds``, where empty, do not restrict."""
    query = (
        select(Cases.case_no, Openings.kind)
        .join(Openings, Openings.case_no == Cases.case_no)
        .where(
            Cases.closed_at.is_(None),
            literal(officer) == any_(func.string_to_array(Cases.assigned, " ")),
        )
        .order_by(Cases.case_no)
    )
    if district:
        query = query.where(Cases.district == district)
    if kinds:
        query = query.where(Openings.kind.in_(kinds))
    found = await session.execute(query)
    return tuple(AssignedCase(case_no=case_no, kind=kind) for case_no, kind in found)


def holders_cases(officer: str) -> Select[str, str]:
    """The cases, by number, in which the officer holds an open task."""
    held = select(Tasks.case_no).where(Tasks.holder == officer, Tasks.closed_at.is_(None))
    return running().where(Cases.case_no.in_(held)).order_by(Cases.case_no)
