"""Identify the caller: by a bearer token (a system, the CLI) or by a session (a browser)."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.access.session import signed_in
from api.edge.problems import AwayError, ProblemError
from api.edge.rates import Rates, too_many
from api.parts import Parts
from casework.domain.authority import unknown_system
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.policy import Role
from casework.domain.staff import POST_ROLES, serves
from casework.domain.time.calendar import local_date
from casework.policy.authority import load_authority
from casework.policy.staffing import staff
from casework.security.identity import IssuerAwayError, TokenError

CSRF_HEADER = "X-Casework-Csrf"
"""A page of another origin cannot send this header unasked; its value does not matter."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

bearer = HTTPBearer(
    scheme_name="bearer",
    description="令牌：`casework token CODE`",
    bearerFormat="JWT",
    auto_error=False,
)

Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]


async def caller(request: Request, credentials: Credentials) -> Actor:
    """Return the person or system that the bearer token or the browser's session identifies.

    Raises:
        ProblemError: 401 without either; 403 if a page of another origin uses the session.
        AwayError: the token's key is not known and the issuer does not answer, or the register
            does not say whether the session was ended.
    """
    return await identified(request, credentials)


Caller = Annotated[Actor, Depends(caller)]


async def identified(
    request: Request, credentials: Credentials, origins: Collection[str] = ()
) -> Actor:
    """Return who calls, as `caller` does; pages of ``origins`` may use the session too.

    Also raises DomainError ``SYSTEM_UNKNOWN``: the system is in no roster. ``NO_POST_TODAY``: this
    person held a post there and has left, or will only hold one.
    """
    here: Parts = request.app.state.parts
    if credentials is not None:
        actor = await _bearer_of(credentials.credentials, here)
    elif (known := await signed_in(request)) is not None:
        if request.method not in _SAFE:
            _require_own_page(request, {_origin(here.settings.api_public_url), *origins})
        actor = known
    else:
        raise unauthenticated("请先登录（/login），或在 Authorization 头中提供令牌（Bearer …）")
    request.state.actor = actor
    _require_post(actor, here)
    if actor.role is Role.SYSTEM and actor.code not in load_authority().systems:
        raise unknown_system()
    return actor


def _require_post(actor: Actor, here: Parts) -> None:
    """Refuse somebody of the staff who holds no post today; others are known by their token.

    A person who has left a district is refused there, even if they work in another one.
    """
    if actor.role not in POST_ROLES:
        return
    theirs = staff().by_person.get(actor.code, ())
    there = [post for post in theirs if not actor.district or serves(post, actor.district)]
    today = local_date(here.now())
    if theirs and not any(post.holds_on(today) for post in there or theirs):
        raise DomainError("NO_POST_TODAY", "您今天没有岗位（已离岗或者尚未到岗），不能办理")


def unauthenticated(detail: str, error: str = "") -> ProblemError:
    """Return the problem 401: the request has no valid token and no session."""
    return ProblemError(
        status=HTTPStatus.UNAUTHORIZED,
        code="NOT_AUTHENTICATED",
        detail=detail,
        headers={"WWW-Authenticate": f'Bearer realm="casework"{error}'},
    )


async def _bearer_of(token: str, here: Parts) -> Actor:
    try:
        return await here.verifier.verify(token)
    except TokenError as error:
        raise unauthenticated(str(error), ', error="invalid_token"') from None
    except IssuerAwayError:
        raise AwayError("issuer") from None


def _require_own_page(request: Request, origins: Collection[str]) -> None:
    own = {*origins, _origin(str(request.base_url))}
    if CSRF_HEADER in request.headers or request.headers.get("origin") in own:
        return
    raise ProblemError(
        status=HTTPStatus.FORBIDDEN,
        code="FOREIGN_ORIGIN",
        detail="无法确认请求来自本站页面，请在本站页面上操作",
    )


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


async def paced(request: Request, actor: Caller) -> None:
    """Raise a 429 problem when this person or system asks too often, whatever token they use."""
    rates: Rates = request.app.state.rates
    if seconds := await rates.wait(f"actor {actor.code}"):
        raise too_many(seconds)
