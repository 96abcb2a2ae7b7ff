"""Service cycles: recognised talents (人才) with their codes, and residence permits with points."""

from datetime import date, datetime
from http import HTTPStatus
from io import BytesIO
from typing import Annotated, cast

from fastapi import Query, Response
from pydantic import Field

from api.access.guard import Caller, listed_district, permit, sight_of
from api.edge.problems import ProblemError, no_case
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.checks import ensure_credential_free, ensure_no_other_cycle
from api.routes.export import exported
from api.routes.lists import Code, Listing, PageQuery, Since, readable
from api.routes.opening import add_opening, by_the_desk
from api.routes.routers import with_token
from api.routes.seen import TAGGED, shown
from api.routes.talent_service.answers import CycleAnswer, TalentItem, cycle_answer, talent_item
from casework.domain.authority import Action
from casework.domain.case.facts import Actor
from casework.domain.case.opening import StartCase
from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.opening import StartCycle
from casework.domain.kinds.cycle.state import CycleStage
from casework.domain.kinds.registry import CaseKind
from casework.domain.talent import CredentialKind, StandingStatus, TalentClass
from casework.domain.time.calendar import local_date
from casework.filing.bodies import CaseNo, District, PermitBody, TalentBody
from casework.filing.bodies import Code as StoredCode
from casework.store.queries import talent_view
from casework.store.queries.of_one_kind import TalentFilter, TalentView, search_talents

SVG = "image/svg+xml"
_PIXELS_A_MODULE = 4

router = with_token(
    prefix="/talents",
    tags=["talent-cycles"],
    responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY),
)


permits_router = with_token(tags=["permit-cycles"])
cycles_router = with_token(tags=["talent-cycles"])


class TalentQuery(PageQuery):
    """A field that is left out does not restrict the list."""

    district: District | None = None
    letter: TalentClass | None = None
    stage: CycleStage | None = None
    status: StandingStatus | None = None
    employer: Annotated[Code, Field(description="用人单位的统一社会信用代码")] = ""
    credential: Annotated[StoredCode | None, Field(description="人才卡号或人才码")] = None
    ends_before: date | None = None
    updated_since: Since = None


async def _alone(
    body: TalentBody | PermitBody, actor: Actor, now: datetime, here: Parts
) -> StartCase:
    """Require that the person has no other cycle in the city, and that the card is free."""
    cycle = cast("StartCycle", await by_the_desk(body, actor, now, here))
    await ensure_no_other_cycle(cycle, here)
    if cycle.credential:
        await ensure_credential_free(cycle.credential.code, cycle.case_no, here)
    return cycle


add_opening(
    router,
    TalentBody,
    summary="登记人才认定（开始服务周期）",
    about="""Begin the three years of a talent; the same recognition again is the same cycle.

422 ``NOT_FULL_TIME``: §5.1. 409 ``CREDENTIAL_TAKEN``: the card is somebody else's. 409
``CYCLE_EXISTS``: the person has a cycle in this city that has not ended.""",
    starting=_alone,
)
add_opening(
    permits_router,
    PermitBody,
    path="/permits",
    summary="登记居住证（开始积分周期）",
    about="""Begin the year of a permit; the same again is the same cycle.

409 ``CYCLE_EXISTS``: its holder has one in this city that has not expired.""",
    starting=_alone,
)


@router.get("", summary="查询人才")
@exported("人才")
async def talents(
    asked: Annotated[TalentQuery, Query()], actor: Caller, here: Here
) -> Listing[TalentItem]:
    """Talents, newest first; people of a district see their own."""
    given = asked.restricting("district")
    wanted = TalentFilter(
        kind=CaseKind.TALENT_CYCLE,
        district=listed_district(actor, asked.district),
        sight=sight_of(actor),
        **given,
    )
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await search_talents(session, wanted, after=asked.cursor, size=asked.size)
    return Listing(items=[talent_item(row) for row in page.rows], next_cursor=page.next or None)


@router.get(
    "/{case_no}", summary="一位人才", responses=problem_responses(HTTPStatus.NOT_FOUND) | TAGGED
)
async def talent(case_no: CaseNo, actor: Caller, here: Here, response: Response) -> CycleAnswer:
    """The present state of a talent: class, cycle, credential, tasks; personal data masked."""
    view = await _known(case_no, actor, here)
    return cycle_answer(shown(view, actor, response), local_date(here.now()))


@router.get(
    "/{case_no}/code.svg",
    summary="人才码图片",
    response_class=Response,
    responses={
        200: {"content": {SVG: {}}, "description": "二维码"},
        **problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    },
)
async def code(case_no: CaseNo, actor: Caller, here: Here) -> Response:
    """The talent code as a picture; 404 where the talent has a card, 409 where it is void."""
    view = await _known(case_no, actor, here)
    if view.credential_kind != CredentialKind.CODE:
        raise ProblemError(
            status=HTTPStatus.NOT_FOUND, code="NO_TALENT_CODE", detail="该人才持人才卡，没有人才码"
        )
    if view.credential_void_on and view.credential_void_on <= local_date(here.now()):
        raise DomainError("CREDENTIAL_VOID", f"人才码自 {view.credential_void_on} 起失效")
    return Response(picture(view.credential_code), media_type=SVG)


async def _known(case_no: str, actor: Actor, here: Parts) -> TalentView:
    async with here.register.reading() as session:
        await permit(session, actor, Action.READ, case_no)
        view = await talent_view(session, case_no)
    if view is None or view.kind != CaseKind.TALENT_CYCLE:
        raise no_case()
    return view


def picture(code: str) -> str:
    """The code as a QR code: one SVG element, to be shown by itself or within a page."""
    import segno  # noqa: PLC0415 - most who know a code never draw it

    svg = BytesIO()
    segno.make_qr(code, error="m").save(
        svg, kind="svg", scale=_PIXELS_A_MODULE, xmldecl=False, nl=False, title=code
    )
    return svg.getvalue().decode()


@cycles_router.get(
    "/cycles/{case_no}",
    summary="一个周期",
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY) | TAGGED,
)
async def cycle(case_no: CaseNo, actor: Caller, here: Here, response: Response) -> CycleAnswer:
    """The cycle now; for a permit also when the points may be renewed (PTS_REN)."""
    async with here.register.reading() as session:
        await permit(session, actor, Action.READ, case_no)
        view = await talent_view(session, case_no)
    if view is None:
        raise no_case()
    return cycle_answer(shown(view, actor, response), local_date(here.now()))
