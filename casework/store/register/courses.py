"""Which course a clock runs, and the rows of clocks as the projection knows them."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    true,
    update,
)
from sqlalchemy import Uuid as UuidType
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from casework.domain.case.kind import ASKED_OPINION
from casework.domain.case.projection import ClockRow
from casework.domain.orders import Reach, Scope
from casework.domain.policy import MUNICIPALITIES
from casework.store.models import Cases, Clocks, Courses

_COURSE = Courses.__table__.c
OWN = ("clock", "kind", "name")
"""What a clock does not share with its like."""
COURSE = tuple(c.name for c in _COURSE if c.name not in {"id", "district", "office", "alone"})
"""The columns of a course that an entry's clocks bring along."""
DATED = ("pauses", "due_on", "fires_on", "provisional")
"""What an order may change about a running course."""

RUNNING: ColumnElement[bool] = Courses.ended_on.is_(None)


def course_id(columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[UUID]:
    """The id of the course with these columns; alike courses have the same.

    Nothing depends on it but equality, so that a server which writes dates otherwise does no harm.
    """
    spec = (columns[c.name] for c in _COURSE if c.name not in {"id", *DATED})
    ended = (
        case((columns["ended_on"].is_not(None), cast(columns[name], Text)))
        for name in ("pauses", "due_on", "provisional")
    )
    return cast(func.md5(cast(func.row(*spec, *ended), Text)), UuidType)


OF_THE_CASE: ColumnElement[bool] = Clocks.kind != ASKED_OPINION
"""The clocks by which a case is due; an opinion that is asked for is due beside it."""


def first_of(
    day: InstrumentedAttribute[date | None], *conditions: ColumnElement[bool]
) -> ScalarSelect[date | None]:
    """The earliest of that day among the running clocks of a case of the enclosing query."""
    clock = select(func.min(day)).join(Clocks, Clocks.course == Courses.id)
    return clock.where(Clocks.case_no == Cases.case_no, RUNNING, *conditions).scalar_subquery()


NEXT_DUE = first_of(Courses.due_on, OF_THE_CASE).label("due_on")
"""When a case of the enclosing query is due next."""


def due_before(day: date | None) -> Select[str]:
    """The numbers of the cases with a running clock that is due before that day; None: some day."""
    clock = select(Clocks.case_no).join(Courses, Courses.id == Clocks.course)
    due = Courses.due_on.is_not(None) if day is None else Courses.due_on < day
    return clock.where(RUNNING, OF_THE_CASE, due)


def courses_in(reach: Reach) -> ColumnElement[bool]:
    """The running courses within a reach; those of a single case must have been set apart."""
    return and_(RUNNING, _place(reach))


def courses_of_district(district: str) -> ColumnElement[bool]:
    """The running courses of a district; of all, if it is empty."""
    return and_(RUNNING, Courses.district == district if district else true())


def _place(reach: Reach) -> ColumnElement[bool]:
    match reach.scope:
        case Scope.CITY:
            length = 2 if reach.key[:2] in MUNICIPALITIES else 4
            return Courses.district.startswith(reach.key[:length], autoescape=True)
        case Scope.DISTRICT:
            return Courses.district == reach.key
        case Scope.OFFICE:
            district, _, office = reach.key.partition("/")
            return and_(Courses.district == district, Courses.office == office)
        case Scope.CASE:
            return Courses.alone == reach.key


async def clock_rows(
    session: AsyncSession, case_no: str, on: date | None = None
) -> tuple[ClockRow, ...]:
    """The clocks of a case by id; ``paused`` on a day, else whether no due date is known."""
    columns = (*(Clocks.__table__.c[name] for name in OWN), *(_COURSE[name] for name in COURSE))
    query = select(*columns).join(Courses, Courses.id == Clocks.course)
    found = await session.execute(query.where(Clocks.case_no == case_no).order_by(Clocks.clock))
    return tuple(ClockRow(**row, paused=_paused(row, on)) for row in found.mappings())


def _paused(row: Mapping[Any, Any], on: date | None) -> bool:
    if on is None:
        return row["due_on"] is None
    stretches: Collection[tuple[date, date | None]] = row["pauses"] if not row["ended_on"] else ()
    return any(first <= on and (last is None or on < last) for first, last in stretches)


async def set_apart(session: AsyncSession, case_no: str) -> None:
    """Give the running clocks of a case courses of their own, which an order can change alone."""
    columns: dict[str, ColumnElement[Any]] = dict(_COURSE)
    columns["alone"] = literal(case_no, Text)
    del columns["id"]
    own = (
        select(Clocks.clock, course_id(columns).label("course"), *_named(columns))
        .join(Courses, Courses.id == Clocks.course)
        .where(Clocks.case_no == case_no, RUNNING, Courses.alone == "")
        .cte("own")
    )
    names = ["id", *columns]
    rows = select(own.c.course, *(own.c[name] for name in columns)).ext(distinct_on(own.c.course))
    written = insert(Courses).from_select(names, rows).on_conflict_do_nothing()
    moved = (
        update(Clocks)
        .values(course=own.c.course)
        .where(Clocks.case_no == case_no, Clocks.clock == own.c.clock)
    )
    await session.execute(moved.add_cte(written.cte("written")))


def _named(columns: Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [column.label(name) for name, column in columns.items()]
