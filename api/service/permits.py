"""Residence permits with points (居住证积分): registered, and then reminded year by year."""

from fastapi import APIRouter, Response

from api.guard import Caller, require_opening
from api.in_force import in_force_for
from api.opening import OPENED, opened
from api.parts import Here
from api.service.cycle_bodies import PermitBody
from api.service.cycle_opening import CycleOpener
from casework.domain.kinds import CaseKind
from casework.messages import StartCase

router = APIRouter(tags=["居住证周期"])


@router.post("/permits", summary="登记居住证（开始积分周期）", **OPENED)
async def register(body: PermitBody, actor: Caller, here: Here) -> Response:
    """Begin the year of a permit; the same again is the same cycle."""
    require_opening(actor, CaseKind.PERMIT_CYCLE, body.district)
    opener, now = CycleOpener(desk=here.desk), here.now()

    async def start() -> StartCase:
        in_force = await in_force_for(opener.question(body, now), here)
        return opener.permit(body, actor, now, in_force)

    return await opened(body.identity, actor, here, start)
