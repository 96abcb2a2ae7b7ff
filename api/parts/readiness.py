"""Whether the API can do its work, and why not."""

import asyncio
from http import HTTPStatus

from api.edge.problems import RETRY_AFTER_SECONDS, AwayError, FieldError, ProblemError
from api.parts.engine import Engine
from api.parts.register import Register


class Readiness:
    """Says whether the API can do its work; it checks once for all requests at the same time."""

    def __init__(self, engine: Engine, register: Register) -> None:
        self._engine = engine
        self._register = register
        self._looking: asyncio.Task[tuple[AwayError | None, ...]] | None = None
        self.is_stopping = False

    async def problem(self) -> ProblemError | None:
        """Return why the API cannot do its work now, with the codes that requests get, too."""
        if self.is_stopping:
            return _not_ready(FieldError(field="api", detail="正在停止"))
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        away = [each.reason for each in await asyncio.shield(self._looking) if each]
        return _not_ready(*away) if away else None

    async def _look(self) -> tuple[AwayError | None, ...]:
        return await asyncio.gather(self._engine.why_away(), self._register.why_away())


def _not_ready(*reasons: FieldError) -> ProblemError:
    return ProblemError(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        code="NOT_READY",
        detail="暂时不可用：" + "；".join(each.detail for each in reasons),
        errors=reasons,
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )
