"""One connection of the HTTP server: its limits of form, time and number.

uvicorn's own protocol waits for a request head without limit, reads a refused body without limit,
and accepts lines that end in a bare LF. This one does not (docs/adr/0025).
"""

import asyncio
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

import h11
import structlog
from h11._receivebuffer import ReceiveBuffer
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import _TrustedHosts
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.edge.problems import MEDIA_TYPE, RETRY_AFTER_SECONDS, ProblemError, answer

_FURTHER = 2
"""Beyond this multiple of a limit, connections are dropped without an answer."""
_ODD_LINE = re.compile(rb"(?<!\r)\n|\r(?!\n)|\n[ \t]")
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_IPV6_OF_ONE = 64
"""Bits of an IPv6 prefix that one client usually owns as a whole."""

log = structlog.get_logger("api")


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """The limits of the connections of one port; ``proxies`` as in `Settings.trusted_proxies`."""

    connections: int
    per_address: int
    head_seconds: float
    unread_seconds: float
    proxies: str = ""


@dataclass(kw_only=True)
class Crowd:
    """The connections of one port that are open now, by address."""

    allowed: Allowed
    open: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._proxies = _TrustedHosts(self.allowed.proxies)

    def enter(self, address: str) -> str:
        """Count a connection, and return the key under which it is counted."""
        key = _of_one(address)
        self.open[key] += 1
        return key

    def leave(self, key: str) -> None:
        """Stop counting it."""
        self.open[key] -= 1
        if not self.open[key]:
            del self.open[key]

    def over(self, address: str) -> tuple[float, ProblemError] | None:
        """Return how many times a limit is exceeded and the problem to answer; None: none is."""
        if (total := self.open.total()) > self.allowed.connections:
            return total / self.allowed.connections, _FULL
        own = self.open[_of_one(address)]
        if own > self.allowed.per_address and address not in self._proxies:
            return own / self.allowed.per_address, _TOO_MANY
        return None


def _of_one(address: str) -> str:
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, IPv6Address) and known.ipv4_mapped is None:
        return str(ip_network((known, _IPV6_OF_ONE), strict=False))
    return str(known)


_FULL = ProblemError(
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    code="TOO_MANY_CONNECTIONS",
    detail="同时连接过多，请稍后再试",
    headers={"Retry-After": str(RETRY_AFTER_SECONDS), "Connection": "close"},
)
_TOO_MANY = ProblemError(
    status=HTTPStatus.TOO_MANY_REQUESTS,
    code="TOO_MANY_CONNECTIONS",
    detail="此地址同时打开的连接过多，请先关闭一些",
    headers={"Retry-After": str(RETRY_AFTER_SECONDS), "Connection": "close"},
)


def _only(problem: ProblemError) -> ASGIApp:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(problem, Request(scope))(scope, receive, send)

    return refuse


class _StrictBuffer(ReceiveBuffer):
    """Accepts only lines that end in CRLF, and no folded ones: every parser must read one head."""

    def maybe_extract_lines(self) -> list[bytearray] | None:
        end = _END_OF_HEAD.search(self._data, self._multiple_lines_search)
        if end and _ODD_LINE.search(self._data, 0, end.end()):
            raise h11.RemoteProtocolError("a line of the head is not ended by CRLF alone")
        return super().maybe_extract_lines()


class Connection(H11Protocol):
    """A connection that keeps to what is `Allowed`.

    The time limit of a request head begins with its first byte, that of the first head with the
    connection. The rest of a body that was answered already, and a client that does not read its
    answer, have a time limit, too.
    """

    def __init__(self, *args: Any, crowd: Crowd, **options: Any) -> None:  # noqa: ANN401 - uvicorn's
        super().__init__(*args, **options)
        self.conn._receive_buffer = _StrictBuffer()  # noqa: SLF001 - h11 takes no other
        self._crowd = crowd
        self._key: str | None = None
        self._late: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._has_begun = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        self._key = self._crowd.enter(address)
        if over := self._crowd.over(address):
            times, problem = over
            log.warning("connection_refused", code=problem.code, status=int(problem.status))
            if times > _FURTHER:
                transport.abort()
                return
            self.app = _only(problem)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._key is not None:
            self._crowd.leave(self._key)
            self._key = None
        for timer in (self._late, self._unread):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._has_begun = True
        super().data_received(data)
        self._expect()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # Until a head begins, uvicorn's own keep-alive time applies.
        self._has_begun = bool(self.conn.trailing_data[0])
        if self._has_begun or self.transport.is_closing() or self.conn.their_state != h11.IDLE:
            self._expect()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread is None:
            seconds = self._crowd.allowed.unread_seconds
            self._unread = self.loop.call_later(seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that is not HTTP; called while the exception is being handled."""
        del msg  # uvicorn's text is English, and nobody reads it
        fault = sys.exc_info()[1]
        hint = getattr(fault, "error_status_hint", HTTPStatus.BAD_REQUEST)
        if hint == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
            self._refuse(HTTPStatus(hint), "HEADERS_TOO_LARGE", "请求行或请求头过大")
        else:
            self._refuse(HTTPStatus.BAD_REQUEST, "NOT_HTTP", "不是合法的 HTTP 请求")

    def _expect(self) -> None:
        """Set a deadline while the client still has to send or read something; otherwise none."""
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering and not self.transport.is_closing():
            if self._late is not None:
                self._late.cancel()
                self._late = None
        elif self._late is None:
            self._late = self.loop.call_later(self._crowd.allowed.head_seconds, self._is_late)

    def _is_late(self) -> None:
        self._late = None
        if self.transport.is_closing() or self.conn.our_state is not h11.IDLE:
            self.transport.abort()
        elif self._has_begun:
            log.warning("head_too_slow")
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "HEAD_TOO_SLOW", "请求头未在时限内传完")
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus, code: str, detail: str) -> None:
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:  # partly answered
            self.transport.abort()
            return
        # There is no request, and so no path to name.
        body = {
            "type": f"urn:casework:problem:{code.lower().replace('_', '-')}",
            "title": "请求无法读取",
            "status": int(status),
            "code": code,
            "detail": detail,
            "instance": "",
            "errors": [],
        }
        content = json.dumps(body, ensure_ascii=False).encode()
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(content)).encode()),
            (b"connection", b"close"),
        ]
        for event in (
            h11.Response(status_code=status, headers=headers, reason=status.phrase.encode()),
            h11.Data(data=content),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
        self._expect()
