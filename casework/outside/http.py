"""Requests to outside parties over HTTP that take effect once, however often they are repeated.

Every party we talk to takes an ``Idempotency-Key`` header: the same key again is the same request
and gets the same answer. A failure that waiting may mend is raised as it comes, so that Temporal
retries; a refusal that no retry can mend is a ``RefusedError``.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import httpx

from casework.security.keyfiles import secret_in

ANSWER_WITHIN = timedelta(seconds=10)

# 401 is about our credentials, not about the request: once they are put right, it is taken.
_WORTH_A_RETRY = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}


class RefusedError(Exception):
    """The party will never take this request. ``problem`` is a code without personal data."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class AnswerError(Exception):
    """The party took the request but its answer cannot be read; worth a retry."""


@dataclass(frozen=True)
class FileBearer(httpx.Auth):
    """The bearer token in a file, read for each request: who renews it restarts nothing."""

    file: Path

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Add the token; raise `SettingsError` while the file cannot be read."""
        request.headers["Authorization"] = f"Bearer {secret_in(self.file)}"
        yield request


async def post_once(
    http: httpx.AsyncClient, url: str, *, key: str, body: Mapping[str, object], answer: str
) -> str:
    """POST ``body`` as JSON under the idempotency key and return the field ``answer`` of the reply.

    Raises:
        RefusedError: the party refused for good; ``problem`` is ``http_<status>``.
        httpx.HTTPError: no answer within ``ANSWER_WITHIN``, or a status worth a retry.
        AnswerError: a success whose body lacks the field.
    """
    reply = await http.post(
        url,
        json=body,
        headers={"Idempotency-Key": key},
        timeout=ANSWER_WITHIN.total_seconds(),
    )
    if reply.is_client_error and reply.status_code not in _WORTH_A_RETRY:
        raise RefusedError(f"http_{reply.status_code}")
    reply.raise_for_status()
    try:
        value = reply.json()[answer]
    except (ValueError, LookupError, TypeError):
        # The body may repeat what we sent; it stays out of the failure.
        raise AnswerError(f"no {answer} in the answer") from None
    return str(value)
