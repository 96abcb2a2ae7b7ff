"""What is shown of an application: rows in the register, and the details of the Web UI."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from casework.domain.case.events import EventBody
from casework.domain.case.kind import NO_LIMIT, Outcome, Party, Waits, Wanted
from casework.domain.case.rules import RowsOf
from casework.domain.kinds.application import events as ev
from casework.domain.kinds.application.moves import holds_result
from casework.domain.kinds.application.review import unchecked
from casework.domain.kinds.application.state import (
    Application,
    ApplicationFacts,
    ApplicationStage,
    Contact,
    ContactState,
    GreenStatus,
    Line,
    LineStatus,
)
from casework.domain.time.calendar import ZONE, WorkingCalendar

# --- rows in the register ------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ContactRow:
    """How far a person has been told; with ``through``, on that other case of theirs."""

    outreach: str
    about: str
    state: str
    through: str
    attempts: int
    last_attempt_on: date | None
    listed_at: datetime
    reached_at: datetime | None
    settled_at: datetime | None
    filed_at: datetime | None
    escalated_at: datetime | None


def _contact_row(contact: Contact) -> ContactRow:
    return ContactRow(
        outreach=contact.outreach,
        about=contact.about,
        state=contact.state,
        through=contact.through,
        attempts=len(contact.attempts),
        last_attempt_on=contact.attempts[-1].on if contact.attempts else None,
        listed_at=contact.listed_at,
        reached_at=contact.reached_at,
        settled_at=contact.settled_at,
        filed_at=contact.filed_at,
        escalated_at=contact.escalated_at,
    )


def _lines(case: Application) -> tuple[Line, ...]:
    return case.lines


def _contacts(case: Application) -> tuple[ContactRow, ...]:
    return tuple(map(_contact_row, case.contacts))


ROWS = (
    RowsOf(member="lines", table="debts", row=Line, of=_lines, sealed=("reason",)),
    RowsOf(member="contacts", table="contacts", row=ContactRow, of=_contacts),
)


# --- details -------------------------------------------------------------------------------


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


def lines(case: Application, calendar: WorkingCalendar) -> Iterator[str]:
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


# --- whose turn it is ----------------------------------------------------------------------


_OWED = frozenset({LineStatus.OUTSTANDING, LineStatus.OVERDUE})


def turns(case: Application) -> Waits | None:
    """The applicant's turn to sign a promise, or to pay a debt that holds the result."""
    if any(line.status is LineStatus.CONSENTED for line in case.lines):
        return Waits(party=Party.APPLICANT, what="签署容缺承诺书", clock=_of_promise(case))
    owed = [line for line in case.lines if line.status in _OWED]
    is_held = case.stage is ApplicationStage.DECIDED and holds_result(case)
    if owed and (is_held or case.stage is ApplicationStage.DELIVERED):
        return Waits(party=Party.APPLICANT, what="补交容缺材料", clock=_of_debt(case, owed[0]))
    return None


def wanted(case: Application) -> tuple[Wanted, ...]:
    """What was found missing, the paper awaited, promises to be signed, and debts."""
    return (*_missing(case), *map(_paper, _papers(case)), *_debts(case))


def _missing(case: Application) -> Iterator[Wanted]:
    if case.stage is not ApplicationStage.SUPPLEMENT_DUE:
        return
    for fault in case.noticed:
        yield Wanted(
            text=fault.text,
            about=fault.about,
            fault=fault.code,
            verb="supplement",
            clock="supplement",
        )


def _papers(case: Application) -> tuple[str, ...]:
    return case.papers if case.stage is ApplicationStage.AWAIT_PAPER else ()


def _paper(name: str) -> Wanted:
    return Wanted(text=name, clock="paper")


def _debts(case: Application) -> Iterator[Wanted]:
    for line in case.lines:
        if line.status is LineStatus.CONSENTED:
            yield Wanted(
                text=f"签署承诺书：{line.name}",
                about=line.material,
                verb="promise",
                clock=_of_promise(case),
            )
        elif line.status in _OWED:
            yield Wanted(
                text=f"补交：{line.name}",
                about=line.material,
                verb="materials_received",
                clock=_of_debt(case, line),
            )


def _of_promise(case: Application) -> str:
    """Only the applicant's own limit bounds a promise; the office's goes on beside it."""
    own = ("supplement", "paper")
    return next((kind for kind in own if case.clock(kind) is not None), NO_LIMIT)


def _of_debt(case: Application, line: Line) -> str:
    kinds = (f"rescue:{line.material}", f"defer:{line.material}")
    return next((kind for kind in kinds if case.clock(kind) is not None), NO_LIMIT)


def meanwhile(case: Application, facts: ApplicationFacts) -> tuple[str, ...]:
    """The checks before review passes, and what a request for the green channel lacks."""
    said = []
    if checks := unchecked(case, facts):
        said.append(f"还没有核实完：{'、'.join(checks)}；核实完才能审核通过。")
    if case.green.status is GreenStatus.INCOMPLETE:
        missing = [name for name in facts.item.green.evidence if name not in case.green.evidence]
        said.append(f"绿色通道的申请缺少{'、'.join(missing)}，没有提交同意；补齐后请重新申请。")
    return tuple(said)


def outcome(body: EventBody) -> Outcome | None:  # noqa: C901 - one line a way
    """How an application came out by an event."""
    match body:
        case ev.NotAccepted(duplicate_of=""):
            advice = f"应当去的机关：{body.right_authority}"
            return Outcome(label="不予受理", reason=body.reason, advice=advice)
        case ev.NotAccepted():
            advice = f"由 {body.duplicate_of} 继续办理"
            return Outcome(label="不予受理", reason=body.reason, advice=advice)
        case ev.Approved(publicity=None):
            return Outcome(label="同意")
        case ev.Approved():
            return Outcome(label="拟同意，公示中")
        case ev.PublicityEnded():
            return Outcome(label="同意", reason="公示期满，没有异议")
        case ev.Refused():
            return Outcome(label="不予批准", reason=body.reason)
        case ev.Lapsed():
            reason = "规定的期限届满，材料没有交齐"
            return Outcome(label="逾期退件", reason=reason, advice="可以重新申请")
        case ev.Withdrawn():
            return Outcome(label="已撤回", reason=body.reason)
        case ev.BreachDecided(closes=True):
            return Outcome(label="失信处理", reason=body.reason)
        case ev.ObjectionRaised() | ev.ReturnedBySuperior():
            return Outcome()
        case _:
            return None
