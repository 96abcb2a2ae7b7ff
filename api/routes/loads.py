"""Load (负荷): what each person and each team of a district has open."""

from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from api.access.guard import Caller, require
from api.edge.problems import invalid
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.checks import OfficerCode, posts_of
from api.routes.export import exported
from api.routes.in_force import calendar_in_force
from api.routes.lists import Listing, PageQuery, Text, readable
from api.routes.routers import with_token
from casework.domain.authority import GeneralAction
from casework.domain.case.commands import COLLEAGUES
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.load import HORIZON, Forecast, Load, TeamLoad, posts_at
from casework.domain.policy import Role
from casework.domain.sharing import WEIGHTS
from casework.domain.staff import StaffPost, serves
from casework.domain.time.calendar import local_date
from casework.domain.time.dates import Day
from casework.filing.bodies import District
from casework.policy.staffing import staff
from casework.store.queries.loads import LoadQuestion, load_page, read_forecast

router = with_token(
    prefix="/loads", tags=["reading"], responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY)
)


class LoadQuery(PageQuery):
    """A field that is left out does not restrict; the district is by default the caller's own."""

    district: District | None = None
    role: Role | None = None
    team: Annotated[Text, Query(description="此小组的人员")] = ""


@dataclass(frozen=True, kw_only=True)
class LoadItem:
    """The load of a person; ``load``: the ``weight`` for a whole working day.

    ``due_soon``: due from today within 20 working days. ``to_come``: cases shared out to them
    whose task is not open yet. ``share``: percent of a working day; 0: no post there today.
    """

    holder: str
    roles: tuple[Role, ...]
    role_labels: tuple[str, ...]
    teams: tuple[str, ...]
    share: int
    absent: bool
    open_tasks: int
    due_soon: int
    overdue: int
    to_come: int
    weight: int
    load: float


@dataclass(frozen=True, kw_only=True)
class TeamItem:
    """The load of everybody in a team together; ``unclaimed``: its tasks that nobody has yet."""

    team: str
    people: int
    absent: int
    share: int
    unclaimed: int
    open_tasks: int
    due_soon: int
    overdue: int
    to_come: int
    weight: int
    load: float


class LoadListing(Listing[LoadItem]):
    """A page of people by code; ``teams``: those of everybody, the same on each page."""

    teams: list[TeamItem]
    on: date
    until: date


MOST_AWAY = 50


class WhatIf(BaseModel):
    """People who would be away between two days; by default in the caller's own district."""

    model_config = ConfigDict(extra="forbid")

    away: list[OfficerCode] = Field(min_length=1, max_length=MOST_AWAY)
    first_on: Day
    last_on: Day
    district: District | None = None


@dataclass(frozen=True, kw_only=True)
class ForecastItem:
    """How a person would stand; ``taken_over``: open tasks that they would have for those away.

    ``due``: of those they would have, due within these days. ``load`` as in the list of loads.
    """

    holder: str
    away: bool
    share: int
    open_tasks: int
    open_then: int
    taken_over: int
    due: int
    due_then: int
    weight: int
    weight_then: int
    load: float
    load_then: float


class ForecastAnswer(BaseModel):
    """Everybody of the district, and whoever else would have something, by code.

    ``unattended``: open tasks that would stay with somebody who is away.
    """

    people: list[ForecastItem]
    unattended: int
    first_on: Day
    last_on: Day


@router.get("/what-if", summary="负荷推演（若这些人员缺岗）")
async def what_if(asked: Annotated[WhatIf, Query()], actor: Caller, here: Here) -> ForecastAnswer:
    """How the load would stand if these people were away: computed, and nothing is recorded.

    Their open tasks of today go where the rules for absences send them: to B角, else to the
    supervisor.
    """
    district, own = _place(actor, asked.district)
    if own:
        require(actor, GeneralAction.READ_LOADS, district)
    if asked.last_on < asked.first_on:
        raise invalid("last_on", "不能早于第一天", "DATES_REVERSED")
    for number, who in enumerate(asked.away):
        if not any(serves(post, district) for post in posts_of(who, here, f"away.{number}")):
            raise invalid(f"away.{number}", "此人员不属本区", "OTHER_DISTRICT")
    everybody = staff().on(asked.first_on).posts
    question = await _question(here, district, posts_at(everybody, district), asked.first_on)
    watching = posts_at(everybody, district, role=Role.SUPERVISOR)
    supervisors = [post.person for post in sorted(watching, key=lambda post: post.rank)]
    async with here.register.reading() as session:
        found = await read_forecast(
            session, replace(question, until=asked.last_on), frozenset(asked.away), supervisors
        )
    return ForecastAnswer(
        people=[_forecast_item(row) for row in found],
        unattended=sum(row.then.open_tasks for row in found if row.away),
        first_on=asked.first_on,
        last_on=asked.last_on,
    )


def _forecast_item(row: Forecast) -> ForecastItem:
    now = row.load.counted
    return ForecastItem(
        holder=row.load.holder,
        away=row.away,
        share=row.load.share,
        open_tasks=now.open_tasks,
        open_then=row.then.open_tasks,
        taken_over=row.taken_over,
        due=now.due_soon,
        due_then=row.then.due_soon,
        weight=now.weight,
        weight_then=row.then.weight,
        load=float(row.load.per_share),
        load_then=float(row.per_share),
    )


@router.get("", summary="负荷")
@exported("负荷")
async def loads(asked: Annotated[LoadQuery, Query()], actor: Caller, here: Here) -> LoadListing:
    """Count what each person and team has open, due and overdue today, with its weight (负荷).

    For the supervisor and the superior; any other officer sees their own load only.
    """
    district, own = _place(actor, asked.district)
    today = local_date(here.now())
    posts = posts_at(staff().on(today).posts, district, role=asked.role, team=asked.team)
    if own:
        posts = tuple(post for post in posts if post.person == actor.code)
    question = await _question(here, district, posts, today)
    if not own and not asked.team:
        question = replace(question, district=district, role=asked.role or "")
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page, teams = await load_page(session, question, after=asked.cursor, size=asked.size)
    return LoadListing(
        items=[_load_item(row) for row in page.rows],
        next_cursor=page.next or None,
        teams=[] if own else [_team_item(each) for each in teams],
        on=question.on,
        until=question.until,
    )


def _place(actor: Actor, asked: str | None) -> tuple[str, bool]:
    """The district that is asked about, and whether the caller sees nobody but themselves.

    Raises:
        DomainError: as ``require``; ``FIELD_REQUIRED``, who has no district has to name one.
    """
    district = asked or actor.district
    try:
        require(actor, GeneralAction.READ_LOADS, district)
    except DomainError:
        if actor.role in COLLEAGUES and district == actor.district:
            return district, True
        raise
    if not district:
        raise DomainError("FIELD_REQUIRED", "请写明区划", "district")
    return district, False


async def _question(
    here: Parts, district: str, posts: tuple[StaffPost, ...], on: date
) -> LoadQuestion:
    calendar = await calendar_in_force(here, district)
    return LoadQuestion(
        posts=posts,
        on=on,
        until=calendar.shift(on, HORIZON),
        weighed_by=tuple(calendar.shift(on, days) for days, _ in WEIGHTS),
    )


def _load_item(row: Load) -> LoadItem:
    return LoadItem(
        holder=row.holder,
        roles=row.roles,
        role_labels=tuple(role.label for role in row.roles),
        teams=row.teams,
        share=row.share,
        absent=row.absent,
        load=float(row.per_share),
        **vars(row.counted),
    )


def _team_item(row: TeamLoad) -> TeamItem:
    return TeamItem(
        team=row.team,
        people=row.people,
        absent=row.absent,
        share=row.share,
        unclaimed=row.unclaimed,
        load=float(row.per_share),
        **vars(row.counted),
    )
