"""Whether the process lives, and whether it can do its work."""

import asyncio
from http import HTTPStatus

from fastapi import APIRouter
from pydantic import BaseModel

from api.answers import PROBLEM
from api.parts import Here
from api.problems import RETRY_AFTER_SECONDS, FieldError, ProblemError
from casework import __version__

router = APIRouter(tags=["运行"])


class Alive(BaseModel):
    status: str = "ok"
    version: str = __version__


class Ready(BaseModel):
    status: str = "ready"


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
    """Temporal and the register answer; 503 names which of them does not."""
    temporal, register = await asyncio.gather(here.engine.is_here(), here.register.is_here())
    away = [
        FieldError(field=party, detail="暂时不可用")
        for party, answers in (("temporal", temporal), ("register", register))
        if not answers
    ]
    if away:
        raise ProblemError(
            status=HTTPStatus.SERVICE_UNAVAILABLE,
            code="NOT_READY",
            detail="暂时不可用：" + "、".join(each.field for each in away),
            errors=away,
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )
    return Ready()
