"""Rounds of sampled visits (抽样回访): one of each platform in each quarter."""

from http import HTTPStatus

from fastapi import Response

from api.access.guard import Caller, permit
from api.edge.problems import no_case
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.of_kind import add_listing
from api.routes.opening import add_opening
from api.routes.routers import with_token
from api.routes.seen import TAGGED, shown
from api.routes.talent_service.answers import RoundAnswer, round_answer
from casework.domain.authority import Action
from casework.domain.kinds.registry import CaseKind
from casework.filing.bodies import CaseNo, RoundBody
from casework.store.queries import round_view

router = with_token(
    prefix="/rounds",
    tags=["visit-rounds"],
    responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY),
)


add_opening(
    router,
    RoundBody,
    summary="开始本季度的抽样回访",
    about="Begin the round that the schedule begins by itself; the same again is the same round.",
)
add_listing(
    router,
    CaseKind.VISITS,
    summary="抽样回访",
    about="Rounds, newest first; ``reference`` is the quarter.",
)


@router.get(
    "/{case_no}", summary="一次抽样回访", responses=problem_responses(HTTPStatus.NOT_FOUND) | TAGGED
)
async def one_round(case_no: CaseNo, actor: Caller, here: Here, response: Response) -> RoundAnswer:
    """The round with its sample: who was asked, how, and what they said."""
    async with here.register.reading() as session:
        await permit(session, actor, Action.READ, case_no)
        view = await round_view(session, case_no)
    if view is None or view.kind != CaseKind.VISITS:
        raise no_case()
    return round_answer(shown(view, actor, response))
