"""What is shown of a wage complaint: its rows in the register, and the details of the Web UI."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from casework.domain.case.events import EventBody
from casework.domain.case.kind import Outcome, Party, Waits, Wanted
from casework.domain.case.rules import RowsOf, said_as
from casework.domain.kinds.wage import events as ev
from casework.domain.kinds.wage.state import (
    EvidenceSort,
    RefusalGround,
    SessionMeans,
    WageComplaint,
    WageOutcome,
    WageStage,
    Whose,
    money,
)
from casework.domain.time.calendar import WorkingCalendar


@dataclass(frozen=True, kw_only=True)
class WageRow:
    """One complaint; ``owed`` and ``paid`` in cents (分)."""

    employer_name: str
    statement: str
    owed: int
    paid: int
    last_unpaid_on: date
    worksite: str
    migrant: bool
    filed_on: date | None
    ground: str
    settlements: int
    heard_on: date | None
    outcome: str
    fed_back: int
    received: bool | None


@dataclass(frozen=True, kw_only=True)
class InquiryRow:
    """One act of the investigation; it counts once the second inspector has confirmed it."""

    number: int
    by: str
    second: str
    at: datetime
    confirmed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class SessionRow:
    """One mediation session; ``pieces``: the numbers of its evidence, a blank between them."""

    number: int
    means: str
    held_on: date
    agreed: bool
    pieces: str


@dataclass(frozen=True, kw_only=True)
class EvidenceRow:
    """One piece of evidence; ``sha256`` is that of the material ``evidence_<number>``."""

    number: int
    sort: str
    whose: str
    at: datetime
    sha256: str
    session: int


@dataclass(frozen=True, kw_only=True)
class InstalmentRow:
    """One payment of a settlement; ``amount`` in cents (分)."""

    number: int
    settlement: int
    due_on: date
    amount: int
    paid_on: date | None
    broken: bool


def _rows(case: WageComplaint) -> tuple[WageRow, ...]:
    row = WageRow(
        employer_name=case.employer_name,
        statement=case.statement,
        owed=case.owed,
        paid=case.paid,
        last_unpaid_on=case.last_unpaid_on,
        worksite=case.worksite,
        migrant=case.migrant,
        filed_on=case.filed_on,
        ground=case.ground.value if case.ground else "",
        settlements=case.settlements,
        heard_on=case.heard_on,
        outcome=case.outcome.value if case.outcome else "",
        fed_back=case.fed_back,
        received=case.received,
    )
    return (row,)


def _inquiries(case: WageComplaint) -> tuple[InquiryRow, ...]:
    return tuple(InquiryRow(**vars(each)) for each in case.inquiries)


def _sessions(case: WageComplaint) -> tuple[SessionRow, ...]:
    return tuple(
        SessionRow(
            number=each.number,
            means=each.means.value,
            held_on=each.held_on,
            agreed=each.agreed,
            pieces=" ".join(map(str, each.pieces)),
        )
        for each in case.sessions
    )


def _evidence(case: WageComplaint) -> tuple[EvidenceRow, ...]:
    return tuple(
        EvidenceRow(
            number=each.number,
            sort=each.sort.value,
            whose=each.of.value,
            at=each.at,
            sha256=each.sha256,
            session=each.session,
        )
        for each in case.evidence
    )


def _instalments(case: WageComplaint) -> tuple[InstalmentRow, ...]:
    return tuple(
        InstalmentRow(
            number=each.number,
            settlement=each.settlement,
            due_on=each.due_on,
            amount=each.amount,
            paid_on=each.paid_on,
            broken=each.broken,
        )
        for each in case.instalments
    )


_KEY = ("number",)
ROWS = (
    RowsOf(
        member="complaints",
        table="wage_complaints",
        row=WageRow,
        of=_rows,
        sealed=("employer_name", "statement"),
        words={
            "employer_name": "用人单位",
            "statement": "投诉事实",
            "owed": "欠付",
            "paid": "已付",
            "last_unpaid_on": "最后欠付日",
            "worksite": "用工所在区",
            "migrant": "农民工",
            "filed_on": "立案日",
            "ground": "不予受理的事由",
            "settlements": "和解协议数",
            "heard_on": "用人单位陈述申辩日",
            "outcome": "结果",
            "fed_back": "反馈次数",
            "received": "投诉人确认收到",
        },
        says={
            "owed": money,
            "paid": money,
            "ground": said_as(RefusalGround),
            "outcome": said_as(WageOutcome),
        },
    ),
    RowsOf(
        member="inquiries",
        table="wage_inquiries",
        row=InquiryRow,
        of=_inquiries,
        key=_KEY,
        words={
            "number": "调查",
            "by": "监察员",
            "second": "另一名监察员",
            "at": "调查时刻",
            "confirmed_at": "另一名确认时刻",
        },
    ),
    RowsOf(
        member="sessions",
        table="wage_sessions",
        row=SessionRow,
        of=_sessions,
        key=_KEY,
        words={
            "number": "调解",
            "means": "调解方式",
            "held_on": "调解日期",
            "agreed": "达成一致",
            "pieces": "证据序号",
        },
        says={"means": said_as(SessionMeans)},
    ),
    RowsOf(
        member="evidence",
        table="wage_evidence",
        row=EvidenceRow,
        of=_evidence,
        key=_KEY,
        words={
            "number": "证据",
            "sort": "种类",
            "whose": "谁的",
            "at": "形成时刻",
            "sha256": "文件摘要",
            "session": "属于第几次调解",
        },
        says={"sort": said_as(EvidenceSort), "whose": said_as(Whose)},
    ),
    RowsOf(
        member="instalments",
        table="wage_instalments",
        row=InstalmentRow,
        of=_instalments,
        key=_KEY,
        words={
            "number": "分期",
            "settlement": "属于第几份协议",
            "due_on": "付款日",
            "amount": "金额",
            "paid_on": "付款日期",
            "broken": "未履行",
        },
        says={"amount": money},
    ),
)


def lines(case: WageComplaint, calendar: WorkingCalendar) -> Iterator[str]:
    """How much is owed and how far it is; the employer's name stands in the register only."""
    who = "农民工" if case.migrant else "劳动者"
    yield f"\n{who}投诉欠薪 {money(case.owed)} · 已付 {money(case.paid)}"
    if case.ground is not None:
        yield f"\n> 不予受理：{case.ground.label}"
    confirmed = sum(each.confirmed_at is not None for each in case.inquiries)
    if case.inquiries:
        yield f"\n- 调查：{len(case.inquiries)} 次，两名监察员均已确认 {confirmed} 次"
    if case.sessions:
        yield f"- 调解：{len(case.sessions)} 次，证据 {len(case.evidence)} 件"
    for each in case.instalments[-12:]:
        how = f"{each.paid_on} 已付" if each.paid_on else "未履行" if each.broken else "待付"
        yield f"- 第 {each.number} 期 {each.due_on}：{money(each.amount)}，{how}"
    if case.heard_on is not None:
        yield f"- 用人单位陈述申辩：{case.heard_on}"
    if case.outcome is not None:
        yield f"- 结果：{case.outcome.label}"
    if case.received is not None:
        yield f"- 投诉人确认：{'已收到' if case.received else '未收到'}"


def turns(case: WageComplaint) -> Waits | None:
    """While a settlement is kept, the employer has the next payment to make."""
    if case.stage is not WageStage.SETTLEMENT or not case.open_instalments:
        return None
    following = min(case.open_instalments, key=lambda each: each.due_on)
    what = f"支付第 {following.number} 期 {money(following.amount)}"
    return Waits(party=Party.EMPLOYER, what=what, clock=following.clock)


def wanted(case: WageComplaint) -> tuple[Wanted, ...]:
    """What the complainant still has to say."""
    match case.stage:
        case WageStage.SUPPLEMENT:
            return (
                Wanted(text=case.missing, verb="supplement_complaint", clock="wage_supplement"),
            )
        case WageStage.CONFIRM:
            said = "是否已收到工资，或者对结果的意见"
            return (Wanted(text=said, verb="confirm_wages", clock="wage_confirm"),)
        case _:
            return ()


def outcome(body: EventBody) -> Outcome | None:
    """How a complaint came out by an event."""
    match body:
        case ev.ComplaintRefused():
            to = f"可以向{body.right_authority}提出" if body.right_authority else ""
            return Outcome(label=f"不予受理：{body.ground.label}", reason=body.reason, advice=to)
        case ev.ComplaintLapsed():
            return Outcome(label="逾期未补正", advice="补齐后可以重新投诉")
        case ev.FilingWithdrawn():
            return Outcome(label="已付清，撤销立案", reason=body.reason)
        case ev.WagesDecided():
            return Outcome(
                label=body.decision.label,
                reason=body.reason,
                advice="对决定不服的，可以依法申请行政复议或者提起行政诉讼",
            )
        case ev.CrimeTransferred():
            return Outcome(label=f"涉嫌犯罪，已移送{body.to}", reason=body.reason)
        case ev.ComplaintWithdrawn():
            return Outcome(label="投诉人已撤回", reason=body.reason)
        case ev.ResultConfirmed() if body.investigation is not None:
            return Outcome()
        case _:
            return None
