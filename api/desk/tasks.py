"""待办: the work list, with filters that stay in the address."""

from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting

router = APIRouter(prefix=f"{PATH}/tasks", include_in_schema=False)

_FILTERS = ("holder", "district", "role", "kind", "team", "unclaimed")


@router.get("")
async def tasks(visit: Visiting) -> Response:
    """The open tasks of the person, or those that the filters ask for."""
    asked = _asked(visit)
    listing = await visit.api.get("/v1/tasks", **asked)
    following = listing["next_cursor"]
    return visit.page(
        "tasks.html",
        rows=listing["items"],
        asked=asked,
        following=f"{PATH}/tasks?{urlencode({**asked, 'cursor': following})}" if following else "",
    )


def _asked(visit: Visit) -> dict[str, str]:
    """What the address asks for; an empty field of the form asks for nothing."""
    given = visit.request.query_params
    return {name: given[name] for name in (*_FILTERS, "cursor") if given.get(name, "").strip()}
