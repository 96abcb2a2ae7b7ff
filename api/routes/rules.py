"""Questions to the catalogue and the calendar that concern no case."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import Field, TypeAdapter

from api.access.guard import Caller
from api.edge.problems import AwayError
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.in_force import calendar_in_force
from api.routes.routers import with_token
from casework.domain.errors import DomainError
from casework.domain.kinds.application.checklist import required
from casework.domain.kinds.application.guide import (
    GuideMaterial,
    Office,
    ServiceGuide,
    service_guide,
)
from casework.domain.kinds.application.guide_differences import GuideDifference, guide_differences
from casework.domain.kinds.application.opening import checked
from casework.domain.kinds.application.state import Claim
from casework.domain.policy import Fact, FactKind, ServiceItem
from casework.domain.time.calendar import local_date
from casework.domain.time.dates import require_usable
from casework.due import compute_due
from casework.filing.bodies import Code, District
from casework.policy.catalogue.loader import UnknownDistrictError
from casework.store.in_force.policy_moves import dated_measures

Length = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
"""An upper bound far beyond any limit; below it the rule refuses what is too long."""

router = with_token(tags=["policy"], responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY))

_ITEM = TypeAdapter(ServiceItem)
_CLAIM = r"^[a-z][a-z0-9_]{0,99}(:|$)"
_FLAGS = {"true": True, "false": False}
_NUMBER = re.compile(r"-?\d{1,9}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class GuideOf:
    """The district and the day of a guide."""

    district: str
    district_name: str
    on: date


@dataclass(frozen=True, kw_only=True)
class GuideDifferences:
    """The differences between two guides of an item; ``items`` is empty if they agree."""

    item: str
    name: str
    first: GuideOf
    second: GuideOf
    items: tuple[GuideDifference, ...]


@dataclass(frozen=True, kw_only=True)
class NeededMaterials:
    """The materials that an applicant with certain facts must hand in."""

    item: str
    name: str
    of: GuideOf
    items: tuple[GuideMaterial, ...]


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
    day = on or local_date(here.now())
    resolved = here.desk_on(day).catalogue.resolve(code, district, day)
    document: dict[str, Any] = _ITEM.dump_python(resolved, mode="json")
    return document


@router.get("/guides/{code}", summary="办事指南")
async def guide(
    code: Annotated[Code, Path(examples=["PTS_NEW"])],
    district: Annotated[District, Query(examples=["310106"])],
    _: Caller,
    here: Here,
    on: Annotated[date | None, Query(description="缺省为今天")] = None,
) -> ServiceGuide:
    """The service guide of an item in a district on a day, in Chinese.

    A ``basis`` stands only beside what is law or published; the rest is worded as the office's
    arrangement.
    """
    return await guide_of(here, code, district, on)


@router.get("/guides/{code}/differences", summary="两区或两日办事指南的差异")
async def guide_difference(  # noqa: PLR0913 - two guides, each with its district and its day
    code: Annotated[Code, Path(examples=["PTS_NEW"])],
    district: Annotated[District, Query(examples=["310106"])],
    _: Caller,
    here: Here,
    *,
    against: Annotated[
        District | None, Query(description="对照的区；缺省为同一区", examples=["310115"])
    ] = None,
    on: Annotated[date | None, Query(description="缺省为今天")] = None,
    against_on: Annotated[date | None, Query(description="对照之日；缺省为同一日")] = None,
) -> GuideDifferences:
    """List in Chinese what differs between the guides of two districts or two days."""
    return await differences_of(here, code, (district, on), (against or "", against_on))


Place = tuple[str, date | None]
"""A district, empty for the same one, and a day; None: today, or the same one."""


async def differences_of(here: Parts, code: str, place: Place, other: Place) -> GuideDifferences:
    """What differs between the guides of an item at two places.

    Raises:
        DomainError: not offered at one of them.
    """
    first = await guide_of(here, code, *place)
    second = await guide_of(here, code, other[0] or first.district, other[1] or first.on)
    return GuideDifferences(
        item=first.item,
        name=first.name,
        first=GuideOf(district=first.district, district_name=first.district_name, on=first.on),
        second=GuideOf(district=second.district, district_name=second.district_name, on=second.on),
        items=guide_differences(first, second),
    )


@router.get("/guides/{code}/materials", summary="按申报事实需要哪些材料")
async def needed_materials(
    code: Annotated[Code, Path(examples=["PTS_NEW"])],
    district: Annotated[District, Query(examples=["310106"])],
    _: Caller,
    here: Here,
    *,
    on: Annotated[date | None, Query(description="缺省为今天")] = None,
    claim: Annotated[
        tuple[Annotated[str, Field(max_length=300, pattern=_CLAIM)], ...],
        Query(
            description="申报事实，形如 points_by_education:true，可重复；未写的视为未填写",
            max_length=100,
        ),
    ] = (),
) -> NeededMaterials:
    """List the materials that an application with these facts needs, by its checklist."""
    day = on or local_date(here.now())
    facts = here.desk_on(day).catalogue.facts()
    return await materials_needed(here, code, district, day, _claims(claim, facts))


async def materials_needed(
    here: Parts, code: str, district: str, day: date, claims: Mapping[str, Claim]
) -> NeededMaterials:
    """The materials that the checklist asks of an application with these facts.

    Raises:
        DomainError: not offered there that day, or a fact that no form could state.
    """
    catalogue = here.desk_on(day).catalogue
    facts = catalogue.facts()
    require_usable(day, "on")  # a condition counts months and working days from it
    item = await _policy(here, code, district, day)
    claims = checked(claims, facts, day)
    calendar = await calendar_in_force(here, district)
    codes = {rule.code for rule in required(item, claims, day, calendar)}
    told = service_guide(item, _office(here, item), facts)
    return NeededMaterials(
        item=item.code,
        name=item.name,
        of=GuideOf(district=item.district, district_name=item.district_name, on=day),
        items=tuple(material for material in told.materials if material.code in codes),
    )


def _claims(given: tuple[str, ...], facts: Mapping[str, Fact]) -> dict[str, Claim]:
    """Each ``name:value`` as its fact is written in a form; what does not fit is left as text."""
    read: dict[str, Claim] = {}
    for each in given:
        name, _, value = each.partition(":")
        if name in read:
            raise DomainError("FACT_INVALID", "同一事实只能写一次", f"claims.{name}")
        kind = facts[name].kind if name in facts else None
        read[name] = value
        if kind is FactKind.FLAG and value in _FLAGS:
            read[name] = _FLAGS[value]
        elif kind is FactKind.NUMBER and _NUMBER.fullmatch(value):
            read[name] = int(value)
    return read


async def guide_of(here: Parts, code: str, district: str, on: date | None) -> ServiceGuide:
    """The guide of an item in a district, by default of today.

    Raises:
        DomainError: not offered there that day.
    """
    day = on or local_date(here.now())
    catalogue = here.desk_on(day).catalogue
    item = await _policy(here, code, district, day)
    return service_guide(item, _office(here, item), catalogue.facts())


def _office(here: Parts, item: ServiceItem) -> Office:
    """What the office says of itself on the day of that policy."""
    held = here.published.on(item.resolved_on)
    name = held.catalogue.office(item.district)
    return held.letters.office(name, item.district, item.code, item.resolved_on)


async def _policy(here: Parts, code: str, district: str, on: date) -> ServiceItem:
    """The policy that a case opened that day would get, measures by order included."""
    catalogue = here.desk_on(on).catalogue
    if district not in catalogue.districts():  # the register is not asked for any odd text
        raise UnknownDistrictError
    try:
        async with here.register.reading() as session:
            measures = await dated_measures(session, district, code)
    except AwayError:
        measures = None
    return catalogue.resolve(code, district, on, measures)


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
