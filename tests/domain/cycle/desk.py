"""Drives one cycle through the pure procedure, as the workflow does, at any dates."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from casework.domain.case.commands import Command
from casework.domain.case.events import Event, EventBody
from casework.domain.case.facts import CLOCKWORK, Actor
from casework.domain.case.letters import Effect, effects_of
from casework.domain.case.passing_time import next_moment, tick
from casework.domain.case.procedure import consequence, decide, evolve
from casework.domain.case.state import Post, TaskKind
from casework.domain.kinds.cycle.opening import StartCycle
from casework.domain.kinds.cycle.state import (
    Cycle,
    CycleFacts,
    CycleKind,
    CyclePolicy,
    CycleStage,
    Points,
)
from casework.domain.policy import Limit, LimitName, Mark, Role, Unit
from casework.domain.talent import Credential, CredentialKind, TalentClass
from casework.domain.time.calendar import WorkingCalendar, local_date, opening
from casework.domain.time.clock import due_on
from casework.policy.calendars import load_calendar

YUBEI = "500112"
EMPLOYER = "91310106MA1FY7XX05"
OTHER = "N2310106MF1FY7XX0Y"
POSTS = {
    role: Post(holder=f"yb-{role}-a", backup=f"yb-{role}-b")
    for role in (Role.SPECIALIST, Role.REVIEWER, Role.OFFICER, Role.SUPERVISOR)
}


def limit(amount: int, unit: Unit = Unit.WORKING_DAYS) -> Limit:
    return Limit(
        unit=unit,
        amount=amount,
        rolls_forward=unit is not Unit.WORKING_DAYS,
        reference="内部设定",
        mark=Mark.PROPOSAL,
        since=date(2025, 3, 17),
    )


TALENT = CyclePolicy(
    code="TAL_CYC",
    name="人才服务周期",
    district=YUBEI,
    district_name="渝北区",
    resolved_on=date(2025, 3, 17),
    digest="0123456789abcdef",
    limits={
        LimitName.VERIFY: limit(20),
        LimitName.OBJECTION: limit(15, Unit.CALENDAR_DAYS),
        LimitName.OBJECTION_REVIEW: limit(15),
    },
    cycle=CycleKind.TALENT,
    term_months=36,
    term_reference="DB50/T 1733—2024 §5.3",
    term_mark=Mark.SOURCE,
    notice=limit(3, Unit.MONTHS),
    evaluated=True,
    window_reference="DB50/T 1733—2024 §5.3",
    reminders=(30, 15, 7, 1),
    reminders_reference="内部设定",
)
PERMIT = replace(
    TALENT,
    code="PTS_YEAR",
    name="积分年度",
    cycle=CycleKind.PERMIT,
    term_months=12,
    notice=limit(30, Unit.CALENDAR_DAYS),
    evaluated=False,
    reminders=(),
    limits={LimitName.REN_OPEN: limit(3)},
)


def on(day: str | date, time: str = "10:00") -> datetime:
    return opening(date.fromisoformat(day) if isinstance(day, str) else day, time)


def officer(role: Role, *, backup: bool = False) -> Actor:
    post = POSTS.get(role)
    code = (post.backup if backup else post.holder) if post else f"{role}"
    return Actor(code=code, role=role, district=YUBEI)


@dataclass
class CycleDesk:
    """A cycle and the time at its desk."""

    policy: CyclePolicy
    calendar: WorkingCalendar
    now: datetime
    case: Cycle
    following: CyclePolicy | None = None
    catalogue: str = ""
    events: list[Event] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    def do(self, command: type[Command], by: Role | Actor, /, **fields: Any) -> None:
        """Apply a command by an officer, or by the role's first one; DomainError if refused."""
        who = officer(by) if isinstance(by, Role) else by
        for body in decide(self.case, command(actor=who, **fields), self.facts(who)):
            self.apply(body, who)

    def apply(self, body: EventBody, who: Actor = CLOCKWORK, at: datetime | None = None) -> None:
        event = Event(seq=self.case.seq + 1, at=at or self.now, actor=who, body=body)
        self.case = evolve(self.case, event)
        self.events.append(event)
        self.effects.extend(effects_of(event, self.case, self.calendar))
        if (further := consequence(self.case, self.calendar)) is not None:
            self.apply(further, at=at)

    def wait_until(self, moment: str | date, time: str = "10:00") -> None:
        """Let time pass; everything that falls due happens on its own."""
        until = on(moment, time)
        while (due := next_moment(self.case, self.policy, self.calendar)) and due <= until:
            self.now = max(self.now, due)
            before = self.case.seq
            while (came := tick(self.case, self.facts(CLOCKWORK))) is not None:
                self.apply(came.body, at=came.at)
            assert self.case.seq > before, "a moment came and nothing happened"
        self.now = until

    def wait(self, days: int) -> None:
        self.wait_until(local_date(self.now) + timedelta(days=days))

    def facts(self, who: Actor) -> CycleFacts:
        return CycleFacts(
            at=self.now,
            actor=who,
            item=self.policy,
            calendar=self.calendar,
            following=self.following,
            catalogue=self.catalogue,
        )

    def stage(self) -> CycleStage:
        return self.case.stage

    def kinds(self) -> list[str]:
        return [event.body.kind for event in self.events]

    def days(self, *kinds: str) -> list[tuple[str, date]]:
        """Which of these (or all) events happened on which day."""
        return [
            (_named(event), local_date(event.at))
            for event in self.events
            if not kinds or event.body.kind in kinds
        ]

    def due(self, clock: str) -> date | None:
        found = self.case.clock(clock)
        return due_on(found, self.calendar) if found is not None else None

    def holds(self, kind: TaskKind) -> str:
        """Who has the open task of that kind; empty if there is none."""
        return next((t.holder for t in self.case.open_tasks if t.kind is kind), "")

    def told(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(e.template, e.recipients) for e in self.effects if e.template]


def _named(event: Event) -> str:
    days = getattr(event.body, "days", None)
    return event.body.kind if days is None else f"{event.body.kind}:{days}"


def open_cycle(  # the fields of ``StartCycle``
    policy: CyclePolicy = TALENT,
    starts_on: str = "2025-03-17",
    *,
    received_on: str = "",
    ends_on: str = "",
    letter: TalentClass | None = TalentClass.B,
    calendar: WorkingCalendar | None = None,
) -> CycleDesk:
    """A desk with one cycle just registered."""
    now, talent = on(received_on or starts_on), policy.evaluated
    served = set(POSTS) - {Role.OFFICER} if talent else {Role.OFFICER, Role.SUPERVISOR}
    days = calendar or load_calendar()
    body = StartCycle(
        case_no=f"{YUBEI}-TEST-0000-0001",
        district=policy.district,
        source="test",
        reference="T-1",
        content="",
        item=policy,
        calendar=days,
        office="渝北区人力社保局",
        channel="online",
        posts={r: p for r, p in POSTS.items() if r in served},
        starts_on=date.fromisoformat(starts_on),
        ends_on=date.fromisoformat(ends_on) if ends_on else None,
        letter=letter if talent else None,
        employer_code=EMPLOYER if talent else "",
        credential=Credential(kind=CredentialKind.CODE, code="T-0001", issued_on=now.date())
        if talent
        else None,
        points=Points.NONE if talent else Points.VALID,
        by_date=True,
    ).first_event(now)
    by = Actor(code="backend", role=Role.SYSTEM)
    event = Event(seq=1, at=now, actor=by, body=body)
    case: Cycle = evolve(None, event)
    return CycleDesk(policy=policy, calendar=days, now=now, case=case, events=[event])
