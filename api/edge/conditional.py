"""``ETag`` and ``If-None-Match``: who has an answer already is told so, in a line.

The tag is that of the whole answer, as this caller gets it now: a date that an order has moved, or
a right that was given, makes another, though the case has no new event. The tag of a case begins
with the number of its last event, by which ``If-Match`` goes (`api.routes.seen`).
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HELD_AT_MOST = 4 * 1024 * 1024
"""What is longer goes out as it comes, without a tag."""
_DIGITS = 16
_TAGGED = ("application/json", "text/calendar")
_TAG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')


class Conditional:
    """ASGI middleware for what is read as JSON, or as a calendar, below ``/v1/``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reads = scope["type"] == "http" and scope["method"] == "GET"
        if not reads or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        held = _Held(send, Headers(scope=scope).getlist("if-none-match"))
        await self._app(scope, receive, held)


def has(known: Iterable[str], tag: str) -> bool:
    """Whether lines of ``If-None-Match`` name a tag, weak or not, or any (RFC 9110 §13.1.2)."""
    named = ",".join(known)
    return named.strip() == "*" or tag.removeprefix("W/") in _TAG.findall(named)


class _Held:
    """Holds an answer back until it is whole, then sends it, or 304 in its place."""

    def __init__(self, send: Send, known: Sequence[str]) -> None:
        self._send = send
        self._known = known
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_tagged(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            more = message.get("more_body", False)
            if not more or len(self._body) > _HELD_AT_MOST:
                await self._let_go(more=more)

    async def _let_go(self, *, more: bool) -> None:
        start, self._start = self._start, None
        if start is None:
            return
        if not more and self._has(MutableHeaders(raw=start["headers"])):
            start["status"] = HTTPStatus.NOT_MODIFIED
            del MutableHeaders(raw=start["headers"])["content-length"]
            self._body = b""
        await self._send(start)
        await self._send({"type": "http.response.body", "body": self._body, "more_body": more})

    def _has(self, headers: MutableHeaders) -> bool:
        """Tag the answer; whether the caller has it."""
        digits = hashlib.sha256(self._body).hexdigest()[:_DIGITS]
        last = headers.get("etag", "").strip('"')
        headers["etag"] = f'"{last}-{digits}"' if last else f'"{digits}"'
        return has(self._known, headers["etag"])


def _is_tagged(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return bool(start["status"] == HTTPStatus.OK and kind.startswith(_TAGGED))
