"""A case as a supervisor reads it in the Web UI: Chinese Markdown."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from casework.domain.case.kind import kind_of_case
from casework.domain.case.state import Case, Closing, Opinion, PolicyMoveEntry, TaskKind
from casework.domain.policy import Measure
from casework.domain.time.calendar import ZONE, WorkingCalendar
from casework.domain.time.clock import Clock, Stopped, Suspension, due_on, is_provisional, shown
from casework.domain.time.explanation import ledger

CARDS = {"none": "—", "blue": "🔵 蓝牌", "yellow": "🟡 黄牌", "red": "🔴 红牌"}
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


def _lines(case: Case, calendar: WorkingCalendar, today: date | None) -> Iterator[str]:
    since = case.stage_since.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
    yield f"## {case.item_name} {case.case_no}"
    yield f"**{case.stage.label}**（自 {since}） · 经办 {_whose(case)} · {CARDS[case.card]}"
    if case.closing is not None:
        yield _closed(case.closing)
    yield from kind_of_case(case).lines(case, calendar)
    yield from (_suspension(s) for s in case.suspensions if _lasts(s, today))
    yield from (_measure(measure) for measure in case.pinned)
    yield from map(_policy_move, case.policy_moves)
    yield from _passings(case)
    yield from _opinions(case, calendar)
    if case.running:
        yield "\n| 期限 | 起算 | 到期 | 依据 |\n|---|---|---|---|"
        for clock in case.running:
            yield _clock(clock, calendar)
        yield from _moved(case, calendar, today)
    yield "\n最近事项：\n"
    yield from (f"- {entry}" for entry in reversed(case.recent))


def _whose(case: Case) -> str:
    if waiting := case.waits_for_team:
        return f"{waiting}（待认领）"
    team = f"（小组 {case.team}）" if case.team else ""
    return f"{case.holder}{team}" if case.holder else "—"


def _closed(closing: Closing) -> str:
    asked = f"；{closing.proposed_by} 已提请，待审批" if closing.proposed_by else ""
    return f"\n> 已办结，可在 {closing.until} 前（含当日）撤销更正{asked}"


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


def _passings(case: Case) -> Iterator[str]:
    """What a colleague is asked to take over; of notes nothing is shown."""
    for task in case.open_tasks:
        if task.kind is TaskKind.CONFIRM_PASSING:
            yield f"\n> 请求转办：{task.about}，{task.asked_by} → {task.holder}，待确认"


def _opinions(case: Case, calendar: WorkingCalendar) -> Iterator[str]:
    """Who has answered and who has not; what was asked and said stands in the file."""
    if not case.opinions:
        return
    yield "\n| 征求意见 | 提出 | 期限 | 反馈 |\n|---|---|---|---|"
    for opinion in case.opinions:
        clock = next(clock for clock in case.clocks if clock.id == opinion.clock)
        yield (
            f"| {opinion.asked} | {opinion.asked_by} | {due_on(clock, calendar) or '—'} "
            f"| {_answered(opinion)} |"
        )


def _answered(opinion: Opinion) -> str:
    if opinion.withdrawn_at is not None:
        return "已撤回"
    if opinion.given_at is None:
        return "未反馈"
    on = opinion.given_at.astimezone(ZONE).strftime("%Y-%m-%d")
    return f"{on}（逾期）" if opinion.late else on


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
