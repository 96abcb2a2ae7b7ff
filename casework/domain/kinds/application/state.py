"""The state of one application: a plain value, so that it can be stored, compared and resumed.

Nothing here names a person; officers appear by code, the applicant not at all.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from casework.domain.case.commands import Fault
from casework.domain.case.facts import Occasion
from casework.domain.case.state import Case, Stage
from casework.domain.kinds.application.commands import Decision
from casework.domain.policy import (
    CheckKind,
    Decider,
    DeferralMode,
    DeliveryMethod,
    Measure,
    ServiceItem,
)

Claim = str | int | bool
"""A fact the applicant claims in the form, e.g. ``self_score``; never personal data."""


class ApplicationStage(Stage):
    """Where an application stands (domain.md §C.1); the values are stored for ever."""

    PRE_REVIEW = "pre_review"
    SUPPLEMENT_DUE = "supplement_due"
    AWAIT_PAPER = "await_paper"
    READY = "ready"  # pre-review passed, nothing awaited: to be accepted
    REVIEW = "review"
    REVIEWED = "reviewed"  # to be reported up, or decided by the district
    REPORTED_UP = "reported_up"
    PUBLICITY = "publicity"
    DECIDED = "decided"
    DISPATCHED = "dispatched"
    DELIVERED = "delivered"  # the result is out, a debt may be open
    ARCHIVED = "archived"
    REFUSED = "refused"
    NOT_ACCEPTED = "not_accepted"
    WITHDRAWN = "withdrawn"
    RETURNED_LAPSED = "returned_lapsed"
    REVOKED = "revoked"

    @property
    def is_final(self) -> bool:
        return self in _FINAL

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _LABELS[self]


_FINAL = frozenset(
    {
        ApplicationStage.ARCHIVED,
        ApplicationStage.REFUSED,
        ApplicationStage.NOT_ACCEPTED,
        ApplicationStage.WITHDRAWN,
        ApplicationStage.RETURNED_LAPSED,
        ApplicationStage.REVOKED,
    }
)
_LABELS = {
    ApplicationStage.PRE_REVIEW: "预审",
    ApplicationStage.SUPPLEMENT_DUE: "待补正",
    ApplicationStage.AWAIT_PAPER: "待交书面材料",
    ApplicationStage.READY: "待受理",
    ApplicationStage.REVIEW: "审核",
    ApplicationStage.REVIEWED: "待上报",
    ApplicationStage.REPORTED_UP: "已上报",
    ApplicationStage.PUBLICITY: "公示",
    ApplicationStage.DECIDED: "待送达",
    ApplicationStage.DISPATCHED: "送达中",
    ApplicationStage.DELIVERED: "已送达（待清欠）",
    ApplicationStage.ARCHIVED: "已归档",
    ApplicationStage.REFUSED: "不予批准",
    ApplicationStage.NOT_ACCEPTED: "不予受理",
    ApplicationStage.WITHDRAWN: "已撤回",
    ApplicationStage.RETURNED_LAPSED: "逾期退件",
    ApplicationStage.REVOKED: "已撤销",
}


class LineStatus(StrEnum):
    """Where one deferred material stands (domain.md §C.3)."""

    OFFERED = "offered"
    CONSENTED = "consented"
    OUTSTANDING = "outstanding"
    RECEIVED = "received"
    OVERDUE = "overdue"  # the rescue period runs
    BREACHED = "breached"
    FULFILLED = "fulfilled"
    DECLINED = "declined"
    DISCHARGED = "discharged"  # the case ended otherwise; nothing is owed any more


OPEN_DEBTS = frozenset(
    {LineStatus.OUTSTANDING, LineStatus.RECEIVED, LineStatus.OVERDUE, LineStatus.BREACHED}
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One deferred material: a debt with a name."""

    material: str
    name: str
    mode: DeferralMode
    status: LineStatus
    reason: str
    offered_by: str = ""
    consented_by: str = ""
    promised_on: date | None = None
    received_on: date | None = None
    checked_on: date | None = None
    by_measure: str = ""  # effect of the measure that deferred it, without a promise

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_DEBTS


class GreenStatus(StrEnum):
    NONE = "none"
    INCOMPLETE = "incomplete"
    REQUESTED = "requested"
    OPEN = "open"
    REFUSED = "refused"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Green:
    """The green channel of a case: who asked, why, who consented (domain.md §C.5)."""

    status: GreenStatus = GreenStatus.NONE
    reason_code: str = ""
    external_on: date | None = None
    cause: str = ""
    evidence: tuple[str, ...] = ()
    requested_by: str = ""
    consented_by: str = ""

    @property
    def is_open(self) -> bool:
        return self.status is GreenStatus.OPEN


@dataclass(frozen=True, kw_only=True)
class CheckRecord:
    check: CheckKind
    outcome: str  # passed | failed | skipped
    reason: str = ""
    by: str = ""


class ContactState(StrEnum):
    """How far a person has been told (domain.md §C.15): 告知到, 落实好, 备案登记."""

    LISTED = "listed"
    REACHED = "reached"
    SETTLED = "settled"
    FILED = "filed"
    ESCALATED = "escalated"  # not reached by telephone: SMS and employer, then the supervisor
    CLOSED = "closed"  # the case ended, or the supervisor closed the open item

    @property
    def label(self) -> str:
        return _CONTACTS[self]


_CONTACTS = {
    ContactState.LISTED: "待告知",
    ContactState.REACHED: "告知到",
    ContactState.SETTLED: "落实好",
    ContactState.FILED: "备案登记",
    ContactState.ESCALATED: "未接通，已转短信和单位",
    ContactState.CLOSED: "已了结",
}


@dataclass(frozen=True, kw_only=True)
class ContactAttempt:
    on: date
    by: str
    reached: bool
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Contact:
    """One person to be told one to one (主动告知) of what an outreach is about.

    ``through``: the person is told on another case of theirs, so that nobody is called twice.
    """

    outreach: str
    about: str  # Chinese: what the person is to be told
    state: ContactState = ContactState.LISTED
    through: str = ""
    listed_at: datetime
    attempts: tuple[ContactAttempt, ...] = ()
    reached_at: datetime | None = None
    settled_at: datetime | None = None
    filed_at: datetime | None = None
    escalated_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.state in {ContactState.FILED, ContactState.CLOSED}


@dataclass(frozen=True, kw_only=True)
class OtherCase:
    """Another open case of the same person and item: all that an officer is told of it."""

    case_no: str
    district: str
    stage: ApplicationStage

    @property
    def label(self) -> str:
        """Number, district and stage, as a clerk reads them."""
        return f"{self.case_no}（{self.district}，{self.stage.label}）"


@dataclass(frozen=True, kw_only=True)
class BeforeClosing:
    """What an application was, besides its stage, before it closed."""

    lines: tuple[Line, ...] = ()
    green: Green = Green()
    contacts: tuple[Contact, ...] = ()
    decision: Decision | None = None


@dataclass(frozen=True, kw_only=True)
class Application(Case):
    """Everything that has been decided so far on one application."""

    stage: ApplicationStage
    claims: dict[str, Claim]
    package: int = 1
    faults: tuple[Fault, ...] = ()  # found by the format and precondition check, still open
    noticed: tuple[Fault, ...] = ()  # told in the one-time notice
    notice_on: date | None = None
    papers: tuple[str, ...] = ()  # names of the paper awaited after the pre-review
    intake_by: tuple[str, ...] = ()
    reviewed_by: str = ""
    deemed_accepted: bool = False
    decision: Decision | None = None
    delivery: DeliveryMethod | None = None
    lines: tuple[Line, ...] = ()
    green: Green = Green()
    checks: tuple[CheckRecord, ...] = ()
    stop: str = ""  # kind of the §45 stop that is open
    entitled_on: date | None = None  # 待遇起始日: nothing that happens to a clock moves it
    contacts: tuple[Contact, ...] = ()
    excused: tuple[str, ...] = ()  # materials that newer policy asks for, and not of this case
    decider: Decider | None = None  # who decides what was reviewed before the policy moved
    others: tuple[OtherCase, ...] = ()  # of the same person and item, open when last looked up
    kept_apart: tuple[str, ...] = ()  # numbers of those beside which it goes on: decided
    duplicate_of: str = ""  # number of the case for which it was not accepted
    before: BeforeClosing | None = None  # with ``closing``
    offered_on: date | None = None  # of the latest deferral
    delivered_on: date | None = None

    @property
    def undecided(self) -> tuple[OtherCase, ...]:
        """The other cases on which the officer has not decided yet."""
        return tuple(other for other in self.others if other.case_no not in self.kept_apart)

    @property
    def suspicion(self) -> str:
        """What its officer is to decide on (疑似重复), in one line; empty: nothing."""
        labels = "；".join(other.label for other in self.undecided)
        return f"疑似重复：{labels}" if labels else ""

    @property
    def open_debts(self) -> int:
        """How many deferred materials are still owed."""
        return sum(line.is_open for line in self.lines)

    @property
    def substitutes(self) -> bool:
        """Where the date decides; before, a supervisor re-assigned."""
        return self.by_date

    @property
    def is_green(self) -> bool:
        return self.green.is_open


# --- what a decision may know --------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ApplicationFacts(Occasion):
    """What a decision on an application may know.

    ``barred``: an unrepaired credit record forbids further deferral.

    ``measures`` are all dated measures for the item and district; None for a case of before they
    were looked up, which knows only those of its own item.
    """

    item: ServiceItem
    barred: bool = False
    measures: tuple[Measure, ...] | None = None

    def measure(self, effect: str) -> Measure | None:
        """The measure with that effect that is in force today, if any."""
        if self.measures is None:
            return self.item.measure(effect)
        return next((m for m in self.measures if m.effect == effect and m.holds(self.today)), None)
