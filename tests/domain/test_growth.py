"""Cases grown to their limits through every verb: bounded, answering, and able to end."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from pydantic_core import PydanticSerializationError

from casework.domain.bounds import require_bounded
from casework.domain.case import guards
from casework.domain.case.commands import Command, ReceivedMaterial
from casework.domain.case.events import Event
from casework.domain.case.facts import Actor
from casework.domain.case.guards import BEYOND, FROM_OFFICERS, FROM_OUTSIDE, MOST, require_room
from casework.domain.case.procedure import decide, evolve
from casework.domain.case.state import Case
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import (
    Accept,
    Decision,
    Deliver,
    MaterialsReceived,
    PreReview,
    PreReviewOutcome,
    ReportUp,
    Review,
    SuperiorDecision,
)
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.kinds.round.commands import RecordVisit
from casework.domain.kinds.round.events import SampleDrawn
from casework.domain.kinds.round.procedure import MOST_VISITS
from casework.domain.kinds.round.state import Visit
from casework.domain.kinds.walkthrough.commands import ReportRemedy, SetRemedy
from casework.domain.policy import DeliveryMethod, MaterialForm, Role
from casework.messages.cases import SENT_AS, size_of
from tests.domain.desk import JINGAN, Desk, open_desk
from tests.domain.hostile import ENDINGS, POSTS, Course, any_course
from tests.domain.largest import Largest

STEPS = 200
SMALL = 8 * 1024
TO_THE_ARCHIVE: tuple[tuple[type[Command], Role, dict[str, Any]], ...] = (
    (PreReview, Role.OFFICER, {"outcome": PreReviewOutcome.PASSED}),
    (Accept, Role.OFFICER, {}),
    (Review, Role.REVIEWER, {}),
    (ReportUp, Role.OFFICER, {}),
    (SuperiorDecision, Role.SUPERIOR, {"outcome": Decision.APPROVED}),
    (Deliver, Role.OFFICER, {"method": DeliveryMethod.SELF_PRINT}),
)
TOWARDS_THE_END: dict[CaseKind, tuple[str, ...]] = {
    CaseKind.APPLICATION: ("withdraw",),
    CaseKind.REQUEST: ("withdraw", "explain_need", "feed_back"),
}


def _is_sent(case: Case) -> bool:
    """Whether it could come over the wire: JSON has no half of a pair of surrogates."""
    try:
        return size_of(case) > 0
    except PydanticSerializationError:
        return False


def course_of(kind: CaseKind, seed: int) -> Course:
    """A case of that kind with officers, and with time ahead."""
    for number in range(seed * 1000, seed * 1000 + 1000):
        course = any_course(number)
        if course is not None and course.kind is kind and len(course.calendar.years) > 2:
            assert course.case is not None
            if course.case.is_open and course.case.posts and _is_sent(course.case):
                course.dice = Random(seed)
                return course
    raise AssertionError(kind)


class Growing:
    """A case that is sent what a workflow takes, each message as large as it may be."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.largest = 0
        self.codes: Counter[str] = Counter()

    @property
    def case(self) -> Any:
        return self.course.case

    def send(self, command: Command) -> str:
        """The code of the refusal, empty if the command was taken."""
        require_bounded(command)
        course = self.course
        try:
            require_room(command, size_of(self.case))
            bodies = decide(self.case, command, course.occasion(command.actor))
        except DomainError as refused:
            self.codes[refused.code] += 1
            return refused.code
        for body in bodies:
            course.apply(body, command.actor)
        self.largest = max(self.largest, size_of(self.case))
        return ""

    def send_any(self) -> None:
        course = self.course
        verbs = sorted(KINDS[course.kind].verbs.keys() - ENDINGS)
        straight = course.onward() if course.dice.random() < 0.3 else None
        self.send(straight or self.of(course.dice.choice(verbs)))

    def of(self, verb: str) -> Command:
        """That verb by somebody who may give it."""
        course, dice = self.course, self.course.dice
        command = KINDS[course.kind].verbs[verb]
        role = dice.choice(sorted(command.roles))
        post = self.case.posts.get(role)
        code = dice.choice([post.holder, post.backup]) if post else f"{role}"
        actor = Actor(code=code, role=role, district=self.case.district)
        maker = Largest(dice, course.now, self._meant())
        made: Command = maker.message(SENT_AS.get(command, command), actor=actor)
        return self._walked(made)

    def _walked(self, made: Command) -> Command:
        """A remedy has one limit, and answers what is there; evidence is named by digests."""
        if isinstance(made, SetRemedy):
            codes = tuple(each.finding for each in self.case.findings if not each.struck)
            return replace(made, answers=codes[:50], until=None, working_days=250)
        if isinstance(made, ReportRemedy):
            return replace(made, files=tuple(f"{number:064x}" for number in range(10)))
        return made

    def _meant(self) -> dict[str, tuple[Any, ...]]:
        case, policy = self.case, self.course.policy
        lines = tuple(line.material for line in getattr(case, "lines", ()))
        codes = tuple(rule.code for rule in getattr(policy, "materials", ())) + lines
        return {
            "code": codes,
            "about": codes,
            "material": lines,
            "materials": codes,
            "evidence": ("加急申请", "情况说明"),
            "task": tuple(task.id for task in case.open_tasks),
            "card": tuple(card.id for card in case.cards if card.cleared_at is None),
            "to": tuple(post.backup for post in case.posts.values() if post.backup),
            "role": tuple(case.posts),
            "to_district": ("310104", "310115", "500112", "500103"),
            "posts": (POSTS,),
            "through": ("",),
            "body": tuple(body.id for body in getattr(case, "bodies", ())),
            "request": tuple(visit.request for visit in getattr(case, "visits", ())),
            "employer": ("91310106MA1FY7XX05", "91310106MA1FY7XX13"),
            "field": tuple(fact.field for fact in case.dated),
            "seq": tuple(fact.seq for fact in case.dated),
            "score": (1, 500),
            "finding": tuple(each.finding for each in getattr(case, "findings", ())),
            "remedy": tuple(each.remedy for each in getattr(case, "remedies", ())),
        } | self._contacts()

    def _contacts(self) -> dict[str, tuple[Any, ...]]:
        known = tuple(contact.outreach for contact in getattr(self.case, "contacts", ()))
        return {"outreach": known} if len(known) > 5 else {}

    def wait(self) -> None:
        self.course.now += timedelta(days=self.course.dice.choice([0, 1, 1, 3, 10]))
        self.course.let_time_pass()
        self.largest = max(self.largest, size_of(self.case))

    def end(self) -> bool:
        """Whether it can be closed now, however full it is."""
        for verb in TOWARDS_THE_END.get(self.course.kind, ()):
            for _ in range(20):
                if not self.case.is_open:
                    return True
                self.send(self.of(verb))
        return not self.case.is_open


@pytest.mark.parametrize("kind", CaseKind)
def test_case_grows_by_little_once_it_is_full(
    kind: CaseKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With small limits, so that all that comes after is what a full case still takes."""
    monkeypatch.setattr(guards, "FROM_OUTSIDE", SMALL)
    monkeypatch.setattr(guards, "FROM_OFFICERS", SMALL)
    for seed in range(2):
        growing = Growing(course_of(kind, seed))
        for number in range(STEPS):
            growing.send_any()
            if number % 15 == 14:
                growing.wait()
        assert growing.largest <= SMALL + BEYOND
        if kind in TOWARDS_THE_END:
            assert growing.end(), growing.codes


def bring(desk: Desk, role: Role, number: int) -> None:
    """Two hundred scans of one material, of which no two are alike."""
    scans = tuple(
        ReceivedMaterial(
            code="labour_contract", form=MaterialForm.ELECTRONIC, sha256=f"{number * 200 + n:064x}"
        )
        for n in range(200)
    )
    actor = Actor(code=f"{role}", role=role, district=JINGAN)
    command = MaterialsReceived(actor=actor, materials=scans)
    require_bounded(command)
    require_room(command, size_of(desk.case))
    desk.do(MaterialsReceived, role, materials=scans)


def fill(desk: Desk, role: Role, numbers: range) -> str:
    """The code with which the first of many messages is refused."""
    for number in numbers:
        try:
            bring(desk, role, number)
        except DomainError as refused:
            return refused.code
    return ""


def test_a_case_full_of_scans_still_takes_paper_at_the_counter_and_is_decided() -> None:
    desk = open_desk()
    assert fill(desk, Role.SYSTEM, range(100)) == "CASE_FULL"
    assert FROM_OUTSIDE < size_of(desk.case) < FROM_OUTSIDE + 64 * 1024
    bring(desk, Role.OFFICER, 100)
    assert fill(desk, Role.OFFICER, range(101, 200)) == "CASE_FULL"
    assert FROM_OFFICERS < size_of(desk.case) < FROM_OFFICERS + 64 * 1024
    for command, role, given in TO_THE_ARCHIVE:
        who = Actor(code=f"{role}", role=role, district=JINGAN)
        require_room(command(actor=who, **given), size_of(desk.case))
        desk.do(command, role, **given)
    assert not desk.case.is_open
    assert size_of(desk.case) < MOST


def test_a_round_of_visits_has_room_for_every_answer() -> None:
    dice = Random(0)
    drawn = tuple(
        Visit(request=f"500112-{n:04}-0000-0000", talent=f"500112-{n:04}-0000-0001")
        for n in range(MOST_VISITS)
    )
    course = course_of(CaseKind.VISITS, 0)
    course.apply(SampleDrawn(population=10 * MOST_VISITS, visits=drawn))
    case = course.case
    assert case is not None
    actor = Actor(code="cq-t1", role=Role.SPECIALIST)
    for visit in drawn:
        given = {"actor": actor, "request": visit.request, "reached": True}
        command = Largest(dice, course.now, {}).message(RecordVisit, **given)
        require_room(command, MOST)
        for body in decide(case, command, course.occasion(actor)):
            event = Event(seq=case.seq + 1, at=course.now, actor=actor, body=body)
            case = evolve(case, event)
    assert not case.is_open
    assert size_of(case) < MOST
