"""What every kind of case has in common: officers, tasks, clocks, cards, and its place in time.

An application, a service request, a service cycle, a rating and a round of visits are each a
``Case`` with a state of its own on top. Nothing here names a person; officers appear by code.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from casework.domain.bounds import Number, Phrase, Word
from casework.domain.case.commands import ReceivedMaterial
from casework.domain.policy import Measure, Role
from casework.domain.talent import Level
from casework.domain.time.clock import Clock, Suspension
from casework.domain.time.ladder import Rung


class Stage(StrEnum):
    """Where a case stands; each kind of case has its own. The values are stored for ever."""

    @property
    def is_final(self) -> bool:
        """Whether the case is closed."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        raise NotImplementedError


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
    due_on: date | None = None  # the due date for which it was given, where the date decides

    @property
    def id(self) -> str:
        return f"{self.clock}:{self.rung}"


@dataclass(frozen=True, kw_only=True)
class Refusals:
    """How many messages were recorded as refused by one code on one day."""

    code: str
    on: date
    count: int


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """Another district has the case from event ``seq`` on (管辖移送): by whom, and why."""

    seq: int
    at: datetime
    actor: str
    role: str
    from_district: str
    from_office: str
    to_district: str
    to_office: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class PolicyMoveEntry:
    """The case goes on under other policy from event ``seq`` on: by which order, from what to what.

    ``before`` and ``after`` are digests, ``before_on`` and ``after_on`` the days for which the
    catalogue resolved them.
    """

    seq: int
    at: datetime
    order: str
    before: str
    after: str
    before_on: date
    after_on: date
    clocks: tuple[str, ...] = ()  # the limits that have another length from then on


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
    SHARE_OUT = "share_out"
    CONTACT = "contact"
    CONTACT_OPEN_ITEM = "contact_open_item"
    COLLECT = "collect"
    HANDLE = "handle"
    REMIND_EMPLOYER = "remind_employer"
    VERIFY = "verify"
    DECIDE_OBJECTION = "decide_objection"
    CONTACT_RATER = "contact_rater"
    SETTLE_RATING = "settle_rating"
    FOLLOW_UP_RATING = "follow_up_rating"
    SIGN_TICKET = "sign_ticket"
    CONTACT_CALLER = "contact_caller"
    ANSWER_TICKET = "answer_ticket"
    REVISIT_CALLER = "revisit_caller"
    SORT_MAIL = "sort_mail"
    NOTE_MAIL = "note_mail"
    MATCH_PARCEL = "match_parcel"
    CLAIM_PARCEL = "claim_parcel"
    OFFER_SLOT = "offer_slot"
    RECEIVE_VISITOR = "receive_visitor"
    SORT_FINDINGS = "sort_findings"
    CARRY_OUT_REMEDY = "carry_out_remedy"
    VERIFY_REMEDY = "verify_remedy"
    FILE_COMPLAINT = "file_complaint"
    INVESTIGATE_WAGES = "investigate_wages"
    WITHDRAW_FILING = "withdraw_filing"
    DECIDE_WAGES = "decide_wages"
    SERVE_DECISION = "serve_decision"
    FEED_BACK_WAGES = "feed_back_wages"
    VISIT = "visit"
    TAKE_BACK = "take_back"
    LATE_PAPERS = "late_papers"
    CONFIRM_PASSING = "confirm_passing"
    GIVE_OPINION = "give_opinion"
    UNDELIVERED = "undelivered"  # by the register, about a webhook: no kind of case has it

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _LABELS[self]


_LABELS: dict[TaskKind, str] = {TaskKind.UNDELIVERED: "处理未送达的变化"}
_BESIDE: set[TaskKind] = set()


def describe_task(kind: TaskKind, label: str, *, beside: bool) -> None:
    """Say what a clerk calls a task, and whether it is done beside the procedure.

    Raises ValueError if another kind of case calls it otherwise.
    """
    if _LABELS.setdefault(kind, label) != label:
        raise ValueError(f"another label for the task {kind}")
    if beside:
        _BESIDE.add(kind)


@dataclass(frozen=True, kw_only=True)
class Task:
    """Work for a person; ``id`` is ``<kind>#<n>`` within the case.

    ``team``: whose it is, or was before somebody claimed it; nobody's while it has no ``holder``.
    ``claim``: the clock within which it is to be claimed.
    """

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
    taken_up_at: datetime | None = None  # its holder has said that it is being dealt with
    held_since: datetime | None = None  # where another held it before
    unanswered_at: datetime | None = None  # half of its step has gone by
    team: str = ""
    claim: str = ""
    asked_by: str = ""  # the colleague whose request it is; it is its holder's alone then
    passed: bool = False  # its holder has it from a colleague, not by a post
    nudged_at: datetime | None = None

    @property
    def is_unclaimed(self) -> bool:
        """Whether it waits for somebody of its team."""
        return bool(self.team) and not self.holder and self.closed_at is None


@dataclass(frozen=True, kw_only=True)
class Post:
    """The two officers who answer for a role: A角 and B角.

    A ``team`` without holder: whoever of it claims a task first, within ``claim_within`` working
    days, is the A角.
    """

    holder: Word
    backup: Word = ""
    team: Word = ""
    claim_within: Number = 0


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """Where those work from among whom a role of a case is given to somebody.

    ``district``: six digits, those of a city for its own platform. ``body``: the handling body to
    which they belong; empty: any.
    """

    district: Word
    body: Word = ""


@dataclass(frozen=True, kw_only=True)
class Material:
    """A material in the case's file."""

    received: ReceivedMaterial
    received_at: datetime
    package: int  # 1 = the first package, 2 = after the notice, …


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """An opinion that was asked for by the event ``asked_seq``, and given by ``given_seq``.

    ``task`` is that of who is asked; what they were asked and what they say stands in the events
    only. ``files`` are the digests of both sides. Neither given nor withdrawn: it is waited for
    while the case is open.
    """

    task: str
    asked: str
    asked_as: Role
    asked_by: str
    asked_at: datetime
    asked_seq: int
    clock: str
    given_at: datetime | None = None
    given_seq: int | None = None
    late: bool = False
    withdrawn_at: datetime | None = None
    files: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it is still waited for."""
        return self.given_at is None and self.withdrawn_at is None


@dataclass(frozen=True, kw_only=True)
class Closing:
    """A closing that may be taken back until ``until`` by ``decider``, and what was open then.

    ``event`` is the kind of the event ``seq`` that closed; ``tasks`` and ``clocks`` are ids.
    ``proposed_by``: who has asked that it be taken back; empty while nobody has.
    """

    seq: int
    event: str
    on: date
    until: date
    decider: Role
    stage: str
    tasks: tuple[str, ...] = ()
    clocks: tuple[str, ...] = ()
    decided_on: date | None = None
    proposed_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Undelivered:
    """The letter of event ``letter``, which has not reached ``unreached`` by any way.

    ``task`` is the officer's; ``again``: to whom it is being sent anew, since which correction of
    their address.
    """

    letter: int
    since: date
    template: str
    fields: dict[str, str]
    unreached: tuple[str, ...]
    task: str
    again: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class DatedFact:
    """A day that event ``seq`` told of (``left_on``, say), as it stands now; may be corrected."""

    seq: int
    field: str
    day: date


@dataclass(frozen=True, kw_only=True)
class Case:
    """A case of any kind. ``seq`` is the number of the last event.

    ``absent``: the officers of its posts who are known to be absent today.
    """

    case_no: str
    district: str
    item: str
    item_name: str
    office: str
    channel: str
    policy: str  # digest of the policy under which it stands
    stage: Stage
    stage_since: datetime
    received_at: datetime
    seq: int = 0
    posts: dict[Role, Post]
    materials: tuple[Material, ...] = ()
    accepted_on: date | None = None
    decided_on: date | None = None
    closed_at: datetime | None = None
    clocks: tuple[Clock, ...] = ()
    rungs: tuple[str, ...] = ()  # rungs given, ``<clock>:<rung>``; each once
    cards: tuple[Card, ...] = ()
    tasks: tuple[Task, ...] = ()
    recent: tuple[str, ...] = ()  # the last five events, for the people who look
    suspensions: tuple[Suspension, ...] = ()  # imposed from outside, as far as the case knows
    pinned: tuple[Measure, ...] = ()  # measures that were applied to it, and stay applied
    absent: tuple[str, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    by_date: bool = False  # False: from before the date alone decided; its rules stay as they were
    catalogue: str = ""  # digest of the catalogue version that the policy is from; once unknown
    policy_moves: tuple[PolicyMoveEntry, ...] = ()
    closing: Closing | None = None  # while it is closed, if that may be taken back
    reopened_at: datetime | None = None  # what a closing by mistake had closed runs again since
    late: tuple[ReceivedMaterial, ...] = ()  # came after the closing
    late_statements: tuple[str, ...] = ()  # with them: faults answered without a material
    dated: tuple[DatedFact, ...] = ()
    refusals: tuple[Refusals, ...] = ()  # of the day of the last one, by code
    apart: tuple[str, ...] = ()  # officers who must keep away from it (回避)
    shared_out: bool = False  # otherwise than by rank: whoever may not do a task does not get it
    to_share: tuple[Role, ...] = ()  # the roles for which somebody else is to be chosen at once
    lapsed: bool = False  # since nobody of their team has claimed them
    opinions: tuple[Opinion, ...] = ()
    undelivered: tuple[Undelivered, ...] = ()
    notes: int = 0  # how many colleagues have left; their text is in the events only

    @property
    def is_open(self) -> bool:
        return not self.stage.is_final

    def workplace(self, role: Role) -> Workplace:
        """Where those work who may have a role of this case."""
        del role
        return Workplace(district=self.district)

    @property
    def is_done(self) -> bool:
        """Closed, and nobody has anything left to do (a notice that could not be sent, say)."""
        return self.stage.is_final and not self.open_tasks

    @property
    def substitutes(self) -> bool:
        """Whether a task goes on by itself to who stands in for its holder (A角、B角)."""
        return True

    @property
    def is_green(self) -> bool:
        """Whether the green channel is open."""
        return False

    @property
    def entitled_on(self) -> date | None:
        """The day from which a benefit is due, where the kind knows one (待遇起始日)."""
        return None

    @property
    def open_debts(self) -> int:
        """How many deferred materials are still owed."""
        return 0

    @property
    def reckoned_from(self) -> datetime:
        """What was over before then does not bear on it; its calendar begins a year before."""
        return self.received_at

    @property
    def reckoned_until(self) -> int:
        """The last year that its calendar must reach; 0: no further than usual."""
        return 0

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

    @property
    def team(self) -> str:
        """The team whose task the case waits for, claimed or not; empty if it is no team's."""
        task = self.next_task
        return task.team if task else ""

    @property
    def waits_for_team(self) -> str:
        """The team that has to claim the next task; empty if none has."""
        task = self.next_task
        return f"小组 {task.team}" if task and task.is_unclaimed else ""


M = TypeVar("M", bound=Case)


@dataclass(frozen=True, kw_only=True)
class Body:
    """A handling body (服务办理机构): a municipal department or one of the district."""

    level: Level
    code: Word
    name: Phrase
    liaison: Post

    @property
    def id(self) -> str:
        return f"{self.level}/{self.code}"
