"""The state of one application: a plain value, so that it can be stored, compared and resumed.

Nothing here names a person; officers appear by code, the applicant not at all.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from casework.domain.clock import Clock, Suspension
from casework.domain.commands import Decision, Fault, ReceivedMaterial
from casework.domain.policy import CheckKind, DeferralMode, DeliveryMethod, Measure, Role

Claim = str | int | bool
"""A fact the applicant claims in the form, e.g. ``self_score``; never personal data."""


class Stage(StrEnum):
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
        Stage.ARCHIVED,
        Stage.REFUSED,
        Stage.NOT_ACCEPTED,
        Stage.WITHDRAWN,
        Stage.RETURNED_LAPSED,
        Stage.REVOKED,
    }
)
_LABELS = {
    Stage.PRE_REVIEW: "预审",
    Stage.SUPPLEMENT_DUE: "待补正",
    Stage.AWAIT_PAPER: "待交书面材料",
    Stage.READY: "待受理",
    Stage.REVIEW: "审核",
    Stage.REVIEWED: "待上报",
    Stage.REPORTED_UP: "已上报",
    Stage.PUBLICITY: "公示",
    Stage.DECIDED: "待送达",
    Stage.DISPATCHED: "送达中",
    Stage.DELIVERED: "已送达（待清欠）",
    Stage.ARCHIVED: "已归档",
    Stage.REFUSED: "不予批准",
    Stage.NOT_ACCEPTED: "不予受理",
    Stage.WITHDRAWN: "已撤回",
    Stage.RETURNED_LAPSED: "逾期退件",
    Stage.REVOKED: "已撤销",
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


class Rung(StrEnum):
    """The steps of a ladder; blue is for the holder's own queue."""

    BLUE = "blue"
    YELLOW = "yellow"
    RED = "red"
    REMINDER = "reminder"  # to the applicant, no card


@dataclass(frozen=True, kw_only=True)
class Card:
    clock: str
    rung: Rung
    holder: str
    backup: str
    given_at: datetime
    cleared_at: datetime | None = None
    cleared_by: str = ""
    reason: str = ""

    @property
    def id(self) -> str:
        return f"{self.clock}:{self.rung}"


class TaskKind(StrEnum):
    """What a person is asked to do."""

    PRE_REVIEW = "pre_review"
    ACCEPT = "accept"
    REVIEW = "review"
    REPORT_UP = "report_up"
    APPROVE = "approve"
    DELIVER = "deliver"
    CHECK_MATERIAL = "check_material"
    CONSENT_DEFERRAL = "consent_deferral"
    CONSENT_GREEN = "consent_green"
    DECIDE_BREACH = "decide_breach"
    ESCALATION = "escalation"
    ASK_HOLDER = "ask_holder"
    RESOLVE_TROUBLE = "resolve_trouble"
    CONTACT = "contact"
    CONTACT_OPEN_ITEM = "contact_open_item"

    @property
    def label(self) -> str:
        return _TASKS[self]


_TASKS = {
    TaskKind.PRE_REVIEW: "预审",
    TaskKind.ACCEPT: "受理",
    TaskKind.REVIEW: "审核",
    TaskKind.REPORT_UP: "上报",
    TaskKind.APPROVE: "决定",
    TaskKind.DELIVER: "送达",
    TaskKind.CHECK_MATERIAL: "核对补交材料",
    TaskKind.CONSENT_DEFERRAL: "容缺审批",
    TaskKind.CONSENT_GREEN: "绿色通道审批",
    TaskKind.DECIDE_BREACH: "失信处理",
    TaskKind.ESCALATION: "绿色通道督办",
    TaskKind.ASK_HOLDER: "催询档案",
    TaskKind.RESOLVE_TROUBLE: "处理外部系统拒绝",
    TaskKind.CONTACT: "主动告知",
    TaskKind.CONTACT_OPEN_ITEM: "告知未达",
}
_BESIDE = frozenset({TaskKind.CONTACT, TaskKind.CONTACT_OPEN_ITEM})
"""To be done beside the procedure: the case does not wait for it."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """Work for a person; ``id`` is ``<kind>#<n>`` within the case."""

    id: str
    kind: TaskKind
    about: str = ""
    role: Role
    holder: str
    backup: str
    opened_at: datetime
    clock: str = ""  # whose due date it shows
    closed_at: datetime | None = None
    closed_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Post:
    """The two officers who answer for a role: A角 and B角."""

    holder: str
    backup: str = ""


@dataclass(frozen=True, kw_only=True)
class CheckRecord:
    check: CheckKind
    outcome: str  # passed | failed | skipped
    reason: str = ""
    by: str = ""


@dataclass(frozen=True, kw_only=True)
class Material:
    """A material in the case's file."""

    received: ReceivedMaterial
    received_at: datetime
    package: int  # 1 = the first package, 2 = after the notice, …


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
class Case:
    """Everything that has been decided so far. ``seq`` is the number of the last event."""

    case_no: str
    district: str
    item: str
    item_name: str
    office: str
    channel: str
    policy: str  # digest of the ServiceItem
    stage: Stage
    stage_since: datetime
    received_at: datetime
    seq: int = 0
    claims: dict[str, Claim]
    posts: dict[Role, Post]
    package: int = 1
    materials: tuple[Material, ...] = ()
    faults: tuple[Fault, ...] = ()  # found by the format and precondition check, still open
    noticed: tuple[Fault, ...] = ()  # told in the one-time notice
    notice_on: date | None = None
    papers: tuple[str, ...] = ()  # names of the paper awaited after the pre-review
    intake_by: tuple[str, ...] = ()
    reviewed_by: str = ""
    accepted_on: date | None = None
    deemed_accepted: bool = False
    decided_on: date | None = None
    decision: Decision | None = None
    delivery: DeliveryMethod | None = None
    closed_at: datetime | None = None
    clocks: tuple[Clock, ...] = ()
    rungs: tuple[str, ...] = ()  # rungs given, ``<clock>:<rung>``; each once
    cards: tuple[Card, ...] = ()
    tasks: tuple[Task, ...] = ()
    lines: tuple[Line, ...] = ()
    green: Green = Green()
    checks: tuple[CheckRecord, ...] = ()
    stop: str = ""  # kind of the §45 stop that is open
    recent: tuple[str, ...] = ()  # the last five events, for the people who look
    suspensions: tuple[Suspension, ...] = ()  # imposed from outside, as far as the case knows
    pinned: tuple[Measure, ...] = ()  # measures that were applied to it, and stay applied
    entitled_on: date | None = None  # 待遇起始日: nothing that happens to a clock moves it
    contacts: tuple[Contact, ...] = ()

    @property
    def is_open(self) -> bool:
        return not self.stage.is_final

    @property
    def is_done(self) -> bool:
        """Closed, and nobody has anything left to do (a notice that could not be sent, say)."""
        return self.stage.is_final and not self.open_tasks

    @property
    def open_debts(self) -> int:
        """How many deferred materials are still owed."""
        return sum(line.is_open for line in self.lines)

    @property
    def open_tasks(self) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks if task.closed_at is None)

    @property
    def running(self) -> tuple[Clock, ...]:
        """The clocks that have not ended."""
        return tuple(clock for clock in self.clocks if clock.ended_on is None)

    def clock(self, clock_id: str) -> Clock | None:
        """The running clock of that id or of that kind (``review`` finds ``review#2``)."""
        return next((c for c in self.running if c.id.split("#")[0] == clock_id), None) or next(
            (c for c in self.running if c.id == clock_id), None
        )

    @property
    def card(self) -> str:
        """The highest card not yet cleared: none, blue, yellow or red."""
        open_rungs = {card.rung for card in self.cards if card.cleared_at is None}
        for rung in (Rung.RED, Rung.YELLOW, Rung.BLUE):
            if rung in open_rungs:
                return rung.value
        return "none"

    @property
    def next_task(self) -> Task | None:
        """The task that the case waits for, if any."""
        return next((t for t in reversed(self.open_tasks) if t.kind not in _BESIDE), None)

    @property
    def holder(self) -> str:
        """The officer who is next; empty when the case waits for no officer."""
        task = self.next_task
        return task.holder if task else ""
