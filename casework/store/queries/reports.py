"""What reports count (统计报表): one statement for each table, and the same conditions for lists.

A figure of applications is a condition on a case and on what its events say in the clear: their
kind, their time, and whether an acceptance was deemed. Statements put it to rows joined with these
events, lists to each case; both read ``events_reported_idx``.
"""

from collections import Counter, defaultdict
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from casework.domain.authority import Sight
from casework.domain.kinds.application.state import OPEN_DEBTS, LineStatus
from casework.domain.kinds.rating.state import Grade
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.ticket.state import TicketSource, TicketStage
from casework.domain.kinds.wage.state import WageOutcome, WageStage
from casework.domain.policy import Mark, Unit
from casework.domain.reports import (
    OF_APPLICATIONS,
    OF_RATINGS,
    OF_TICKETS,
    OF_WAGES,
    AnyFigure,
    CardFigure,
    Decided,
    Figure,
    LedgerFigure,
    Period,
    Tally,
    tally_of,
)
from casework.domain.time.dates import ZONE
from casework.store.access import seen_by
from casework.store.models import (
    DECIDING,
    REPORTED,
    CalendarYears,
    Cards,
    Cases,
    Clocks,
    Courses,
    Debts,
    Events,
    Openings,
    Ratings,
    ServiceItems,
    model_of,
)
from casework.store.queries.walkthroughs import each_of_ledger, ledger_query
from casework.store.register.in_force import COUNTRY, read_calendar

Condition = ColumnElement[bool]

_RATINGS, _TICKETS = Ratings.__table__, model_of("tickets").__table__
_T = _TICKETS.c
_WAGES, _INSTALMENTS = (
    model_of(name).__table__ for name in ("wage_complaints", "wage_instalments")
)
_W = _WAGES.c


class By(StrEnum):
    """By what the figures are broken down."""

    DISTRICT = "district"
    ITEM = "item"
    OFFICE = "office"
    CHANNEL = "channel"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Whose cases are counted, as far as somebody sees; empty fields do not restrict."""

    district: str = ""
    item: str = ""
    office: str = ""
    channel: str = ""
    sight: Sight | None = None

    def conditions(self) -> Iterator[Condition]:
        """Of a query of cases, joined with their openings."""
        equal = {
            Cases.district: self.district,
            Cases.item: self.item,
            Cases.office: self.office,
            Cases.channel: self.channel,
        }
        yield from (column == value for column, value in equal.items() if value)
        yield from seen_by(self.sight)


# --- the conditions ------------------------------------------------------------------------


class _Told(Protocol):
    """What the events of a case say, at any time or within the period, and what it promised.

    ``paid``: promised materials were brought, and none of them is owed. ``green_until``: the latest
    day of its green channels, NULL without any.
    """

    def ever(self, kind: str) -> Condition: ...
    def within(self, kind: str) -> Condition: ...
    def paid(self) -> Condition: ...
    def green_until(self) -> ColumnElement[Any]: ...


EVER = ("notice_given", "returned_by_superior", "accepted", "debt_overdue", "debt_breached")
WITHIN = (
    "pre_review_passed",
    "second_notice_blocked",
    "deferral_promised",
    "green_opened",
    "green_ended",
)
"""The kinds of events that are asked for; of ``accepted`` the index has the deemed ones alone."""
_BITS = {kind: 1 << place for place, kind in enumerate((*WITHIN, *EVER))}


def _midnights(period: Period) -> tuple[datetime, datetime]:
    first, before = period.first_on, period.before
    return datetime.combine(first, time(), ZONE), datetime.combine(before, time(), ZONE)


def _at(column: InstrumentedAttribute[Any], period: Period) -> Condition:
    since, before = _midnights(period)
    return and_(column >= since, column < before)


def _on(column: InstrumentedAttribute[Any] | ColumnElement[Any], period: Period) -> Condition:
    return and_(column >= period.first_on, column < period.before)


_IS_GREEN: Condition = Clocks.kind == literal_column("'green'")
"""As ``clocks_green_idx`` has it: of a parameter the planner would not know that it is that."""
_PAID = and_(
    func.bool_or(Debts.status == LineStatus.FULFILLED.value),
    not_(func.bool_or(Debts.status.in_([status.value for status in OPEN_DEBTS]))),
)


class _Listed:
    """Of a single case in a list: its number is among those of the events."""

    def __init__(self, period: Period) -> None:
        self._period = period

    def ever(self, kind: str) -> Condition:
        return Cases.case_no.in_(self._of(kind))

    def within(self, kind: str) -> Condition:
        return Cases.case_no.in_(self._of(kind).where(_at(Events.at, self._period)))

    def paid(self) -> Condition:
        query = select(_PAID).where(Debts.case_no == Cases.case_no, Debts.promised_on.is_not(None))
        return _is(query.correlate(Cases).scalar_subquery())

    def green_until(self) -> ColumnElement[Any]:
        return _limit(func.max(Courses.until), _IS_GREEN)

    @staticmethod
    def _of(kind: str) -> Select[Any]:
        return select(Events.case_no).where(text(f"({REPORTED})"), Events.kind == kind)


class _Joined:
    """Of the rows of a statement: columns of what is joined to each case.

    A bit says that there is a kind of event: one aggregate over a million events takes a fraction
    of what one for each kind takes.
    """

    def __init__(self, period: Period) -> None:
        # Of the others the index has none; so those of ``WITHIN`` that are left lie in the period.
        counts = or_(Events.kind.in_(EVER), _at(Events.at, period))
        bits = func.bit_or(case(_BITS, value=Events.kind)).label("kinds")
        query = select(Events.case_no, bits).where(text(f"({REPORTED})"), counts)
        self._events = query.group_by(Events.case_no).subquery("told")
        debts = select(Debts.case_no, _PAID.label("paid")).where(Debts.promised_on.is_not(None))
        self._debts = debts.group_by(Debts.case_no).subquery("debts_of")
        until = func.max(Courses.until).label("until")
        limits = select(Clocks.case_no, until).join(Courses, Courses.id == Clocks.course)
        self._green = limits.where(_IS_GREEN).group_by(Clocks.case_no).subquery("green")

    def joined(self, query: Select[Any]) -> Select[Any]:
        """A query of cases with all of it."""
        for each in (self._events, self._debts, self._green):
            query = query.outerjoin(each, each.c.case_no == Cases.case_no)
        return query

    def ever(self, kind: str) -> Condition:
        return self._any_of(_BITS[kind])

    def within(self, kind: str) -> Condition:
        return self._any_of(_BITS[kind])

    def paid(self) -> Condition:
        return _is(self._debts.c.paid)

    def green_until(self) -> ColumnElement[Any]:
        return self._green.c.until

    @property
    def anything_within(self) -> Condition:
        return self._any_of(sum(_BITS[kind] for kind in WITHIN))

    def _any_of(self, bits: int) -> Condition:
        return func.coalesce(self._events.c.kinds, 0).bitwise_and(bits) != 0


def _decide(condition: Condition) -> Condition:
    """That the limit for the decision of a case of the enclosing query meets a condition."""
    clock = exists().where(Clocks.case_no == Cases.case_no, text(DECIDING))
    return clock.where(Courses.id == Clocks.course, condition).correlate(Cases)


_LATE = _decide(Courses.ended_on > Courses.due_on)
_EARLY = _decide(Courses.ended_on < Courses.due_on)

# What follows is asked of few cases, each by itself. As an aggregate it is asked when a case comes
# to it, while an EXISTS might first read the whole table.


def _limit(column: ColumnElement[Any], *conditions: Condition) -> ColumnElement[Any]:
    """What is asked of the clocks of a case of the enclosing query that meet the conditions."""
    query = select(column).select_from(Clocks).join(Courses, Courses.id == Clocks.course)
    query = query.where(Clocks.case_no == Cases.case_no, *conditions)
    return query.correlate(Cases).scalar_subquery()


def _last(kind: str, column: InstrumentedAttribute[date | None]) -> ColumnElement[Any]:
    """Of the clocks of a kind the latest day: a hard case has a second one, which is longer."""
    return _limit(func.max(column), Clocks.kind == kind)


def _is(found: ColumnElement[Any]) -> Condition:
    return func.coalesce(found, false())


def _of_application(figure: Figure, told: _Told, period: Period) -> Condition:  # noqa: C901, PLR0912 - one line a figure
    match figure:
        case Figure.RECEIVED:
            return _at(Cases.received_at, period)
        case Figure.PRE_REVIEWED:
            return told.within("pre_review_passed")
        case Figure.ACCEPTED:
            return _on(Cases.accepted_on, period)
        case Figure.DEEMED:
            return and_(_on(Cases.accepted_on, period), told.ever("accepted"))
        case Figure.CLOSED:
            return _at(Cases.closed_at, period)
        case Figure.AT_ONCE:
            back = or_(told.ever("notice_given"), told.ever("returned_by_superior"))
            return and_(_at(Cases.closed_at, period), not_(back))
        case Figure.NOTICED:
            return and_(_at(Cases.received_at, period), told.ever("notice_given"))
        case Figure.SECOND_NOTICE:
            return told.within("second_notice_blocked")
        case Figure.DECIDED:
            return and_(_on(Cases.decided_on, period), not_(told.ever("accepted")))
        case Figure.ON_TIME:
            return and_(_of_application(Figure.DECIDED, told, period), not_(_LATE))
        case Figure.EARLY:
            return and_(_of_application(Figure.DECIDED, told, period), _EARLY)
        case Figure.DEEMED_DECIDED:
            return and_(_on(Cases.decided_on, period), told.ever("accepted"))
        case Figure.DEEMED_ON_TIME:
            return and_(_of_application(Figure.DEEMED_DECIDED, told, period), not_(_LATE))
        case Figure.DEFERRED:
            return told.within("deferral_promised")
        case Figure.DEFERRED_KEPT:
            broken = or_(told.ever("debt_overdue"), told.ever("debt_breached"))
            return and_(told.within("deferral_promised"), not_(broken), told.paid())
        case Figure.DEFERRED_LATE:
            late = and_(told.ever("debt_overdue"), not_(told.ever("debt_breached")))
            return and_(told.within("deferral_promised"), late)
        case Figure.DEFERRED_BREACHED:
            return and_(told.within("deferral_promised"), told.ever("debt_breached"))
        case Figure.GREEN_OPENED:
            return told.within("green_opened")
        case Figure.GREEN_CLOSED:
            return told.within("green_ended")
        case Figure.GREEN_DATED:
            return and_(told.within("green_opened"), told.green_until().is_not(None))
        case Figure.GREEN_MET:
            met = Cases.decided_on <= told.green_until()
            return and_(told.within("green_opened"), _is(met))
        case _:
            raise ValueError(figure)


_SETTLE, _CONTACT = "rate_settle", "rate_contact"
_POOR = Ratings.grade <= Grade.DISSATISFIED.value
_KEPT = Courses.ended_on <= Courses.due_on


def _of_rating(figure: Figure, period: Period) -> Condition:
    counts, came = not_(Ratings.struck), _at(Cases.received_at, period)
    due = and_(counts, _POOR, _is(_on(_last(_SETTLE, Courses.due_on), period)))
    settled = _last(_SETTLE, Courses.ended_on) <= _last(_SETTLE, Courses.due_on)
    grades = {
        Figure.RATED_GOOD: Ratings.grade >= Grade.SATISFIED.value,
        Figure.RATED_FAIR: Ratings.grade == Grade.BASICALLY_SATISFIED.value,
        Figure.RATED_POOR: _POOR,
    }
    match figure:
        case Figure.RATED:
            return and_(counts, came)
        case Figure.RATED_GOOD | Figure.RATED_FAIR | Figure.RATED_POOR:
            return and_(counts, came, grades[figure])
        case Figure.POOR_CONTACTED:
            in_time = _is(_limit(func.bool_or(_KEPT), Clocks.kind == _CONTACT))
            return and_(counts, came, _POOR, Ratings.contacted_at.is_not(None), in_time)
        case Figure.POOR_DUE:
            return due
        case Figure.POOR_SETTLED:
            return and_(due, Ratings.settlement != "", _is(settled))
        case _:
            raise ValueError(figure)


_TICKET_CONTACT = "ticket_contact"
_GONE = tuple(stage.value for stage in (TicketStage.RETURNED, TicketStage.JOINED))


def _of_ticket(figure: Figure, period: Period) -> Condition:
    which, _, what = figure.partition("_")
    counts: list[Condition] = [Cases.stage.not_in(_GONE)]
    if which == "hotline":
        counts.append(_T.came_by == TicketSource.HOTLINE_12345.value)
    # The first limit: a demand that is answered again has a later one beside it.
    due = _limit(func.max(Courses.due_on), Clocks.clock == _TICKET_CONTACT)
    kept = _limit(func.bool_or(_KEPT), Clocks.clock == _TICKET_CONTACT)
    came = _at(Cases.received_at, period)
    more: Mapping[str, Condition] = {
        "": came,
        "answered": and_(came, _T.answered_at.is_not(None)),
        "due": _is(_on(due, period)),
        "responded": and_(_T.contacted_at.is_not(None), _is(_on(due, period)), _is(kept)),
        "revisited": and_(came, _T.resolved.is_not(None)),
        "solved": and_(came, _T.resolved.is_(True)),
        "satisfied": and_(came, _T.resolved.is_not(None), _T.satisfied.is_(True)),
    }
    return and_(*counts, more[what])


_INVESTIGATION = "wage_investigation"


def _of_wage(figure: Figure, period: Period) -> Condition:
    came, ended = _at(Cases.received_at, period), _at(Cases.closed_at, period)
    closed = and_(ended, Cases.stage == WageStage.CLOSED.value)
    broken = _INSTALMENTS.c
    match figure:
        case Figure.WAGES:
            return came
        case Figure.WAGES_FILED:
            return _on(_W.filed_on, period)
        case Figure.WAGES_REFUSED:
            return and_(ended, Cases.stage == WageStage.REFUSED.value)
        case Figure.WAGES_CLOSED:
            return closed
        case Figure.WAGES_IN_TIME:
            kept = _limit(func.bool_and(_KEPT), Clocks.kind == _INVESTIGATION)
            return and_(closed, _is(kept))
        case Figure.WAGES_SETTLED:
            return and_(closed, _W.outcome == WageOutcome.SETTLED.value)
        case Figure.WAGES_BROKEN:
            late = exists().where(broken.case_no == _W.case_no, broken.broken.is_(True))
            return late.where(_on(broken.due_on, period)).correlate(_WAGES)
        case _:
            raise ValueError(figure)


def counted(figure: Figure, period: Period) -> Iterator[Condition]:
    """The conditions that a case, joined with its opening, is counted in a figure of a period."""
    if figure in OF_APPLICATIONS:
        yield Openings.kind == CaseKind.APPLICATION.value
        yield _of_application(figure, _Listed(period), period)
    elif figure in OF_RATINGS:
        rows = select(Ratings.case_no).join(Cases, Cases.case_no == Ratings.case_no)
        yield Cases.case_no.in_(rows.where(_of_rating(figure, period)).correlate(None))
    elif figure in OF_WAGES:
        rows = select(_W.case_no).join(Cases, Cases.case_no == _W.case_no)
        yield Cases.case_no.in_(rows.where(_of_wage(figure, period)).correlate(None))
    else:
        rows = select(_T.case_no).join(Cases, Cases.case_no == _T.case_no)
        yield Cases.case_no.in_(rows.where(_of_ticket(figure, period)).correlate(None))


# --- the statements ------------------------------------------------------------------------


def _group(by: Sequence[By]) -> list[ColumnElement[Any]]:
    """The columns of a case by which is grouped; none where all are one group."""
    return [Cases.__table__.c[each.value] for each in by]


def _named(by: Sequence[By]) -> list[ColumnElement[Any]]:
    """The name of the item, where a group has one: the least of a million names takes long."""
    return [func.min(Cases.item_name).label("item_name")] if By.ITEM in by else []


_DECIDING = frozenset(
    {
        *(Figure.DECIDED, Figure.ON_TIME, Figure.EARLY),
        *(Figure.DEEMED_DECIDED, Figure.DEEMED_ON_TIME),
    }
)
"""What is counted with the courses of the limit for the decision."""


_OTHER = aliased(Openings)
_IS_APPLICATION = not_(
    exists()
    .where(_OTHER.case_no == Cases.case_no, _OTHER.kind != text(f"'{CaseKind.APPLICATION}'"))
    .correlate(Cases)
)
"""By the small index of the other kinds; an outer join of openings is left out by the planner where
no condition asks for them."""


def applications_query(period: Period, place: Place, by: Sequence[By] = ()) -> Select[Any]:
    """All figures of applications but those of decisions, by group."""
    told = _Joined(period)
    figures = [each for each in OF_APPLICATIONS if each not in _DECIDING]
    query = (
        select(
            *_group(by),
            *_named(by),
            *(
                func.count().filter(_of_application(each, told, period)).label(each.value)
                for each in figures
            ),
        )
        .select_from(Cases)
        .outerjoin(Openings, Openings.case_no == Cases.case_no)
        .where(
            _IS_APPLICATION,
            _told_of(told, period),
            *place.conditions(),
        )
    )
    return told.joined(query).group_by(*_group(by))


def _told_of(told: _Joined, period: Period) -> Condition:
    """What is counted at all: something of the case lies in the period."""
    return or_(
        _at(Cases.received_at, period),
        _on(Cases.accepted_on, period),
        _at(Cases.closed_at, period),
        told.anything_within,
    )


def decisions_query(
    period: Period, place: Place, by: Sequence[By] = (), own: Collection[str] = ()
) -> Select[Any]:
    """Decisions by group, policy and days of the limit; ``late`` and ``early`` where it has them.

    ``deemed``: the acceptance was. ``calendar``, if there are districts with a calendar of their
    ``own``: which of them, or empty. Decisions of the same days are one row, so that a year of a
    million cases is some thousands.
    """
    query = select(Events.case_no).where(text(f"({REPORTED})"), Events.kind == "accepted")
    silent = query.subquery("silent")
    calendar = case((Cases.district.in_(sorted(own)), Cases.district), else_="").label("calendar")
    what: tuple[ColumnElement[Any], ...] = (
        *_group(by),
        *([calendar] if own else []),
        Cases.__table__.c.policy,
        silent.c.case_no.is_not(None).label("deemed"),
        *(Courses.__table__.c[each] for each in ("started_on", "ended_on", "pauses")),
        func.coalesce(Courses.ended_on > Courses.due_on, false()).label("late"),
        func.coalesce(Courses.ended_on < Courses.due_on, false()).label("early"),
    )
    return (
        select(*what, func.count().label("number"))
        .select_from(Cases)
        .outerjoin(Openings, Openings.case_no == Cases.case_no)
        .outerjoin(Clocks, and_(Clocks.case_no == Cases.case_no, text(DECIDING)))
        .outerjoin(Courses, Courses.id == Clocks.course)
        .outerjoin(silent, silent.c.case_no == Cases.case_no)
        .where(
            _IS_APPLICATION,
            _on(Cases.decided_on, period),
            *place.conditions(),
        )
        .group_by(*what)
    )


def _special_query(
    rows: FromClause,
    conditions: Mapping[Figure, Condition],
    place: Place,
    by: Sequence[By],
    sums: Iterable[ColumnElement[Any]] = (),
) -> Select[Any]:
    counts = (func.count().filter(each).label(name.value) for name, each in conditions.items())
    query = (
        select(*_group(by), *_named(by), *counts, *sums)
        .select_from(rows)
        .join(Cases, Cases.case_no == rows.c.case_no)
        .outerjoin(Openings, Openings.case_no == Cases.case_no)
        .where(*place.conditions())
    )
    return query.group_by(*_group(by))


def ratings_query(period: Period, place: Place, by: Sequence[By] = ()) -> Select[Any]:
    """The figures of ratings, by group."""
    conditions = {each: _of_rating(each, period) for each in OF_RATINGS}
    return _special_query(_RATINGS, conditions, place, by)


def tickets_query(period: Period, place: Place, by: Sequence[By] = ()) -> Select[Any]:
    """The figures of tickets, by group."""
    conditions = {each: _of_ticket(each, period) for each in OF_TICKETS}
    return _special_query(_TICKETS, conditions, place, by)


def wages_query(period: Period, place: Place, by: Sequence[By] = ()) -> Select[Any]:
    """The figures of wage complaints, by group; what is owed and was paid of those received."""
    conditions = {each: _of_wage(each, period) for each in OF_WAGES}
    came = _of_wage(Figure.WAGES, period)
    sums = (
        func.coalesce(func.sum(column).filter(came), 0).label(name)
        for name, column in (("wages_owed", _W.owed), ("wages_paid", _W.paid))
    )
    return _special_query(_WAGES, conditions, place, by, sums)


def cards_query(period: Period, place: Place, by: Sequence[By] = ()) -> Select[Any]:
    """Cards of any case, given and cleared, by group."""
    given, cleared = _at(Cards.given_at, period), _at(Cards.cleared_at, period)
    query = (
        select(
            *_group(by),
            *_named(by),
            *(
                func.count()
                .filter(Cards.rung == each.rung, cleared if each.cleared else given)
                .label(each.value)
                for each in CardFigure
            ),
        )
        .select_from(Cards)
        .join(Cases, Cases.case_no == Cards.case_no)
        .outerjoin(Openings, Openings.case_no == Cases.case_no)
        .where(or_(given, cleared), *place.conditions())
    )
    return query.group_by(*_group(by))


def _ledger_query(period: Period, place: Place, by: Sequence[By] = ()) -> Select[Any]:
    return ledger_query(period, place.conditions(), _group(by))


Cell = tuple[str, ...]
"""The values of a group, in the order of what it is grouped by."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What was counted in each group that has something; ``names`` are those of the items."""

    cells: Mapping[Cell, Tally]
    names: Mapping[str, str]

    @property
    def total(self) -> Tally:
        """All groups together."""
        return sum(self.cells.values(), Tally())


_FOR_MANY_ROWS = ("random_page_cost = 1.1", "work_mem = '64MB'")
"""For this transaction: a register is in memory, or on disks without a head that moves.

Otherwise a million cases are read whole for the sake of ten thousand ratings, and what is joined to
them goes to temporary files: a third of the CPU.
"""


async def count(
    session: AsyncSession,
    period: Period,
    place: Place,
    by: Sequence[By] = (),
) -> Counted:
    """Count all figures of a period, by group; without ``by`` there is one group.

    Working days are those of the calendar of each case's district.
    """
    for setting in _FOR_MANY_ROWS:
        await session.execute(text(f"SET LOCAL {setting}"))
    figures: dict[Cell, Counter[Figure]] = defaultdict(Counter)
    cards: dict[Cell, Counter[CardFigure]] = defaultdict(Counter)
    ledger: dict[Cell, Counter[LedgerFigure]] = defaultdict(Counter)
    took: dict[Cell, Tally] = defaultdict(Tally)
    names: dict[str, str] = {}
    statements: tuple[tuple[Callable[..., Select[Any]], Iterable[AnyFigure]], ...] = (
        (applications_query, [each for each in OF_APPLICATIONS if each not in _DECIDING]),
        (ratings_query, OF_RATINGS),
        (tickets_query, OF_TICKETS),
        (wages_query, OF_WAGES),
        (cards_query, CardFigure),
        (_ledger_query, LedgerFigure),
    )
    for query, counts in statements:
        for row in (await session.execute(query(period, place, by))).mappings():
            cell = tuple(row[each.value] for each in by)
            if By.ITEM in by:
                names.setdefault(row[By.ITEM.value], row["item_name"])
            for name in counts:
                into: dict[Cell, Counter[Any]] = (
                    cards
                    if isinstance(name, CardFigure)
                    else ledger
                    if isinstance(name, LedgerFigure)
                    else figures
                )
                into[cell][name] += row[name.value]
            if query is wages_query:
                owed, paid = int(row["wages_owed"]), int(row["wages_paid"])
                took[cell] += Tally(wages_owed=owed, wages_paid=paid)
    years = select(CalendarYears.calendar).where(CalendarYears.calendar != COUNTRY)
    own = set(await session.scalars(years.distinct()))
    decided = await _decisions(session, period, place, by, own=own, figures=figures)
    calendars = {key: (await read_calendar(session, key))[0] for key in {key for _, key in decided}}
    for (cell, key), each in decided.items():
        took[cell] += tally_of(each, calendars[key])
    cells = {
        cell: Tally(figures=dict(figures[cell]), cards=dict(cards[cell]), ledger=dict(ledger[cell]))
        + took[cell]
        for cell in sorted({*figures, *cards, *ledger, *took})
    }
    return Counted(cells=cells, names=names)


async def _decisions(  # noqa: PLR0913 - what, where, by what, by whose calendar; into what
    session: AsyncSession,
    period: Period,
    place: Place,
    by: Sequence[By],
    *,
    own: Collection[str],
    figures: Mapping[Cell, Counter[Figure]],
) -> dict[tuple[Cell, str], list[Decided]]:
    """Note the figures of decisions; return the decisions by group and calendar."""
    rows = (await session.execute(decisions_query(period, place, by, own))).mappings().all()
    limits = await _legal_limits(session, {row["policy"] for row in rows})
    decided: dict[tuple[Cell, str], list[Decided]] = defaultdict(list)
    for row in rows:
        cell, number = tuple(row[each.value] for each in by), row["number"]
        counts = figures[cell]
        counts[Figure.DEEMED_DECIDED if row["deemed"] else Figure.DECIDED] += number
        if not row["late"]:
            counts[Figure.DEEMED_ON_TIME if row["deemed"] else Figure.ON_TIME] += number
        if not row["deemed"] and row["early"]:
            counts[Figure.EARLY] += number
        if row["ended_on"] is not None:
            decided[cell, row["calendar"] if own else ""].append(
                Decided(
                    number=number,
                    started_on=row["started_on"],
                    ended_on=row["ended_on"],
                    pauses=row["pauses"],
                    legal=limits.get(row["policy"]),
                    policy=row["policy"],
                )
            )
    return decided


async def _legal_limits(session: AsyncSession, policies: set[str]) -> dict[str, int]:
    """The limit for the decision in working days, by policy, where the law sets it."""
    limit = ServiceItems.body["limits"]["decide"]
    query = select(ServiceItems.digest, limit["amount"].as_integer().label("amount")).where(
        ServiceItems.digest.in_(sorted(policies)),
        limit["unit"].as_string() == Unit.WORKING_DAYS.value,
        limit["mark"].as_string() == Mark.LAW.value,
    )
    return {row.digest: row.amount for row in await session.execute(query)}


# --- the cases -----------------------------------------------------------------------------

_ROWS_OF_PAGE = 2_000


async def details(
    session: AsyncSession, period: Period, place: Place
) -> AsyncIterator[list[tuple[str, list[str]]]]:
    """By number, each case that is counted in a figure, with the meanings of these; in pages."""
    each_query: tuple[tuple[Select[Any], Iterable[Figure | LedgerFigure]], ...] = (
        (_each_application(period, place), OF_APPLICATIONS),
        (_each_special(_RATINGS, OF_RATINGS, _of_rating, period, place), OF_RATINGS),
        (_each_special(_TICKETS, OF_TICKETS, _of_ticket, period, place), OF_TICKETS),
        (_each_special(_WAGES, OF_WAGES, _of_wage, period, place), OF_WAGES),
        (each_of_ledger(period, place.conditions()), LedgerFigure),
    )
    for query, figures in each_query:
        found = await session.stream(query)
        async for rows in found.partitions(_ROWS_OF_PAGE):
            yield [
                (row.case_no, [each.label for each in figures if row._mapping[each.value]])  # noqa: SLF001 - it is public
                for row in rows
            ]


def _flags(conditions: Mapping[Figure, Condition]) -> list[Any]:
    return [Cases.case_no, *(each.label(name.value) for name, each in conditions.items())]


def _each_application(period: Period, place: Place) -> Select[Any]:
    told = _Joined(period)
    conditions = {each: _of_application(each, told, period) for each in OF_APPLICATIONS}
    query = (
        select(*_flags(conditions))
        .select_from(Cases)
        .outerjoin(Openings, Openings.case_no == Cases.case_no)
        .where(
            _IS_APPLICATION,
            or_(_told_of(told, period), _on(Cases.decided_on, period)),
            *place.conditions(),
        )
    )
    return told.joined(query).order_by(Cases.case_no)


def _each_special(
    rows: FromClause,
    figures: Iterable[Figure],
    condition: Callable[[Figure, Period], Condition],
    period: Period,
    place: Place,
) -> Select[Any]:
    conditions = {each: condition(each, period) for each in figures}
    query = (
        select(*_flags(conditions))
        .select_from(rows)
        .join(Cases, Cases.case_no == rows.c.case_no)
        .outerjoin(Openings, Openings.case_no == Cases.case_no)
        .where(or_(*conditions.values()), *place.conditions())
    )
    return query.order_by(Cases.case_no)
