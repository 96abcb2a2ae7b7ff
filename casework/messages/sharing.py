"""Messages between workflow and register about who gets a case, and who may claim a task."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from casework.domain.case.opening import StartCase
from casework.domain.case.state import Case, Post, Task, Workplace
from casework.domain.policy import Role, city_of
from casework.domain.sharing import (
    AS_POSTED,
    NEVER,
    WEIGHTS,
    Bar,
    Candidate,
    Choice,
    SharingRule,
    Sought,
    Way,
    share_case,
    share_out,
    weight_on,
)
from casework.domain.staff import StaffPost
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import due_on


@dataclass(frozen=True, kw_only=True)
class ShareQuestion:
    """Who is to have these roles of a case.

    ``seq`` is its last event: asked again after the same one, the answer is the same. ``rules`` are
    those of its policy, ``posts`` those that it has. ``workplaces``: where those work who may have
    a role, if not in the case's district. ``weighed_by``: the last days on which an open
    task that is due weighs as ``WEIGHTS`` says. ``unclaimed``: nobody of the team has claimed it.
    ``weighs``: what its open tasks of a role weigh; the register does not have them yet.
    ``concerns``: another case that this one is about, whose officers keep away.
    """

    case_no: str
    seq: int
    district: str
    office: str
    item: str
    roles: tuple[Role, ...]
    rules: dict[Role, SharingRule]
    posts: dict[Role, Post]
    subject: str = ""
    employer: str = ""
    on: date
    weighed_by: tuple[date, ...] = ()
    unclaimed: bool = False
    workplaces: dict[Role, Workplace] = field(default_factory=dict)
    weighs: dict[Role, int] = field(default_factory=dict)
    concerns: str = ""


@dataclass(frozen=True, kw_only=True)
class ShareAnswer:
    """``apart``: the officers who must keep away from the case."""

    choices: dict[Role, Choice]
    apart: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ClaimQuestion:
    """May this person claim a task of the team; ``rule`` is that of the task's role.

    ``workplaces`` and ``concerns`` as in ``ShareQuestion``.
    """

    case_no: str
    district: str
    office: str
    item: str
    role: Role
    team: str
    person: str
    rule: SharingRule
    posts: dict[Role, Post]
    subject: str = ""
    employer: str = ""
    on: date
    workplaces: dict[Role, Workplace] = field(default_factory=dict)
    concerns: str = ""


@dataclass(frozen=True, kw_only=True)
class ClaimAnswer:
    """``refused`` is a code, empty if the person may; ``backup`` is then the B角."""

    refused: str = ""
    reason: str = ""
    backup: str = ""


def share_question(  # noqa: PLR0913 - a case, and for which of its roles
    case: Case,
    start: StartCase,
    calendar: WorkingCalendar,
    on: date,
    roles: Iterable[Role],
    *,
    unclaimed: bool = False,
) -> ShareQuestion:
    """Ask the register who is to have these roles of a case from that day on."""
    roles = tuple(roles)
    weighed_by = tuple(calendar.shift(on, days) for days, _ in WEIGHTS)
    return ShareQuestion(
        case_no=case.case_no,
        seq=case.seq,
        district=case.district,
        office=case.office,
        item=case.item,
        roles=roles,
        rules=dict(start.sharing),
        posts=case.posts,
        subject=start.subject,
        employer=start.employer_subject,
        on=on,
        weighed_by=weighed_by,
        unclaimed=unclaimed,
        workplaces=_workplaces(case, roles),
        weighs=_weighs(case, calendar, weighed_by),
        concerns=start.concerns,
    )


def _weighs(case: Case, calendar: WorkingCalendar, weighed_by: Sequence[date]) -> dict[Role, int]:
    found: dict[Role, int] = {}
    for task in case.open_tasks:
        clock = case.clock(task.clock) if task.clock else None
        due = due_on(clock, calendar) if clock is not None else None
        found[task.role] = found.get(task.role, 0) + weight_on(due, weighed_by)
    return found


def _workplaces(case: Case, roles: Iterable[Role]) -> dict[Role, Workplace]:
    places = {role: case.workplace(role) for role in roles}
    here = Workplace(district=case.district)
    return {role: place for role, place in places.items() if place != here}


def claim_question(
    case: Case, start: StartCase, task: Task, person: str, on: date
) -> ClaimQuestion:
    """Ask the register whether a person may claim a task of a team."""
    return ClaimQuestion(
        case_no=case.case_no,
        district=case.district,
        office=case.office,
        item=case.item,
        role=task.role,
        team=task.team,
        person=person,
        rule=start.sharing.get(task.role, AS_POSTED),
        posts=case.posts,
        subject=start.subject,
        employer=start.employer_subject,
        on=on,
        workplaces=_workplaces(case, (task.role,)),
        concerns=start.concerns,
    )


# --- what the register answers ---------------------------------------------------------------

_LOADED = frozenset({Way.LEAST_LOADED, Way.BY_SKILL, Way.SAME_EMPLOYER, Way.IN_TURN, Way.POOL})


def is_counted(question: ShareQuestion, role: Role) -> bool:
    """Whether loads or turns count for this role, so that one choice waits for another."""
    rule = question.rules.get(role, SharingRule())
    return _LOADED.isdisjoint({rule.way}) is False or (rule.cap > 0 and rule.way is not Way.FIXED)


def to_choose(question: ShareQuestion) -> tuple[Role, ...]:
    """The roles, and those from among whom a supervisor comes who must keep away."""
    if Role.SUPERVISOR not in question.roles:
        return question.roles
    above = tuple(r for r in (Role.HEAD, Role.SUPERIOR) if r in question.posts)
    return tuple(dict.fromkeys((*question.roles, *above)))


def choose(
    question: ShareQuestion,
    there: Mapping[Role, Sequence[Candidate]],
    before: Mapping[Role, str],
) -> dict[Role, Choice]:
    """Choose for each role among those who are there; ``before``: as ``share_case`` has it."""
    kept = {role: post for role, post in question.posts.items() if role not in question.roles}
    sought = Sought(
        role=Role.OFFICER,
        item=question.item,
        office=question.office,
        taken=frozenset(post.holder for post in kept.values() if post.holder),
        standing_by=frozenset(post.backup for post in kept.values() if post.backup),
    )
    if not question.unclaimed:
        return share_case(question.rules, there, sought, before)
    return {
        role: share_out(
            question.rules.get(role, SharingRule()),
            replace(sought, role=role, before=before.get(role, "")),
            there[role],
            unclaimed=True,
        )
        for role in question.roles
    }


def workplace_of(question: ShareQuestion | ClaimQuestion, role: Role) -> Workplace:
    """Where those work who may have the role."""
    return question.workplaces.get(role) or Workplace(district=question.district)


def posts_there(
    question: ShareQuestion | ClaimQuestion, role: Role, known: Iterable[StaffPost]
) -> list[StaffPost]:
    """Of the posts of a role in a city, those of the workplace; else those of the whole city.

    If nobody is known there, those who hold the post of the case.
    """
    place = workplace_of(question, role)
    known = [post for post in known if not place.body or place.body in post.bodies]
    own = [post for post in known if (post.district or post.city) == place.district]
    if any(post.covers(item=question.item, office=question.office) for post in own):
        return own
    return [post for post in known if not post.district] or _of_the_case(question, role)


def _of_the_case(question: ShareQuestion | ClaimQuestion, role: Role) -> list[StaffPost]:
    post = question.posts.get(role, Post(holder=""))
    return [
        StaffPost(
            person=person,
            role=role,
            city=city_of(question.district),
            district=question.district,
            rank=rank,
            since=date.min,
        )
        for rank, person in enumerate((post.holder, post.backup), start=1)
        if person
    ]


def claim_answer(question: ClaimQuestion, there: Sequence[Candidate]) -> ClaimAnswer:
    """Whether a person may claim a task of the team, and who stands by then.

    ``NOT_OF_THIS_TEAM``, ``RELATION_DECLARED``, ``OFFICER_ABSENT``, ``TOO_MANY_OPEN``.
    """
    own = [each for each in there if each.person == question.person]
    if any(each.bars & NEVER for each in own):
        return ClaimAnswer(refused="RELATION_DECLARED", reason="您须回避本件，不能认领")
    if any(Bar.ABSENT in each.bars for each in own):
        return ClaimAnswer(refused="OFFICER_ABSENT", reason="您今日登记为缺岗，返岗后才能认领")
    team = [
        each
        for each in own
        if each.post.team == question.team
        and each.post.covers(item=question.item, office=question.office)
    ]
    if not team:
        reason = f"您不属小组 {question.team}，不能认领"
        return ClaimAnswer(refused="NOT_OF_THIS_TEAM", reason=reason)
    cap, has = question.rule.cap, team[0].open_tasks
    if 0 < cap <= has:
        reason = f"您在办 {has} 项，已达上限 {cap} 项"
        return ClaimAnswer(refused="TOO_MANY_OPEN", reason=reason)
    return ClaimAnswer(backup=_stands_by(question, there))


def _stands_by(question: ClaimQuestion, there: Sequence[Candidate]) -> str:
    team = [each for each in there if each.post.team == question.team]
    others = frozenset(p.holder for role, p in question.posts.items() if role is not question.role)
    sought = Sought(
        role=question.role,
        item=question.item,
        office=question.office,
        taken=others | {question.person},
    )
    return share_out(SharingRule(way=Way.LEAST_LOADED), sought, team).holder
