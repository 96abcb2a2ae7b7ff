"""A case as a supervisor reads it in the Web UI: Chinese Markdown."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

from casework.domain.case.state import Case, Closing, PolicyMoveEntry
from casework.domain.kinds.application.state import Application, Contact, ContactState, LineStatus
from casework.domain.kinds.cycle import details as cycle_details
from casework.domain.kinds.cycle.state import Cycle
from casework.domain.kinds.rating import details as rating_details
from casework.domain.kinds.rating.state import Rating
from casework.domain.kinds.request import details as request_details
from casework.domain.kinds.request.state import Request
from casework.domain.kinds.round import details as round_details
from casework.domain.kinds.round.state import Round
from casework.domain.policy import Measure
from casework.domain.time.calendar import ZONE, WorkingCalendar
from casework.domain.time.clock import Clock, Stopped, Suspension, due_on, is_provisional
from casework.domain.time.ledger import ledger
from casework.domain.time.limits import shown

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
CONTACT_LABELS = {
    ContactState.LISTED: "待告知",
    ContactState.REACHED: "告知到",
    ContactState.SETTLED: "落实好",
    ContactState.FILED: "备案登记",
    ContactState.ESCALATED: "未接通，已转短信和单位",
    ContactState.CLOSED: "已了结",
}
_SIDES = {
    Stopped.APPLICANT: "申请人的期限",
    Stopped.AUTHORITY: "机关的期限",
    Stopped.BOTH: "申请人和机关的期限",
}


def details(case: Case, calendar: WorkingCalendar, today: date | None = None) -> str:
    """Stage, what is its kind's own, what bears on it from outside, clocks and what moved them.

    At the end the last five events. A suspension that has an end is shown only if ``today`` is
    given and earlier.
    """
    return "\n".join(_lines(case, calendar, today))


def _own_lines(case: Case, calendar: WorkingCalendar) -> Iterator[str]:
    """What only this kind of case has to show."""
    match case:
        case Application():
            return _of_application(case)
        case Cycle():
            return cycle_details.lines(case, calendar)
        case Request():
            return request_details.lines(case)
        case Rating():
            return rating_details.lines(case)
        case Round():
            return round_details.lines(case)
        case _:
            return iter(())


def _lines(case: Case, calendar: WorkingCalendar, today: date | None) -> Iterator[str]:
    since = case.stage_since.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
    yield f"## {case.item_name} {case.case_no}"
    yield f"**{case.stage.label}**（自 {since}） · 经办 {case.holder or '—'} · {CARDS[case.card]}"
    if case.closing is not None:
        yield _closed(case.closing)
    yield from _own_lines(case, calendar)
    yield from (_suspension(s) for s in case.suspensions if _lasts(s, today))
    yield from (_measure(measure) for measure in case.pinned)
    yield from map(_policy_move, case.policy_moves)
    if case.running:
        yield "\n| 期限 | 起算 | 到期 | 依据 |\n|---|---|---|---|"
        for clock in case.running:
            yield _clock(clock, calendar)
        yield from _moved(case, calendar, today)
    yield "\n最近事项：\n"
    yield from (f"- {entry}" for entry in reversed(case.recent))


def _closed(closing: Closing) -> str:
    asked = f"；{closing.proposed_by} 已提请，待审批" if closing.proposed_by else ""
    return f"\n> 已办结，可在 {closing.until} 前（含当日）撤销更正{asked}"


def _of_application(case: Application) -> Iterator[str]:
    if case.green.is_open:
        yield f"\n> 绿色通道：{case.green.reason_code}（期限 {case.green.external_on or '—'}）"
    if case.stop:
        yield "\n> 办理期限中止计时"
    if case.suspicion:
        yield f"\n> {case.suspicion}"
    if kept := [other.label for other in case.others if other.case_no in case.kept_apart]:
        yield "\n同一人的其他件，分别办理：" + "；".join(kept)
    if case.duplicate_of:
        yield f"\n按重复件不予受理，由 {case.duplicate_of} 继续办理"
    if case.entitled_on:
        yield f"\n待遇起始日：{case.entitled_on}（不因期限暂停或延期办理而改变）"
    debts = [line for line in case.lines if line.status is not LineStatus.DECLINED]
    if debts:
        yield "\n| 容缺材料 | 状态 | 方式 |\n|---|---|---|"
        for line in debts:
            mode = "先办后补" if line.mode == "result_first" else "补齐后发放"
            yield f"| {line.name} | {LINE_LABELS[line.status]} | {mode} |"
    if case.contacts:
        yield "\n主动告知：" + "；".join(map(_contact, case.contacts))


def _clock(clock: Clock, calendar: WorkingCalendar) -> str:
    due = due_on(clock, calendar)
    return (
        f"| {clock.name} | {clock.started_on} | {_due(clock, due, calendar)} "
        f"| {clock.reference}（{clock.mark.label}） |"
    )


def _due(clock: Clock, due: date | None, calendar: WorkingCalendar) -> str:
    if due is None:
        return "临时措施期间不限时" if clock.measure else "暂停中"
    return f"{due}（暂定）" if is_provisional(clock, calendar, due) else f"{due}"


def _lasts(stop: Suspension, today: date | None) -> bool:
    return stop.lifted_on is None or (today is not None and today < stop.lifted_on)


def _suspension(stop: Suspension) -> str:
    lifted = f"至 {stop.lifted_on}" if stop.lifted_on else "尚未解除"
    whose = _SIDES[stop.clocks or Stopped.APPLICANT]
    source = "，".join(filter(None, (stop.by, f"依据：{shown(stop.basis)}" if stop.basis else "")))
    return f"\n> 暂停：{stop.reason}，自 {stop.first_on} 起，{lifted}；停止计算{whose}（{source}）"


def _measure(measure: Measure) -> str:
    until = f"至 {measure.until}" if measure.until else "无截止日"
    basis = f"{shown(measure.reference)}（{measure.mark.label}）"
    name = measure.name or measure.effect
    return f"\n> 临时措施：{name}，自 {measure.since} 起，{until}；依据：{basis}"


def _policy_move(entry: PolicyMoveEntry) -> str:
    on = entry.at.astimezone(ZONE).strftime("%Y-%m-%d")
    return (
        f"\n> 政策版本：{entry.before_on} 版（{entry.before}） → "
        f"{entry.after_on} 版（{entry.after}），自 {on} 起（指令 {entry.order}）"
    )


def _moved(case: Case, calendar: WorkingCalendar, today: date | None) -> Iterator[str]:
    """Under the clocks: what moved each of them, and when it would have been due."""
    moved = [clock for clock in case.running if clock.stops or clock.extensions]
    for place, clock in enumerate(moved):
        entries = ledger(clock, calendar, today or clock.started_on)
        why = "；".join(entry.note for entry in entries)
        plain = due_on(replace(clock, suspensions=(), extensions=()), calendar)
        # Under a measure there was no limit at all that could have run.
        yield (
            ("" if place else "\n")
            + f"- {clock.name}：{why}"
            + ("" if clock.measure else f"；原应于 {plain} 到期")
        )


def _contact(contact: Contact) -> str:
    """How far the person has been told, and the days of the three states."""
    times = {
        "告知到": contact.reached_at,
        "落实好": contact.settled_at,
        "备案登记": contact.filed_at,
    }
    reached = "，".join(f"{state} {_day(at)}" for state, at in times.items() if at)
    return f"{contact.about}（{reached or CONTACT_LABELS[contact.state]}）"


def _day(at: datetime) -> str:
    return at.astimezone(ZONE).strftime("%Y-%m-%d")
