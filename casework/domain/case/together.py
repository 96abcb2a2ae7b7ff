"""Working together on a case: a task passed on to a colleague, notes that only colleagues read.

None of it moves the case. A task always has exactly one holder: who is asked to take it over holds
it only once they consent, or the supervisor does for them. Source: domain.md §C.7a, a proposal.
"""

from dataclasses import replace

from casework.domain.case.commands import (
    AcceptPassing,
    AddNote,
    Command,
    DeclinePassing,
    PassOn,
    Reassign,
)
from casework.domain.case.events import (
    Event,
    EventBody,
    NoteAdded,
    PassingAccepted,
    PassingAsked,
    PassingDeclined,
)
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import barred_from, require_text
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import Case, M, Task, TaskKind
from casework.domain.errors import DomainError
from casework.domain.policy import Role

MOST_NOTES = 200
"""Of one case; a file of more is no file of notes any more."""


def open_task_of(case: Case, task_id: str, *kinds: TaskKind) -> Task:
    """The open task of that id, of one of these kinds if any are said; ``TASK_NOT_OPEN``."""
    for task in case.open_tasks:
        if task.id == task_id and (not kinds or task.kind in kinds):
            return task
    raise DomainError("TASK_NOT_OPEN", "没有此待办", "task")


def receiver_of(command: Command, case: Case) -> tuple[str, Task | None]:
    """To whom a command gives work, and which task (None: those of a role); "": to nobody."""
    if isinstance(command, Reassign):
        return command.to, None
    if isinstance(command, PassOn):
        found = (task for task in case.open_tasks if task.id == command.task)
        return command.to, next(found, None)
    if isinstance(command, AcceptPassing):
        asked = next((task for task in case.open_tasks if task.id == command.task), None)
        if asked is not None and asked.kind is TaskKind.CONFIRM_PASSING:
            return asked.holder, _passed(case, asked)
    return "", None


def given_to(command: Command, case: Case) -> str:
    """Who must not be absent today, because somebody else gives them work; "": nobody."""
    receiver, _ = receiver_of(command, case)
    took = isinstance(command, AcceptPassing) and receiver == command.actor.code
    return "" if took else receiver


def _passed(case: Case, request: Task) -> Task | None:
    return next((task for task in case.open_tasks if task.id == request.about), None)


# --- a task is passed on -------------------------------------------------------------------


def pass_on(command: PassOn, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    task = open_task_of(case, command.task)
    if task.asked_by:
        raise DomainError("NOT_PASSABLE", "此待办是请您本人办理的，不能转办", "task")
    if facts.actor.code != task.holder:
        raise DomainError("NOT_YOUR_TASK", "此待办不在您名下")
    require_text(command.to, "to", "接办人员代码")
    require_text(command.reason, "reason", "转办理由")
    if command.to == task.holder:
        raise DomainError("SAME_OFFICER", "转办前后是同一人员", "to")
    if request_for(case, task) is not None:
        raise DomainError("ALREADY_ASKED", "此待办已请求转办，等待确认", "task")
    _require_able(case, task, command.to)
    return (PassingAsked(task=task.id, to=command.to, reason=command.reason),)


def _require_able(case: Case, task: Task, code: str) -> None:
    """Refuse somebody whom four eyes exclude from a task, or who is known to be absent."""
    if code in barred_from(case, task):
        raise DomainError("FOUR_EYES", "收件、提出或者作出前一决定的人员，不得接办同一件", "to")
    if code in case.absent:
        raise DomainError("OFFICER_ABSENT", "接办人员今日缺岗", "to")


def request_for(case: Case, task: Task) -> Task | None:
    """The open request to take that task over; one at the most."""
    asked = (each for each in case.open_tasks if each.kind is TaskKind.CONFIRM_PASSING)
    return next((each for each in asked if each.about == task.id), None)


def accept_passing(command: AcceptPassing, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    request = open_task_of(case, command.task, TaskKind.CONFIRM_PASSING)
    actor = facts.actor
    instead = actor.role is Role.SUPERVISOR and actor.code != request.asked_by
    if actor.code != request.holder and not instead:
        raise DomainError("NOT_YOUR_TASK", "转办由接办人员本人或者监督员确认")
    task = open_task_of(case, request.about)
    if request.holder in barred_from(case, task) or actor.code != request.holder:
        _require_able(case, task, request.holder)
    accepted = PassingAccepted(
        request=request.id, task=task.id, holder=task.holder, to=request.holder
    )
    return (accepted,)


def decline_passing(command: DeclinePassing, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    request = open_task_of(case, command.task, TaskKind.CONFIRM_PASSING)
    actor = facts.actor
    if actor.role is not Role.SUPERVISOR and actor.code not in {request.holder, request.asked_by}:
        raise DomainError("NOT_YOUR_TASK", "转办由接办人员本人或者监督员确认")
    require_text(command.reason, "reason", "不接办的理由")
    declined = PassingDeclined(request=request.id, task=request.about, reason=command.reason)
    return (declined,)


def after_passing_asked(body: PassingAsked, case: Case, event: Event) -> Case:
    task = next(task for task in case.tasks if task.id == body.task)
    number = 1 + sum(each.kind is TaskKind.CONFIRM_PASSING for each in case.tasks)
    request = Task(
        id=f"{TaskKind.CONFIRM_PASSING}#{number}",
        kind=TaskKind.CONFIRM_PASSING,
        about=task.id,
        role=task.role,
        holder=body.to,
        backup="",
        opened_at=event.at,
        clock=task.clock,
        asked_by=event.actor.code,
    )
    return replace(case, tasks=(*case.tasks, request))


def after_passing_accepted(body: PassingAccepted, case: Case, event: Event) -> Case:
    own = event.actor.code == body.to

    def given(task: Task) -> Task:
        if task.id == body.request:
            return replace(task, closed_at=event.at, closed_by=event.actor.code)
        if task.id != body.task:
            return task
        return replace(
            task,
            holder=body.to,
            backup=body.holder if task.backup in {"", body.to} else task.backup,
            held_since=event.at,
            taken_up_at=event.at if own else None,
            passed=True,
        )

    return replace(case, tasks=tuple(map(given, case.tasks)))


def after_passing_declined(body: PassingDeclined, case: Case, event: Event) -> Case:
    return _closed(case, {body.request}, event)


def _closed(case: M, ids: set[str], event: Event) -> M:
    return replace(
        case,
        tasks=tuple(
            replace(task, closed_at=event.at, closed_by=event.actor.code)
            if task.id in ids and task.closed_at is None
            else task
            for task in case.tasks
        ),
    )


def without_lapsed(case: M, event: Event) -> M:
    """The case without requests to take over what is no longer with who asked.

    The task is done, or has gone to somebody else meanwhile: nobody is asked any more.
    """
    holders = {task.id: task.holder for task in case.open_tasks}
    lapsed = {
        task.id
        for task in case.open_tasks
        if task.kind is TaskKind.CONFIRM_PASSING and holders.get(task.about) != task.asked_by
    }
    return _closed(case, lapsed, event) if lapsed else case


# --- notes ---------------------------------------------------------------------------------


def add_note(command: AddNote, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    require_text(command.text, "text", "备注内容")
    if case.notes >= MOST_NOTES:
        raise DomainError("TOO_MANY_NOTES", f"本件的内部备注已达 {MOST_NOTES} 条，不能再加")
    return (NoteAdded(text=command.text),)


def after_note_added(body: NoteAdded, case: Case, event: Event) -> Case:
    return replace(case, notes=case.notes + 1)


DECISIONS: Decisions = {
    PassOn: pass_on,
    AcceptPassing: accept_passing,
    DeclinePassing: decline_passing,
    AddNote: add_note,
}
EVOLUTIONS: Evolutions = {
    PassingAsked: after_passing_asked,
    PassingAccepted: after_passing_accepted,
    PassingDeclined: after_passing_declined,
    NoteAdded: after_note_added,
}
