"""Absences of officers (缺岗); the B角 has their work meanwhile."""

from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api.access.guard import Caller, cities_of, readable_district, require
from api.edge.problems import invalid
from api.parts import Here, Parts
from api.parts.link import NoRunError
from api.routes.answers import problem_responses
from api.routes.checks import OfficerCode, posts_of, update_id
from api.routes.export import exported
from api.routes.lists import Code, Listing, PageQuery, readable
from api.routes.once import asked_later, begin_once
from api.routes.routers import with_token
from casework.domain.authority import GeneralAction
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.staff import serves
from casework.domain.time.calendar import local_date
from casework.domain.time.dates import Day
from casework.filing.bodies import Body, ShortText, digest
from casework.messages.absences import EndAbsence, RecordAbsence, StartAbsence
from casework.policy.authority import load_authority
from casework.policy.staffing import staff
from casework.store.paging import ByTime
from casework.store.register.absences import Absence, find_absence
from casework.store.register.absences import absences as recorded

LONGEST = timedelta(days=366)
_RECORD = "record"

router = with_token(
    prefix="/absences",
    tags=["absences"],
    responses=problem_responses(
        HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY
    ),
)

Number = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class AbsenceBody(Body):
    """Both days are included."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "officer": "yz-sp1",
                    "first_on": "2026-09-17",
                    "last_on": "2026-09-21",
                    "reason": "年休假",
                }
            ]
        }
    )

    officer: OfficerCode
    first_on: Day
    last_on: Day
    reason: ShortText


class EndBody(Body):
    """``ended_on`` is the first day on which the officer is back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ended_on": "2026-09-18"}]})

    ended_on: Day


class AbsenceQuery(PageQuery):
    """A field that is left out does not restrict the list."""

    on: Annotated[date | None, Field(description="只列这一天缺岗的；缺省为全部")] = None
    officer: Code = ""
    sort: Annotated[ByTime, Field(description="第一天晚的在前，或早的在前")] = ByTime.OLDEST


class AbsencePending(BaseModel):
    """Accepted, not yet in the register: ask at ``ask``."""

    status: str = "pending"
    id: str
    ask: str = Field(examples=["/v1/absences/yz-sp1-20260917-0a1b2c3d"])


@router.post(
    "",
    summary="登记缺岗",
    status_code=HTTPStatus.CREATED,
    response_model=Absence,
    responses={
        200: {"model": Absence, "description": "先前已登记，缺岗相同"},
        202: {"model": AbsencePending, "description": "已收下，登记库尚未答复"},
    },
)
async def record(body: AbsenceBody, actor: Caller, here: Here) -> Response:
    """Record an absence; from its first day on the B角 has the work. The same again is the same."""
    _require_own(actor, body.officer, here)
    if body.last_on < body.first_on:
        raise invalid("last_on", "不能早于第一天", "DATES_REVERSED")
    if body.last_on < local_date(here.now()):
        raise invalid("last_on", "缺岗已经结束，无须登记", "ABSENCE_OVER")
    if body.last_on - body.first_on > LONGEST:
        raise invalid("last_on", f"一次最长 {LONGEST.days} 天", "ABSENCE_TOO_LONG")
    start = StartAbsence(
        id=_number(body),
        officer=body.officer,
        first_on=body.first_on,
        last_on=body.last_on,
        reason=body.reason,
        recorded_by=actor,
    )

    async def known(status: HTTPStatus) -> Response | None:
        found = await _found(start.id, here)
        return _answer(found, status) if found else None

    return await begin_once(
        lambda: here.engine.begin_absence(start, _message(body), update_id(actor, _RECORD)),
        known=known,
        pending=lambda: _pending(start.id),
    )


@router.get("", summary="缺岗")
@exported("缺岗")
async def absences(
    asked: Annotated[AbsenceQuery, Query()], actor: Caller, here: Here
) -> Listing[Absence]:
    """Who is absent, by first day; people of a district see its own, and the municipal ones."""
    seen = _seen(actor, here)
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await recorded(
                session,
                asked.on,
                asked.officer,
                among=seen,
                sort=asked.sort,
                after=asked.cursor,
                size=asked.size,
            )
    return Listing(items=list(page.rows), next_cursor=page.next or None)


@router.get("/{number}", summary="一次缺岗", response_model=Absence)
async def absence(number: Number, actor: Caller, here: Here) -> Response:
    """One absence."""
    seen = _seen(actor, here)
    known = await _known(number, here)
    if seen is not None and known.officer not in seen:
        raise DomainError("OTHER_DISTRICT", "不能查阅其他区人员的缺岗")
    return _answer(known)


@router.post(
    "/{number}/end",
    summary="提前返岗",
    response_model=Absence,
    responses={202: {"model": AbsencePending, "description": "已收下，登记库尚未答复"}},
)
async def end(number: Number, body: EndBody, actor: Caller, here: Here) -> Response:
    """End an absence early; the B角 keeps the tasks taken over."""
    known = await _known(number, here)
    _require_own(actor, known.officer, here)
    message = EndAbsence(actor=actor, ended_on=body.ended_on)
    key = f"end-{body.ended_on}"

    async def ended_so() -> date | None:
        """Return the same end, if Temporal no longer knows the key of the update."""
        found = await _known(number, here)
        return found.ended_on if found.ended_on == body.ended_on else None

    try:
        ended = await here.engine.end_absence(
            number, message, update_id=update_id(actor, key), known=ended_so
        )
    except NoRunError:
        raise DomainError("ABSENCE_ENDED", "此次缺岗已经结束") from None
    return _pending(number) if ended is None else _answer(await _known(number, here))


def _number(body: AbsenceBody) -> str:
    """Return the number of an absence; the same absence has the same number."""
    return f"{body.officer}-{body.first_on:%Y%m%d}-{digest(body.model_dump(mode='json'))[:8]}"


def _message(body: AbsenceBody) -> RecordAbsence:
    return RecordAbsence(officer=body.officer, first_on=body.first_on, last_on=body.last_on)


def _seen(actor: Actor, here: Parts) -> frozenset[str] | None:
    """Return whose absences the caller may see, None: everybody's; refuse one who may see none.

    People of a district see its officers, and those without a district. People of the municipal
    platform see the officers of talent service in all districts, and no others.
    """
    district = readable_district(actor, None)
    posts = staff().on(local_date(here.now())).posts
    if load_authority().is_municipal(actor.role, actor.district):
        platforms = here.desk.services.platforms()
        return frozenset(p.person for p in posts if (p.district or p.city) in platforms)
    cities = cities_of(actor)
    if district is None and cities is None:
        return None
    if district is None:
        return frozenset(post.person for post in posts if cities and post.city in cities)
    return frozenset(post.person for post in posts if serves(post, district))


def _require_own(actor: Actor, officer: str, here: Parts) -> None:
    """Let people record their own absence, and whoever may record one where they hold a post.

    Raises:
        ProblemError: nobody with that code holds a post.
    """
    first, *others = posts_of(officer, here, "officer")
    if actor.code == officer or any(_may_record(actor, post.place) for post in others):
        return
    require(actor, GeneralAction.RECORD_ABSENCE, first.place)


def _may_record(actor: Actor, district: str) -> bool:
    try:
        require(actor, GeneralAction.RECORD_ABSENCE, district)
    except DomainError:
        return False
    return True


async def _found(number: str, here: Parts) -> Absence | None:
    async with here.register.reading() as session:
        return await find_absence(session, number)


async def _known(number: str, here: Parts) -> Absence:
    found = await _found(number, here)
    if found is None:
        raise DomainError("ABSENCE_NOT_FOUND", "没有此缺岗登记，请核对")
    return found


def _answer(absence: Absence, status: HTTPStatus = HTTPStatus.OK) -> Response:
    place = {"Location": f"/v1/absences/{absence.id}"}
    return JSONResponse(jsonable_encoder(absence), status, place)


def _pending(number: str) -> Response:
    place = f"/v1/absences/{number}"
    return asked_later(AbsencePending(id=number, ask=place), place)
