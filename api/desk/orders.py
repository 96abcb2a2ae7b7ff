"""指令: the list, one order, and proposing, approving, rejecting, lifting, each foretold first."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Annotated, Any, get_args

import httpx
from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel

from api.desk.deeds import Deed, Json, opened, taken
from api.desk.drawing import upright
from api.desk.fields import label_of_field
from api.desk.forms import Options, fields_of_body
from api.desk.lists import asked_of, found, usual
from api.desk.names import Names
from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting
from api.edge.problems import ProblemError
from api.routes.at_desk import SavedList
from api.routes.order_bodies import NO, ORDER_BODY, ApprovalBody, RejectionBody
from casework import words
from casework.domain.kinds.application.state import ApplicationStage
from casework.domain.orders import require_may_order
from casework.domain.policy import Mark, Role
from casework.messages.orders import OrderStatus

router = APIRouter(prefix=f"{PATH}/orders", include_in_schema=False)

No = Annotated[str, Path(pattern=NO)]

KINDS = {
    "open_suspension": ("暂停计时", "范围内的期限自开始日起停止计算，至解除为止。"),
    "change_suspension": ("变更暂停", "以新的内容代替一项尚未结束的暂停；范围不变。"),
    "lift_suspension": ("解除暂停", "解除日是最后一个不计的日子。"),
    "start_measure": ("启用临时措施", "目录中的一项措施在本区的这些事项上启用。"),
    "end_measure": ("变更或终止临时措施", "另定一项措施的最后一天。"),
    "import_calendar": ("公布工作日历", "某年的放假和调休，按通知。"),
    "move_policy": ("改用新政策", "在办的申请改按新政策办理。"),
    "rebalance": ("负荷均衡", "把未开始的待办从多的人转给少的人。"),
    "change_staff": ("人员和岗位变动", "岗位自某日起设立、变更或结束。"),
    "publish_catalogue": ("发布目录版本", "某日起收件的办件按新版本办理。"),
    "compute_calendar": ("推算工作日历", "没有通知的年份由系统推算。"),
}
_BY_RELEASE = {"compute_calendar"}
"""Nobody proposes these; they are decided here as all others."""
_ELSEWHERE = {
    "change_staff": (f"{PATH}/staff/import", "人员文件导入", "整份名单：YAML、xlsx 或 CSV。"),
    "publish_catalogue": (f"{PATH}/catalogue", "目录版本", "先上传目录，再由此发布。"),
}
"""Where the content of an order comes from a file: address, title, what is done there."""
_NOT_TYPED = {"kind", "posts.id"}
_BODIES: Mapping[str, type[BaseModel]] = {
    body.model_fields["kind"].default: body for body in get_args(get_args(ORDER_BODY)[0])
}
_IN_FORCE = {OrderStatus.APPLIED, OrderStatus.DONE}


@router.get("")
async def orders(visit: Visiting) -> Response:
    """Orders, and the suspensions that hold today."""
    page = await asked_of(visit, SavedList.ORDERS, ("status", "district"))
    if (sent := usual(page)) is not None:
        return sent
    listing = await found(visit, "/v1/orders", page.asked)
    holding = await visit.api.get("/v1/suspensions", on=visit.today.isoformat())
    return visit.page(
        "orders.html",
        listing.status,
        **listing.shown,
        listed=page,
        asked=page.asked,
        statuses=[(status.value, status.label) for status in OrderStatus],
        kinds=KINDS,
        holding=holding["items"],
        scopes=words.SCOPES,
    )


@router.get("/new")
def kinds(visit: Visiting) -> Response:
    """What can be ordered."""
    offered = {kind: told for kind, told in KINDS.items() if kind not in _BY_RELEASE}
    return visit.page("order_kinds.html", kinds=offered, elsewhere=_ELSEWHERE)


@router.get("/new/{kind}")
async def proposing(kind: str, visit: Visiting) -> Response:
    """The form of an order."""
    return opened(visit, await _proposal(visit, kind))


@router.post("/new/{kind}")
async def proposed(kind: str, visit: Visiting) -> Response:
    """Foretell it, or propose it."""
    return await taken(visit, await _proposal(visit, kind))


@router.get("/{no}")
async def order(no: No, visit: Visiting) -> Response:
    """One order: what it says, who proposed and decided it, what came of it."""
    told = await visit.api.get(f"/v1/orders/{no}")
    waits = "waits" in visit.request.query_params and told["status"] == OrderStatus.PROPOSED
    is_own = told["proposed_by"] == visit.actor.code
    page = visit.page(
        "order.html",
        order=told,
        label=KINDS[told["kind"]][0],
        body=list(_told(told["kind"], told["body"], visit.names)),
        waits=waits,
        may_decide=told["status"] == OrderStatus.PROPOSED and not is_own,
        by_another=told["status"] == OrderStatus.PROPOSED and is_own,
        may_lift=told["kind"] == "open_suspension" and told["status"] in _IN_FORCE,
        results=await _results(visit, told),
    )
    if waits:
        page.headers["Refresh"] = "3"
    return page


@router.get("/{no}/{decision}")
async def deciding(no: No, decision: str, visit: Visiting) -> Response:
    """The form of a decision."""
    return opened(visit, await _decision(visit, no, decision))


@router.post("/{no}/{decision}")
async def decided(no: No, decision: str, visit: Visiting) -> Response:
    """Foretell it, or decide."""
    return await taken(visit, await _decision(visit, no, decision))


async def _proposal(visit: Visit, kind: str) -> Deed:
    if kind not in _BODIES or kind in _BY_RELEASE:
        raise _no_page()
    require_may_order(visit.actor, visit.actor.district)  # before anything is typed
    label, lead = KINDS[kind]
    offered: dict[str, Options] = {
        "channels": tuple(words.FILED_BY.items()),
        "district": visit.names.choice_of_districts(),
        "effect": visit.names.choice_of_measures(),
        "item": visit.names.choice_of_items(),
        "items": visit.names.choice_of_items(),
    }
    for name, path in (("suspension", "/v1/suspensions"), ("measure", "/v1/measures")):
        if name in _BODIES[kind].model_fields:
            found = await visit.api.get(path, on=visit.today.isoformat(), size=200)
            offered[name] = tuple(
                (each["id"], _in_force(each, visit.names)) for each in found["items"]
            )
    return Deed(
        title=f"提出指令：{label}",
        lead=lead,
        fields=fields_of_body(kind, _BODIES[kind], offered, without=_NOT_TYPED),
        fixed={"kind": kind},
        path="/v1/orders",
        back=router.prefix,
        effect="提出指令，交另一人批准",
        foretell=foretold,
        told="order_preview.html",
        done=lambda answer: f"{router.prefix}/{answer.json()['no']}",
    )


async def _decision(visit: Visit, no: str, decision: str) -> Deed:
    require_may_order(visit.actor, visit.actor.district)
    told = await visit.api.get(f"/v1/orders/{no}")

    async def foretell(visit: Visit, body: Json) -> Json:
        del body
        try:
            return await foretold(visit, {"kind": told["kind"], **told["body"]})
        except ProblemError as refused:
            return _NOTHING_FORETOLD | {"plain": [("现在不能预览", refused.detail)]}

    def done(answer: httpx.Response) -> str:
        waits = "?waits=1" if answer.status_code == HTTPStatus.ACCEPTED else ""
        return f"{router.prefix}/{no}{waits}"

    if decision == "approve":
        return Deed(
            title=f"批准指令 {no}",
            lead=visit.names.said(told["headline"]),
            fields=fields_of_body("approve", ApprovalBody, {}),
            path=f"/v1/orders/{no}/approve",
            back=f"{router.prefix}/{no}",
            effect="批准指令，使其生效",
            foretell=foretell,
            told="order_preview.html",
            done=done,
        )
    if decision == "reject":
        return Deed(
            title=f"驳回指令 {no}",
            lead=visit.names.said(told["headline"]),
            fields=fields_of_body("reject", RejectionBody, {}),
            path=f"/v1/orders/{no}/reject",
            back=f"{router.prefix}/{no}",
            effect="驳回指令",
            done=done,
        )
    raise _no_page()


async def foretold(visit: Visit, body: Json) -> Json:
    """What the order would do: the load before and after drawn, further numbers in words."""
    return drawn_preview(body["kind"], (await visit.api.post("/v1/orders/preview", body)).json())


def drawn_preview(kind: str, told: Json) -> Json:
    """The preview of an order as ``order_preview.html`` shows it."""
    plain = [
        (label_of_field(kind, name), value)
        for name, value in told.items()
        if isinstance(value, int | str) and name not in {"cases", "clocks"}
    ]
    if "clocks" not in told and "cases" in told and isinstance(told["cases"], int):
        plain.insert(0, ("涉及办件", told["cases"]))
    load = told.get("load")
    drawn = None
    if load and load["days"]:
        drawn = upright(
            "到期负荷",
            [each["day"][5:] for each in load["days"]],
            {
                "现在": [each["before"] for each in load["days"]],
                "生效之后": [each["after"] for each in load["days"]],
            },
        )
    return {**_NOTHING_FORETOLD, **told, "plain": plain, "chart": drawn}


_OF_A_PREVIEW = (
    *("remarks", "kinds", "examples", "work", "people", "handings"),
    *("differences", "open_cases", "without_superior"),
)
_NOTHING_FORETOLD: dict[str, Any] = dict.fromkeys(_OF_A_PREVIEW, ()) | {"load": None, "chart": None}


async def _results(visit: Visit, told: Json) -> list[Any]:
    """What became of its cases, where an order has cases of its own; the first of them."""
    lists = {"move_policy": "cases", "rebalance": "handings"}
    if told["kind"] not in lists or told["status"] not in _IN_FORCE:
        return []
    found = await visit.api.get(f"/v1/orders/{told['no']}/{lists[told['kind']]}", size=200)
    return list(found["items"])


def _told(kind: str, body: Mapping[str, Any], names: Names) -> Iterator[tuple[str, str]]:
    for name, value in body.items():
        if name == "kind" or value in (None, "", [], {}):
            continue
        yield label_of_field(kind, name), _text(kind, name, value, names)


def _text(kind: str, name: str, value: Any, names: Names) -> str:  # noqa: ANN401 - JSON
    match value:
        case bool():
            return "是" if value else "否"
        case dict():
            return "；".join(f"{label}：{text}" for label, text in _told(kind, value, names))
        case list():
            return "\n".join(_text(kind, name, each, names) for each in value)
        case _:
            known = _WORDS.get(name, {}).get(str(value)) or names.said(str(value))
            return names.body(known) if name in {"unit", "body", "bodies"} else known


_WORDS: Mapping[str, Mapping[str, str]] = {
    "scope": words.SCOPES,
    "clocks": words.STOPPED,
    "channels": words.FILED_BY,
    "role": {role.value: role.label for role in Role},
    "mark": {mark.value: mark.label for mark in Mark},
    "stage": {stage.value: stage.label for stage in ApplicationStage},
}
"""The words of what an order says, by field."""


def _in_force(each: Mapping[str, Any], names: Names) -> str:
    if "reach" in each or "scope" in each:
        return f"{each['id']}（{each['first_on']} 起，{each['reason']}）"
    items = "、".join(map(names.said, each["items"]))
    return f"{each['name']}（{names.place(each['district'])}，{each['since']} 起，{items}）"


def _no_page() -> ProblemError:
    return ProblemError(
        status=HTTPStatus.NOT_FOUND, code="NO_SUCH_ADDRESS", detail="没有此页面，请核对地址"
    )
