"""The verbs of an application."""

from dataclasses import dataclass
from enum import StrEnum

from casework.domain.bounds import Few, Letter, Number, Phrase, Remark, Some, Text, Word
from casework.domain.case.commands import (
    INTAKE,
    STAFF,
    TOGETHER,
    Claim,
    ClearCard,
    Command,
    CorrectAddress,
    CorrectFact,
    Fault,
    GiveBack,
    ProposeTakingBack,
    Reassign,
    ReceivedMaterial,
    ResolveTrouble,
    SettleLatePapers,
    TakeBack,
    TakeUp,
    TransferJurisdiction,
)
from casework.domain.policy import (
    CheckKind,
    DeferralMode,
    DeliveryMethod,
    Role,
    ServiceItem,
)
from casework.domain.time.dates import Day, Instant

APPLICANTS = frozenset({Role.APPLICANT, Role.EMPLOYER})


class PreReviewOutcome(StrEnum):
    PASSED = "passed"
    FAULTY = "faulty"


@dataclass(frozen=True, kw_only=True)
class PreReview(Command):
    """The result of the pre-review: passed, or *all* faults at once (行政许可法 §32(1)4)."""

    outcome: PreReviewOutcome
    faults: Few[Fault] = ()
    corrected: Few[Phrase] = ()  # put right on the spot, §32(1)3

    roles = INTAKE
    label = "预审（通过，或一次性告知全部问题）"

    @property
    def leads_on(self) -> bool:
        return self.outcome is PreReviewOutcome.PASSED


@dataclass(frozen=True, kw_only=True)
class NotAccept(Command):
    """Not within the authority: refuse at once, name the right one (§32(1)2)."""

    reason: Text
    right_authority: Phrase

    roles = INTAKE
    label = "不予受理（说明理由和应当去的机关）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class Supplement(Command):
    """The applicant's answer to the one-time notice; the pre-review goes on.

    ``arrived_on``: as in `MaterialsReceived`.
    """

    materials: Some[ReceivedMaterial] = ()
    statements: Few[Word] = ()  # codes of faults answered without a material
    arrived_on: Day | None = None

    roles = APPLICANTS | INTAKE | {Role.SYSTEM}
    label = "补正（申请人交来补正材料）"


@dataclass(frozen=True, kw_only=True)
class Accept(Command):
    """Formal acceptance with a dated receipt; starts the decision clock (§32(1)5, (2))."""

    roles = INTAKE
    label = "受理（出具受理凭证，起算办理期限）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class RecordCheck(Command):
    check: CheckKind
    passed: bool
    reason: Text = ""

    roles = INTAKE
    label = "登记核实结果（教育背景、核档、外调）"


@dataclass(frozen=True, kw_only=True)
class CallArchive(Command):
    """Order the personnel file from its holder (调档函); starts T_ARCHIVE."""

    roles = INTAKE
    label = "开具调档函"
    onward = True


@dataclass(frozen=True, kw_only=True)
class Review(Command):
    """The review is passed, by someone other than the intake officer."""

    opinion: Text = ""

    roles = frozenset({Role.REVIEWER, Role.HEAD})
    label = "审核通过（审核人不得为收件人）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class ReportUp(Command):
    """Send the opinion and all material to the superior authority."""

    roles = INTAKE | {Role.HEAD}
    label = "上报"
    onward = True


class Decision(StrEnum):
    APPROVED = "approved"
    RETURNED = "returned"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class SuperiorDecision(Command):
    outcome: Decision
    reason: Letter = ""
    reference: Phrase = ""

    roles = frozenset({Role.SUPERIOR, Role.SYSTEM})
    label = "上级决定（同意、退回、不同意）"

    @property
    def leads_on(self) -> bool:
        return self.outcome is not Decision.RETURNED


@dataclass(frozen=True, kw_only=True)
class Approve(Command):
    """The district authority's own decision, where the item is decided there."""

    roles = frozenset({Role.HEAD})
    label = "本区决定：同意"
    onward = True


@dataclass(frozen=True, kw_only=True)
class Refuse(Command):
    """RefusalError with reasons; the applicant is told of review and suit (§38)."""

    reason: Text

    roles = frozenset({Role.REVIEWER, Role.HEAD})
    label = "不予批准（说明理由）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class Objection(Command):
    reason: Text

    roles = STAFF
    label = "公示异议（退回审核）"


@dataclass(frozen=True, kw_only=True)
class Deliver(Command):
    """Send or hand out the result: self-print and window deliver at once, EMS by its report."""

    method: DeliveryMethod

    roles = INTAKE
    label = "送达（自助打印、窗口、EMS）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class Delivered(Command):
    """The result has arrived; ``delivered_on``: on which day, where that was not today."""

    reference: Phrase = ""
    delivered_on: Day | None = None

    roles = INTAKE | {Role.SYSTEM}
    label = "已送达（快递签收）"
    onward = True


POST_ROOM = "post-room"
"""The system that brings the papers of a parcel to a case, for the officer who matched them."""


@dataclass(frozen=True, kw_only=True)
class MaterialsReceived(Command):
    """Materials arrived: paper, originals, or what a deferral still owes.

    ``arrived_on``: the day on which they came, where that was not today; only whoever takes in post
    may say so. Limits count from it, and a debt that ended later has been paid in time.
    """

    materials: Some[ReceivedMaterial]
    arrived_on: Day | None = None

    roles = APPLICANTS | INTAKE | {Role.SYSTEM}
    label = "收到材料"


@dataclass(frozen=True, kw_only=True)
class ArchiveArrived(Command):
    roles = INTAKE | {Role.SYSTEM}
    label = "档案到达"
    onward = True


@dataclass(frozen=True, kw_only=True)
class CheckMaterial(Command):
    """Whether an owed material that has arrived is in order.

    Arrival, not checking, meets the promise.
    """

    material: Word
    in_order: bool
    reason: Text = ""

    roles = INTAKE
    label = "核对补交材料"
    onward = True


@dataclass(frozen=True, kw_only=True)
class OfferDeferral(Command):
    """Offer acceptance with these materials still owed (容缺受理)."""

    materials: Few[Word]
    mode: DeferralMode = DeferralMode.HOLD_RESULT
    reason: Text

    roles = INTAKE
    label = "提出容缺受理"


@dataclass(frozen=True, kw_only=True)
class ConsentDeferral(Command):
    granted: bool
    reason: Text = ""

    roles = frozenset({Role.SUPERIOR, Role.SUPERVISOR, Role.REVIEWER, Role.OFFICER, Role.HEAD})
    label = "容缺同意（或不同意）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class Promise(Command):
    """The applicant's signed promise (承诺书); an agent needs an authorisation (授权书)."""

    signed_on: Day
    by_agent: bool = False
    authorised: bool = False

    roles = APPLICANTS | INTAKE | {Role.SYSTEM}
    label = "签署容缺承诺书"
    onward = True


class BreachOutcome(StrEnum):
    RETURN = "return"
    REVOKE = "revoke"
    ACCEPT_LATE = "accept_late"


@dataclass(frozen=True, kw_only=True)
class DecideBreach(Command):
    """A person decides what a broken promise leads to; a revocation is the superior's."""

    outcome: BreachOutcome
    reason: Text

    roles = frozenset({Role.HEAD, Role.SUPERIOR, Role.SUPERVISOR})
    label = "处理失信（退件、撤销、同意逾期补交）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class RequestGreen(Command):
    """Ask for the green channel: a reason code, an external date or an outside cause, proof."""

    reason_code: Word
    external_on: Day | None = None
    cause: Text = ""
    evidence: Few[Phrase] = ()

    roles = APPLICANTS | STAFF
    label = "申请绿色通道"


@dataclass(frozen=True, kw_only=True)
class ConsentGreen(Command):
    granted: bool
    reason: Text = ""

    roles = STAFF | {Role.SUPERIOR}
    label = "绿色通道同意（或不同意）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class CloseGreen(Command):
    reason: Text

    roles = STAFF | {Role.SUPERIOR}
    label = "结束绿色通道（事由消失）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class Withdraw(Command):
    reason: Text = ""

    roles = APPLICANTS | INTAKE | {Role.SYSTEM}
    label = "撤回申请"
    onward = True


@dataclass(frozen=True, kw_only=True)
class Extend(Command):
    """Extend the decision limit, once, by the head of the authority, reasons told (§42)."""

    working_days: Number
    reason: Text

    roles = frozenset({Role.HEAD})
    label = "延长办理期限（机关负责人批准）"


class StopKind(StrEnum):
    """What 行政许可法 §45 leaves out of the limit."""

    HEARING = "hearing"
    TENDER = "tender"
    AUCTION = "auction"
    INSPECTION = "inspection"
    TESTING = "testing"
    QUARANTINE = "quarantine"
    APPRAISAL = "appraisal"
    EXPERT_REVIEW = "expert_review"


@dataclass(frozen=True, kw_only=True)
class StopClock(Command):
    stop: StopKind
    reason: Text

    roles = frozenset({Role.OFFICER, Role.REVIEWER, Role.HEAD})
    label = "中止计时（听证、鉴定等，书面告知）"


@dataclass(frozen=True, kw_only=True)
class ResumeClock(Command):
    reason: Text = ""

    roles = frozenset({Role.OFFICER, Role.REVIEWER, Role.HEAD})
    label = "恢复计时"
    onward = True


CALLERS = INTAKE | {Role.SUPERVISOR}


@dataclass(frozen=True, kw_only=True)
class RequestContact(Command):
    """The person is to be told one to one; with ``through``, on that case of theirs.

    The same outreach again changes nothing, unless the case on which they were to be told has
    ended; nor does it on a closed case.
    """

    outreach: Word
    about: Remark  # Chinese: what the person is to be told
    through: Word = ""

    roles = frozenset({Role.SYSTEM})
    label = "列入主动告知名单"
    when_closed = True


@dataclass(frozen=True, kw_only=True)
class ShareContact(Command):
    """What has come of it on the case on which the person is told; a repeat changes nothing."""

    outreach: Word
    reached_at: Instant | None = None
    settled_at: Instant | None = None
    filed_at: Instant | None = None
    closed: bool = False

    roles = frozenset({Role.SYSTEM})
    label = "同步他件的告知结果"
    onward = True
    when_closed = True


@dataclass(frozen=True, kw_only=True)
class RecordAttempt(Command):
    """A telephone call: on working days, one a day; three in vain and others are told."""

    outreach: Word
    reached: bool
    note: Text = ""

    roles = CALLERS
    label = "登记一对一联系（告知到或未联系上）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class SettleContact(Command):
    """The person has understood, and what is to be done is arranged (落实好)."""

    outreach: Word
    note: Text = ""

    roles = CALLERS
    label = "告知事项落实好"
    onward = True


@dataclass(frozen=True, kw_only=True)
class FileContact(Command):
    """The contact is on file (备案登记); its task is done."""

    outreach: Word
    note: Text = ""

    roles = CALLERS
    label = "告知备案登记"
    onward = True


@dataclass(frozen=True, kw_only=True)
class CloseContact(Command):
    """The supervisor closes the open item of a person who could not be reached."""

    outreach: Word
    reason: Text

    roles = frozenset({Role.SUPERVISOR})
    label = "结束告知未达事项（说明理由）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class KeepApart(Command):
    """Another open case of the same person and item is no duplicate: both go on."""

    other: Word  # number of the other case
    reason: Text

    roles = INTAKE
    label = "疑似重复：分别办理（说明理由）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class RefuseDuplicate(Command):
    """Not accepted: the same person has asked for the same in the other case, which goes on."""

    other: Word  # number of the other case; the letter names it
    reason: Text

    roles = INTAKE
    label = "疑似重复：按重复件不予受理（说明理由）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class MovePolicy(Command):
    """Go on under newer policy. Only an approved order says so: see ``policy_move.PolicyMove``."""

    order: Word
    reason: Text

    roles = frozenset({Role.SYSTEM})
    label = "改用新政策（依指令）"


APPLICATION_VERBS: dict[str, type[Command]] = {
    "pre_review": PreReview,
    "not_accept": NotAccept,
    "supplement": Supplement,
    "accept": Accept,
    "record_check": RecordCheck,
    "call_archive": CallArchive,
    "review": Review,
    "report_up": ReportUp,
    "superior_decision": SuperiorDecision,
    "approve": Approve,
    "refuse": Refuse,
    "objection": Objection,
    "deliver": Deliver,
    "delivered": Delivered,
    "materials_received": MaterialsReceived,
    "archive_arrived": ArchiveArrived,
    "check_material": CheckMaterial,
    "offer_deferral": OfferDeferral,
    "consent_deferral": ConsentDeferral,
    "promise": Promise,
    "decide_breach": DecideBreach,
    "request_green": RequestGreen,
    "consent_green": ConsentGreen,
    "close_green": CloseGreen,
    "withdraw": Withdraw,
    "extend": Extend,
    "stop_clock": StopClock,
    "resume_clock": ResumeClock,
    "clear_card": ClearCard,
    "reassign": Reassign,
    "resolve_trouble": ResolveTrouble,
    "request_contact": RequestContact,
    "share_contact": ShareContact,
    "record_attempt": RecordAttempt,
    "settle_contact": SettleContact,
    "file_contact": FileContact,
    "close_contact": CloseContact,
    "transfer_jurisdiction": TransferJurisdiction,
    "take_up": TakeUp,
    "claim": Claim,
    "give_back": GiveBack,
    **TOGETHER,
    "keep_apart": KeepApart,
    "refuse_duplicate": RefuseDuplicate,
    "move_policy": MovePolicy,
    "propose_taking_back": ProposeTakingBack,
    "take_back": TakeBack,
    "settle_late_papers": SettleLatePapers,
    "correct_fact": CorrectFact,
    "correct_address": CorrectAddress,
}
"""Wire name → command. A Temporal update of that name takes the command as its one argument."""


APPLICATION_SIGNALS: frozenset[str] = frozenset(
    {
        "materials_received",
        "archive_arrived",
        "superior_decision",
        "delivered",
        "request_contact",
        "share_contact",
    }
)
"""Verbs that systems may also send as signals."""


@dataclass(frozen=True, kw_only=True)
class PolicyMove(MovePolicy):
    """What an approved order tells each of its cases, with the new policy whole.

    ``head_consents`` counts only where the head of the authority approved (``approved_as``).
    """

    item: ServiceItem | None = None
    proposed_by: Word = ""
    approved_by: Word = ""
    approved_as: Role | None = None
    head_consents: bool = False
    catalogue: Word = ""  # digest of the version that the policy is from
    tell: bool = False  # those concerned get a letter
