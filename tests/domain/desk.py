"""Drives one case through the pure procedure, as the workflow does, at any dates."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from casework.domain.case.commands import Command, ReceivedMaterial
from casework.domain.case.events import Event, EventBody, RungReached
from casework.domain.case.facts import CLOCKWORK, Actor
from casework.domain.case.letters import Effect, effects_of
from casework.domain.case.passing_time import next_moment, tick
from casework.domain.case.procedure import consequence, decide, evolve
from casework.domain.case.state import Post
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.application.state import Application, ApplicationFacts, Claim
from casework.domain.policy import MaterialForm, Role, ServiceItem
from casework.domain.time.calendar import ZONE, WorkingCalendar, local_date, opening
from casework.domain.time.clock import is_paused
from casework.policy.calendars import load_calendar
from casework.policy.catalogue import load_catalogue

CATALOGUE = load_catalogue()
JINGAN = "310106"
POSTS = {
    role: Post(holder=f"ja-{role}-a", backup=f"ja-{role}-b")
    for role in (Role.OFFICER, Role.REVIEWER, Role.HEAD, Role.SUPERVISOR, Role.SUPERIOR)
}
CLAIMS: dict[str, Claim] = {
    "application_form_filed": True,
    "self_score": 130,
    "employer_reviewed": True,
    "permit_expires_on": "2099-01-01",
}
ALL_FILES = ("identity_document", "application_form", "residence_permit", "labour_contract")


def files(
    *codes: str, form: MaterialForm = MaterialForm.ELECTRONIC
) -> tuple[ReceivedMaterial, ...]:
    return tuple(ReceivedMaterial(code=code, form=form) for code in codes)


def actor(role: Role, *, backup: bool = False) -> Actor:
    post = POSTS.get(role)
    code = (post.backup if backup else post.holder) if post else f"{role}"
    return Actor(code=code, role=role, district=JINGAN)


def at(day: str, time: str = "10:00") -> datetime:
    return opening(date.fromisoformat(day), time)


@dataclass
class Desk:
    """A case and the time at its desk."""

    item: ServiceItem
    calendar: WorkingCalendar
    now: datetime
    case: Application
    events: list[Event] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    def do(
        self, command: type[Command], role: Role, /, *, backup: bool = False, **fields: Any
    ) -> None:
        """Apply a command by the role's officer; DomainError if it is refused."""
        who = actor(role, backup=backup)
        for body in decide(self.case, command(actor=who, **fields), self.facts(who)):
            self.apply(body, who)

    def apply(self, body: EventBody, who: Actor = CLOCKWORK, at: datetime | None = None) -> None:
        self.watch(body)
        event = Event(seq=self.case.seq + 1, at=at or self.now, actor=who, body=body)
        self.case = evolve(self.case, event)
        self.events.append(event)
        self.effects.extend(effects_of(event, self.case, self.calendar))
        if (further := consequence(self.case, self.calendar)) is not None:
            self.apply(further, at=at)

    def watch(self, body: EventBody) -> None:
        """Nothing is given by a clock that stands still, unless it ran out before it did."""
        if isinstance(body, RungReached):
            clock = next(c for c in self.case.running if c.id == body.clock)
            ran_out = body.due_on is not None and body.due_on < local_date(self.now)
            paused = is_paused(clock, local_date(self.now))
            assert ran_out or not paused, "a rung while its clock is paused"

    def wait_until(self, moment: datetime) -> None:
        """Let time pass; everything that falls due happens on its own."""
        while (due := next_moment(self.case, self.item, self.calendar)) and due <= moment:
            self.now = max(self.now, due)
            before = self.case.seq
            while (came := tick(self.case, self.facts(CLOCKWORK))) is not None:
                self.apply(came.body, at=came.at)
            assert self.case.seq > before, "a moment came and nothing happened"
        self.now = moment

    def facts(self, who: Actor) -> ApplicationFacts:
        return ApplicationFacts(at=self.now, actor=who, item=self.item, calendar=self.calendar)

    def kinds(self) -> list[str]:
        return [event.body.kind for event in self.events]

    def cards(self) -> list[tuple[str, str, date]]:
        return [
            (card.clock, card.rung.value, card.given_at.astimezone(ZONE).date())
            for card in self.case.cards
        ]


def open_desk(
    item_code: str = "PTS_NEW",
    *,
    day: str = "2026-09-16",
    have: tuple[str, ...] = (*ALL_FILES, "sealed_copies"),
    claims: dict[str, Claim] | None = None,
    district: str = JINGAN,
    entitled_on: date | None = None,
) -> Desk:
    """A desk with one case just received."""
    now = at(day)
    item = CATALOGUE.resolve(item_code, district, date.fromisoformat(day))
    calendar = load_calendar().excerpt(max(2022, now.year - 1), now.year + 3)
    body = StartApplication(
        case_no=f"{district}-TEST-0000-0001",
        district=district,
        source="test",
        reference="T-1",
        content="",
        subject="",
        item=item,
        calendar=calendar,
        office="人才服务中心",
        channel="online",
        claims=CLAIMS | (claims or {}),
        posts=POSTS,
        materials=files(*have),
        entitled_on=entitled_on,
        by_date=True,
    ).first_event(now)
    by = Actor(code="backend", role=Role.SYSTEM)
    event = Event(seq=1, at=now, actor=by, body=body)
    return Desk(item=item, calendar=calendar, now=now, case=evolve(None, event), events=[event])
