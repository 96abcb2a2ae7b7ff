"""The service guide as public pages: no login, no script, nothing that the guide itself omits.

``/guides`` lists what each district offers; ``/guides/{district}/{code}`` is one guide, with the
materials that an applicant with certain facts needs, and what differs elsewhere or on another day.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.edge.problems import ProblemError, title_of
from api.parts import Here, Parts
from api.routes.rules import differences_of, guide_of, materials_needed
from casework.domain.errors import DomainError
from casework.domain.kinds.application.guide import ServiceGuide
from casework.domain.kinds.application.state import Claim
from casework.domain.policy import Fact, FactKind
from casework.domain.time.calendar import local_date
from casework.policy.catalogue import Catalogue, NotInForceError
from casework.policy.catalogue.loader import UnknownDistrictError, UnknownItemError

PATH = "/guides"

router = APIRouter(prefix=PATH, include_in_schema=False)

_PAGES = Environment(
    loader=PackageLoader("api.routes", "pages"), autoescape=True, undefined=StrictUndefined
)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "public, max-age=60",
}
_UNKNOWN = (UnknownItemError, UnknownDistrictError, NotInForceError)
_LONGEST = 100
"""Longer than whatever a form can hold."""


@router.get("/style.css")
def style() -> Response:
    """The style of these pages."""
    text = _PAGES.get_template("style.css").render()
    return Response(text, media_type="text/css", headers=_HEADERS)


@router.get("")
def index(request: Request, here: Here) -> Response:
    """Show what each district offers on a day, by default today."""
    try:
        day = _day(request.query_params.get("on", ""), "on") or local_date(here.now())
        catalogue = here.desk_on(day).catalogue
        return page("guides.html", on=day, districts=tuple(_offered(catalogue, day)))
    except DomainError as refused:
        return _refused(refused)


@router.get("/{district}/{code}")
async def guide(district: str, code: str, request: Request, here: Here) -> Response:
    """The guide of an item in a district; ``fact.NAME``: which materials are needed then.

    ``against`` and ``against_on``: what differs in another district, or on another day.
    """
    asked = request.query_params
    try:
        day = _day(asked.get("on", ""), "on") or local_date(here.now())
        told = await guide_of(here, code, district, day)
        facts = _asked_for(told, here.desk_on(day).catalogue.facts())
        claims = _claims(asked, facts)
        needed = await materials_needed(here, code, district, day, claims) if claims else None
        other, other_day = asked.get("against", ""), _day(asked.get("against_on", ""), "against_on")
        differs = None
        if other or other_day:
            differs = await differences_of(here, code, (district, day), (other, other_day))
    except DomainError as refused:
        return _refused(refused)
    return page(
        "guide.html",
        guide=told,
        facts=facts,
        claims={name: _written(value) for name, value in claims.items()},
        needed=needed,
        differs=differs,
        others=_elsewhere(here, told),
    )


def page(name: str, status: HTTPStatus = HTTPStatus.OK, **shown: Any) -> Response:  # noqa: ANN401 - whatever the page shows
    """Return a public page, in the common frame and style."""
    html = _PAGES.get_template(name).render(path=PATH, heading=title_of(status), **shown)
    return HTMLResponse(html, status, _HEADERS)


def problem_page(problem: ProblemError, request: Request) -> Response:  # noqa: ARG001 - a `Page`
    """A refusal of a public page as a page; what is wrong with an address needs no field's name."""
    message = "没有此页面，请核对地址" if problem.errors else problem.detail
    answer = page("refused.html", problem.status, code=problem.code, message=message)
    answer.headers.update({**problem.headers, "Cache-Control": "no-store"})
    return answer


def _refused(refused: DomainError) -> Response:
    unknown = isinstance(refused, _UNKNOWN)
    status = HTTPStatus.NOT_FOUND if unknown else HTTPStatus.UNPROCESSABLE_ENTITY
    return page("refused.html", status, code=refused.code, message=refused.message)


def _offered(
    catalogue: Catalogue, day: date
) -> Iterator[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """Each district with code, name, and its items of that day by code and name."""
    items, offers = catalogue.items(), catalogue.offers()
    for district, name in sorted(catalogue.districts().items()):
        there = tuple(
            (code, items[code])
            for code, place in sorted(offers)
            if place == district and _is_offered(catalogue, code, place, day)
        )
        if there:
            yield district, name, there


def _is_offered(catalogue: Catalogue, code: str, district: str, day: date) -> bool:
    try:
        catalogue.resolve(code, district, day)
    except NotInForceError:
        return False
    return True


def _elsewhere(here: Parts, told: ServiceGuide) -> tuple[tuple[str, str], ...]:
    """The other districts that offer the item that day, by code and name."""
    return tuple(
        (district, name)
        for district, name, items in _offered(here.desk_on(told.on).catalogue, told.on)
        if district != told.district and any(code == told.item for code, _ in items)
    )


def _asked_for(told: ServiceGuide, facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """The facts on which it depends whether a material is needed, in the order of materials."""
    names = dict.fromkeys(c.fact for material in told.materials for c in material.when)
    return {name: facts[name] for name in names}


def _claims(asked: Mapping[str, str], facts: Mapping[str, Fact]) -> dict[str, Claim]:
    """Read the form; a field that was left empty is not stated."""
    said: dict[str, Claim] = {}
    for name, fact in facts.items():
        value = asked.get(f"fact.{name}", "").strip()[:_LONGEST]
        if not value:
            continue
        said[name] = value
        if fact.kind is FactKind.FLAG:
            said[name] = {"yes": True, "no": False}.get(value, value)
        elif fact.kind is FactKind.NUMBER and value.isascii() and value.isdigit():
            said[name] = int(value)
    return said


def _written(value: Claim) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _day(text: str, field: str) -> date | None:
    """The day, None if none is given."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise DomainError("INVALID_REQUEST", "日期须写成 2026-09-17 的形式", field) from None
