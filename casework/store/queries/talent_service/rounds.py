"""Rounds of sampled visits (抽样回访): one with its sample, and who there is to draw from."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Date, and_, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.kinds.request.state import RequestStage
from casework.domain.kinds.round.rows import VisitRow
from casework.domain.orders.orders import MUNICIPALITIES, city_of
from casework.domain.talent import Level
from casework.store.models import Cases, Requests, Visits
from casework.store.queries.case import CaseView, case_view, rows_of

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
