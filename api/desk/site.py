"""What all pages of the desk stand on: their files, logging out, and the list of their rooms."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access.session import sign_out
from api.desk import (
    acts,
    board,
    cases,
    catalogue,
    consultations,
    ledgers,
    lists,
    my,
    orders,
    people,
    phrases,
    reports,
    tasks,
    units,
    walkthroughs,
    web_ui,
)
from api.desk.navigation import MINE, PATH
from api.desk.visit import Visiting, bare_page, problem_page, statics, to
from api.edge.problems import ProblemError

router = APIRouter(prefix=PATH, include_in_schema=False)


@router.get("/static/{name}")
def static(name: str) -> Response:
    """A file of the pages; its address changes with its content."""
    found = statics().get(name)
    if found is None:
        raise _no_page()
    forever = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(found.content, media_type=found.media_type, headers=forever)


@router.post("/logout")
async def logout(visit: Visiting) -> Response:
    """End the session here, not the one at the issuer."""
    await visit.form()
    await sign_out(visit.request)
    return to(f"{PATH}/left")


@router.get("/left")
def left(request: Request) -> Response:
    """Who has logged out."""
    return bare_page(request, "left.html")


@router.get("/keys")
def keys(visit: Visiting) -> Response:
    """What the keys do, and how to switch them off."""
    return visit.page("keys.html")


lost = APIRouter(prefix=PATH, include_in_schema=False)


@lost.get("/{rest:path}")
def nowhere(visit: Visiting, rest: str) -> Response:  # noqa: ARG001 - wherever it leads
    """Every other address."""
    raise _no_page()


def _no_page() -> ProblemError:
    return ProblemError(
        status=HTTPStatus.NOT_FOUND, code="NO_SUCH_ADDRESS", detail="没有此页面，请核对地址"
    )


ROUTERS = (
    router,
    tasks.router,
    cases.router,
    acts.router,
    lists.router,
    phrases.router,
    consultations.router,
    units.router,
    walkthroughs.router,
    board.router,
    reports.router,
    orders.router,
    people.router,
    catalogue.router,
    ledgers.router,
    web_ui.router,
    my.public,
    my.router,
    lost,
)
"""The rooms of the desk; a new one stands before ``lost``."""

PROBLEM_PAGES = {PATH: problem_page, MINE: problem_page}
"""Below these paths a refusal is a page."""
