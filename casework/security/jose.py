"""Tokens in the compact form of JWS (RFC 7515): signed, verified, or only looked at.

`unverified_header` and `unverified_claims` believe nothing: nobody may act on what they return.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry

EDDSA: Final = "EdDSA"
ES256: Final = "ES256"
RS256: Final = "RS256"
PS256: Final = "PS256"


class BadTokenError(ValueError):
    """The text is no token, or not one that the key has signed."""


def _without_warning(name: str) -> JWSAlgModel:
    # RFC 9864 names EdDSA by its curve. Our proofs and most issuers use the old name.
    algorithm = copy(JWSRegistry.algorithms[name])
    algorithm.security_warning = None
    return algorithm


class _Registry(JWSRegistry):
    """Allows header members that it does not know, and a chain of certificates among them."""

    algorithms = JWSRegistry.algorithms | {EDDSA: _without_warning(EDDSA)}
    max_header_length = 16 * 1024

    def __init__(self, algorithm: str) -> None:
        super().__init__(algorithms=[algorithm], strict_check_header=False)


_EACH = {name: _Registry(name) for name in (EDDSA, ES256, RS256, PS256)}


def signed(claims: Mapping[str, Any], key: Key, algorithm: str, kid: str) -> str:
    """Return the token of these claims; with EdDSA, the same claims give the same text."""
    header = {"alg": algorithm, "kid": kid, "typ": "JWT"}
    content = json.dumps(claims, separators=(",", ":"))
    return jws.serialize_compact(header, content, key, registry=_EACH[algorithm])


def verified(token: str, key: Key, algorithm: str) -> dict[str, Any]:
    """Return the claims of a token that this key has signed by this algorithm.

    Raises:
        BadTokenError: it has not, or the claims are no JSON object.
    """
    with _read():
        return _claims(jws.deserialize_compact(token, key, registry=_EACH[algorithm]).payload)


def unverified_header(token: str) -> dict[str, Any]:
    """Return what the header says; raise `BadTokenError`."""
    with _read():
        return _parsed(token).headers()


def unverified_claims(token: str) -> dict[str, Any]:
    """Return what the claims say; raise `BadTokenError`."""
    with _read():
        return _claims(_parsed(token).payload)


def raw_algorithm(name: str) -> JWSAlgModel:
    """Return the algorithm itself, which signs and verifies bytes without a token."""
    return _EACH[name].get_alg(name)


def _parsed(token: str) -> jws.CompactSignature:
    found = jws.extract_compact(token.encode(), registry=_EACH[EDDSA])
    if not isinstance(found.protected, dict):
        raise TypeError("a header is an object")
    return found


def _claims(payload: bytes) -> dict[str, Any]:
    claims = json.loads(payload)
    if not isinstance(claims, dict):
        raise TypeError("claims are an object")
    return claims


@contextmanager
def _read() -> Iterator[None]:
    try:
        yield
    except (JoseError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        # Whatever others write into a token, its reading ends here, and the text says none of it.
        raise BadTokenError("not a token of this key") from None
