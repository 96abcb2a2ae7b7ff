"""Cases by what an officer or a supervisor knows of them."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    exists,
    false,
    func,
    literal,
    not_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql.selectable import LateralFromClause

from casework.domain.authority import Sight
from casework.domain.case.kind import ASKED_OPINION
from casework.domain.case.projection import CaseRow
from casework.domain.kinds.registry import CaseKind
from casework.domain.reports import Figure, Period
from casework.store.access import seen_by
from casework.store.models import Cases, Clocks, Courses, Events, Openings
from casework.store.paging import MOST_COUNTED, PAGE_SIZE, Order, Page, bounded
from casework.store.queries.reports import counted
from casework.store.register.by_date import ahead, by_date, closed_at, joined, turned
from casework.store.register.courses import NEXT_DUE, OF_THE_CASE, RUNNING, due_before


@dataclass(frozen=True, kw_only=True)
class CaseFilter:
    """Empty fields do not restrict; ``kind`` is a ``CaseKind``.

    ``number`` is the beginning of a case number. ``received_from`` counts, ``received_before`` does
    not. ``due_from`` and ``due_before``: the next due date lies on or after that day, before it.
    ``decided_from``, ``decided_before``: applications decided then; ``on_time``: within the limit,
    or not. ``open``: by the date. ``counted``: the cases of a figure of a report, with its
    ``period``. ``updated_since``: with an event recorded then or later. ``sight``: whose search it
    is.
    """

    kind: str = ""
    district: str = ""
    item: str = ""
    office: str = ""
    channel: str = ""
    stage: str = ""
    card: str = ""
    holder: str = ""
    reference: str = ""
    number: str = ""
    green: bool | None = None
    open_debts: bool | None = None
    open: bool | None = None
    due_from: date | None = None
    due_before: date | None = None
    decided_from: date | None = None
    decided_before: date | None = None
    on_time: bool | None = None
    received_from: datetime | None = None
    received_before: datetime | None = None
    updated_since: datetime | None = None
    counted: Figure | None = None
    period: Period | None = None
    sight: Sight | None = None


@dataclass(frozen=True, kw_only=True)
class CaseSummary(CaseRow):
    """A case as a list shows it."""

    source: str
    reference: str
    kind: str


class CaseSort(StrEnum):
    """The newest first, or last; or by next due date, those without a running limit at the end.

    These come the newest first. A sort leaves nothing out: a list has the same cases in every one.
    """

    NEWEST = "newest"
    OLDEST = "oldest"
    DUE = "due"


def _by_receipt(row: CaseSummary) -> tuple[datetime, str]:
    return row.received_at, row.case_no


def _by_due(row: CaseSummary) -> tuple[date, str]:
    return row.due_on or date.max, row.case_no


_RECEIVED_KEY = TypeAdapter(tuple[AwareDatetime, str])
_ORDERS: dict[CaseSort, Order[CaseSummary, Any]] = {
    CaseSort.NEWEST: Order("cases", _by_receipt, _RECEIVED_KEY, falling=True),
    CaseSort.OLDEST: Order("cases-oldest", _by_receipt, _RECEIVED_KEY),
    CaseSort.DUE: Order("cases-due", _by_due, TypeAdapter(tuple[date, str])),
}
_WITHOUT_LIMIT: Order[CaseSummary, Any] = Order(
    "cases-without-limit", _by_receipt, _RECEIVED_KEY, falling=True
)
"""What follows, sorted by due date, when all cases with a limit have been listed."""
_OF_CASE = tuple(field.name for field in fields(CaseRow))
_BY_DATE: dict[str, ColumnElement[Any]] = {
    "stage": by_date(Cases.stage).label("stage"),
    "card": by_date(Cases.card).label("card"),
    "holder": by_date(Cases.holder).label("holder"),
    "closed_at": closed_at(Cases.closed_at).label("closed_at"),
    "due_on": NEXT_DUE,
}
SHOWN = (
    *(_BY_DATE[n] if n in _BY_DATE else Cases.__table__.c[n] for n in _OF_CASE),
    Openings.source,
    Openings.reference,
    Openings.kind,
)
"""The columns of a summary, of a case joined with its opening and its arming, by the date."""


async def search_cases(
    session: AsyncSession,
    wanted: CaseFilter,
    *,
    sort: CaseSort = CaseSort.NEWEST,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[CaseSummary]:
    """A page of cases; raises `CursorError`, also for a cursor of another sort."""
    size = bounded(size)
    if sort is CaseSort.DUE:
        return await _by_due_date(session, wanted, after, size)
    rows = await _summaries(session, search_query(wanted, sort=sort, after=after, limit=size + 1))
    return _ORDERS[sort].page(rows, size)


async def _by_due_date(
    session: AsyncSession, wanted: CaseFilter, after: str, size: int
) -> Page[CaseSummary]:
    """Those with a limit that is running; when there are no more, those without."""
    rows: list[CaseSummary] = []
    limited = 0
    if not _WITHOUT_LIMIT.wrote(after):
        query = search_query(wanted, sort=CaseSort.DUE, after=after, limit=size + 1)
        rows, after = await _summaries(session, query), ""
        limited = len(rows)
    if limited <= size and not (wanted.due_from or wanted.due_before):
        rows += await _summaries(
            session, without_limit_query(wanted, after=after, limit=size + 1 - limited)
        )
    return (_ORDERS[CaseSort.DUE] if limited >= size else _WITHOUT_LIMIT).page(rows, size)


async def _summaries(session: AsyncSession, query: Select[Any]) -> list[CaseSummary]:
    return [CaseSummary(**row) for row in (await session.execute(query)).mappings()]


async def cases_by_reference(
    session: AsyncSession, sight: Sight, references: Collection[str], *, source: str = ""
) -> tuple[CaseSummary, ...]:
    """The cases of these references that are seen; of one source, or of all."""
    named = [Openings.reference.in_(references), *seen_by(sight)]
    if source:
        named.append(Openings.source == source)
    query = joined(select(*SHOWN).select_from(Cases))
    rows = (await session.execute(query.where(*named).order_by(Cases.case_no))).mappings()
    return tuple(CaseSummary(**row) for row in rows)


def search_query(
    wanted: CaseFilter, *, after: str, limit: int, sort: CaseSort = CaseSort.NEWEST
) -> Select[Any]:
    """The cases that follow a cursor; by due date those with a limit. Raises `CursorError`."""
    return _search(wanted, _Walk(sort, limit, wanted.district), _ORDERS[sort], after)


def without_limit_query(wanted: CaseFilter, *, after: str, limit: int) -> Select[Any]:
    """The cases without a running limit that follow a cursor, the newest first."""
    return _search(wanted, _Walk(CaseSort.NEWEST, limit, without_limit=True), _WITHOUT_LIMIT, after)


async def count_cases(session: AsyncSession, wanted: CaseFilter, most: int = MOST_COUNTED) -> int:
    """How many cases a search finds, at most ``most``; the same by every sort."""
    return await session.scalar(count_query(wanted, most)) or 0


def count_query(wanted: CaseFilter, most: int = MOST_COUNTED) -> Select[int]:
    """The query of `count_cases`; it reads no more cases than it counts."""
    walk = _Walk(CaseSort.NEWEST, most)
    found = _found(wanted, walk, _ORDERS[CaseSort.NEWEST], "").order_by(None)
    return select(func.count()).select_from(found.subquery())


def _search(
    wanted: CaseFilter, walk: "_Walk", order: Order[CaseSummary, Any], after: str
) -> Select[Any]:
    page = _found(wanted, walk, order, after).subquery("page")
    query = joined(select(*SHOWN).join_from(page, Cases, Cases.case_no == page.c.case_no))
    return query.order_by(*order.sorted((page.c.place, page.c.case_no)))


def _found(
    wanted: CaseFilter, walk: "_Walk", order: Order[CaseSummary, Any], after: str
) -> Select[Any]:
    """The number and the place of each case that follows a cursor, as many as the walk goes."""
    common = [*_conditions(wanted), *seen_by(wanted.sight)]
    common += order.following((walk.first, Cases.case_no), after)
    moves = {
        column: value
        for column, value in (
            (Cases.stage, wanted.stage),
            (Cases.card, wanted.card),
            (Cases.holder, wanted.holder),
        )
        if value
    }
    return _merged(common, wanted, moves, walk) if moves else walk.along(common)


@dataclass(frozen=True)
class _Walk:
    """Along an index in the order of a sort, until its page is full."""

    sort: CaseSort
    limit: int
    district: str = ""
    without_limit: bool = False

    @property
    def first(self) -> ColumnElement[Any]:
        """What the list is sorted by, before the number."""
        return (Courses.due_on if self.sort is CaseSort.DUE else Cases.received_at).expression

    def along(self, conditions: Iterable[ColumnElement[bool]]) -> Select[Any]:
        """The number and the place of each case that meets the conditions."""
        query: Select[Any] = select(Cases.case_no, self.first.label("place"))
        query = query.join(Openings, Openings.case_no == Cases.case_no).where(*conditions)
        if self.sort is CaseSort.DUE:
            query = query.join(Clocks, Clocks.case_no == Cases.case_no)
            query = query.join(Courses, Courses.id == Clocks.course)
            first = _due_first()
            query = query.join(first, true())
            # Within a function: the planner would think that hardly any clock is the first.
            is_first = func.coalesce(Clocks.clock == first.c.clock, false())
            query = query.where(RUNNING, OF_THE_CASE, Courses.due_on.is_not(None), is_first)
            query = query.where(Cases.closed_at.is_(None))
            if self.district:  # the clocks of a case are in its district, in order of an index
                query = query.where(Courses.district == self.district)
        if self.without_limit:
            first = _due_first(Cases.closed_at.is_(None))
            # In a function, as above.
            has_none = func.coalesce(first.c.clock.is_(None), false())
            query = query.outerjoin(first, true()).where(has_none)
        order = _ORDERS[self.sort].sorted((self.first, Cases.case_no))
        return query.order_by(*order).limit(self.limit)

    def merged(self, walks: Iterable[Select[Any]]) -> Select[Any]:
        """The first of two walks together."""
        both = union_all(*(each.subquery().select() for each in walks)).subquery()
        order = _ORDERS[self.sort].sorted((both.c.place, both.c.case_no))
        return select(both).order_by(*order).limit(self.limit)


def _due_first(*conditions: ColumnElement[bool]) -> LateralFromClause:
    """The clock by which a case of the enclosing query is due next, if it meets the conditions.

    Joined, and not asked in a condition, so that the planner knows what it costs for every case.
    """
    clock, course = aliased(Clocks), aliased(Courses)
    query = select(clock.clock).join(course, course.id == clock.course)
    query = query.where(
        clock.case_no == Cases.case_no,
        clock.kind != ASKED_OPINION,
        course.ended_on.is_(None),
        course.due_on.is_not(None),
        *conditions,
    )
    return query.order_by(course.due_on, clock.clock).limit(1).lateral("first")


def _merged(
    common: list[ColumnElement[bool]],
    wanted: CaseFilter,
    moves: dict[InstrumentedAttribute[str], str],
    walk: _Walk,
) -> Select[Any]:
    """Two walks: along an index of what is recorded, and through the few that have turned."""
    recorded = [column == value for column, value in moves.items()]
    as_wanted = turned().where(*(ahead(column.key) == value for column, value in moves.items()))
    still = [*common, *recorded, *_partial(wanted), Cases.case_no.not_in(turned())]
    return walk.merged((walk.along(still), walk.along([*common, Cases.case_no.in_(as_wanted)])))


def _partial(wanted: CaseFilter) -> Iterator[ColumnElement[bool]]:
    # What the partial indexes say of themselves; the planner cannot see it in a parameter.
    if wanted.card not in {"", "none"}:
        yield Cases.card != "none"
    if wanted.holder:
        yield Cases.holder != ""


def open_by_date() -> tuple[ColumnElement[bool], ...]:
    """The conditions that a case is open: recorded so, and not closed by the date."""
    # As a pair, and not as a condition within: the planner would think that hardly any are left.
    closed = tuple_(Cases.case_no, literal("true", Text)).in_(turned(ahead("closed")))
    return Cases.closed_at.is_(None), not_(closed)


def decided_within(since: date | None, before: date | None) -> Iterator[ColumnElement[bool]]:
    """The conditions that a case, joined with its opening, is an application decided then."""
    yield Openings.kind == CaseKind.APPLICATION.value
    yield Cases.decided_on.is_not(None)
    if since:
        yield Cases.decided_on >= since
    if before:
        yield Cases.decided_on < before


def decided_late() -> ColumnElement[bool]:
    """Whether the limit for the decision of a case of the enclosing query ended after its due date.

    A limit that stood still when it ended was not late.
    """
    clock = exists().where(Clocks.case_no == Cases.case_no, Clocks.kind == "decide")
    return clock.where(Courses.id == Clocks.course, Courses.ended_on > Courses.due_on)


def _due(wanted: CaseFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.open is not None:
        still = and_(*open_by_date())
        yield still if wanted.open else not_(still)
    if wanted.due_before or wanted.due_from:
        yield Cases.closed_at.is_(None)  # the others have no running clock
        yield Cases.case_no.in_(due_before(wanted.due_before))
    if wanted.due_from:
        yield Cases.case_no.not_in(due_before(wanted.due_from))


def _decided(wanted: CaseFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.decided_from or wanted.decided_before or wanted.on_time is not None:
        yield from decided_within(wanted.decided_from, wanted.decided_before)
    if wanted.on_time is not None:
        yield not_(decided_late()) if wanted.on_time else decided_late()


def _conditions(wanted: CaseFilter) -> Iterator[ColumnElement[bool]]:
    equal = {
        Openings.kind: wanted.kind,
        Cases.district: wanted.district,
        Cases.item: wanted.item,
        Cases.office: wanted.office,
        Cases.channel: wanted.channel,
        Openings.reference: wanted.reference,
    }
    yield from (column == value for column, value in equal.items() if value)
    if wanted.kind not in {"", CaseKind.APPLICATION}:  # what the partial index says of itself
        yield Openings.kind != CaseKind.APPLICATION.value
    if wanted.green is not None:
        yield Cases.green.is_(True) if wanted.green else Cases.green.is_(False)
    if wanted.open_debts is not None:
        yield Cases.open_debts > 0 if wanted.open_debts else Cases.open_debts == 0
    if wanted.number:
        yield Cases.case_no >= wanted.number
        yield Cases.case_no < wanted.number + "\U0010ffff"
    yield from _due(wanted)
    yield from _decided(wanted)
    if wanted.received_from:
        yield Cases.received_at >= wanted.received_from
    if wanted.received_before:
        yield Cases.received_at < wanted.received_before
    if wanted.counted and wanted.period:
        yield from counted(wanted.counted, wanted.period)
    if wanted.updated_since:
        yield recorded_since(wanted.updated_since)


def recorded_since(since: datetime) -> ColumnElement[bool]:
    """That an event of the case was recorded then or later."""
    return Cases.case_no.in_(select(Events.case_no).where(Events.recorded_at >= since))
