"""The HTTP API as an ASGI application."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi_offline import FastAPIOffline
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.exceptions import HTTPException
from starlette.responses import Response
from temporalio.client import Client

from api import (
    applications,
    callbacks,
    credit,
    health,
    in_force,
    lists,
    orders,
    outreach,
    proposing,
    reading,
    rules,
    uploads,
    verbs,
)
from api.edge import Edge, too_large
from api.engine import Engine
from api.faults import unreadable
from api.parts import Parts
from api.problems import AwayError, ProblemError, answer, of_refusal
from api.register import Register
from api.service import absences, cycles, permits, ratings, requests, rounds, services, talents
from api.service.desk import Desk
from api.submission import Opener
from casework.calendars import load_calendar
from casework.catalogue import load_catalogue
from casework.domain.errors import DomainError
from casework.pseudonyms import Pseudonyms
from casework.roster import load_roster
from casework.service_catalogue import load_service_catalogue
from casework.service_roster import load_service_roster
from casework.settings import Settings
from casework.store.engine import create_engine
from casework.store.materials import MaterialStore
from casework.temporal import connect
from casework.tokens import TokenVerifier

ROUTERS = (
    applications.router,
    lists.router,
    reading.router,
    verbs.router,
    uploads.router,
    rules.router,
    in_force.router,
    proposing.router,
    orders.router,
    outreach.router,
    credit.router,
    callbacks.router,
    talents.router,
    permits.router,
    cycles.router,
    requests.router,
    ratings.router,
    rounds.router,
    absences.router,
    services.router,
)
DESCRIPTION = """
人才服务办件：**先受理，材料后补，一件不忘**。

每个请求以 `Authorization: Bearer …` 表明办理人（`casework token`）。

出错时一律返回 `application/problem+json`（RFC 9457）：
`detail` 给人看，`code` 给程序用，`errors` 逐项指出要改什么。
"""


def create_app(
    settings: Settings,
    *,
    connect_temporal: Callable[[], Awaitable[Client]] | None = None,
    open_register: Callable[[], AsyncEngine] | None = None,
    now: Callable[[], datetime] | None = None,
) -> FastAPI:
    """Build the application; it starts, and answers 503, while Temporal or the register is away.

    Raises:
        SettingsError, CatalogueError: what it cannot do without is wrong.
    """
    parts = _parts(
        settings,
        connect_temporal or partial(connect, settings),
        open_register or (lambda: create_engine(settings.database)),
        now or _wall_clock,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await parts.register.close()

    app: FastAPI = FastAPIOffline(
        title="Casework",
        version=version("casework"),
        description=DESCRIPTION,
        lifespan=lifespan,
        redoc_url=None,
    )
    app.state.parts = parts
    app.include_router(health.router)
    for router in ROUTERS:
        app.include_router(router, prefix="/v1")
    app.add_middleware(Edge, upload_max_bytes=settings.upload_max_bytes)
    _answer_problems(app, settings)

    @app.get("/", include_in_schema=False)
    def root() -> RedirectResponse:
        return RedirectResponse("/docs")

    return app


def _parts(
    settings: Settings,
    connect_temporal: Callable[[], Awaitable[Client]],
    open_register: Callable[[], AsyncEngine],
    now: Callable[[], datetime],
) -> Parts:
    catalogue, calendar = load_catalogue(), load_calendar()
    roster, pseudonyms = load_roster(), Pseudonyms.open(settings)
    return Parts(
        settings=settings,
        verifier=TokenVerifier.open(settings),
        engine=Engine(
            connect_temporal, answer_within=timedelta(seconds=settings.answer_within_seconds)
        ),
        register=Register(open_register),
        materials=MaterialStore.open(settings.store_url),
        catalogue=catalogue,
        calendar=calendar,
        opener=Opener(
            catalogue=catalogue,
            calendar=calendar,
            roster=roster,
            pseudonyms=pseudonyms,
        ),
        desk=Desk(
            services=load_service_catalogue(),
            platforms=load_service_roster(),
            centres=roster,
            calendar=calendar,
            pseudonyms=pseudonyms,
        ),
        now=now,
    )


def _answer_problems(app: FastAPI, settings: Settings) -> None:
    @app.exception_handler(ProblemError)
    async def problem(request: Request, error: ProblemError) -> Response:
        return answer(error, request)

    @app.exception_handler(DomainError)
    async def refusal(request: Request, error: DomainError) -> Response:
        return answer(of_refusal(error), request)

    @app.exception_handler(AwayError)
    async def away(request: Request, error: AwayError) -> Response:
        return answer(error.problem, request)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        if _is_no_json(request) and any(fault["loc"] == ("body",) for fault in error.errors()):
            return answer(_NOT_JSON, request)
        return answer(unreadable(error.errors()), request)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        return answer(_of_http(error, settings), request)


_NOT_JSON = ProblemError(
    status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    code="UNSUPPORTED_MEDIA_TYPE",
    detail="请以 JSON 发送内容（Content-Type: application/json）",
)


def _is_no_json(request: Request) -> bool:
    has_body = request.headers.get("content-length", "0") != "0"
    return has_body and "json" not in request.headers.get("content-type", "")


def _of_http(error: HTTPException, settings: Settings) -> ProblemError:
    """What the framework itself refuses."""
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return too_large(settings.upload_max_bytes)
    code, detail = {
        HTTPStatus.NOT_FOUND: ("NO_SUCH_ADDRESS", "没有此地址，请对照 /docs"),
        HTTPStatus.METHOD_NOT_ALLOWED: ("METHOD_NOT_ALLOWED", "此地址不支持该方法，请对照 /docs"),
        HTTPStatus.BAD_REQUEST: ("UNREADABLE_BODY", "请求内容无法读取，须为 UTF-8 编码、格式正确"),
    }.get(status, (status.name, status.phrase))
    return ProblemError(status=status, code=code, detail=detail, headers=dict(error.headers or {}))


def _wall_clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the composition root
