"""Courses of cases that remember by which ways they went from stage to stage."""

from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, cast

from casework.domain.case.commands import (
    TOGETHER,
    CorrectFact,
    Fault,
    ProposeTakingBack,
    ReceivedMaterial,
)
from casework.domain.case.events import Event, EventBody, TimeNoted
from casework.domain.case.facts import CLOCKWORK, ORDERS, Actor
from casework.domain.case.kind import kind_of_case
from casework.domain.case.passing_time import first_due, tick
from casework.domain.case.procedure import consequence, evolve
from casework.domain.case.state import Case
from casework.domain.kinds.application.commands import (
    BreachOutcome,
    DecideBreach,
    Deliver,
    OfferDeferral,
    PolicyMove,
)
from casework.domain.kinds.application.events import SamePersonFound
from casework.domain.kinds.application.measures import put_off
from casework.domain.kinds.application.state import (
    Application,
    ApplicationFacts,
    ApplicationStage,
    Line,
    LineStatus,
    OtherCase,
)
from casework.domain.kinds.appointment.commands import MoveAppointment
from casework.domain.kinds.appointment.state import Appointment, AppointmentStage
from casework.domain.kinds.cycle.state import Cycle, CycleStage
from casework.domain.kinds.incoming_mail.commands import RerouteMail, SortedPerson, SortMail
from casework.domain.kinds.incoming_mail.state import IncomingMail
from casework.domain.kinds.parcel.state import Parcel
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.request.commands import NoteStanding
from casework.domain.kinds.request.state import Request
from casework.domain.kinds.round.events import SampleDrawn
from casework.domain.kinds.round.state import RoundStage
from casework.domain.kinds.wage import commands as wages
from casework.domain.kinds.wage.state import WageComplaint, WageStage
from casework.domain.kinds.walkthrough.state import Walkthrough, WalkthroughStage
from casework.domain.policy import (
    Decider,
    DeferralMode,
    DeliveryMethod,
    Limit,
    LimitName,
    Mark,
    Measure,
    Role,
    Unit,
)
from casework.domain.talent import StandingStatus
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import Stopped, Suspension, due_on, kind_of
from casework.messages.cases import SENT_AS
from tests.domain.any_act import idle
from tests.domain.desk import CATALOGUE, JINGAN, open_desk
from tests.domain.hostile import BESIDE, ENDINGS, Course, any_answer, any_course
from tests.domain.test_procedure import HAVE, ITEMS

Way = tuple[str, str, str, str, str]
"""Kind, stage, what leads on (verb, end, event), its name, stage."""

OTHER = "310112-4A2J-5S06-9FJR"
_BEGUN_A_ROUND, _PLACES = 4, 40
_BEGUN = dict.fromkeys(CaseKind, 120) | {CaseKind.APPLICATION: 2_400}
ON_PAPER_ITEMS = tuple(
    code for code in ITEMS if CATALOGUE.resolve(code, JINGAN, date(2026, 9, 16)).needs_paper
)
SHOWN = Limit(
    unit=Unit.CALENDAR_DAYS,
    amount=7,
    reference="公示七日",
    mark=Mark.PROPOSAL,
    since=date(2020, 1, 1),
)
ON_PAPER = {"paper_package", "sealed_copies", "personnel_file"}
ANOTHER = "91500000MA5U4D9P8D"


def _sorted(case: IncomingMail, dice: Random) -> tuple[SortedPerson, ...]:
    """Everybody of a mail who is still to have a case, or one more, or one renewal alone."""
    opened = {each.number for each in case.attempts if each.case_no}
    whole: dict[str, Any] = {"name": "张三", "item": "PTS_NEW", "id_number": "310101199003071230"}
    there = [each for each in case.persons if each.number not in opened]
    online = [each for each in there if each.online_only]
    if online and dice.random() < 0.5:
        return (SortedPerson(person=online[0].number),)
    named = tuple(SortedPerson(person=each.number, **whole) for each in there)
    return named if named and dice.random() < 0.7 else (*named, SortedPerson(**whole))


@dataclass
class Watched(Course):
    """A course that plays what its stage table offers, and notes each way that the case goes."""

    seen: set[Way] = field(default_factory=set)
    hurries: bool = False
    """Whether nothing is asked of the case after an event, for the sake of going far."""

    def apply(
        self, body: EventBody, actor: Actor = CLOCKWORK, *, came_at: datetime | None = None
    ) -> None:
        if not self.hurries:
            super().apply(body, actor, came_at=came_at)
            return
        before = self.case
        number = before.seq + 1 if before else 1
        event = Event(seq=number, at=came_at or self.now, actor=actor, body=body)
        self.case = case = evolve(before, event)
        if (further := consequence(case, self.calendar)) is not None:
            self.apply(further, came_at=came_at)

    @property
    def stage(self) -> str:
        return self._open().stage

    def _note(self, before: str, what: str, name: str) -> None:
        if self.stage != before:
            self.seen.add((kind_of_case(self._open()).name, before, what, name, self.stage))

    def send(self, command: Any) -> None:
        before = self.stage
        super().send(command)
        verbs = kind_of_case(self._open()).verbs
        verb = next(name for name, each in verbs.items() if isinstance(command, each))
        self._note(before, "verb", verb)

    def let_time_pass(self) -> None:
        for _ in range(400):
            case, facts = self._open(), self.occasion(CLOCKWORK)
            moment = first_due(case, facts)
            if moment is None or not case.is_open:
                return
            before = case.stage.value
            self._pass_one()
            self._note(before, "end", kind_of(moment.clock.id))

    def _pass_one(self) -> None:
        came = tick(self._open(), self.occasion(CLOCKWORK))
        assert came is not None
        self.apply(came.body, came_at=came.at if self._open().by_date else None)

    def happen(self, body: EventBody) -> None:
        before = self.stage
        self.apply(body)
        self._note(before, "event", body.kind)

    # --- acts that the stage table offers -------------------------------------------------

    def act(self) -> None:
        """One act, more often than not one that leads on from the stage."""
        if not self.of_its_kind(self.dice.random()):
            self.of_any_kind(self.dice.random())

    def of_its_kind(self, lot: float) -> bool:
        """What has to come before some of the ways; whether there was anything."""
        case = self._open()
        if case.closing and not case.closing.proposed_by and lot < 0.8:
            self.send(ProposeTakingBack(actor=self.by(Role.SUPERVISOR), reason="误办结"))
        elif isinstance(case, Cycle) and case.stage is CycleStage.OBJECTION and lot < 0.4:
            self.send(self.meant("raise_objection"))
        elif isinstance(case, Appointment) and case.stage is AppointmentStage.BOOKED and lot < 0.2:
            self.close_window(case)
        elif isinstance(case, Application) and lot < 0.22:
            self.prepare(case)
        elif isinstance(case, Walkthrough) and case.is_open and lot < 0.4:
            self.send(self.meant(self.dice.choice(_of_a_walk(case))))
        elif isinstance(case, WageComplaint) and lot < 0.22:
            return self.inquire(case)
        else:
            return False
        return True

    def of_any_kind(self, lot: float) -> None:
        dice, case = self.dice, self._open()
        kind = kind_of_case(case)
        step = kind.step(case.stage)
        assert step is not None, f"{kind.name}: {case.stage} is in no row"
        if lot < 0.15:
            self.step()
        elif lot < 0.35 and case.running:
            self.wait_for_the_next()
        elif lot < 0.45 and case.is_open:
            answer = any_answer(dice, self)
            if not isinstance(answer, SampleDrawn) or case.stage is RoundStage.PLANNED:
                self.happen(answer)
        elif lot < 0.6 and (onward := self.onward()) is not None:
            self.send(onward)
        elif step.verbs and lot < 0.9:
            self.send(self.meant(dice.choice(sorted(step.verbs))))
        elif case.is_open:
            known = kind.verbs.keys() - ENDINGS - TOGETHER.keys() - step.verbs.keys()
            verbs = sorted(known - idle(self._open()))
            self.send(self.meant(dice.choice(verbs)))

    def owe(self) -> None:
        """Offer, consent and promise, where the item lets it."""
        for name in ("offer", "consent", "promise"):
            kind, role, given = BESIDE[name]
            given = {field: self._meant(value) for field, value in given.items()}
            self.send(kind(actor=self.by(role), **given))

    def wait_for_the_next(self) -> None:
        """Until the next clock of the case runs out, and a day more."""
        case = self._open()
        dates = [due for clock in case.running if (due := due_on(clock, self.calendar))]
        if dates:
            ahead = max((min(dates) - local_date(self.now)).days, 0)
            self.now += timedelta(days=ahead + self.dice.choice([0, 1, 5]))
        self.let_time_pass()

    def close_window(self, case: Appointment) -> None:
        """The case notes a suspension that closes the window on its day."""
        closure = Suspension(
            id="closed",
            first_on=case.day,
            lifted_on=case.day + timedelta(days=1),
            reason="封控",
            clocks=Stopped.APPLICANT,
            channels=("window",),
        )
        self.happen(TimeNoted(suspensions=(closure,), pinned=()))

    def prepare(self, case: Application) -> None:
        """What has to be there before some of the ways: another case, a measure that has come."""
        facts = self.occasion(CLOCKWORK)
        status = {line.status: line.material for line in case.lines}
        if LineStatus.BREACHED in status and self.dice.random() < 0.8:
            self.send(self.meant("decide_breach"))
        elif LineStatus.RECEIVED in status and self.dice.random() < 0.6:
            checked = self.meant("check_material")
            self.send(replace(checked, material=status[LineStatus.RECEIVED], in_order=True))
        elif not case.lines and self.dice.random() < 0.4:
            self.case = self.indebted(case)
        elif self.dice.random() < 0.4:
            other = OtherCase(case_no=OTHER, district="310112", stage=ApplicationStage.READY)
            self.happen(SamePersonFound(others=(other,)))
        elif isinstance(facts, ApplicationFacts) and case.stage is ApplicationStage.AWAIT_PAPER:
            self.happen(TimeNoted(suspensions=(), pinned=(self.measure(),)))
            if (body := put_off(self._open(), facts)) is not None:
                self.happen(body)

    def inquire(self, case: WageComplaint) -> bool:
        """What has to come before a complaint is decided or settled; whether there was anything."""
        if case.stage not in {WageStage.INVESTIGATION, WageStage.SETTLEMENT, WageStage.PAID}:
            return False
        if not case.inquiries:
            self.send(self.meant("record_inquiry"))
        elif not case.is_investigated:
            self.send(self.meant("confirm_inquiry"))
        elif case.stage is WageStage.INVESTIGATION and not case.sessions:
            self.send(self.meant("hold_session"))
        return True

    def measure(self) -> Measure:
        """A measure that defers paper, and came when the case was waiting for it."""
        return Measure(
            id="PAPER_DEFERRED.310106.1",
            effect="PAPER_DEFERRED",
            reference="公告",
            mark=Mark.SOURCE,
            since=local_date(self._open().stage_since),
        )

    def indebted(self, case: Application, status: LineStatus | None = None) -> Application:
        """The case with one debt, however it has come to stand as it does."""
        rule = self.dice.choice(self.policy.materials)
        statuses = (
            LineStatus.CONSENTED,
            LineStatus.OUTSTANDING,
            LineStatus.RECEIVED,
            LineStatus.BREACHED,
        )
        status = status or self.dice.choice(statuses)
        # What was not brought in time may have come since.
        came = status is LineStatus.RECEIVED or (
            status is LineStatus.BREACHED and self.dice.random() < 0.5
        )
        line = Line(
            material=rule.code,
            name=rule.name,
            mode=DeferralMode.RESULT_FIRST,
            status=status,
            reason="封控",
            received_on=local_date(self.now) if came else None,
        )
        about = Fault(code="MATERIAL_MISSING", about=rule.code, text="缺少材料")
        return replace(case, lines=(line,), noticed=(about,) if case.noticed else ())

    def by(self, role: Role, *, backup: bool = False) -> Actor:
        case = self._open()
        post = case.posts.get(role)
        code = (post.backup if backup else post.holder) if post else f"{role}-z"
        return Actor(code=code, role=role, district=case.district)

    def meant(self, verb: str) -> Any:
        """A command of that verb by somebody who may, about what the case knows."""
        case, dice = self._open(), self.dice
        command = kind_of_case(case).verbs[verb]
        role = dice.choice(sorted(command.roles))
        if verb == "take_back" and case.closing:
            role = case.closing.decider
        actor = self.by(role, backup=dice.random() < 0.5)
        made = self.maker.message(SENT_AS.get(command, command), actor=actor)
        plausible = self.plausible(case)
        given = {
            entry.name: plausible[entry.name]
            for entry in fields(made)
            if entry.name in plausible and dice.random() < 0.9
        }
        if isinstance(made, DecideBreach):
            given["outcome"] = dice.choice(list(BreachOutcome))
        if isinstance(made, Deliver):
            given["method"] = dice.choice(self.policy.delivery or list(DeliveryMethod))
        if isinstance(made, OfferDeferral):
            given["materials"] = self._meant("owed")
        if isinstance(made, CorrectFact) and case.dated:
            fact = dice.choice(case.dated)
            day = local_date(self.now) + timedelta(days=dice.choice([-1, 0, 200, 400]))
            given |= {"seq": fact.seq, "field": fact.field, "value": day}
        if isinstance(made, PolicyMove):
            return self.moved(made)
        given |= self._slot(made) | self._of_wages(made, case)
        if isinstance(made, RerouteMail):
            given |= {"mailbox": "education", "district": dice.choice(["", "310115"])}
        if isinstance(made, SortMail) and isinstance(case, IncomingMail):
            given["persons"] = _sorted(case, dice)
        if isinstance(made, NoteStanding) and isinstance(case, Request):
            status = dice.choice(list(StandingStatus))
            given["standing"] = replace(
                case.standing, status=status, version=case.standing.version + 1
            )
        return replace(made, **given)

    def _slot(self, made: Any) -> dict[str, Any]:
        """Where an appointment can be moved."""
        if not isinstance(made, MoveAppointment):
            return {}
        day = self.calendar.shift(local_date(self.now), self.dice.choice([1, 2, 3]))
        return {"day": day, "at": self.dice.choice(self.policy.sessions).at}

    def _of_wages(self, made: Any, case: Case) -> dict[str, Any]:
        """Payments that can be, and the second inspector."""
        if not isinstance(case, WageComplaint):
            return {}
        dice, today = self.dice, local_date(self.now)
        left = max(case.owed - case.paid, 1)
        match made:
            case wages.RecordInquiry():
                return {"second": "second"}
            case wages.ConfirmInquiry():
                second = Actor(code="second", role=Role.OFFICER, district=case.district)
                return {"number": len(case.inquiries), "actor": second}
            case wages.HoldSession():
                return {"held_on": today, "agreed": True, "pieces": ()}
            case wages.RecordSettlement():
                days = sorted(dice.sample(range(40), dice.choice([1, 2])))
                return {
                    "instalments": tuple(
                        wages.AgreedInstalment(
                            due_on=today + timedelta(days=day), amount=max(left // len(days), 1)
                        )
                        for day in days
                    )
                }
            case wages.NoteInstalment() if case.open_instalments:
                return {"number": case.open_instalments[0].number, "paid_on": today}
            case wages.NotePaid():
                return {"amount": left, "paid_on": today}
            case wages.ConfirmWages():
                return {"note": "没有收到"}
            case _:
                return {}

    def moved(self, made: PolicyMove) -> PolicyMove:
        """Newer policy that asks for less."""
        old = self.policy
        none = self.dice.random() < 0.5
        fewer = () if none else tuple(rule for rule in old.materials if self.dice.random() < 0.5)
        item = replace(
            old,
            materials=fewer,
            digest=f"{old.digest}+",
            resolved_on=old.resolved_on + timedelta(days=1),
        )
        return replace(made, actor=ORDERS, item=item, order=item.digest, reason="新政策")

    def plausible(self, case: Case) -> dict[str, Any]:
        today, dice = local_date(self.now), self.dice
        rules = getattr(self.policy, "materials", ())
        forms = {rule.code: rule.form for rule in rules}
        materials = tuple(ReceivedMaterial(code=code, form=form) for code, form in forms.items())
        lines = [line.material for line in getattr(case, "lines", ())]
        return {
            "reason": "有理由",
            "text": "履职良好",
            "note": "",
            "finding": "属实",
            "result": "已办妥",
            "to": "教育部门",
            "right_authority": "某区",
            "other": OTHER,
            "corrected": tuple(
                fault.about for fault in getattr(case, "faults", ()) if isinstance(fault, Fault)
            ),
            "materials": ("sealed_copies",) if isinstance(case, Parcel) else materials,
            "signed_on": today,
            "delivered_on": today,
            "arrived_on": today,
            "left_on": today,
            "changed_on": today,
            "renewed_on": today,
            "expires_on": today + timedelta(days=dice.choice([100, 300, 400])),
            "employer": ANOTHER,
            "material": dice.choice(lines) if lines else "none",
            "body": "",
        } | self.walked(case)

    def walked(self, case: Case) -> dict[str, Any]:
        """What there is to answer, and with what."""
        if not isinstance(case, Walkthrough):
            return {}
        codes = [each.finding for each in case.findings]
        return {
            "owner": self.dice.choice(["ja-o1", "ja-o2"]),
            "answers": tuple(codes),
            "finding": self.dice.choice(codes) if codes else "",
            "remedy": self.dice.choice([each.remedy for each in case.remedies] or [""]),
            "working_days": self.dice.choice([1, 5, 30]),
            "until": None,
            "files": (),
        }


def _of_a_walk(case: Walkthrough) -> tuple[str, ...]:
    """What is done next of findings and remedies, which are not stages of the case."""
    if case.stage is WalkthroughStage.REMEDIES:
        return "report_remedy", "verify_remedy", "withdraw_remedy"
    return ("set_remedy",) if case.findings else ("note_finding",)


def watched(kind: CaseKind, seed: int) -> Watched | None:
    """A case of that kind that has just begun; None if the dice open none."""
    application = kind is CaseKind.APPLICATION
    course = _application(Random(seed)) if application else any_course(seed, kind)
    if course is None:
        return None
    return Watched(**{entry.name: getattr(course, entry.name) for entry in fields(course)})


def _application(dice: Random) -> Course:
    """An application that can be granted, with most of its papers, or with few."""
    desk = open_desk(
        dice.choice(ITEMS if dice.random() < 0.6 else ON_PAPER_ITEMS),
        have=dice.choice(
            [
                HAVE,
                tuple(code for code in HAVE if code not in ON_PAPER),
                tuple(dice.sample(HAVE, len(HAVE) - 2)),
            ]
        ),
        claims={"permit_renewed_on": "2026-09-01"},
    )
    decider = dice.choice(list(Decider))
    return Course(
        dice=dice,
        kind=CaseKind.APPLICATION,
        policy=replace(
            desk.item,
            publicity=dice.random() < 0.5,
            decider=decider,
            limits={LimitName.PUBLICITY: SHOWN, **desk.item.limits},
            delivery=tuple(DeliveryMethod),
        ),
        calendar=desk.calendar,
        now=desk.now,
        facts_of=ApplicationFacts,
        case=desk.case,
    )


def ways_of(kind: CaseKind, seed: int, acts: int = 80) -> set[Way]:
    """The ways that one case goes in so many acts."""
    course = watched(kind, seed)
    if course is None:
        return set()
    course.dice = Random(seed)
    if isinstance(course.case, Application) and seed % 2:
        course.owe()
    for _ in range(acts):
        course.act()
    return course.seen


Place = tuple[Watched, Case, datetime, Any]
"""A course and where it stood: its state is a value, so that one can go on from there again."""


def explored(kind: CaseKind, wanted: set[Way], rounds: int) -> set[Way]:
    """The ways gone from stage to stage, each tried from places to which others had led."""
    dice, gone = Random(8), set[Way]()
    places: dict[str, list[Place]] = {}
    for number in range(rounds):
        first = number * _BEGUN_A_ROUND
        for seed in range(first, min(first + _BEGUN_A_ROUND, _BEGUN[kind])):
            if (course := watched(kind, seed)) is not None:
                course.dice, course.hurries = Random(seed), True
                _keep(places, course, dice)
        _stroll(places, dice, gone)
        for way in sorted(wanted - gone, key=str):
            _, stage, _, name, to = way
            for place in places.get(to if name == "take_back" else stage, ())[:]:
                course = _back_at(place)
                _try(course, way)
                if course.seen:
                    _keep(places, course, dice)
                gone |= course.seen
        if wanted <= gone:
            break
    return gone


def _stroll(places: dict[str, list[Place]], dice: Random, gone: set[Way]) -> None:
    """From a place of each stage, some acts as they come."""
    for stage in sorted(places):
        course = _back_at(dice.choice(places[stage]))
        for _ in range(dice.choice([1, 3, 8])):
            course.act()
        if course.seen or dice.random() < 0.2:
            _keep(places, course, dice)
        gone |= course.seen


def _keep(places: dict[str, list[Place]], course: Watched, dice: Random) -> None:
    here = places.setdefault(course.stage, [])
    if len(here) == _PLACES:
        here.pop(dice.randrange(_PLACES))
    here.append((course, course._open(), course.now, course.policy))


def _back_at(place: Place) -> Watched:
    course, case, now, policy = place
    course = replace(course, case=case, now=now, policy=policy, seen=set(), happened=[])
    free = isinstance(case, Application) and not any(line.is_open for line in case.lines)
    if isinstance(case, Application):  # who decides, and what is made public, leads another way
        course.policy = replace(
            policy,
            publicity=course.dice.random() < 0.5,
            decider=course.dice.choice(list(Decider)),
        )
    if isinstance(case, Application) and free and course.dice.random() < 0.3:
        course.case = course.indebted(case)
    return course


def _try(course: Watched, way: Way) -> None:
    _, stage, what, name, _ = way
    case = course.case
    assert case is not None
    if what == "end":
        course.wait_for_the_next()
    elif what == "event" and isinstance(case, Application):
        course.prepare(case)
    elif what == "event":
        course.happen(any_answer(course.dice, course))
    elif name == "take_back" and case.is_open:
        step = kind_of_case(case).step(case.stage)
        assert step is not None
        verbs = [verb for verb, to in step.verbs.items() if stage in to]
        if not verbs:
            course.wait_for_the_next()
        else:
            course.send(course.meant(course.dice.choice(verbs)))
        if course.stage == stage:
            course.send(ProposeTakingBack(actor=course.by(Role.SUPERVISOR), reason="误办结"))
            course.send(course.meant("take_back"))
    elif what == "verb":
        _make_ready(course, case, name)
        course.send(course.meant(name))


def _make_ready(course: Watched, case: Case, verb: str) -> None:
    """What has to be there before a verb can lead on."""
    if isinstance(case, WageComplaint):
        for _ in range(3):
            course.inquire(cast("WageComplaint", course._open()))
    if verb == "refuse_duplicate" and isinstance(case, Application):
        course.prepare(case)
    if verb == "decide_breach" and isinstance(case, Application) and not case.lines:
        course.case = course.indebted(case, LineStatus.BREACHED)
