"""督办, 缺岗与改派, 人员: what supervisors see of people and cards, and what they do about it."""

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import httpx
from fastapi import APIRouter, Path
from fastapi.responses import Response

from api.desk.deeds import Deed, Json, opened, taken
from api.desk.drawing import upright
from api.desk.forms import fields_of_body
from api.desk.lists import asked_of, usual
from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting
from api.edge.problems import ProblemError
from api.routes.at_desk import SavedList
from api.routes.board import RUNGS
from api.routes.reassigning import ReassignmentBody
from api.routes.talent_service.absences import AbsenceBody, EndBody
from casework.domain.policy import Role
from casework.domain.time.clock import NAMES

router = APIRouter(prefix=PATH, include_in_schema=False)

Number = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
_PLACES = {"absences": f"{PATH}/absences", "staff": f"{PATH}/staff", "reassign": f"{PATH}/reassign"}


_OF_CARDS = (
    *("district", "rung", "cause", "holder"),
    *("case_no", "open", "given_from", "given_before"),
)


# --- 督办 ----------------------------------------------------------------------------------


@router.get("/cards")
async def cards(visit: Visiting) -> Response:
    """Cards of cases, by default those that are open, with what can be done about each."""
    page = await asked_of(visit, SavedList.CARDS, _OF_CARDS)
    if (sent := usual(page)) is not None:
        return sent
    page = page if page.filtered else replace(page, asked={"open": "true"})
    listing = await visit.api.get("/v1/cards", **page.asked)
    return visit.page(
        "cards.html",
        listed=page,
        rows=listing["items"],
        asked=page.asked,
        cursor=listing["next_cursor"],
        rungs=[(rung.value, word) for rung, word in RUNGS.items()],
        causes=sorted(NAMES.items(), key=lambda each: each[1]),
    )


# --- 缺岗 ----------------------------------------------------------------------------------


@router.get("/absences")
async def absences(visit: Visiting) -> Response:
    """Who is away, the latest first."""
    page = await asked_of(visit, SavedList.ABSENCES, ("officer", "on"))
    if (sent := usual(page)) is not None:
        return sent
    listing = await visit.api.get("/v1/absences", **page.asked)
    return visit.page(
        "absences.html",
        rows=listing["items"],
        listed=page,
        asked=page.asked,
        today=visit.today.isoformat(),
        cursor=listing["next_cursor"],
    )


@router.get("/absences/new")
def recording(visit: Visiting) -> Response:
    """The form of an absence."""
    return opened(visit, _absence())


@router.post("/absences/new")
async def recorded(visit: Visiting) -> Response:
    """Foretell who would have the work, or record it."""
    return await taken(visit, _absence())


@router.get("/absences/{number}/end")
def ending(number: Number, visit: Visiting) -> Response:
    """The form of a return."""
    return opened(visit, _return(number))


@router.post("/absences/{number}/end")
async def ended(number: Number, visit: Visiting) -> Response:
    """Check it, or record the return."""
    return await taken(visit, _return(number))


def _absence() -> Deed:
    return Deed(
        title="登记缺岗",
        lead="缺岗期间，其待办由 B角 办理；没有 B角 的，由监督员办理。",
        fields=fields_of_body("absence", AbsenceBody, {}),
        path="/v1/absences",
        back=_PLACES["absences"],
        effect="登记缺岗",
        foretell=_what_if,
        told="what_if.html",
        done=lambda _: _PLACES["absences"],
    )


def _return(number: str) -> Deed:
    return Deed(
        title="登记返岗",
        lead=f"缺岗 {number} 提前结束。",
        fields=fields_of_body("absence", EndBody, {}),
        path=f"/v1/absences/{number}/end",
        back=_PLACES["absences"],
        effect="登记返岗",
        done=lambda _: _PLACES["absences"],
    )


async def _what_if(visit: Visit, body: Json) -> Json:
    """How the load would stand without this officer."""
    asked = {"away": body.get("officer"), "district": await _district(visit, body)}
    days = {name: body.get(name) for name in ("first_on", "last_on")}
    told: Json = await visit.api.get("/v1/loads/what-if", **asked, **days)
    people = told["people"]
    drawn = upright(
        "负荷",
        [each["holder"] for each in people],
        {
            "现在": [each["open_tasks"] for each in people],
            "缺岗期间": [each["open_then"] for each in people],
        },
    )
    return {**told, "chart": drawn}


async def _district(visit: Visit, body: Json) -> str:
    """Where the officer serves, for who has no district of their own."""
    if visit.actor.district or not body.get("officer"):
        return visit.actor.district
    person = await visit.api.get(f"/v1/staff/{quote(str(body['officer']), safe='')}")
    return next((post["district"] for post in person["posts"] if post["district"]), "")


# --- 改派 ----------------------------------------------------------------------------------


@router.get("/reassign")
def giving(visit: Visiting) -> Response:
    """The form of a bulk re-assignment."""
    return opened(visit, _giving())


@router.post("/reassign")
async def given(visit: Visiting) -> Response:
    """List what would go over, or give it."""
    return await taken(visit, _giving())


@router.get("/reassigned")
async def reassigned(visit: Visiting) -> Response:
    """What has become of it."""
    asked = visit.request.query_params
    names = ("done", "pending", "refused", "left")
    return visit.page(
        "reassigned.html", counts={name: asked.get(name, "0") for name in names}, place=_PLACES
    )


def _giving() -> Deed:
    return Deed(
        title="批量改派",
        lead="把一名人员的岗位和待办转给另一人；不能转的逐件说明原因。",
        fields=fields_of_body("reassign", ReassignmentBody, {}, without={"preview"}),
        path="/v1/reassignments",
        back=_PLACES["absences"],
        effect="改派所列办件",
        foretell=_listed,
        told="reassign_preview.html",
        done=_outcome,
    )


async def _listed(visit: Visit, body: Json) -> Json:
    told: Json = (await visit.api.post("/v1/reassignments", {**body, "preview": True})).json()
    return {"listed": told["items"], "left": told["left"]}


def _outcome(answer: httpx.Response) -> str:
    told = answer.json()
    found = [each["outcome"] for each in told["items"]]
    counts = {name: found.count(name) for name in ("done", "pending", "refused")}
    return f"{PATH}/reassigned?{urlencode({**counts, 'left': told['left']})}"


# --- 人员 ----------------------------------------------------------------------------------


@router.get("/staff")
async def people(visit: Visiting) -> Response:
    """Everybody's posts, and what they have open where the person may know it."""
    page = await asked_of(visit, SavedList.STAFF, ("district", "role", "team"))
    if (sent := usual(page)) is not None:
        return sent
    asked = {name: value for name, value in page.asked.items() if name != "sort"}
    listing = await visit.api.get("/v1/staff", **asked, on=visit.today.isoformat())
    return visit.page(
        "staff.html",
        rows=listing["items"],
        asked=asked,
        roles=[(role.value, role.label) for role in Role],
        loads=await _loads(visit, asked.get("district", "") or visit.actor.district),
        listed=page,
        cursor=listing["next_cursor"],
    )


async def _loads(visit: Visit, district: str) -> dict[str, Any]:
    """The load of each, by code; nobody's where no district is meant or it is not told."""
    if not district:
        return {}
    try:
        found = await visit.api.get("/v1/loads", district=district, size=200)
    except ProblemError as refused:
        if refused.code not in {"ROLE_NOT_ALLOWED", "OTHER_DISTRICT"}:
            raise
        return {}
    return {each["holder"]: each for each in found["items"]}
