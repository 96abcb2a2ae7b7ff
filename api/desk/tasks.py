"""工作台 and 待办: what somebody has to do, by when; the filters stay in the address."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting, to
from casework.domain.case.state import TaskKind
from casework.domain.policy import Role
from casework.store.paging import MOST_ROWS

router = APIRouter(prefix=PATH, include_in_schema=False)

_FILTERS = ("holder", "district", "role", "kind", "team", "unclaimed")
_SHOWN = "desk_list"
"""The filters of the list that somebody looked at last, in their session."""
_DECIDERS = frozenset({Role.HEAD, Role.SUPERIOR, Role.SUPERVISOR})
_SOON = 3

Json = Mapping[str, Any]


@router.get("")
async def mine(visit: Visiting) -> Response:
    """The person's own tasks by due date, their cards, and orders that wait for approval."""
    listing = await visit.api.get("/v1/tasks", size=MOST_ROWS, total=True)
    code = visit.actor.code
    cards = [
        case
        for rung in ("red", "yellow")
        for case in (await visit.api.get("/v1/cases", card=rung, holder=code))["items"]
    ]
    orders = []
    if visit.actor.role in _DECIDERS:
        proposed = await visit.api.get("/v1/orders", status="proposed")
        orders = [each for each in proposed["items"] if each["proposed_by"] != code]
    return visit.page(
        "mine.html",
        groups=_by_due(listing["items"]),
        total=listing["total"],
        further=listing["next_cursor"],
        cards=cards,
        orders=orders,
    )


def _by_due(tasks: list[Json]) -> list[tuple[str, list[Json]]]:
    groups: dict[str, list[Json]] = {
        "已超期": [],
        "今天到期": [],
        f"{_SOON} 个工作日内": [],
        "以后": [],
        "没有期限": [],
    }
    overdue, today, soon, later, never = groups.values()
    for task in tasks:
        left = task["days_left"]
        if task["due_on"] is None or left is None:
            never.append(task)
        elif left < 0:
            overdue.append(task)
        else:
            (today if left == 0 else soon if left <= _SOON else later).append(task)
    return [(name, found) for name, found in groups.items() if found]


@router.get("/tasks")
async def tasks(visit: Visiting) -> Response:
    """The open tasks of the person, or those that the filters ask for."""
    asked = _asked(visit.request.query_params)
    listing = await visit.api.get("/v1/tasks", **asked, total=True)
    kept = {name: value for name, value in asked.items() if name != "cursor"}
    visit.request.session[_SHOWN] = kept
    following = listing["next_cursor"]
    return visit.page(
        "tasks.html",
        rows=listing["items"],
        total=listing["total"],
        asked=asked,
        roles=[(role.value, role.label) for role in Role if role is not Role.SYSTEM],
        kinds=[(kind.value, kind.label) for kind in TaskKind],
        following=f"{PATH}/tasks?{urlencode({**kept, 'cursor': following})}" if following else "",
    )


@router.get("/tasks/again")
def again(visit: Visiting) -> Response:
    """The list with the filters that it had last."""
    return to(f"{PATH}/tasks?{urlencode(_kept(visit))}")


@router.get("/tasks/next")
async def following(visit: Visiting) -> Response:
    """The next case of that list that the person may do; the list itself where there is none.

    ``after``: the case that they come from; what stood behind it in the list comes next.
    """
    listing = await visit.api.get("/v1/tasks", **_kept(visit), size=MOST_ROWS)
    before = visit.request.query_params.get("after", "")
    numbers = list(dict.fromkeys(task["case_no"] for task in listing["items"] if task["may_do"]))
    if before in numbers:
        place = numbers.index(before)
        numbers = [*numbers[place + 1 :], *numbers[:place]]
    return to(f"{PATH}/cases/{numbers[0]}" if numbers else f"{PATH}/tasks/again")


def _kept(visit: Visit) -> dict[str, str]:
    kept = visit.request.session.get(_SHOWN)
    return _asked(kept) if isinstance(kept, dict) else {}


def _asked(given: Mapping[str, Any]) -> dict[str, str]:
    """What an address asks for; an empty field of the form asks for nothing."""
    found = {name: str(given.get(name, "")).strip() for name in (*_FILTERS, "cursor")}
    return {name: value for name, value in found.items() if value}
