"""Work lists and search, a page at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from api.access.guard import Caller, keeps_webhooks, listed_district, sight_of, why_not
from api.edge.problems import invalid
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.export import Format, exported
from api.routes.routers import with_token
from api.routes.same_person import told_tasks
from casework.domain.authority import INSIDE
from casework.domain.case.facts import Actor
from casework.domain.case.projection import TaskRow
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.application.state import ApplicationStage
from casework.domain.kinds.registry import KINDS, CaseKind, stage_label
from casework.domain.policy import Role
from casework.domain.reports import Figure, period_of
from casework.domain.time.calendar import CalendarYearMissingError, WorkingCalendar, local_date
from casework.domain.time.ladder import Rung
from casework.filing.bodies import District
from casework.store.paging import MOST_COUNTED, MOST_ROWS, PAGE_SIZE
from casework.store.queries import (
    CaseFilter,
    CaseSort,
    CaseSummary,
    CursorError,
    TaskFilter,
    TaskSort,
    TaskView,
    count_cases,
    count_tasks,
    search_cases,
)
from casework.store.queries import tasks as open_tasks

T = TypeVar("T")

STAGES = frozenset(stage.value for kind in KINDS.values() for stage in kind.stages)

router = with_token(tags=["reading"], responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY))

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{0,64}$")]
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]{0,100}$")]
Instant = Annotated[
    AwareDatetime,
    Field(ge=datetime(1970, 1, 1, tzinfo=UTC), le=datetime(9000, 1, 1, tzinfo=UTC)),
]

Since = Annotated[Instant | None, Field(description="此后（按登记时刻）有新经过的办件")]


def _known_stage(written: str) -> str:
    if written and written not in STAGES:
        raise ValueError("没有此阶段，可用：" + "、".join(sorted(STAGES)))
    return written


class Listing(BaseModel, Generic[T]):
    """A page; ``next_cursor`` is null on the last one."""

    items: list[T]
    next_cursor: str | None


class PageQuery(BaseModel):
    """Which page; a parameter that nobody asked for is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")

    cursor: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9_-]{0,800}$", description="上一页的 next_cursor")
    ] = ""
    size: Annotated[int, Field(ge=1, le=MOST_ROWS)] = PAGE_SIZE
    format: Annotated[
        Format, Field(description="csv、xlsx：筛选到的全部行，不分页，作为文件下载")
    ] = Format.JSON

    def restricting(self, *but: str) -> dict[str, Any]:
        """What narrows the list, by name, without ``but``."""
        page = {"cursor", "size", "format", "total", "count_to"}
        return self.model_dump(exclude=page | {*but}, exclude_none=True)


class TaskQuery(PageQuery):
    """Without a holder, district, role or team: the caller's own tasks, as A角 or B角."""

    holder: Code = ""
    district: District | None = None
    role: Role | None = None
    kind: TaskKind | None = None
    team: Annotated[Text, Field(description="小组的待办，认领与否")] = ""
    unclaimed: Annotated[bool, Field(description="只列小组中无人认领的")] = False
    total: Annotated[bool, Field(description="一并给出总数")] = False
    count_to: Annotated[int, Field(ge=1, le=MOST_COUNTED, description="总数数到多少为止")] = (
        MOST_COUNTED
    )
    sort: Annotated[
        TaskSort,
        Field(description="届满早的在前、晚的在前，等得最久的在前，最新的在前"),
    ] = TaskSort.DUE


class _CaseQuery(PageQuery):
    total: Annotated[bool, Field(description="一并给出总数")] = False
    count_to: Annotated[int, Field(ge=1, le=MOST_COUNTED, description="总数数到多少为止")] = (
        MOST_COUNTED
    )
    district: District | None = None
    item: Code = ""
    office: Text = ""
    channel: Code = ""
    card: Rung | None = None
    holder: Code = ""
    reference: Text = ""
    number: Annotated[Code, Field(description="办件编号的开头")] = ""
    green: bool | None = None
    open_debts: bool | None = None
    open: Annotated[bool | None, Field(description="未办结，或已办结")] = None
    due_from: date | None = None
    due_before: date | None = None
    decided_from: date | None = None
    decided_before: date | None = None
    on_time: Annotated[bool | None, Field(description="已决定的申请：按时，或逾期")] = None
    received_from: Instant | None = None
    received_before: Instant | None = None
    updated_since: Since = None
    counted: Annotated[
        Figure | None, Field(description="统计报表中此数所计的办件，须与 period 同用")
    ] = None
    period: Annotated[
        Text,
        Field(description="统计时段：2026-10、2026-Q4、2026，或 2026-10-01..2026-10-15"),
    ] = ""
    sort: Annotated[
        CaseSort,
        Field(description="最新收到的在前，最早的在前；due：届满早的在前，没有期限在计的在最后"),
    ] = CaseSort.NEWEST


class CaseQuery(_CaseQuery):
    """A field that is left out does not restrict the list."""

    stage: ApplicationStage | None = None


class AnyCaseQuery(_CaseQuery):
    """A field that is left out does not restrict the list."""

    kind: CaseKind | None = None
    stage: Annotated[str, Field(max_length=40), AfterValidator(_known_stage)] = ""


@dataclass(frozen=True, kw_only=True)
class TaskItem(TaskRow):
    """An open task with what a list shows of its case; the labels are what a clerk reads.

    ``may_do``: whether the caller may do it, and if not, ``why_not``. ``days_left``: working days
    to the due date, negative where it is past; null without one.
    """

    case_no: str
    district: str
    item: str
    item_name: str
    stage: str
    card: str
    green: bool
    received_at: datetime
    open_debts: int
    days_left: int | None
    case_kind: str
    kind_label: str
    case_kind_label: str
    stage_label: str
    may_do: bool
    why_not: str


@dataclass(frozen=True, kw_only=True)
class CaseItem(CaseSummary):
    """A case as a list shows it."""

    kind_label: str
    stage_label: str


class TaskListing(Listing[TaskItem]):
    """``total``: how many there are, at most ``count_to``; null where it was not asked for."""

    total: int | None = None


class CaseListing(Listing[CaseItem]):
    """``total``: how many there are, at most ``count_to``; null where it was not asked for."""

    total: int | None = None


@router.get("/tasks", summary="待办")
@exported("待办")
async def tasks(asked: Annotated[TaskQuery, Query()], actor: Caller, here: Here) -> TaskListing:
    """Open tasks, by default by due date, those without one last."""
    district, sight = listed_district(actor, asked.district), sight_of(actor)
    narrowed = asked.district or asked.role or asked.team or asked.unclaimed
    mine = not narrowed and asked.holder in {"", actor.code}
    wanted = TaskFilter(
        officer=actor.code if mine else asked.holder,
        district=district,
        role=asked.role or "",
        kind=asked.kind or "",
        team=asked.team,
        unclaimed=asked.unclaimed,
        sight=sight,
        asked=actor.code if mine and actor.role in INSIDE else "",
        keeps=(mine or bool(narrowed)) and keeps_webhooks(actor),
    )
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await open_tasks(
                session, wanted, sort=asked.sort, after=asked.cursor, size=asked.size
            )
            calendars = {
                place: await here.calendar_of(session, place)
                for place in sorted({row.district for row in page.rows})
            }
            total = await count_tasks(session, wanted, asked.count_to) if asked.total else None
    today = local_date(here.now())
    items = [
        _task_item(row, why_not(actor, row), _days_left(row, calendars[row.district], today))
        for row in told_tasks(page.rows, actor)
    ]
    return TaskListing(items=items, next_cursor=page.next or None, total=total)


def _days_left(row: TaskView, calendar: WorkingCalendar, today: date) -> int | None:
    if row.due_on is None:
        return None
    past = row.due_on < today
    try:
        return -calendar.count(row.due_on, today) if past else calendar.count(today, row.due_on)
    except CalendarYearMissingError:  # too far ahead for anybody to know
        return None


def _task_item(row: TaskView, refused: DomainError | None, days_left: int | None) -> TaskItem:
    values = vars(row).copy()
    kind = CaseKind(values.pop("kind_of_case"))
    values.pop("assigned")
    return TaskItem(
        **values,
        days_left=days_left,
        may_do=refused is None,
        why_not=refused.message if refused else "",
        case_kind=kind,
        kind_label=TaskKind(row.kind).label,
        case_kind_label=kind.label,
        stage_label=stage_label(row.stage),
    )


@router.get("/applications", summary="查询办件")
@exported("办件")
async def cases(asked: Annotated[CaseQuery, Query()], actor: Caller, here: Here) -> CaseListing:
    """Applications, by default newest first; staff of a district see their own."""
    return await _found(asked, {"kind": CaseKind.APPLICATION}, actor, here)


@router.get("/cases", summary="查询各类办件")
@exported("办件")
async def all_cases(
    asked: Annotated[AnyCaseQuery, Query()], actor: Caller, here: Here
) -> CaseListing:
    """Cases of every kind or of one, by default newest first; staff of a district see their own."""
    return await _found(asked, {}, actor, here)


async def _found(
    asked: CaseQuery | AnyCaseQuery, more: dict[str, str], actor: Actor, here: Parts
) -> CaseListing:
    given = asked.restricting("district", "sort", "period") | more
    district, sight = listed_district(actor, asked.district), sight_of(actor)
    if bool(asked.period) != (asked.counted is not None):
        raise invalid("period", "counted 和 period 须同时填写", "PERIOD_INVALID")
    period = period_of(asked.period) if asked.period else None
    wanted = CaseFilter(district=district, sight=sight, period=period, **given)
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await search_cases(
                session, wanted, sort=asked.sort, after=asked.cursor, size=asked.size
            )
            total = await count_cases(session, wanted, asked.count_to) if asked.total else None
    items = [case_item(row) for row in page.rows]
    return CaseListing(items=items, next_cursor=page.next or None, total=total)


def case_item(row: CaseSummary) -> CaseItem:
    """A case as a list shows it."""
    return CaseItem(
        **vars(row), kind_label=CaseKind(row.kind).label, stage_label=stage_label(row.stage)
    )


@contextmanager
def readable(cursor: str) -> Iterator[None]:
    """Refuse a cursor that does not belong to this list."""
    try:
        yield
    except CursorError:
        if not cursor:
            raise
        raise invalid("cursor", "翻页标记无效，请从第一页重新开始", "CURSOR_INVALID") from None
