"""What the issuer publishes: its discovery document, and the keys that it signs with now."""

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog
from jwt import PyJWK, PyJWKClient, PyJWKSet
from jwt.exceptions import PyJWKClientConnectionError, PyJWKClientError, PyJWKSetError

from casework.settings import LOOPBACK

WELL_KNOWN = "/.well-known/openid-configuration"

_ANSWER_SECONDS = 3.0
_PATIENCE_SECONDS = {False: 5.0, True: 30.0}  # with keys to go on with there is no hurry
_LONGEST_KID = 256

log = structlog.get_logger("identity")


class IssuerAwayError(Exception):
    """The issuer does not answer, and what it said before does not help; worth a retry."""


class PublishedKeys(PyJWKClient):
    """The issuer's keys: five minutes old at most while it answers, the last known while not.

    An unknown key is asked for once, then not within ``cooldown_seconds`` of the last answer; an
    issuer that is away is left alone for some seconds. Only `fetched` does any I/O, and blocks.
    """

    def __init__(self, issuer: str, *, cooldown_seconds: float = 30) -> None:
        """Ask nothing yet; the address of the keys is found when they are first needed."""
        super().__init__(issuer, timeout=_ANSWER_SECONDS, cooldown_duration=cooldown_seconds)
        self._issuer = issuer
        self._jwks_uri = ""
        self._last: PyJWKSet | None = None
        self._failed_at = float("-inf")

    def held(self, kid: str) -> PyJWK | None:
        """Return the key if a fresh answer of the issuer has it; never waits."""
        fresh = self.jwk_set_cache.get() if self.jwk_set_cache else None
        return self.match_kid(self._get_signing_keys_from_jwk_set(fresh), kid) if fresh else None

    def fetched(self, kid: str) -> PyJWK | None:
        """Return the key, asking the issuer if need be; None: it knows no such key.

        Raises:
            IssuerAwayError: it does not answer, and had no such key when it last did.
        """
        try:
            return self.get_signing_key(kid[:_LONGEST_KID])
        except PyJWKClientConnectionError as error:
            # Keys live longer than an outage: nobody gets a new token meanwhile anyway.
            if self._last and (key := self.match_kid(self._signing(self._last), kid)):
                return key
            raise IssuerAwayError from error
        except (PyJWKClientError, PyJWKSetError):
            return None

    def fetch_data(self) -> Mapping[str, Any]:
        """Read the keys over HTTP; `PyJWKClient` calls this when it needs them."""
        if time.monotonic() - self._failed_at < _PATIENCE_SECONDS[self._last is not None]:
            raise PyJWKClientConnectionError("asked a moment ago")
        try:
            content = self._read()
            self._last = PyJWKSet.from_dict(dict(content))
        except (httpx.HTTPError, ValueError, LookupError, TypeError, PyJWKSetError) as error:
            self._failed_at = time.monotonic()
            log.warning("issuer_away", issuer=self._issuer, error=type(error).__name__)
            raise PyJWKClientConnectionError("the issuer does not answer as it should") from error
        if self.jwk_set_cache:
            self.jwk_set_cache.put(self._last)
        self._last_successful_fetch = time.monotonic()
        return content

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

    def _signing(self, keys: PyJWKSet) -> list[PyJWK]:
        return self._get_signing_keys_from_jwk_set(keys)


def on_this_machine(url: str) -> bool:
    """Whether an address is the loopback: no proxy of the environment may stand between."""
    return urlsplit(url).hostname in {LOOPBACK, "localhost", "::1"}


def _get(url: str) -> Mapping[str, Any]:
    answer = httpx.get(url, timeout=_ANSWER_SECONDS, trust_env=not on_this_machine(url))
    if answer.status_code != HTTPStatus.OK:
        raise ValueError(f"http_{answer.status_code}")
    content = answer.json()
    if not isinstance(content, dict):
        raise TypeError("no JSON object")
    return content
