"""Questions to the catalogue and the calendar that concern no case."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field, TypeAdapter

from api.access.guard import Caller
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.in_force import calendar_in_force
from casework.domain.policy import ServiceItem
from casework.domain.time.calendar import local_date
from casework.due import compute_due
from casework.filing.bodies import Code, District
from casework.policy.catalogue.loader import UnknownDistrictError

Length = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
"""An upper bound far beyond any limit; below it the rule refuses what is too long."""

router = APIRouter(tags=["policy"], responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY))

_ITEM = TypeAdapter(ServiceItem)


@router.get("/items", summary="事项与区")
def items(_: Caller, here: Here) -> dict[str, dict[str, str]]:
    """The codes and Chinese names of all service items and districts."""
    return {"items": here.desk.catalogue.items(), "districts": here.desk.catalogue.districts()}


@router.get("/items/{code}", summary="某事项在某区某日的规定")
def item(
    code: Annotated[Code, Path(examples=["PTS_NEW"])],
    district: Annotated[District, Query(examples=["310106"])],
    _: Caller,
    here: Here,
    on: Annotated[date | None, Query(description="缺省为今天")] = None,
) -> dict[str, Any]:
    """The policy in force; each value with its reference, first day and standing (``mark``).

    Only ``law`` and ``source`` bind; ``proposal`` and ``uncertain`` must not be shown as law.
    """
    resolved = here.desk.catalogue.resolve(code, district, on or local_date(here.now()))
    document: dict[str, Any] = _ITEM.dump_python(resolved, mode="json")
    return document


@router.get("/due", summary="期限计算")
async def due(  # noqa: PLR0913 - one parameter per question of the calculator
    _: Caller,
    here: Here,
    *,
    start: Annotated[date, Query(description="起算日（当日不计）", examples=["2026-09-24"])],
    working_days: Annotated[Length | None, Query(examples=[15])] = None,
    days: Length | None = None,
    months: Length | None = None,
    extend: Length = 0,
    suspended: Annotated[
        tuple[Annotated[str, Field(max_length=40)], ...],
        Query(description="中止时段 A..B，可重复", max_length=100),
    ] = (),
    district: District | None = None,
) -> dict[str, Any]:
    """The last day of a limit, and each counted and each skipped day with its reason."""
    if district is not None and district not in here.desk.catalogue.districts():
        raise UnknownDistrictError
    return compute_due(
        start,
        working_days=working_days,
        days=days,
        months=months,
        extend=extend,
        suspended=suspended,
        calendar=await calendar_in_force(here, district or ""),
    )
