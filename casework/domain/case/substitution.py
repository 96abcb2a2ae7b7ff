"""A角 and B角: a task is never without somebody who reacts (DB50/T 1733—2024 §6.6.2b).

A is absent, or has not reacted when half of the step's clock is used: B. Both: the supervisor.
Applications of before the date decided keep their rules: there a supervisor re-assigns.
"""

from dataclasses import replace
from datetime import datetime

from casework.domain.case.commands import TakeUp
from casework.domain.case.events import AbsencesNoted, Event, EventBody, TaskHandedOver, TaskTakenUp
from casework.domain.case.facts import Occasion
from casework.domain.case.moves import answering
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import Case, Post, Task
from casework.domain.errors import DomainError
from casework.domain.policy import Role


def take_up(command: TakeUp, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    task = next((t for t in case.open_tasks if t.id == command.task), None)
    if task is None:
        raise DomainError("TASK_NOT_OPEN", "没有此待办", "task")
    if facts.actor.code != task.holder:
        raise DomainError("NOT_YOUR_TASK", "此待办不在您名下")
    return (TaskTakenUp(task=task.id),)


def handed_over(case: Case) -> TaskHandedOver | None:
    """The next task that goes on to somebody else because its holder has not reacted.

    Each card that its clock gives while somebody holds it moves it one place on: blue, at half of
    the clock, from the A角 to the B角; yellow to the supervisor.
    """
    for task in case.open_tasks:
        clock = case.clock(task.clock) if task.clock else None
        if clock is None or task.taken_up_at is not None:
            continue
        since = task.held_since or task.opened_at
        warned = any(card.clock == clock.id and card.given_at > since for card in case.cards)
        warned = warned or (task.unanswered_at is not None and task.unanswered_at > since)
        following = _after(task.holder, _chain(case, task), case) if warned else ""
        if following:
            return TaskHandedOver(
                task=task.id,
                holder=following,
                backup=task.holder,
                reason="期限提醒后仍未签收",
            )
    return None


def _after(holder: str, chain: tuple[str, ...], case: Case) -> str:
    """Who follows on a holder; on one whom four eyes exclude, the first who may. Empty: nobody."""
    if holder in chain:
        return next(iter(chain[chain.index(holder) + 1 :]), "")
    return chain[0] if case.by_date else ""


def _chain(case: Case, task: Task) -> tuple[str, ...]:
    """Who answers for a task, in order: A, B, the supervisor; nobody absent, nobody twice."""
    if case.by_date:
        return answering(case, task)
    post = case.posts.get(task.role) or Post(holder="")
    last = case.posts.get(Role.SUPERVISOR) or Post(holder="")
    everybody = (post.holder, post.backup, last.holder, last.backup)
    return present(everybody, case.absent)


def present(officers: tuple[str, ...], absent: tuple[str, ...]) -> tuple[str, ...]:
    """Those who are there, each once; all of them if nobody is, so that no task is nobody's."""
    known = tuple(dict.fromkeys(code for code in officers if code))
    return tuple(code for code in known if code not in absent) or known


def after_task_taken_up(body: TaskTakenUp, case: Case, event: Event) -> Case:
    tasks = tuple(
        replace(task, taken_up_at=event.at) if task.id == body.task else task for task in case.tasks
    )
    return replace(case, tasks=tasks)


def after_task_handed_over(body: TaskHandedOver, case: Case, event: Event) -> Case:
    tasks = tuple(
        replace(task, holder=body.holder, backup=body.backup, held_since=event.at)
        if task.id == body.task
        else task
        for task in case.tasks
    )
    return replace(case, tasks=tasks)


def after_absences_noted(body: AbsencesNoted, case: Case, event: Event) -> Case:
    case = replace(case, absent=body.absent)
    tasks = tuple(
        _stood_in(task, case, event.at)
        if task.closed_at is None and task.holder in case.absent
        else task
        for task in case.tasks
    )
    return replace(case, tasks=tasks)


def _stood_in(task: Task, case: Case, at: datetime) -> Task:
    holder = _chain(case, task)[0]
    if holder == task.holder:
        return task
    return replace(task, holder=holder, backup=task.holder, taken_up_at=None, held_since=at)


DECISIONS: Decisions = {
    TakeUp: take_up,
}
EVOLUTIONS: Evolutions = {
    TaskTakenUp: after_task_taken_up,
    TaskHandedOver: after_task_handed_over,
    AbsencesNoted: after_absences_noted,
}
