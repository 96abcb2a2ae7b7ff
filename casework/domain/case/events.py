"""What can happen to an application, and the union of what can happen to any case.

Events are stored for ever: fields are only ever added.
An event carries all that it changes (clocks with their budgets, debts with their dates), so the
state can be rebuilt from events alone, whatever the catalogue says by then.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from casework.domain.case.commands import Fault, ReceivedMaterial, StopKind
from casework.domain.case.facts import Actor
from casework.domain.case.jurisdiction_messages import JurisdictionTransferred
from casework.domain.case.mending_events import Mended
from casework.domain.case.policy_move_messages import PolicyMoved
from casework.domain.case.state import Post
from casework.domain.case.substitution_messages import AbsencesNoted, TaskHandedOver, TaskTakenUp
from casework.domain.kinds.application.state import ApplicationStage, Claim, Line, OtherCase
from casework.domain.kinds.cycle.events import CycleEvent
from casework.domain.kinds.rating.events import RatingEvent
from casework.domain.kinds.request.events import RequestEvent
from casework.domain.kinds.round.events import VisitEvent
from casework.domain.policy import CheckKind, Decider, DeliveryMethod, Measure, Role
from casework.domain.time.clock import After, Clock, Suspension


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
    authorisation: str = ""  # sha256 of the 授权委托书, where an agent has filed


@dataclass(frozen=True, kw_only=True)
class DateDecides:
    """From here on the date decides, not the timer (domain.md §C.0); told to older cases once.

    ``due_on``: the running clocks whose due date is known; what they have given was given for it.
    """

    kind: Literal["date_decides"] = "date_decides"
    due_on: dict[str, date]


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
    kind: Literal["materials_arrived"] = "materials_arrived"
    materials: tuple[ReceivedMaterial, ...]
    paper_complete: bool = False
    pre_review: Clock | None = None
    silence: Clock | None = None


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
class RungReached:
    """A step of a clock's ladder: a card, or a reminder to the applicant."""

    kind: Literal["rung_reached"] = "rung_reached"
    clock: str
    rung: str
    due_on: date | None


@dataclass(frozen=True, kw_only=True)
class StepUnanswered:
    """Half of a step has gone by; a task that nobody has taken up goes on to the next. No card."""

    kind: Literal["step_unanswered"] = "step_unanswered"
    clock: str
    due_on: date | None


@dataclass(frozen=True, kw_only=True)
class CardsWithdrawn:
    """The due date of a clock has moved: its cards were given for another, and are taken back.

    ``due_on`` is the new due date, None while it is not known.
    """

    kind: Literal["cards_withdrawn"] = "cards_withdrawn"
    clock: str
    due_on: date | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class CardCleared:
    kind: Literal["card_cleared"] = "card_cleared"
    card: str
    reason: str


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
class Reassigned:
    kind: Literal["reassigned"] = "reassigned"
    role: Role
    to: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class TroubleMet:
    """An outside party refused for good; ``effect`` names what was tried, ``code`` the problem."""

    kind: Literal["trouble_met"] = "trouble_met"
    effect: str
    code: str


@dataclass(frozen=True, kw_only=True)
class TroubleResolved:
    kind: Literal["trouble_resolved"] = "trouble_resolved"
    task: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MessageRefused:
    """A message that could not be applied; kept so that nothing is lost."""

    kind: Literal["message_refused"] = "message_refused"
    message: str
    code: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class TimeNoted:
    """The case has taken note of what is in force: all suspensions that bear on it, whole.

    ``pinned``: its measures, with their ends as now known. ``calendar_version``: set if the
    calendar was another one before. ``after``: what the end of a measure sets, for a clock of
    before that does not say so.
    """

    kind: Literal["time_noted"] = "time_noted"
    suspensions: tuple[Suspension, ...]
    pinned: tuple[Measure, ...] = ()
    calendar_version: int | None = None
    after: After | None = None


@dataclass(frozen=True, kw_only=True)
class LimitBegun:
    """What stopped a limit of the applicant's ends, or ends sooner: now due on ``due_on``.

    A suspension was lifted, or a measure under which there was no limit ends on ``until``.
    """

    kind: Literal["limit_begun"] = "limit_begun"
    clock: str
    cause: str
    until: date
    due_on: date


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


EventBody = (
    Submitted
    | DateDecides
    | NoticeGiven
    | SecondNoticeBlocked
    | PreReviewPassed
    | NotAccepted
    | SupplementReceived
    | Lapsed
    | Accepted
    | MaterialsArrived
    | CheckRecorded
    | ArchiveCalled
    | ArchiveReceived
    | ArchiveOverdue
    | ReviewPassed
    | ReportedUp
    | ReturnedBySuperior
    | Approved
    | ObjectionRaised
    | PublicityEnded
    | Refused
    | Dispatched
    | ResultDelivered
    | Archived
    | Withdrawn
    | Extended
    | ClockStopped
    | ClockResumed
    | RungReached
    | CardsWithdrawn
    | CardCleared
    | DeferralOffered
    | DeferralConsented
    | DeferralPromised
    | MaterialChecked
    | DebtOverdue
    | DebtBreached
    | BreachDecided
    | GreenRequested
    | GreenOpened
    | GreenRefused
    | GreenEscalated
    | GreenEnded
    | Reassigned
    | TroubleMet
    | TroubleResolved
    | MessageRefused
    | TimeNoted
    | LimitBegun
    | ContactListed
    | ContactAttempted
    | ContactSettled
    | ContactFiled
    | ContactEscalated
    | ContactShared
    | ContactClosed
    | TaskTakenUp
    | TaskHandedOver
    | AbsencesNoted
    | JurisdictionTransferred
    | PaperPutOff
    | CycleEvent
    | RequestEvent
    | RatingEvent
    | VisitEvent
    | SamePersonFound
    | KeptApart
    | StepUnanswered
    | PolicyMoved
    | Mended
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One entry of a case's register: number, time, actor, and what happened."""

    seq: int
    at: datetime
    actor: Actor
    body: EventBody = field(metadata={"discriminator": "kind"})
