"""A model of many cases that sleep while the rules in force change over their heads.

``Authority`` is the register and the orders: what is really in force, and its version for each
case. A ``Sleeper`` is a case's workflow: it knows what it last saw, is armed for the next moment by
that, and looks again when the timer fires, when it is roused, and when the register finds an entry
of its outdated.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from casework.domain.case.commands import Command
from casework.domain.case.events import EventBody
from casework.domain.case.facts import CLOCKWORK, Actor
from casework.domain.case.in_force import InForce, note
from casework.domain.case.passing_time import (
    Moment,
    fires_on,
    first_due,
    next_moment,
    pending,
    tick,
)
from casework.domain.case.procedure import decide
from casework.domain.kinds.application.commands import (
    Accept,
    CallArchive,
    Deliver,
    Extend,
    PreReview,
)
from casework.domain.kinds.application.state import Application, ApplicationFacts
from casework.domain.policy import Measure
from casework.domain.time.calendar import WorkingCalendar, local_date, opening
from casework.domain.time.clock import Clock, Suspension, ruling
from casework.domain.time.ladder import BEFORE, GRACE, HALF, MIDNIGHT, steps
from casework.domain.time.suspension import impose, reaches
from tests.domain.desk import Desk
from tests.domain.oracle import Oracle, Still

EVERYBODY = ""
LOOK_FIRST = (PreReview, Accept, CallArchive, Deliver, Extend)


@dataclass
class Authority:
    """What is really in force; ``changes`` are the versions, each with the cases it concerns."""

    calendar: WorkingCalendar
    suspensions: dict[str, tuple[str, Suspension]] = field(default_factory=dict)
    measures: dict[str, Measure] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    calendar_version: int = 0
    oracle: Oracle = field(init=False)

    def __post_init__(self) -> None:
        self.oracle = Oracle(self.calendar)

    def order(self, key: str) -> None:
        """Something has changed for the cases of ``key``: a district, a case, or everybody."""
        self.changes.append(key)

    def suspend(self, key: str, stop: Suspension) -> None:
        self.suspensions[stop.id] = (key, stop)
        self.order(key)

    def dictate(self, measure: Measure) -> None:
        self.measures[measure.id] = measure
        self.order(EVERYBODY)

    def publish(self, calendar: WorkingCalendar) -> None:
        self.calendar, self.oracle = calendar, Oracle(calendar)
        self.calendar_version += 1
        self.order(EVERYBODY)

    def version(self, case: Application) -> int:
        keys = (EVERYBODY, case.district, case.case_no)
        return max((n for n, key in enumerate(self.changes, 1) if key in keys), default=0)

    def bearing(self, case: Application) -> tuple[Suspension, ...]:
        keys = (EVERYBODY, case.district, case.case_no)
        return tuple(stop for key, stop in self.suspensions.values() if key in keys)

    def in_force(self, case: Application, calendar_version: int) -> InForce:
        known = calendar_version == self.calendar_version
        return InForce(
            version=self.version(case),
            suspensions=self.bearing(case),
            measures=tuple(self.measures.values()),
            calendar_version=self.calendar_version,
            calendar=None if known else self.calendar,
        )


@dataclass(kw_only=True)
class Sleeper(Desk):
    """``armed``: when it wakes by itself. ``catching_up``: an order may have come too late."""

    authority: Authority
    known: InForce = field(default_factory=InForce)
    armed: datetime | None = None
    catching_up: bool = True

    @classmethod
    def of(cls, desk: Desk, authority: Authority, case_no: str = "") -> "Sleeper":
        """The case at a desk, opened under what is in force and fast asleep."""
        sleeper = cls(
            item=desk.item,
            calendar=desk.calendar,
            now=desk.now,
            case=replace(desk.case, case_no=case_no or desk.case.case_no),
            authority=authority,
        )
        sleeper.look()
        sleeper.settle()
        return sleeper

    def facts(self, who: Actor) -> ApplicationFacts:
        return replace(super().facts(who), measures=self.known.measures)

    def watch(self, body: EventBody) -> None:
        """What may fire is checked by ``let_time_pass``, against the oracle."""

    def look(self) -> None:
        seen = self.authority.in_force(self.case, self.known.calendar_version)
        self.calendar = seen.calendar or self.calendar
        self.known = replace(seen, calendar=None)
        if self.case.is_open:
            for body in note(self.case, seen, self.calendar):
                self.apply(body)

    def settle(self) -> None:
        """Write to the register, which takes nothing that was reckoned under older rules."""
        if self.known.version < self.authority.version(self.case):
            self.look()
        self.armed = next_moment(self.case, self.item, self.calendar)

    def wake(self) -> None:
        self.look()
        self.let_time_pass()
        self.settle()

    def act(self, command: Command) -> None:
        """Apply a command; DomainError if it is refused."""
        if isinstance(command, LOOK_FIRST):
            self.look()
            self.settle()
        for body in decide(self.case, command, self.facts(command.actor)):
            self.apply(body, command.actor)
        self.settle()
        self.catch_up()

    def catch_up(self) -> None:
        """What a change has put into the past happens at once."""
        self.catching_up = True
        while self.armed and self.armed <= self.now:
            self.wake()
        self.catching_up = False

    def sleep_until(self, moment: datetime) -> None:
        """Let time pass; it wakes when its timer fires, and never twice for the same."""
        self.catching_up = False
        while self.armed and self.armed <= moment:
            self.now = before = self.armed
            self.wake()
            assert self.armed is None or self.armed > before, "woken for ever"
        self.now = moment

    def rouse(self) -> None:
        """An order has made something of it due earlier than it would wake by itself."""
        self.catching_up = True
        self.wake()
        self.catch_up()

    def let_time_pass(self) -> None:
        while (moment := first_due(self.case, self.facts(CLOCKWORK))) is not None:
            came = tick(self.case, self.facts(CLOCKWORK))
            if came is None:
                return
            self.judge(moment)
            self.apply(came.body, at=came.at)

    def judge(self, moment: Moment) -> None:
        """It comes on its true day, as that begins; no half and no eve of a paused clock comes."""
        oracle = self.authority.oracle
        part = next(step.part for step in steps(moment.clock) if step.rung == moment.rung)
        clock, still = self._seen(moment.clock)
        day = oracle.ladder(clock, still, oracle.judge(clock, still))[part]
        assert day is not None, f"{clock.id} {part}: fired, and no day is known"
        true = opening(day, self.item.office_opens if part == GRACE else MIDNIGHT)
        assert true == moment.at, f"{clock.id} {part}: not of {moment.at}, but of {true}"
        assert true <= self.now, f"{clock.id} {part}: fired before {true}"
        assert self.catching_up or true == self.now, f"{clock.id} {part}: fired after {true}"
        if part in (HALF, BEFORE):
            assert not still.pauses(day.toordinal()), f"{clock.id} {part}: fired while paused"

    def _seen(self, clock: Clock) -> tuple[Clock, Still]:
        """The clock as the oracle reads it, and when it stands still.

        The oracle knows no measure that comes while a clock runs: what such a one makes of it is
        for test_reach to show, and here it is a stop of the clock's own.
        """
        suspensions, pinned = self.authority.bearing(self.case), self._pinned()
        if any(reaches(measure, clock) for measure in pinned):
            clock = ruling(impose(clock, suspensions, pinned), self.authority.calendar)
            own = tuple(replace(stop, id="", clocks=None) for stop in clock.suspensions)
            clock, suspensions = replace(clock, suspensions=own, awaited=None, measure=""), ()
        return clock, self.authority.oracle.still(clock, suspensions, pinned)

    def _pinned(self) -> tuple[Measure, ...]:
        pinned = {measure.id for measure in self.case.pinned}
        return tuple(m for m in self.authority.measures.values() if m.id in pinned)

    def true_next(self) -> date | None:
        """When something of it falls due under what is really in force, by the oracle."""
        if not self.case.is_open:
            return None
        oracle, days = self.authority.oracle, []
        for running in self.case.running:
            clock, still = self._seen(running)
            verdict = oracle.judge(clock, still)
            days.append(oracle.fires_on(clock, pending(clock, self.case), still, verdict))
        return min((day for day in days if day), default=None)

    def is_armed_late(self) -> bool:
        """As the register sees it, when an order is applied: its rows against the armed time."""
        suspensions, pinned = self.authority.bearing(self.case), self._pinned()
        days = (
            fires_on(impose(clock, suspensions, pinned), self.case, self.authority.calendar)
            for clock in self.case.running
        )
        first = min((day for day in days if day), default=None)
        return first is not None and (self.armed is None or first < local_date(self.armed))
