"""咨询登记: one question in a few seconds; the next form keeps the way and the topic."""

from urllib.parse import urlencode

import httpx
from fastapi import APIRouter
from fastapi.responses import Response

from api.access.guard import require
from api.desk.deeds import Deed, opened, taken
from api.desk.forms import fields_of_body
from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting
from api.routes.consultations import ConsultationBody
from casework.domain.authority import GeneralAction

router = APIRouter(prefix=f"{PATH}/consultations", include_in_schema=False)

_BY_SYSTEMS = {"source", "reference"}


@router.get("/new")
def logging(visit: Visiting) -> Response:
    """The form of one consultation."""
    return opened(visit, _deed(visit))


@router.post("/new")
async def logged(visit: Visiting) -> Response:
    """Check it, or log it and go on to the next."""
    return await taken(visit, _deed(visit))


def _deed(visit: Visit) -> Deed:
    require(visit.actor, GeneralAction.LOG_CONSULTATION)
    return Deed(
        title="登记咨询",
        lead="一次提问登记一行，不写姓名、证件号码和提问内容。未能当场答复的，先立工单，再填工单编号。",
        fields=fields_of_body("consultation", ConsultationBody, {}, without=_BY_SYSTEMS),
        path="/v1/consultations",
        back=f"{PATH}/lists/consultations",
        effect="登记这次咨询",
        done=_next,
    )


def _next(answer: httpx.Response) -> str:
    line = answer.json()
    again = {"channel": line["channel"], "topic": line["topic"]}
    return f"{PATH}/consultations/new?{urlencode(again)}"
