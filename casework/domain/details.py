"""A case as a supervisor reads it in the Web UI: Chinese Markdown."""

from collections.abc import Iterator
from datetime import date

from casework.domain.calendar import ZONE, WorkingCalendar
from casework.domain.case import Case, LineStatus
from casework.domain.clock import Clock, due_on, is_provisional
from casework.domain.policy import Mark

CARDS = {"none": "—", "blue": "🔵 蓝牌", "yellow": "🟡 黄牌", "red": "🔴 红牌"}
LINE_LABELS = {
    LineStatus.OFFERED: "待审批",
    LineStatus.CONSENTED: "待承诺",
    LineStatus.OUTSTANDING: "待补交",
    LineStatus.RECEIVED: "待核对",
    LineStatus.OVERDUE: "逾期（补救期）",
    LineStatus.BREACHED: "失信",
    LineStatus.FULFILLED: "已补齐",
    LineStatus.DECLINED: "未同意",
    LineStatus.DISCHARGED: "已了结",
}
_MARKS = {
    Mark.LAW: "法定",
    Mark.SOURCE: "公布",
    Mark.FOUND: "参考做法",
    Mark.PROPOSAL: "内部设定",
    Mark.UNCERTAIN: "待核实",
}


def details(case: Case, calendar: WorkingCalendar) -> str:
    """Stage and since when, holder, clocks with due dates, debts, the last five events."""
    return "\n".join(_lines(case, calendar))


def _lines(case: Case, calendar: WorkingCalendar) -> Iterator[str]:
    since = case.stage_since.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
    yield f"## {case.item_name} {case.case_no}"
    yield f"**{case.stage.label}**（自 {since}） · 经办 {case.holder or '—'} · {CARDS[case.card]}"
    if case.green.is_open:
        yield f"\n> 绿色通道：{case.green.reason_code}（期限 {case.green.external_on or '—'}）"
    if case.stop:
        yield "\n> 办理期限中止计时"
    if case.running:
        yield "\n| 期限 | 起算 | 到期 | 依据 |\n|---|---|---|---|"
        for clock in case.running:
            yield _clock(clock, calendar)
    debts = [line for line in case.lines if line.status is not LineStatus.DECLINED]
    if debts:
        yield "\n| 容缺材料 | 状态 | 方式 |\n|---|---|---|"
        for line in debts:
            mode = "先办后补" if line.mode == "result_first" else "补齐后发放"
            yield f"| {line.name} | {LINE_LABELS[line.status]} | {mode} |"
    yield "\n最近事项：\n"
    yield from (f"- {entry}" for entry in reversed(case.recent))


def _clock(clock: Clock, calendar: WorkingCalendar) -> str:
    due = due_on(clock, calendar)
    return (
        f"| {clock.name} | {clock.started_on} | {_due(clock, due, calendar)} "
        f"| {clock.reference}（{_MARKS[clock.mark]}） |"
    )


def _due(clock: Clock, due: date | None, calendar: WorkingCalendar) -> str:
    if due is None:
        return "暂停中"
    return f"{due}（暂定）" if is_provisional(clock, calendar, due) else f"{due}"
