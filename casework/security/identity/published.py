"""What the issuer publishes: its discovery document, and the keys that it signs with now."""

import ssl
import time
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from casework.security.jose import EDDSA, ES256, PS256, RS256
from casework.settings import is_loopback

WELL_KNOWN = "/.well-known/openid-configuration"

ALGORITHMS = (EDDSA, ES256, RS256, PS256)
"""Never a shared secret, never none."""

_USUAL = {"RSA": RS256, "EC": ES256, "OKP": EDDSA}
"""The algorithm of a key that does not name its own; a shared secret has none."""
_ANSWER_SECONDS = 3.0
_FRESH_SECONDS = 300.0
_PATIENCE_SECONDS = {False: 5.0, True: 30.0}  # with keys to go on with there is no hurry

log = structlog.get_logger("identity")


class IssuerAwayError(Exception):
    """The issuer does not answer, and what it said before does not help; worth a retry."""


class PublishedKeys:
    """The issuer's keys: five minutes old at most while it answers, the last known while not.

    An unknown key is asked for once, then not within ``cooldown_seconds`` of the last answer; an
    issuer that is away is left alone for some seconds. Only `fetched` does any I/O, and blocks.
    Each key names the one algorithm that it is for.
    """

    def __init__(self, issuer: str, *, cooldown_seconds: float = 30) -> None:
        """Ask nothing yet; the address of the keys is found when they are first needed."""
        self._issuer = issuer
        self._cooldown = min(cooldown_seconds, _FRESH_SECONDS)
        self._jwks_uri = ""
        self._asking = Lock()
        self._keys: Mapping[str, Key] = {}
        self._answered_at = self._failed_at = float("-inf")

    def held(self, kid: str) -> Key | None:
        """Return the key if a fresh answer of the issuer has it; never waits."""
        return self._keys.get(kid) if self._age() < _FRESH_SECONDS else None

    def fetched(self, kid: str) -> Key | None:
        """Return the key, asking the issuer if need be; None: it knows no such key.

        Raises:
            IssuerAwayError: it does not answer, and had no such key when it last did.
        """
        with self._asking:
            enough = _FRESH_SECONDS if kid in self._keys else self._cooldown
            if self._age() >= enough:
                try:
                    self.fetch()
                except IssuerAwayError:
                    # Keys live longer than an outage: nobody gets a new token meanwhile anyway.
                    if kid not in self._keys:
                        raise
            return self._keys.get(kid)

    def fetch(self) -> None:
        """Read the keys over HTTP.

        Raises:
            IssuerAwayError: they cannot be had, or could not a moment ago.
        """
        if time.monotonic() - self._failed_at < _PATIENCE_SECONDS[bool(self._keys)]:
            raise IssuerAwayError
        try:
            keys = _signing_keys(self._read()["keys"])
        except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
            self._failed_at = time.monotonic()
            log.warning("issuer_away", issuer=self._issuer, error=type(error).__name__)
            raise IssuerAwayError from error
        self._keys, self._answered_at = keys, time.monotonic()

    def _age(self) -> float:
        return time.monotonic() - self._answered_at

    def _read(self) -> Mapping[str, Any]:
        if not self._jwks_uri:
            found = _get(self._issuer.rstrip("/") + WELL_KNOWN)
            if found["issuer"] != self._issuer:
                raise ValueError("the discovery document of another issuer")
            keys = str(found["jwks_uri"])
            if urlsplit(keys).scheme != urlsplit(self._issuer).scheme:
                raise ValueError("keys over another scheme than the issuer's")
            self._jwks_uri = keys
        return _get(self._jwks_uri)


def _signing_keys(published: Iterable[Any]) -> Mapping[str, Key]:
    """By id; what is no key of ours to use is left out, as RFC 7517 §5 has it."""
    keys = {str(key.kid): key for key in map(_usable, published) if key}
    if not keys:
        raise ValueError("no key that signs")
    return keys


def _usable(each: Any) -> Key | None:  # noqa: ANN401 - whatever was published
    try:
        key = import_key({"alg": _USUAL[each["kty"]], **each})
    except (JoseError, ValueError, LookupError, TypeError, AttributeError):
        return None
    signs = key.get("use", "sig") == "sig" and key.alg in ALGORITHMS
    return key if signs and key.kid else None


def on_this_machine(url: str) -> bool:
    """Whether an address is the loopback: no proxy of the environment may stand between."""
    return is_loopback(urlsplit(url).hostname or "")


@cache
def _certificates() -> ssl.SSLContext:
    """Whom this machine trusts, read once: it takes longer than the question."""
    return httpx.create_ssl_context()


def _get(url: str) -> Mapping[str, Any]:
    answer = httpx.get(
        url, timeout=_ANSWER_SECONDS, trust_env=not on_this_machine(url), verify=_certificates()
    )
    if answer.status_code != HTTPStatus.OK:
        raise ValueError(f"http_{answer.status_code}")
    content = answer.json()
    if not isinstance(content, dict):
        raise TypeError("no JSON object")
    return content
