"""Whether the process lives, and whether it can do its work."""

import asyncio
from http import HTTPStatus

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.edge.problems import RETRY_AFTER_SECONDS, AwayError, FieldError, ProblemError, answer
from api.routes.answers import PROBLEM
from api.routes.parts import Here
from api.routes.register import Register
from api.temporal.engine import Engine
from casework import __version__

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    status: str = "ok"
    version: str = __version__


class Ready(BaseModel):
    status: str = "ready"


class Readiness:
    """Says whether the API can do its work; however many ask at once, it looks once."""

    def __init__(self, engine: Engine, register: Register) -> None:
        self._engine = engine
        self._register = register
        self._looking: asyncio.Task[tuple[AwayError | None, ...]] | None = None
        self.is_stopping = False

    async def problem(self) -> ProblemError | None:
        """Why the API cannot do its work now: what stands in the answers to requests, too."""
        if self.is_stopping:
            return _not_ready(FieldError(field="api", detail="正在停止"))
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        away = [each.reason for each in await asyncio.shield(self._looking) if each]
        return _not_ready(*away) if away else None

    async def _look(self) -> tuple[AwayError | None, ...]:
        return await asyncio.gather(self._engine.why_away(), self._register.why_away())


@router.get("/health", summary="存活")
def health() -> Alive:
    """The process answers; nothing is said about what it needs."""
    return Alive()


@router.get(
    "/ready",
    summary="就绪",
    responses={503: {"content": PROBLEM, "description": "流程引擎或登记库暂时不可用"}},
)
async def ready(here: Here) -> Ready:
    """Temporal and the register can serve; 503 names which of them cannot, and why."""
    if problem := await here.readiness.problem():
        raise problem
    return Ready()


def probes(readiness: Readiness) -> Starlette:
    """The application of a port for probes alone: ``/live`` and ``/ready``."""

    async def live(_: Request) -> Response:
        return JSONResponse(Alive().model_dump())

    async def is_ready(request: Request) -> Response:
        problem = await readiness.problem()
        return answer(problem, request) if problem else JSONResponse(Ready().model_dump())

    return Starlette(routes=[Route("/live", live), Route("/ready", is_ready)])


def _not_ready(*reasons: FieldError) -> ProblemError:
    return ProblemError(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        code="NOT_READY",
        detail="暂时不可用：" + "；".join(each.detail for each in reasons),
        errors=reasons,
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )
