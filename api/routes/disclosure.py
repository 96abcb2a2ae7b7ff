"""Personal data in clear, and the cases of a person: with a reason, and recorded."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from api.access.guard import Caller, permit, require, sight_of
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.export import exported
from api.routes.lists import CaseItem, Code, Listing, PageQuery, case_item, readable
from api.routes.routers import with_token
from casework.domain.authority import Action, GeneralAction
from casework.domain.kinds.application.opening import id_number
from casework.domain.time.calendar import local_date
from casework.filing.bodies import Body, CaseNo, Number, ShortText
from casework.store.queries.disclosure import (
    Access,
    AccessFilter,
    Looked,
    PartyInClear,
    cases_of_subject,
    note_access,
    parties_in_clear,
)
from casework.store.queries.disclosure import accesses as noted

router = with_token(
    tags=["personal-data"], responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY)
)


class DisclosureBody(Body):
    """Why the personal data must be seen in clear."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "电话核对收件地址"}]})

    reason: ShortText


class NumberBody(Body):
    """The number to search for, and why; it is never part of an address or a log."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id_number": "11010519491231002X", "reason": "本人到窗口查询进度"}]
        }
    )

    id_number: Number
    reason: ShortText


class Disclosed(BaseModel):
    """The parties of a case, not masked; 「已依法删除」 where they were erased."""

    case_no: str
    parties: list[PartyInClear]


class AccessQuery(PageQuery):
    """Empty fields do not restrict."""

    case_no: CaseNo | None = None
    actor: Code = ""
    what: Looked | None = None


@dataclass(frozen=True, kw_only=True)
class AccessItem(Access):
    """One access to personal data; ``district`` is that of the reader."""

    what_label: str


@router.post(
    "/cases/{case_no}/disclosure",
    summary="查看当事人完整信息",
    responses=problem_responses(HTTPStatus.NOT_FOUND),
)
async def disclosure(case_no: CaseNo, body: DisclosureBody, actor: Caller, here: Here) -> Disclosed:
    """The parties of a case with names, numbers and addresses in clear; each access is recorded."""
    async with here.register.writing() as session:
        await permit(session, actor, Action.DISCLOSE, case_no)
        parties = await parties_in_clear(session, case_no)
        await note_access(
            session,
            at=here.now(),
            actor=actor,
            what=Looked.DISCLOSE,
            case_no=case_no,
            reason=body.reason,
        )
    return Disclosed(case_no=case_no, parties=list(parties))


@router.post("/cases/by-number", summary="按证件号码查找办件")
@exported("按证件号码找到的办件")
async def by_number(
    body: NumberBody, asked: Annotated[PageQuery, Query()], actor: Caller, here: Here
) -> Listing[CaseItem]:
    """The cases whose subject has this number, newest first; recorded for each case of the page.

    A search that finds nothing is recorded, too.
    """
    require(actor, GeneralAction.FIND_PERSON)
    number, _ = id_number(
        body.id_number, local_date(here.now())
    )  # an invalid number was stored unchanged
    subject = here.desk.pseudonyms.of(number)
    with readable(asked.cursor):
        async with here.register.writing() as session:
            page = await cases_of_subject(
                session, subject, sight_of(actor), after=asked.cursor, size=asked.size
            )
            for case_no in [case.case_no for case in page.rows] or [""]:
                await note_access(
                    session,
                    at=here.now(),
                    actor=actor,
                    what=Looked.FIND,
                    case_no=case_no,
                    reason=body.reason,
                )
    return Listing(items=[case_item(case) for case in page.rows], next_cursor=page.next or None)


@router.get("/accesses", summary="个人信息查看记录")
@exported("个人信息查看记录")
async def accesses(
    asked: Annotated[AccessQuery, Query()], actor: Caller, here: Here
) -> Listing[AccessItem]:
    """Accesses to personal data of the caller's district, or by its people, newest first."""
    require(actor, GeneralAction.READ_ACCESSES)
    wanted = AccessFilter(
        district=actor.district,
        case_no=asked.case_no or "",
        actor=asked.actor,
        what=asked.what or "",
    )
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await noted(session, wanted, after=asked.cursor, size=asked.size)
    items = [AccessItem(**vars(row), what_label=Looked(row.what).label) for row in page.rows]
    return Listing(items=items, next_cursor=page.next or None)
