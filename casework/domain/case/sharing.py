"""Sharing out within a case: who has it, the tasks of a team, and who must keep away (回避).

The choice itself is made in the register, where the loads of all are known
(``casework.domain.sharing``), and comes here as an event. DB50/T 1733—2024 §6.6.2b asks that no
task be without somebody; a team's task is within its time for claiming.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from casework.domain.bounds import Word
from casework.domain.case.commands import Claim, GiveBack
from casework.domain.case.events import (
    ClaimLapsed,
    Event,
    EventBody,
    RelationsNoted,
    TaskClaimed,
    TaskGivenBack,
    WorkShared,
)
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import barred_from, require_text
from casework.domain.case.moves import (
    answering,
    change_task,
    end_claims,
    open_task,
    to_team,
)
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import Case, M, Post, Task, TaskKind
from casework.domain.case.together import asked_of_any, no_longer_asked
from casework.domain.errors import DomainError
from casework.domain.policy import Role
from casework.domain.sharing import Choice, Way

_NOBODY = Post(holder="")


@dataclass(frozen=True, kw_only=True)
class ClaimWithBackup(Claim):
    """A claim that the register has found right, with who stands by as B角."""

    backup: Word = ""


def work_shared(
    case: Case, choices: Mapping[Role, Choice], apart: tuple[str, ...] = ()
) -> WorkShared | None:
    """What the register's choices mean for a case; None if they change nothing and say nothing.

    Posts that are held as the office has them need no event: it would only repeat the post.
    """
    posts = {**case.posts}
    for role, choice in choices.items():
        if choice.way is not Way.BY_HAND:
            posts[role] = _post_of(choice)
    supervisor = posts.get(Role.SUPERVISOR, _NOBODY)
    for role, choice in choices.items():
        if choice.way is Way.BY_HAND and role is not Role.SUPERVISOR:
            posts[role] = Post(holder=supervisor.holder, backup=supervisor.backup)
    changed = {role: post for role, post in posts.items() if case.posts.get(role) != post}
    said = {
        role: choice
        for role, choice in choices.items()
        if role in changed or role in case.to_share or choice.way is not Way.FIXED
    }
    if not said:
        return None
    reason = "；".join(f"{role.label}{_given(said[role])}" for role in said)
    return WorkShared(shares=said, posts=changed, apart=apart, reason=reason)


def kept_away(case: Case, shared: Collection[Role]) -> RelationsNoted | None:
    """What is to be noted if somebody who must keep away has another role than those just shared.

    They have declared their relation after the case looked, and before somebody was chosen.
    """
    apart = set(case.apart)
    others = (post for role, post in case.posts.items() if role not in shared)
    parts = {code for post in others for code in (post.holder, post.backup)}
    lapsed = asked_of_any(case, apart)
    return RelationsNoted(apart=case.apart, lapsed=lapsed) if parts & apart or lapsed else None


def _post_of(choice: Choice) -> Post:
    return Post(
        holder=choice.holder,
        backup=choice.backup,
        team=choice.team,
        claim_within=choice.claim_within,
    )


def _given(choice: Choice) -> str:
    return f" {choice.holder or choice.team}（{choice.reason}）"


# --- claiming ------------------------------------------------------------------------------


def claim(command: Claim, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    task = _open(case, command.task)
    who = facts.actor.code
    if not task.team:
        raise DomainError("NOT_OF_A_TEAM", "此待办不属任何小组，不能认领", "task")
    if task.holder:
        raise DomainError("ALREADY_CLAIMED", f"此待办已由 {task.holder} 认领", "task")
    if facts.actor.role is not task.role or not who:  # nobody would have it
        raise DomainError("OTHER_ROLE", f"此待办由{task.role.label}认领", "task")
    if who in case.apart:
        raise DomainError("RELATION_DECLARED", "您须回避本件，不能认领", "task")
    if who in barred_from(case, task) or who in _others(case, task.role):
        raise DomainError("FOUR_EYES", "您已在本件其他岗位，不能认领", "task")
    backup = command.backup if isinstance(command, ClaimWithBackup) else ""
    return (TaskClaimed(task=task.id, backup=backup),)


def give_back(command: GiveBack, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    task = _open(case, command.task)
    require_text(command.reason, "reason", "退回理由")
    if not task.team:
        raise DomainError("NOT_OF_A_TEAM", "此待办不属任何小组，不能退回", "task")
    if facts.actor.code != task.holder:
        raise DomainError("NOT_YOUR_TASK", "此待办不在您名下", "task")
    return (TaskGivenBack(task=task.id, reason=command.reason),)


def _open(case: Case, task_id: str) -> Task:
    task = next((each for each in case.open_tasks if each.id == task_id), None)
    if task is None:
        raise DomainError("TASK_NOT_OPEN", "没有此待办", "task")
    return task


def _others(case: Case, role: Role) -> frozenset[str]:
    return frozenset(post.holder for each, post in case.posts.items() if each is not role)


# --- how the state follows -----------------------------------------------------------------


def after_work_shared(body: WorkShared, case: Case, event: Event) -> Case:
    case = replace(
        case,
        posts={**case.posts, **body.posts},
        apart=body.apart,
        shared_out=True,
        to_share=tuple(role for role in case.to_share if role not in body.shares),
        lapsed=False,
    )
    for task in case.open_tasks:
        if task.role in body.posts:
            case = _handed(case, task, event.at)
    for role, choice in body.shares.items():
        if choice.way is Way.BY_HAND:
            case = open_task(case, TaskKind.SHARE_OUT, Role.SUPERVISOR, event.at, about=role)
    return end_claims(case, event.at)


def _handed(case: M, task: Task, at: datetime) -> M:
    """An open task goes to who has its post now, or to who answers in their stead."""
    post = case.posts.get(task.role, _NOBODY)
    if post.team and not post.holder:
        return to_team(case, task, post, at)
    given = replace(task, team=post.team, claim="", taken_up_at=None, held_since=at)
    holder = post.holder if case.substitutes and not case.by_date else answering(case, given)[0]
    backup = post.backup if holder == post.holder else post.holder
    return change_task(case, replace(given, holder=holder, backup=backup))


def after_task_claimed(body: TaskClaimed, case: Case, event: Event) -> Case:
    task = _open(case, body.task)
    who = event.actor.code
    post = replace(case.posts.get(task.role, _NOBODY), holder=who, backup=body.backup)
    case = replace(case, posts={**case.posts, task.role: post})
    for each in case.open_tasks:
        if each.role is task.role and each.is_unclaimed:
            claimed = replace(each, holder=who, backup=body.backup, claim="", held_since=event.at)
            case = change_task(case, claimed)
    return end_claims(case, event.at)


def after_task_given_back(body: TaskGivenBack, case: Case, event: Event) -> Case:
    task = _open(case, body.task)
    post = replace(case.posts.get(task.role, _NOBODY), holder="", backup="", team=task.team)
    case = replace(case, posts={**case.posts, task.role: post})
    for each in case.open_tasks:
        if each.role is task.role and each.team and each.holder == event.actor.code:
            case = to_team(case, each, post, event.at)
    return case


def after_claim_lapsed(body: ClaimLapsed, case: Case, event: Event) -> Case:
    """The supervisor answers for it until somebody has been chosen, at once."""
    lapsed = tuple(task for task in case.open_tasks if task.claim == body.clock)
    for task in lapsed:
        post = case.posts.get(task.role, _NOBODY)
        case = replace(case, posts={**case.posts, task.role: replace(post, team="")})
        case = _handed(case, task, event.at)
        to_share = tuple(dict.fromkeys((*case.to_share, task.role)))
        case = replace(case, to_share=to_share, lapsed=True)
    return end_claims(case, event.at)


def after_relations_noted(body: RelationsNoted, case: Case, event: Event) -> Case:
    """Whoever must keep away has no part in it from now on; a post without A角 is shared anew."""
    case = no_longer_asked(replace(case, apart=body.apart), body.lapsed, event)
    apart = set(body.apart)
    posts, anew = dict(case.posts), []
    for role, post in case.posts.items():
        if post.holder in apart:
            anew.append(role)
            posts[role] = Post(holder="" if post.backup in apart else post.backup)
        elif post.backup in apart:
            posts[role] = replace(post, backup="")
    case = replace(case, posts=posts)
    for task in case.open_tasks:
        if task.holder in apart:
            case = _handed(case, task, event.at)
        elif task.backup in apart:
            case = change_task(case, replace(task, backup=""))
    to_share = tuple(dict.fromkeys((*case.to_share, *anew)))
    return replace(case, to_share=to_share)


DECISIONS: Decisions = {
    Claim: claim,
    GiveBack: give_back,
}
EVOLUTIONS: Evolutions = {
    WorkShared: after_work_shared,
    TaskClaimed: after_task_claimed,
    TaskGivenBack: after_task_given_back,
    ClaimLapsed: after_claim_lapsed,
    RelationsNoted: after_relations_noted,
}
