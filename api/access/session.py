"""The session of a browser: who has logged in, in a signed cookie that no script can read.

The register keeps the numbers of sessions that were ended: their cookies are invalid, wherever
they were copied to. So no session is accepted while the register is unavailable.
"""

import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI, Request
from pydantic import TypeAdapter, ValidationError
from starlette.middleware.sessions import SessionMiddleware

from api.parts import Parts
from casework.domain.case.facts import Actor
from casework.security.keyfiles import own_secret
from casework.settings import Settings
from casework.store.access import end_session, has_ended
from casework.store.desk import leave

COOKIE = "casework_session"
LASTS_SECONDS = 8 * 60 * 60
"""Counted from the login, used or not: the next day the person must log in again."""

_KEPT = "login"


@dataclass(frozen=True, kw_only=True)
class _Login:
    """``number`` is random, drawn at login; ``until`` is a Unix time."""

    actor: Actor
    number: str
    until: int


_LOGINS = TypeAdapter(_Login)


def keep_sessions(app: FastAPI, settings: Settings) -> None:
    """Let the application keep sessions; raise `SettingsError` without a key to sign them."""
    key = own_secret(settings, settings.session_key_file)
    app.state.form_key = hashlib.sha256(f"forms:{key}".encode()).digest()
    app.add_middleware(
        SessionMiddleware,
        secret_key=key,
        session_cookie=COOKIE,
        max_age=LASTS_SECONDS,
        # Strict would drop the cookie on the way back from the issuer, in the middle of a login.
        same_site="lax",
        https_only=settings.environment == "production",
    )


async def sign_in(request: Request, actor: Actor) -> None:
    """Begin the session of this person with the answer to this request.

    Raises:
        AwayError: the register does not answer, so that the browser's old session cannot be ended.
    """
    await sign_out(request)
    now = _parts(request).now()
    until = now + timedelta(seconds=LASTS_SECONDS)
    login = _Login(actor=actor, number=secrets.token_urlsafe(16), until=int(until.timestamp()))
    request.session[_KEPT] = asdict(login)


async def sign_out(request: Request) -> None:
    """End the session of the browser; copies of its cookie are no longer accepted.

    The person has no case open any more: colleagues are warned of them no longer.

    Raises:
        AwayError: the register does not answer; nothing has changed.
    """
    if login := _login(request):
        here = _parts(request)
        async with here.register.writing() as session:
            until = datetime.fromtimestamp(login.until, UTC)
            await end_session(session, login.number, until=until, now=here.now())
            await leave(session, login.actor.code, here.now())
    request.session.clear()


async def signed_in(request: Request) -> Actor | None:
    """Return the person of the browser's session, if it has one; raise `AwayError`."""
    here, login = _parts(request), _login(request)
    if login is None or login.until <= here.now().timestamp():
        return None
    async with here.register.reading() as session:
        return None if await has_ended(session, login.number) else login.actor


def form_token(request: Request) -> str:
    """Return what a form of ours carries: nobody else can make it, and it ends with the session.

    A caller with a bearer token gets one made from their code: no page can send it for them.
    """
    login = _login(request)
    bound = login.number if login else f"bearer:{request.state.actor.code}"
    return hmac.new(request.app.state.form_key, bound.encode(), hashlib.sha256).hexdigest()


def _login(request: Request) -> _Login | None:
    kept = request.session.get(_KEPT)
    if kept is None:
        return None
    try:
        return _LOGINS.validate_python(kept)
    except ValidationError:  # a cookie of another version of this program
        return None


def _parts(request: Request) -> Parts:
    here: Parts = request.app.state.parts
    return here
