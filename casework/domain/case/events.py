"""What can happen to a case of any kind, and what an event is.

Events are stored for ever: fields are only ever added.
An event carries all that it changes (clocks with their budgets, debts with their dates), so the
state can be rebuilt from events alone, whatever the catalogue says by then.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol

from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.facts import Actor
from casework.domain.case.state import Body, Post
from casework.domain.policy import Measure, Role
from casework.domain.sharing import Choice
from casework.domain.talent import Level
from casework.domain.time.calendar import ZONE
from casework.domain.time.clock import After, Clock, Suspension


class EventBody(Protocol):
    """What has happened: one of the events of the case's kind, or of every kind."""

    @property
    def kind(self) -> str:
        """The word by which it is stored for ever."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One entry of a case's register: number, time, actor, and what happened."""

    seq: int
    at: datetime
    actor: Actor
    body: EventBody


@dataclass(frozen=True, kw_only=True)
class Title:
    """An event in a few Chinese words; ``said``: the words where the event itself decides.

    ``internal``: it is between colleagues, and nobody outside is told that it happened.
    """

    body: type
    title: str
    said: Callable[[Any], str] | None = None
    internal: bool = False

    @property
    def kind(self) -> str:
        """The word by which the event is stored."""
        return kind_of_event(self.body)


def kind_of_event(body: Any) -> str:  # noqa: ANN401 - a class of events
    """The word by which events of a class are stored."""
    kind: str = body.__dataclass_fields__["kind"].default
    return kind


@dataclass(frozen=True, kw_only=True)
class DateDecides:
    """From here on the date decides, not the timer (domain.md §C.0); told to older cases once.

    ``due_on``: the running clocks whose due date is known; what they have given was given for it.
    """

    kind: Literal["date_decides"] = "date_decides"
    due_on: dict[str, date]


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
class Reassigned:
    kind: Literal["reassigned"] = "reassigned"
    role: Role
    to: str
    reason: str
    order: str = ""  # by which the work of several was rebalanced


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
class AddressCorrected:
    """A ``party`` is reached by ``ways`` from now on, the preferred first; where, is not told."""

    kind: Literal["address_corrected"] = "address_corrected"
    party: str
    ways: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class LetterNotSent:
    """The letter of event ``letter`` has not been sent: the limits ``clocks`` do not run.

    No way leads to ``unreached``: then ``template`` and ``fields`` are there to send it again, and
    ``task`` is the officer's. Without a template it is still being tried.
    """

    kind: Literal["letter_not_sent"] = "letter_not_sent"
    letter: int
    clocks: tuple[str, ...] = ()
    template: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    unreached: tuple[str, ...] = ()
    task: str = ""


@dataclass(frozen=True, kw_only=True)
class LetterSent:
    """The letter of event ``letter`` went out on ``on``, later than its limits had counted on.

    ``clocks`` run from that day; ``reached``: those whom it had not reached before. Who gets a
    letter of that ``template`` is told the new date.
    """

    kind: Literal["letter_sent"] = "letter_sent"
    letter: int
    template: str = ""
    on: date
    reached: tuple[str, ...] = ()
    clocks: tuple[Clock, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TaskTakenUp:
    kind: Literal["task_taken_up"] = "task_taken_up"
    task: str


@dataclass(frozen=True, kw_only=True)
class TaskHandedOver:
    """To the B角, or to the supervisor, because the holder has not reacted."""

    kind: Literal["task_handed_over"] = "task_handed_over"
    task: str
    holder: str
    backup: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class AbsencesNoted:
    """Who of the case's posts is absent today, whole; their open tasks go to who stands in."""

    kind: Literal["absences_noted"] = "absences_noted"
    absent: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class WorkShared:
    """Who has the case, by role, and why; ``posts`` are those that it has from then on.

    ``apart``: the officers who must keep away from it, whole.
    """

    kind: Literal["work_shared"] = "work_shared"
    shares: dict[Role, Choice]
    posts: dict[Role, Post]
    apart: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskClaimed:
    """Somebody of the team has taken it: the actor; ``backup`` is the B角."""

    kind: Literal["task_claimed"] = "task_claimed"
    task: str
    backup: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskGivenBack:
    kind: Literal["task_given_back"] = "task_given_back"
    task: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ClaimLapsed:
    """Nobody of the team has claimed what the clock ``clock`` was for."""

    kind: Literal["claim_lapsed"] = "claim_lapsed"
    clock: str


@dataclass(frozen=True, kw_only=True)
class RelationsNoted:
    """Which officers must keep away from the case, whole; what they have goes to somebody else.

    ``lapsed``: the tasks that colleagues have asked of one of them, of whom nothing is asked now.
    """

    kind: Literal["relations_noted"] = "relations_noted"
    apart: tuple[str, ...]
    lapsed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TakingBackProposed:
    """Somebody holds that the case was closed by mistake: the decider is asked."""

    kind: Literal["taking_back_proposed"] = "taking_back_proposed"
    reason: str


@dataclass(frozen=True, kw_only=True)
class TakingBackDeclined:
    """It stays closed."""

    kind: Literal["taking_back_declined"] = "taking_back_declined"
    reason: str


@dataclass(frozen=True, kw_only=True)
class TakenBack:
    """The closing ``closed_seq`` of ``closed_on`` was a mistake: the case is at ``stage`` again.

    ``closed_as`` is the kind of the event that closed. ``clocks`` are fresh, in the place of those
    that had run out or limit a step; every other clock that the closing had ended runs on, the time
    from ``closed_on`` to the day of this event left out.
    """

    kind: Literal["taken_back"] = "taken_back"
    reason: str
    proposed_by: str = ""  # empty: it follows from another case
    closed_seq: int
    closed_as: str
    closed_on: date
    stage: str
    clocks: tuple[Clock, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PapersCameLate:
    """Material for a closed case; if the closing is taken back, it counts as come on that day."""

    kind: Literal["papers_came_late"] = "papers_came_late"
    materials: tuple[ReceivedMaterial, ...]
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LatePapersSettled:
    kind: Literal["late_papers_settled"] = "late_papers_settled"
    task: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class FactCorrected:
    """The day ``field`` of event ``corrected_seq`` was wrong; ``clocks`` hang on the right one.

    ``starts_on`` and ``opens_on``: of a permit's year, as they follow.
    """

    kind: Literal["fact_corrected"] = "fact_corrected"
    corrected_seq: int
    field: str
    was: date
    value: date
    reason: str
    clocks: tuple[Clock, ...] = ()
    starts_on: date | None = None
    opens_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class JurisdictionTransferred:
    """From one district to another; ``posts`` and ``office`` are those of the one that receives.

    ``share_out``: it shares out its work otherwise than by rank, so that somebody is to be chosen.
    """

    kind: Literal["jurisdiction_transferred"] = "jurisdiction_transferred"
    from_district: str
    from_office: str
    to_district: str
    to_office: str
    reason: str
    posts: dict[Role, Post]
    bodies: tuple[Body, ...] = ()
    specialists: dict[Level, Post] = field(default_factory=dict)
    share_out: bool = False


@dataclass(frozen=True, kw_only=True)
class PassingAsked:
    """The holder of ``task`` asks ``to`` to take it over."""

    kind: Literal["passing_asked"] = "passing_asked"
    task: str
    to: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class PassingAccepted:
    """``task`` goes from ``holder`` to ``to``; the actor is ``to``, or consents in their place."""

    kind: Literal["passing_accepted"] = "passing_accepted"
    request: str
    task: str
    holder: str
    to: str


@dataclass(frozen=True, kw_only=True)
class PassingDeclined:
    """``task`` stays with its holder."""

    kind: Literal["passing_declined"] = "passing_declined"
    request: str
    task: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class OpinionRequested:
    """``asked`` is to answer ``question`` within ``clock``, which stops no other one."""

    kind: Literal["opinion_requested"] = "opinion_requested"
    task: str
    asked: str
    asked_as: Role
    question: str
    files: tuple[str, ...] = ()
    clock: Clock


@dataclass(frozen=True, kw_only=True)
class OpinionGiven:
    """What was said; ``late``: after its limit."""

    kind: Literal["opinion_given"] = "opinion_given"
    task: str
    text: str
    files: tuple[str, ...] = ()
    late: bool = False


@dataclass(frozen=True, kw_only=True)
class OpinionWithdrawn:
    """It is not waited for any longer."""

    kind: Literal["opinion_withdrawn"] = "opinion_withdrawn"
    task: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Nudged:
    """The holder of a task was reminded of it."""

    kind: Literal["nudged"] = "nudged"
    task: str
    holder: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class NoteAdded:
    """A note for colleagues, never for anybody outside."""

    kind: Literal["note_added"] = "note_added"
    text: str


RUNGS = {
    "blue": "蓝牌",
    "yellow": "黄牌",
    "red": "红牌",
    "reminder": "提醒申请人",
}


def _rung(body: RungReached) -> str:
    return RUNGS[body.rung]


def _opinion(body: OpinionGiven) -> str:
    return "逾期反馈意见" if body.late else "反馈意见"


COMMON_EVENTS = (
    Title(body=DateDecides, title="改按日期判断期限"),
    Title(body=RungReached, title="期限提醒", said=_rung),
    Title(body=CardsWithdrawn, title="期限变更，撤回原牌"),
    Title(body=CardCleared, title="销牌"),
    Title(body=Reassigned, title="改派"),
    Title(body=TroubleMet, title="外部系统拒绝"),
    Title(body=TroubleResolved, title="外部系统问题已处理"),
    Title(body=MessageRefused, title="消息被拒"),
    Title(body=TimeNoted, title="期限依据变更（暂停、临时措施或工作日历）"),
    Title(body=LimitBegun, title="期限起算或恢复计算"),
    Title(body=AddressCorrected, title="更正联系方式"),
    Title(body=LetterNotSent, title="文书未能送达或尚未发出"),
    Title(body=LetterSent, title="文书后来送达"),
    Title(body=TaskTakenUp, title="签收待办"),
    Title(body=TaskHandedOver, title="待办转交"),
    Title(body=AbsencesNoted, title="经办人员缺岗，待办转交"),
    Title(body=JurisdictionTransferred, title="管辖移送"),
    Title(body=StepUnanswered, title="环节过半"),
    Title(body=WorkShared, title="分办"),
    Title(body=TaskClaimed, title="认领待办"),
    Title(body=TaskGivenBack, title="退回待办"),
    Title(body=ClaimLapsed, title="逾期无人认领"),
    Title(body=RelationsNoted, title="经办人员回避"),
    Title(body=TakingBackProposed, title="提请撤销更正"),
    Title(body=TakingBackDeclined, title="不同意撤销更正"),
    Title(body=TakenBack, title="撤销更正，恢复办理"),
    Title(body=PapersCameLate, title="办结后收到材料"),
    Title(body=LatePapersSettled, title="办结后收到的材料已处理"),
    Title(body=FactCorrected, title="更正登记的日期"),
    Title(body=PassingAsked, title="请求转办", internal=True),
    Title(body=PassingAccepted, title="同意转办", internal=True),
    Title(body=PassingDeclined, title="不同意转办", internal=True),
    Title(body=OpinionRequested, title="征求意见", internal=True),
    Title(body=OpinionGiven, title="反馈意见", said=_opinion, internal=True),
    Title(body=OpinionWithdrawn, title="撤回征求意见", internal=True),
    Title(body=Nudged, title="催办", internal=True),
    Title(body=NoteAdded, title="内部备注", internal=True),
)
"""All of them, with their titles."""


# --- in one Chinese line -------------------------------------------------------------------
# Each event in one Chinese line, for the timeline and the people who look at the Web UI.


TITLES: dict[str, str] = {}
"""Word of an event → what happened, in a few Chinese words; filled as kinds are registered."""
_SAID: dict[str, Callable[[Any], str]] = {}
INTERNAL: set[str] = set()
"""The words of the events of which nobody outside is told."""


def entitle(titles: Iterable[Title]) -> None:
    """Make the titles of a kind's events known."""
    for title in titles:
        TITLES[title.kind] = title.title
        if title.said is not None:
            _SAID[title.kind] = title.said
        if title.internal:
            INTERNAL.add(title.kind)


def title_of(event: Event) -> str:
    """What happened, in a few Chinese words."""
    kind = event.body.kind
    return _SAID[kind](event.body) if kind in _SAID else TITLES[kind]


def line_of(event: Event) -> str:
    """Time in Shanghai, title, officer code: one line."""
    at = event.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
    return f"{at} {title_of(event)}（{event.actor.code}）"
