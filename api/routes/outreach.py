"""Telling people one by one (主动告知): begin an outreach, and see its progress."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.guard import (
    Caller,
    cities_of,
    permit,
    readable_district,
    require,
    require_at,
    require_city,
    sight_of,
)
from api.edge.problems import ProblemError, invalid
from api.parts import Here, Parts
from api.parts.link import Begun
from api.routes.answers import problem_responses
from api.routes.checks import update_id
from api.routes.export import exported
from api.routes.lists import Listing, PageQuery, readable
from api.routes.once import answer_to, asked_later, begin_once
from api.routes.routers import with_token
from casework.domain.authority import Action, GeneralAction
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.kinds.application.state import ContactState
from casework.domain.policy import city_of
from casework.filing.bodies import Body, CaseNo, Code, District
from casework.messages.outreach import About, Progress, StartOutreach, outreach_number
from casework.store import outreach as register
from casework.store.outreach import ContactView, Outreach

_REFUSALS = problem_responses(
    HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY
)
_BEGIN = "begin"

router = with_token(tags=["outreach"], responses=_REFUSALS)

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class OutreachBody(Body):
    """Why people are told, and what, in Chinese, as it is read to them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "measure",
                    "about": "PAPER_NO_LIMIT.310115.20220301",
                    "text": "窗口交件不限时，可自选日期前来",
                }
            ]
        }
    )

    kind: About
    about: Code = Field(description="临时措施或者暂停的编号")
    text: Text


@dataclass(frozen=True, kw_only=True)
class OutreachAnswer(Outreach):
    """An outreach; ``progress`` counts the persons of the caller's district, or all."""

    kind_label: str
    progress: Progress


@dataclass(frozen=True, kw_only=True)
class ContactItem(ContactView):
    """The progress of telling one person."""

    state_label: str


class ContactItems(BaseModel):
    """What the person of a case is to be told, the oldest first."""

    items: list[ContactItem]


class OutreachPending(BaseModel):
    """Accepted, not yet in the register: ask at ``ask``, it never begins twice."""

    status: str = "pending"
    id: str
    ask: str = Field(examples=["/v1/outreaches/PAPER_NO_LIMIT.310115.20220301-0000/operation"])


class ContactQuery(PageQuery):
    """A field that is left out does not restrict the list."""

    state: ContactState | None = None
    district: District | None = None


@router.post(
    "/outreaches",
    summary="开始主动告知",
    status_code=HTTPStatus.CREATED,
    response_model=OutreachAnswer,
    responses={
        200: {"model": OutreachAnswer, "description": "先前已开始，主动告知相同"},
        202: {"model": OutreachPending, "description": "已收下，登记库尚未答复"},
    },
)
async def begin(body: OutreachBody, actor: Caller, here: Here) -> Response:
    """Have everybody concerned told one by one; a repeat finds the same outreach."""
    number = outreach_number(body.about, body.text)
    _, running = await require_at(
        actor, GeneralAction.BEGIN_OUTREACH, _about(body, here), lambda about: about[0]
    )
    start = StartOutreach(
        id=number,
        about=body.about,
        kind=body.kind,
        text=body.text,
        started_by=actor.code,
        by=actor,
    )

    async def known(status: HTTPStatus) -> Response | None:
        async with here.register.reading() as session:
            if await register.outreach(session, number) is None:
                return None
        return await _answer(number, actor, here, status)

    async def begin_it() -> Begun[str]:
        if running is not None and running.id != number:
            raise DomainError("OUTREACH_RUNNING", f"就同一事由的主动告知正在进行：{running.id}")
        return await here.engine.begin_outreach(start, update_id(actor, _BEGIN))

    return await begin_once(begin_it, known=known, pending=lambda: _pending(number))


@router.get(
    "/outreaches/{number}/operation",
    summary="查询主动告知是否已经开始",
    response_model=OutreachAnswer,
    responses={202: {"model": OutreachPending}},
)
async def operation(number: Id, actor: Caller, here: Here) -> Response:
    """Ask for the answer to a request to begin an outreach."""

    async def told() -> str | None:
        async with here.register.reading() as session:
            return number if await register.outreach(session, number) else None

    ident = update_id(actor, _BEGIN)
    begun = await answer_to(lambda: here.engine.outreach_answer(number, ident), told)
    return _pending(number) if begun is None else await _answer(number, actor, here)


@router.get("/outreaches", summary="主动告知")
@exported("主动告知")
async def outreaches(
    asked: Annotated[PageQuery, Query()], actor: Caller, here: Here
) -> Listing[Outreach]:
    """Outreaches, the newest first."""
    require(actor, GeneralAction.READ)
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await register.outreaches_page(
                session, cities=cities_of(actor), after=asked.cursor, size=asked.size
            )
    return Listing(items=list(page.rows), next_cursor=page.next or None)


@router.get("/outreaches/{number}", summary="一次主动告知", response_model=OutreachAnswer)
async def outreach(number: Id, actor: Caller, here: Here) -> Response:
    """What is told, why, since when, and how far; staff of a district see its own persons."""
    return await _answer(number, actor, here)


@router.get("/outreaches/{number}/contacts", summary="主动告知名单")
@exported("主动告知名单")
async def contacts(
    number: Id, asked: Annotated[ContactQuery, Query()], actor: Caller, here: Here
) -> Listing[ContactItem]:
    """The persons on the list by case number, of one state or of all."""
    district = readable_district(actor, asked.district) or ""
    with readable(asked.cursor):
        async with here.register.reading() as session:
            await _known(number, session, actor)
            page = await register.contacts_page(
                session,
                number,
                state=asked.state or "",
                district=district,
                sight=sight_of(actor),
                after=asked.cursor,
                size=asked.size,
            )
    return Listing(items=[_item(row) for row in page.rows], next_cursor=page.next or None)


@router.get("/applications/{case_no}/contacts", summary="办件的主动告知")
async def contacts_of_case(case_no: CaseNo, actor: Caller, here: Here) -> ContactItems:
    """What the person of this case is to be told, and how far that has come."""
    async with here.register.reading() as session:
        await permit(session, actor, Action.READ, case_no)
        found = await register.contacts_of_case(session, case_no)
    return ContactItems(items=[_item(row) for row in found])


async def _about(body: OutreachBody, here: Parts) -> tuple[str, Outreach | None]:
    """Return the district of the measure or suspension, and the running outreach about it.

    Raises:
        ProblemError: 422 ``ABOUT_UNKNOWN``.
    """
    async with here.register.reading() as session:
        subject = await register.subject_of(session, body.kind, body.about)
        if subject is None:
            raise invalid("about", f"没有此{body.kind.label}编号，请核对", "ABOUT_UNKNOWN")
        running = await register.running_about(session, body.about)
        return register.district_of(subject), running


async def _answer(
    number: str, actor: Actor, here: Parts, status: HTTPStatus = HTTPStatus.OK
) -> Response:
    district = readable_district(actor, None) or ""
    async with here.register.reading() as session:
        found = await _known(number, session, actor)
        counts = await register.progress(session, number, district)
    shown = OutreachAnswer(**vars(found), kind_label=About(found.kind).label, progress=counts)
    place = {"Location": f"/v1/outreaches/{number}"}
    return JSONResponse(jsonable_encoder(shown), status, place)


async def _known(number: str, session: AsyncSession, actor: Actor) -> Outreach:
    found = await register.outreach(session, number)
    if found is not None:
        subject = await register.subject_of(session, found.kind, found.about)
        require_city(actor, city_of(register.place_of(subject)) if subject else "")
    if found is None:
        raise ProblemError(
            status=HTTPStatus.NOT_FOUND, code="OUTREACH_NOT_FOUND", detail="没有此主动告知，请核对"
        )
    return found


def _item(row: ContactView) -> ContactItem:
    return ContactItem(**vars(row), state_label=ContactState(row.state).label)


def _pending(number: str) -> Response:
    place = f"/v1/outreaches/{number}/operation"
    return asked_later(OutreachPending(id=number, ask=place), place)
