"""An issuer that publishes whatever keys a test gives it, and the verifier that asks it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from casework.local.devstack import free_port
from casework.security.identity import Claims, PublishedKeys, TokenVerifier
from casework.security.pseudonyms import Pseudonyms
from tests.identity.running import running

AUDIENCE = "casework"


def rsa_key(kid: str) -> dict[str, Any]:
    """A private key as a JWK."""
    return RSAKey.generate_key(2048).as_dict(private=True, kid=kid, use="sig", alg="RS256")


def public(key: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in key.items() if k not in {"d", "p", "q", "dp", "dq", "qi"}}


@dataclass
class TheirIssuer:
    """Somebody else's issuer; ``asked`` counts how often its keys were."""

    port: int
    keys: list[dict[str, Any]]
    asked: int = 0
    says: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/realms/city"

    def app(self) -> Starlette:
        async def discovery(_: Request) -> JSONResponse:
            document = {"issuer": self.url, "jwks_uri": f"{self.url}/certs"}
            return JSONResponse(document | self.says)

        async def certs(_: Request) -> JSONResponse:
            self.asked += 1
            return JSONResponse({"keys": [public(key) for key in self.keys]})

        place = "/realms/city"
        return Starlette(
            routes=[
                Route(f"{place}/.well-known/openid-configuration", discovery),
                Route(f"{place}/certs", certs),
            ]
        )

    def token(self, key: dict[str, Any] | None = None, /, **changed: Any) -> str:
        """A good token, but for what is changed; None takes a claim away."""
        key = key or self.keys[0]
        now = datetime.now(UTC)
        claims = {
            "sub": "ja-o1",
            "role": "officer",
            "district": "310106",
            "iss": self.url,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + timedelta(minutes=5),
        } | changed
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": key["kid"]}, claims, RSAKey.import_key(key))


@pytest.fixture(scope="session")
def first_key() -> dict[str, Any]:
    return rsa_key("first")


@pytest.fixture(scope="session")
def second_key() -> dict[str, Any]:
    return rsa_key("second")


@pytest.fixture
def theirs(first_key: dict[str, Any]) -> Iterator[TheirIssuer]:
    issuer = TheirIssuer(port=free_port(), keys=[first_key])
    with running(issuer.app(), issuer.port):
        yield issuer


@pytest.fixture
def pseudonyms() -> Pseudonyms:
    return Pseudonyms(key=b"of these tests")


@pytest.fixture
def verifier(theirs: TheirIssuer, pseudonyms: Pseudonyms) -> TokenVerifier:
    return verifier_of(theirs, pseudonyms, cooldown_seconds=0)


def verifier_of(
    issuer: TheirIssuer, pseudonyms: Pseudonyms, *, cooldown_seconds: float
) -> TokenVerifier:
    return TokenVerifier(
        keys=PublishedKeys(issuer.url, cooldown_seconds=cooldown_seconds),
        issuer=issuer.url,
        audience=AUDIENCE,
        names=Claims(),
        pseudonyms=pseudonyms,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"
