"""Cases of one kind: talents, requests, rounds and ratings, each one and in lists."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, TypeVar

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import ColumnElement, Date, Select, and_, cast, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from casework.domain.authority import Sight
from casework.domain.case.opening import Party
from casework.domain.kinds.cycle.shown import TalentRow
from casework.domain.kinds.cycle.state import CycleKind
from casework.domain.kinds.rating.shown import RatingRow
from casework.domain.kinds.rating.state import Grade
from casework.domain.kinds.request.shown import RequestRow
from casework.domain.kinds.request.state import RequestStage
from casework.domain.kinds.round.shown import VisitRow
from casework.domain.policy import city_of, digits_of
from casework.domain.talent import Level, Standing, StandingStatus, TalentClass
from casework.store.access import seen_by
from casework.store.models import (
    Cases,
    Clocks,
    Courses,
    Model,
    Openings,
    Parties,
    Ratings,
    Requests,
    Talents,
    Visits,
)
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.queries.case import CaseView, case_view, rows_of
from casework.store.queries.search import SHOWN, CaseSummary, recorded_since
from casework.store.register.by_date import by_date, is_by_date, joined
from casework.store.sealing.sealing import SEALED, opener, openers

S = TypeVar("S", bound=CaseSummary)
V = TypeVar("V", bound=CaseView)

NewestFirst = Keyset[Any, tuple[AwareDatetime, str]]

_ORDER = (Cases.received_at, Cases.case_no)


def newest_first(name: str) -> NewestFirst:
    """The order of a list of cases of one kind; ``name`` is the list's."""
    return Keyset(
        name, lambda row: (row.received_at, row.case_no), TypeAdapter(tuple[AwareDatetime, str])
    )


def summaries(table: type[Model], row: type) -> Select[Any]:
    """The columns of summaries of the cases with a row in the table; ``row`` is its dataclass."""
    columns = table.__table__.c
    query = joined(select(*SHOWN, *(own_column(table, field.name) for field in fields(row))))
    return query.join(table, columns.case_no == Cases.case_no)


def own_column(table: type[Model], name: str) -> ColumnElement[Any]:
    """A column of a kind's own row; what time alone changes, as it stands by the date."""
    if table is Talents and name in {"status", "points"}:
        return by_date(getattr(Talents, name)).label(name)
    return table.__table__.c[name]


async def page_of(  # noqa: PLR0913 - what of which table, in which order, and which page
    session: AsyncSession,
    keyset: NewestFirst,
    summary: type[S],
    table: type[Model],
    query: Select[Any],
    *,
    after: str,
    size: int,
) -> Page[S]:
    """A page of summaries out of the table, newest first; raises `CursorError`."""
    size = bounded(size)
    if after:
        query = query.where(tuple_(*_ORDER) < keyset.key(after))
    newest = query.order_by(*(column.desc() for column in _ORDER)).limit(size + 1)
    return keyset.page(await opened(session, summary, table, newest), size)


async def opened(
    session: AsyncSession, summary: type[S], table: type[Model], query: Select[Any]
) -> list[S]:
    """The summaries that a query finds, their sealed texts opened."""
    rows = (await session.execute(query)).mappings().all()
    if table.__tablename__ not in SEALED:
        return [summary(**row) for row in rows]
    own = await openers(session, (row["case_no"] for row in rows))
    return [summary(**own[row["case_no"]].row(table.__tablename__, row)) for row in rows]


async def view_of(
    session: AsyncSession, view: type[V], table: type[Model], row: type, case_no: str
) -> V | None:
    """A case as its page shows it; None if there is none with a row in the table."""
    columns = (own_column(table, field.name) for field in fields(row))
    query = joined(
        select(*columns).join_from(table, Cases, table.__table__.c.case_no == Cases.case_no)
    )
    query = query.where(Cases.case_no == case_no)
    own = (await session.execute(query)).mappings().one_or_none()
    case = await case_view(session, case_no) if own else None
    if case is None or own is None:
        return None
    texts = await opener(session, case_no)
    return view(**vars(case), **texts.row(table.__tablename__, own))


def where_given(
    given: Iterable[tuple[InstrumentedAttribute[str], str]],
) -> list[ColumnElement[bool]]:
    """That each column has the value beside it by the date; an empty one does not restrict."""
    moving = {Cases.stage, Talents.status}
    return [
        is_by_date(column, value) if column in moving else column == value
        for column, value in given
        if value
    ]


# --- talents and holders of permits --------------------------------------------------------
# One, a list, whose a credential is, and how a talent stands.


_TALENTS = newest_first("talents")


@dataclass(frozen=True, kw_only=True)
class TalentFilter:
    """Empty fields do not restrict.

    ``kind`` tells talents (``talent_cycle``) from holders of permits; ``employer`` is a credit
    code, ``credential`` a code of whatever kind; ``ends_before``: the cycle ends before that day.
    ``updated_since``: with an event recorded then or later. ``sight``: whose search it is.
    """

    kind: str = ""
    district: str = ""
    stage: str = ""
    letter: str = ""
    status: str = ""
    employer: str = ""
    credential: str = ""
    ends_before: date | None = None
    updated_since: datetime | None = None
    sight: Sight | None = None


@dataclass(frozen=True, kw_only=True)
class TalentSummary(CaseSummary, TalentRow):
    """A talent, or the holder of a permit, as a list shows them."""


@dataclass(frozen=True, kw_only=True)
class TalentView(CaseView, TalentRow):
    """A talent, or the holder of a permit, with the case of their cycle; masked."""


async def talent_view(session: AsyncSession, case_no: str) -> TalentView | None:
    """A cycle of either kind as it stands; None if there is no such cycle."""
    return await view_of(session, TalentView, Talents, TalentRow, case_no)


async def search_talents(
    session: AsyncSession, wanted: TalentFilter, *, after: str = "", size: int = PAGE_SIZE
) -> Page[TalentSummary]:
    """A page, newest first; raises `CursorError`."""
    query = summaries(Talents, TalentRow).where(*_talents(wanted))
    return await page_of(session, _TALENTS, TalentSummary, Talents, query, after=after, size=size)


async def talent_by_credential(session: AsyncSession, code: str) -> TalentSummary | None:
    """Whose card or talent code this is; None if nobody's, or if it does not tell between two.

    A valid one goes before one that is void. Whether it is, on a given day, ``credential_void_on``
    says: it is worth nothing from that day on.
    """
    if not code:
        return None
    query = summaries(Talents, TalentRow).where(*_talents(TalentFilter(credential=code)))
    found = [TalentSummary(**row) for row in (await session.execute(query)).mappings()]
    valid = [talent for talent in found if talent.credential_void_on is None]
    if valid:
        return valid[0] if len(valid) == 1 else None
    return max(found, key=lambda talent: talent.credential_void_on or date.min, default=None)


def _talents(wanted: TalentFilter) -> list[ColumnElement[bool]]:
    conditions = where_given(
        (
            (Openings.kind, wanted.kind),
            (Cases.district, wanted.district),
            (Cases.stage, wanted.stage),
            (Talents.letter, wanted.letter),
            (Talents.status, wanted.status),
            (Talents.employer, wanted.employer),
            (Talents.credential_code, wanted.credential),
        )
    )
    if wanted.credential:  # what the index says of itself
        conditions.append(Talents.credential_code != "")
    conditions += seen_by(wanted.sight)
    if wanted.ends_before:
        conditions.append(Talents.ends_on < wanted.ends_before)
    if wanted.updated_since:
        conditions.append(recorded_since(wanted.updated_since))
    return conditions


async def standing(session: AsyncSession, talent_case_no: str) -> Standing | None:
    """How a talent stands by the register; None if the case is no talent's cycle."""
    query = joined(
        select(
            by_date(Talents.status).label("status"),
            Talents.letter,
            Talents.served_until,
            Cases.last_seq,
        ).join_from(Talents, Cases, Cases.case_no == Talents.case_no)
    ).where(Talents.case_no == talent_case_no, Talents.cycle == CycleKind.TALENT)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    return Standing(
        talent=talent_case_no,
        status=StandingStatus(row.status),
        letter=TalentClass(row.letter) if row.letter else None,
        served_until=row.served_until,
        version=row.last_seq,
    )


async def talent_party(session: AsyncSession, case_no: str, role: str) -> Party | None:
    """A party of a case in clear (``applicant``: the talent, ``employer``: the liaison there).

    None where there is none, or it was erased.

    Only for opening another case of the same person within this process: personal data, not to be
    shown, logged or answered.
    """
    query = select(Parties.name, Parties.id_number, Parties.email, Parties.phone).where(
        Parties.case_no == case_no, Parties.role == role
    )
    row = (await session.execute(query)).mappings().one_or_none()
    own = await opener(session, case_no)
    if row is None or own.is_erased(row["name"]):
        return None
    return Party(**own.row("parties", row))


# --- service requests, and rounds of visits to them ----------------------------------------
# One, a list, the open ones of a talent.


_REQUESTS = newest_first("requests")

# Closed with the cycle: if its end is taken back, so is theirs, as long as they still run.
_REACHED = or_(Cases.closed_at.is_(None), Cases.stage == RequestStage.CLOSED.value)


@dataclass(frozen=True, kw_only=True)
class RequestFilter:
    """Empty fields do not restrict.

    ``talent`` is the case number of the cycle, ``body`` the id of a handling body, ``item`` the
    code of the service, ``holder`` the officer who is next. ``updated_since``: with an event
    recorded then or later. ``sight``: whose search it is.
    """

    district: str = ""
    item: str = ""
    stage: str = ""
    holder: str = ""
    talent: str = ""
    letter: str = ""
    level: str = ""
    body: str = ""
    updated_since: datetime | None = None
    sight: Sight | None = None


@dataclass(frozen=True, kw_only=True)
class RequestSummary(CaseSummary, RequestRow):
    """A request as a list shows it."""


@dataclass(frozen=True, kw_only=True)
class RequestView(CaseView, RequestRow):
    """A request as its page shows it; masked."""


async def request_view(session: AsyncSession, case_no: str) -> RequestView | None:
    """A request as it stands; None if there is no such request."""
    return await view_of(session, RequestView, Requests, RequestRow, case_no)


async def search_requests(
    session: AsyncSession, wanted: RequestFilter, *, after: str = "", size: int = PAGE_SIZE
) -> Page[RequestSummary]:
    """A page of requests, newest first; raises `CursorError`."""
    conditions = where_given(
        (
            (Cases.district, wanted.district),
            (Cases.item, wanted.item),
            (Cases.stage, wanted.stage),
            (Cases.holder, wanted.holder),
            (Requests.talent, wanted.talent),
            (Requests.letter, wanted.letter),
            (Requests.level, wanted.level),
            (Requests.body, wanted.body),
        )
    )
    conditions += seen_by(wanted.sight)
    if wanted.updated_since:
        conditions.append(recorded_since(wanted.updated_since))
    query = summaries(Requests, RequestRow).where(*conditions)
    return await page_of(
        session, _REQUESTS, RequestSummary, Requests, query, after=after, size=size
    )


async def open_requests_of(session: AsyncSession, talent: str) -> tuple[str, ...]:
    """The requests of a talent that are not closed, or were with the cycle, by number."""
    query = (
        select(Cases.case_no)
        .join(Requests, Requests.case_no == Cases.case_no)
        .where(Requests.talent == talent, _REACHED)
        .order_by(Cases.case_no)
    )
    return tuple(await session.scalars(query))


_ZONE = "Asia/Shanghai"


@dataclass(frozen=True, kw_only=True)
class RoundView(CaseView):
    """A round as its page shows it, with its sample by number of the request."""

    visits: tuple[VisitRow, ...]


async def round_view(session: AsyncSession, case_no: str) -> RoundView | None:
    """A round as it stands; None if there is no such case."""
    case = await case_view(session, case_no)
    if case is None:
        return None
    return RoundView(**vars(case), visits=await rows_of(session, case_no, Visits, VisitRow))


async def visitors(
    session: AsyncSession, district: str, first_on: date, until: date
) -> list[tuple[str, str]]:
    """Who came to a platform (来访人才, DB50/T 1733—2024 §7.1): request and talent, by request.

    The requests received from ``first_on`` to ``until``, both days included (Shanghai), that the
    platform coordinates, but for withdrawn ones; the municipal platform stands under the code of
    its city. The same register gives the same list: a sample can be drawn once more.
    """
    received_on = cast(func.timezone(_ZONE, Cases.received_at), Date)
    query = (
        select(Requests.case_no, Requests.talent)
        .join(Cases, Cases.case_no == Requests.case_no)
        .where(
            _coordinated_by(district),
            Cases.stage != RequestStage.WITHDRAWN,
            received_on.between(first_on, until),
        )
        .order_by(Requests.case_no)
    )
    return [(request, talent) for request, talent in await session.execute(query)]


def _coordinated_by(district: str) -> ColumnElement[bool]:
    if city_of(district) != district:
        return and_(Cases.district == district, Requests.level == Level.DISTRICT)
    return and_(Cases.district.startswith(digits_of(district)), Requests.level == Level.MUNICIPAL)


# --- ratings -------------------------------------------------------------------------------
# One, that of a case, and how many of each grade (好差评).


_SETTLE = "rate_settle"


@dataclass(frozen=True, kw_only=True)
class RatingSummary(CaseSummary, RatingRow):
    """A rating as a list shows it."""


@dataclass(frozen=True, kw_only=True)
class RatingView(CaseView, RatingRow):
    """A rating as its page shows it; masked."""


@dataclass(frozen=True, kw_only=True)
class RatingsSummary:
    """Ratings of a time: ``grades`` counts each of the five, those that were struck left out.

    Of the poor ones: ``settled`` are put right or explained, ``settled_in_time`` not later than
    the last day of the limit, the longer one where the case was hard.
    """

    grades: dict[Grade, int]
    struck: int
    poor: int
    settled: int
    settled_in_time: int


async def rating_view(session: AsyncSession, case_no: str) -> RatingView | None:
    """A rating as it stands; None if there is no such rating."""
    return await view_of(session, RatingView, Ratings, RatingRow, case_no)


async def rating_of(session: AsyncSession, rated: str) -> RatingSummary | None:
    """The rating of a case, by that case's number; None if it has not been rated."""
    query = summaries(Ratings, RatingRow).where(Ratings.rated == rated)
    found = await opened(session, RatingSummary, Ratings, query)
    return found[0] if found else None


async def ratings_summary(
    session: AsyncSession, district: str, received_from: datetime, received_before: datetime
) -> RatingsSummary:
    """The ratings of a district (all, if empty) in a time; its end does not belong to it."""
    limit = (
        select((func.max(Courses.ended_on) <= func.max(Courses.due_on)).label("kept"))
        .select_from(Clocks)
        .join(Courses, Courses.id == Clocks.course)
        .where(Clocks.case_no == Ratings.case_no, Clocks.kind == _SETTLE)
        .scalar_subquery()
    )
    counts, poor = ~Ratings.struck, Ratings.grade <= Grade.DISSATISFIED
    settled = and_(counts, poor, Ratings.settlement != "")
    query = (
        select(
            *(
                func.count().filter(counts, Ratings.grade == grade).label(f"grade_{grade}")
                for grade in Grade
            ),
            func.count().filter(Ratings.struck).label("struck"),
            func.count().filter(counts, poor).label("poor"),
            func.count().filter(settled).label("settled"),
            func.count().filter(settled, limit).label("settled_in_time"),
        )
        .select_from(Ratings)
        .join(Cases, Cases.case_no == Ratings.case_no)
        .where(Cases.received_at >= received_from, Cases.received_at < received_before)
    )
    if district:
        query = query.where(Cases.district == district)
    row = dict((await session.execute(query)).mappings().one())
    grades = {grade: row.pop(f"grade_{grade}") for grade in Grade}
    return RatingsSummary(grades=grades, **row)
