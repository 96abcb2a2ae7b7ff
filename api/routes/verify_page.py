"""The public page on which anybody verifies a letter: no login, no script, nothing of a person.

It says what ``/v1/verify`` answers. The address in the QR code of a letter leads a browser here.
"""

from datetime import datetime
from http import HTTPStatus
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.edge.problems import ProblemError
from api.parts import Here, Parts
from api.routes import letters
from api.routes.guide_pages import page
from api.routes.letters import MOST_BYTES, VERIFY_PAGE, Verification

router = APIRouter(prefix=VERIFY_PAGE, include_in_schema=False)
_LONGEST = 100


@router.get("")
def asked(request: Request, here: Here) -> Response:
    """Show the form; with ``which``, lead to what is said of that letter."""
    which = request.query_params.get("which", "").strip()
    if which:
        return RedirectResponse(f"{VERIFY_PAGE}/{quote(which, safe='')}", HTTPStatus.SEE_OTHER)
    return _page(here)


@router.get("/{which:path}")
async def by_number(which: str, here: Here) -> Response:
    """Say of the letter with this number (文号) or code what anybody may know."""
    if not 0 < len(which) <= _LONGEST or "\x00" in which:
        return _page(here, problem=letters.NOT_OURS, status=HTTPStatus.NOT_FOUND)
    try:
        return _page(here, await letters.stated(which, here))
    except ProblemError as problem:
        return _page(here, problem=problem.detail, status=problem.status)


@router.post("")
async def by_file(request: Request, here: Here) -> Response:
    """Say of an uploaded file which letter it is, and whether that holds; it is not kept."""
    try:
        content_type = request.headers.get("content-type", "")
        return _page(here, await letters.stated_of_file(request.stream(), content_type, here))
    except ProblemError as problem:
        return _page(here, problem=problem.detail, status=problem.status)


def _page(
    here: Parts,
    told: Verification | None = None,
    *,
    problem: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    answer = page(
        "verify.html",
        status,
        told=told,
        problem=problem,
        most=MOST_BYTES // 2**20,
        sealed=here.seal_certificates is not None,
        at=f"{datetime.fromisoformat(told.statement.verified_at):%Y-%m-%d %H:%M:%S}"
        if told
        else "",
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
