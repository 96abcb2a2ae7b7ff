"""The HTTP API as an ASGI application."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute
from temporalio.client import Client

from api.access.oidc import Login
from api.access.session import keep_sessions
from api.desk import site
from api.desk.visit import problem_page
from api.edge.conditional import Conditional
from api.edge.docs import serve_docs
from api.edge.faults import unreadable
from api.edge.headers import SecurityHeaders
from api.edge.hosts import Hosts
from api.edge.limits import RefusedBodyError
from api.edge.openapi import describe_problems, operation_id, tags
from api.edge.problems import AwayError, ProblemError, answer, of_refusal, title_of
from api.edge.rates import Rates
from api.edge.requests import BOOKING_PAGE, Edge, Limits, read_again
from api.parts import Parts, Play
from api.parts.engine import Engine
from api.parts.metrics import Metrics
from api.parts.readiness import Readiness
from api.parts.register import Register
from api.routes import (
    appointments,
    at_desk,
    board,
    booking_page,
    callbacks,
    catalogue,
    codec,
    consultations,
    credit,
    digests,
    disclosure,
    due_calendars,
    erasures,
    feed,
    figures,
    guide_pages,
    health,
    in_force,
    jurisdiction,
    letters,
    lists,
    loads,
    login,
    materials,
    of_kind,
    opening,
    orders,
    outreach,
    proposing,
    reading,
    reassigning,
    relations,
    reports,
    rules,
    staff,
    submissions,
    together,
    turn,
    units,
    uploads,
    verbs,
    verify_page,
    walk_ledger,
    webhooks,
    whole,
)
from api.routes.decoding import Decoder
from api.routes.export import describe_sheets
from api.routes.guide_pages import problem_page as public_problem_page
from api.routes.talent_service import (
    absences,
    cycles,
    ratings,
    requests,
    rounds,
    services,
)
from casework import __version__
from casework.domain.errors import DomainError
from casework.domain.time.calendar import local_date
from casework.filing.desk import Desk
from casework.outside import SealOffice, speaking
from casework.policy.authority import bind_rosters
from casework.policy.directories import Directories
from casework.policy.staffing import LiveStaff
from casework.security.audit.digests import DigestKey
from casework.security.identity import TokenVerifier
from casework.security.keys.vault import ErasedError, Vault
from casework.security.proof.parts import open_signing
from casework.security.pseudonyms import Pseudonyms
from casework.security.seal_signature import SealCertificates
from casework.settings import Settings
from casework.store.engine import create_engine
from casework.store.in_force.published import PublishedCatalogues
from casework.store.materials import MaterialStore
from casework.store.rates import RegisterStorage
from casework.store.sealing.ring_vault import RingVault
from casework.temporal import connect

ROUTERS = (
    opening.router,
    submissions.router,
    lists.router,
    feed.router,
    webhooks.router,
    webhooks.undelivered_router,
    loads.router,
    consultations.router,
    units.router,
    figures.router,
    board.router,
    reports.router,
    at_desk.router,
    reading.router,
    turn.router,
    whole.router,
    together.router,
    disclosure.router,
    materials.router,
    letters.router,
    jurisdiction.router,
    erasures.router,
    digests.audit_router,
    digests.router,
    login.me_router,
    due_calendars.router,
    verbs.router,
    reassigning.router,
    uploads.router,
    rules.router,
    in_force.router,
    catalogue.router,
    proposing.router,
    orders.router,
    staff.router,
    outreach.router,
    credit.router,
    callbacks.router,
    cycles.router,
    cycles.permits_router,
    cycles.cycles_router,
    requests.router,
    ratings.router,
    rounds.router,
    absences.router,
    relations.router,
    services.router,
    appointments.router,
    walk_ledger.router,
    *of_kind.routers(),
)
PUBLIC_ROUTERS = (letters.public_router, webhooks.public_router, due_calendars.public_router)
"""The routes below /v1 that need no token."""
PUBLIC_PAGES = (guide_pages.PATH, letters.VERIFY_PAGE, BOOKING_PAGE)
"""The pages that need no login; below them a refusal is a page in their frame."""
DESCRIPTION = """
人才服务办件：**先受理，材料后补，一件不忘**。

每个请求以 `Authorization: Bearer …` 表明办理人（`casework token`），浏览器可先在 `/login` 登录。

出错时一律返回 `application/problem+json`（RFC 9457）：
`detail` 给人看，`code` 给程序用，`errors` 逐项指出要改什么。
"""


def create_app(  # noqa: PLR0913 - each stands for one of its surroundings
    settings: Settings,
    *,
    connect_temporal: Callable[[], Awaitable[Client]] | None = None,
    open_register: Callable[[], AsyncEngine] | None = None,
    now: Callable[[], datetime] | None = None,
    vault: Vault | None = None,
    hosts: Hosts | None = None,
    play: Play | None = None,
) -> FastAPI:
    """Build the application; while Temporal or the register is unavailable it answers 503.

    ``hosts``: the host names that it accepts; without them any. ``play`` plays the scenarios of a
    catalogue that is sent; without it one that has any is refused.

    Raises:
        SettingsError, CatalogueError: the settings or the catalogue are wrong.
    """
    now = now or _wall_clock
    open_register = open_register or (lambda: create_engine(settings.database))
    vault = vault or RingVault.open(settings, open_register, at=now())
    parts = _parts(
        settings,
        connect_temporal
        or partial(connect, settings, vault=vault, signing=open_signing(settings, "api")),
        Register(open_register, vault, newer=settings.allow_newer_register),
        vault,
        now,
        play,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        if parts.seal is not None:
            await parts.seal.http.aclose()
        await parts.register.close()
        await parts.vault.aclose()

    app = FastAPI(
        title="Casework",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json" if settings.docs else None,
        openapi_tags=tags(),
        generate_unique_id_function=operation_id,
        routes=_routes(with_directory=bool(parts.directories)),
    )
    app.state.parts = parts
    app.state.problem_pages = site.PROBLEM_PAGES | dict.fromkeys(PUBLIC_PAGES, public_problem_page)
    app.state.problem_seen = problem_page
    if parts.directories:
        from api.routes import scim  # noqa: PLC0415 - as in _routes

        app.state.problem_pages["/scim"] = scim.problem_body
    app.state.metrics = Metrics(parts.register, now)
    app.state.login = Login.open(settings, parts.desk.pseudonyms)
    app.state.decoder = Decoder(parts.register, vault, now)
    app.state.rates = Rates(
        RegisterStorage(parts.register.counting),
        per_minute=settings.rate_per_minute,
        burst=settings.burst,
    )
    describe_problems(app)
    describe_sheets(app)
    keep_sessions(app, settings)
    app.add_middleware(Conditional)
    app.add_middleware(codec.CodecOrigins, origins=codec.origins_of(settings))
    app.add_middleware(
        Edge,
        limits=Limits(
            json_bytes=settings.json_max_bytes,
            upload_bytes=settings.upload_max_bytes,
            seconds=settings.request_within_seconds,
            upload_seconds=settings.upload_within_seconds,
        ),
        rates=app.state.rates,
        hosts=hosts or Hosts(),
        observe=app.state.metrics.observe,
        headers=SecurityHeaders(
            only_https=settings.environment == "production",
            docs_page=serve_docs(app) if settings.docs else "",
        ),
    )
    _answer_problems(app)
    return app


def _routes(*, with_directory: bool) -> list[BaseRoute]:
    """All routes, in the order in which an address is looked for; every application shares them."""
    routers = [health.router, login.router, guide_pages.router, verify_page.router]
    routers += [booking_page.router, *ROUTERS, *PUBLIC_ROUTERS]
    if with_directory:  # few offices have one, and its models take a fifth of the API's start
        from api.routes import scim  # noqa: PLC0415

        routers.append(scim.router)
    routers += [codec.router, *site.ROUTERS]
    return [route for router in routers for route in router.routes]


def _parts(  # noqa: PLR0913, PLR0917 - each stands for one of its surroundings
    settings: Settings,
    connect_temporal: Callable[[], Awaitable[Client]],
    register: Register,
    vault: Vault,
    now: Callable[[], datetime],
    play: Play | None,
) -> Parts:
    bind_rosters(settings)  # a fault in the catalogue stops the API now, not at the first request
    live = LiveStaff(lambda: local_date(now()))
    materials = MaterialStore.open(settings.store_url)
    published = PublishedCatalogues.begin(settings.catalogue, register.reading, materials, now)
    sample = published.held.sample
    engine = Engine(
        connect_temporal,
        answer_within=timedelta(seconds=settings.answer_within_seconds),
        spread=timedelta(minutes=settings.wake_spread_minutes),
    )
    return Parts(
        directories=Directories.open(settings.scim_file),
        digest_key=cache(partial(DigestKey.open, settings)),
        settings=settings,
        verifier=TokenVerifier.open(settings),
        engine=engine,
        register=register,
        readiness=Readiness(engine, register),
        vault=vault,
        materials=materials,
        published=published,
        counter=Desk(
            catalogue=sample.catalogue,
            services=sample.services,
            digest=sample.digest,
            platforms=live,
            centres=live,
            calendar=sample.calendar,
            sharing=sample.sharing,
            pseudonyms=Pseudonyms.open(settings),
        ),
        now=now,
        play=play,
        seal=SealOffice.of(settings, speaking(settings.seal_token_file)),
        seal_certificates=SealCertificates.open(settings),
    )


def _answer_problems(app: FastAPI) -> None:
    @app.exception_handler(ProblemError)
    async def problem(request: Request, error: ProblemError) -> Response:
        return answer(error, request)

    @app.exception_handler(DomainError)
    async def refusal(request: Request, error: DomainError) -> Response:
        return answer(of_refusal(error), request)

    @app.exception_handler(AwayError)
    async def away(request: Request, error: AwayError) -> Response:
        if error.again:
            read_again(request)
        return answer(error.problem, request)

    @app.exception_handler(ErasedError)
    async def erased(request: Request, error: ErasedError) -> Response:
        del error  # its text adds nothing to the status number
        return answer(_ERASED, request)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        if _is_no_json(request) and any(fault["loc"] == ("body",) for fault in error.errors()):
            return answer(_NOT_JSON, request)
        return answer(unreadable(error.errors()), request)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        return answer(_of_http(error), request)


_ERASED = ProblemError(
    status=HTTPStatus.GONE,
    code="CASE_ERASED",
    detail="本件的个人信息和办理内容已依法删除",
)
_NOT_JSON = ProblemError(
    status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    code="UNSUPPORTED_MEDIA_TYPE",
    detail="请以 JSON 发送内容（Content-Type: application/json）",
)


def _is_no_json(request: Request) -> bool:
    has_body = request.headers.get("content-length", "0") != "0"
    return has_body and "json" not in request.headers.get("content-type", "")


def _of_http(error: HTTPException) -> ProblemError:
    """Turn a refusal by the framework into a problem."""
    if isinstance(error, RefusedBodyError):
        return error.problem
    status = HTTPStatus(error.status_code)
    code, detail = {
        HTTPStatus.NOT_FOUND: ("NO_SUCH_ADDRESS", "没有此地址，请核对"),
        HTTPStatus.METHOD_NOT_ALLOWED: ("METHOD_NOT_ALLOWED", "此地址不接受这种请求，请核对"),
        HTTPStatus.BAD_REQUEST: ("UNREADABLE_BODY", "请求内容无法读取，须为 UTF-8 编码、格式正确"),
    }.get(status, (status.name, title_of(status)))
    return ProblemError(status=status, code=code, detail=detail, headers=dict(error.headers or {}))


def _wall_clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the composition root
