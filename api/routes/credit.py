"""Broken promises (容缺失信), and their repair."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict

from api.access.guard import Caller, require, require_at, sight_of
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.export import exported
from api.routes.lists import Listing, PageQuery, readable
from api.routes.routers import with_token
from casework.domain.authority import Concern, GeneralAction
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.kinds.application.events import BreachDecided
from casework.filing.bodies import Body, CaseNo, ShortText
from casework.store.access import outline
from casework.store.register import credit
from casework.store.register.cases import stored_events

_NO_RECORD = DomainError("CREDIT_RECORD_NOT_FOUND", "没有此失信记录")

router = with_token(prefix="/credit-records", tags=["credit"])


class Record(BaseModel):
    """A breach; ``subject`` is the applicant's pseudonym. Unrepaired, it bars further deferral."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    subject: str
    case_no: str
    material: str
    recorded_at: datetime
    reason: str
    repaired_at: datetime | None
    repaired_by: str
    repair_reason: str


class RecordQuery(PageQuery):
    """A field that is left out does not restrict the list."""

    case_no: CaseNo | None = None
    unrepaired: bool = False


class Repair(Body):
    """Why the record no longer bars the applicant."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "已补齐全部材料并完成信用培训"}]}
    )

    reason: ShortText


@router.get("", summary="失信记录", responses=problem_responses())
@exported("失信记录")
async def records(
    asked: Annotated[RecordQuery, Query()], actor: Caller, here: Here
) -> Listing[Record]:
    """The records that the caller may read, oldest first: of one case, or of all."""
    require(actor, GeneralAction.READ)
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await credit.credit_records(
                session,
                case_no=asked.case_no,
                unrepaired=asked.unrepaired,
                sight=sight_of(actor),
                after=asked.cursor,
                size=asked.size,
            )
    items = [Record.model_validate(record) for record in page.rows]
    return Listing(items=items, next_cursor=page.next or None)


@router.post(
    "/{record_id}/repair",
    summary="修复失信记录",
    responses=problem_responses(
        HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY
    ),
)
async def repair(
    record_id: Annotated[str, Path(pattern=r"^[0-9A-Z-]{21}:[0-9]{1,9}$")],
    body: Repair,
    actor: Caller,
    here: Here,
) -> Record:
    """A supervisor lifts the bar, with a reason; never who decided the breach (four eyes).

    The same repair again gives the same record; a second, different one is refused.
    """
    case_no = record_id.partition(":")[0]
    await require_at(
        actor, GeneralAction.REPAIR_CREDIT, _outline(case_no, here), lambda case: case.district
    )
    async with here.register.writing() as session:
        for event in await stored_events(session, case_no):
            if isinstance(event.body, BreachDecided) and event.actor.code == actor.code:
                raise DomainError("FOUR_EYES", "作出失信处理的人不能自己修复")
        record = await credit.repair(
            session, record_id, by=actor.code, reason=body.reason, at=here.now()
        )
    if record is None:
        raise _NO_RECORD
    if not _is_theirs(record, actor, body):
        raise DomainError("ALREADY_REPAIRED", "此记录已经修复")
    return Record.model_validate(record)


async def _outline(case_no: str, here: Parts) -> Concern:
    async with here.register.reading() as session:
        known = await outline(session, case_no)
    if known is None:
        raise _NO_RECORD
    return known


def _is_theirs(record: credit.CreditRecord, actor: Actor, body: Repair) -> bool:
    return (record.repaired_by, record.repair_reason) == (actor.code, body.reason)
