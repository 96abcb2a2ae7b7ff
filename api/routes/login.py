"""Logging in with a browser, and out."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.access.caller import Caller
from api.access.oidc import CALLBACK
from api.access.session import sign_in, sign_out
from api.parts import Here

_NEXT = "next"
_LONGEST_WAY = 512

router = APIRouter(include_in_schema=False)


@router.get("/login")
async def login(request: Request, here: Here) -> Response:
    """To the issuer; ``next`` says where to go afterwards, on this site only."""
    answer = await here.login.begin(request)
    request.session[_NEXT] = _own_way(request.query_params.get(_NEXT, ""))
    return answer


@router.get(CALLBACK)
async def callback(request: Request, here: Here) -> Response:
    """Back from the issuer."""
    way = str(request.session.get(_NEXT, "/"))
    await sign_in(request, await here.login.end(request))
    return RedirectResponse(way, HTTPStatus.SEE_OTHER)


@router.post("/logout", status_code=HTTPStatus.NO_CONTENT)
async def logout(request: Request, _actor: Caller) -> None:
    """End the session here, also for copies of its cookie; the issuer's own is the issuer's."""
    await sign_out(request)


def _own_way(asked: str) -> str:
    """Only ways within this site: a login must not end on somebody else's page."""
    strange = not asked.startswith("/") or asked.startswith("//") or "\\" in asked
    plain = asked.isprintable() and asked.isascii() and len(asked) <= _LONGEST_WAY
    return "/" if strange or not plain else asked
