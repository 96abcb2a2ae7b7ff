"""走流程: the form in which a leader's walk is recorded; what follows is done at its case."""

import httpx
from fastapi import APIRouter
from fastapi.responses import Response

from api.access.guard import require_filing
from api.desk.deeds import Deed, Json, opened, taken
from api.desk.forms import fields_of_body
from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting
from casework.domain.authority import Filed, own_source
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.filing.bodies import body_of_kind
from casework.policy.authority import load_authority

router = APIRouter(prefix=f"{PATH}/walkthroughs", include_in_schema=False)

_KIND = CaseKind.WALKTHROUGH
_NOT_TYPED = {"source", "reference"}


@router.get("/new")
def recording(visit: Visiting) -> Response:
    """The form of one walk."""
    return opened(visit, _deed(visit))


@router.post("/new")
async def recorded(visit: Visiting) -> Response:
    """Check it, or record it and go on to its findings."""
    return await taken(visit, _deed(visit))


def _deed(visit: Visit) -> Deed:
    source = own_source(load_authority(), visit.actor, "")
    require_filing(visit.actor, Filed(kind=_KIND, district=visit.actor.district, source=source))
    return Deed(
        title="登记走流程",
        lead="一位领导走一次登记一件（一人次），只写职务，不写姓名。问题、需求和措施在登记之后逐条填写。",
        fields=fields_of_body(_KIND.value, body_of_kind(_KIND), {}, without=_NOT_TYPED),
        path=f"/v1/{KINDS[_KIND].path}",
        back=PATH,
        effect="登记这次走流程",
        sends=_sent,
        done=lambda answer: f"{PATH}/cases/{answer.json()['case_no']}",
    )


async def _sent(visit: Visit, body: Json, key: str) -> httpx.Response:
    # The key of the form is its reference: sent twice, it is one walk.
    return await visit.api.post(f"/v1/{KINDS[_KIND].path}", {**body, "reference": key}, key=key)
