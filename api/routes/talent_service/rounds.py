"""Rounds of sampled visits (抽样回访): one of each platform in each quarter."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.access.guard import Caller, listed_district, permit, require_filing, sight_of
from api.edge.problems import no_case
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.in_force import in_force_for
from api.routes.lists import CaseItem, Listing, PageQuery, case_item, readable
from api.routes.opening import OPENED, opened
from api.routes.talent_service.answers import RoundAnswer, round_answer
from casework.domain.authority import Action
from casework.domain.case.opening import StartCase
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.round.state import RoundStage
from casework.filing.bodies import CaseNo, District, RoundBody
from casework.store.queries import CaseFilter, round_view, search_cases

router = APIRouter(
    prefix="/rounds",
    tags=["visit-rounds"],
    responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY),
)


class RoundQuery(PageQuery):
    """What is left out does not restrict."""

    district: District | None = None
    stage: RoundStage | None = None


@router.post("", summary="开始本季度的抽样回访", **OPENED)
async def begin(body: RoundBody, actor: Caller, here: Here) -> Response:
    """Begin the round that the schedule begins by itself; the same again is the same round."""
    now = here.now()
    require_filing(actor, here.desk.filed(body, now))

    async def start() -> StartCase:
        in_force = await in_force_for(here.desk.question(body, now), here)
        return here.desk.visits(body, actor, now, in_force)

    return await opened(body.identity, actor, here, start)


@router.get("", summary="抽样回访")
async def rounds(
    asked: Annotated[RoundQuery, Query()], actor: Caller, here: Here
) -> Listing[CaseItem]:
    """Rounds, newest first; ``reference`` is the quarter."""
    wanted = CaseFilter(
        kind=CaseKind.VISITS,
        district=listed_district(actor, asked.district),
        sight=sight_of(actor),
        stage=asked.stage or "",
    )
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await search_cases(session, wanted, after=asked.cursor, size=asked.size)
    return Listing(items=[case_item(row) for row in page.rows], next_cursor=page.next or None)


@router.get("/{case_no}", summary="一次抽样回访", responses=problem_responses(HTTPStatus.NOT_FOUND))
async def one_round(case_no: CaseNo, actor: Caller, here: Here) -> RoundAnswer:
    """The round with its sample: who was asked, how, and what they said."""
    async with here.register.reading() as session:
        await permit(session, actor, Action.READ, case_no)
        view = await round_view(session, case_no)
    if view is None or view.kind != CaseKind.VISITS:
        raise no_case()
    return round_answer(view)
