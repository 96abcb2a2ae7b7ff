"""What can happen to a wage complaint. Events are stored for ever: fields are only ever added."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from casework.domain.case.events import Title
from casework.domain.case.state import Post
from casework.domain.kinds.wage.state import (
    EvidenceSort,
    RefusalGround,
    SessionMeans,
    WageDecision,
    Whose,
)
from casework.domain.policy import Role
from casework.domain.time.clock import Clock


@dataclass(frozen=True, kw_only=True)
class ComplaintReceived:
    """``owed`` in cents (分). The limit for filing or refusing counts from the receipt."""

    kind: Literal["wage_complaint_received"] = "wage_complaint_received"
    case_no: str
    district: str
    item: str
    item_name: str
    office: str
    channel: str
    policy: str
    received_at: datetime
    posts: dict[Role, Post]
    employer_name: str
    owed: int
    last_unpaid_on: date
    worksite: str = ""
    migrant: bool = False
    statement: str
    filing: Clock
    by_date: bool = True
    catalogue: str = ""


@dataclass(frozen=True, kw_only=True)
class ComplainantAsked:
    kind: Literal["wage_complainant_asked"] = "wage_complainant_asked"
    missing: str
    supplement: Clock


@dataclass(frozen=True, kw_only=True)
class ComplaintSupplemented:
    """The limit for filing or refusing counts anew [proposal]."""

    kind: Literal["wage_complaint_supplemented"] = "wage_complaint_supplemented"
    employer_name: str
    note: str
    filing: Clock


@dataclass(frozen=True, kw_only=True)
class ComplaintLapsed:
    kind: Literal["wage_complaint_lapsed"] = "wage_complaint_lapsed"
    clock: str
    mendable_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class ComplaintFiled:
    kind: Literal["wage_complaint_filed"] = "wage_complaint_filed"
    filed_on: date
    investigation: Clock


@dataclass(frozen=True, kw_only=True)
class ComplaintRefused:
    kind: Literal["wage_complaint_refused"] = "wage_complaint_refused"
    ground: RefusalGround
    reason: str
    right_authority: str = ""
    mendable_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class KeptPiece:
    """One piece of evidence; ``number`` counts all of the case."""

    number: int
    sort: EvidenceSort
    sha256: str
    of: Whose
    at: datetime
    transcript: str = ""


@dataclass(frozen=True, kw_only=True)
class EvidenceSubmitted:
    kind: Literal["wage_evidence_submitted"] = "wage_evidence_submitted"
    pieces: tuple[KeptPiece, ...]


@dataclass(frozen=True, kw_only=True)
class InquiryRecorded:
    kind: Literal["wage_inquiry_recorded"] = "wage_inquiry_recorded"
    number: int
    second: str
    finding: str


@dataclass(frozen=True, kw_only=True)
class InquiryConfirmed:
    kind: Literal["wage_inquiry_confirmed"] = "wage_inquiry_confirmed"
    number: int


@dataclass(frozen=True, kw_only=True)
class SessionHeld:
    kind: Literal["wage_session_held"] = "wage_session_held"
    means: SessionMeans
    held_on: date
    agreed: bool
    note: str
    pieces: tuple[KeptPiece, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PromisedInstalment:
    """One payment that was promised, with the limit that ends on its day."""

    number: int
    due_on: date
    amount: int
    clock: Clock


@dataclass(frozen=True, kw_only=True)
class SettlementRecorded:
    """``pauses``: the limit of the investigation stands still meanwhile, as the policy says."""

    kind: Literal["wage_settlement_recorded"] = "wage_settlement_recorded"
    instalments: tuple[PromisedInstalment, ...]
    note: str = ""
    pauses: bool = False


@dataclass(frozen=True, kw_only=True)
class InstalmentPaid:
    kind: Literal["wage_instalment_paid"] = "wage_instalment_paid"
    number: int
    paid_on: date
    amount: int


@dataclass(frozen=True, kw_only=True)
class SettlementBroken:
    """An instalment was not paid by its day; the investigation goes on."""

    kind: Literal["wage_settlement_broken"] = "wage_settlement_broken"
    clock: str


@dataclass(frozen=True, kw_only=True)
class WagesPaid:
    """Paid beside any settlement; ``whole``: nothing is owed any more."""

    kind: Literal["wages_paid"] = "wages_paid"
    amount: int
    paid_on: date
    whole: bool


@dataclass(frozen=True, kw_only=True)
class FilingWithdrawn:
    kind: Literal["wage_filing_withdrawn"] = "wage_filing_withdrawn"
    reason: str
    settled: bool
    feedback: Clock


@dataclass(frozen=True, kw_only=True)
class InvestigationContinued:
    kind: Literal["wage_investigation_continued"] = "wage_investigation_continued"
    reason: str


@dataclass(frozen=True, kw_only=True)
class InvestigationExtended:
    kind: Literal["wage_investigation_extended"] = "wage_investigation_extended"
    working_days: int
    reason: str
    reference: str


@dataclass(frozen=True, kw_only=True)
class InvestigationConcluded:
    """``hearing`` is None where no violation was found, so that nobody need be heard."""

    kind: Literal["wage_investigation_concluded"] = "wage_investigation_concluded"
    violation: bool
    finding: str
    decision: Clock
    hearing: Clock | None = None


@dataclass(frozen=True, kw_only=True)
class EmployerHeard:
    kind: Literal["wage_employer_heard"] = "wage_employer_heard"
    said: str


@dataclass(frozen=True, kw_only=True)
class HearingLapsed:
    """The employer was told and has let the time go by."""

    kind: Literal["wage_hearing_lapsed"] = "wage_hearing_lapsed"
    clock: str


@dataclass(frozen=True, kw_only=True)
class WagesDecided:
    kind: Literal["wages_decided"] = "wages_decided"
    decision: WageDecision
    reason: str
    service: Clock


@dataclass(frozen=True, kw_only=True)
class DecisionServed:
    kind: Literal["wage_decision_served"] = "wage_decision_served"
    delivered_on: date
    note: str = ""
    feedback: Clock


@dataclass(frozen=True, kw_only=True)
class CrimeTransferred:
    kind: Literal["wage_crime_transferred"] = "wage_crime_transferred"
    to: str
    reason: str
    feedback: Clock


@dataclass(frozen=True, kw_only=True)
class ResultTold:
    kind: Literal["wage_result_told"] = "wage_result_told"
    answer: str
    confirm: Clock


@dataclass(frozen=True, kw_only=True)
class ResultConfirmed:
    """``investigation``: the money has not come, so that it is investigated anew."""

    kind: Literal["wage_result_confirmed"] = "wage_result_confirmed"
    received: bool
    note: str = ""
    investigation: Clock | None = None


@dataclass(frozen=True, kw_only=True)
class ResultUnanswered:
    """The complainant has said nothing of the result in time."""

    kind: Literal["wage_result_unanswered"] = "wage_result_unanswered"
    clock: str


@dataclass(frozen=True, kw_only=True)
class ComplaintWithdrawn:
    kind: Literal["wage_complaint_withdrawn"] = "wage_complaint_withdrawn"
    reason: str


EVENTS = (
    Title(body=ComplaintReceived, title="收到欠薪投诉"),
    Title(body=ComplainantAsked, title="告知投诉人补正"),
    Title(body=ComplaintSupplemented, title="投诉人补正"),
    Title(body=ComplaintLapsed, title="逾期未补正"),
    Title(body=ComplaintFiled, title="受理立案"),
    Title(body=ComplaintRefused, title="欠薪投诉不予受理"),
    Title(body=EvidenceSubmitted, title="提交证据"),
    Title(body=InquiryRecorded, title="登记调查"),
    Title(body=InquiryConfirmed, title="第二名监察员确认调查"),
    Title(body=SessionHeld, title="调解"),
    Title(body=SettlementRecorded, title="达成和解协议"),
    Title(body=InstalmentPaid, title="分期付款到账"),
    Title(body=SettlementBroken, title="和解协议未履行"),
    Title(body=WagesPaid, title="支付工资"),
    Title(body=FilingWithdrawn, title="撤销立案"),
    Title(body=InvestigationContinued, title="继续调查"),
    Title(body=InvestigationExtended, title="延长调查期限"),
    Title(body=InvestigationConcluded, title="调查终结"),
    Title(body=EmployerHeard, title="用人单位陈述申辩"),
    Title(body=HearingLapsed, title="用人单位逾期未陈述申辩"),
    Title(body=WagesDecided, title="作出处理决定"),
    Title(body=DecisionServed, title="决定送达"),
    Title(body=CrimeTransferred, title="涉嫌犯罪移送"),
    Title(body=ResultTold, title="向投诉人反馈结果"),
    Title(body=ResultConfirmed, title="投诉人确认结果"),
    Title(body=ResultUnanswered, title="投诉人未作确认"),
    Title(body=ComplaintWithdrawn, title="撤回投诉"),
)
"""All of them, with their titles."""
