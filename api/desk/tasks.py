"""工作台 and 待办: what somebody has to do, by when; filters and sort stay in the address."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from api.access.guard import keeps_webhooks
from api.desk.lists import COUNTED, PLAIN, ListPage, asked_of, found, usual
from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting, to
from api.routes.at_desk import SavedList
from casework.domain.authority import INSIDE
from casework.domain.case.state import TaskKind
from casework.domain.policy import Role
from casework.messages.webhooks import WebhookStatus
from casework.store.paging import MOST_ROWS

router = APIRouter(prefix=PATH, include_in_schema=False)

_FILTERS = ("holder", "district", "role", "kind", "team", "unclaimed")
_SHOWN = "desk_list"
"""Filters and sort of the list that somebody looked at last, in their session."""
_DECIDERS = frozenset({Role.HEAD, Role.SUPERIOR, Role.SUPERVISOR})
_WAITING = frozenset({WebhookStatus.PROPOSED, WebhookStatus.PAUSED})
_SOON = 3
_MOST_PAGES = 20
"""How far the next case is looked for: four thousand tasks."""

Json = Mapping[str, Any]


@router.get("")
async def mine(visit: Visiting) -> Response:
    """The person's own tasks by due date, their cards, and what waits for their approval."""
    listing = await visit.api.get("/v1/tasks", size=MOST_ROWS, total=True, count_to=COUNTED)
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
    webhooks = []
    if keeps_webhooks(visit.actor):
        known = await visit.api.get("/v1/webhooks", size=MOST_ROWS)
        webhooks = [each for each in known["items"] if each["status"] in _WAITING]
    return visit.page(
        "mine.html",
        most=COUNTED,
        webhooks=webhooks,
        groups=_by_due(listing["items"]),
        total=listing["total"],
        further=listing["next_cursor"],
        cards=cards,
        moved=(await visit.api.get("/v1/looks"))["items"] if visit.actor.role in INSIDE else [],
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
    page = await asked_of(visit, SavedList.TASKS, _FILTERS)
    if (sent := usual(page)) is not None:
        return sent
    listing = await found(visit, "/v1/tasks", page.asked, total=True, count_to=COUNTED)
    visit.request.session[_SHOWN] = page.kept
    return visit.page(
        "tasks.html",
        listing.status,
        **listing.shown,
        most=COUNTED,
        listed=page,
        asked=page.asked,
        roles=[(role.value, role.label) for role in Role if role is not Role.SYSTEM],
        kinds=[(kind.value, kind.label) for kind in TaskKind],
        quick=tuple(_quick(visit, page, listing.shown["rows"])),
    )


def _quick(visit: Visit, page: ListPage, rows: list[Json]) -> Iterator[tuple[str, str]]:
    """Where others' tasks are: the pool, the district, each team that is in the list."""
    yield page.way({"unclaimed": "true"}), "无人认领的"
    if visit.actor.district:
        yield page.way({"district": visit.actor.district}), "全区的"
    for team in sorted({task["team"] for task in rows} - {""}):
        yield page.way({"team": team}), f"小组：{team}"


@router.get("/tasks/again")
def again(visit: Visiting) -> Response:
    """The list with the filters and the sort that it had last."""
    return to(f"{PATH}/tasks?{urlencode(_kept(visit) or {PLAIN: '1'})}")


@router.get("/tasks/next")
async def following(visit: Visiting) -> Response:
    """The next case of that list that the person may do; the list itself where there is none.

    ``after``: the case that they come from; what stood behind it in the list comes next, and
    behind the last one, or where it is in the list no more, the first.
    """
    before = visit.request.query_params.get("after", "")
    first, asked, behind = "", _kept(visit), False
    for _ in range(_MOST_PAGES):
        listing = await visit.api.get("/v1/tasks", **asked, size=MOST_ROWS)
        for task in listing["items"]:
            number = task["case_no"]
            if task["kind"] == TaskKind.UNDELIVERED:
                continue
            if number == before:
                behind = True
            elif task["may_do"] and behind:
                return to(f"{PATH}/cases/{number}")
            elif task["may_do"]:
                first = first or number
        asked["cursor"] = listing["next_cursor"] or ""
        if not asked["cursor"] or (first and not before):
            break
    return to(f"{PATH}/cases/{first}" if first else f"{PATH}/tasks/again")


def _kept(visit: Visit) -> dict[str, str]:
    kept = visit.request.session.get(_SHOWN)
    if not isinstance(kept, dict):
        return {}
    found = {name: str(kept.get(name, "")).strip() for name in (*_FILTERS, "sort")}
    return {name: value for name, value in found.items() if value}
