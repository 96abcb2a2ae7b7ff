"""Login of a browser at the OpenID Connect issuer: authorization code with PKCE."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

import httpx
import structlog
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from api.edge.problems import AwayError, ProblemError
from casework.domain.case.facts import Actor
from casework.security.identity import Claims, TokenError, actor_of
from casework.security.identity.oauth import OAuth, OAuthError
from casework.security.identity.published import WELL_KNOWN, on_this_machine
from casework.security.keyfiles import own_secret
from casework.security.pseudonyms import Pseudonyms
from casework.settings import Settings

CALLBACK = "/login/callback"

_ANSWER_SECONDS = 10

log = structlog.get_logger("api")


@dataclass(frozen=True, kw_only=True)
class Login:
    """Sends browsers to the issuer, and gets from it the person who logged in."""

    client: Any  # Authlib has no types
    names: Claims
    pseudonyms: Pseudonyms
    callback: str

    @classmethod
    def open(cls, settings: Settings, pseudonyms: Pseudonyms) -> Self:
        """Make it from the client id and secret of the settings; the issuer need not answer yet.

        Raises:
            SettingsError: the secret cannot be read.
        """
        client = OAuth().register(
            "issuer",
            client_id=settings.oidc_client_id,
            client_secret=own_secret(settings, settings.oidc_client_secret_file),
            server_metadata_url=settings.oidc_issuer.rstrip("/") + WELL_KNOWN,
            client_kwargs={
                "scope": "openid",
                "code_challenge_method": "S256",
                "timeout": _ANSWER_SECONDS,
                "trust_env": not on_this_machine(settings.oidc_issuer),
            },
        )
        return cls(
            client=client,
            names=Claims.of(settings),
            pseudonyms=pseudonyms,
            callback=settings.api_public_url.rstrip("/") + CALLBACK,
        )

    async def begin(self, request: Request) -> Response:
        """Send the browser to the issuer; raise `AwayError`."""
        try:
            sent: Response = await self.client.authorize_redirect(request, self.callback)
        except (httpx.HTTPError, ValueError, LookupError, RuntimeError) as error:
            raise _away(error) from error
        return sent

    async def end(self, request: Request) -> Actor:
        """Return the person whom the issuer names, when the browser comes back.

        Raises:
            ProblemError: 401, the answer is not for this browser's request, or names nobody.
            AwayError: the issuer does not answer.
        """
        try:
            token = await self.client.authorize_access_token(request)
            return actor_of(token["userinfo"], self.names, self.pseudonyms)
        except TokenError as error:
            raise _refused(str(error)) from None
        except httpx.HTTPError as error:
            raise _away(error) from error
        except (OAuthError, JoseError, ValueError, LookupError, TypeError, RuntimeError) as error:
            log.warning("login_refused", error=type(error).__name__)
            raise _refused("登录未完成，请重新登录（/login）") from None


def _away(error: Exception) -> AwayError:
    log.warning("issuer_away", error=type(error).__name__)
    return AwayError("issuer")


def _refused(detail: str) -> ProblemError:
    return ProblemError(status=HTTPStatus.UNAUTHORIZED, code="LOGIN_FAILED", detail=detail)
