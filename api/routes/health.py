"""Whether the process runs, and whether it can do its work."""

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.edge.openapi import operation_id
from api.edge.problems import answer
from api.parts import Here
from api.parts.metrics import CONTENT_TYPE, Metrics
from api.parts.readiness import Readiness
from api.routes.answers import PROBLEM
from casework import __version__

router = APIRouter(tags=["health"], generate_unique_id_function=operation_id)


class Alive(BaseModel):
    status: str = "ok"
    version: str = __version__


class Ready(BaseModel):
    status: str = "ready"


@router.get("/health", summary="存活")
def health() -> Alive:
    """Whether the process answers; this does not check the parts that it needs."""
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


def probes(readiness: Readiness, metrics: Metrics) -> Starlette:
    """Return the application of the port for probes: ``/live``, ``/ready`` and ``/metrics``."""

    async def live(_: Request) -> Response:
        return JSONResponse(Alive().model_dump())

    async def is_ready(request: Request) -> Response:
        problem = await readiness.problem()
        return answer(problem, request) if problem else JSONResponse(Ready().model_dump())

    async def measured(_: Request) -> Response:
        return Response(await metrics.page(), media_type=CONTENT_TYPE)

    return Starlette(
        routes=[
            Route("/live", live),
            Route("/ready", is_ready),
            Route("/metrics", measured),
        ]
    )
