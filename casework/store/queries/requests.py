"""Service requests: one, a list, the open ones of a talent; and rounds of visits to them."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Date, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Sight
from casework.domain.kinds.request.shown import RequestRow
from casework.domain.kinds.request.state import RequestStage
from casework.domain.kinds.round.shown import VisitRow
from casework.domain.orders import MUNICIPALITIES, city_of
from casework.domain.talent import Level
from casework.store.access import seen_by
from casework.store.models import Cases, Requests, Visits
from casework.store.paging import PAGE_SIZE, Page
from casework.store.queries.case import CaseView, case_view, rows_of
from casework.store.queries.of_one_kind import (
    newest_first,
    page_of,
    summaries,
    view_of,
    where_given,
)
from casework.store.queries.search import CaseSummary

_KEYSET = newest_first("requests")

# Closed with the cycle: if its end is taken back, so is theirs, as long as they still run.
_REACHED = or_(Cases.closed_at.is_(None), Cases.stage == RequestStage.CLOSED.value)


@dataclass(frozen=True, kw_only=True)
class RequestFilter:
    """Empty fields do not restrict.

    ``talent`` is the case number of the cycle, ``body`` the id of a handling body, ``item`` the
    code of the service, ``holder`` the officer who is next. ``sight``: whose search it is.
    """

    district: str = ""
    item: str = ""
    stage: str = ""
    holder: str = ""
    talent: str = ""
    letter: str = ""
    level: str = ""
    body: str = ""
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
    query = summaries(Requests, RequestRow).where(*conditions)
    return await page_of(session, _KEYSET, RequestSummary, Requests, query, after=after, size=size)


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
    digits = 2 if district[:2] in MUNICIPALITIES else 4
    return and_(Cases.district.startswith(district[:digits]), Requests.level == Level.MUNICIPAL)
