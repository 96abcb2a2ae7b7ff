"""Which tokens are taken: of the issuer in force, by its keys, for us, now, and no others."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.security.identity import LEEWAY, TokenError, TokenVerifier
from casework.security.jose import unverified_claims
from casework.security.pseudonyms import Pseudonyms
from tests.identity.conftest import TheirIssuer, public, rsa_key

OFFICER = Actor(code="ja-o1", role=Role.OFFICER, district="310106")
MINUTE = timedelta(minutes=1)


def now() -> datetime:
    return datetime.now(UTC)


def encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


async def test_token_speaks_for_its_bearer(theirs: TheirIssuer, verifier: TokenVerifier) -> None:
    assert await verifier.verify(theirs.token()) == OFFICER
    everywhere = await verifier.verify(theirs.token(sub="cq-edu1", role="liaison", district=None))
    assert everywhere == Actor(code="cq-edu1", role=Role.LIAISON)


async def test_clocks_may_differ_a_little_and_no_more(
    theirs: TheirIssuer, verifier: TokenVerifier
) -> None:
    for claim, away in (("exp", -LEEWAY / 2), ("nbf", LEEWAY / 2), ("iat", LEEWAY / 2)):
        assert await verifier.verify(theirs.token(**{claim: now() + away})) == OFFICER
    with pytest.raises(TokenError, match="过期"):
        await verifier.verify(theirs.token(exp=now() - 2 * LEEWAY))
    for claim in ("nbf", "iat"):
        with pytest.raises(TokenError, match="尚未生效"):
            await verifier.verify(theirs.token(**{claim: now() + 2 * LEEWAY}))


@pytest.mark.parametrize("missing", ["sub", "iss", "aud", "exp", "iat", "role"])
async def test_token_without_a_claim_is_refused(
    theirs: TheirIssuer, verifier: TokenVerifier, missing: str
) -> None:
    with pytest.raises(TokenError):
        await verifier.verify(theirs.token(**{missing: None}))


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "http://127.0.0.1:1/realms/city"},
        {"aud": "something"},
        {"aud": ["something", "else"]},
        {"role": "emperor"},
        {"role": ["officer"]},
        {"sub": "张三"},
        {"sub": ""},
        {"sub": "o" * 65},
        {"district": "静安"},
        {"district": "３１０１０６"},
        {"district": 310106},
        {"office": 7},
        {"role": "applicant", "id_number": 7},
        {"role": "applicant", "id_number": "1" * 65},
    ],
)
async def test_token_with_a_wrong_claim_is_refused(
    theirs: TheirIssuer, verifier: TokenVerifier, changed: dict[str, Any]
) -> None:
    with pytest.raises(TokenError) as refused:
        await verifier.verify(theirs.token(**changed))
    assert not any(str(value) in str(refused.value) for value in changed.values() if value)


async def test_forged_signature_is_refused(theirs: TheirIssuer, verifier: TokenVerifier) -> None:
    good = theirs.token()
    header, payload, signature = good.split(".")
    promoted = unverified_claims(good) | {"role": "superior"}
    forged = [
        theirs.token(rsa_key("first")),
        f"{header}.{encoded(promoted)}.{signature}",
        f"{header}.{payload}.{signature[:-4]}AAAA",
        f"{header}.{payload}.",
        f"{header}.{payload}",
        "x.y.z",
        "",
        "é.é.é",
    ]
    for token in forged:
        with pytest.raises(TokenError):
            await verifier.verify(token)


async def test_token_that_names_its_own_algorithm_is_refused(
    theirs: TheirIssuer, verifier: TokenVerifier
) -> None:
    pem = RSAKey.import_key(public(theirs.keys[0])).as_pem()
    claims = theirs.token().split(".")[1]
    kid = {"kid": "first", "typ": "JWT"}
    unsigned = f"{encoded({**kid, 'alg': 'none'})}.{claims}."
    head = f"{encoded({**kid, 'alg': 'HS256'})}.{claims}"
    mac = hmac.new(pem, head.encode(), hashlib.sha256).digest()
    shared = f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    key = RSAKey.import_key({k: v for k, v in theirs.keys[0].items() if k != "alg"})
    header, content = {"alg": "RS512", "kid": "first"}, unverified_claims(theirs.token())
    stronger = jwt.encode(header, content, key, algorithms=["RS512"])
    for token in (unsigned, shared, stronger):
        with pytest.raises(TokenError):
            await verifier.verify(token)
    assert theirs.asked == 0  # nobody was asked for a key to such a token


async def test_a_published_shared_secret_is_no_key(
    theirs: TheirIssuer, verifier: TokenVerifier
) -> None:
    secret = b"0123456789abcdef0123456789abcdef"
    value = base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
    theirs.keys = [{"kty": "oct", "kid": "shared", "k": value}, *theirs.keys]
    content = unverified_claims(theirs.token(theirs.keys[1]))
    for algorithm in ("HS256", "RS256"):
        header = encoded({"kid": "shared", "alg": algorithm})
        mac = hmac.new(secret, f"{header}.{encoded(content)}".encode(), hashlib.sha256).digest()
        signature = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
        with pytest.raises(TokenError):
            await verifier.verify(f"{header}.{encoded(content)}.{signature}")


async def test_the_number_of_a_person_outside_becomes_a_pseudonym(
    theirs: TheirIssuer, verifier: TokenVerifier, pseudonyms: Pseudonyms
) -> None:
    number = "11010519491231002X"
    for role in ("applicant", "talent", "employer"):
        actor = await verifier.verify(theirs.token(role=role, id_number=number.lower()))
        assert actor.subject == pseudonyms.of(number)
        assert number not in repr(actor)
    old = await verifier.verify(theirs.token(role="applicant", id_number="110105491231002"))
    assert old.subject == pseudonyms.of(number)
    passport = await verifier.verify(theirs.token(role="talent", id_number="E 12345678"))
    assert passport.subject == pseudonyms.of("E12345678")
    assert (await verifier.verify(theirs.token(id_number=number))).subject == ""
