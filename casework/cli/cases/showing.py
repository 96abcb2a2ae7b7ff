"""``casework show``: one case of any kind, whole."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from casework.cli.calling.over_http import over_http
from casework.cli.cases.letters import show_letters
from casework.cli.cases.materials import show_materials
from casework.cli.terms.arguments import CaseNo
from casework.cli.terms.screen import Json, card, day, moment, say, show_json, show_table
from casework.domain.case.state import TaskKind
from casework.domain.kinds.application.shown import LINE_LABELS
from casework.domain.kinds.application.state import LineStatus
from casework.domain.kinds.registry import CaseKind
from casework.words import NOTICE_STATUS, ROLES, SENT_BY, word

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

Row = Mapping[str, Any]
ApplicationFacts = Callable[[Row], Iterable[tuple[str, str]]]
"""What a case of some kind shows of itself, word and value; an empty value is left out."""


def _nothing(_: Row) -> Iterable[tuple[str, str]]:
    return ()


@over_http
def show(
    client: "Client",
    case_no: CaseNo,
    *,
    json: Json = False,
) -> None:
    """Show a case: parties, materials, clocks, tasks, cards, letters, timeline (办件详情)."""
    show_case(client, f"/v1/cases/{case_no}", json=json)


def show_case(
    client: "Client", place: str, facts: ApplicationFacts = _nothing, *, json: bool
) -> None:
    """Show the case at a place, with the facts of its kind."""
    case = client.get(place)
    case_no = case["case_no"]
    clocks = client.get(f"/v1/cases/{case_no}/clocks")["items"]
    events = client.get(f"/v1/cases/{case_no}/timeline")["items"]
    materials = client.get(f"/v1/cases/{case_no}/materials")
    letters = client.get(f"/v1/cases/{case_no}/letters")["items"]
    if json:
        listed = {"materials": materials["items"], "faults": materials["faults"]}
        show_json({**case, **listed, "clocks": clocks, "letters": letters, "timeline": events})
        return
    _heading(case)
    known = [(word, value) for word, value in facts(case) if value]
    if known:
        show_table(["", ""], known)
    _parties(case["parties"])
    show_materials(materials)
    _clocks(clocks)
    if case["kind"] == CaseKind.APPLICATION:
        _debts(case["debts"])
    show_tasks(case["tasks"])
    _cards(case["cards"])
    show_notices(case["notices"], title="告知（谁被告知什么）")
    show_letters(letters, title="文书")
    show_timeline(events)


def _team(case: Row) -> str:
    teams = (task["team"] for task in case["tasks"] if task["team"] and not task["holder"])
    return next((f"小组 {team}（待认领）" for team in teams), "")


def _heading(case: Row) -> None:
    say(f"{case['case_no']}　{case['item']} {case['item_name']}　{case['district']}")
    since, holder = moment(case["stage_since"]), case["holder"] or _team(case) or "—"
    say(f"阶段：{case['stage_label']}（自 {since}）　经办：{holder}")
    if case["green"]:
        say("绿色通道：已开通")
    for other in case.get("same_person", ()):
        what = "同一人的其他件（已决定分别办理）" if other["kept_apart"] else "疑似重复"
        say(f"{what}：{other['case_no']}（{other['district']}，{other['stage_label']}）")
    for each in case.get("shares", ()):
        who = each["holder"] or (f"小组 {each['team']}" if each["team"] else "待监督员指定")
        say(f"分办：{each['role_label']} {who}——{each['way_label']}：{each['reason']}")
    say()


def _parties(parties: Iterable[Row]) -> None:
    show_table(
        ["当事人", "姓名或名称", "证件号码", "邮箱", "电话"],
        [
            (
                word(ROLES, each["role"]),
                each["name"],
                each["id_number"],
                each["email"],
                each["phone"],
            )
            for each in parties
        ],
        title="当事人（已隐去部分信息）",
    )


def show_notices(notices: Iterable[Row], *, title: str = "", empty: str = "无") -> None:
    """Print the notices of a case: which, to whom, how, and whether they were sent."""
    show_table(
        ["键", "模板", "收件人", "方式", "状态", "时间", "原因"],
        [
            (
                each["key"],
                _letter(each["template"]),
                word(ROLES, each["recipient"]),
                word(SENT_BY, each["channel"]),
                word(NOTICE_STATUS, each["status"]),
                moment(each["at"] or each["queued_at"]),
                each["problem"],
            )
            for each in notices
        ],
        title=title,
        empty=empty,
    )


def _letter(template: str) -> str:
    from casework.letters.templates import TEMPLATES  # noqa: PLC0415 - only where it is shown

    title, _ = TEMPLATES.get(template, (template, ""))
    return title


def _clocks(clocks: Iterable[Row]) -> None:
    show_table(
        ["期限", "编号", "起算", "届满日", "状态"],
        [
            (
                clock["name"],
                clock["clock"],
                day(clock["started_on"]),
                day(clock["due_on"]) + ("（暂定）" if clock["provisional"] else ""),
                _clock_state(clock),
            )
            for clock in clocks
        ],
        title="期限",
    )


def _clock_state(clock: Row) -> str:
    if clock["ended_on"]:
        return f"已于 {clock['ended_on']} 结束"
    return "中止" if clock["paused"] else "计时中"


def _debts(lines: Sequence[Row]) -> None:
    show_table(
        ["材料", "编号", "状态", "承诺", "收到", "原因"],
        [
            (
                line["name"],
                line["material"],
                LINE_LABELS[LineStatus(line["status"])],
                day(line["promised_on"]),
                day(line["received_on"]),
                line["reason"],
            )
            for line in lines
        ],
        title="容缺材料",
    )


def show_tasks(tasks: Sequence[Row]) -> None:
    """Print the open tasks of a case."""
    show_table(
        ["待办", "A角", "B角", "届满日", "自"],
        [
            (
                _label(task),
                task["holder"],
                task["backup"],
                day(task["due_on"]),
                moment(task["opened_at"]),
            )
            for task in tasks
        ],
        title="待办",
    )


def _label(task: Row) -> str:
    about = f"：{task['about']}" if task["about"] else ""
    return TaskKind(task["kind"]).label + about


def _cards(cards: Sequence[Row]) -> None:
    show_table(
        ["牌", "编号", "A角", "时间", "销牌"],
        [
            (
                card(each["rung"]),
                f"{each['clock']}:{each['rung']}",
                each["holder"],
                moment(each["given_at"]),
                f"{moment(each['cleared_at'])} {each['reason']}" if each["cleared_at"] else "",
            )
            for each in cards
        ],
        title="督办牌",
    )


def show_timeline(events: Iterable[Row]) -> None:
    """Print what has happened to a case."""
    show_table(
        ["序号", "时间", "事项", "经办", "理由"],
        [
            (
                str(event["seq"]),
                moment(event["at"]),
                event["title"],
                event["actor"],
                event["reason"],
            )
            for event in events
        ],
        title="经过",
    )
