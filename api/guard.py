"""Who calls, and what they may see."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.problems import ProblemError
from casework.domain.commands import APPLICANTS, INTAKE, STAFF
from casework.domain.facts import Actor
from casework.domain.policy import Role
from casework.tokens import TokenError, TokenVerifier

PLATFORM = frozenset({Role.SPECIALIST, Role.LIAISON})
ALL_DISTRICTS = frozenset({Role.SUPERIOR, Role.SUPERVISOR, Role.SYSTEM})
READERS = STAFF | PLATFORM | ALL_DISTRICTS
SUBMITTERS = APPLICANTS | INTAKE | {Role.SYSTEM}

_bearer = HTTPBearer(
    scheme_name="令牌", description="`casework token CODE`", bearerFormat="JWT", auto_error=False
)


def caller(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Actor:
    """Return whom the bearer token speaks for; raise a 401 problem."""
    verifier: TokenVerifier = request.app.state.parts.verifier
    if credentials is None:
        raise _unauthenticated("请在 Authorization 头中提供令牌（Bearer …）", "")
    try:
        actor = verifier.verify(credentials.credentials)
    except TokenError as error:
        raise _unauthenticated(str(error), ', error="invalid_token"') from None
    request.state.actor = actor
    return actor


Caller = Annotated[Actor, Depends(caller)]


def may_read(actor: Actor, district: str) -> bool:
    """Whether the cases of a district are open to this actor."""
    if actor.role in ALL_DISTRICTS:
        return True
    return actor.role in READERS and actor.district in {"", district}


def require_reader(actor: Actor, district: str) -> None:
    """Raise a 403 problem unless the actor may read the cases of this district."""
    if actor.role not in READERS:
        raise forbidden("ROLE_NOT_ALLOWED", "此岗位不能查阅办件")
    if not may_read(actor, district):
        raise forbidden("OTHER_DISTRICT", "不能查阅其他区的件")


def require_role(actor: Actor, roles: frozenset[Role], what: str) -> None:
    """Raise a 403 problem unless the actor's role is one of these."""
    if actor.role not in roles:
        raise forbidden("ROLE_NOT_ALLOWED", f"此岗位不能{what}")


def readable_district(actor: Actor, asked: str | None) -> str | None:
    """The district a list is narrowed to: the one asked for, else the actor's own; None: all."""
    if actor.role not in ALL_DISTRICTS:
        asked = asked or actor.district or None
    require_reader(actor, asked or actor.district)
    return asked


def forbidden(code: str, detail: str) -> ProblemError:
    return ProblemError(status=HTTPStatus.FORBIDDEN, code=code, detail=detail)


def _unauthenticated(detail: str, error: str) -> ProblemError:
    return ProblemError(
        status=HTTPStatus.UNAUTHORIZED,
        code="NOT_AUTHENTICATED",
        detail=detail,
        headers={"WWW-Authenticate": f'Bearer realm="casework"{error}'},
    )
