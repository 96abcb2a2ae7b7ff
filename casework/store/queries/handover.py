"""Everything that somebody holds, for whoever takes over from them (交接)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Text,
    and_,
    any_,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.events import NoteAdded, kind_of_event
from casework.domain.case.state import TaskKind
from casework.domain.kinds.application.state import OPEN_DEBTS
from casework.store.models import Cards, Cases, Clocks, Courses, Debts, Events, Openings, Tasks
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.queries.together import member_of
from casework.store.sealing.sealing import openers


class Held(StrEnum):
    """What somebody holds, or waits for."""

    TASK = "task"
    CARD = "card"
    PROMISE = "promise"  # a material that is still owed in a case of theirs
    PASSING = "passing"  # they have asked a colleague to take a task over
    OWED = "owed"  # an opinion that they are to give
    AWAITED = "awaited"  # an opinion that they have asked for
    NOTE = "note"  # of a case of theirs

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _LABELS[self]


_LABELS = {
    Held.TASK: "待办",
    Held.CARD: "未销的牌",
    Held.PROMISE: "容缺承诺",
    Held.PASSING: "转办待确认",
    Held.OWED: "待反馈意见",
    Held.AWAITED: "征求意见",
    Held.NOTE: "内部备注",
}


@dataclass(frozen=True, kw_only=True)
class HeldView:
    """One thing: what it is, its ``id`` within the case, and what it is about.

    ``other``: the colleague on the other side, or who wrote the note. ``text`` is a note's.
    """

    case_no: str
    kind_of_case: str
    item: str
    item_name: str
    stage: str
    what: str
    id: str
    about: str
    other: str
    due_on: date | None
    since: datetime
    text: str


def _key(row: HeldView) -> tuple[str, str, str]:
    return row.case_no, row.what, row.id


_KEYSET = Keyset("handover", _key, TypeAdapter(tuple[str, str, str]))


async def handover(
    session: AsyncSession, officer: str, *, after: str = "", size: int = PAGE_SIZE
) -> Page[HeldView]:
    """A page of what the officer holds, case by case, as recorded; raises `CursorError`."""
    size = bounded(size)
    things = union_all(*_things(officer)).subquery("things")
    order = (things.c.case_no, things.c.what, things.c.id)
    query = (
        select(
            things,
            Openings.kind.label("kind_of_case"),
            Cases.item,
            Cases.item_name,
            Cases.stage,
        )
        .join(Cases, Cases.case_no == things.c.case_no)
        .join(Openings, Openings.case_no == things.c.case_no)
    )
    if after:
        query = query.where(tuple_(*order) > tuple_(*map(literal, _KEYSET.key(after))))
    found = (await session.execute(query.order_by(*order).limit(size + 1))).mappings().all()
    own = await openers(session, {row["case_no"] for row in found if row["body"]})
    rows = []
    for row in found:
        said: Mapping[str, Any] = {name: row[name] for name in row if name != "body"}
        text = member_of(own[row["case_no"]], row["body"], "text") if row["body"] else ""
        rows.append(HeldView(**said, text=text))
    return _KEYSET.page(rows, size)


def _things(officer: str) -> Iterator[Select[Any]]:
    open_tasks = Tasks.closed_at.is_(None)
    held = and_(open_tasks, Tasks.holder == officer)
    opinion = Tasks.kind == TaskKind.GIVE_OPINION
    yield _task(Held.TASK, Tasks.asked_by, held, ~opinion)
    yield _task(Held.OWED, Tasks.asked_by, held, opinion)
    asked = and_(open_tasks, Tasks.asked_by == officer)
    yield _task(Held.PASSING, Tasks.holder, asked, Tasks.kind == TaskKind.CONFIRM_PASSING)
    yield _task(Held.AWAITED, Tasks.holder, asked, opinion)
    yield _thing(
        Held.CARD,
        Cards,
        func.concat(Cards.clock, ":", Cards.rung),
        about=Cards.rung,
        due_on=Cards.due_on,
        since=Cards.given_at,
    ).where(Cards.cleared_at.is_(None), Cards.holder == officer)
    own = select(Cases.case_no).where(
        Cases.closed_at.is_(None),
        literal(officer) == any_(func.string_to_array(Cases.assigned, " ")),
    )
    due = (
        select(func.min(Courses.due_on))
        .join(Clocks, Clocks.course == Courses.id)
        .where(
            Clocks.case_no == Debts.case_no,
            or_(
                Clocks.clock == func.concat("defer:", Debts.material),
                Clocks.clock == func.concat("rescue:", Debts.material),
            ),
            Courses.ended_on.is_(None),
        )
        .correlate(Debts)
        .scalar_subquery()
    )
    yield _thing(
        Held.PROMISE,
        Debts,
        Debts.material,
        about=Debts.name,
        due_on=due,
        since=select(Cases.stage_since)
        .where(Cases.case_no == Debts.case_no)
        .correlate(Debts)
        .scalar_subquery(),
    ).where(Debts.status.in_(sorted(OPEN_DEBTS)), Debts.case_no.in_(own))
    yield _thing(
        Held.NOTE,
        Events,
        func.lpad(cast(Events.seq, Text), 9, "0"),
        other=Events.actor,
        since=Events.at,
        body=cast(Events.body, Text),
    ).where(Events.kind == kind_of_event(NoteAdded), Events.case_no.in_(own))


def _task(what: Held, other: Any, *conditions: ColumnElement[bool]) -> Select[Any]:  # noqa: ANN401 - a column
    thing = _thing(
        what,
        Tasks,
        Tasks.task,
        about=Tasks.about,
        other=other,
        due_on=Tasks.due_on,
        since=Tasks.opened_at,
    )
    return thing.where(*conditions)


_NONE = literal("")


def _thing(  # noqa: PLR0913 - the columns that all things have
    what: Held,
    table: Any,  # noqa: ANN401 - a model of the register
    ident: Any,  # noqa: ANN401 - and its columns
    *,
    about: Any = _NONE,  # noqa: ANN401
    other: Any = _NONE,  # noqa: ANN401
    due_on: Any = None,  # noqa: ANN401
    since: Any,  # noqa: ANN401
    body: Any = _NONE,  # noqa: ANN401
) -> Select[Any]:
    return select(
        table.case_no.label("case_no"),
        literal(what.value).collate("C").label("what"),
        ident.collate("C").label("id"),
        about.label("about"),
        other.label("other"),
        (cast(null(), Date) if due_on is None else due_on).label("due_on"),
        since.label("since"),
        body.label("body"),
    )
