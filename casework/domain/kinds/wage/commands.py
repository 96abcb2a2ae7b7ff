"""The verbs of a wage complaint. Amounts of money are in cents (分)."""

from dataclasses import dataclass
from typing import Annotated, Any

from casework.domain.bounds import AtMost, Number, Phrase, Text, Word
from casework.domain.case.commands import (
    TOGETHER,
    Claim,
    ClearCard,
    Command,
    CorrectAddress,
    GiveBack,
    ProposeTakingBack,
    Reassign,
    ResolveTrouble,
    TakeBack,
    TakeUp,
)
from casework.domain.kinds.wage.state import (
    Cents,
    EvidenceSort,
    RefusalGround,
    SessionMeans,
    WageDecision,
    Whose,
)
from casework.domain.policy import Role
from casework.domain.time.dates import Day, Instant

INSPECTORS = frozenset({Role.OFFICER})
HEADS = frozenset({Role.HEAD})


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One piece of evidence: a file that was uploaded before, by its hash.

    ``of``: whose words or paper it is. ``at``: when it came about. ``transcript``: what is said;
    needed where somebody speaks.
    """

    sort: EvidenceSort
    sha256: Word
    of: Whose
    at: Instant
    transcript: Annotated[str, AtMost(1000, lines=True)] = ""


Pieces = Annotated[tuple[Piece, ...], AtMost(10)]


@dataclass(frozen=True, kw_only=True)
class AgreedInstalment:
    """One payment that the employer promises; ``amount`` in cents (分)."""

    due_on: Day
    amount: Cents


@dataclass(frozen=True, kw_only=True)
class AskComplainant(Command):
    """The complaint does not say who the employer is, or that an own right was harmed."""

    missing: Text

    roles = INSPECTORS
    label = "告知补正（欠薪投诉）"


@dataclass(frozen=True, kw_only=True)
class SupplementComplaint(Command):
    """What was missing; an empty ``employer_name`` leaves that as it is."""

    employer_name: Phrase = ""
    note: Text

    roles = frozenset({Role.APPLICANT, Role.OFFICER})
    label = "补正投诉"
    onward = True


@dataclass(frozen=True, kw_only=True)
class FileComplaint(Command):
    """Accept and file the case (受理立案), within five working days."""

    roles = INSPECTORS
    label = "受理立案"
    onward = True


@dataclass(frozen=True, kw_only=True)
class RefuseComplaint(Command):
    """Refuse in writing; ``right_authority`` is whom else the complainant may turn to."""

    ground: RefusalGround
    reason: Text
    right_authority: Phrase = ""

    roles = INSPECTORS
    label = "不予受理（书面告知）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class SubmitEvidence(Command):
    """Hand in evidence from afar: chats, recordings, papers."""

    pieces: Pieces

    roles = frozenset({Role.APPLICANT, Role.OFFICER})
    label = "提交证据（语音、视频、聊天记录等）"


@dataclass(frozen=True, kw_only=True)
class RecordInquiry(Command):
    """An act of the investigation by two inspectors; ``second`` is the code of the other one."""

    second: Word = ""
    finding: Text

    roles = INSPECTORS
    label = "登记调查（两名监察员）"


@dataclass(frozen=True, kw_only=True)
class ConfirmInquiry(Command):
    """The second inspector says that they took part; without that the inquiry does not count."""

    number: Number

    roles = INSPECTORS
    label = "确认共同调查（第二名监察员）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class HoldSession(Command):
    """A mediation session, and what was kept of it."""

    means: SessionMeans
    held_on: Day
    agreed: bool
    note: Text
    pieces: Pieces = ()

    roles = INSPECTORS
    label = "登记调解"


@dataclass(frozen=True, kw_only=True)
class RecordSettlement(Command):
    """What was agreed: payments in order of their days. Each has a limit of its own."""

    instalments: Annotated[tuple[AgreedInstalment, ...], AtMost(24)]
    note: Text = ""

    roles = INSPECTORS
    label = "登记和解协议（分期支付）"


@dataclass(frozen=True, kw_only=True)
class NoteInstalment(Command):
    """A payment of the settlement was made in full."""

    number: Number
    paid_on: Day

    roles = INSPECTORS
    label = "登记分期付款"
    onward = True


@dataclass(frozen=True, kw_only=True)
class NotePaid(Command):
    """The employer has paid beside any settlement; ``whole``: nothing is owed any more."""

    amount: Cents
    paid_on: Day
    whole: bool

    roles = INSPECTORS
    label = "登记支付工资"
    onward = True


@dataclass(frozen=True, kw_only=True)
class WithdrawFiling(Command):
    """The breach was slight and is corrected: the filing is withdrawn (撤销立案)."""

    reason: Text

    roles = HEADS
    label = "撤销立案（已改正）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class ContinueInvestigation(Command):
    """Paid, but not slight; or not ready to be decided: it is investigated on."""

    reason: Text

    roles = HEADS
    label = "退回继续调查"


@dataclass(frozen=True, kw_only=True)
class ExtendInvestigation(Command):
    """By the head of the authority, in a complex case; together as much as the policy says."""

    working_days: Number
    reason: Text

    roles = HEADS
    label = "延长调查期限"


@dataclass(frozen=True, kw_only=True)
class ConcludeInvestigation(Command):
    """``violation``: the employer is told what is intended, and heard, before it is decided."""

    violation: bool
    finding: Text

    roles = INSPECTORS
    label = "调查终结"
    onward = True


@dataclass(frozen=True, kw_only=True)
class HearEmployer(Command):
    """What the employer says of the intended decision, or that it wants to say nothing."""

    said: Text

    roles = INSPECTORS
    label = "登记用人单位陈述申辩"
    onward = True


@dataclass(frozen=True, kw_only=True)
class DecideWages(Command):
    """By the head of the authority, who has not investigated."""

    decision: WageDecision
    reason: Text

    roles = HEADS
    label = "作出处理决定"
    onward = True


@dataclass(frozen=True, kw_only=True)
class ServeDecision(Command):
    """The decision has reached the employer."""

    delivered_on: Day
    note: Text = ""

    roles = INSPECTORS
    label = "送达决定"
    onward = True


@dataclass(frozen=True, kw_only=True)
class TransferCrime(Command):
    """A crime is suspected: the case goes to the police or the prosecutor."""

    to: Phrase
    reason: Text

    roles = HEADS
    label = "涉嫌犯罪移送"
    onward = True


@dataclass(frozen=True, kw_only=True)
class FeedBackWages(Command):
    """The complainant is told the result."""

    answer: Text

    roles = INSPECTORS
    label = "向投诉人反馈结果"
    onward = True


@dataclass(frozen=True, kw_only=True)
class ConfirmWages(Command):
    """What the complainant says of the result. ``received`` False: the money has not come."""

    received: bool
    note: Text = ""

    roles = frozenset({Role.APPLICANT, Role.OFFICER})
    label = "投诉人确认结果"

    @property
    def leads_on(self) -> bool:
        return self.received


@dataclass(frozen=True, kw_only=True)
class WithdrawComplaint(Command):
    """The complainant no longer asks for it."""

    reason: Text

    roles = frozenset({Role.APPLICANT, Role.OFFICER})
    label = "撤回投诉"
    onward = True


WAGE_VERBS: dict[str, type[Command]] = {
    "ask_complainant": AskComplainant,
    "supplement_complaint": SupplementComplaint,
    "file_complaint": FileComplaint,
    "refuse_complaint": RefuseComplaint,
    "submit_evidence": SubmitEvidence,
    "record_inquiry": RecordInquiry,
    "confirm_inquiry": ConfirmInquiry,
    "hold_session": HoldSession,
    "record_settlement": RecordSettlement,
    "note_instalment": NoteInstalment,
    "note_paid": NotePaid,
    "withdraw_filing": WithdrawFiling,
    "continue_investigation": ContinueInvestigation,
    "extend_investigation": ExtendInvestigation,
    "conclude_investigation": ConcludeInvestigation,
    "hear_employer": HearEmployer,
    "decide_wages": DecideWages,
    "serve_decision": ServeDecision,
    "transfer_crime": TransferCrime,
    "feed_back_wages": FeedBackWages,
    "confirm_wages": ConfirmWages,
    "withdraw_complaint": WithdrawComplaint,
    "take_up": TakeUp,
    "claim": Claim,
    "give_back": GiveBack,
    **TOGETHER,
    "clear_card": ClearCard,
    "reassign": Reassign,
    "resolve_trouble": ResolveTrouble,
    "correct_address": CorrectAddress,
    "propose_taking_back": ProposeTakingBack,
    "take_back": TakeBack,
}
_FILE = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_PIECE = {
    "sort": "chat",
    "sha256": _FILE,
    "of": "complainant",
    "at": "2026-09-21T10:00:00+08:00",
}
EXAMPLES: dict[type[Command], dict[str, Any]] = {
    AskComplainant: {"missing": "请补充用人单位名称和地址"},
    SupplementComplaint: {"employer_name": "某某建筑公司", "note": "名称见劳动合同"},
    FileComplaint: {},
    RefuseComplaint: {"ground": "too_old", "reason": "欠薪行为终了已超过二年"},
    SubmitEvidence: {"pieces": [_PIECE]},
    RecordInquiry: {"second": "ja-o2", "finding": "考勤和工资表显示欠付三个月"},
    ConfirmInquiry: {"number": 1},
    HoldSession: {
        "means": "video",
        "held_on": "2026-09-22",
        "agreed": True,
        "note": "双方同意分两期支付",
        "pieces": [
            {**_PIECE, "sort": "video", "of": "employer", "transcript": "单位：同意月底前付清"}
        ],
    },
    RecordSettlement: {
        "instalments": [
            {"due_on": "2026-10-15", "amount": 400000},
            {"due_on": "2026-11-16", "amount": 412000},
        ]
    },
    NoteInstalment: {"number": 1, "paid_on": "2026-10-14"},
    NotePaid: {"amount": 812000, "paid_on": "2026-09-25", "whole": True},
    WithdrawFiling: {"reason": "情节轻微，已全部付清"},
    ContinueInvestigation: {"reason": "多次拖欠，情节不轻微"},
    ExtendInvestigation: {"working_days": 30, "reason": "涉及两家分包单位，情况复杂"},
    ConcludeInvestigation: {"violation": True, "finding": "查实拖欠工资 8120.00 元"},
    HearEmployer: {"said": "工程款未到位，请求宽限"},
    DecideWages: {"decision": "order_to_pay", "reason": "事实清楚，责令十五日内支付"},
    ServeDecision: {"delivered_on": "2026-12-01"},
    TransferCrime: {"to": "区公安分局", "reason": "逃匿，涉嫌拒不支付劳动报酬罪"},
    FeedBackWages: {"answer": "拖欠的 8120.00 元已付清，请确认"},
    ConfirmWages: {"received": True, "note": "已收到"},
    WithdrawComplaint: {"reason": "已与单位自行了结"},
}
