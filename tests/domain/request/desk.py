"""Drives one service request through the pure procedure, at any dates."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from casework.domain.case.commands import Command, Fault, ReceivedMaterial
from casework.domain.case.events import Event, EventBody
from casework.domain.case.facts import CLOCKWORK, Actor
from casework.domain.case.in_force import InForce, note
from casework.domain.case.letters import Notice, effects_of
from casework.domain.case.passing_time import next_moment, tick
from casework.domain.case.procedure import consequence, decide, evolve
from casework.domain.case.state import Body, Post, Task, TaskKind
from casework.domain.kinds.request.commands import NoteStanding
from casework.domain.kinds.request.opening import StartRequest
from casework.domain.kinds.request.state import (
    Mode,
    Request,
    RequestFacts,
    RequestStage,
    ServiceRule,
)
from casework.domain.policy import (
    Limit,
    LimitName,
    Mark,
    MaterialForm,
    MaterialRule,
    Role,
    Unit,
)
from casework.domain.talent import Level, Standing, StandingStatus, TalentClass
from casework.domain.time.calendar import WorkingCalendar, opening
from casework.policy.calendars import load_calendar

DISTRICT = "500103"
CALENDAR = load_calendar().excerpt(2025, 2029)
TALENT = "500103-TEST-0000-0007"


def limit(amount: int) -> Limit:
    return Limit(
        unit=Unit.WORKING_DAYS,
        amount=amount,
        reference="配置建议（domain.md B.1.6）",
        mark=Mark.PROPOSAL,
        since=date(2025, 3, 17),
    )


def body(level: Level, code: str, name: str) -> Body:
    prefix = f"{level}-{code}"
    return Body(
        level=level,
        code=code,
        name=name,
        liaison=Post(holder=f"{prefix}-a", backup=f"{prefix}-b"),
    )


CITY_SCHOOLS = body(Level.MUNICIPAL, "education", "市教育部门")
CITY_HEALTH = body(Level.MUNICIPAL, "health", "市卫生健康部门")
SCHOOLS = body(Level.DISTRICT, "education", "区教育部门")
HOUSING = body(Level.DISTRICT, "housing", "区住房部门")
BODIES = (HOUSING, SCHOOLS, CITY_HEALTH, CITY_SCHOOLS)
SPECIALISTS = {
    Level.MUNICIPAL: Post(holder="city-a", backup="city-b"),
    Level.DISTRICT: Post(holder="yz-a", backup="yz-b"),
}
SUPERVISOR = Post(holder="yz-sup-a", backup="yz-sup-b")

RULE = ServiceRule(
    code="SVC_SCHOOL",
    name="子女入学",
    district=DISTRICT,
    district_name="渝中区",
    resolved_on=date(2026, 9, 14),
    digest="0123456789abcdef",
    limits={
        LimitName.NOTICE: limit(5),
        LimitName.SUPPLEMENT: limit(15),
        LimitName.COLLECT: limit(15),
        LimitName.HANDLE: limit(10),
        LimitName.HANDLE_EXTENSION: limit(5),
    },
    owners=(Level.MUNICIPAL, Level.DISTRICT),
    bodies={Level.MUNICIPAL: "education", Level.DISTRICT: "education"},
    materials=(
        MaterialRule(
            code="household_register",
            name="户口簿",
            main=True,
            form=MaterialForm.ELECTRONIC,
            reference="样例",
            mark=Mark.PROPOSAL,
        ),
    ),
)
FILES = (ReceivedMaterial(code="household_register", form=MaterialForm.ELECTRONIC),)
FRAME = {"item", "office", "on"}
"""What every notice says."""
FAULTS = (
    Fault(code="MISSING", about="household_register", text="缺户口簿"),
    Fault(code="UNCLEAR", about="need", text="请写明申请入学的学段"),
)


def at(day: str, time: str = "10:00") -> datetime:
    return opening(date.fromisoformat(day), time)


def standing(
    letter: TalentClass | None = TalentClass.B,
    status: StandingStatus = StandingStatus.ACTIVE,
    version: int = 3,
) -> Standing:
    return Standing(talent=TALENT, status=status, letter=letter, version=version)


@dataclass
class Desk:
    """A request and the time at its desk."""

    rule: ServiceRule
    now: datetime
    case: Request
    calendar: WorkingCalendar = CALENDAR
    events: list[Event] = field(default_factory=list)
    told: list[Notice] = field(default_factory=list)

    def do(
        self,
        command: type[Command],
        role: Role,
        /,
        *,
        code: str = "",
        district: str = "",
        **fields: Any,
    ) -> None:
        """Apply a command by the holder of the role's post, or by ``code``."""
        post = self.case.posts.get(role)
        holder = post.holder if post else f"{role}"
        who = Actor(code=code or holder, role=role, district=district)
        for happened in decide(self.case, command(actor=who, **fields), self.facts(who)):
            self.apply(happened, who)

    def learn(self, new: Standing) -> None:
        """The cycle says how the talent stands."""
        self.do(NoteStanding, Role.SYSTEM, standing=new)

    def absent(self, *codes: str) -> None:
        """These officers, and nobody else, are known to be absent."""
        known = InForce(absent=codes)
        for happened in note(self.case, known, self.calendar):
            self.apply(happened)

    def apply(
        self, happened: EventBody, who: Actor = CLOCKWORK, at: datetime | None = None
    ) -> None:
        event = Event(seq=self.case.seq + 1, at=at or self.now, actor=who, body=happened)
        self.case = evolve(self.case, event)
        self.events.append(event)
        self.tell(event)
        if (further := consequence(self.case, self.calendar)) is not None:
            self.apply(further, at=at)

    def tell(self, event: Event) -> None:
        for effect in effects_of(event, self.case, self.calendar):
            assert effect.recipients == ("applicant",)
            own = {name: text for name, text in effect.fields.items() if name not in FRAME}
            self.told.append((effect.template, own))

    def wait_until(self, day: str, time: str = "10:00") -> None:
        """Let time pass; everything that falls due happens on its own."""
        moment = at(day, time)
        while (due := next_moment(self.case, self.rule, self.calendar)) and due <= moment:
            self.now = max(self.now, due)
            before = self.case.seq
            while (came := tick(self.case, self.facts(CLOCKWORK))) is not None:
                self.apply(came.body, at=came.at)
            assert self.case.seq > before, "a moment came and nothing happened"
        self.now = moment

    def facts(self, who: Actor) -> RequestFacts:
        return RequestFacts(at=self.now, actor=who, item=self.rule, calendar=self.calendar)

    def stage(self) -> RequestStage:
        return self.case.stage

    def kinds(self) -> list[str]:
        return [event.body.kind for event in self.events]

    def templates(self) -> list[str]:
        return [template for template, _ in self.told]

    def task(self, kind: TaskKind) -> Task:
        """The one open task of that kind."""
        (task,) = (task for task in self.case.open_tasks if task.kind is kind)
        return task

    def cards(self) -> list[tuple[str, str, str]]:
        """Clock, rung and day of each card."""
        return [
            (card.clock, card.rung.value, card.given_at.date().isoformat())
            for card in self.case.cards
        ]


def open_desk(
    letter: TalentClass | None = TalentClass.B,
    *,
    day: str = "2026-09-14",
    rule: ServiceRule = RULE,
    mode: Mode = Mode.ONLINE,
    status: StandingStatus = StandingStatus.ACTIVE,
    materials: tuple[ReceivedMaterial, ...] | None = None,
    bodies: tuple[Body, ...] = BODIES,
) -> Desk:
    """A desk with one request just filed; on site nothing is handed in yet."""
    now = at(day)
    have = materials if materials is not None else FILES if mode is Mode.ONLINE else ()
    first = StartRequest(
        case_no="500103-TEST-0000-0001",
        district=rule.district,
        source="test",
        reference="T-1",
        content="",
        item=rule,
        calendar=CALENDAR,
        office="渝中区人才服务平台",
        channel="online",
        mode=mode,
        need="适龄子女入学",
        materials=have,
        standing=standing(letter, status),
        bodies=bodies,
        specialists=SPECIALISTS,
        posts={Role.SUPERVISOR: SUPERVISOR},
        by_date=True,
    ).first_event(now)
    event = Event(
        seq=1,
        at=now,
        actor=Actor(code="backend", role=Role.SYSTEM),
        body=first,
    )
    desk = Desk(rule=rule, now=now, case=evolve(None, event), events=[event])
    desk.tell(event)
    if (further := consequence(desk.case, desk.calendar)) is not None:
        desk.apply(further)
    return desk
