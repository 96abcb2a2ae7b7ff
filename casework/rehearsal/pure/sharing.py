"""What the register knows of sharing out, in memory: posts, turns, choices, relations.

``casework/store/register/shares.py`` is the model; both choose by the same rules.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from casework.domain.case.state import Case
from casework.domain.policy import Role, city_of
from casework.domain.sharing import NEW_CASE, Bar, Candidate, Choice, Way, turns_after, weight_on
from casework.domain.staff import StaffPost
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import due_on
from casework.messages.sharing import (
    ClaimAnswer,
    ClaimQuestion,
    ShareAnswer,
    ShareQuestion,
    choose,
    claim_answer,
    is_counted,
    posts_there,
    to_choose,
    workplace_of,
)
from casework.rehearsal.engine import Declared

Turn = tuple[str, str, Role]
Question = ShareQuestion | ClaimQuestion


def officers_of(cases: Iterable[tuple[Case, WorkingCalendar]], case_no: str) -> set[str]:
    """Who has had tasks of a case, supervisors apart; nobody of no case."""
    tasks = [t for case, _ in cases if case_no and case.case_no == case_no for t in case.tasks]
    theirs = [task for task in tasks if task.role is not Role.SUPERVISOR]
    return {code for task in theirs for code in (task.holder, task.closed_by)} - {""}


@dataclass(kw_only=True)
class Sharing:
    """``posts`` are those that a scenario gives; without any, a case's own posts are held."""

    posts: list[StaffPost] = field(default_factory=list)
    declared: list[Declared] = field(default_factory=list)
    _turns: dict[Turn, Mapping[str, int]] = field(default_factory=dict)
    _choices: dict[tuple[str, Role], tuple[str, Choice]] = field(default_factory=dict)

    def apart(self, parties: Iterable[str], at: datetime) -> tuple[str, ...]:
        """Who must keep away from the cases of these parties."""
        known = set(parties) - {""}
        found = {each.officer for each in self.declared if each.subject in known and each.at <= at}
        return tuple(sorted(found))

    def _apart(
        self, question: Question, cases: list[tuple[Case, WorkingCalendar]], at: datetime
    ) -> tuple[str, ...]:
        of_it = officers_of(cases, question.concerns)
        return tuple(sorted({*self.apart((question.subject, question.employer), at), *of_it}))

    def departed(self, district: str, on: date) -> set[str]:
        """Who held a post for a district and holds none there on that day."""
        city = city_of(district)
        there = [p for p in self.posts if p.city == city and p.district in {"", district}]
        over = {post.person for post in there if post.until is not None and post.until < on}
        return over - {post.person for post in there if post.holds_on(on)}

    def share(
        self,
        question: ShareQuestion,
        cases: Iterable[tuple[Case, WorkingCalendar]],
        absent: Iterable[str],
        at: datetime,
    ) -> ShareAnswer:
        """Choose, and remember it."""
        cases = list(cases)
        apart = self._apart(question, cases, at)
        there = self._there(question, to_choose(question), cases, set(absent), apart)
        counted = [role for role in question.roles if is_counted(question, role)]
        choices = choose(question, there, {role: self._before(question, role) for role in counted})
        asked = {role: choices[role] for role in question.roles if role in choices}
        for role, choice in asked.items():
            self._choices[question.case_no, role] = (question.employer, choice)
            rule = question.rules.get(role)
            if rule is not None and Way.IN_TURN in {rule.way, rule.otherwise}:
                turn = (workplace_of(question, role).district, question.item, role)
                self._turns[turn] = {
                    **self._turns.get(turn, {}),
                    **turns_after(there[role], choice),
                }
        return ShareAnswer(choices=asked, apart=apart)

    def may_claim(
        self,
        question: ClaimQuestion,
        cases: Iterable[tuple[Case, WorkingCalendar]],
        absent: Iterable[str],
        at: datetime,
    ) -> ClaimAnswer:
        """Whether a person may claim a task."""
        cases = list(cases)
        apart = self._apart(question, cases, at)
        there = self._there(question, (question.role,), cases, set(absent), apart)
        return claim_answer(question, there[question.role])

    def _there(
        self,
        question: Question,
        roles: Iterable[Role],
        cases: list[tuple[Case, WorkingCalendar]],
        absent: set[str],
        apart: tuple[str, ...],
    ) -> dict[Role, list[Candidate]]:
        days = question.weighed_by if isinstance(question, ShareQuestion) else ()
        found: dict[Role, list[Candidate]] = {}
        for role in roles:
            turn = (workplace_of(question, role).district, question.item, role)
            turns = self._turns.get(turn, {})
            known = [
                post for post in self.posts if post.role is role and post.holds_on(question.on)
            ]
            found[role] = [
                self._candidate(post, cases, days, turns, absent, apart, question.case_no)
                for post in posts_there(question, role, known)
            ]
        return found

    def _candidate(  # noqa: PLR0913, PLR0917 - somebody, and all that speaks for or against them
        self,
        post: StaffPost,
        cases: list[tuple[Case, WorkingCalendar]],
        days: tuple[date, ...],
        turns: Mapping[str, int],
        absent: set[str],
        apart: tuple[str, ...],
        own: str,
    ) -> Candidate:
        weights = [
            _weight(case, calendar, task.clock, days)
            for case, calendar in cases
            for task in case.open_tasks
            if task.holder == post.person and case.case_no != own
        ]
        waiting = self._still_to_come(post.person, [case for case, _ in cases], own)
        bars = {Bar.RELATED} if post.person in apart else set()
        bars |= {Bar.ABSENT} if post.person in absent else set()
        return Candidate(
            post=post,
            load=sum(weights) + waiting * NEW_CASE,
            open_tasks=len(weights) + waiting,
            turns=turns.get(post.person),
            bars=frozenset(bars),
        )

    def _still_to_come(self, person: str, cases: list[Case], own: str) -> int:
        """The roles that somebody was given, and for which no task has been opened yet."""
        known = {case.case_no: case for case in cases}
        return sum(
            choice.holder == person
            and number != own
            and (number not in known or known[number].is_open)
            and not any(t.role is role for t in (known[number].tasks if number in known else ()))
            for (number, role), (_, choice) in self._choices.items()
        )

    def _before(self, question: ShareQuestion, role: Role) -> str:
        had = [
            choice.holder
            for (number, each), (employer, choice) in self._choices.items()
            if each is role and employer == question.employer and number != question.case_no
        ]
        return had[-1] if had and question.employer else ""


def _weight(case: Case, calendar: WorkingCalendar, clock: str, days: tuple[date, ...]) -> int:
    running = case.clock(clock) if clock else None
    return weight_on(due_on(running, calendar) if running is not None else None, days)
