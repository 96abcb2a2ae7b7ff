"""Orders from the command line: what an order would do, then the order itself."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.identity import load_settings, mint, proposer_for
from casework.cli.terms.screen import day, note, say, show_json, show_table
from casework.domain.policy import CheckKind

if TYPE_CHECKING:
    import httpx

    from casework.cli.calling.client import Client

Row = Mapping[str, Any]

Preview = Annotated[bool, typer.Option("--preview", help="Only show what it would do.")]
Key = Annotated[
    str,
    typer.Option("--idempotency-key", help="The same key again is the same order."),
]


def propose(  # noqa: PLR0913 - what, where, and how it is told
    client: "Client",
    body: dict[str, Any],
    district: str,
    *,
    preview: bool,
    key: str,
    json: bool,
    city: str = "",
) -> None:
    """Propose an order, or only preview it; without ``--as``, as the supervisor of the district."""
    if client.acts_by_default:
        actor = proposer_for(district, city)
        client = client.speaking_as(mint(actor, load_settings()))
        note(f"提出人：{actor.code}（{actor.role.label}）")
    if preview:
        ordered = {name: value for name, value in body.items() if name != "approve"}
        shown = client.post("/v1/orders/preview", ordered).json()
        show_json(shown) if json else show_preview(shown)
        return
    answered(client, client.post("/v1/orders", body, key=key), json=json)


def answered(client: "Client", answer: "httpx.Response", *, json: bool) -> None:
    """Show what became of a proposal, once the register has answered."""
    if answer.status_code == HTTPStatus.ACCEPTED:
        note("已收下，登记库尚未答复，正在等待（不会丢失，也不会重复办理）…")
        answer = client.follow(answer)
    order = answer.json()
    if json:
        show_json(order)
        return
    if order.get("preview"):
        show_preview(order["preview"])
    say(f"指令 {order['no']}：{order['status_label']}")
    if order["status"] == "proposed":
        say(f"须由另一人批准：casework order approve {order['no']}")


def show_preview(preview: Row) -> None:
    """Print what an order would do: clocks by kind, or cases, with some before and after."""
    for remark in preview.get("remarks", ()):
        say(remark)
    if "policy" in preview:
        show_policy_preview(preview)
        return
    if "handed_on" in preview:
        show_staff_preview(preview)
        return
    if "catalogue" in preview:
        show_catalogue_preview(preview)
        return
    if "handings" in preview:
        show_rebalance_preview(preview)
        return
    show_table(
        ["期限", "移动", "暂停", "恢复"],
        [
            (
                f"{each['name']}（{each['kind']}）",
                str(each["moved"]),
                str(each["paused"]),
                str(each["resumed"]),
            )
            for each in preview["kinds"]
        ],
        title=f"涉及办件 {preview['cases']} 件、期限 {preview['clocks']} 项",
        empty="没有期限因此变化",
    )
    if preview["examples"]:
        show_table(
            ["办件编号", "期限", "届满日（前）", "届满日（后）"],
            [
                (
                    each["case_no"],
                    each["name"],
                    _due(each["due_before"], paused=each["paused_before"]),
                    _due(each["due_after"], paused=each["paused_after"]),
                )
                for each in preview["examples"]
            ],
            title="举例",
        )


def show_staff_preview(preview: Row) -> None:
    """Print how many posts begin and end, and what those hold open whose posts end."""
    say(f"增加岗位 {preview['begin']} 个，终止岗位 {preview['end']} 个")
    show_table(
        ["人员", "岗位", "阶段", "待办"],
        [
            (each["person"], each["role_label"], each["stage_label"], str(each["tasks"]))
            for each in preview["work"]
        ],
        title=f"涉及办件 {preview['cases']} 件、待办 {preview['tasks']} 项",
        empty="没有在办的件",
    )
    say(f"离岗后自动转交 {preview['handed_on']} 项，其余由监督员改派")
    if preview["examples"]:
        say("举例：" + "、".join(preview["examples"]))


def show_rebalance_preview(preview: Row) -> None:
    """Print which cases go from whom to whom, and what each has before and after."""
    show_table(
        ["办件编号", "现由", "转给", "待办", "说明"],
        [
            (each["case_no"], each["holder"], each["to"], str(each["tasks"]), each["why"])
            for each in preview["handings"]
        ],
        title=f"转交办件 {preview['cases']} 件、待办 {preview['tasks']} 项",
        empty="各人负荷已相当，没有可转交的件",
    )
    show_table(
        ["人员", "工时", "待办（前）", "待办（后）", "折算（前）", "折算（后）"],
        [
            (
                each["person"],
                f"{each['share']}%",
                *(str(each[name]) for name in ("open_tasks", "open_after")),
                *(str(each[name]) for name in ("weight", "weight_after")),
            )
            for each in preview["people"]
        ],
        title="转交前后的负荷",
    )
    if preview["left"]:
        say(f"只列出前 {len(preview['handings'])} 件，其余由同一指令分批转交")


def show_catalogue_preview(preview: Row) -> None:
    """Print what a catalogue changes, place by place, and the open cases that it leaves alone."""
    say(f"目录 {preview['catalogue'][:12]}，{day(preview['first_on'])} 起施行")
    if not preview["changed"]:
        say("与现行目录没有差异")
    place = None
    for each in preview["differences"]:
        named = (each["district_name"], each["name"])
        if named != place:
            place = named
            say("　".join(filter(None, named)) or "全部")
        until = f"至 {day(each['until'])}" if each["until"] else "起"
        say(f"  {day(each['first_on'])} {until}：{each['text']}")
    if preview["changed"] > len(preview["differences"]):
        say(f"另有 {preview['changed'] - len(preview['differences'])} 处差异未列出")
    for cases in preview["open_cases"]:
        some = "、".join(cases["examples"])
        say(
            f"在办件不受影响：{cases['district']} {cases['item']} {cases['cases']} 件（{some}），"
            "如须改用，另行提出 casework policy move"
        )
    if preview.get("without_superior"):
        cities = "、".join(preview["without_superior"])
        say(f"注意：{cities} 当日没有登记上级主管部门，须由其决定的件无人办理，请先登记")


def _due(due_on: object, *, paused: bool) -> str:
    return day(due_on) + ("（暂停）" if paused else "") if due_on else "暂停，待定"


def show_policy_preview(preview: Row) -> None:
    """Print how many cases a move to newer policy is for, and what changes for some of them."""
    say(f"政策 {preview['policy']}（{day(preview['to'])}）")
    say(f"涉及办件 {preview['cases']} 件，其中已适用此政策 {preview['unchanged']} 件")
    for case in preview["examples"]:
        show_table(
            ["期限", "届满日（前）", "届满日（后）", "说明"],
            [
                (
                    each["name"],
                    _due(each["due_before"], paused=False),
                    _due(each["due_after"], paused=False),
                    each["kept"],
                )
                for each in case["limits"]
            ],
            title=f"{case['case_no']}（{case['stage_label']}）",
            empty=f"{case['case_no']}（{case['stage_label']}）：期限不变",
        )
        for name, label in _CHANGES.items():
            if case[name]:
                say(f"{label}：" + "；".join(_CHECKED.get(each, each) for each in case[name]))
        for value in case["values"]:
            say(f"{value['name']}：{value['before']} → {value['after']}")


_CHECKED = {kind.value: kind.label for kind in CheckKind}
_CHANGES = {
    "asked": "新要求的材料",
    "excused": "新要求但本件不再补要的材料",
    "dropped": "不再要求的材料",
    "faults": "新发现的问题",
    "cleared": "不再是问题",
    "discharged": "不再补交的容缺材料",
    "checks_added": "新增的核实",
    "checks_dropped": "取消的核实",
    "deferrable": "新列入可容缺的材料",
    "not_deferrable": "不再可容缺的材料",
}
