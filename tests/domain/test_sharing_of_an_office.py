"""Never a holder who may not: whole offices by the pure rules, whatever happens in whatever order.

Cases are opened, acted upon, claimed, given back and reassigned; people fall ill, join, leave and
declare relations; days pass. After each of these, and at each choice, nobody has what they may not.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from itertools import count
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bench.cases import Office
from casework.domain.case.commands import Claim, Command, GiveBack, Reassign
from casework.domain.case.facts import Actor
from casework.domain.case.guards import barred_from
from casework.domain.case.state import Case, Task, TaskKind
from casework.domain.kinds.application.commands import Accept, PreReview, PreReviewOutcome, Review
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.policy import Role
from casework.domain.sharing import Bar, SharingRule, Way
from casework.domain.staff import StaffPost
from casework.domain.time.calendar import local_date
from casework.messages.absences import StartAbsence
from casework.messages.cases import InForceQuestion
from casework.messages.sharing import ShareAnswer, ShareQuestion
from casework.rehearsal.engine import Declared, PlayedCase
from casework.rehearsal.pure.engine import PureEngine
from casework.rehearsal.registry import Registry
from tests.domain.desk import JINGAN, at
from tests.examples import examples

BEGINS = at("2026-09-16")
PARTIES = ("s-1", "s-2", "s-3")
SHARED = (Role.OFFICER, Role.REVIEWER)
WATCHING = {Role.HEAD: ("h1",), Role.SUPERVISOR: ("v1", "v2"), Role.SUPERIOR: ("u1", "u2")}
CLERKS = ("a", "b", "c", "d", "e")


@cache
def registry() -> Registry:
    return Registry.load()


@cache
def template() -> StartApplication:
    return Office(client=None, task_queue="", run="office").opening(1)  # type: ignore[arg-type]


class Watched(PureEngine):
    """Looks at each choice when it is made."""

    def share(self, question: ShareQuestion) -> ShareAnswer:
        has = Counter(
            task.holder
            for state, _ in self._all()
            if state.case_no != question.case_no
            for task in state.open_tasks
        )
        absent = set(self._rules.absent(question.on))
        answer = super().share(question)
        for role, choice in answer.choices.items():
            passed = {each.person: each.bar for each in choice.passed}
            assert not {choice.holder, choice.backup} & {*answer.apart}
            if not choice.holder:
                continue
            assert choice.holder not in passed
            assert choice.holder != choice.backup
            others = [c.holder for r, c in answer.choices.items() if r is not role]
            assert choice.holder not in others
            rule = question.rules.get(role, SharingRule())
            able = [
                post
                for post in self._sharing.posts
                if post.role is role
                and post.holds_on(question.on)
                and post.covers(item=question.item, office=question.office)
            ]
            held = [post for post in able if post.person == choice.holder]
            if choice.way is Way.FIXED or role not in SHARED or not able:
                continue  # whoever the case names has it where nobody else does that work
            assert held
            assert choice.holder not in absent
            if choice.way is Way.BY_SKILL:
                assert any({*rule.skills} & {*post.skills} for post in held)
            if rule.cap and not choice.remark:
                assert has[choice.holder] < rule.cap
            for person, bar in passed.items():
                assert bar is not Bar.RELATED or person in answer.apart
        return answer


@dataclass
class Hall:
    """An office and the dice that say what happens there next."""

    dice: Random
    rules: dict[Role, SharingRule]
    engine: Watched = field(default_factory=lambda: Watched(registry(), BEGINS))
    cases: list[PlayedCase] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def today(self) -> date:
        return local_date(self.engine.time)

    def states(self) -> list[Case]:
        found = [self.engine._cases[each.case_no].case for each in self.cases]
        return [case for case in found if case.is_open]

    async def opened(self) -> None:
        for role, people in WATCHING.items():
            await self.hire(*(self.post(person, role, rank) for rank, person in enumerate(people)))
        await self.hire(*(self.clerk(person) for person in CLERKS))
        await self.hire(self.post("r", Role.REVIEWER, 9), self.post("q", Role.REVIEWER, 9))

    def post(self, person: str, role: Role, rank: int = 1, **said: Any) -> StaffPost:
        place = {"city": "310000", "district": "" if role is Role.SUPERIOR else JINGAN}
        row: dict[str, Any] = place | {"since": self.today, "rank": rank} | said
        return StaffPost(id=f"{person}-{role}", person=person, role=role, **row)

    def clerk(self, person: str) -> StaffPost:
        said: dict[str, Any] = {
            "items": self.dice.choice([(), (), ("PTS_NEW",), ("HJ_RES",)]),
            "skills": self.dice.choice([(), ("PTS_NEW",)]),
            "team": self.dice.choice(["", "T1", "T1"]),
            "share": self.dice.choice([50, 100]),
        }
        return self.post(person, self.dice.choice([Role.OFFICER] * 3 + [Role.REVIEWER]), **said)

    async def hire(self, *posts: StaffPost) -> None:
        await self.engine.staff(posts, ())

    async def happen(self) -> None:
        await self.dice.choice(
            [
                self.open,
                self.open,
                self.open,
                self.work,
                self.work,
                self.work,
                self.claim,
                self.give,
                self.fall_ill,
                self.declare,
                self.leave_or_join,
                self.wait,
            ]
        )()
        await self.engine.come_to_rest()

    async def open(self) -> None:
        number = next(self.numbers)
        subject, employer = self.dice.choice(PARTIES), self.dice.choice(("", *PARTIES))
        start = replace(
            template(),
            case_no=f"{JINGAN}-TEST-0000-{number:04}",
            reference=f"r-{number}",
            subject=subject,
            employer_subject=employer,
            received_at=None,
            share_out=True,
            by_date=True,
            sharing=self.rules,
        )
        known = InForceQuestion(
            case_no=start.case_no,
            district=start.district,
            office=start.office,
            item=start.item.code,
            received_on=self.today,
            on=self.today,
            calendar_version=-1,
        )
        start = replace(start, in_force=await self.engine.in_force(known))
        self.cases.append(PlayedCase.of(start, f"{number}", {}))
        await self.engine.submit(start)

    async def do(self, case: Case, verb: str, command: Command) -> None:
        """Whatever is refused changes nothing."""
        played = next(each for each in self.cases if each.case_no == case.case_no)
        await self.engine.do(played, verb, command)

    def task(self) -> tuple[Case, Task] | None:
        known = [(case, task) for case in self.states() for task in case.open_tasks]
        return self.dice.choice(known) if known else None

    async def work(self) -> None:
        if (found := self.task()) is None:
            return
        case, task = found
        who = Actor(code=task.holder or "a", role=task.role, district=JINGAN)
        match task.kind:
            case TaskKind.PRE_REVIEW:
                passed = PreReview(actor=who, outcome=PreReviewOutcome.PASSED)
                await self.do(case, "pre_review", passed)
            case TaskKind.ACCEPT:
                await self.do(case, "accept", Accept(actor=who))
            case TaskKind.REVIEW:
                await self.do(case, "review", Review(actor=who))

    async def claim(self) -> None:
        known = [(c, task) for c in self.states() for task in c.open_tasks if task.is_unclaimed]
        if known:
            case, task = self.dice.choice(known)
            posts = self.engine._sharing.posts
            team = [post.person for post in posts if post.team == task.team]
            named = self.dice.choice((*CLERKS, *team, *team))
            who = Actor(code=named, role=task.role, district=JINGAN)
            await self.do(case, "claim", Claim(actor=who, task=task.id))

    async def give(self) -> None:
        if (found := self.task()) is None:
            return
        case, task = found
        if task.team and task.holder and self.dice.random() < 0.5:
            who = Actor(code=task.holder, role=task.role, district=JINGAN)
            await self.do(case, "give_back", GiveBack(actor=who, task=task.id, reason="外出"))
            return
        by = case.posts[Role.SUPERVISOR].holder
        named = self.dice.choice((*CLERKS, "r", "q", by))
        command = Reassign(
            actor=Actor(code=by, role=Role.SUPERVISOR, district=JINGAN),
            role=self.dice.choice(SHARED),
            to=named,
            reason="改派",
        )
        if named not in self.absent():  # whoever asks is told so at the door
            await self.do(case, "reassign", command)

    async def fall_ill(self) -> None:
        who = self.dice.choice((*CLERKS, "r", "q", "v1", "h1"))
        last = self.today + timedelta(days=self.dice.randint(1, 9))
        await self.engine.absence(
            StartAbsence(
                id=f"away-{next(self.numbers)}",
                officer=who,
                first_on=self.today,
                last_on=last,
                reason="病假",
                recorded_by=Actor(code="v1", role=Role.SUPERVISOR, district=JINGAN),
            )
        )

    async def declare(self) -> None:
        who = self.dice.choice((*CLERKS, "r", "q", "v1", "h1"))
        moment = self.engine.time + timedelta(seconds=1)
        said = Declared(officer=who, subject=self.dice.choice(PARTIES), at=moment)
        await self.engine.staff((), (said,))
        await self.engine.pass_until(moment)

    async def leave_or_join(self) -> None:
        posts = self.engine._sharing.posts
        going = [n for n, post in enumerate(posts) if post.person in CLERKS and not post.until]
        if len(going) > 2 and self.dice.random() < 0.6:
            number = self.dice.choice(going)
            posts[number] = replace(posts[number], until=self.today)
            return
        person = self.dice.choice(CLERKS)
        await self.hire(replace(self.clerk(person), id=f"new-{next(self.numbers)}"))

    async def wait(self) -> None:
        days = timedelta(days=self.dice.randint(1, 6))
        await self.engine.pass_until(self.engine.time + days)

    def absent(self) -> set[str]:
        return set(self.engine._rules.absent(self.today))

    def look(self) -> None:
        absent = self.absent()
        for case in self.states():
            start = self.engine._cases[case.case_no].start
            parties = (start.subject, start.employer_subject)
            apart = set(self.engine._sharing.apart(parties, self.engine.time))
            for post in case.posts.values():
                assert not {post.holder, post.backup} & apart, "回避"
            for task in case.open_tasks:
                assert task.holder or task.is_unclaimed, "nothing without a holder"
                assert not {task.holder, task.backup} & apart, "回避"
                assert task.holder not in barred_from(case, task), "收审分离"
                if task.holder in absent:
                    own, last = case.posts[task.role], case.posts[Role.SUPERVISOR]
                    stand_by = {own.holder, own.backup, last.holder, last.backup} - {""}
                    assert stand_by <= absent | barred_from(case, task) | apart, "缺岗"


RULES = st.builds(
    SharingRule,
    way=st.sampled_from(Way),
    otherwise=st.sampled_from([Way.IN_TURN, Way.LEAST_LOADED, Way.BY_HAND]),
    cap=st.sampled_from([0, 2, 4]),
    team=st.sampled_from(["", "T1"]),
    skills=st.just(("PTS_NEW",)),
)


@examples(12)
@given(st.fixed_dictionaries(dict.fromkeys(SHARED, RULES)), st.integers(0, 2**32), st.just(20))
def test_whatever_happens_nobody_has_what_they_may_not(
    rules: dict[Role, SharingRule], seed: int, acts: int
) -> None:
    async def play() -> None:
        hall = Hall(Random(seed), rules)
        await hall.opened()
        for _ in range(acts):
            await hall.happen()
            hall.look()

    asyncio.run(play())


def test_the_office_is_as_busy_as_is_said() -> None:
    """Otherwise what is never found may never have been looked for."""
    seen: Counter[str] = Counter()

    async def play(seed: int, way: Way) -> None:
        rule = SharingRule(way=way, cap=4, skills=("PTS_NEW",))
        hall = Hall(Random(seed), dict.fromkeys(SHARED, rule))
        await hall.opened()
        for _ in range(25):
            await hall.happen()
        for each in hall.cases:
            events = hall.engine._cases[each.case_no].events
            seen.update(event.body.kind for event in events)

    for seed, way in enumerate((*Way, Way.POOL)):
        asyncio.run(play(seed, way))
    for kind in ("work_shared", "accepted", "relations_noted", "absences_noted", "task_claimed"):
        assert seen[kind], (kind, seen)
