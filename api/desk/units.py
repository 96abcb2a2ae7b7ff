"""单位登记: a unit and its one mailbox, proposed by one officer and confirmed by another."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel

from api.access.guard import require
from api.desk.deeds import Deed, Json, opened, taken
from api.desk.forms import fields_of_body
from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting
from api.edge.problems import ProblemError
from api.routes.order_bodies import ApprovalBody, RejectionBody
from api.routes.units import EndUnitBody, UnitBody
from casework.domain.authority import GeneralAction

router = APIRouter(prefix=f"{PATH}/units", include_in_schema=False)

_LIST = f"{PATH}/lists/units"

Id = Annotated[str, Path(pattern=r"^DW(-[0-9A-Z]{4}){3}$")]


@dataclass(frozen=True, kw_only=True)
class _Doing:
    title: str
    lead: str
    effect: str
    body: type[BaseModel]


_DEEDS: Mapping[str, _Doing] = {
    "approve": _Doing(
        title="复核通过",
        lead="请与营业执照、介绍信核对。通过后，本区只收该邮箱发来的该单位材料。",
        effect="复核通过，使登记生效",
        body=ApprovalBody,
    ),
    "reject": _Doing(
        title="复核不通过",
        lead="登记不生效，原有登记不变。",
        effect="不通过",
        body=RejectionBody,
    ),
    "end": _Doing(
        title="停用邮箱",
        lead="即刻停用：该邮箱发来的材料不再接收，并告知发件人。重新登记须另一人复核。",
        effect="停用此邮箱",
        body=EndUnitBody,
    ),
}


@router.get("/new")
def registering(visit: Visiting) -> Response:
    """The form of a first registration."""
    return opened(visit, _registration(visit))


@router.post("/new")
async def registered(visit: Visiting) -> Response:
    """Check it, or propose it."""
    return await taken(visit, _registration(visit))


@router.get("/{unit}/change")
async def changing(unit: Id, visit: Visiting) -> Response:
    """The form of a change; what is registered now stands in it."""
    return opened(visit, await _change(visit, unit))


@router.post("/{unit}/change")
async def changed(unit: Id, visit: Visiting) -> Response:
    """Check it, or propose it."""
    await visit.form()  # whether it is one of ours is asked before who sent it
    return await taken(visit, await _change(visit, unit))


@router.get("/{unit}/{deed}")
async def deciding(unit: Id, deed: str, visit: Visiting) -> Response:
    """The form of a decision about a registration, with what is registered."""
    return opened(visit, await _decision(visit, unit, deed))


@router.post("/{unit}/{deed}")
async def decided(unit: Id, deed: str, visit: Visiting) -> Response:
    """Check it, or decide."""
    await visit.form()
    return await taken(visit, await _decision(visit, unit, deed))


def _registration(visit: Visit) -> Deed:
    require(visit.actor, GeneralAction.KEEP_UNITS)
    return Deed(
        title="登记单位",
        lead="每个单位在本区只有一个固定邮箱。登记后须由另一人复核，复核通过后生效。",
        fields=fields_of_body("unit", UnitBody, {}, without={"replaces", "reason"}),
        path="/v1/units",
        back=_LIST,
        effect="提交登记，待复核",
        done=lambda _: _LIST,
    )


async def _change(visit: Visit, unit: str) -> Deed:
    require(visit.actor, GeneralAction.KEEP_UNITS)
    known = await visit.api.get(f"/v1/units/{quote(unit)}")
    kept = {name: known[name] for name in ("district", "credit_code", "name", "short_names")}
    return Deed(
        title=f"变更单位登记（{unit}）",
        lead=f"{known['name']}：现行邮箱 {known['mailbox']}。变更须写明依据，由另一人复核。"
        "联系人、电话请重新填写。",
        fields=fields_of_body("unit", UnitBody, {}, without={*kept, "replaces"}),
        path="/v1/units",
        back=_LIST,
        effect="提交变更，待复核",
        done=lambda _: _LIST,
        fixed={**kept, "replaces": unit},
    )


async def _decision(visit: Visit, unit: str, deed: str) -> Deed:
    require(visit.actor, GeneralAction.KEEP_UNITS)
    meant = _DEEDS.get(deed)
    if meant is None:
        raise ProblemError(
            status=HTTPStatus.NOT_FOUND, code="NO_SUCH_ADDRESS", detail="没有此页面，请核对地址"
        )
    known = await visit.api.get(f"/v1/units/{quote(unit)}")
    return Deed(
        title=f"{meant.title}（{unit}）",
        lead=f"{_said(known)} {meant.lead}",
        fields=fields_of_body("unit_decision", meant.body, {}),
        path=f"/v1/units/{quote(unit)}/{deed}",
        back=_LIST,
        effect=meant.effect,
        done=lambda _: _LIST,
    )


def _said(known: Json) -> str:
    changes = f"，变更 {known['replaces']}：{known['reason']}" if known["replaces"] else ""
    return (
        f"{known['name']}（{known['credit_code']}），邮箱 {known['mailbox']}，"
        f"由 {known['proposed_by']} 提出{changes}。"
    )
