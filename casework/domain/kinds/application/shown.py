"""What is shown of an application: rows in the register, and the details of the Web UI."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from casework.domain.case.rules import RowsOf
from casework.domain.kinds.application.state import (
    Application,
    Contact,
    ContactState,
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
