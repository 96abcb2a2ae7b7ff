"""Requests that were completed before a scenario begins: to be rated, or to be drawn for a visit.

Their events are what the domain decides; only no workflow has run for them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from casework.domain.case.events import Event, EventBody
from casework.domain.case.facts import Actor
from casework.domain.case.opening import Party
from casework.domain.case.procedure import decide, evolve
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.request.commands import AcceptRequest, FeedBack
from casework.domain.kinds.request.opening import StartRequest
from casework.domain.kinds.request.state import Mode, Request, RequestFacts, ServiceRule
from casework.domain.policy import Role
from casework.domain.talent import Standing, StandingStatus
from casework.messages.cases import number_of
from casework.messages.entry import Opening
from casework.rehearsal.engine import Finished
from casework.rehearsal.opening import SOURCE
from casework.rehearsal.registry import Registry

_RATER = Party(name="张三", email="zhangsan@mail.example.com")


@dataclass(frozen=True, kw_only=True)
class MadeUp:
    """Completes requests at one moment; each is of another talent, recognised by score."""

    registry: Registry
    reference: str
    shift: timedelta
    at: datetime

    def finish(self, district: str, service: str, number: int) -> tuple[Finished, ...]:
        """So many completed requests for a service."""
        rule = self.registry.services.rule(service, district, self.at.date())
        return tuple(self._one(rule, f"{self.reference} {place}") for place in range(number))

    def _one(self, rule: ServiceRule, reference: str) -> Finished:
        events = tuple(self._events(rule, reference))
        case: Request | None = None
        for event in events:
            case = evolve(case, event)
        if case is None:
            raise RuntimeError("a request without events")
        opening = Opening(
            source=SOURCE,
            reference=reference,
            content="",
            subject="",
            item=rule,
            rehearsal=self.shift,
            applicant=_RATER,
            employer=None,
            started_by_run="",
            kind=CaseKind.REQUEST,
        )
        return opening, case, events

    def _events(self, rule: ServiceRule, reference: str) -> Iterator[Event]:
        backend = Actor(code=SOURCE, role=Role.SYSTEM)
        first = self._filed(rule, reference)
        event = Event(seq=1, at=self.at, actor=backend, body=first)
        case: Request = evolve(None, event)
        yield event
        bodies: tuple[EventBody, ...]
        for role, make in ((Role.SPECIALIST, _accept), (Role.LIAISON, _feed_back)):
            actor = Actor(code=case.posts[role].holder, role=role)
            facts = RequestFacts(
                at=self.at, actor=actor, item=rule, calendar=self.registry.calendar
            )
            bodies = decide(case, make(actor), facts)
            for body in bodies:
                event = Event(seq=case.seq + 1, at=self.at, actor=actor, body=body)
                case = evolve(case, event)
                yield event

    def _filed(self, rule: ServiceRule, reference: str) -> EventBody:
        platforms, district = self.registry.platforms, rule.district
        talent = number_of(CaseKind.TALENT_CYCLE, district, SOURCE, reference)
        start = StartRequest(
            case_no=number_of(CaseKind.REQUEST, district, SOURCE, reference),
            district=district,
            source=SOURCE,
            reference=reference,
            content="",
            item=rule,
            calendar=self.registry.calendar,
            office=self.registry.services.office(district),
            channel="online",
            mode=Mode.ONLINE,
            standing=Standing(talent=talent, status=StandingStatus.ACTIVE, letter=None),
            bodies=platforms.bodies(district, rule, self.registry.services),
            specialists=platforms.specialists(district),
            posts=platforms.posts(district),
        )
        return start.first_event(self.at)


def _accept(actor: Actor) -> AcceptRequest:
    return AcceptRequest(actor=actor)


def _feed_back(actor: Actor) -> FeedBack:
    return FeedBack(actor=actor, result="已办理")
