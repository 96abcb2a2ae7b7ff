"""Bringing an order into force: its rows, a version, and new dates, in one transaction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.facts import Actor
from casework.domain.orders import (
    ChangeSuspension,
    ComputeCalendar,
    Content,
    EndMeasure,
    ImportCalendar,
    LiftSuspension,
    MoveToPolicy,
    OpenSuspension,
    Order,
    PublishCatalogue,
    Rebalance,
    StartMeasure,
)
from casework.domain.staff import ChangeStaff
from casework.domain.time.calendar import CalendarYearMissingError
from casework.messages.orders import OrderStatus
from casework.store.engine import take_order_turn
from casework.store.in_force import (
    calendar_orders,
    measure_orders,
    staff_orders,
    suspension_orders,
)
from casework.store.in_force.not_backwards import remarks
from casework.store.in_force.order_book import Concern, Stamp, insert_order
from casework.store.in_force.redating import ANEW, CHANGED, REACHED, dated_anew, redate
from casework.store.models import CalendarYears, Changes, Clocks, Courses, Orders


@dataclass(frozen=True, kw_only=True)
class Applied:
    """From which ``version`` an order is in force, and how many clocks it moved."""

    version: int
    moved: int


async def apply_order(
    session: AsyncSession, order: Order, approved_by: Actor, at: datetime
) -> Applied:
    """Bring an order into force within the session's transaction; idempotent on its number.

    Recorders wait meanwhile, and lists show the new dates when the transaction ends. A change of
    staff dates nothing anew, and holds nobody up but the next change of staff.

    Raises:
        DomainError: ``SUSPENSION_UNKNOWN``, ``SUSPENSION_OVER``, ``LIFTED_BEFORE_FIRST``,
            ``MEASURE_UNKNOWN``, ``MEASURE_EXISTS``, ``UNTIL_BEFORE_SINCE``, ``SCOPE_UNKNOWN``,
            ``CALENDAR_YEAR_GAP``, ``CALENDAR_YEAR_MISSING``, ``CALENDAR_DAY_INVALID``,
            ``POST_UNKNOWN``, ``POST_OVER``, ``POST_TWICE``, ``PERSON_UNKNOWN``.
    """
    is_staff = isinstance(order.content, ChangeStaff)
    await (staff_orders.take_staff_turn(session) if is_staff else take_order_turn(session))
    await session.execute(insert_order(order, at))
    row = await session.get_one(Orders, order.no, populate_existing=True)
    if row.version is not None:
        return Applied(version=row.version, moved=row.moved or 0)
    concern = await concern_of(session, order.content)
    version = await session.scalar(
        insert(Changes)
        .values(scope=concern.scope, key=concern.key, order_no=order.no, at=at)
        .returning(Changes.version)
    )
    stamp = Stamp(order=order.no, by=approved_by.code, at=at, version=version or 0)
    moved = 0
    if isinstance(order.content, ChangeStaff):
        await staff_orders.put(session, order.content, stamp)
    else:
        moved = await redate(session, await put_in_force(session, order.content, stamp))
    await session.execute(
        update(Orders)
        .where(Orders.no == order.no)
        .values(
            status=OrderStatus.APPLIED,
            decided_by=approved_by.code,
            decided_at=func.coalesce(Orders.decided_at, at),
            applied_at=at,
            version=stamp.version,
            moved=moved,
        )
    )
    return Applied(version=stamp.version, moved=moved)


async def concern_of(session: AsyncSession, content: Content) -> Concern:
    """Which cases an order concerns.

    Raises:
        DomainError: what the order speaks of is not there.
    """
    match content:
        case OpenSuspension() | ChangeSuspension() | LiftSuspension():
            return await suspension_orders.concern_of(session, content)
        case StartMeasure() | EndMeasure():
            return await measure_orders.concern_of(session, content)
        case ImportCalendar() | ComputeCalendar():
            return calendar_orders.concern_of(content)
        case ChangeStaff():
            return staff_orders.concern_of(content)
        case MoveToPolicy() | PublishCatalogue() | Rebalance():
            raise _not_a_rule(content)


async def put_in_force(
    session: AsyncSession, content: Content, stamp: Stamp
) -> ColumnElement[bool]:
    """Write what an order says; returns the courses whose dates may follow from it.

    Raises:
        DomainError: the order cannot be.
    """
    await _require_calendar(session, content)
    match content:
        case OpenSuspension() | ChangeSuspension() | LiftSuspension():
            return await suspension_orders.put(session, content, stamp)
        case StartMeasure() | EndMeasure():
            return await measure_orders.put(session, content, stamp)
        case ImportCalendar():
            return await calendar_orders.put(session, content, stamp)
        case ComputeCalendar():
            return await calendar_orders.put_computed(session, content, stamp)
        case MoveToPolicy() | ChangeStaff() | PublishCatalogue() | Rebalance():
            raise _not_a_rule(content)


def _not_a_rule(
    content: MoveToPolicy | ChangeStaff | PublishCatalogue | Rebalance,
) -> TypeError:
    """No rule of running cases: a module of its own acts, such as ``policy_moves``."""
    return TypeError(content.kind)


async def _require_calendar(session: AsyncSession, content: Content) -> None:
    """The register dates many cases by its index of days, and so no order reaches beyond it."""
    known = select(func.min(CalendarYears.year), func.max(CalendarYears.year))
    first, last = (await session.execute(known)).one()
    require_calendar(content, () if first is None else tuple(range(first, last + 1)))


def require_calendar(content: Content, years: tuple[int, ...]) -> None:
    """Refuse an order that reaches beyond these years: ``CALENDAR_YEAR_MISSING``."""
    for name in ("first_on", "lifted_on", "since", "until", "online_accepted_from"):
        day = getattr(content, name, None)
        if isinstance(day, date) and day.year not in years:
            raise CalendarYearMissingError(day.year, years, name)


# --- what an order would do ----------------------------------------------------------------
# How many clocks of which kind it moves, and some of them.
#
# It is brought into force and taken back again, so that a preview and the order cannot differ.


_NO = "preview"


@dataclass(frozen=True, kw_only=True)
class KindPreview:
    """Of one kind of clock: how many get another due date, lose theirs, get one again."""

    kind: str
    name: str
    moved: int
    paused: int
    resumed: int


@dataclass(frozen=True, kw_only=True)
class ClockPreview:
    """A clock before and after; ``paused``: no due date is known."""

    case_no: str
    clock: str
    name: str
    due_before: date | None
    due_after: date | None
    paused_before: bool
    paused_after: bool


@dataclass(frozen=True, kw_only=True)
class DayLoad:
    """How many clocks are due on a day, before and after."""

    day: date
    before: int
    after: int


LOAD_DAYS = 60
"""As many due days are told apart; what is due later is counted together."""


@dataclass(frozen=True, kw_only=True)
class LoadForecast:
    """The running clocks within reach by their due day, before the order and after it.

    Each counts once on either side: on a day, among the ``later`` ones, or ``undated``, while it
    stands still. ``days`` are the first on which any is due.
    """

    days: tuple[DayLoad, ...] = ()
    later_before: int = 0
    later_after: int = 0
    undated_before: int = 0
    undated_after: int = 0


@dataclass(frozen=True, kw_only=True)
class Preview:
    """How many cases and clocks an order changes anything about, by kind, with examples.

    ``remarks`` say, in Chinese, from when the order works where it speaks of days gone by.
    """

    cases: int
    clocks: int
    kinds: tuple[KindPreview, ...]
    examples: tuple[ClockPreview, ...]
    load: LoadForecast = LoadForecast()
    remarks: tuple[str, ...] = ()


async def preview_order(
    session: AsyncSession, content: Content, limit: int = 20, *, at: datetime | None = None
) -> Preview:
    """What the order would do now (``at``), with ``limit`` examples; changes nothing.

    The session must be one that may write. Raises ``DomainError`` as ``apply_order`` does.
    """
    at = at or (await session.execute(select(func.now()))).scalar_one()
    stamp = Stamp(order=_NO, by="", at=at, version=0)
    savepoint = await session.begin_nested()
    try:
        await concern_of(session, content)
        reach = await put_in_force(session, content, stamp)
        said = await remarks(session, content, stamp)
        async with dated_anew(session, reach):
            return replace(await _preview(session, limit), remarks=said)
    finally:
        await savepoint.rollback()


async def _preview(session: AsyncSession, limit: int) -> Preview:
    counted = _changed(func.count(Clocks.case_no.distinct()), func.count())
    cases, clocks = (await session.execute(counted)).one()
    return Preview(
        cases=cases,
        clocks=clocks,
        kinds=await _kinds(session),
        examples=await _examples(session, limit),
        load=await _load(session),
    )


def _changed(*columns: Any) -> Select[Any]:  # noqa: ANN401 - SQLAlchemy's own columns
    joined = select(*columns).select_from(Clocks).join(Courses, Courses.id == Clocks.course)
    return joined.join(ANEW, ANEW.c.course == Courses.id).where(CHANGED)


async def _load(session: AsyncSession) -> LoadForecast:
    """By course, however many clocks run it: as cheap for a district as for a case."""
    query = (
        select(Courses.due_on, ANEW.c.due_on.label("anew"), func.sum(REACHED.c.clocks))
        .join(REACHED, REACHED.c.course == Courses.id)
        .join(ANEW, ANEW.c.course == Courses.id)
        .group_by(Courses.due_on, ANEW.c.due_on)
    )
    found = await session.execute(query)
    return load_forecast([(before, after, int(number)) for before, after, number in found])


def load_forecast(moves: Sequence[tuple[date | None, date | None, int]]) -> LoadForecast:
    """From how many clocks are due on which day before and after; None: on no day that is known."""
    before: Counter[date | None] = Counter()
    after: Counter[date | None] = Counter()
    for then, anew, number in moves:
        before[then] += number
        after[anew] += number
    days = sorted(day for day in {*before, *after} if day is not None)
    told, later = days[:LOAD_DAYS], days[LOAD_DAYS:]
    return LoadForecast(
        days=tuple(DayLoad(day=day, before=before[day], after=after[day]) for day in told),
        later_before=sum(before[day] for day in later),
        later_after=sum(after[day] for day in later),
        undated_before=before[None],
        undated_after=after[None],
    )


async def _kinds(session: AsyncSession) -> tuple[KindPreview, ...]:
    before, after = Courses.due_on, ANEW.c.due_on
    counted = {
        "moved": before != after,
        "paused": before.is_not(None) & after.is_(None),
        "resumed": before.is_(None) & after.is_not(None),
    }
    query = _changed(
        Clocks.kind,
        func.min(Clocks.name).label("name"),
        *(func.count().filter(condition).label(name) for name, condition in counted.items()),
    )
    found = await session.execute(query.group_by(Clocks.kind).order_by(Clocks.kind))
    return tuple(KindPreview(**row) for row in found.mappings())


async def _examples(session: AsyncSession, limit: int) -> tuple[ClockPreview, ...]:
    query = _changed(
        Clocks.case_no,
        Clocks.clock,
        Clocks.name,
        Courses.due_on.label("due_before"),
        ANEW.c.due_on.label("due_after"),
        Courses.due_on.is_(None).label("paused_before"),
        ANEW.c.due_on.is_(None).label("paused_after"),
    )
    found = await session.execute(query.order_by(Clocks.case_no, Clocks.clock).limit(limit))
    return tuple(ClockPreview(**row) for row in found.mappings())
