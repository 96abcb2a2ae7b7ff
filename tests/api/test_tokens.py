"""Tokens: made by the local issuer, read by the verifier, and nothing else passes."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casework.domain.facts import Actor
from casework.domain.policy import Role
from casework.pseudonyms import Pseudonyms
from casework.settings import Settings, SettingsError
from casework.tokens import LEEWAY, TokenError, TokenIssuer, TokenVerifier

OFFICER = Actor(code="ja-o1", role=Role.OFFICER, district="310106")
HOUR = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def verifier(settings: Settings) -> TokenVerifier:
    return TokenVerifier.open(settings)


def test_token_speaks_for_its_actor(issuer: TokenIssuer, verifier: TokenVerifier) -> None:
    assert verifier.verify(issuer.mint(OFFICER, ttl=HOUR, at=now())) == OFFICER


def test_clocks_may_differ_a_little_and_no_more(
    issuer: TokenIssuer, verifier: TokenVerifier
) -> None:
    ended = issuer.mint(OFFICER, ttl=HOUR, at=now() - HOUR - LEEWAY / 2)
    assert verifier.verify(ended) == OFFICER
    with pytest.raises(TokenError, match="过期"):
        verifier.verify(issuer.mint(OFFICER, ttl=HOUR, at=now() - HOUR - LEEWAY * 2))


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "somebody"},
        {"aud": "something"},
        {"role": "emperor"},
        {"role": ["officer"]},
        {"role": None},
        {"sub": "张三"},
        {"sub": 7},
        {"sub": ""},
        {"district": "静安"},
        {"district": 310106},
        {"exp": None},
        {"exp": "soon"},
        {"iat": datetime(2100, 1, 1, tzinfo=UTC)},
    ],
)
def test_token_with_a_wrong_claim_is_refused(
    issuer: TokenIssuer, verifier: TokenVerifier, changed: dict[str, Any]
) -> None:
    claims = {
        "sub": "ja-o1",
        "role": "officer",
        "district": "310106",
        "iss": issuer.issuer,
        "aud": issuer.audience,
        "iat": now(),
        "exp": now() + HOUR,
    } | changed
    claims = {name: value for name, value in claims.items() if value is not None}
    payload = json.dumps(claims, default=lambda at: int(at.timestamp())).encode()
    token = jwt.api_jws.encode(payload, issuer.key, "EdDSA")
    with pytest.raises(TokenError):
        verifier.verify(token)


def test_token_of_another_key_or_algorithm_is_refused(
    issuer: TokenIssuer, verifier: TokenVerifier, keys: Path
) -> None:
    good = issuer.mint(OFFICER, ttl=HOUR, at=now())
    claims = jwt.decode(good, options={"verify_signature": False})
    public = (keys / "issuer.public.pem").read_bytes()
    forged = [
        jwt.encode(claims, Ed25519PrivateKey.generate(), algorithm="EdDSA"),
        jwt.encode(claims, "", algorithm="none"),
        jwt.api_jws.encode(b"{}", issuer.key, "EdDSA"),
        good[:-4] + "AAAA",
        "x.y.z",
        "",
    ]
    for token in forged:
        with pytest.raises(TokenError):
            verifier.verify(token)
    with pytest.raises(jwt.InvalidKeyError):  # the old trick: the public key as a shared secret
        jwt.encode(claims, public, algorithm="HS256")


def test_tokens_of_another_issuer_are_taken_by_its_key(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    file = tmp_path / "theirs.pem"
    file.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    settings = Settings(
        home=tmp_path, token_public_key_file=file, token_issuer="city", token_audience="cases"
    )
    claims = {
        "sub": "ja-o1",
        "role": "officer",
        "district": "310106",
        "iss": "city",
        "aud": "cases",
        "iat": now(),
        "exp": now() + HOUR,
    }
    verifier = TokenVerifier.open(settings)
    assert verifier.verify(jwt.encode(claims, key, algorithm="RS256")) == OFFICER
    with pytest.raises(TokenError):
        verifier.verify(jwt.encode(claims, key, algorithm="RS512"))
    with pytest.raises(TokenError):
        verifier.verify(TokenIssuer.open(settings).mint(OFFICER, ttl=HOUR, at=now()))


@pytest.mark.parametrize("content", [None, b"nonsense", b""])
def test_unusable_key_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "theirs.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match="TOKEN_PUBLIC_KEY_FILE"):
        TokenVerifier.open(Settings(home=tmp_path, token_public_key_file=file))


def test_all_processes_use_the_key_that_was_made_first(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "new")
    with ThreadPoolExecutor(8) as pool:
        issuers = list(pool.map(lambda _: TokenIssuer.open(settings), range(8)))
    verifier = TokenVerifier.open(settings)
    for issuer in issuers:
        assert verifier.verify(issuer.mint(OFFICER, ttl=HOUR, at=now())) == OFFICER
    files = sorted((settings.home / "keys").iterdir())
    assert [file.name for file in files] == ["issuer.private.pem", "issuer.public.pem"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_pseudonym_is_the_same_for_the_same_person_only(settings: Settings) -> None:
    pseudonyms = Pseudonyms.open(settings)
    assert pseudonyms.of("31010119900307123x") == Pseudonyms.open(settings).of(
        " 310101 19900307 123Ｘ"
    )
    assert pseudonyms.of("310101199003071230") != pseudonyms.of("310101199003071249")
    assert "310101" not in pseudonyms.of("310101199003071230")
