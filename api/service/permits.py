"""Residence permits with points (居住证积分): registered, and then reminded year by year."""

from fastapi import APIRouter, Response

from api.guard import Caller, require_role
from api.in_force import in_force_for
from api.opening import OPENED, opened, require_own_district
from api.parts import Here
from api.service.cycle_bodies import PermitBody
from api.service.cycle_opening import CycleOpener
from casework.domain.policy import Role
from casework.messages import StartCase

REGISTRARS = frozenset({Role.OFFICER, Role.SYSTEM})

router = APIRouter(tags=["居住证周期"])


@router.post("/permits", summary="登记居住证（开始积分周期）", **OPENED)
async def register(body: PermitBody, actor: Caller, here: Here) -> Response:
    """Begin the year of a permit; the same again is the same cycle."""
    require_role(actor, REGISTRARS, "登记居住证")
    require_own_district(actor, body.district, "登记其他区的居住证")
    opener, now = CycleOpener(desk=here.desk), here.now()

    async def start() -> StartCase:
        in_force = await in_force_for(opener.question(body, now), here)
        return opener.permit(body, actor, now, in_force)

    return await opened(body.identity, actor, here, start)
