"""What happens to every request before and after its route: size, log, and the last resort."""

import secrets
import time
import traceback
from http import HTTPStatus
from re import compile as pattern

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.bodies import CASE_NO
from api.problems import ProblemError, answer

JSON_MAX_BYTES = 256 * 1024
FORM_OVERHEAD_BYTES = 64 * 1024
UPLOAD_PATH = "/v1/materials"

_REQUEST_ID = pattern(r"[A-Za-z0-9._-]{1,64}")

log = structlog.get_logger("api")


class Edge:
    """ASGI middleware.

    The log holds no query string, no body, no message of an exception: each may name a person.
    """

    def __init__(self, app: ASGIApp, *, upload_max_bytes: int) -> None:
        self._app = app
        self._upload_max_bytes = upload_max_bytes

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
                message["headers"].append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            limit = self._limit(request)
            if _announced(request) > limit:
                await answer(too_large(limit), request)(scope, receive, noting)
            else:
                await self._app(scope, _counted(receive, limit), noting)
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
            _log(request, request_id, status, time.monotonic() - began)

    def _limit(self, request: Request) -> int:
        if request.scope["path"] == UPLOAD_PATH:
            return self._upload_max_bytes + FORM_OVERHEAD_BYTES
        return JSON_MAX_BYTES


def too_large(limit: int) -> ProblemError:
    """The body is larger than this route takes."""
    return ProblemError(
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        code="BODY_TOO_LARGE",
        detail=f"请求内容超过上限 {limit // 1024} KB",
    )


def _announced(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdecimal() else 0


def _counted(receive: Receive, limit: int) -> Receive:
    size = 0

    async def counting() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            # The one kind of exception that passes unchanged through the reading of a body.
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return message

    return counting


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _failure(request_id: str) -> ProblemError:
    return ProblemError(
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        code="INTERNAL_ERROR",
        detail=f"系统内部错误，请联系管理员并提供编号 {request_id}",
    )


def _log(request: Request, request_id: str, status: int, seconds: float) -> None:
    # The template of the route, not the path: a stranger may write anything into a path.
    route = request.scope.get("route")
    actor = getattr(request.state, "actor", None)
    log.info(
        "request",
        request_id=request_id,
        method=request.method,
        route=getattr(route, "path", ""),
        case_no=_case_no(request),
        status=int(status),
        actor=actor.code if actor else "",
        milliseconds=round(seconds * 1000, 1),
    )


def _case_no(request: Request) -> str:
    written = str(request.path_params.get("case_no", ""))
    return written if CASE_NO.fullmatch(written) else ""
