"""Logging in with a browser, and out; and who has logged in."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from api.access.caller import Caller
from api.access.oidc import CALLBACK, Login
from api.access.session import sign_in, sign_out
from api.routes.routers import with_token

_NEXT = "next"
_LONGEST_WAY = 512

router = APIRouter(include_in_schema=False)
me_router = with_token(tags=["identity"])


@router.get("/login")
async def login(request: Request) -> Response:
    """Send the browser to the issuer; ``next`` is where to go afterwards, on this site only."""
    answer = await _login(request).begin(request)
    request.session[_NEXT] = _own_way(request.query_params.get(_NEXT, ""))
    return answer


@router.get(CALLBACK)
async def callback(request: Request) -> Response:
    """Log in the browser that comes back from the issuer."""
    way = str(request.session.get(_NEXT, "/"))
    await sign_in(request, await _login(request).end(request))
    return RedirectResponse(way, HTTPStatus.SEE_OTHER)


@router.post("/logout", status_code=HTTPStatus.NO_CONTENT)
async def logout(request: Request, _actor: Caller) -> None:
    """End the session here, also for copies of its cookie, but not the session at the issuer."""
    await sign_out(request)


def _own_way(asked: str) -> str:
    """Return the path if it is on this site: a login must not end on somebody else's page."""
    strange = not asked.startswith("/") or asked.startswith("//") or "\\" in asked
    plain = asked.isprintable() and asked.isascii() and len(asked) <= _LONGEST_WAY
    return "/" if strange or not plain else asked


def _login(request: Request) -> Login:
    found: Login = request.app.state.login
    return found


class Me(BaseModel):
    """The caller, with the claims of the issuer."""

    code: str = Field(examples=["ja-o1"])
    role: str = Field(examples=["officer"])
    district: str = Field(examples=["310106"], description="empty: all districts")
    office: str = Field(examples=[""])


@me_router.get("/me", summary="当前身份")
async def me(actor: Caller) -> Me:
    """The caller, identified by token or session."""
    return Me(code=actor.code, role=actor.role, district=actor.district, office=actor.office)
