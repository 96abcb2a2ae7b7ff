"""Service cycles of both kinds: a talent's three years and the year of a permit."""

from http import HTTPStatus

from fastapi import APIRouter

from api.access.guard import Caller, permit
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.checks import no_case
from api.routes.talent_service.answers import CycleAnswer, cycle_answer
from casework.domain.authority import Action
from casework.domain.time.calendar import local_date
from casework.filing.body import CaseNo
from casework.store.queries.talent_service import talent_view

router = APIRouter(tags=["talent-cycles"])


@router.get(
    "/cycles/{case_no}",
    summary="一个周期",
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
async def cycle(case_no: CaseNo, actor: Caller, here: Here) -> CycleAnswer:
    """The cycle as it stands; for a permit also when the points may be renewed (PTS_REN)."""
    async with here.register.reading() as session:
        await permit(session, actor, Action.READ, case_no)
        view = await talent_view(session, case_no)
    if view is None:
        raise no_case()
    return cycle_answer(view, local_date(here.now()))
