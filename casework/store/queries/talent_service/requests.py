"""Service requests: one, a list, and the open ones of a talent."""

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Sight
from casework.domain.kinds.request.rows import RequestRow
from casework.domain.kinds.request.state import RequestStage
from casework.store.access import seen_by
from casework.store.models import Cases, Requests
from casework.store.paging import PAGE_SIZE, Page
from casework.store.queries.case import CaseView
from casework.store.queries.search import CaseSummary
from casework.store.queries.talent_service.listing import (
    newest_first,
    page_of,
    summaries,
    view_of,
    where_given,
)

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
