"""Residence permits with points (居住证积分): registered, and then reminded year by year."""

from fastapi import APIRouter, Response

from api.access.guard import Caller, require_filing
from api.parts import Here
from api.routes.checks import ensure_no_other_cycle
from api.routes.in_force import in_force_for
from api.routes.opening import OPENED, opened
from casework.domain.case.opening import StartCase
from casework.filing.bodies import PermitBody

router = APIRouter(tags=["permit-cycles"])


@router.post("/permits", summary="登记居住证（开始积分周期）", **OPENED)
async def register(body: PermitBody, actor: Caller, here: Here) -> Response:
    """Begin the year of a permit; the same again is the same cycle.

    409 ``CYCLE_EXISTS``: its holder has one in this city that has not expired.
    """
    body = body.owned_by(actor)
    now = here.now()
    require_filing(actor, here.desk.filed(body, now))

    async def start() -> StartCase:
        in_force = await in_force_for(here.desk.question(body, now), here)
        cycle = here.desk.permit(body, actor, now, in_force)
        await ensure_no_other_cycle(cycle, here)
        return cycle

    return await opened(body.identity, actor, here, start)
