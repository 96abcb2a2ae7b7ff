"""Tokens as strangers write them: what cannot be read is a bad token, and nothing else."""

import base64
import json
from collections.abc import Callable

import pytest
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from casework.security.jose import (
    EDDSA,
    ES256,
    PS256,
    RS256,
    BadTokenError,
    signed,
    unverified_claims,
    unverified_header,
    verified,
)

KEYS: dict[str, Key] = {
    EDDSA: OKPKey.generate_key("Ed25519"),
    ES256: ECKey.generate_key("P-256"),
    RS256: RSAKey.generate_key(2048),
    PS256: RSAKey.generate_key(2048),
}
CLAIMS = {"sub": "ja-o1", "office": "人才科", "iat": 1}


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def headed(content: bytes) -> str:
    return f"{part(content)}.{part(b'{}')}.{part(b'x' * 64)}"


NO_TOKENS = {
    "empty": "",
    "dots": "..",
    "two parts": "a.b",
    "no ASCII": "é.é.é",
    "no text": "\ud800.x.x",
    "no object": headed(b"7"),
    "list that names alg": headed(b'["alg"]'),
    "text that names alg": headed(b'"alg"'),
    "deep": headed(b"[" * 10_000),
    "long": headed(b'{"alg":"EdDSA","x":"' + b"x" * 20_000 + b'"}'),
    "no alg": headed(b"{}"),
}
NOT_SIGNED = {
    "list of algs": headed(b'{"alg":["EdDSA"]}'),
    "number for a key": headed(b'{"alg":"EdDSA","kid":7}'),
    "none": headed(b'{"alg":"none"}'),
    "shared secret": headed(b'{"alg":"HS256"}'),
    "made critical": headed(b'{"alg":"EdDSA","crit":["x"],"x":1}'),
    "no list of what is critical": headed(b'{"alg":"EdDSA","crit":7}'),
    "plain payload": headed(b'{"alg":"EdDSA","b64":false,"crit":["b64"]}'),
}


@pytest.mark.parametrize("token", NO_TOKENS.values(), ids=NO_TOKENS)
@pytest.mark.parametrize("read", [unverified_header, unverified_claims])
def test_what_is_no_token_is_not_read(read: Callable[[str], object], token: str) -> None:
    with pytest.raises(BadTokenError):
        read(token)


@pytest.mark.parametrize("token", [*NO_TOKENS.values(), *NOT_SIGNED.values()])
@pytest.mark.parametrize("algorithm", KEYS)
def test_what_is_not_signed_is_not_believed(algorithm: str, token: str) -> None:
    with pytest.raises(BadTokenError) as refused:
        verified(token, KEYS[algorithm], algorithm)
    assert str(refused.value) == "not a token of this key"


@pytest.mark.parametrize("algorithm", KEYS)
def test_what_a_key_has_signed_is_read_and_of_no_other_key(algorithm: str) -> None:
    token = signed(CLAIMS, KEYS[algorithm], algorithm, "k1")
    assert verified(token, KEYS[algorithm], algorithm) == unverified_claims(token) == CLAIMS
    assert unverified_header(token) == {"alg": algorithm, "kid": "k1", "typ": "JWT"}
    for other, key in KEYS.items():
        if other != algorithm:
            with pytest.raises(BadTokenError):
                verified(token, key, other)
            with pytest.raises(BadTokenError):
                verified(token, key, algorithm)


def test_a_payload_that_is_no_object_has_no_claims() -> None:
    for content in ("7", "[]", "null", '"sub"', "{"):
        token = f"{part(json.dumps({'alg': EDDSA}).encode())}.{part(content.encode())}."
        with pytest.raises(BadTokenError):
            unverified_claims(token)


def test_headers_of_other_issuers_are_let_pass() -> None:
    token = signed(CLAIMS, KEYS[RS256], RS256, "k" * 8_000)
    assert verified(token, KEYS[RS256], RS256) == CLAIMS
