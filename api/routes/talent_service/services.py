"""The list of services (人才服务项目清单), and who provides them."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, TypeAdapter

from api.access.guard import Caller
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.routers import with_token
from casework.domain.errors import DomainError
from casework.domain.kinds.request.state import ServiceRule
from casework.domain.talent import Level
from casework.domain.time.calendar import local_date
from casework.filing.bodies import Code, District

router = with_token(
    tags=["talent-services"], responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY)
)

_RULE = TypeAdapter(ServiceRule)
_On = Annotated[date | None, Query(description="缺省为今天")]


class PlatformItem(BaseModel):
    """A service platform; the municipal one bears the code of its city."""

    name: str
    office: str
    level: Level
    level_label: str


class ServiceList(BaseModel):
    """Codes and Chinese names; ``rules`` is empty unless a district is asked for."""

    services: dict[str, str]
    platforms: dict[str, PlatformItem]
    rules: list[dict[str, Any]]


@router.get("/services", summary="人才服务项目清单")
async def services(
    _: Caller, here: Here, district: District | None = None, on: _On = None
) -> ServiceList:
    """The services; of a district, with what is in force there, each value with its ``mark``."""
    day = on or local_date(here.now())
    known = here.desk_on(day).services
    return ServiceList(
        services=known.services(),
        platforms={
            code: PlatformItem(
                name=each.name,
                office=each.office,
                level=each.level,
                level_label=each.level.label,
            )
            for code, each in known.platforms().items()
        },
        rules=[
            rule
            for code in known.services()
            if district is not None and (rule := _offered(code, district, day, here)) is not None
        ],
    )


@router.get("/services/{code}", summary="某项人才服务在某区某日的规定")
async def service(
    code: Annotated[Code, Path(examples=["SVC_SCHOOL"])],
    district: Annotated[District, Query(examples=["500103"])],
    _: Caller,
    here: Here,
    on: _On = None,
) -> dict[str, Any]:
    """Limits, owners, bodies and materials, each with its reference and standing (``mark``).

    Only ``law`` and ``source`` bind; ``proposal`` and ``uncertain`` must not be shown as law.
    """
    day = on or local_date(here.now())
    rule = here.desk_on(day).services.rule(code, district, day)
    document: dict[str, Any] = _RULE.dump_python(rule, mode="json")
    return document


def _offered(code: str, district: str, on: date, here: Here) -> dict[str, Any] | None:
    """Return the rule, or None if the service is not offered on that day."""
    try:
        rule = here.desk_on(on).services.rule(code, district, on)
    except DomainError as refusal:
        if refusal.code != "NOT_IN_FORCE":
            raise
        return None
    document: dict[str, Any] = _RULE.dump_python(rule, mode="json")
    return document
