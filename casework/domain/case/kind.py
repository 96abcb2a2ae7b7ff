"""What a kind of case says of itself: one object, from which everything about it is built.

The foundation knows no kind. It asks the kind of the case that it has at hand; kinds become known
by ``register``, and ``casework.domain.kinds.registry`` registers all that there are.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any

from casework.domain.case.commands import Command
from casework.domain.case.events import (
    COMMON_EVENTS,
    TITLES,
    ClaimLapsed,
    EventBody,
    Title,
    entitle,
)
from casework.domain.case.facts import Occasion
from casework.domain.case.rules import (
    Decisions,
    End,
    Evolutions,
    Fields,
    Letter,
    Letters,
    RowsOf,
    rule_for,
)
from casework.domain.case.state import Case, Closing, Stage, TaskKind, describe_task
from casework.domain.policy import LimitName, Policy, Role
from casework.domain.talent import TalentClass
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import NAMES, Clock
from casework.domain.time.ladder import AFTER, BEFORE, LADDERS, Ladder, Rung

ASKED_OPINION = "asked_opinion"
CLAIM = "claim"
"""The kind of the clocks of opinions that were asked for."""

Ways = tuple[tuple[str, str], ...]


NO_LIMIT = "-"


class Party(StrEnum):
    """Who can have the turn in a case."""

    APPLICANT = "applicant"
    EMPLOYER = "employer"
    WINDOW = "window"
    OUTSIDE = "outside"
    LEADER = "leader"
    NOBODY = "nobody"

    @property
    def label(self) -> str:
        """The word that people read."""
        return _PARTIES[self]

    @property
    def is_of_the_state(self) -> bool:
        """Whether an authority is meant."""
        return self in {Party.WINDOW, Party.OUTSIDE, Party.LEADER}


_PARTIES = {
    Party.APPLICANT: "申请人",
    Party.EMPLOYER: "用人单位",
    Party.WINDOW: "窗口",
    Party.OUTSIDE: "外部机关",
    Party.LEADER: "领导",
    Party.NOBODY: "无",
}


@dataclass(frozen=True, kw_only=True)
class Waits:
    """For whom a case waits while no officer has the task that leads on, and for what.

    ``name``: how the party is called; empty: by the word of its kind. ``clock``: the limit, by id
    or kind; empty: that of the stage; ``NO_LIMIT``: there is none.
    """

    party: Party
    what: str
    name: str = ""
    clock: str = ""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One thing that applicant or employer still has to bring or to do.

    ``about``: the code of the material or fact; empty for paper that is known by name. ``fault``:
    the code of the fault, by which it can be answered without a material. ``verb``: by which it is
    answered; empty: at the counter or by post. ``clock``: the limit, by id or kind.
    """

    text: str
    about: str = ""
    fault: str = ""
    verb: str = ""
    clock: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a case came out, as people outside are told: ``label``, why, and what they can do.

    Without a label: what came out before no longer holds.
    """

    label: str = ""
    reason: str = ""
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One row of the stage table: what happens while a case stands at a stage, and what leads on.

    ``task``, ``role`` and ``clock`` are what the stage itself gives: the task, to whom, and the
    limit whose date it shows. ``also``: other tasks for which a case waits there. ``verbs`` say to
    which stages a verb may lead from here, ``ends`` the same of a clock that runs out, ``events``
    of what happens by neither: word of the event. ``waits``: whose turn it is while no task leads
    on.
    """

    stage: Stage
    task: TaskKind | None = None
    role: Role | None = None
    clock: str = ""
    also: tuple[TaskKind, ...] = ()
    verbs: Mapping[str, tuple[Stage, ...]] = field(default_factory=dict)
    ends: Mapping[str, tuple[Stage, ...]] = field(default_factory=dict)
    events: Mapping[str, tuple[Stage, ...]] = field(default_factory=dict)
    waits: Waits | None = None

    def ways(self) -> Iterator[tuple[str, str, Stage]]:
        """Every way on: by a ``verb``, the ``end`` of a clock or an ``event``; which; to where."""
        for what, table in (("verb", self.verbs), ("end", self.ends), ("event", self.events)):
            for name, stages in table.items():
                for stage in stages:
                    yield what, name, stage


@dataclass(frozen=True, kw_only=True)
class TaskOf:
    """A task of a kind: the words of a clerk, and the verbs by which it is done.

    ``clocks``: whose due date it shows. ``beside``: the case does not wait for it.
    """

    kind: TaskKind
    label: str
    verbs: tuple[str, ...] = ()
    clocks: tuple[str, ...] = ()
    beside: bool = False


@dataclass(frozen=True, kw_only=True)
class ClockOf:
    """A clock of a kind: its name, its ladder, and what its end brings about.

    ``owed``: the applicant is told when it begins, or runs on.
    """

    kind: str
    name: str
    ladder: Ladder
    end: End | None = None
    owed: bool = False


def _closed_as_it_is(case: Case, before: Case) -> Case:
    return case


def _by_supervisor(event: object, before: Case) -> Role:
    return Role.SUPERVISOR


@dataclass(frozen=True, kw_only=True)
class TakingBack:
    """What taking back a closing needs to know of a kind.

    ``restored``: (case, closing) → the case with what only its kind had before it closed. ``kept``:
    (case, before) → the closed case with what has to be remembered for that. ``decider``: (event
    that closed, before) → who decides. ``follows``: the closing that another case brings about, and
    that is taken back with that.
    """

    restored: Callable[[Any, Closing], Case]
    kept: Callable[[Any, Any], Case] = _closed_as_it_is
    decider: Callable[[Any, Any], Role] = _by_supervisor
    follows: str = ""


@dataclass(frozen=True, kw_only=True)
class LatePapers:
    """What material that comes to a closed case needs to know of its kind.

    ``brings``: the commands by which material comes; ``registers``: those by which a system or an
    officer only registers what has come. ``brought``: (command, facts) → the materials;
    ``listed``: (case, facts) → codes that may come; ``counted``: (case, facts) → what follows once
    the closing was taken back. ``role`` deals with it.
    """

    brings: tuple[type[Command], ...]
    registers: tuple[type[Command], ...] = ()
    brought: Callable[..., tuple[Any, ...]]
    listed: Callable[..., set[str]]
    counted: Callable[..., tuple[EventBody, ...]]
    role: Role


@dataclass(frozen=True, kw_only=True)
class Day:
    """A day that may be corrected: the words of a clerk, and what a right one must satisfy.

    ``checked``: (corrected, case, facts) → the event with what hangs on the day; DomainError.
    ``future``: it may lie after today.
    """

    field: str
    label: str
    checked: Callable[..., Any]
    future: bool = False


@dataclass(frozen=True, kw_only=True)
class Corrections:
    """The days of a kind that may be corrected.

    ``stated``: event → (field, day) that it tells of. ``corrected``: (case, body, event) → the case
    with what hangs on the day. ``replaced``: a later event takes the place of these days.
    """

    days: tuple[Day, ...]
    stated: Callable[[Any], Iterator[tuple[str, Any]]]
    corrected: Callable[..., Case]
    replaced: frozenset[str] = frozenset()

    def day(self, name: str) -> Day:
        """The day of that field."""
        return next(day for day in self.days if day.field == name)


def _every(case: Case) -> bool:
    return True


def _nothing(case: Case) -> EventBody | None:
    return None


def _nobody(case: Case) -> Mapping[str, frozenset[str]]:
    return {}


def _no_lines(case: Case, calendar: WorkingCalendar) -> Iterator[str]:
    return iter(())


def _no_effects(event: object, case: Case, calendar: WorkingCalendar) -> tuple[Any, ...]:
    return ()


def _no_reminder(case: Case, clock: Clock, fields: Fields) -> Letter | None:
    return None


def _as_the_stage_says(case: Case) -> Waits | None:
    return None


def _no_outcome(body: EventBody) -> Outcome | None:
    return None


def _nothing_left(case: Case, facts: object) -> tuple[str, ...]:
    return ()


def _nothing_wanted(case: Case) -> tuple[Wanted, ...]:
    return ()


def no_class(case: Case) -> TalentClass | None:
    """The class by which the talent is served, of a kind that knows none."""
    return None


def _no_standing(case: Case) -> tuple[str, str]:
    return "", ""


@dataclass(frozen=True, kw_only=True)
class Opens:
    """How a case is opened that asks for nothing beside what is filed.

    ``form``: what is filed beside district, source, reference and the applicant, its fields bounded
    as those of a command; ``example`` of it. ``policy``: (district, day) → under which it is
    opened. ``start``: (identity, form, applicant, circumstances) → its start; DomainError.

    ``limits``: those of its file in the catalogue (``service/<path>.yaml``), which is its policy
    where ``policy`` is None.

    ``measured``: (form, policy) → the item whose measures bear on it; None: its own policy's.

    ``applicant``: it is somebody's, who is told. ``caller``: it may be somebody's, who has left a
    name and an address and no number of a document. ``at_platform``: it stands at the service
    platform of the district, not at its centre. ``years``: so far ahead its calendar reaches.
    """

    form: type
    example: Mapping[str, Any]
    start: Callable[..., Any]
    policy: Callable[[str, date], Policy] | None = None
    limits: frozenset[LimitName] = frozenset()
    measured: Callable[[Any, Any], str] | None = None
    applicant: bool = True
    caller: bool = False
    at_platform: bool = False
    years: int = 6


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of case. ``name`` is stored for ever, and so are the words of its parts.

    ``workflow`` is the type, ``prefix`` begins the id; ``path`` is the name in HTTP. ``acts``: what
    may be done with it beside its verbs and what may be done with every case. ``source``: under
    which all are filed. ``holds`` says which of the kinds that share a state a case is of.
    ``of_nobody``: it is about nobody alone, and nothing of it is sealed for one person.
    ``gives_way``: it sleeps for years, and nobody waits when many of them wake; the work of other
    kinds goes before.

    ``signals`` are the verbs that systems may also send as signals, ``unsaid`` those that only a
    workflow sends: they have no route and no command. ``examples``: what may be said
    by each verb that no other kind has.

    ``opens``: how it is opened, listed and shown everywhere alike; None: it has routes, commands
    and bodies of its own. ``message``: the start of its workflow, where that does nothing but what
    every case does, or ``acts_outside`` by a workflow of its own; None: it has such a one, and is
    opened in a way of its own. ``facts``: what a decision may know.

    Rules: ``begins`` event → first state; ``decisions`` and ``evolutions`` as in
    ``casework.domain.case.rules``, beside those of every kind; ``follow_up`` case → what the state
    brings about at once. ``barred``: verb → whom four eyes exclude.

    Letters: ``letters`` by event, ``handed`` (body, event, case, names of materials) those that
    are given out on request and sent to nobody; ``reminder`` (case, clock, fields), ``recipients``
    by template
    (``told`` where it is not there), ``ways`` of those that go their own, ``texts`` (title, body)
    of those that no other kind sends. ``effects``: (event,
    case, calendar) → what else is asked of the outside.

    Shown: ``lines`` of the details, ``rows`` of tables of its own, ``serving_class``, ``standing``
    (status and points in a list). ``turns`` (case) → for whom it waits otherwise than its stage
    says; ``wanted`` (case) → what applicant or employer still has to bring; ``outcome``
    (event) → how the case came out by it; ``meanwhile`` (case, facts) → what is left beside
    the turn, a sentence each. ``manned``: (case, transferred) → the posts of another
    district. ``with_superior``: the stages in which a case is the superior's.
    """

    name: str
    label: str
    workflow: str
    prefix: str
    path: str
    acts: tuple[str, ...] = ()
    source: str = ""
    of_nobody: bool = False
    gives_way: bool = False

    opens: Opens | None = None
    message: type | None = None
    acts_outside: bool = False
    facts: type[Occasion] = Occasion

    state: type[Case]
    holds: Callable[[Any], bool] = _every
    stages: type[Stage]
    first: tuple[Stage, ...]
    steps: tuple[Step, ...]
    verbs: Mapping[str, type[Command]]
    signals: frozenset[str] = frozenset()
    unsaid: frozenset[str] = frozenset()
    examples: Mapping[type[Command], Mapping[str, Any]] = field(default_factory=dict)
    tasks: tuple[TaskOf, ...]
    clocks: tuple[ClockOf, ...]
    events: tuple[Title, ...]

    begins: Mapping[type, Callable[..., Case]]
    decisions: Decisions
    evolutions: Evolutions
    follow_up: Callable[[Any], EventBody | None] = _nothing
    barred: Callable[[Any], Mapping[str, frozenset[str]]] = _nobody
    taking_back: TakingBack | None = None
    late: LatePapers | None = None
    corrections: Corrections | None = None
    manned: Callable[[Any, Any], Case] | None = None

    letters: Letters = field(default_factory=dict)
    handed: Letters = field(default_factory=dict)
    reminder: Callable[..., Letter | None] = _no_reminder
    recipients: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    told: tuple[str, ...] = ("applicant",)
    ways: Mapping[str, Ways] = field(default_factory=dict)
    texts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    effects: Callable[..., tuple[Any, ...]] = _no_effects

    lines: Callable[[Any, WorkingCalendar], Iterator[str]] = _no_lines
    rows: tuple[RowsOf, ...] = ()
    serving_class: Callable[[Any], TalentClass | None] = no_class
    standing: Callable[[Any], tuple[str, str]] = _no_standing
    turns: Callable[[Any], Waits | None] = _as_the_stage_says
    wanted: Callable[[Any], tuple[Wanted, ...]] = _nothing_wanted
    outcome: Callable[[Any], Outcome | None] = _no_outcome
    meanwhile: Callable[[Any, Any], tuple[str, ...]] = _nothing_left
    with_superior: frozenset[Stage] = frozenset()

    @property
    def knows_classes(self) -> bool:
        """Whether its cases are of a talent who is served by a class.

        Then one of its ``rows`` tells it, as ``letter``.
        """
        return self.serving_class is not no_class

    def step(self, stage: Stage) -> Step | None:
        """The row of the stage table for a stage."""
        return next((step for step in self.steps if step.stage is stage), None)

    def end_of(self, clock: str) -> End | None:
        """What the end of a kind of clock brings about."""
        known = (*self.clocks, *COMMON_CLOCKS)
        return next((each.end for each in known if each.kind == clock), None)

    def work_of(self, task: TaskKind) -> tuple[str, ...]:
        """The verbs that do a task; none for what is only to be watched (督办)."""
        known = (each.verbs for each in (*COMMON_TASKS, *self.tasks) if each.kind == task)
        return tuple(verb for verb in next(known, ()) if verb in self.verbs)

    def clocks_of(self, task: TaskKind) -> tuple[str, ...]:
        """The kinds of clock whose due date a task of that kind shows."""
        return next((each.clocks for each in self.tasks if each.kind == task), ())

    @property
    def stage_tasks(self) -> frozenset[TaskKind]:
        """The tasks that a stage gives, and that end with it."""
        given = {step.task for step in self.steps if step.task is not None}
        return frozenset(given | {task for step in self.steps for task in step.also})


COMMON_TASKS = (
    TaskOf(
        kind=TaskKind.RESOLVE_TROUBLE,
        label="处理外部系统拒绝",
        verbs=("resolve_trouble",),
    ),
    TaskOf(kind=TaskKind.TAKE_BACK, label="撤销更正审批", verbs=("take_back",)),
    TaskOf(
        kind=TaskKind.LATE_PAPERS,
        label="已办结办件收到材料",
        verbs=("settle_late_papers",),
        beside=True,
    ),
    TaskOf(kind=TaskKind.SHARE_OUT, label="人工分办", verbs=("reassign",), beside=True),
    TaskOf(
        kind=TaskKind.CONFIRM_PASSING,
        label="转办确认",
        verbs=("accept_passing", "decline_passing"),
        beside=True,
    ),
    TaskOf(
        kind=TaskKind.GIVE_OPINION,
        label="反馈意见",
        verbs=("give_opinion",),
        clocks=(ASKED_OPINION,),
        beside=True,
    ),
)
"""The tasks of every kind of case."""


def _claim_lapsed(clock: Clock, case: Case, facts: Occasion) -> EventBody:
    return ClaimLapsed(clock=clock.id)


COMMON_CLOCKS = (
    ClockOf(kind=CLAIM, name="认领期限", ladder=Ladder(expires=True), end=_claim_lapsed),
    ClockOf(
        kind=ASKED_OPINION,
        name="征求意见期限",
        ladder=Ladder(rungs=((Rung.BLUE, BEFORE), (Rung.YELLOW, AFTER))),
    ),
)
"""The clocks of every kind of case: inner limits, without red card, and nothing stops them."""


KNOWN: dict[str, Kind] = {}
"""The kinds that are registered, by name."""
_BY_STATE: dict[type[Case], list[Kind]] = {}
OWED_BY_APPLICANT: set[str] = set()
"""The limits whose beginning, or running on, the applicant is told of."""


def kind_of_case(case: Case) -> Kind:
    """The kind of a case. TypeError if no kind has such a state."""
    for kind in _BY_STATE.get(type(case), ()):
        if kind.holds(case):
            return kind
    raise TypeError(type(case).__name__)


def beginning(body: EventBody) -> Callable[..., Case] | None:
    """What begins a case with this event; None for an event that begins nothing."""
    found = (rule_for(body, kind.begins) for kind in KNOWN.values())
    return next((begin for begin in found if begin is not None), None)


def register(kind: Kind) -> None:
    """Make a kind known: its case, its events, its tasks, its clocks.

    Raises ValueError if something of it is missing, or means something else in another kind.
    """
    for fault in faults_of(kind):
        raise ValueError(f"kind {kind.name}: {fault}")
    KNOWN[kind.name] = kind
    _BY_STATE.setdefault(kind.state, []).append(kind)
    entitle(kind.events)
    for task in kind.tasks:
        describe_task(task.kind, task.label, beside=task.beside)
    for clock in kind.clocks:
        LADDERS[clock.kind], NAMES[clock.kind] = clock.ladder, clock.name
        if clock.owed:
            OWED_BY_APPLICANT.add(clock.kind)


def faults_of(kind: Kind) -> Iterator[str]:
    """What keeps a kind from being whole, and from standing beside those that are known."""
    if kind.name in KNOWN:
        yield "is known already"
    yield from _missing_rules(kind)
    reached = {*kind.first, *(to for step in kind.steps for _, _, to in step.ways())}
    for stage in sorted(reached ^ {step.stage for step in kind.steps}):
        yield f"the stage {stage} is in no row, or no row leads to it"
    for event in kind.events:
        if TITLES.get(event.kind, event.title) != event.title:
            yield f"another title for {event.kind}"
    for clock in kind.clocks:
        if clock.ladder != LADDERS.get(clock.kind, clock.ladder):
            yield f"another ladder for {clock.kind}"
        if clock.ladder.expires != (clock.end is not None):
            yield f"the end of {clock.kind}"
    if kind.opens is not None and kind.message is None:
        yield "it is opened, and no message starts it"
    for body in kind.letters.keys() & kind.handed.keys():
        yield f"two letters of {body.__name__}"
    yield from _unknown_ways(kind)


def _unknown_ways(kind: Kind) -> Iterator[str]:
    known: dict[str, Collection[str]] = {
        "verb": kind.verbs.keys(),
        "end": {clock.kind for clock in kind.clocks},
        "event": {event.kind for event in (*COMMON_EVENTS, *kind.events)},
    }
    for step in kind.steps:
        for what, name, _ in step.ways():
            if name not in known[what]:
                yield f"{step.stage}: no {what} {name}"


def _missing_rules(kind: Kind) -> Iterator[str]:
    # The rules of every kind stand in the foundation, which imports this module.
    own = {**kind.decisions}
    for verb, command in kind.verbs.items():
        is_common = command.__module__ == Command.__module__
        if not is_common and not any(each in own for each in command.__mro__):
            yield f"no decision for {verb}"
    for event in kind.events:
        if event.body not in kind.evolutions and event.body not in kind.begins:
            yield f"no evolution for {event.kind}"


def event_types() -> Any:  # noqa: ANN401 - a union of types, for serialisation
    """The union of all events, of every kind and of the kinds that are known."""
    bodies = [title.body for title in COMMON_EVENTS]
    bodies += [title.body for kind in KNOWN.values() for title in kind.events]
    return reduce(or_, dict.fromkeys(bodies))


for _clock in COMMON_CLOCKS:
    LADDERS[_clock.kind], NAMES[_clock.kind] = _clock.ladder, _clock.name
for _task in COMMON_TASKS:
    describe_task(_task.kind, _task.label, beside=_task.beside)
entitle(COMMON_EVENTS)
