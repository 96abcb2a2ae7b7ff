"""咨询登记: one question in a few seconds; and the ticket of one that is not answered at once.

The next form keeps the way and the topic; a ticket leads back to the form, with its number in it.
"""

from dataclasses import replace
from urllib.parse import urlencode

import httpx
from fastapi import APIRouter
from fastapi.responses import Response

from api.access.guard import require
from api.desk.deeds import Deed, Json, opened, taken
from api.desk.forms import Field, Sort, fields_of_body
from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting
from api.routes.consultations import ConsultationBody
from casework.domain.authority import GeneralAction
from casework.domain.kinds.registry import CaseKind
from casework.filing.bodies import body_of_kind

router = APIRouter(prefix=PATH, include_in_schema=False)

_BY_SYSTEMS = {"source", "reference"}
_LOG, _TICKET = f"{PATH}/consultations/new", f"{PATH}/tickets/new"


@router.get("/consultations/new")
def logging(visit: Visiting) -> Response:
    """The form of one consultation."""
    return opened(visit, _deed(visit))


@router.post("/consultations/new")
async def logged(visit: Visiting) -> Response:
    """Check it, or log it and go on to the next."""
    return await taken(visit, _deed(visit))


@router.get("/tickets/new")
def ticket(visit: Visiting) -> Response:
    """The form of a ticket."""
    return opened(visit, _ticket(visit))


@router.post("/tickets/new")
async def ticket_opened(visit: Visiting) -> Response:
    """Check it, or open it; then the consultation that it belongs to is logged."""
    return await taken(visit, _ticket(visit))


def _deed(visit: Visit) -> Deed:
    require(visit.actor, GeneralAction.LOG_CONSULTATION)
    return Deed(
        title="登记咨询",
        lead="一次提问登记一行，不写姓名、证件号码和提问内容。未能当场答复的，先立工单，再填工单编号。",
        beside=(_TICKET, "先立工单"),
        fields=_without_district(
            fields_of_body("consultation", ConsultationBody, {}, without=_BY_SYSTEMS), visit
        ),
        path="/v1/consultations",
        back=f"{PATH}/lists/consultations",
        effect="登记这次咨询",
        foretell=_refused_or_nothing,
        done=_next,
    )


async def _refused_or_nothing(visit: Visit, body: Json) -> Json:
    """Nothing follows of a line; but time and ticket are checked before the last step."""
    await visit.api.post("/v1/consultations", body, dry_run=True)
    return {}


def _next(answer: httpx.Response) -> str:
    line = answer.json()
    again = {"channel": line["channel"], "topic": line["topic"]}
    return f"{_LOG}?{urlencode(again)}"


def _ticket(visit: Visit) -> Deed:
    require(visit.actor, GeneralAction.LOG_CONSULTATION)
    body = body_of_kind(CaseKind.TICKET)
    return Deed(
        title="立工单",
        lead="不能当场答复的咨询、投诉和意见各立一件工单，按期联系、办理和回访。立好之后回到登记咨询。",
        fields=_without_district(fields_of_body("ticket", body, {}, without=_BY_SYSTEMS), visit),
        fixed={"district": visit.actor.district} if visit.actor.district else {},
        path="/v1/tickets",
        back=_LOG,
        effect="立工单",
        sends=_open_ticket,
        done=_of_ticket,
    )


async def _open_ticket(visit: Visit, body: Json, key: str) -> httpx.Response:
    """Open it, once under the key of the form: the same reference is the same ticket."""
    return await visit.api.post("/v1/tickets", {**body, "reference": f"DESK-{key}"}, key=key)


def _of_ticket(answer: httpx.Response) -> str:
    number = answer.json()["case_no"]
    return f"{_LOG}?{urlencode({'answered': 'false', 'ticket': number})}"


def _without_district(fields: tuple[Field, ...], visit: Visit) -> tuple[Field, ...]:
    """Offer the districts to choose from; somebody who serves one district is not asked."""
    options = visit.names.choice_of_districts()
    return tuple(
        replace(each, options=options, sort=Sort.SELECT) if each.path == "district" else each
        for each in fields
        if each.path != "district" or not visit.actor.district
    )
