"""The session of a browser: who has logged in, in a signed cookie that no script can read."""

from dataclasses import asdict

from fastapi import FastAPI, Request
from pydantic import TypeAdapter, ValidationError
from starlette.middleware.sessions import SessionMiddleware

from casework.domain.facts import Actor
from casework.keyfiles import own_secret
from casework.settings import Settings

COOKIE = "casework_session"
LASTS_SECONDS = 8 * 60 * 60
"""From the login on, whatever is done meanwhile: the issuer is asked again the next day."""

_ACTOR = "actor"
_ACTORS = TypeAdapter(Actor)


def keep_sessions(app: FastAPI, settings: Settings) -> None:
    """Let the application keep sessions; raise `SettingsError` without a key to sign them."""
    app.add_middleware(
        SessionMiddleware,
        secret_key=own_secret(settings, settings.session_key_file),
        session_cookie=COOKIE,
        max_age=LASTS_SECONDS,
        # Strict would drop the cookie on the way back from the issuer, in the middle of a login.
        same_site="lax",
        https_only=settings.environment == "production",
    )


def sign_in(request: Request, actor: Actor) -> None:
    """From the answer to this request on, the browser speaks for this person."""
    request.session.clear()
    request.session[_ACTOR] = asdict(actor)


def sign_out(request: Request) -> None:
    """From the answer to this request on, the browser speaks for nobody."""
    request.session.clear()


def signed_in(request: Request) -> Actor | None:
    """Return whom the browser speaks for, if it has a session."""
    kept = request.session.get(_ACTOR)
    if kept is None:
        return None
    try:
        return _ACTORS.validate_python(kept)
    except ValidationError:  # of another version of this program
        return None
