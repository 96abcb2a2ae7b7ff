"""How large a request may be, how deep its JSON, and how long it may take."""

import re
from collections.abc import Callable
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive

from api.edge.problems import RETRY_AFTER_SECONDS, ProblemError

ADDRESS_MAX_BYTES = 8 * 1024
"""Path and query together: a list with every filter set needs a tenth of it."""

HEADERS_MAX_BYTES = 16 * 1024
"""All headers together: a token is 1 KB, a session cookie 4 KB."""

JSON_MAX_DEPTH = 32
"""The deepest valid body of any route has 8 levels."""

_STRUCTURE = re.compile(rb'\\.|["\[\]{}]', re.DOTALL)


class RefusedBodyError(HTTPException):
    """The framework passes on only this kind of exception while it reads a body."""

    def __init__(self, problem: ProblemError) -> None:
        super().__init__(problem.status)
        self.problem = problem


class Incoming:
    """The body of a request as it arrives, up to ``limit`` bytes.

    ``awaited``: we are waiting for the client to send more, so a timeout is the client's fault.
    """

    def __init__(self, receive: Receive, *, limit: int, json: bool) -> None:
        self._receive = receive
        self._limit = limit
        self._size = 0
        self._deepening = _deepening() if json else None
        self.awaited = False

    async def __call__(self) -> Message:
        self.awaited = True
        message = await self._receive()
        self.awaited = False
        piece = message.get("body", b"")
        self._size += len(piece)
        if self._size > self._limit:
            raise RefusedBodyError(too_large(self._limit))
        if self._deepening and self._deepening(piece) > JSON_MAX_DEPTH:
            raise RefusedBodyError(_TOO_DEEP)
        return message


def _deepening() -> Callable[[bytes], int]:
    """Return a function that is called with pieces of a JSON text, and returns the depth so far."""
    depth = deepest = 0
    quoted, rest = False, b""

    def feed(piece: bytes) -> int:
        nonlocal depth, deepest, quoted, rest
        text = rest + piece
        rest = b""
        for found in _STRUCTURE.finditer(text):
            sign = found[0]
            if sign == b'"':
                quoted = not quoted
            elif not quoted and sign in b"[{":
                depth += 1
                deepest = max(deepest, depth)
            elif not quoted and sign in b"]}":
                depth -= 1
        if text.endswith(b"\\") and (len(text) - len(text.rstrip(b"\\"))) % 2:
            rest = b"\\"
        return deepest

    return feed


def announced(request: Request) -> int:
    """Return the announced length of the body; 0 if none, or no valid one, is announced."""
    length = request.headers.get("content-length", "")
    return int(length[:19]) if length.isascii() and length.isdecimal() else 0


def refusal(request: Request, body_limit: int) -> ProblemError | None:
    """Why a request is refused before its body is read."""
    scope = request.scope
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > ADDRESS_MAX_BYTES:
        return ProblemError(
            status=HTTPStatus.REQUEST_URI_TOO_LONG,
            code="ADDRESS_TOO_LONG",
            detail=f"地址（含查询条件）超过上限 {ADDRESS_MAX_BYTES // 1024} KB",
        )
    if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADERS_MAX_BYTES:
        return ProblemError(
            status=HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            code="HEADERS_TOO_LARGE",
            detail=f"请求头超过上限 {HEADERS_MAX_BYTES // 1024} KB",
        )
    names = [name for name, _ in scope["headers"]]
    chunked = b"transfer-encoding" in names
    if chunked and (b"content-length" in names or scope["http_version"] == "1.0"):
        # A proxy in front of us may have used the other one: the end of the request is uncertain.
        return ProblemError(
            status=HTTPStatus.BAD_REQUEST,
            code="LENGTH_AMBIGUOUS",
            detail="请求不得同时带有 Content-Length 与 Transfer-Encoding",
            headers={"Connection": "close"},
        )
    return too_large(body_limit) if announced(request) > body_limit else None


def too_large(limit: int) -> ProblemError:
    """The body is larger than this route takes."""
    return ProblemError(
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        code="BODY_TOO_LARGE",
        detail=f"请求内容超过上限 {limit // 1024} KB",
        headers={"Connection": "close"},
    )


def too_slow(*, awaited: bool) -> ProblemError:
    """Return the problem for a timeout: 408 if the body was ``awaited``, otherwise 503."""
    if awaited:
        return ProblemError(
            status=HTTPStatus.REQUEST_TIMEOUT,
            code="BODY_TOO_SLOW",
            detail="请求内容未在时限内传完，请检查网络后重试",
            headers={"Connection": "close"},
        )
    return ProblemError(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        code="ANSWER_TOO_SLOW",
        detail="未能在时限内答复，请稍后以相同内容（相同 Idempotency-Key）重试，不会重复办理",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


_TOO_DEEP = ProblemError(
    status=HTTPStatus.UNPROCESSABLE_ENTITY,
    code="BODY_TOO_DEEP",
    detail=f"JSON 嵌套超过 {JSON_MAX_DEPTH} 层，请核对",
)
