"""Wraps every request: limits, log, and the answer to an unexpected exception."""

import asyncio
import secrets
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from re import compile as pattern

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.edge.headers import SecurityHeaders
from api.edge.hosts import Hosts
from api.edge.limits import Incoming, refusal, too_slow
from api.edge.problems import ProblemError, answer
from api.edge.rates import FAILED_COSTS, Rates, too_many
from casework.domain.identifiers import CASE_NO

FORM_OVERHEAD_BYTES = 64 * 1024
VERIFY_PATH = "/v1/verify"
UPLOAD_PATHS = frozenset(
    {
        "/v1/materials",
        "/v1/staff/imports",
        "/v1/catalogue/archives",
        "/v1/submissions",
        VERIFY_PATH,
        "/verify",
    }
)
BOOKING_PAGE = "/book"
"""The public page on which anybody books an appointment, without a token."""
BOOKING_COSTS = 10
"""A booking counts as this many requests of its address."""
SHEETS = frozenset({"csv", "xlsx"})
"""The formats in which a list is a file."""
CODEC_PATH = "/codec/decode"
CODEC_MAX_BYTES = 4 * 1024 * 1024
"""Temporal takes payloads of 2 MB, and the Web UI sends them on in base64."""
_PAGES = frozenset({"desk", "my"})
PROBES = frozenset({"/health", "/ready"})
"""Paths for monitoring, which are never rate-limited."""

_MATERIAL_PATH = pattern(
    r"/v1/cases/[^/]+/(?:materials|letters)/[^/]+(?:/signature)?|/v1/catalogue/archives/[^/]+"
)
_FORM_WITH_FILES = pattern(r"/my/cases/[^/]+/(?:supplement|materials_received)")
_FILES_A_FORM = 3
"""As many of the largest files a form of people from outside may bring at once."""
_REQUEST_ID = pattern(r"[A-Za-z0-9._-]{1,64}")

log = structlog.get_logger("api")


Observe = Callable[[str, str, int, float], None]
"""Is told of each request: method, template of the route, status (0: none sent), seconds."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bytes of a body, and seconds until the answer must have begun.

    Uploads and downloads have a longer time of their own: they may come over a slow line, and need
    memory for one piece only.
    """

    json_bytes: int
    upload_bytes: int
    seconds: float
    upload_seconds: float


def is_public(path: str) -> bool:
    """Whether a path of the API needs no token."""
    if path in {VERIFY_PATH, "/v1/verification-key", "/v1/seal-certificate", "/v1/webhook-keys"}:
        return True
    return path.startswith((f"{VERIFY_PATH}/", "/v1/rating-links/", "/v1/due-calendars/"))


def is_page(path: str) -> bool:
    """Whether a path is a page that asks /v1 inside: its forms bring files, /v1 counts it."""
    return path.split("/")[1] in _PAGES


def is_file(path: str, wanted: str = "") -> bool:
    """Whether a path is for uploads or downloads of a file; ``wanted`` is a list's ``format``."""
    is_sheet = wanted in SHEETS and path.startswith("/v1/")
    return is_sheet or path in UPLOAD_PATHS or _MATERIAL_PATH.fullmatch(path) is not None


class ReadAgainError(Exception):
    """A read failed because its database connection was broken: `Edge` repeats it, once."""


_REPEATED = "casework.repeated"


def read_again(request: Request) -> None:
    """Have the request repeated from its beginning, if it only reads and was not repeated yet.

    Raises:
        ReadAgainError: it will be repeated.
    """
    if request.method in {"GET", "HEAD"} and _REPEATED not in request.scope:
        raise ReadAgainError


class Edge:
    """ASGI middleware.

    The log contains no query string, no body and no message of an exception, because each may name
    a person.
    """

    def __init__(  # noqa: PLR0913 - each is one of its surroundings
        self,
        app: ASGIApp,
        *,
        limits: Limits,
        rates: Rates,
        headers: SecurityHeaders,
        hosts: Hosts,
        observe: Observe,
    ) -> None:
        self._app = app
        self._observe = observe
        self._hosts = hosts
        self._limits = limits
        self._rates = rates
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        request_id = _request_id(request)
        began, status = time.monotonic(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(raw=message["headers"])
                headers.append("x-request-id", request_id)
                self._headers.set_on(headers, scope["path"])
            await send(message)

        try:
            problem = await self._answered(request, receive, noting)
            if problem and status == 0:
                await answer(problem, request)(scope, receive, noting)
        except ClientDisconnect:
            log.info("client_gone", request_id=request_id)
        except Exception as error:  # noqa: BLE001 - the last resort: nothing inside shows outside
            log.error(  # noqa: TRY400 - without the message, which may name a person
                "request_failed",
                request_id=request_id,
                error=type(error).__name__,
                at="".join(traceback.format_tb(error.__traceback__)[-3:]),
            )
            if status == 0:
                await answer(_failure(request_id), request)(scope, receive, noting)
        finally:
            seconds = time.monotonic() - began
            _log(request, request_id, status, seconds)
            self._observe(request.method, _route(request), int(status), seconds)

    def _size(self, path: str) -> int:
        if _FORM_WITH_FILES.fullmatch(path):
            return _FILES_A_FORM * self._limits.upload_bytes + FORM_OVERHEAD_BYTES
        if path in UPLOAD_PATHS or is_page(path):
            return self._limits.upload_bytes + FORM_OVERHEAD_BYTES
        return CODEC_MAX_BYTES if path == CODEC_PATH else self._limits.json_bytes

    async def _answered(
        self, request: Request, receive: Receive, send: Send
    ) -> ProblemError | None:
        """Let the application answer; return the answer that must be sent instead, if any."""
        limits, path = self._limits, request.scope["path"]
        size = self._size(path)
        refused = self._hosts.refusal(request) or await self._too_often(request)
        if problem := refused or refusal(request, size):
            return problem
        incoming = Incoming(receive, limit=size, json=not (path in UPLOAD_PATHS or is_page(path)))
        stranger = _Stranger(request, self._rates, send)
        try:
            async with asyncio.timeout(
                limits.upload_seconds
                if is_file(path, _format(request)) or is_page(path)
                else limits.seconds
            ) as left:
                await self._app_once_more(request.scope, incoming, stranger)
        except TimeoutError:
            if not left.expired():
                raise
            return too_slow(awaited=incoming.awaited)
        return stranger.problem

    async def _app_once_more(self, scope: Scope, receive: Receive, send: Send) -> None:
        before = dict(scope)
        try:
            await self._app(scope, receive, send)
        except ReadAgainError:
            scope.clear()
            scope.update(before, **{_REPEATED: True})
            await self._app(scope, receive, send)

    async def _too_often(self, request: Request) -> ProblemError | None:
        """Count a request that needs no token by its address; others are counted by their actor."""
        path = request.scope["path"]
        if path in PROBES or is_page(path) or (path.startswith("/v1/") and not is_public(path)):
            return None
        booking = request.method == "POST" and path.startswith(f"{BOOKING_PAGE}/")
        seconds = await self._rates.wait(_address(request), BOOKING_COSTS if booking else 1)
        return too_many(seconds) if seconds else None


class _Stranger:
    """Passes an answer on; a 401 to an address that has had too many becomes a 429.

    So somebody who guesses tokens does not lock out others at the address who have a valid one.
    """

    def __init__(self, request: Request, rates: Rates, send: Send) -> None:
        self._request = request
        self._rates = rates
        self._send = send
        self.problem: ProblemError | None = None

    async def __call__(self, message: Message) -> None:
        if message.get("status") == HTTPStatus.UNAUTHORIZED:
            seconds = await self._rates.wait(f"failed {_address(self._request)}", FAILED_COSTS)
            self.problem = too_many(seconds) if seconds else None
        if self.problem is None:
            await self._send(message)


def _format(request: Request) -> str:
    return str(request.query_params.get("format", ""))


def _address(request: Request) -> str:
    return f"address {request.client.host if request.client else ''}"


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _failure(request_id: str) -> ProblemError:
    return ProblemError(
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        code="INTERNAL_ERROR",
        detail=f"系统内部错误，请联系管理员并提供编号 {request_id}",
    )


def _route(request: Request) -> str:
    """The template of the route, not the path, which may contain anything."""
    return str(getattr(request.scope.get("route"), "path", ""))


def _log(request: Request, request_id: str, status: int, seconds: float) -> None:
    actor = getattr(request.state, "actor", None)
    log.info(
        "request",
        request_id=request_id,
        method=request.method,
        route=_route(request),
        case_no=_case_no(request),
        status=int(status),
        actor=actor.code if actor else "",
        milliseconds=round(seconds * 1000, 1),
    )


def _case_no(request: Request) -> str:
    written = str(request.path_params.get("case_no", ""))
    return written if CASE_NO.fullmatch(written) else ""
