"""Ratings (好差评): one of each finished case, and how many of each grade there are."""

from datetime import date, datetime, time
from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access.guard import Caller, permit, readable_district, require_filing
from api.edge.problems import ProblemError, invalid, no_case
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.in_force import in_force_for
from api.routes.letters import public_router
from api.routes.opening import OPENED, opened
from api.routes.routers import with_token
from api.routes.seen import TAGGED, shown
from api.routes.talent_service.answers import RatingAnswer, rating_answer
from casework.domain.authority import Action
from casework.domain.case.facts import Actor
from casework.domain.case.opening import StartCase
from casework.domain.errors import DomainError
from casework.domain.kinds.rating.state import Grade
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import Role
from casework.domain.time.calendar import ZONE
from casework.filing.bodies import Body, CaseNo, District, RatingBody
from casework.store.queries import (
    RatingsSummary,
    is_rated,
    rateable,
    rating_view,
    ratings_summary,
    talent_party,
)
from casework.store.queries.letters import RatingLink, rating_link

ALREADY_RATED = DomainError("ALREADY_RATED", "本件已经评价，一件只能评价一次")

router = with_token(
    prefix="/ratings",
    tags=["ratings"],
    responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY),
)


class GradeCount(BaseModel):
    """How many ratings of one grade."""

    grade: Grade
    label: str
    count: int


class RatingsAnswer(BaseModel):
    """Struck ratings count in no grade; ``settled_in_time``: poor ones within their limit."""

    grades: list[GradeCount]
    struck: int
    poor: int
    settled: int
    settled_in_time: int


@router.post("", summary="评价（好差评）", **OPENED)
async def rate(body: RatingBody, actor: Caller, here: Here) -> Response:
    """Rate a finished case; a repeat finds the same rating.

    409 ``ALREADY_RATED``: it was rated otherwise. 409 ``NOT_RATEABLE``: it is not finished.
    """
    return await _rated(body, actor, here)


async def _rated(body: RatingBody, actor: Actor, here: Parts) -> Response:
    now = here.now()
    require_filing(actor, here.desk.filed(body, now))
    async with here.register.reading() as session:
        await permit(session, actor, Action.RATE, body.case_no)

    async def start() -> StartCase:
        async with here.register.reading() as session:
            case = await rateable(session, body.case_no)
            applicant = await talent_party(session, body.case_no, "applicant")
        if case is None:
            raise no_case()
        in_force = await in_force_for(here.desk.question(body, now), here)
        return here.desk.rating(body, case, applicant, actor, now, in_force)

    return await opened(body.identity, actor, here, start, ALREADY_RATED)


@router.get("", summary="评价统计")
async def ratings(
    actor: Caller,
    here: Here,
    since: Annotated[date, Query(alias="from", description="含该日", examples=["2026-07-01"])],
    before: Annotated[date, Query(description="不含该日", examples=["2026-10-01"])],
    district: District | None = None,
) -> RatingsAnswer:
    """How many ratings of each grade, and how the poor ones were dealt with."""
    district = readable_district(actor, district, CaseKind.RATING)
    if before <= since:
        raise invalid("before", "须晚于开始日期", "DATES_REVERSED")
    async with here.register.reading() as session:
        found = await ratings_summary(session, district or "", _midnight(since), _midnight(before))
    return _counted(found)


@router.get(
    "/{case_no}", summary="一项评价", responses=problem_responses(HTTPStatus.NOT_FOUND) | TAGGED
)
async def rating(case_no: CaseNo, actor: Caller, here: Here, response: Response) -> RatingAnswer:
    """The rating and, of a poor one, how far it has been settled."""
    async with here.register.reading() as session:
        await permit(session, actor, Action.READ, case_no)
        view = await rating_view(session, case_no)
    if view is None:
        raise no_case()
    return rating_answer(shown(view, actor, response))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZONE)


def _counted(found: RatingsSummary) -> RatingsAnswer:
    return RatingsAnswer(
        grades=[
            GradeCount(grade=grade, label=grade.label, count=found.grades[grade]) for grade in Grade
        ],
        struck=found.struck,
        poor=found.poor,
        settled=found.settled,
        settled_in_time=found.settled_in_time,
    )


# --- by the code of a letter ---------------------------------------------------------------
# Public: whoever holds the letter of the result rates, without logging in and without a name.


RATING_CODE = r"^[0-9A-Za-z-]{1,40}$"
LINKED = "rating-link"
"""As whom the register knows a rater who came by a letter; no issuer names anybody so."""

RatingCode = Annotated[str, Path(pattern=RATING_CODE, description="文书上的评价码")]


class LinkedRating(Body):
    """A rating by the code of a letter: nobody is named."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"grade": 5, "comment": ""}]})

    grade: Grade = Field(description="5 非常满意 … 1 非常不满意")
    comment: Annotated[str, Field(max_length=2000)] = ""


class RatingLinkAnswer(BaseModel):
    """What may be rated: nothing of whom or by whom. ``rated``: somebody has done it."""

    item_name: str = Field(examples=["居住证积分新办"])
    rated: bool


@public_router.get(
    "/rating-links/{code}",
    summary="评价码",
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
async def rating_link_of(code: RatingCode, here: Here) -> RatingLinkAnswer:
    """What the code of a letter lets its holder rate. 404 ``RATING_CODE_UNKNOWN``."""
    found = await _link(code, here)
    async with here.register.reading() as session:
        rated = await is_rated(session, found.case_no)
    return RatingLinkAnswer(item_name=found.item_name, rated=rated)


@public_router.post("/rating-links/{code}", summary="凭评价码评价", **OPENED)
async def rate_by_link(code: RatingCode, body: LinkedRating, here: Here) -> Response:
    """Rate the case of a letter, once, without logging in; a repeat finds the same rating.

    404 ``RATING_CODE_UNKNOWN``. 409 ``ALREADY_RATED``, ``NOT_RATEABLE``.
    """
    found = await _link(code, here)
    rating = RatingBody(case_no=found.case_no, grade=body.grade, named=False, comment=body.comment)
    return await _rated(
        rating, Actor(code=LINKED, role=Role.APPLICANT, subject=found.subject), here
    )


async def _link(code: str, here: Parts) -> RatingLink:
    async with here.register.reading() as session:
        found = await rating_link(session, code)
    if found is None:
        raise ProblemError(
            status=HTTPStatus.NOT_FOUND,
            code="RATING_CODE_UNKNOWN",
            detail="没有此评价码，或者文书已撤销，请核对",
        )
    return found
