"""A rating or a round as it unfolds: commands, and time that goes by, at any dates."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic

from casework.domain.case.commands import Command
from casework.domain.case.events import Event, EventBody
from casework.domain.case.facts import CLOCKWORK, Actor, Occasion
from casework.domain.case.letters import Notice, notice
from casework.domain.case.passing_time import next_moment, tick
from casework.domain.case.procedure import consequence, decide, evolve
from casework.domain.case.state import M, Post, Stage
from casework.domain.policy import Role
from casework.domain.time.calendar import ZONE, WorkingCalendar
from casework.messages.cases import EVENT_BODY
from tests.domain.desk import at

YUBEI = "500112"
POSTS = {
    role: Post(holder=f"yb-{role}-a", backup=f"yb-{role}-b")
    for role in (Role.SPECIALIST, Role.SUPERVISOR)
}


@dataclass
class Unfolding(Generic[M]):
    """``facts`` is the kind's own; ``who`` acts as the A角 of a role unless a code is given."""

    facts: type[Occasion]
    policy: Any
    calendar: WorkingCalendar
    case: M
    first: Event
    events: list[Event] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = self.first.at
        self._note(self.first)

    def do(self, command: type[Command], role: Role, /, code: str = "", **fields: Any) -> None:
        """DomainError if it is refused; the case is as it was then."""
        who = Actor(code=code or f"yb-{role}-a", role=role, district=self.case.district)
        for body in decide(self.case, command(actor=who, **fields), self._facts(who)):
            self.apply(body, who)

    def apply(self, body: EventBody, who: Actor = CLOCKWORK, at: datetime | None = None) -> None:
        event = Event(seq=self.case.seq + 1, at=at or self.now, actor=who, body=body)
        self.case = evolve(self.case, event)
        self._note(event)
        if (further := consequence(self.case, self.calendar)) is not None:
            self.apply(further, at=at)

    def wait_until(self, day: str, time: str = "10:00") -> None:
        moment = at(day, time)
        while (due := next_moment(self.case, self.policy, self.calendar)) and due <= moment:
            self.now = max(self.now, due)
            before = self.case.seq
            while (came := tick(self.case, self._facts(CLOCKWORK))) is not None:
                self.apply(came.body, at=came.at)
            assert self.case.seq > before, "a moment came and nothing happened"
        self.now = moment

    def stands_at(self, stage: Stage) -> bool:
        return self.case.stage is stage

    def cards(self) -> list[tuple[str, str, date]]:
        return [
            (card.clock, card.rung.value, card.given_at.astimezone(ZONE).date())
            for card in self.case.cards
        ]

    def tasks(self) -> dict[str, str]:
        """The open tasks and their holders."""
        return {task.kind.value: task.holder for task in self.case.open_tasks}

    def rebuilt(self) -> M:
        """The state as the register would rebuild it, from the events' JSON alone."""
        case: M | None = None
        for event in self.events:
            body = EVENT_BODY.validate_json(EVENT_BODY.dump_json(event.body))
            case = evolve(case, Event(seq=event.seq, at=event.at, actor=event.actor, body=body))
        assert case is not None
        return case

    def _facts(self, who: Actor) -> Occasion:
        return self.facts(at=self.now, actor=who, item=self.policy, calendar=self.calendar)

    def _note(self, event: Event) -> None:
        self.events.append(event)
        told = notice(event, self.case, self.calendar)
        if told is not None:
            self.notices.append(told)
