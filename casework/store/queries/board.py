"""What a supervisor has on the wall: counts of cases and cards, each as long as a list of its own.

A count and the list that opens its cases put the same conditions to the same rows.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import ColumnElement, Select, and_, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Sight
from casework.store.models import Cards, Cases, Clocks, Courses, Openings
from casework.store.paging import PAGE_SIZE, ByTime, Page, both_ways, bounded
from casework.store.queries.reports import Place
from casework.store.queries.search import decided_late, decided_within, open_by_date
from casework.store.register.by_date import ahead, turned
from casework.store.register.courses import OF_THE_CASE, RUNNING


def _cases(*columns: Any) -> Select[Any]:  # noqa: ANN401 - SQLAlchemy's own columns
    # An outer join is left out by the planner where no condition asks for the opening.
    query = select(*columns).select_from(Cases)
    return query.outerjoin(Openings, Openings.case_no == Cases.case_no)


# --- open cases by stage -------------------------------------------------------------------


async def open_by_stage(session: AsyncSession, place: Place) -> dict[str, int]:
    """How many cases are open in each stage, by the date."""
    counted: Counter[str] = Counter()
    for query in (stages_query(place), _turned_stages(place)):
        for stage, number in await session.execute(query):
            counted[stage] += number
    return dict(counted)


def stages_query(place: Place) -> Select[Any]:
    """Those that stand as recorded."""
    query = _cases(Cases.stage, func.count()).where(
        Cases.closed_at.is_(None), Cases.case_no.not_in(turned()), *place.conditions()
    )
    return query.group_by(Cases.stage)


def _turned_stages(place: Place) -> Select[Any]:
    few = turned(ahead("stage").label("stage")).where(ahead("closed") == "false")
    few_cases = few.distinct().subquery("few")
    query = _cases(few_cases.c.stage, func.count())
    query = query.join(few_cases, few_cases.c.case_no == Cases.case_no)
    return query.where(Cases.closed_at.is_(None), *place.conditions()).group_by(few_cases.c.stage)


# --- open cases by the day on which they are due -------------------------------------------


async def due_load(
    session: AsyncSession, place: Place, days: Sequence[date]
) -> tuple[int, tuple[int, ...]]:
    """How many open cases are overdue, and due by each of these days, which follow each other.

    A case counts once, where its next due date is. ``days`` begin today; what is due between two
    of them is due by the later one.
    """
    overdue, counted = 0, [0] * len(days)
    for due, number in await session.execute(due_query(place, days[-1])):
        if due < days[0]:
            overdue += number
        else:
            counted[bisect_left(days, due)] += number
    return overdue, tuple(counted)


def due_query(place: Place, until: date) -> Select[Any]:
    """How many open cases are due next on each day up to ``until``."""
    first = func.min(Courses.due_on).label("due_on")
    query = (
        _cases(Cases.case_no, first)
        .join(Clocks, Clocks.case_no == Cases.case_no)
        .join(Courses, Courses.id == Clocks.course)
        .where(RUNNING, OF_THE_CASE, Courses.due_on <= until, *open_by_date())
        .where(*place.conditions())
        .group_by(Cases.case_no)
    )
    if place.district:  # the clocks of a case are in its district, and found there by an index
        query = query.where(Courses.district == place.district)
    each = query.subquery("each")
    return select(each.c.due_on, func.count()).group_by(each.c.due_on)


# --- decisions in time ---------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class InTime:
    """Of an item: how many applications were decided, and how many of these late."""

    item: str
    item_name: str
    decided: int
    late: int


async def decided_in_time(
    session: AsyncSession, place: Place, since: date, before: date
) -> tuple[InTime, ...]:
    """By item, the applications decided from ``since`` on and before another day."""
    query = in_time_query(place, since, before)
    return tuple(InTime(**row) for row in (await session.execute(query)).mappings())


def in_time_query(place: Place, since: date, before: date) -> Select[Any]:
    """The same as a query."""
    each = (
        _cases(Cases.item, Cases.item_name, decided_late().label("late"))
        .where(*decided_within(since, before), *place.conditions())
        .subquery("each")
    )
    return (
        select(
            each.c.item,
            func.min(each.c.item_name).label("item_name"),
            func.count().label("decided"),
            func.count().filter(each.c.late).label("late"),
        )
        .group_by(each.c.item)
        .order_by(each.c.item)
    )


# --- cards ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class CardFilter:
    """Empty fields do not restrict. ``cause`` is the kind of the clock that gave the card.

    ``given_from`` counts, ``given_before`` does not, and so with ``cleared_…``; ``open``: not
    cleared yet. ``item``, ``office`` and ``channel`` are those of the case.
    """

    district: str = ""
    item: str = ""
    office: str = ""
    channel: str = ""
    sight: Sight | None = None
    case_no: str = ""
    rung: str = ""
    cause: str = ""
    holder: str = ""
    open: bool | None = None
    given_from: datetime | None = None
    given_before: datetime | None = None
    cleared_from: datetime | None = None
    cleared_before: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CardView:
    """A card with what a list shows of its case; ``cause`` is the kind of the clock."""

    case_no: str
    clock: str
    cause: str
    rung: str
    holder: str
    backup: str
    given_at: datetime
    due_on: date | None
    cleared_at: datetime | None
    cleared_by: str
    kind: str
    district: str
    item: str
    item_name: str
    stage: str


def _key(row: CardView) -> tuple[datetime, str, str, str]:
    return row.given_at, row.case_no, row.clock, row.rung


_ORDER = (Cards.given_at, Cards.case_no, Cards.clock, Cards.rung)
_KEY = TypeAdapter(tuple[AwareDatetime, str, str, str])
_ORDERS = both_ways("cards", _key, _KEY, usual=ByTime.NEWEST)
_CAUSE: ColumnElement[str] = func.split_part(func.split_part(Cards.clock, "#", 1), ":", 1)
"""As ``casework.domain.time.clock.kind_of`` has it."""
_SHOWN = (
    *(Cards.case_no, Cards.clock, _CAUSE.label("cause")),
    *(Cards.rung, Cards.holder, Cards.backup, Cards.given_at, Cards.due_on),
    *(Cards.cleared_at, Cards.cleared_by, Openings.kind),
    *(Cases.district, Cases.item, Cases.item_name, Cases.stage),
)


async def cards_page(
    session: AsyncSession,
    wanted: CardFilter,
    *,
    sort: ByTime = ByTime.NEWEST,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[CardView]:
    """A page of cards; raises `CursorError`, also for a cursor of the other way."""
    size = bounded(size)
    query = cards_query(wanted, sort=sort, after=after, limit=size + 1)
    rows = [CardView(**row) for row in (await session.execute(query)).mappings()]
    return _ORDERS[sort].page(rows, size)


def cards_query(
    wanted: CardFilter, *, after: str, limit: int, sort: ByTime = ByTime.NEWEST
) -> Select[Any]:
    """The cards that follow a cursor; raises `CursorError`."""
    order = _ORDERS[sort]
    query = _of_cards(*_SHOWN).where(*_conditions(wanted), *order.following(_ORDER, after))
    return query.order_by(*order.sorted(_ORDER)).limit(limit)


@dataclass(frozen=True, kw_only=True)
class CardCount:
    """Cards of one colour for one cause: given within some days, and open now."""

    cause: str
    rung: str
    given: int
    open: int


async def count_cards(
    session: AsyncSession, place: Place, since: datetime, before: datetime
) -> tuple[CardCount, ...]:
    """By cause and colour: given between two instants, whatever became of them, and open now."""
    wanted = CardFilter(district=place.district, sight=place.sight)
    given: Counter[tuple[str, str]] = Counter()
    still: Counter[tuple[str, str]] = Counter()
    within = and_(Cards.given_at >= since, Cards.given_at < before)
    for counted, condition in ((given, within), (still, Cards.cleared_at.is_(None))):
        query = _of_cards(_CAUSE.label("cause"), Cards.rung, func.count())
        query = query.where(condition, *_conditions(wanted)).group_by(text("cause"), Cards.rung)
        for cause, rung, number in await session.execute(query):
            counted[cause, rung] = number
    return tuple(
        CardCount(cause=cause, rung=rung, given=given[cause, rung], open=still[cause, rung])
        for cause, rung in sorted({*given, *still})
    )


def _of_cards(*columns: Any) -> Select[Any]:  # noqa: ANN401 - SQLAlchemy's own columns
    query = select(*columns).select_from(Cards)
    query = query.join(Cases, Cases.case_no == Cards.case_no)
    return query.join(Openings, Openings.case_no == Cards.case_no)


def _conditions(wanted: CardFilter) -> Iterator[ColumnElement[bool]]:
    yield from Place(
        district=wanted.district,
        item=wanted.item,
        office=wanted.office,
        channel=wanted.channel,
        sight=wanted.sight,
    ).conditions()
    equal: dict[Any, str] = {
        _CAUSE: wanted.cause,
        Cards.case_no: wanted.case_no,
        Cards.rung: wanted.rung,
        Cards.holder: wanted.holder,
    }
    yield from (column == value for column, value in equal.items() if value)
    if wanted.open is not None:
        yield Cards.cleared_at.is_(None) if wanted.open else Cards.cleared_at.is_not(None)
    if wanted.given_from:
        yield Cards.given_at >= wanted.given_from
    if wanted.given_before:
        yield Cards.given_at < wanted.given_before
    if wanted.cleared_from:
        yield Cards.cleared_at >= wanted.cleared_from
    if wanted.cleared_before:
        yield Cards.cleared_at < wanted.cleared_before
