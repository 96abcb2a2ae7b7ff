"""What can happen to an application. Events are stored for ever: fields are only ever added."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from casework.domain.case.commands import Fault, ReceivedMaterial
from casework.domain.case.events import Title
from casework.domain.case.state import Post
from casework.domain.kinds.application.commands import BreachOutcome, StopKind
from casework.domain.kinds.application.state import ApplicationStage, Claim, Line, OtherCase
from casework.domain.policy import CheckKind, Decider, DeliveryMethod, Measure, Role
from casework.domain.time.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Submitted:
    kind: Literal["submitted"] = "submitted"
    case_no: str
    district: str
    item: str
    item_name: str
    office: str  # the authority that signs, e.g. 静安区人才服务中心
    channel: str
    policy: str
    received_at: datetime
    claims: dict[str, Claim]
    posts: dict[Role, Post]
    materials: tuple[ReceivedMaterial, ...]
    faults: tuple[Fault, ...]
    notice: Clock
    pre_review: Clock
    entitled_on: date | None = None  # 待遇起始日
    by_date: bool = False
    catalogue: str = ""  # digest of the version that the policy is from
    authorisation: str = ""  # sha256 of the 授权委托书, where an agent has filed


@dataclass(frozen=True, kw_only=True)
class NoticeGiven:
    kind: Literal["notice_given"] = "notice_given"
    faults: tuple[Fault, ...]
    supplement: Clock


@dataclass(frozen=True, kw_only=True)
class SecondNoticeBlocked:
    """A fault that was there from the first was to be told a second time: a violation."""

    kind: Literal["second_notice_blocked"] = "second_notice_blocked"
    faults: tuple[Fault, ...]


@dataclass(frozen=True, kw_only=True)
class PreReviewPassed:
    kind: Literal["pre_review_passed"] = "pre_review_passed"
    corrected: tuple[str, ...] = ()
    awaits_paper: bool
    papers: tuple[str, ...] = ()  # names of what is awaited
    paper: Clock | None = None
    deferred: tuple[Line, ...] = ()  # by a measure in force
    clocks: tuple[Clock, ...] = ()  # their limits, which begin when the measure has ended
    measure: Measure | None = None  # pinned: it took the limit away, or deferred the paper
    reached: tuple[Measure, ...] = ()  # pinned too: announced, or over, and bearing on the limit


@dataclass(frozen=True, kw_only=True)
class NotAccepted:
    kind: Literal["not_accepted"] = "not_accepted"
    reason: str
    right_authority: str
    duplicate_of: str = ""  # number of the case that goes on in its place
    mendable_until: date | None = None  # taken back by then, if it was a mistake


@dataclass(frozen=True, kw_only=True)
class SupplementReceived:
    kind: Literal["supplement_received"] = "supplement_received"
    materials: tuple[ReceivedMaterial, ...]
    statements: tuple[str, ...]
    faults: tuple[Fault, ...]  # still open after the supplement
    pre_review: Clock
    silence: Clock | None = None  # with the last of what was asked for: deemed accepted at its end
    arrived_on: date | None = None  # as in MaterialsArrived
    in_time: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lapsed:
    """The applicant's time ran out: returned, may apply again."""

    kind: Literal["lapsed"] = "lapsed"
    clock: str
    mendable_until: date | None = None  # taken back by then, if it was a mistake


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """Accepted, or deemed accepted because no notice was given in time (§32(1)4)."""

    kind: Literal["accepted"] = "accepted"
    accepted_on: date
    deemed: bool = False
    decide: Clock
    review: Clock
    skipped: tuple[tuple[CheckKind, str], ...] = ()  # checks skipped by a measure, with reason


@dataclass(frozen=True, kw_only=True)
class MaterialsArrived:
    """``in_time``: debts that were held to be overdue or breached, and were paid before that."""

    kind: Literal["materials_arrived"] = "materials_arrived"
    materials: tuple[ReceivedMaterial, ...]
    paper_complete: bool = False
    pre_review: Clock | None = None
    silence: Clock | None = None
    arrived_on: date | None = None  # None: on the day of the event
    in_time: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CheckRecorded:
    kind: Literal["check_recorded"] = "check_recorded"
    check: CheckKind
    passed: bool
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ArchiveCalled:
    kind: Literal["archive_called"] = "archive_called"
    archive: Clock


@dataclass(frozen=True, kw_only=True)
class ArchiveReceived:
    kind: Literal["archive_received"] = "archive_received"
    materials: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ArchiveOverdue:
    """The holder has not sent the file in time: ask again."""

    kind: Literal["archive_overdue"] = "archive_overdue"
    clock: str


@dataclass(frozen=True, kw_only=True)
class ReviewPassed:
    kind: Literal["review_passed"] = "review_passed"
    opinion: str = ""
    decider: Decider


@dataclass(frozen=True, kw_only=True)
class ReportedUp:
    kind: Literal["reported_up"] = "reported_up"


@dataclass(frozen=True, kw_only=True)
class ReturnedBySuperior:
    kind: Literal["returned_by_superior"] = "returned_by_superior"
    reason: str
    reference: str = ""
    review: Clock


@dataclass(frozen=True, kw_only=True)
class Approved:
    """Approved; with ``publicity`` the decision still waits for objections."""

    kind: Literal["approved"] = "approved"
    reference: str = ""
    by_superior: bool
    publicity: Clock | None = None
    deliver: Clock | None = None  # None while publicity or a debt holds the result


@dataclass(frozen=True, kw_only=True)
class ObjectionRaised:
    kind: Literal["objection_raised"] = "objection_raised"
    reason: str
    review: Clock


@dataclass(frozen=True, kw_only=True)
class PublicityEnded:
    kind: Literal["publicity_ended"] = "publicity_ended"
    deliver: Clock | None = None


@dataclass(frozen=True, kw_only=True)
class Refused:
    kind: Literal["refused"] = "refused"
    reason: str
    reference: str = ""
    by_superior: bool = False
    mendable_until: date | None = None  # taken back by then, if it was a mistake


@dataclass(frozen=True, kw_only=True)
class Dispatched:
    kind: Literal["dispatched"] = "dispatched"
    method: DeliveryMethod


@dataclass(frozen=True, kw_only=True)
class ResultDelivered:
    kind: Literal["result_delivered"] = "result_delivered"
    method: DeliveryMethod
    reference: str = ""
    delivered_on: date | None = None  # None: on the day of the event


@dataclass(frozen=True, kw_only=True)
class Archived:
    kind: Literal["archived"] = "archived"


@dataclass(frozen=True, kw_only=True)
class Withdrawn:
    kind: Literal["withdrawn"] = "withdrawn"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Extended:
    kind: Literal["extended"] = "extended"
    working_days: int
    reason: str
    reference: str


@dataclass(frozen=True, kw_only=True)
class ClockStopped:
    kind: Literal["clock_stopped"] = "clock_stopped"
    stop: StopKind
    reason: str


@dataclass(frozen=True, kw_only=True)
class ClockResumed:
    kind: Literal["clock_resumed"] = "clock_resumed"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class DeferralOffered:
    """``consented``: the offering officer's role may itself consent, by the item's list."""

    kind: Literal["deferral_offered"] = "deferral_offered"
    lines: tuple[Line, ...]
    consented: bool
    consent_role: Role
    reason: str


@dataclass(frozen=True, kw_only=True)
class DeferralConsented:
    kind: Literal["deferral_consented"] = "deferral_consented"
    granted: bool
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class DeferralPromised:
    kind: Literal["deferral_promised"] = "deferral_promised"
    signed_on: date
    clocks: tuple[Clock, ...]  # one ``defer:<material>`` each
    next_stage: ApplicationStage | None = None  # where the promise fills the last gap
    pre_review: Clock | None = None
    silence: Clock | None = None


@dataclass(frozen=True, kw_only=True)
class MaterialChecked:
    kind: Literal["material_checked"] = "material_checked"
    material: str
    in_order: bool
    reason: str = ""
    deliver: Clock | None = None  # the last debt that held the result is paid


@dataclass(frozen=True, kw_only=True)
class DebtOverdue:
    kind: Literal["debt_overdue"] = "debt_overdue"
    material: str
    rescue: Clock


@dataclass(frozen=True, kw_only=True)
class DebtBreached:
    """The rescue period is over: a credit record, and a proposal for a person to decide."""

    kind: Literal["debt_breached"] = "debt_breached"
    material: str
    proposal: str  # return | revoke
    credit: bool = True  # False: nothing was promised, so no promise is broken


@dataclass(frozen=True, kw_only=True)
class BreachDecided:
    kind: Literal["breach_decided"] = "breach_decided"
    outcome: str
    reason: str
    deliver: Clock | None = None
    mendable_until: date | None = None

    @property
    def closes(self) -> bool:
        """Whether it closes the case, so that it may have been a mistake."""
        return self.outcome != BreachOutcome.ACCEPT_LATE


@dataclass(frozen=True, kw_only=True)
class GreenRequested:
    kind: Literal["green_requested"] = "green_requested"
    reason_code: str
    external_on: date | None
    cause: str
    evidence: tuple[str, ...]
    missing: tuple[str, ...] = ()  # evidence the item prescribes and the request lacks
    consent_role: Role


@dataclass(frozen=True, kw_only=True)
class GreenOpened:
    kind: Literal["green_opened"] = "green_opened"
    reason: str = ""
    review: Clock | None = None  # the shorter step limit, where the review is under way
    escalation: Clock | None = None


@dataclass(frozen=True, kw_only=True)
class GreenRefused:
    kind: Literal["green_refused"] = "green_refused"
    reason: str


@dataclass(frozen=True, kw_only=True)
class GreenEscalated:
    kind: Literal["green_escalated"] = "green_escalated"
    external_on: date


@dataclass(frozen=True, kw_only=True)
class GreenEnded:
    kind: Literal["green_ended"] = "green_ended"
    reason: str


@dataclass(frozen=True, kw_only=True)
class ContactListed:
    """The person is to be told one to one (主动告知), here or (``through``) on another case.

    The same outreach again, with another ``through``: the other case has ended, the contact moves.
    """

    kind: Literal["contact_listed"] = "contact_listed"
    outreach: str
    about: str
    through: str = ""
    contact: Clock | None = None  # until the first attempt


@dataclass(frozen=True, kw_only=True)
class ContactAttempted:
    """A telephone call on a working day; ``reached`` is 告知到."""

    kind: Literal["contact_attempted"] = "contact_attempted"
    outreach: str
    on: date
    reached: bool
    note: str = ""
    contact: Clock | None = None  # until the next attempt


@dataclass(frozen=True, kw_only=True)
class ContactSettled:
    """落实好: the person has understood, and what is to be done is arranged."""

    kind: Literal["contact_settled"] = "contact_settled"
    outreach: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ContactFiled:
    """备案登记."""

    kind: Literal["contact_filed"] = "contact_filed"
    outreach: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ContactEscalated:
    """Not reached on three working days: SMS, the employer, then the supervisor."""

    kind: Literal["contact_escalated"] = "contact_escalated"
    outreach: str


@dataclass(frozen=True, kw_only=True)
class ContactShared:
    """What has come of it on the case on which the person is told, with the times of there."""

    kind: Literal["contact_shared"] = "contact_shared"
    outreach: str
    reached_at: datetime | None = None
    settled_at: datetime | None = None
    filed_at: datetime | None = None
    closed: bool = False


@dataclass(frozen=True, kw_only=True)
class ContactClosed:
    """Nobody will be told any more: the case has ended, or the supervisor has decided so."""

    kind: Literal["contact_closed"] = "contact_closed"
    outreach: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SamePersonFound:
    """The other open cases of the same person and item, all of them; none: there are no more."""

    kind: Literal["same_person_found"] = "same_person_found"
    others: tuple[OtherCase, ...]


@dataclass(frozen=True, kw_only=True)
class KeptApart:
    """The officer has decided that another case of the same person is no duplicate."""

    kind: Literal["kept_apart"] = "kept_apart"
    other: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class PaperPutOff:
    """A measure that defers paper has come while the case waited for it: it waits no longer.

    ``deferred`` is owed from now on, and its limits (``clocks``) begin when the measure has ended.
    """

    kind: Literal["paper_put_off"] = "paper_put_off"
    deferred: tuple[Line, ...]
    clocks: tuple[Clock, ...]
    measure: str
    pre_review: Clock


@dataclass(frozen=True, kw_only=True)
class KeptLimit:
    """A running limit that stays as it is: ``why`` is the value of a ``Keep``."""

    clock: str
    due_on: date | None
    why: str


@dataclass(frozen=True, kw_only=True)
class PolicyMoved:
    """The case goes on under the policy ``after``; carries all that it changes.

    ``clocks`` are the changed ones, whole; ``kept`` those that stay although the new policy sets
    another limit. ``faults`` and ``noticed`` are whole, as they stand from now on. ``excused``: the
    materials that the new policy asks for and that come too late for this case (C.2).
    ``paper_complete`` and ``answered``: the new policy asks for nothing more that was awaited, and
    the office's turn begins, with ``pre_review`` and ``silence``. ``discharged``: debts for
    materials no longer asked; ``ended``: clocks that end with them.
    """

    kind: Literal["policy_moved"] = "policy_moved"
    before: str
    after: str
    before_on: date
    after_on: date
    order: str
    proposed_by: str
    approved_by: str
    head_consents: bool = False
    reason: str
    clocks: tuple[Clock, ...] = ()
    kept: tuple[KeptLimit, ...] = ()
    faults: tuple[Fault, ...] = ()
    noticed: tuple[Fault, ...] = ()
    answered: bool = False
    excused: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    paper_complete: bool = False
    pre_review: Clock | None = None
    silence: Clock | None = None
    discharged: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    deliver: Clock | None = None
    skipped: tuple[tuple[CheckKind, str], ...] = ()
    decider: Decider | None = None
    catalogue: str = ""  # digest of the version that the policy ``after`` is from
    told: bool = False  # those concerned get a letter


def _submitted(body: Submitted) -> str:
    return "收件（代办，附授权委托书）" if body.authorisation else "收件"


DEEMED = "逾期未告知，视为受理"
"""The title of a deemed acceptance, stored for ever: reports tell it from others by that."""


def _accepted(body: Accepted) -> str:
    return DEEMED if body.deemed else "受理"


def _found(body: SamePersonFound) -> str:
    if body.others:
        return "发现同一人同一事项的其他未办结件"
    return "已没有同一人同一事项的其他未办结件"


def _not_accepted(body: NotAccepted) -> str:
    return "按重复件不予受理" if body.duplicate_of else "不予受理"


def _checked(body: CheckRecorded) -> str:
    return f"登记核实结果：{body.check.label}{'通过' if body.passed else '未通过'}"


def _attempted(body: ContactAttempted) -> str:
    return "告知到" if body.reached else "未联系上"


def _policy_moved(body: PolicyMoved) -> str:
    return f"改用新政策：{body.before_on} 版 → {body.after_on} 版"


EVENTS = (
    Title(body=Submitted, title="收件", said=_submitted),
    Title(body=NoticeGiven, title="一次性告知"),
    Title(body=SecondNoticeBlocked, title="拦截二次告知"),
    Title(body=PreReviewPassed, title="预审通过"),
    Title(body=NotAccepted, title="不予受理", said=_not_accepted),
    Title(body=SupplementReceived, title="收到补正"),
    Title(body=Lapsed, title="逾期退件"),
    Title(body=Accepted, title="受理", said=_accepted),
    Title(body=MaterialsArrived, title="收到材料"),
    Title(body=CheckRecorded, title="登记核实结果", said=_checked),
    Title(body=ArchiveCalled, title="开具调档函"),
    Title(body=ArchiveReceived, title="档案到达"),
    Title(body=ArchiveOverdue, title="档案逾期未到"),
    Title(body=ReviewPassed, title="审核通过"),
    Title(body=ReportedUp, title="上报"),
    Title(body=ReturnedBySuperior, title="上级退回"),
    Title(body=Approved, title="同意"),
    Title(body=ObjectionRaised, title="公示异议"),
    Title(body=PublicityEnded, title="公示期满"),
    Title(body=Refused, title="不予批准"),
    Title(body=Dispatched, title="寄出"),
    Title(body=ResultDelivered, title="送达"),
    Title(body=Archived, title="归档"),
    Title(body=Withdrawn, title="撤回申请"),
    Title(body=Extended, title="延长办理期限"),
    Title(body=ClockStopped, title="中止计时"),
    Title(body=ClockResumed, title="恢复计时"),
    Title(body=DeferralOffered, title="提出容缺受理"),
    Title(body=DeferralConsented, title="容缺审批"),
    Title(body=DeferralPromised, title="签署容缺承诺"),
    Title(body=MaterialChecked, title="核对补交材料"),
    Title(body=DebtOverdue, title="容缺逾期，进入补救期"),
    Title(body=DebtBreached, title="容缺失信"),
    Title(body=BreachDecided, title="失信处理"),
    Title(body=GreenRequested, title="申请绿色通道"),
    Title(body=GreenOpened, title="开通绿色通道"),
    Title(body=GreenRefused, title="绿色通道未获同意"),
    Title(body=GreenEscalated, title="绿色通道督办"),
    Title(body=GreenEnded, title="绿色通道结束"),
    Title(body=PaperPutOff, title="临时措施生效，书面材料暂缓递交"),
    Title(body=ContactListed, title="列入主动告知"),
    Title(body=ContactAttempted, title="一对一联系", said=_attempted),
    Title(body=ContactSettled, title="告知事项落实好"),
    Title(body=ContactFiled, title="告知备案登记"),
    Title(body=ContactEscalated, title="三次未联系上，短信告知并通知单位"),
    Title(body=ContactShared, title="由他件告知，同步结果"),
    Title(body=ContactClosed, title="主动告知结束"),
    Title(body=SamePersonFound, title="发现同一人同一事项的其他未办结件", said=_found),
    Title(body=KeptApart, title="疑似重复，决定分别办理"),
    Title(body=PolicyMoved, title="改用新政策", said=_policy_moved),
)
"""All of them, with their titles."""
