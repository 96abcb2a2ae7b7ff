"""Service requests of talents (人才服务申请)."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Query, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.guard import Caller, listed_district, permit, sight_of
from api.edge.problems import ProblemError, invalid, no_case
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.export import exported
from api.routes.in_force import in_force_for
from api.routes.lists import Code, Listing, PageQuery, Since, readable
from api.routes.opening import add_opening
from api.routes.routers import with_token
from api.routes.seen import TAGGED, shown
from api.routes.talent_service.answers import (
    RequestAnswer,
    RequestItem,
    request_answer,
    request_item,
)
from casework.domain.authority import Action
from casework.domain.case.facts import Actor
from casework.domain.case.opening import StartCase
from casework.domain.errors import DomainError
from casework.domain.kinds.request.opening import Served
from casework.domain.kinds.request.state import RequestStage
from casework.domain.talent import Level, TalentClass
from casework.domain.time.calendar import local_date
from casework.filing.bodies import CaseNo, District, RequestBody
from casework.store.queries import (
    RequestFilter,
    request_view,
    search_requests,
    standing,
    talent_by_credential,
    talent_party,
)

router = with_token(
    prefix="/requests",
    tags=["talent-services"],
    responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY),
)


class RequestQuery(PageQuery):
    """A field that is left out does not restrict the list."""

    district: District | None = None
    service: Annotated[Code, Field(description="服务项目代码")] = ""
    stage: RequestStage | None = None
    holder: Code = ""
    talent: CaseNo | None = None
    letter: TalentClass | None = None
    level: Level | None = None
    body: Annotated[str, Field(pattern=r"^([a-z]+/[a-z_]{1,40})?$", max_length=60)] = ""
    updated_since: Since = None


async def _for_a_talent(body: RequestBody, actor: Actor, now: datetime, here: Parts) -> StartCase:
    question = here.desk.question(body, now)
    async with here.register.reading() as session:
        served = await _served(session, body, actor, local_date(now))
    in_force = await in_force_for(question, here)
    return here.desk.request(body, served, actor, now, in_force)


add_opening(
    router,
    RequestBody,
    summary="提出服务申请",
    about="""Open a request for a talent; a repeat finds the same request.

While the talent's cycle is being verified, the request waits (stage ``on_hold``).
409 ``NOT_SERVED``: no further service.""",
    starting=_for_a_talent,
)


@router.get("", summary="查询服务申请")
@exported("服务申请")
async def requests(
    asked: Annotated[RequestQuery, Query()], actor: Caller, here: Here
) -> Listing[RequestItem]:
    """Service requests, newest first; people of a district see their own."""
    given = asked.restricting("district", "service")
    wanted = RequestFilter(
        district=listed_district(actor, asked.district),
        item=asked.service,
        sight=sight_of(actor),
        **given,
    )
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await search_requests(session, wanted, after=asked.cursor, size=asked.size)
    return Listing(items=[request_item(row) for row in page.rows], next_cursor=page.next or None)


@router.get(
    "/{case_no}", summary="一件服务申请", responses=problem_responses(HTTPStatus.NOT_FOUND) | TAGGED
)
async def request(case_no: CaseNo, actor: Caller, here: Here, response: Response) -> RequestAnswer:
    """The present state of the request: stage, body, tasks, result; personal data masked."""
    async with here.register.reading() as session:
        await permit(session, actor, Action.READ, case_no)
        view = await request_view(session, case_no)
    if view is None:
        raise no_case()
    return request_answer(shown(view, actor, response))


async def _served(session: AsyncSession, body: RequestBody, actor: Actor, today: date) -> Served:
    """Return the talent of the request.

    Raises:
        DomainError, ProblemError: nobody's, or none of the caller's business, or the credential is
            worthless.
    """
    if (body.talent is None) == (body.credential is None):
        raise invalid("talent", "请填写人才编号、人才卡号（人才码）二者之一", "FIELD_REQUIRED")
    talent = body.talent or await _holder(session, body.credential or "", today)
    found = await standing(session, talent)
    if found is None:
        raise _unknown()
    try:
        await permit(session, actor, Action.FILE, talent)
    except ProblemError:  # to somebody from outside there is no such talent
        raise _unknown() from None
    return Served(
        standing=found,
        talent=await talent_party(session, talent, "applicant"),
        employer=await talent_party(session, talent, "employer"),
    )


def _unknown() -> DomainError:
    return DomainError("TALENT_UNKNOWN", "没有此人才，请核对编号", "talent")


async def _holder(session: AsyncSession, credential: str, today: date) -> str:
    found = await talent_by_credential(session, credential)
    if found is None:
        raise DomainError("CREDENTIAL_UNKNOWN", "没有此人才卡或人才码，请核对", "credential")
    if found.credential_void_on is not None and found.credential_void_on <= today:
        raise DomainError(
            "CREDENTIAL_VOID", f"此人才卡或人才码自 {found.credential_void_on} 起失效", "credential"
        )
    return found.case_no
