"""督办, 缺岗与改派, 人员: what supervisors see of people and cards, and what they do about it."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import httpx
from fastapi import APIRouter, Path
from fastapi.responses import Response

from api.access.caller import CSRF_HEADER
from api.access.guard import require
from api.desk import orders
from api.desk.deeds import Deed, Json, opened, taken
from api.desk.drawing import upright
from api.desk.fields import label_of_field
from api.desk.forms import Field, Sort, content_of, fields_of_body, refusing
from api.desk.lists import asked_of, found, usual
from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting
from api.edge.problems import FieldError, ProblemError
from api.routes.at_desk import SavedList
from api.routes.board import RUNGS
from api.routes.reassigning import ReassignmentBody
from api.routes.talent_service.absences import AbsenceBody, EndBody
from casework.domain.authority import GeneralAction
from casework.domain.orders import require_may_order
from casework.domain.policy import Role
from casework.domain.time.clock import NAMES
from casework.policy.staff_file import COLUMNS
from casework.store.paging import MOST_ROWS

router = APIRouter(prefix=PATH, include_in_schema=False)

Number = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
_PLACES = {"absences": f"{PATH}/absences", "staff": f"{PATH}/staff", "reassign": f"{PATH}/reassign"}


_OF_CARDS = (
    *("district", "rung", "cause", "holder"),
    *("case_no", "open", "given_from", "given_before"),
    *("item", "office", "channel", "cleared_from", "cleared_before"),
)


# --- 督办 ----------------------------------------------------------------------------------


@router.get("/cards")
async def cards(visit: Visiting) -> Response:
    """Cards of cases, by default those that are open, with what can be done about each."""
    page = await asked_of(visit, SavedList.CARDS, _OF_CARDS)
    if (sent := usual(page)) is not None:
        return sent
    page = page if page.filtered else replace(page, asked={"open": "true"})
    listing = await found(visit, "/v1/cards", page.asked)
    return visit.page(
        "cards.html",
        listing.status,
        **listing.shown,
        listed=page,
        asked=page.asked,
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
    listing = await found(visit, "/v1/absences", page.asked)
    return visit.page(
        "absences.html",
        listing.status,
        **listing.shown,
        listed=page,
        asked=page.asked,
        today=visit.today.isoformat(),
        **await _calendar(visit),
    )


_DAYS_AHEAD = 14


async def _calendar(visit: Visit) -> dict[str, Any]:
    """Who is away in the coming days, day by day, and who stands in: the latest 200 absences."""
    listing = await visit.api.get("/v1/absences", size=MOST_ROWS)
    days = [visit.today + timedelta(days=ahead) for ahead in range(_DAYS_AHEAD)]
    away: dict[str, set[date]] = {}
    for each in listing["items"]:
        first, last = (date.fromisoformat(each[name]) for name in ("first_on", "last_on"))
        back = date.fromisoformat(each["ended_on"]) if each["ended_on"] else None
        gone = {d for d in days if first <= d <= last and (back is None or d < back)}
        if gone:
            away.setdefault(each["officer"], set()).update(gone)
    return {"days": days, "away": away, "backups": await _backups(visit, away)}


async def _backups(visit: Visit, away: dict[str, set[date]]) -> dict[str, list[str]]:
    """Who stands in for each, by the posts of today."""
    found: dict[str, list[str]] = {code: [] for code in away}
    asked: dict[str, Any] = {"on": visit.today.isoformat(), "size": MOST_ROWS}
    while away:
        listing = await visit.api.get("/v1/staff", **asked)
        for post in listing["items"]:
            known = found.get(post["stands_in_for"])
            if known is not None and post["person"] not in known:
                known.append(post["person"])
        if not listing["next_cursor"]:
            break
        asked["cursor"] = listing["next_cursor"]
    return found


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
    return opened(visit, _giving(visit))


@router.post("/reassign")
async def given(visit: Visiting) -> Response:
    """List what would go over, or give it."""
    return await taken(visit, _giving(visit))


@router.get("/reassigned")
async def reassigned(visit: Visiting) -> Response:
    """What has become of it."""
    asked = visit.request.query_params
    names = ("done", "pending", "refused", "left")
    return visit.page(
        "reassigned.html", counts={name: asked.get(name, "0") for name in names}, places=_PLACES
    )


def _giving(visit: Visit) -> Deed:
    require(visit.actor, GeneralAction.REASSIGN)
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
    listing = await found(visit, "/v1/staff", asked, on=visit.today.isoformat())
    district = "" if listing.problem else asked.get("district", "") or visit.actor.district
    return visit.page(
        "staff.html",
        listing.status,
        **listing.shown,
        asked=asked,
        roles=[(role.value, role.label) for role in Role],
        loads=await _loads(visit, district),
        listed=page,
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


@router.get("/staff/import")
def importing(visit: Visiting) -> Response:
    """The form that takes a file of people and posts."""
    return opened(visit, _import(visit))


@router.post("/staff/import")
async def imported(visit: Visiting) -> Response:
    """Show what the file would change, or propose it."""
    return await taken(visit, _import(visit))


_IMPORT = "/v1/staff/imports"
_OF_A_FILE = ("city", "district", "reason")


def _import(visit: Visit) -> Deed:
    require_may_order(visit.actor, visit.actor.district)
    named = partial(label_of_field, "staff_import")
    line = partial(Field, sort=Sort.LINE, most=6)
    return Deed(
        title="导入人员和岗位",
        lead="文件里写的岗位设立或变更，写了离岗日的人员离岗；文件里没有的人员不变。",
        fields=(
            Field(path="file", label=named("file"), sort=Sort.KEPT, required=True, hint=_COLUMNS),
            line(path="city", label=named("city"), required=True, hint="六位代码，如 310000"),
            line(
                path="district",
                label=named("district"),
                required=bool(visit.actor.district),
                preset=visit.actor.district,
            ),
            Field(path="reason", label=named("reason"), sort=Sort.TEXT, required=True, most=500),
        ),
        path=_IMPORT,
        back=_PLACES["staff"],
        effect="提出人员变动，交另一人批准",
        foretell=_import_foretold,
        sends=_import_sent,
        told="order_preview.html",
        done=lambda answer: f"{PATH}/orders/{answer.json()['no']}",
    )


_COLUMNS = f"列名可用中文：{'、'.join(COLUMNS.values())}。"


async def _import_foretold(visit: Visit, body: Json) -> Json:
    told = (await _import_asked(visit, body, preview="true")).json()
    return orders.drawn_preview("change_staff", told)


async def _import_sent(visit: Visit, body: Json, key: str) -> httpx.Response:
    return await _import_asked(visit, body, key)


async def _import_asked(
    visit: Visit, body: Json, key: str = "", preview: str = "false"
) -> httpx.Response:
    """Ask the API about the file; what is wrong in it is said with row and column."""
    headers = {CSRF_HEADER: "desk", "Content-Type": "application/octet-stream"}
    asked = {name: body[name] for name in _OF_A_FILE if body.get(name)}
    if "file" not in body:
        raise refusing("file", "请选择名单文件")
    try:
        return await visit.api.ask(
            "POST",
            _IMPORT,
            content=content_of(body["file"]),
            params={**asked, "preview": preview},
            headers=headers | ({"Idempotency-Key": key} if key else {}),
        )
    except ProblemError as refused:
        refused.errors = tuple(_of_row(error) for error in refused.errors)
        raise


def _of_row(error: FieldError) -> FieldError:
    """``rows.3.role`` in the words of whoever has the file open."""
    rows, _, rest = error.field.partition(".")
    row, _, column = rest.partition(".")
    if rows != "rows":
        return error
    name = COLUMNS.get(column, column)
    return FieldError(field="file", detail=f"第 {row} 行“{name}”：{error.detail}")
