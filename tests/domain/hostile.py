"""Cases of every kind under hostile input: dates, numbers and text that nobody would send.

A ``Course`` opens one case as its workflow does and throws whatever the dice say at it: verbs by
anybody, time that jumps, orders, troubles. What a rule may do is refuse, with a ``DomainError``,
where somebody asked; nothing else may raise anything. A refusal travels in plain text, so it quotes
nothing that somebody wrote.
"""

import types
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from random import Random
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from casework.domain.case.commands import Command, Fault, ReceivedMaterial
from casework.domain.case.details import details
from casework.domain.case.events import Event, EventBody, MessageRefused, TroubleMet
from casework.domain.case.facts import CLOCKWORK, Actor, Occasion
from casework.domain.case.in_force import InForce, note
from casework.domain.case.jurisdiction import JurisdictionTransfer
from casework.domain.case.letters import effects_of
from casework.domain.case.opening import Party
from casework.domain.case.passing_time import next_moment, tick, waking
from casework.domain.case.procedure import come_up_to, consequence, decide, evolve
from casework.domain.case.projection import ahead_of, rows
from casework.domain.case.state import Body, Case, Post
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import (
    Accept,
    ArchiveArrived,
    CallArchive,
    CheckMaterial,
    ConsentDeferral,
    ConsentGreen,
    Decision,
    Deliver,
    Delivered,
    MaterialsReceived,
    OfferDeferral,
    PreReview,
    PreReviewOutcome,
    Promise,
    RecordCheck,
    ReportUp,
    RequestGreen,
    Review,
    SuperiorDecision,
)
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.application.state import ApplicationFacts, ApplicationStage, Claim
from casework.domain.kinds.appointment.opening import AppointmentForm, StartAppointment
from casework.domain.kinds.appointment.slots import AppointmentPolicy
from casework.domain.kinds.cycle.commands import Verify
from casework.domain.kinds.cycle.events import DataChecked
from casework.domain.kinds.cycle.opening import StartCycle
from casework.domain.kinds.cycle.state import CycleFacts, CycleKind, CycleStage, DataCheck, Points
from casework.domain.kinds.incoming_mail.opening import RAW, MailForm, StartIncomingMail
from casework.domain.kinds.incoming_mail.procedure import tried
from casework.domain.kinds.incoming_mail.state import Finding, IncomingMail, MailFile, MailPerson
from casework.domain.kinds.parcel.opening import ParcelForm, StartParcel
from casework.domain.kinds.parcel.procedure import tried as placed
from casework.domain.kinds.parcel.state import Parcel
from casework.domain.kinds.rating.opening import StartRating
from casework.domain.kinds.rating.state import Grade, RatingFacts
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.kinds.request.commands import AcceptRequest
from casework.domain.kinds.request.opening import StartRequest
from casework.domain.kinds.request.state import Mode, RequestFacts, RequestStage
from casework.domain.kinds.round.events import SampleDrawn
from casework.domain.kinds.round.opening import StartRound
from casework.domain.kinds.round.state import RoundFacts, Visit
from casework.domain.kinds.ticket.opening import StartTicket
from casework.domain.kinds.ticket.state import TicketSource
from casework.domain.kinds.wage.opening import StartWageComplaint
from casework.domain.kinds.walkthrough.opening import StartWalkthrough, WalkthroughForm
from casework.domain.kinds.walkthrough.state import WalkMode, WalkRole, WalkWay
from casework.domain.mail import MailVerdict, Nature
from casework.domain.policy import (
    CheckKind,
    DeferralMode,
    DeliveryMethod,
    MaterialForm,
    Measure,
    Role,
)
from casework.domain.talent import (
    Credential,
    CredentialKind,
    Level,
    Standing,
    StandingStatus,
    TalentClass,
)
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Stopped, Suspension
from casework.domain.time.dates import ZONE
from casework.messages.cases import SENT_AS
from casework.policy.calendars import load_calendar
from casework.policy.catalogue import load_catalogue
from casework.policy.catalogue.documents import CatalogueError
from casework.policy.service_catalogue import load_service_catalogue
from tests.domain.any_act import idle

CALENDAR = load_calendar()
CATALOGUE = load_catalogue()
SERVICES = load_service_catalogue()
ITEMS = sorted(CATALOGUE.items())
DISTRICTS = sorted(CATALOGUE.districts())
PLATFORMS = sorted(SERVICES.platforms())
LIST = sorted(SERVICES.services())

ODD_DATES = (
    date.min,
    date.max,
    date(1, 12, 31),
    date(9999, 1, 1),
    date(1899, 12, 31),
    date(1900, 1, 1),
    date(2019, 2, 28),
    date(2024, 2, 29),
    date(2062, 5, 1),
    date(2199, 12, 31),
    date(2200, 1, 1),
)
MARK = "龘靐"
"""Stands in no text of ours: what holds it was written by somebody."""
ODD_TEXTS = (
    f"{MARK}的孩子九月入学",
    f"{MARK}#1",
    "",
    " ",
    "有理由",
    "有理由",
    "有理由",
    "\x00",
    "\ud800",
    "\u202e\u200b",
    "#",
    ":",
    "#2",
    "decide:red",
    "notice:second:red",
    "contact:x#y:red",
    "measure#1:2",
    "defer:",
    "resolve_trouble#1",
    "高考" * 300,
    "%s {0} {reason} <b>|\n",
    "2021-12-20",
    "9999-12-31",
    "2026-02-30",
    "0",
    "-1",
    "91310106MA1FY7XX05",
    "N2310106MF1FY7XX0Y",
    "310104",
    "000000",
    "加急申请",
    "情况说明",
    "municipal/education",
    "district/education",
    "TAL-1",
    "2026Q4",
)
ODD_NUMBERS = (0, 0, 1, 1, 2, 3, 5, 10, 15, -1, 120, 10**6, 10**12, -(10**12), 2**63, 10**30)


SENSIBLE: dict[str, tuple[Any, ...]] = {
    "evidence": (("加急申请", "情况说明"),),
    "working_days": (1, 5, 10),
    "granted": (True,),
    "passed": (True,),
    "reached": (True, False),
    "in_order": (True,),
    "reason": ("有理由",),
    "cause": ("封控",),
    "authorised": (True,),
    "by_agent": (False,),
    "outreach": ("m-1", "m-2"),
    "through": ("",),
    "faults": ((), (Fault(code="BLURRED", about="labour_contract", text="不清"),)),
}
"""What a field holds half the time, so that cases come far enough to be broken."""
ENDINGS = {
    "withdraw",
    "refuse",
    "not_accept",
    "explain_need",
    "transfer_need",
    "record_left",
    "feed_back",
}


class UnsoundError(AssertionError):
    """A rule broke instead of refusing: where, in which course, on what."""


@contextmanager
def never_breaks(where: str, course: "Course", about: object, *, may_refuse: bool = False) -> Any:
    try:
        yield
    except DomainError as error:
        if not may_refuse:
            raise UnsoundError(f"{where} refused: {error.code}\n{course}\n{about!r}") from error
        assert error.code.replace("_", "").isupper(), error.code
        assert error.message
        if MARK in error.code + error.message + error.field:
            raise UnsoundError(
                f"{where} quotes what somebody wrote: {error.message}\n{course}\n{about!r}"
            ) from error
        raise
    except Exception as error:
        raise UnsoundError(
            f"{where}: {type(error).__name__}: {error}\n{course}\n{about!r}"
        ) from error


def a_day(dice: Random, now: datetime) -> date:
    if dice.random() < 0.35:
        return dice.choice(ODD_DATES)
    near = min(max(now.toordinal() + round(dice.gauss(0, 200)), 1), date.max.toordinal())
    return date.fromordinal(near)


def an_instant(dice: Random, now: datetime) -> datetime:
    if dice.random() < 0.3:
        zone = dice.choice([None, UTC, ZONE, timezone(timedelta(hours=14))])
        return dice.choice([datetime.min, datetime.max, datetime(2026, 9, 17, 10)]).replace(  # noqa: DTZ001, DTZ901
            tzinfo=zone
        )
    return now + timedelta(hours=round(dice.gauss(0, 3000)))


_KNOWN: dict[object, dict[str, Any]] = {}


def _hints(kind: object) -> dict[str, Any]:
    if kind not in _KNOWN:
        _KNOWN[kind] = get_type_hints(kind)
    return _KNOWN[kind]


ELSEWHERE: dict[type, dict[str, object]] = {
    Post: {"team": "", "claim_within": 0},
    JurisdictionTransfer: {"sharing": {}},
}
"""What ``tests/domain/test_sharing_in_a_case.py`` plays: it would crowd out what is played here."""


@dataclass
class Maker:
    """Values of any type that a message may have, hostile ones among them."""

    dice: Random
    now: datetime
    words: tuple[str, ...]

    def of(self, hint: Any, depth: int = 0) -> Any:
        dice, origin = self.dice, get_origin(hint)
        if origin is Annotated:
            return self.of(get_args(hint)[0], depth)
        if origin is Literal:
            return dice.choice(get_args(hint))
        if origin in {Union, types.UnionType}:
            return self.of(dice.choice(get_args(hint)), depth)
        if origin is tuple:
            length = dice.choice([0, 0, 1, 1, 1, 2, 3])
            return tuple(self.of(get_args(hint)[0], depth + 1) for _ in range(length))
        if origin is dict:
            key, value = get_args(hint)
            pairs = range(dice.choice([0, 1, 2, 4]))
            return {self.of(key, depth + 1): self.of(value, depth + 1) for _ in pairs}
        if is_dataclass(hint):
            return self.message(hint, depth)  # type: ignore[arg-type]
        return self._plain(hint)

    def _field(self, name: str, hint: Any, depth: int) -> Any:
        if name in SENSIBLE and depth == 0 and self.dice.random() < 0.6:
            return self.dice.choice(SENSIBLE[name])
        if hint in (date, date | None) and self.dice.random() < 0.5:
            ahead = 30 if name in {"external_on", "expires_on"} else -1
            return self.now.date() + timedelta(days=ahead)
        return self.of(hint, depth + 1)

    def _plain(self, hint: Any) -> Any:
        dice = self.dice
        if hint is type(None):
            return None
        if hint is bool:
            return dice.random() < 0.6
        if hint is int:
            return dice.choice(ODD_NUMBERS)
        if hint is date:
            return a_day(dice, self.now)
        if hint is datetime:
            return an_instant(dice, self.now)
        if hint is timedelta:
            return timedelta()
        if hint is str:
            return dice.choice(self.words if dice.random() < 0.6 else ODD_TEXTS)
        if issubclass(hint, Enum):
            return dice.choice(list(hint))
        raise TypeError(hint)

    def message(self, kind: type[Any], depth: int = 0, **given: object) -> Any:
        hints = _hints(kind)
        given = {**ELSEWHERE.get(kind, {}), **given}
        return kind(
            **{
                entry.name: self._field(entry.name, hints[entry.name], depth)
                for entry in fields(kind)
                if entry.name not in given
                and (entry.default is MISSING or self.dice.random() < 0.8)
                and (entry.default_factory is MISSING or self.dice.random() < 0.8)
            }
            | given
        )


STRAIGHT: dict[str, tuple[type[Command], Role, dict[str, Any]]] = {
    ApplicationStage.PRE_REVIEW: (PreReview, Role.OFFICER, {"outcome": PreReviewOutcome.PASSED}),
    ApplicationStage.READY: (Accept, Role.OFFICER, {}),
    ApplicationStage.AWAIT_PAPER: (
        MaterialsReceived,
        Role.OFFICER,
        {"materials": (ReceivedMaterial(code="paper_package", form=MaterialForm.PAPER),)},
    ),
    ApplicationStage.REVIEW: (Review, Role.REVIEWER, {}),
    ApplicationStage.REVIEWED: (ReportUp, Role.OFFICER, {}),
    ApplicationStage.REPORTED_UP: (SuperiorDecision, Role.SUPERIOR, {"outcome": Decision.APPROVED}),
    ApplicationStage.DECIDED: (Deliver, Role.OFFICER, {"method": DeliveryMethod.EMS}),
    ApplicationStage.DISPATCHED: (Delivered, Role.OFFICER, {}),
    RequestStage.INTAKE: (AcceptRequest, Role.SPECIALIST, {}),
    CycleStage.VERIFYING: (Verify, Role.SPECIALIST, {"passed": True}),
}
"""The straight way on from a stage."""
BESIDE: dict[str, tuple[type[Command], Role, dict[str, Any]]] = {
    "offer": (
        OfferDeferral,
        Role.OFFICER,
        {"materials": "owed", "mode": "mode", "reason": "封控"},
    ),
    "consent": (ConsentDeferral, Role.SUPERIOR, {"granted": True}),
    "promise": (Promise, Role.APPLICANT, {"signed_on": "today"}),
    "arrived": (MaterialsReceived, Role.OFFICER, {"materials": "arrived"}),
    "in order": (CheckMaterial, Role.OFFICER, {"material": "first", "in_order": True}),
    "check": (RecordCheck, Role.OFFICER, {"check": "check", "passed": True}),
    "call": (CallArchive, Role.OFFICER, {}),
    "file": (ArchiveArrived, Role.OFFICER, {}),
    "green": (
        RequestGreen,
        Role.OFFICER,
        {"reason_code": "x", "external_on": "soon", "evidence": ("加急申请", "情况说明")},
    ),
    "green consent": (ConsentGreen, Role.SUPERIOR, {"granted": True}),
    "green by district": (ConsentGreen, Role.SUPERVISOR, {"granted": True}),
    "faulty": (
        PreReview,
        Role.OFFICER,
        {
            "outcome": PreReviewOutcome.FAULTY,
            "faults": (Fault(code="BLURRED", about="labour_contract", text="不清"),),
        },
    ),
}
"""What may be done with an application beside the straight way; a name stands for a value."""


@dataclass
class Course:
    """One case and all that happens to it. ``facts`` is what its kind lets a decision know."""

    dice: Random
    kind: CaseKind
    policy: Any
    calendar: WorkingCalendar
    now: datetime
    facts_of: Callable[..., Occasion]
    case: Case | None = None
    taken: int = 0
    happened: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.kind} {self.policy.code} at {self.now}: {' '.join(self.happened[-12:])}"

    # --- what the workflow does ---------------------------------------------------------

    def occasion(self, actor: Actor) -> Occasion:
        return self.facts_of(at=self.now, actor=actor, item=self.policy, calendar=self.calendar)

    def apply(
        self, body: EventBody, actor: Actor = CLOCKWORK, *, came_at: datetime | None = None
    ) -> None:
        before, at = self.case, came_at or self.now
        event = Event(seq=before.seq + 1 if before else 1, at=at, actor=actor, body=body)
        self.happened.append(body.kind)
        with never_breaks("evolve", self, body):
            self.case = case = evolve(before, event)
        with never_breaks("effects", self, body):
            effects_of(event, case, self.calendar)
        with never_breaks("next moment", self, body):
            moment = next_moment(case, self.policy, self.calendar)
            if moment is not None:
                waking(case, moment, self.policy.office_opens, timedelta(hours=2))
                if self.dice.random() < 0.2:
                    facts = replace(self.occasion(CLOCKWORK), at=moment)
                    ahead_of(case, come_up_to(case, facts), self.calendar)
        with never_breaks("rows", self, body):
            rows(case, self.calendar, before)
        with never_breaks("consequence", self, body):
            further = consequence(case, self.calendar)
        if further is not None:
            self.apply(further, came_at=came_at)

    def show(self) -> None:
        with never_breaks("rows", self, self.case):
            rows(self._open(), self.calendar)
        with never_breaks("details", self, self.case):
            details(self._open(), self.calendar, local_date(self.now))

    def _open(self) -> Case:
        assert self.case is not None
        return self.case

    def send(self, command: Command) -> None:
        self.happened.append(f"?{type(command).__name__}")
        if self.dice.random() < 0.2:
            with never_breaks("come up to", self, command):
                come_up_to(self._open(), self.occasion(CLOCKWORK))
        try:
            with never_breaks("decide", self, command, may_refuse=True):
                bodies = decide(self._open(), command, self.occasion(command.actor))
        except DomainError:
            return
        for body in bodies:
            self.apply(body, command.actor)

    def let_time_pass(self) -> None:
        for _ in range(400):
            with never_breaks("tick", self, None):
                came = tick(self._open(), self.occasion(CLOCKWORK))
            if came is None:
                return
            self.apply(came.body, came_at=came.at if self._open().by_date else None)
        raise UnsoundError(f"time never comes to rest\n{self}")

    def look(self, known: InForce) -> None:
        with never_breaks("note", self, known):
            bodies = note(self._open(), known, self.calendar)
        for body in bodies:
            self.apply(body)

    # --- what the dice throw at it ------------------------------------------------------

    @property
    def maker(self) -> Maker:
        return Maker(self.dice, self.now, self._words())

    def _words(self) -> tuple[str, ...]:
        """What a sender could name of the case: tasks, cards, materials, officers."""
        case = self._open()
        return (
            "有理由",
            case.district,
            *(task.id for task in case.open_tasks),
            *(card.id for card in case.cards),
            *(post.backup for post in case.posts.values()),
            *(rule.code for rule in getattr(self.policy, "materials", ())),
            *(line.material for line in getattr(case, "lines", ())),
            *(contact.outreach for contact in getattr(case, "contacts", ())),
            *(visit.request for visit in getattr(case, "visits", ())),
            *(body.id for body in getattr(case, "bodies", ())),
        )

    def any_command(self) -> Command:
        dice, case = self.dice, self._open()
        left_out = idle(case)
        verbs = {v: c for v, c in KINDS[self.kind].verbs.items() if v not in left_out}
        mild = sorted(verbs.keys() - ENDINGS)
        command = verbs[dice.choice(mild if dice.random() < 0.97 else sorted(verbs))]
        role = dice.choice(sorted(command.roles) if dice.random() < 0.95 else list(Role))
        post = case.posts.get(role)
        code = dice.choice([post.holder, post.backup]) if post else f"{role}-{dice.randrange(2)}"
        actor = Actor(code=code, role=role, district=case.district)
        made: Command = self.maker.message(SENT_AS.get(command, command), actor=actor)
        return made

    def onward(self) -> Command | None:
        """A next thing to be done, as the officer in charge does it."""
        case, dice = self._open(), self.dice
        straight = [STRAIGHT[case.stage]] * 2 if case.stage in STRAIGHT else []
        if self.kind is CaseKind.APPLICATION:
            straight += list(BESIDE.values())
        if not straight:
            return None
        kind, role, given = dice.choice(straight)
        code = case.posts[role].holder if role in case.posts else f"{role}-a"
        given = {name: self._meant(value) for name, value in given.items()}
        return kind(actor=Actor(code=code, role=role, district=case.district), **given)

    def _meant(self, value: object) -> Any:
        """A value that follows from the case, where ``value`` only names it."""
        case = self._open()
        match value:
            case "owed":
                owed = [rule.code for rule in self.policy.materials if rule.deferral]
                return tuple(owed[:2])
            case "arrived":
                codes = [line.material for line in getattr(case, "lines", ())] + ["paper_package"]
                return tuple(ReceivedMaterial(code=c, form=MaterialForm.PAPER) for c in codes)
            case "first":
                lines = getattr(case, "lines", ())
                return lines[0].material if lines else "nothing"
            case "soon":
                return self.now.date() + timedelta(days=25)
            case "today":
                return local_date(self.now)
            case "check":
                return self.dice.choice(list(CheckKind))
            case "mode":
                return self.dice.choice(list(DeferralMode))
        return value

    def step(self) -> None:
        self.taken += 1
        dice = self.dice
        match dice.choices(("send", "wait", "look", "outside", "show"), (70, 12, 6, 4, 8))[0]:
            case "send":
                straight = self.onward() if dice.random() < 0.4 else None
                self.send(straight or self.any_command())
            case "wait":
                days = dice.choice([0, 1, 1, 2, 3, 5, 8, 8, 20, 30, 95, 400, 1100, 40_000])
                if self.now.year + days // 365 < 2199:
                    self.now += timedelta(days=days, hours=dice.randrange(24))
                self.let_time_pass()
            case "look":
                self.look(any_in_force(dice, self.now))
            case "outside":
                if self._open().is_open:
                    self.apply(any_answer(dice, self))
            case "show":
                self.show()


def any_in_force(dice: Random, now: datetime) -> InForce:
    """Orders: the door refuses days that no calendar of the register has, and no others."""

    def near() -> date:
        day = now.date() + timedelta(days=round(dice.gauss(0, 120)))
        return day if dice.random() < 0.9 else dice.choice([date(2022, 1, 1), date(2060, 12, 31)])

    stops = []
    for number in range(dice.choice([0, 1, 1, 3])):
        first = near()
        lifted = None if dice.random() < 0.3 else max(first, near())
        clocks = dice.choice(list(Stopped))
        stops.append(
            Suspension(
                id=f"o-{number}", first_on=first, lifted_on=lifted, reason="封控", clocks=clocks
            )
        )
    absent = tuple(dice.sample(["officer-a", "specialist-a", "supervisor-a", "reviewer-a"], 2))
    return InForce(
        version=dice.randrange(9), suspensions=tuple(stops), absent=absent if stops else ()
    )


def any_answer(dice: Random, course: Course) -> EventBody:
    """What the outside answers, and what a workflow notes by itself."""
    match course.kind:
        case CaseKind.VISITS if dice.random() < 0.7:
            names = [f"{course.policy.district}-R-{n}" for n in range(dice.randrange(4))]
            visits = tuple(Visit(request=name, talent=f"t-{name}") for name in names)
            return SampleDrawn(population=len(names), visits=visits)
        case CaseKind.INCOMING_MAIL if dice.random() < 0.9:
            mail = cast("IncomingMail", course._open())
            code = "" if dice.random() < 0.7 else "CHANNEL_CLOSED"
            for number in sorted(mail.wanted, key=lambda _: dice.random()):
                answer = tried(mail, number, "" if code else "310112-X", code, "此渠道暂停")
                if answer is not None:
                    return answer
        case CaseKind.PARCEL if dice.random() < 0.9:
            parcel = cast("Parcel", course._open())
            code = "" if dice.random() < 0.5 else "CASE_NOT_FOUND"
            said = placed(parcel, parcel.tries, "" if code else "310112-X", code, "没有此件")
            if said is not None:
                return said
        case CaseKind.TALENT_CYCLE if dice.random() < 0.7:
            return DataChecked(checks=(course.maker.message(DataCheck),))
    if dice.random() < 0.5:
        return TroubleMet(effect="notice", code="RECIPIENT_REFUSED")
    return MessageRefused(message="x", code="UNREADABLE", reason="无法读取")


# --- how cases of each kind begin ----------------------------------------------------------

POSTS = {role: Post(holder=f"{role}-a", backup=f"{role}-b") for role in Role}


_OFTEN = {CaseKind.APPLICATION: 6, CaseKind.REQUEST: 3, CaseKind.VISITS: 1}
"""How often a kind is begun; any other: twice."""


def any_course(seed: int, kind: CaseKind | None = None) -> Course | None:
    """A case that has just begun, of that kind or of any; None if its opening was refused."""
    dice = Random(seed)
    for _ in range(4):
        if course := _begun(dice, kind):
            return course
    return None


OFTEN = {CaseKind.APPLICATION: 6, CaseKind.REQUEST: 3, CaseKind.VISITS: 1}
"""How often a kind comes, where not like the others."""


def _begun(dice: Random, kind: CaseKind | None) -> Course | None:
    kind = kind or dice.choices(list(CaseKind), [OFTEN.get(each, 2) for each in CaseKind])[0]
    year = dice.choice([2022, 2025, 2026, 2026, 2026, 2028, 2061])
    now = datetime(year, 1, 1, 2, tzinfo=UTC)
    now += timedelta(hours=dice.randrange(24 * 365))
    posts = POSTS if dice.random() < 0.8 else dict(dice.sample(sorted(POSTS.items()), 2))
    try:
        course, opening = OPENINGS[kind](dice, now, posts)
    except (CatalogueError, DomainError):
        return None  # nothing is offered there on that day
    try:
        with never_breaks("opening", course, None, may_refuse=True):
            first = opening()
    except DomainError:
        return None
    course.apply(replace(first, by_date=True))
    return course


Opened = tuple[Course, Callable[[], Any]]


def _received(dice: Random, now: datetime) -> datetime:
    return now if dice.random() < 0.97 else an_instant(dice, now)


def _calendar(dice: Random, now: datetime) -> WorkingCalendar:
    first = dice.choice([2022, 2026, max(2022, min(now.year - 1, 2058))])
    years = dice.choice([0, 1, 3, 7])
    excerpt = tuple(year for year in CALENDAR.years if first <= year.year < first + years)
    return WorkingCalendar(excerpt)


def _common(policy: Any, posts: Mapping[Role, Post], dice: Random, now: datetime) -> dict[str, Any]:
    return {
        "case_no": f"{policy.district}-TEST-0000-0001",
        "district": policy.district,
        "source": "test",
        "reference": "T-1",
        "content": "",
        "item": policy,
        "office": "人才服务中心",
        "channel": "online",
        "posts": dict(posts),
        "received_at": _received(dice, now),
    }


def _application(dice: Random, now: datetime, posts: Mapping[Role, Post]) -> Opened:
    item = CATALOGUE.resolve(dice.choice(ITEMS), dice.choice(DISTRICTS), local_date(now))
    calendar = _calendar(dice, now)
    if dice.random() < 0.7:
        measures: tuple[Measure, ...] | None = None
    else:
        measures = tuple(
            Measure(effect=e, reference="公告", mark=item.green.mark, since=date(2020, 1, 1), id=e)
            for e in ("PAPER_NO_LIMIT", "PAPER_DEFERRED", "NO_ARCHIVE_CALL")
        )

    def facts(**known: Any) -> ApplicationFacts:
        return ApplicationFacts(barred=dice.random() < 0.05, measures=measures, **known)

    course = Course(dice, CaseKind.APPLICATION, item, calendar, now, facts)
    codes = sorted(item.material_names)
    have = dice.sample(codes, dice.randrange(len(codes) + 1)) if codes else []
    materials = tuple(
        ReceivedMaterial(code=code, form=dice.choice(list(MaterialForm))) for code in have
    )
    common = _common(item, posts, dice, now)
    return course, lambda: StartApplication(
        subject="",
        calendar=calendar,
        claims=_claims(dice, now),
        materials=materials,
        entitled_on=None if dice.random() < 0.6 else a_day(dice, now),
        **common,
    ).first_event(now)


def _claims(dice: Random, now: datetime) -> dict[str, Claim]:
    """What passes a form that checks nothing: any fact with any value."""
    names = dice.sample(sorted(CATALOGUE.facts()), dice.randrange(len(CATALOGUE.facts()) + 1))

    def value() -> Claim:
        texts = [a_day(dice, now).isoformat(), "20260101", "2026-W01-1", *dice.sample(ODD_TEXTS, 2)]
        values: list[Claim] = [True, True, False, *texts, dice.choice(ODD_NUMBERS), 20260101]
        return dice.choice(values)

    if dice.random() < 0.5:
        names = sorted(CATALOGUE.facts())
        plain: dict[str, Claim] = dict.fromkeys(names, True)
        return plain | {
            "self_score": 130,
            "permit_expires_on": f"{a_day(dice, now)}",
            "permit_renewed_on": f"{a_day(dice, now)}",
        }
    return {name: value() for name in [*names, dice.choice(ODD_TEXTS)]}


def _cycle(kind: CycleKind) -> Callable[[Random, datetime, Mapping[Role, Post]], Opened]:
    case_kind = CaseKind.TALENT_CYCLE if kind is CycleKind.TALENT else CaseKind.PERMIT_CYCLE

    def opened(dice: Random, now: datetime, posts: Mapping[Role, Post]) -> Opened:
        place = PLATFORMS if kind is CycleKind.TALENT else DISTRICTS
        policy = SERVICES.cycle(kind, dice.choice(place), local_date(now))
        calendar = _calendar(dice, now)
        facts = CycleFacts if dice.random() < 0.5 else _following(policy)
        course = Course(dice, case_kind, policy, calendar, now, facts)
        starts = a_day(dice, now) if dice.random() < 0.5 else now.date()
        common = _common(policy, posts, dice, now)
        ends = dice.choice([None, a_day(dice, now), now.date() + timedelta(days=200)])
        return course, lambda: StartCycle(
            calendar=calendar,
            starts_on=starts,
            ends_on=None if kind is CycleKind.TALENT and dice.random() < 0.9 else ends,
            letter=dice.choice([None, *TalentClass]),
            score=dice.choice([None, *ODD_NUMBERS]),
            employer_code="91310106MA1FY7XX05",
            credential=Credential(kind=CredentialKind.CODE, code="x", issued_on=starts),
            points=dice.choice(list(Points)),
            **common,
        ).first_event(now)

    return opened


def _following(policy: Any) -> Callable[..., CycleFacts]:
    return lambda **known: CycleFacts(following=policy, **known)


def _request(dice: Random, now: datetime, posts: Mapping[Role, Post]) -> Opened:
    place = dice.choice(PLATFORMS)
    rule = SERVICES.rule(dice.choice(LIST), place, local_date(now))
    calendar = _calendar(dice, now)
    course = Course(dice, CaseKind.REQUEST, rule, calendar, now, RequestFacts)
    bodies = tuple(
        Body(level=level, code=code, name="机构", liaison=Post(holder=f"{code}-a"))
        for level in Level
        for code in ("education", "housing")
        if dice.random() < 0.8
    )
    standing = Standing(
        talent="T-1",
        status=dice.choice(list(StandingStatus)),
        letter=dice.choice([None, *TalentClass]),
        version=dice.randrange(3),
    )
    levels = {level: Post(holder=f"{level}-a", backup=f"{level}-b") for level in Level}
    supervisor = {Role.SUPERVISOR: Post(holder="supervisor-a")}
    common = _common(rule, supervisor, dice, now)
    have = [r.code for r in rule.materials if dice.random() < 0.5]
    return course, lambda: StartRequest(
        calendar=calendar,
        mode=dice.choice(list(Mode)),
        need=dice.choice(ODD_TEXTS),
        materials=tuple(ReceivedMaterial(code=c, form=MaterialForm.ELECTRONIC) for c in have),
        standing=standing,
        bodies=bodies,
        specialists=levels if dice.random() < 0.8 else {},
        **common,
    ).first_event(now)


def _rating(dice: Random, now: datetime, posts: Mapping[Role, Post]) -> Opened:
    policy = SERVICES.ratings(dice.choice(PLATFORMS), local_date(now))
    course = Course(dice, CaseKind.RATING, policy, _calendar(dice, now), now, RatingFacts)
    common = _common(policy, posts, dice, now)
    return course, lambda: StartRating(
        calendar=course.calendar,
        rated_item="SVC_SCHOOL",
        rated_item_name="子女入学",
        rated="x",
        grade=dice.choice(list(Grade)),
        named=dice.random() < 0.5,
        comment=dice.choice(ODD_TEXTS),
        **common,
    ).first_event(now)


def _visits(dice: Random, now: datetime, posts: Mapping[Role, Post]) -> Opened:
    policy = SERVICES.visits(dice.choice(PLATFORMS), local_date(now))
    course = Course(dice, CaseKind.VISITS, policy, _calendar(dice, now), now, RoundFacts)
    common = _common(policy, posts, dice, now)
    quarters = ["2026Q4", f"{now.year}Q{(now.month + 2) // 3}", "0000Q1", "9999Q4", "2026Q5", "x"]
    return course, lambda: StartRound(
        calendar=course.calendar, quarter=dice.choice(quarters), **common
    ).first_event(now)


def _ticket(dice: Random, now: datetime, posts: Mapping[Role, Post]) -> Opened:
    policy = SERVICES.of_kind(CaseKind.TICKET, dice.choice(PLATFORMS), local_date(now))
    course = Course(dice, CaseKind.TICKET, policy, _calendar(dice, now), now, Occasion)
    common = _common(policy, posts, dice, now)
    caller = dice.choice([None, Party(name="张三", phone="13800000000")])
    return course, lambda: StartTicket(
        calendar=course.calendar,
        came_by=dice.choice(list(TicketSource)),
        subject_matter=dice.choice(ODD_TEXTS),
        about=dice.choice(["", "x"]),
        **common | {"applicant": caller},
    ).first_event(now)


def _mail(dice: Random, now: datetime, posts: Mapping[Role, Post]) -> Opened:
    policy = SERVICES.of_kind(CaseKind.INCOMING_MAIL, dice.choice(PLATFORMS), local_date(now))
    course = Course(dice, CaseKind.INCOMING_MAIL, policy, _calendar(dice, now), now, Occasion)
    persons = tuple(
        MailPerson(
            number=number,
            name=dice.choice(["张三", *ODD_TEXTS]),
            item=dice.choice([*ITEMS, *ODD_TEXTS]),
            id_number=dice.choice(["", "310101199003071230", *ODD_TEXTS]),
            files=(MailFile(number=number, name=dice.choice(ODD_TEXTS), sha256="a" * 64),),
            online_only=dice.random() < 0.2,
        )
        for number in range(1, 1 + dice.choice([0, 1, 1, 2, 4]))
    )
    found = (Finding(code="UNKNOWN_FORM", detail=dice.choice(ODD_TEXTS)),)
    mail = MailForm(
        mailbox="points",
        verdict=dice.choice(list(MailVerdict)),
        nature=dice.choice(list(Nature)),
        subject=dice.choice(ODD_TEXTS),
        text=dice.choice(ODD_TEXTS),
        persons=persons,
        faults=found,
        doubts=found,
    )
    raw = ReceivedMaterial(code=RAW, form=MaterialForm.ELECTRONIC, sha256="b" * 64)
    common = _common(policy, posts, dice, now)
    return course, lambda: StartIncomingMail(
        calendar=course.calendar,
        mail=mail,
        materials=dice.choice([(), (raw,)]),
        **common,
    ).first_event(now)


def _parcel(dice: Random, now: datetime, posts: Mapping[Role, Post]) -> Opened:
    policy = SERVICES.of_kind(CaseKind.PARCEL, dice.choice(PLATFORMS), local_date(now))
    course = Course(dice, CaseKind.PARCEL, policy, _calendar(dice, now), now, Occasion)
    parcel = ParcelForm(
        courier=dice.choice(["EMS", *ODD_TEXTS]),
        arrived_on=dice.choice([None, local_date(now), local_date(now) - timedelta(days=3)]),
        remark=dice.choice(ODD_TEXTS),
        clue=dice.choice(ODD_TEXTS),
        contents=dice.choice([(), ("复印件", "申请表")]),
    )
    common = _common(policy, posts, dice, now)
    return course, lambda: StartParcel(
        calendar=course.calendar, parcel=parcel, **common
    ).first_event(now)


def _appointment(dice: Random, now: datetime, posts: Mapping[Role, Post]) -> Opened:
    today = local_date(now)
    policy = cast(
        "AppointmentPolicy",
        SERVICES.of_kind(CaseKind.APPOINTMENT, dice.choice(PLATFORMS), today),
    )
    course = Course(dice, CaseKind.APPOINTMENT, policy, _calendar(dice, now), now, Occasion)
    common = _common(policy, posts, dice, now)
    walk_in = dice.random() < 0.2
    form = AppointmentForm(
        business=dice.choice(["points", "settlement", *ODD_TEXTS]),
        day=None if walk_in else today + timedelta(days=dice.choice([0, 0, 1, 3, 7, 11])),
        at="" if walk_in else "09:00",
        walk_in=walk_in,
        about=dice.choice(["", "x"]),
    )
    session = None if walk_in else dice.choice(policy.sessions)
    return course, lambda: StartAppointment(
        calendar=course.calendar, form=form, session=session, **common
    ).first_event(now)


def _walkthrough(dice: Random, now: datetime, posts: Mapping[Role, Post]) -> Opened:
    policy = SERVICES.of_kind(CaseKind.WALKTHROUGH, dice.choice(PLATFORMS), local_date(now))
    course = Course(dice, CaseKind.WALKTHROUGH, policy, _calendar(dice, now), now, Occasion)
    common = _common(policy, posts, dice, now)
    form = WalkthroughForm(
        leader=dice.choice(["副局长", *ODD_TEXTS]),
        role=dice.choice(list(WalkRole)),
        mode=dice.choice(list(WalkMode)),
        way=dice.choice(list(WalkWay)),
        walked_item=dice.choice(["职业介绍", *ODD_TEXTS]),
        walked_on=a_day(dice, now),
        window_handy=dice.choice([None, *range(1, 6)]),
        note=dice.choice(ODD_TEXTS),
    )
    return course, lambda: StartWalkthrough(
        calendar=course.calendar, form=form, **common
    ).first_event(now)


def _wage(dice: Random, now: datetime, posts: Mapping[Role, Post]) -> Opened:
    today = local_date(now)
    policy = SERVICES.of_kind(CaseKind.WAGE, dice.choice(PLATFORMS), today)
    course = Course(dice, CaseKind.WAGE, policy, _calendar(dice, now), now, Occasion)
    return course, lambda: StartWageComplaint(
        calendar=course.calendar,
        statement=dice.choice(ODD_TEXTS),
        owed=dice.choice([1, 812_000, 2_000_000_000]),
        last_unpaid_on=dice.choice([today, today, today - timedelta(days=800), a_day(dice, now)]),
        employer_name=dice.choice(["", "某某公司", "某某公司", *ODD_TEXTS]),
        worksite=dice.choice(["", "", "310106", policy.district]),
        **_common(policy, posts, dice, now),
    ).first_event(now)


OPENINGS: dict[CaseKind, Callable[[Random, datetime, Mapping[Role, Post]], Opened]] = {
    CaseKind.APPLICATION: _application,
    CaseKind.TALENT_CYCLE: _cycle(CycleKind.TALENT),
    CaseKind.PERMIT_CYCLE: _cycle(CycleKind.PERMIT),
    CaseKind.REQUEST: _request,
    CaseKind.RATING: _rating,
    CaseKind.VISITS: _visits,
    CaseKind.TICKET: _ticket,
    CaseKind.INCOMING_MAIL: _mail,
    CaseKind.APPOINTMENT: _appointment,
    CaseKind.WALKTHROUGH: _walkthrough,
    CaseKind.WAGE: _wage,
    CaseKind.PARCEL: _parcel,
}


def play(seed: int, inputs: int) -> int:
    """Throw about ``inputs`` inputs at cases of all kinds; returns how many there were.

    Raises ``UnsoundError`` where a rule broke.
    """
    dice, thrown = Random(seed), 0
    while thrown < inputs:
        course = any_course(dice.randrange(2**48))
        thrown += 1
        if course is None:
            continue
        for _ in range(min(dice.choice([5, 20, 60]), inputs - thrown)):
            course.step()
            thrown += 1
        course.show()
    return thrown
