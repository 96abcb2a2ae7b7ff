"""What all lists have: sorts by choice, saved views, the page that follows, sheets."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from api.desk.forms import wrong_fields
from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting, to
from api.edge.problems import ProblemError
from api.routes.at_desk import SavedList
from casework.domain.authority import INSIDE

router = APIRouter(prefix=f"{PATH}/views", include_in_schema=False)

PLAIN = "plain"
"""In the address of a list: without the usual view, and without filters."""
_NEWEST, _OLDEST = ("newest", "最新的在前"), ("oldest", "最早的在前")
SORTS: Mapping[SavedList, tuple[tuple[str, str], ...]] = {
    SavedList.TASKS: (
        ("due", "届满早的在前"),
        ("latest_due", "届满晚的在前"),
        ("oldest", "等得最久的在前"),
        ("newest", "最新的在前"),
    ),
    SavedList.CASES: (
        ("newest", "最新收到的在前"),
        ("oldest", "最早收到的在前"),
        ("due", "届满早的在前，没有期限的在后"),
    ),
    SavedList.CARDS: (_NEWEST, _OLDEST),
    SavedList.ORDERS: (_NEWEST, _OLDEST),
    SavedList.ABSENCES: (_OLDEST, _NEWEST),
    SavedList.STAFF: (),
}
"""The sorts of each list in words; the first is the one that needs no choice."""


@dataclass(frozen=True, kw_only=True)
class ListPage:
    """A list as somebody asks for it. ``asked``: its filters, its sort and its cursor."""

    list: SavedList
    asked: Mapping[str, str]
    views: tuple[Mapping[str, Any], ...]
    filtered: bool

    @property
    def path(self) -> str:
        """Where the list is."""
        return f"{PATH}/{self.list.value}"

    @property
    def kept(self) -> dict[str, str]:
        """What a saved view, the next page and the next file keep."""
        return {name: value for name, value in self.asked.items() if name != "cursor"}

    @property
    def sorts(self) -> tuple[tuple[str, str], ...]:
        """The choices of a sort, each with its words."""
        return SORTS[self.list]

    @property
    def sorted_by(self) -> str:
        """The words of the sort that is shown."""
        words = dict(self.sorts)
        return words.get(self.asked.get("sort", ""), next(iter(words.values()), ""))

    def way(self, asked: Mapping[str, str]) -> str:
        """The address of the list with these filters."""
        return f"{self.path}?{urlencode(asked or {PLAIN: '1'})}"

    def following(self, cursor: str | None) -> str:
        """The address of the page that follows; empty on the last one."""
        return self.way({**self.kept, "cursor": cursor}) if cursor else ""

    def sheet(self, sort: str) -> str:
        """The address of the whole list as a sheet."""
        return f"/v1/{self.list.value}?{urlencode({**self.kept, 'format': sort})}"

    def shows(self, view: Mapping[str, Any]) -> bool:
        """Whether this is the list that a view saves."""
        return dict(view["asked"]) == self.kept


@dataclass(frozen=True, kw_only=True)
class Found:
    """The answer to the filters of a list; if they were refused, it is empty and says why."""

    told: Mapping[str, Any]
    problem: ProblemError | None = None

    @property
    def status(self) -> HTTPStatus:
        """That of the page; one that only asks for a filter, as for the district, is no fault."""
        if self.problem is None or self.problem.code == "FIELD_REQUIRED":
            return HTTPStatus.OK
        return self.problem.status

    @property
    def shown(self) -> dict[str, Any]:
        """The rows of a page, the way to the next, and what is wrong with which filter."""
        return {
            "rows": self.told["items"],
            "cursor": self.told["next_cursor"],
            "total": self.told.get("total"),
            "problem": self.problem,
            "wrong": wrong_fields(self.problem),
        }


COUNTED = 1000
"""So far a page counts; that there are more is enough to know, and a count costs as it goes."""


_NOTHING: Mapping[str, Any] = {"items": [], "next_cursor": None, "total": 0}


async def found(visit: Visit, path: str, asked: Mapping[str, Any], **more: Any) -> Found:  # noqa: ANN401 - as `Inside.get`
    """Ask the API for a list. What was typed wrongly into its filters is said there.

    Raises:
        ProblemError: it was refused for anything else.
    """
    told, problem = await answered(visit, path, {**asked, **more})
    return Found(told=told or _NOTHING, problem=problem)


async def answered(
    visit: Visit, path: str, asked: Mapping[str, Any]
) -> tuple[Any, ProblemError | None]:
    """Ask the API; if it refuses a field of the question, return nothing and the refusal.

    Raises:
        ProblemError: it was refused for anything else.
    """
    try:
        return await visit.api.get(path, **asked), None
    except ProblemError as refused:
        if refused.status is not HTTPStatus.UNPROCESSABLE_ENTITY or not refused.errors:
            raise
        return None, refused


async def asked_of(visit: Visit, listed: SavedList, names: tuple[str, ...]) -> ListPage:
    """What the address asks of a list; an empty field of the form asks for nothing."""
    given = visit.request.query_params
    asked = {name: given.get(name, "").strip() for name in (*names, "sort", "cursor")}
    views = []
    if visit.actor.role in INSIDE:
        views = (await visit.api.get("/v1/views", list=listed.value))["items"]
    return ListPage(
        list=listed,
        asked={name: value for name, value in asked.items() if value},
        views=tuple(views),
        filtered=bool(given),
    )


def usual(page: ListPage) -> Response | None:
    """Send who opens a list without saying how to their usual view of it; None: there is none."""
    found = next((view for view in page.views if view["usual"]), None)
    if page.filtered or found is None:
        return None
    return to(page.way(found["asked"]))


@router.post("")
async def save(visit: Visiting) -> Response:
    """Save the list as it is shown, under a name, and show it again."""
    given = await visit.form()
    listed, asked = _of(given)
    body = {
        "list": listed.value,
        "name": str(given.get("name", "")),
        "asked": asked,
        "usual": given.get("usual") == "true",
    }
    await visit.api.post("/v1/views", body)
    return to(_way(listed, asked))


@router.post("/remove")
async def remove(visit: Visiting) -> Response:
    """Forget a view; the list stays as it is."""
    given = await visit.form()
    listed, asked = _of(given)
    body = {"list": listed.value, "name": str(given.get("name", ""))}
    await visit.api.post("/v1/views/remove", body)
    return to(_way(listed, asked))


def _of(given: Mapping[str, Any]) -> tuple[SavedList, dict[str, str]]:
    known = {each.value: each for each in SavedList}
    listed = known.get(str(given.get("list", "")), SavedList.TASKS)
    asked = {
        name.removeprefix("asked."): str(value)
        for name, value in given.items()
        if name.startswith("asked.")
    }
    return listed, asked


def _way(listed: SavedList, asked: Mapping[str, str]) -> str:
    return f"{PATH}/{listed.value}?{urlencode(asked or {PLAIN: '1'})}"
