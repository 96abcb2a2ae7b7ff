"""The API as the command speaks to it: one call each, with its problems as clear lines."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import httpx

from casework.cli.terms.errors import CommandError, RefusedError, UnusableError

LARGEST_PAGE = 200  # of the API's lists; who goes on past the first page wants many
_NOTHING: tuple[Any, ...] = (None, "", [])
PATIENCE_SECONDS = 60.0  # how long an operation that the API has taken on is asked after


_PLACE = re.compile(r"/([0-9]{6})(?:-[0-9A-Z]{4}){3}", re.ASCII)
"""The number of a case begins with its district."""


@dataclass(frozen=True, kw_only=True)
class Client:
    """Speaks with one token; ``acts_by_default``: nobody said for whom.

    ``reads_by``: gives the token with which it reads then, by the district that the path names;
    None: the same.
    """

    http: httpx.Client
    token: str
    acts_by_default: bool = False
    reads_by: Callable[[str], str] | None = None

    def speaking_as(self, token: str) -> "Client":
        """Return a client that speaks with another token."""
        return replace(self, token=token, acts_by_default=False, reads_by=None)

    def get(self, path: str, **asked: Any) -> Any:  # noqa: ANN401 - JSON
        """Return the JSON of a path; parameters that are empty are not sent."""
        params = {name: value for name, value in asked.items() if value not in _NOTHING}
        return self._read("GET", path, params=params).json()

    def text(self, path: str) -> str:
        """Return what stands at a path as it is: a picture in SVG, say."""
        return self._read("GET", path, answered_by="").text

    def content(self, path: str, **asked: str) -> bytes:
        """Return the bytes that stand at a path: a file of a case."""
        params = {name: value for name, value in asked.items() if value}
        return self._read("GET", path, answered_by="", params=params).content

    def items(self, path: str, *, posted: Any = None, **asked: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - as get
        """Yield what a list holds, page after page, as far as the caller goes on.

        With ``posted`` it is asked for by POST: what is looked for may not stand in an address.
        """
        cursor: str | None = ""
        while cursor is not None:
            following = {"cursor": cursor, "size": LARGEST_PAGE} if cursor else {}
            params = {name: value for name, value in asked.items() if value not in _NOTHING}
            method = "GET" if posted is None else "POST"
            page = self._read(method, path, params=params | following, json=posted).json()
            yield from page["items"]
            cursor = page["next_cursor"]

    def post(  # noqa: PLR0913 - what may go with a request
        self,
        path: str,
        body: Any = None,  # noqa: ANN401 - JSON
        *,
        key: str = "",
        seen: int | None = None,
        files: Any = None,  # noqa: ANN401 - as httpx takes them
        content: bytes | None = None,
    ) -> httpx.Response:
        """Send JSON, files or bytes; the answer is a success, or 202: it was taken on for later.

        ``seen``: the last event that the caller has seen; refused if others have acted since.
        """
        headers = {"Idempotency-Key": key} if key else {}
        headers |= {} if seen is None else {"If-Match": f'"{seen}"'}
        return self._send("POST", path, json=body, files=files, content=content, headers=headers)

    def lines(self, path: str, content: bytes) -> Iterator[dict[str, Any]]:
        """Post lines of JSON and yield the answer to each as it comes.

        Raises:
            UnusableError: it breaks off; what was not answered may be sent again.
        """
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/x-ndjson"}
        try:
            with self.http.stream(
                "POST", path, content=content, headers=headers, timeout=PATIENCE_SECONDS
            ) as answer:
                if not answer.is_success:
                    answer.read()
                    raise _failure(answer)
                for line in answer.iter_lines():
                    yield json.loads(line)
        except (httpx.TransportError, ValueError) as error:
            raise UnusableError(
                f"the answers broke off ({type(error).__name__}): run this again"
            ) from None

    def follow(self, taken_on: httpx.Response) -> httpx.Response:
        """Ask after an operation until it is answered; give up after `PATIENCE_SECONDS`."""
        place, answer = taken_on.headers["Location"], taken_on
        until = time.monotonic() + PATIENCE_SECONDS
        while answer.status_code == HTTPStatus.ACCEPTED:
            if time.monotonic() > until:
                raise UnusableError(f"still not answered; it is not lost, ask again at {place}")
            time.sleep(float(answer.headers.get("Retry-After", 1)))
            answer = self._send("GET", place)
        return answer

    def _read(self, method: str, path: str, **content: Any) -> httpx.Response:  # noqa: ANN401 - as get
        named = _PLACE.search(path)
        token = self.reads_by(named[1] if named else "") if self.reads_by else self.token
        reader = replace(self, token=token)
        return reader._send(method, path, **content)  # noqa: SLF001 - its own kind

    def _send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        answered_by: str = "application/json",
        **content: Any,  # noqa: ANN401 - passed on
    ) -> httpx.Response:
        credentials = {"Authorization": f"Bearer {self.token}"}
        try:
            answer = self.http.request(
                method, path, headers=credentials | dict(headers or {}), **content
            )
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise UnusableError(
                f"no answer from the API at {self.http.base_url} ({reason}): "
                "start it by `casework up`, or name another by --api"
            ) from None
        if answer.is_success:
            if not answer.headers.get("content-type", "").startswith(answered_by):
                raise UnusableError(f"what answers at {self.http.base_url} is no API of Casework")
            return answer
        raise _failure(answer)


def _failure(answer: httpx.Response) -> CommandError:
    """Return what a problem (RFC 9457) says: its detail, its code, and each fault it lists."""
    try:
        problem = answer.json()
        detail = problem.get("detail") or problem.get("title") or answer.reason_phrase
    except (ValueError, AttributeError):
        problem, detail = {}, answer.reason_phrase
    code = problem.get("code") or f"HTTP {answer.status_code}"
    since = [f"  {_happened(event)}" for event in problem.get("events") or ()]
    told = faults(problem)
    if len(told) == 1 and detail in told[0]:  # said already
        told = []
    lines = [f"{detail} ({code})", *told, *since]
    unusable = answer.status_code == HTTPStatus.UNAUTHORIZED or answer.is_server_error
    return (UnusableError if unusable else RefusedError)("\n".join(lines))


def faults(problem: Mapping[str, Any]) -> list[str]:
    """The lines that say which fields are wrong, and what would be right."""
    return [_fault(error) for error in problem.get("errors") or ()]


def _happened(event: Mapping[str, Any]) -> str:
    return f"{event['seq']} {event['title']}（{event['actor']}）"


def _fault(error: Any) -> str:  # noqa: ANN401 - JSON
    if not isinstance(error, dict):
        return f"  {error}"
    where = error.get("field") or error.get("pointer") or ""
    what = error.get("detail") or error.get("message") or ""
    return f"  {where}: {what}" if where else f"  {what}"
