"""The flows of OAuth 2.0 and OpenID Connect, as Authlib runs them; codes are kept in memory.

A command logs in by the device flow (RFC 8628), with refresh tokens and revocation (RFC 7009).
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc6749.grants import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    RefreshTokenGrant,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant
from authlib.oidc.core.grants import OpenIDCode
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.local.issuer.people import REFRESH, IssuerClient, Person
from casework.local.issuer.tokens import ALGORITHM, LocalIssuer, claims_of

ASKED_LASTS = timedelta(minutes=10)
REFRESHED_FOR = timedelta(hours=12)
INTERVAL_SECONDS = 1

_PUBLIC = ["none"]


@dataclass(kw_only=True)
class Device:
    """What a command asked for, and who has said in the browser that it may act for them."""

    user_code: str
    client_id: str
    scope: str
    until: datetime
    now: datetime
    person: Person | None = None

    def get_client_id(self) -> str:
        return self.client_id

    def get_scope(self) -> str:
        return self.scope

    def get_user_code(self) -> str:
        return self.user_code

    def is_expired(self) -> bool:
        return self.now >= self.until


@dataclass(frozen=True, kw_only=True)
class Refresh:
    """By which a command gets its next token, once."""

    token: str = field(repr=False)
    client_id: str
    scope: str
    person: Person
    until: datetime

    def get_scope(self) -> str:
        return self.scope

    def check_client(self, client: IssuerClient) -> bool:
        return client.client_id == self.client_id


class Devices:
    """What has been asked for and given out, in memory: a restart asks everybody to log in anew."""

    def __init__(self) -> None:
        self.asked: dict[str, Device] = {}  # by device code
        self.refreshing: dict[str, Refresh] = {}

    def waiting(self, user_code: str, now: datetime) -> Device | None:
        """Return what waits for an answer under the code that a person read."""
        typed = user_code.strip().upper()
        for each in self.asked.values():
            if each.user_code == typed and each.person is None and now < each.until:
                return each
        return None

    def refresh_token(self, client_id: str, person: Person, scope: str, now: datetime) -> str:
        """Give out the token by which the next one is asked for."""
        token = secrets.token_urlsafe(32)
        self.refreshing[token] = Refresh(
            token=token, client_id=client_id, scope=scope, person=person, until=now + REFRESHED_FOR
        )
        return token


class DeviceEndpoint(DeviceAuthorizationEndpoint):
    """Where a command asks for a code that its person types in a browser."""

    CLIENT_AUTH_METHODS = _PUBLIC
    EXPIRES_IN = int(ASKED_LASTS.total_seconds())
    INTERVAL = INTERVAL_SECONDS

    def get_verification_uri(self) -> str:
        return f"{self.server.issuer.url}/device"

    def save_device_credential(self, client_id: str, scope: str, data: dict[str, Any]) -> None:
        now = self.server.now()
        self.server.devices.asked[data["device_code"]] = Device(
            user_code=data["user_code"],
            client_id=client_id,
            scope=scope or "",
            now=now,
            until=now + ASKED_LASTS,
        )


class DeviceGrant(DeviceCodeGrant):
    """The token, once the person has said yes."""

    TOKEN_ENDPOINT_AUTH_METHODS = _PUBLIC

    def query_device_credential(self, device_code: str) -> Device | None:
        found: Device | None = self.server.devices.asked.get(device_code)
        if found:
            found.now = self.server.now()
        return found

    def query_user_grant(self, user_code: str) -> tuple[Person, bool] | None:
        asked = self.server.devices.asked
        for device_code, device in asked.items():
            if device.user_code == user_code and device.person is not None:
                del asked[device_code]  # good once
                return device.person, True
        return None

    def should_slow_down(self, _device: Device) -> bool:
        return False


class RefreshGrant(RefreshTokenGrant):
    """The next token, for the refresh token of the last: each is good once."""

    TOKEN_ENDPOINT_AUTH_METHODS = _PUBLIC
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Refresh | None:
        found: Refresh | None = self.server.devices.refreshing.get(refresh_token)
        return found if found and self.server.now() < found.until else None

    def authenticate_user(self, refresh_token: Refresh) -> Person:
        return refresh_token.person

    def revoke_old_credential(self, refresh_token: Refresh) -> None:
        self.server.devices.refreshing.pop(refresh_token.token, None)


class Revocation(RevocationEndpoint):
    """Where a command that logs out gives its refresh token back."""

    CLIENT_AUTH_METHODS = _PUBLIC

    def query_token(self, token: str, _hint: str | None) -> Refresh | None:
        found: Refresh | None = self.server.devices.refreshing.get(token)
        return found

    def revoke_token(self, token: Refresh, _request: OAuth2Request) -> None:
        self.server.devices.refreshing.pop(token.token, None)


TOKEN_LASTS = timedelta(hours=1)
_CODE_LASTS = timedelta(minutes=1)
_METHODS = ["client_secret_basic", "client_secret_post"]


@dataclass(frozen=True, kw_only=True)
class Code:
    """What a person's choice gave a client, to be exchanged once and soon."""

    code: str = field(repr=False)
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    person: Person
    given_at: datetime
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(self.given_at.timestamp())

    def get_acr(self) -> None:
        """Nobody was asked to prove anything."""

    def get_amr(self) -> None:
        """As above."""


class FormRequest(OAuth2Request):
    """A request whose form has been read."""

    def __init__(self, request: Request, form: Mapping[str, str]) -> None:
        super().__init__(request.method, str(request.url), headers=request.headers)
        self._query, self._form = dict(request.query_params), dict(form)
        self.payload = BasicOAuth2Payload(self._query | self._form)

    @property
    def args(self) -> dict[str, str]:
        return self._query

    @property
    def form(self) -> dict[str, str]:
        return self._form


class Server(AuthorizationServer):
    """Authlib's server over the people, clients and keys of the local issuer."""

    def __init__(
        self,
        issuer: LocalIssuer,
        clients: Mapping[str, IssuerClient],
        now: Callable[[], datetime],
    ) -> None:
        super().__init__()
        self.issuer, self.now = issuer, now
        self.codes: dict[str, Code] = {}
        self._clients = clients
        self.register_grant(_CodeGrant, [_OnlyS256(), _IdToken(issuer)])
        self.register_grant(_Credentials)
        self.devices = Devices()
        self.register_grant(DeviceGrant)
        self.register_grant(RefreshGrant)
        self.register_endpoint(DeviceEndpoint)
        self.register_endpoint(Revocation)
        self.register_token_generator("default", self._token)

    def query_client(self, client_id: str) -> IssuerClient | None:
        return self._clients.get(client_id)

    def create_oauth2_request(self, request: FormRequest) -> FormRequest:
        return request

    def handle_response(
        self, status: int, body: Mapping[str, Any] | str, headers: list[tuple[str, str]]
    ) -> Response:
        if isinstance(body, str):
            return Response(body, status, dict(headers))
        return JSONResponse(dict(body), status, dict(headers))

    def save_token(self, token: Mapping[str, Any], request: OAuth2Request) -> None:
        """Nothing is kept: a token speaks for itself until it ends."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def _token(
        self,
        *,
        client: IssuerClient,
        user: Person | None,
        scope: str,
        include_refresh_token: bool = False,
        **_: object,
    ) -> dict[str, Any]:
        system = Person(actor=Actor(code=client.client_id, role=Role.SYSTEM))
        person = user or system
        token = self.issuer.mint(person.actor, ttl=TOKEN_LASTS, at=self.now(), number=person.number)
        answer = {
            "token_type": "Bearer",
            "access_token": token,
            "expires_in": int(TOKEN_LASTS.total_seconds()),
            "scope": scope or "",
        }
        if include_refresh_token and client.check_grant_type(REFRESH):
            answer["refresh_token"] = self.devices.refresh_token(
                client.client_id, person, scope, self.now()
            )
        return answer


class _CodeGrant(AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        asked = request.payload.data
        self.server.codes[code] = Code(
            code=code,
            client_id=request.client.client_id,
            redirect_uri=request.payload.redirect_uri or "",
            scope=request.scope or "",
            nonce=asked.get("nonce", ""),
            code_challenge=asked["code_challenge"],
            person=request.user,
            given_at=self.server.now(),
        )

    def query_authorization_code(self, code: str, client: IssuerClient) -> Code | None:
        # Taken out whatever comes of it: a code is good for one attempt.
        found = self.server.codes.pop(code, None)
        if found is None or found.client_id != client.client_id:
            return None
        return found if self.server.now() - found.given_at <= _CODE_LASTS else None

    def delete_authorization_code(self, _code: Code) -> None:
        """It is gone already."""

    def authenticate_user(self, code: Code) -> Person:
        return code.person


class _Credentials(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS


class _OnlyS256(CodeChallenge):
    """Every client proves by PKCE that it began the flow, secret or not."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: AuthorizationCodeGrant, redirect_uri: str) -> None:
        asked = grant.request.payload.data
        if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE with S256 is wanted")
        super().validate_code_challenge(grant, redirect_uri)


class _IdToken(OpenIDCode):
    def __init__(self, issuer: LocalIssuer) -> None:
        super().__init__()
        self._issuer = issuer

    def exists_nonce(self, _nonce: str, _request: OAuth2Request) -> bool:
        return False  # the code that carries it is good for one attempt

    def resolve_client_private_key(self, _client: IssuerClient) -> dict[str, Any]:
        return self._issuer.keys.signing_jwk

    def get_client_algorithm(self, _client: IssuerClient) -> str:
        return ALGORITHM

    def get_encode_header(self, _client: IssuerClient) -> dict[str, str]:
        return {"alg": ALGORITHM, "kid": self._issuer.keys.signing_jwk["kid"]}

    def get_client_claims(self, client: IssuerClient) -> dict[str, Any]:
        return {"iss": self._issuer.url, "aud": [client.client_id]}

    def generate_user_info(self, user: Person, _scope: str) -> dict[str, Any]:
        return claims_of(user.actor, user.number)
