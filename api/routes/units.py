"""Units (单位登记): one registered mailbox a unit in a district, confirmed by a second person."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Header, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access.guard import Caller, require_at
from api.edge.problems import ProblemError
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.consultations import place_of
from api.routes.disclosure import DisclosureBody
from api.routes.export import exported
from api.routes.lists import Listing, PageQuery, readable
from api.routes.order_bodies import ApprovalBody, RejectionBody
from api.routes.routers import with_token
from casework.domain.authority import GeneralAction
from casework.domain.bounds import Few, Remark
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.identifiers import mask
from casework.domain.units import Unit, UnitForm, UnitStatus, checked, mailbox_key
from casework.filing.bodies import KEY, Body, CaseNo, District, Number, ShortText, digest
from casework.incoming.writing import key_of
from casework.messages.orders import letters_of
from casework.store.queries.disclosure import Looked, note_access
from casework.store.units import (
    UnitFilter,
    decide_unit,
    end_unit,
    find_unit,
    propose_unit,
    units,
)

router = with_token(
    "/units",
    tags=["units"],
    responses=problem_responses(HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)

Key = Annotated[
    str | None, Header(alias="Idempotency-Key", pattern=KEY, description="相同的键只登记一次")
]
Id = Annotated[str, Path(pattern=r"^DW(-[0-9A-Z]{4}){3}$")]
_NOT_FOUND = problem_responses(HTTPStatus.NOT_FOUND)


class UnitBody(Body):
    """A unit and its one mailbox. ``replaces``: the registration in force that this one changes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "district": "310106",
                    "credit_code": "91310106MA1FY7XX05",
                    "name": "某某人寿保险股份有限公司",
                    "short_names": ["某某人寿"],
                    "mailbox": "hr@firm.example.com",
                    "contact": "赵女士",
                    "phone": "021-64000000",
                }
            ]
        }
    )

    district: District | None = Field(default=None, description="缺省为登记人所在区")
    credit_code: Number = Field(description="统一社会信用代码")
    name: ShortText
    short_names: Few[ShortText] = Field(default=(), description="文件名中所用的公司简称")
    mailbox: Annotated[str, Field(min_length=3, max_length=320, description="唯一的固定邮箱")]
    contact: ShortText | None = Field(default=None, description="联系人")
    phone: Annotated[str, Field(max_length=30)] | None = None
    case_no: CaseNo | None = Field(default=None, description="单位注册或信息变更的办件编号")
    replaces: Annotated[str, Field(pattern=r"^DW(-[0-9A-Z]{4}){3}$")] | None = Field(
        default=None, description="变更时：现行登记的编号；首次登记不填"
    )
    reason: Remark = Field(default="", description="变更须写明理由和依据")


class EndUnitBody(Body):
    """Why mails from this mailbox are not taken any more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "单位已注销"}]})

    reason: ShortText


@dataclass(frozen=True, kw_only=True)
class UnitItem:
    """One registration; ``contact``, ``phone`` and, in lists, ``mailbox`` are masked."""

    id: str
    district: str
    credit_code: str
    name: str
    short_names: tuple[str, ...]
    mailbox: str
    contact: str
    phone: str
    case_no: str
    replaces: str
    status: UnitStatus
    status_label: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    ended_by: str
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class UnitDetail(UnitItem):
    """The same with its mailbox in clear, and what people wrote."""

    reason: str
    decision: str


class UnitContact(BaseModel):
    """Whom to call, in clear."""

    id: str
    contact: str
    phone: str


class UnitQuery(PageQuery):
    """A field that is left out does not restrict; the district is by default the caller's own."""

    district: District | None = None
    status: UnitStatus | None = None
    credit_code: Annotated[str, Field(max_length=18)] = ""
    name: Annotated[str, Field(max_length=100, description="名称的一部分，或简称")] = ""


@router.post("", summary="登记单位或变更其登记（待复核）", status_code=HTTPStatus.CREATED)
async def propose(
    body: UnitBody, actor: Caller, here: Here, response: Response, key: Key = None
) -> UnitItem:
    """Propose one; the same key again is the same proposal (200). A second mailbox is a 409."""
    district = place_of(actor, body.district, GeneralAction.KEEP_UNITS)
    said = body.model_dump(mode="json", exclude_none=True) | {"district": district}
    form = UnitForm(**said | {"short_names": body.short_names})
    form = UnitForm(**vars(form) | checked(form))
    unit = Unit(
        **vars(form),
        id=_number(actor, key or secrets.token_urlsafe(16)),
        proposed_by=actor.code,
        proposed_at=here.now(),
    )
    content = here.desk.pseudonyms.of(digest(said))  # it speaks of people
    async with here.register.writing() as session:
        written, known = await propose_unit(
            session,
            unit,
            keys=sorted({key_of(each) for each in (unit.name, *unit.short_names)}),
            mailbox_is=here.desk.pseudonyms.of_mailbox(unit.mailbox),
            content=content,
        )
    if known != content:
        raise ProblemError(
            status=HTTPStatus.CONFLICT,
            code="KEY_REUSED",
            detail="此 Idempotency-Key 已用于内容不同的操作，请换一个",
        )
    if written != unit:
        response.status_code = HTTPStatus.OK
    return _item(written)


@router.get("", summary="查询单位登记")
@exported("单位登记")
async def list_units(
    asked: Annotated[UnitQuery, Query()], actor: Caller, here: Here
) -> Listing[UnitItem]:
    """The registrations of a district, the newest first."""
    wanted = UnitFilter(
        district=place_of(actor, asked.district, GeneralAction.READ_UNITS),
        status=asked.status or "",
        credit_code=asked.credit_code.strip().upper(),
        name=asked.name.strip(),
    )
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await units(session, wanted, after=asked.cursor, size=asked.size)
    return Listing(items=[_item(each) for each in page.rows], next_cursor=page.next or None)


@router.get("/{id}", summary="查看一份单位登记", responses=_NOT_FOUND)
async def one(id: Id, actor: Caller, here: Here) -> UnitDetail:  # noqa: A002 - as the list has it
    """One registration with its mailbox in clear, for whoever compares it with the documents."""
    unit = await _known(id, actor, here, GeneralAction.READ_UNITS)
    shown = vars(_item(unit)) | {"mailbox": unit.mailbox}
    return UnitDetail(**shown, reason=unit.reason, decision=unit.decision)


@router.post("/{id}/approve", summary="复核通过单位登记", responses=_NOT_FOUND)
async def approve(
    id: Id,  # noqa: A002 - as the list has it
    body: ApprovalBody,
    actor: Caller,
    here: Here,
) -> UnitItem:
    """Put it in force, by another person than who asked for it; what it changes is replaced."""
    await _known(id, actor, here, GeneralAction.KEEP_UNITS)
    return await _decided(id, actor, here, body.reason, confirmed=True)


@router.post("/{id}/reject", summary="复核不通过单位登记", responses=_NOT_FOUND)
async def reject(
    id: Id,  # noqa: A002 - as the list has it
    body: RejectionBody,
    actor: Caller,
    here: Here,
) -> UnitItem:
    """Refuse it with a reason, by another person than who asked for it."""
    await _known(id, actor, here, GeneralAction.KEEP_UNITS)
    return await _decided(id, actor, here, body.reason, confirmed=False)


@router.post("/{id}/end", summary="停用单位邮箱", responses=_NOT_FOUND)
async def end(
    id: Id,  # noqa: A002 - as the list has it
    body: EndUnitBody,
    actor: Caller,
    here: Here,
) -> UnitItem:
    """Take no more mails from it, at once and by one person; a new registration needs two."""
    await _known(id, actor, here, GeneralAction.KEEP_UNITS)
    async with here.register.writing() as session:
        ended = await end_unit(session, id, by=actor.code, at=here.now(), reason=body.reason)
    return _item(ended)


@router.post("/{id}/disclosure", summary="查看单位联系人完整信息", responses=_NOT_FOUND)
async def disclosure(
    id: Id,  # noqa: A002 - as the list has it
    body: DisclosureBody,
    actor: Caller,
    here: Here,
) -> UnitContact:
    """The contact in clear; each access is recorded."""
    unit = await _known(id, actor, here, GeneralAction.KEEP_UNITS)
    async with here.register.writing() as session:
        await note_access(
            session,
            at=here.now(),
            actor=actor,
            what=Looked.DISCLOSE,
            case_no=id,
            reason=body.reason,
        )
    return UnitContact(id=id, contact=unit.contact, phone=unit.phone)


async def _known(id_: str, actor: Actor, here: Parts, action: GeneralAction) -> Unit:
    async def looked_up() -> Unit:
        async with here.register.reading() as session:
            unit = await find_unit(session, id_)
        if unit is None:
            raise DomainError("UNIT_NOT_FOUND", "没有此单位登记编号，请核对")
        return unit

    return await require_at(actor, action, looked_up(), lambda found: found.district)


async def _decided(
    id_: str, actor: Actor, here: Parts, decision: str, *, confirmed: bool
) -> UnitItem:
    async with here.register.writing() as session:
        decided = await decide_unit(
            session,
            id_,
            by=actor.code,
            at=here.now(),
            confirmed=confirmed,
            decision=decision,
        )
    return _item(decided)


def _number(actor: Actor, key: str) -> str:
    """The id of a proposal: the same key of the same person is the same one."""
    return f"DW-{letters_of(actor.code, key)}"


def _item(unit: Unit) -> UnitItem:
    local, at, host = mailbox_key(unit.mailbox).partition("@")
    return UnitItem(
        id=unit.id,
        district=unit.district,
        credit_code=unit.credit_code,
        name=unit.name,
        short_names=unit.short_names,
        mailbox=f"{local[:1]}***{at}{host}",
        contact=unit.contact[:1] + "*" * (len(unit.contact) - 1),
        phone=mask(unit.phone),
        case_no=unit.case_no,
        replaces=unit.replaces,
        status=unit.status,
        status_label=unit.status.label,
        proposed_by=unit.proposed_by,
        proposed_at=unit.proposed_at,
        decided_by=unit.decided_by,
        decided_at=unit.decided_at,
        ended_by=unit.ended_by,
        ended_at=unit.ended_at,
    )
