"""The local issuer as a standard client sees it."""

import secrets
import stat
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.local.devstack import free_port
from casework.local.issuer.server import issuer_app
from casework.local.issuer.tokens import LocalIssuer, SigningKeys
from casework.security.identity import PublishedKeys, TokenError, TokenVerifier
from casework.security.identity.oauth import AsyncOAuth2Client, OAuthError
from casework.security.jose import unverified_claims, unverified_header
from casework.security.keyfiles import secret_in
from casework.settings import Settings, SettingsError, client_secret_file
from tests.identity.running import running

HOUR = timedelta(hours=1)
OFFICER = Actor(code="ja-o1", role=Role.OFFICER, district="310106")


class Moving:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Moving:
    return Moving()


@pytest.fixture
def settings(home: Path, clock: Moving) -> Iterator[Settings]:
    settings = Settings(home=home, issuer_port=free_port())
    with running(issuer_app(settings, now=clock), settings.issuer_port):
        yield settings


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Any]:
    """Authlib's client, set up from the discovery document."""
    async with AsyncOAuth2Client(
        client_id="casework",
        client_secret=secret_in(settings.oidc_client_secret_file),
        scope="openid",
        redirect_uri=f"{settings.api_public_url}/login/callback",
        code_challenge_method="S256",
        trust_env=False,
    ) as client:
        found = await client.request(
            "GET", f"{settings.oidc_issuer}/.well-known/openid-configuration", withhold_token=True
        )
        client.metadata |= found.json()
        yield client


async def chosen(client: Any, verifier: str, person: str = "ja-o1", **changed: str) -> str:
    """Where the browser is sent after its choice on the page."""
    url, _ = client.create_authorization_url(
        client.metadata["authorization_endpoint"], code_verifier=verifier, nonce="n-1", **changed
    )
    async with httpx.AsyncClient(trust_env=False) as browser:
        page = await browser.get(url)
        assert "本地示例登录" in page.text, page.text
        assert f'value="{person}"' in page.text
        sent = await browser.post(url, data={"person": person})
    assert sent.status_code == 302, sent.text
    return sent.headers["Location"]


async def exchanged(client: Any, location: str, verifier: str) -> dict[str, Any]:
    token: dict[str, Any] = await client.fetch_token(
        client.metadata["token_endpoint"], authorization_response=location, code_verifier=verifier
    )
    return token


async def test_a_person_logs_in_by_code_with_pkce(settings: Settings, client: Any) -> None:
    verifier = secrets.token_urlsafe(48)
    token = await exchanged(client, await chosen(client, verifier), verifier)
    assert await TokenVerifier.open(settings).verify(token["access_token"]) == OFFICER
    claims = unverified_claims(token["id_token"])
    assert (claims["aud"], claims["nonce"], claims["sub"]) == (["casework"], "n-1", "ja-o1")


async def test_a_code_is_good_once_soon_and_for_who_began(client: Any, clock: Moving) -> None:
    verifier = secrets.token_urlsafe(48)
    location = await chosen(client, verifier)
    await exchanged(client, location, verifier)
    with pytest.raises(OAuthError, match="invalid_grant"):
        await exchanged(client, location, verifier)

    location = await chosen(client, verifier)
    with pytest.raises(OAuthError, match="invalid_grant"):
        await exchanged(client, location, secrets.token_urlsafe(48))

    location = await chosen(client, verifier)
    clock.ahead = timedelta(minutes=2)
    with pytest.raises(OAuthError, match="invalid_grant"):
        await exchanged(client, location, verifier)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": "nobody"}, "invalid_client"),
        ({"redirect_uri": "http://127.0.0.1:1/elsewhere"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
    ],
)
async def test_a_wrong_question_shows_no_page(
    client: Any, changed: dict[str, str], error: str
) -> None:
    url, _ = client.create_authorization_url(
        client.metadata["authorization_endpoint"], code_verifier=secrets.token_urlsafe(48)
    )
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()} | changed
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(client.metadata["authorization_endpoint"], params=asked)
    assert "person" not in answer.text
    assert error in answer.text + answer.headers.get("Location", "")
    assert not answer.headers.get("Location", "").startswith("http://127.0.0.1:1/")


async def test_a_system_gets_its_token_by_its_secret(settings: Settings) -> None:
    secret = secret_in(client_secret_file(settings.home, "backend"))
    for method in ("client_secret_basic", "client_secret_post"):
        async with AsyncOAuth2Client(
            "backend", secret, token_endpoint_auth_method=method, trust_env=False
        ) as client:
            token = await client.fetch_token(
                f"{settings.oidc_issuer}/token", grant_type="client_credentials"
            )
        actor = await TokenVerifier.open(settings).verify(token["access_token"])
        assert actor == Actor(code="backend", role=Role.SYSTEM)


@pytest.mark.parametrize(
    ("client_id", "secret", "grant"),
    [
        ("backend", "wrong", "client_credentials"),
        ("nobody", "wrong", "client_credentials"),
        ("casework", "", "client_credentials"),
        ("backend", "", "authorization_code"),
        ("backend", "", "password"),
    ],
)
async def test_who_has_no_right_to_a_token_gets_none(
    settings: Settings, client_id: str, secret: str, grant: str
) -> None:
    secret = secret or secret_in(client_secret_file(settings.home, client_id))
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(
            f"{settings.oidc_issuer}/token",
            data={"grant_type": grant, "code": "x"},
            auth=(client_id, secret),
        )
    assert answer.status_code in {400, 401}
    assert "access_token" not in answer.text
    assert secret not in answer.text


async def test_keys_rotate_without_a_restart(settings: Settings) -> None:
    issuer = LocalIssuer.open(settings)
    # Three rotations at once are more than who caches the keys can have heard of.
    eager = PublishedKeys(settings.oidc_issuer, cooldown_seconds=0)
    verifier = replace(TokenVerifier.open(settings), keys=eager)
    tokens = []
    for _ in range(3):
        tokens.append(issuer.mint(OFFICER, ttl=HOUR, at=datetime.now(UTC)))
        assert await verifier.verify(tokens[-1]) == OFFICER
        issuer.keys.rotate()
    kids = [unverified_header(token)["kid"] for token in tokens]
    assert len(set(kids)) == 3
    fresh = TokenVerifier.open(settings)
    with pytest.raises(TokenError):  # the key of three rotations ago is gone
        await fresh.verify(tokens[0])
    for token in tokens[1:]:
        assert await fresh.verify(token) == OFFICER
    assert len(SigningKeys.open(settings).published["keys"]) == 4


def test_nothing_private_is_published(settings: Settings) -> None:
    published = SigningKeys.open(settings).published["keys"]
    assert {frozenset(key) for key in published} == {
        frozenset({"kty", "crv", "x", "y", "kid", "use", "alg"})
    }


def test_all_processes_use_the_keys_that_were_made_first(home: Path) -> None:
    settings = Settings(home=home)
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: SigningKeys.open(settings).signing.kid, range(8)))
    assert len(set(opened)) == 1
    assert stat.S_IMODE(settings.issuer_keys_file.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"nonsense", b"{}", b'{"keys": [1, 2]}'])
def test_an_unusable_key_file_is_named(home: Path, content: bytes) -> None:
    settings = Settings(home=home)
    settings.issuer_keys_file.parent.mkdir(parents=True)
    settings.issuer_keys_file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"issuer\.json"):
        SigningKeys.open(settings)


@pytest.mark.parametrize(
    "other", [{"environment": "production"}, {"oidc_issuer": "https://sso.example.com/realms/hr"}]
)
def test_it_vouches_for_nobody_where_another_is_in_force(home: Path, other: dict[str, Any]) -> None:
    settings = Settings(home=home, **other)
    for use in (LocalIssuer.open, issuer_app):
        with pytest.raises(SettingsError):
            use(settings)
    assert not settings.issuer_keys_file.exists()
