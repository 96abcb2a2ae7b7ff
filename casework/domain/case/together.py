"""Working together on a case: tasks passed on, opinions asked for, nudges, notes for colleagues.

None of it moves the case or stops a clock of it. A task always has exactly one holder: who is asked
to take it over holds it only once they consent, or the supervisor does for them. An opinion has a
clock of its own; what 行政许可法 §45 leaves out of the limit (专家评审, 鉴定), the officer stops by
``stop_clock``. Source: domain.md §C.7a, a proposal.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any

from casework.domain.case.commands import (
    AcceptPassing,
    AddNote,
    AskOpinion,
    Command,
    DeclinePassing,
    GiveOpinion,
    Nudge,
    OpinionAsked,
    PassOn,
    Reassign,
    WithdrawOpinionRequest,
)
from casework.domain.case.events import (
    Event,
    EventBody,
    NoteAdded,
    Nudged,
    OpinionGiven,
    OpinionRequested,
    OpinionWithdrawn,
    PassingAccepted,
    PassingAsked,
    PassingDeclined,
)
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import barred_from, require_text
from casework.domain.case.kind import ASKED_OPINION, kind_of_case
from casework.domain.case.moves import end_clocks, start_clocks
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import Case, M, Opinion, Post, Task, TaskKind
from casework.domain.errors import DomainError
from casework.domain.policy import Limit, LimitName, Mark, Role, Unit
from casework.domain.time.calendar import ZONE, local_date
from casework.domain.time.clock import NAMES, Clock, due_on, shown

MOST_NOTES = 200
"""Of one case; a file of more is no file of notes any more."""
MOST_OPINIONS = 10
"""Of one case, waited for at the same time."""
LONGEST_OPINION = 60
"""Working days at the most."""
_OTHERWISE = Limit(
    unit=Unit.WORKING_DAYS,
    amount=5,
    reference="配置建议；征求意见的反馈期限（domain.md C.7a）",
    mark=Mark.PROPOSAL,
    since=date(2018, 1, 1),
)
"""Where the policy of a case says nothing, as one from before there were opinions."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


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
    if isinstance(command, AskOpinion):
        return asked_of(command, case)[0], None
    return "", None


def is_asked(command: Command, case: Case) -> bool:
    """Whether somebody answers what they were asked, from whichever district."""
    return isinstance(command, GiveOpinion) and any(
        (task.id, task.kind, task.holder)
        == (command.task, TaskKind.GIVE_OPINION, command.actor.code)
        for task in case.open_tasks
    )


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
        raise DomainError("ALREADY_ASKED", "此待办已请求转办，等待确认")
    _require_able(case, task, command.to)
    _require_there(case, command.to)
    return (PassingAsked(task=task.id, to=command.to, reason=command.reason),)


def _require_able(case: Case, task: Task, code: str) -> None:
    """Refuse with ``FOUR_EYES`` somebody whom these exclude from a task."""
    if code in barred_from(case, task):
        raise DomainError("FOUR_EYES", "收件、提出或者作出前一决定的人员，不得接办同一件", "to")


def _require_there(case: Case, code: str) -> None:
    """Refuse with ``OFFICER_ABSENT`` somebody of whom the case knows that they are absent."""
    if code in case.absent:
        raise DomainError("OFFICER_ABSENT", "此人员今日缺岗", "to")


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
    _require_able(case, task, request.holder)
    if actor.code != request.holder:  # who accepts is there
        _require_there(case, request.holder)
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
        # Not that of what a task is about: the register dates this one by the kind of the task.
        clock=task.clock if task.clock in kind_of_case(case).clocks_of(task.kind) else "",
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


def asked_of_any(case: Case, people: Collection[str]) -> tuple[str, ...]:
    """The open tasks that a colleague has asked of one of these people, by id."""
    return tuple(task.id for task in case.open_tasks if task.asked_by and task.holder in people)


def no_longer_asked(case: M, tasks: Collection[str], event: Event) -> M:
    """The case without these requests to colleagues: the opinions count as withdrawn."""
    opinions = tuple(
        replace(each, withdrawn_at=event.at) if each.task in tasks and each.is_open else each
        for each in case.opinions
    )
    clocks = [each.clock for each in case.opinions if each.task in tasks and each.is_open]
    return end_clocks(
        _closed(replace(case, opinions=opinions), set(tasks), event), event.at, *clocks
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


# --- an opinion is asked for ---------------------------------------------------------------


def asked_of(command: AskOpinion, case: Case) -> tuple[str, Role | None]:
    """Who is asked, and as what (None: whatever they are); "": the rosters have to say who."""
    if isinstance(command, OpinionAsked) and command.asked:
        return command.asked, command.asked_as
    if command.to or command.role is None or command.district or command.body:
        return command.to, command.role
    post = case.posts.get(command.role, Post(holder=""))
    away = post.holder in case.absent and post.backup
    return (post.backup if away else post.holder), command.role


def ask_opinion(command: AskOpinion, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    require_text(command.question, "question", "征求意见的问题")
    asked, role = asked_of(command, case)
    if not asked.strip():
        raise DomainError("FIELD_REQUIRED", "请写明向谁征求意见（to、role 或者 body）", "to")
    if asked == facts.actor.code:
        raise DomainError("SAME_OFFICER", "不必向本人征求意见", "to")
    _require_there(case, asked)
    waiting = [opinion for opinion in case.opinions if opinion.is_open]
    if any(opinion.asked == asked for opinion in waiting):
        raise DomainError("ALREADY_ASKED", "已向此人征求意见，尚未反馈")
    if len(waiting) >= MOST_OPINIONS:
        raise DomainError(
            "TOO_MANY_OPINIONS", f"同时征求意见至多 {MOST_OPINIONS} 项，请先催办或者撤回"
        )
    require_digests(command.files)
    number = 1 + len(case.opinions)
    requested = OpinionRequested(
        task=f"{TaskKind.GIVE_OPINION}#{number}",
        asked=asked,
        asked_as=role or facts.actor.role,
        question=command.question,
        files=command.files,
        clock=_clock(command, facts, number),
    )
    return (requested,)


def require_digests(files: tuple[str, ...]) -> None:
    """Refuse with ``DIGEST_INVALID`` what names no file."""
    for place, digest in enumerate(files):
        if not _DIGEST.fullmatch(digest):
            raise DomainError(
                "DIGEST_INVALID", "须是文件的 SHA-256：64 位小写十六进制", f"files.{place}"
            )


def _clock(command: AskOpinion, facts: Occasion, number: int) -> Clock:
    if not 0 <= command.working_days <= LONGEST_OPINION:
        raise DomainError(
            "OPINION_TOO_LONG", f"反馈期限为1至{LONGEST_OPINION}个工作日", "working_days"
        )
    limit = facts.item.limit(LimitName.ASKED_OPINION) or _OTHERWISE
    if command.working_days:
        limit = replace(limit, unit=Unit.WORKING_DAYS, amount=command.working_days)
    return Clock(
        id=f"{ASKED_OPINION}#{number}",
        name=NAMES[ASKED_OPINION],
        unit=limit.unit,
        amount=limit.amount,
        rolls_forward=limit.rolls_forward,
        started_on=facts.today,
        reference=shown(limit.reference),
        mark=limit.mark,
    )


def give_opinion(command: GiveOpinion, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    task = open_task_of(case, command.task, TaskKind.GIVE_OPINION)
    if facts.actor.code != task.holder:
        raise DomainError("NOT_YOUR_TASK", "此待办不在您名下")
    require_text(command.text, "text", "意见")
    require_digests(command.files)
    clock = case.clock(task.clock)
    due = due_on(clock, facts.calendar) if clock is not None else None
    late = due is not None and due < facts.today
    given = OpinionGiven(task=task.id, text=command.text, files=command.files, late=late)
    return (given,)


def withdraw_opinion_request(
    command: WithdrawOpinionRequest, case: Case, facts: Occasion
) -> tuple[EventBody, ...]:
    task = open_task_of(case, command.task, TaskKind.GIVE_OPINION)
    if facts.actor.role is not Role.SUPERVISOR and facts.actor.code != task.asked_by:
        raise DomainError("NOT_YOUR_TASK", "征求意见由提出的人员或者监督员撤回")
    require_text(command.reason, "reason", "撤回的理由")
    return (OpinionWithdrawn(task=task.id, reason=command.reason),)


def after_opinion_requested(body: OpinionRequested, case: Case, event: Event) -> Case:
    task = Task(
        id=body.task,
        kind=TaskKind.GIVE_OPINION,
        role=body.asked_as,
        holder=body.asked,
        backup="",
        opened_at=event.at,
        clock=body.clock.id,
        asked_by=event.actor.code,
    )
    opinion = Opinion(
        task=body.task,
        asked=body.asked,
        asked_as=body.asked_as,
        asked_by=event.actor.code,
        asked_at=event.at,
        asked_seq=event.seq,
        clock=body.clock.id,
        files=body.files,
    )
    case = replace(case, tasks=(*case.tasks, task), opinions=(*case.opinions, opinion))
    return start_clocks(case, body.clock)


def after_opinion_given(body: OpinionGiven, case: Case, event: Event) -> Case:
    return _no_more_waited_for(
        case,
        body.task,
        event,
        given_at=event.at,
        given_seq=event.seq,
        late=body.late,
        more=body.files,
    )


def after_opinion_withdrawn(body: OpinionWithdrawn, case: Case, event: Event) -> Case:
    return _no_more_waited_for(case, body.task, event, withdrawn_at=event.at)


def _no_more_waited_for(
    case: Case,
    task: str,
    event: Event,
    *,
    more: tuple[str, ...] = (),
    **said: Any,  # noqa: ANN401 - fields of an opinion
) -> Case:
    opinions = tuple(
        replace(each, **said, files=tuple(dict.fromkeys((*each.files, *more))))
        if each.task == task
        else each
        for each in case.opinions
    )
    clock = next(each.clock for each in opinions if each.task == task)
    case = replace(_closed(case, {task}, event), opinions=opinions)
    return end_clocks(case, event.at, clock)


# --- a nudge -------------------------------------------------------------------------------


def nudge(command: Nudge, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    task = open_task_of(case, command.task)
    actor = facts.actor
    if actor.code == task.holder or (
        actor.role is not Role.SUPERVISOR and actor.code != task.asked_by
    ):
        raise DomainError("NOT_YOURS_TO_NUDGE", "催办由监督员，或者等待反馈的人员提出")
    if task.nudged_at is not None and local_date(task.nudged_at) == facts.today:
        when = task.nudged_at.astimezone(ZONE).strftime("%H:%M")
        raise DomainError("NUDGED_TODAY", f"今日 {when} 已催办过，每日至多一次")
    return (Nudged(task=task.id, holder=task.holder, reason=command.reason),)


def after_nudged(body: Nudged, case: Case, event: Event) -> Case:
    tasks = tuple(
        replace(task, nudged_at=event.at) if task.id == body.task else task for task in case.tasks
    )
    return replace(case, tasks=tasks)


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
    AskOpinion: ask_opinion,
    GiveOpinion: give_opinion,
    WithdrawOpinionRequest: withdraw_opinion_request,
    Nudge: nudge,
    AddNote: add_note,
}
EVOLUTIONS: Evolutions = {
    PassingAsked: after_passing_asked,
    PassingAccepted: after_passing_accepted,
    PassingDeclined: after_passing_declined,
    OpinionRequested: after_opinion_requested,
    OpinionGiven: after_opinion_given,
    OpinionWithdrawn: after_opinion_withdrawn,
    Nudged: after_nudged,
    NoteAdded: after_note_added,
}
