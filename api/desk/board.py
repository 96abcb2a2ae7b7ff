"""看板: what a supervisor has on the wall. Every number opens its cases."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from api.desk import web_ui
from api.desk.drawing import lying, upright
from api.desk.forms import wrong_fields
from api.desk.lists import answered
from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting

router = APIRouter(prefix=f"{PATH}/board", include_in_schema=False)

Json = Mapping[str, Any]

_OPENED = {
    "/v1/cases": f"{PATH}/cases",
    "/v1/cards": f"{PATH}/cards",
    "/v1/walk-entries": f"{PATH}/lists/walk-entries",
}
_MOST_PAGES = 5
_REFRESHED_SECONDS = 60


@router.get("")
async def board(visit: Visiting) -> Response:
    """The board of a district, or of all that the person may see; ``wall``: for a big screen."""
    given = visit.request.query_params
    asked = {name: given[name] for name in ("district", "since") if given.get(name, "").strip()}
    told, problem = await answered(visit, "/v1/board", asked)
    if problem is not None:
        wrong = wrong_fields(problem)
        return visit.page(
            "board.html", problem.status, board=None, asked=asked, problem=problem, wrong=wrong
        )
    loads = await _loads(visit, told["district"])
    wall = bool(given.get("wall"))
    page = visit.page(
        "wall.html" if wall else "board.html",
        wall=wall,
        board=told,
        problem=None,
        wrong={},
        asked=asked,
        loads=loads,
        opened=opened,
        link="&".join(f"{name}={value}" for name, value in asked.items()),
        ui=web_ui.of_open_cases(visit, told["district"]),
        charts={
            "stages": lying(
                "未办结办件，按环节", [_counted(each, "stage_label") for each in told["stages"]]
            ),
            "due": upright(
                "今后二十个工作日到期",
                [each["day"][5:] for each in told["due"]],
                {"到期": [each["count"] for each in told["due"]]},
            ),
            "cards": lying(
                "未销的牌，按事由",
                [
                    (f"{c['cause_label']} {c['rung_label']}", c["open"]["count"], _open(c))
                    for c in told["cards"]
                ],
            ),
            "decided": lying(
                "按时办结率，按事项",
                [(each["item_name"] or each["item"], *_rate(each)) for each in told["decided"]],
            ),
            "loads": lying(
                "负荷，按人员",
                [(each["holder"], each["load"], f"{each['load']:g}") for each in loads],
            ),
        },
        rates={each["item"]: _rate(each)[1] for each in told["decided"]},
    )
    if wall:
        page.headers["Refresh"] = str(_REFRESHED_SECONDS)
    return page


def opened(address: str) -> str:
    """The page of the list at an address of the API."""
    path, mark, query = address.partition("?")
    return _OPENED[path] + mark + query


def _counted(each: Json, name: str) -> tuple[str, float, str]:
    return each[name], each["count"], str(each["count"])


def _open(card: Json) -> str:
    return f"{card['open']['count']}（本期发出 {card['given']['count']}）"


def _rate(each: Json) -> tuple[float, str]:
    """Decided within the limit of all decided, in percent; always with both numbers."""
    met, number = each["on_time"]["count"], each["decided"]["count"]
    share = 100 * met / number if number else 0.0
    return share, f"{share:.0f}%（{met}/{number}）"


async def _loads(visit: Visit, district: str) -> list[Any]:
    """Everybody of a district, who has most first; nobody where no district is meant."""
    if not district:
        return []
    found: list[Any] = []
    cursor = ""
    for _ in range(_MOST_PAGES):
        page = await visit.api.get("/v1/loads", district=district, size=200, cursor=cursor)
        found += page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            break
    return sorted(found, key=lambda each: -each["load"])
