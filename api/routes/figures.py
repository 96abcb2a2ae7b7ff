"""Figures that are reported of tickets: any period, by district, each opening its cases."""

from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from api.access.guard import Caller, listed_district, require, sight_of
from api.edge.problems import invalid
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.board import MOST_PERIOD
from api.routes.routers import with_token
from casework.domain.authority import GeneralAction
from casework.domain.case.facts import Actor
from casework.domain.kinds.registry import stage_label
from casework.domain.kinds.ticket.counts import (
    DEFINITIONS,
    Figure,
    Line,
    Period,
    Scope,
    TicketFacts,
    figures,
)
from casework.domain.time.calendar import local_date
from casework.domain.time.dates import Day
from casework.filing.bodies import District
from casework.store.queries.reports import Place
from casework.store.queries.tickets import ticket_facts

router = with_token(
    "/figures/tickets",
    tags=["reading"],
    responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY),
)

MARK = "口径为内部设定，来源未规定"


class PeriodQuery(BaseModel):
    """The days counted, both included; by default this month's. The district: the caller's own."""

    model_config = ConfigDict(extra="forbid")

    district: District | None = None
    first_on: Day | None = None
    last_on: Day | None = None


class FigureQuery(PeriodQuery):
    """Which figure; ``whole``: all that it counts, else only the part."""

    line: Line
    scope: Scope = Scope.ALL
    whole: bool = False


@dataclass(frozen=True, kw_only=True)
class FigureItem:
    """``part`` of ``whole``, ``percent`` of it (null of nothing), and where their cases are."""

    scope: Scope
    scope_label: str
    line: Line
    line_label: str
    definition: str
    part: int
    whole: int
    percent: float | None
    part_cases: str
    whole_cases: str


@dataclass(frozen=True, kw_only=True)
class FiguresOfDistrict:
    """The figures of one district."""

    district: str
    figures: tuple[FigureItem, ...]


@dataclass(frozen=True, kw_only=True)
class TicketFigures:
    """As of ``at``; ``figures`` are of all ``districts`` together, as far as the caller sees."""

    at: datetime
    first_on: date
    last_on: date
    district: str
    mark: str
    figures: tuple[FigureItem, ...]
    districts: tuple[FiguresOfDistrict, ...]


@dataclass(frozen=True, kw_only=True)
class CountedTicket:
    """One ticket of a figure; ``times``: how often it counts there."""

    case_no: str
    district: str
    stage: str
    stage_label: str
    received_on: date
    times: int


@dataclass(frozen=True, kw_only=True)
class CountedTickets:
    """The tickets of one figure, by number."""

    items: tuple[CountedTicket, ...]


@router.get("", summary="工单统计（响应率、解决率、满意率）")
async def ticket_figures(
    asked: Annotated[PeriodQuery, Query()], actor: Caller, here: Here
) -> TicketFigures:
    """Count the tickets of a period, by district; for those who may read the load of everybody."""
    at = here.now()
    period, district = _period(asked, local_date(at)), _district(asked, actor)
    async with here.register.reading() as session:
        place = Place(district=district, sight=sight_of(actor))
        known = await ticket_facts(session, place, period)
    of: dict[str, list[TicketFacts]] = {}
    for each in known:
        of.setdefault(each.district, []).append(each)
    return TicketFigures(
        at=at,
        first_on=period.first_on,
        last_on=period.last_on,
        district=district,
        mark=MARK,
        figures=_items(figures(known, period), period, district),
        districts=tuple(
            FiguresOfDistrict(district=code, figures=_items(figures(tickets, period), period, code))
            for code, tickets in sorted(of.items())
        ),
    )


@router.get("/cases", summary="工单统计：某一数字的工单")
async def tickets_of_figure(
    asked: Annotated[FigureQuery, Query()], actor: Caller, here: Here
) -> CountedTickets:
    """List the tickets that one figure counts, or only its part."""
    period, district = _period(asked, local_date(here.now())), _district(asked, actor)
    async with here.register.reading() as session:
        place = Place(district=district, sight=sight_of(actor))
        known = await ticket_facts(session, place, period)
    wanted = next(
        each
        for each in figures(known, period)
        if (each.scope, each.line) == (asked.scope, asked.line)
    )
    numbers = wanted.whole if asked.whole else wanted.part
    return CountedTickets(
        items=tuple(
            CountedTicket(
                case_no=each.case_no,
                district=each.district,
                stage=each.stage,
                stage_label=stage_label(each.stage),
                received_on=each.received_on,
                times=times,
            )
            for each in known
            if (times := numbers.count(each.case_no))
        )
    )


def _district(asked: PeriodQuery, actor: Actor) -> str:
    district = listed_district(actor, asked.district) or actor.district
    require(actor, GeneralAction.READ_LOADS, district)
    return district


def _period(asked: PeriodQuery, today: date) -> Period:
    first = asked.first_on or (asked.last_on or today).replace(day=1)
    last = asked.last_on or max(first, today)
    if last < first or last - first > MOST_PERIOD:
        raise invalid("last_on", "须不早于起始日，且相距不超过一年", "DATE_OUT_OF_RANGE")
    return Period(first_on=first, last_on=last, on=today)


def _items(counted: tuple[Figure, ...], period: Period, district: str) -> tuple[FigureItem, ...]:
    return tuple(
        FigureItem(
            scope=each.scope,
            scope_label=each.scope.label,
            line=each.line,
            line_label=each.line.label,
            definition=DEFINITIONS[each.line],
            part=len(each.part),
            whole=len(each.whole),
            percent=each.percent,
            part_cases=_address(each, period, district, whole=False),
            whole_cases=_address(each, period, district, whole=True),
        )
        for each in counted
    )


def _address(figure: Figure, period: Period, district: str, *, whole: bool) -> str:
    asked = {
        "line": figure.line.value,
        "scope": figure.scope.value,
        "first_on": str(period.first_on),
        "last_on": str(period.last_on),
        "whole": str(whole).lower(),
    }
    if district:
        asked["district"] = district
    return f"/v1/figures/tickets/cases?{urlencode(asked)}"
