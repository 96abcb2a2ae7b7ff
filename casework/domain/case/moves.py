"""The few moves that every transition is made of: stages, tasks, clocks, cards."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from casework.domain.authority.four_eyes import barred_from
from casework.domain.case.state import Card, Case, M, Post, Task, TaskKind
from casework.domain.kinds.application.state import Application, ApplicationStage, Line, LineStatus
from casework.domain.policy import DeferralMode, LimitName, Policy, Role
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import Clock
from casework.domain.time.ladder import Rung
from casework.domain.time.limits import kind_of, start_clock
from casework.domain.time.suspension import impose

STAGE_TASKS = {
    ApplicationStage.PRE_REVIEW: (TaskKind.PRE_REVIEW, Role.OFFICER, "pre_review"),
    ApplicationStage.READY: (TaskKind.ACCEPT, Role.OFFICER, "pre_review"),
    ApplicationStage.REVIEW: (TaskKind.REVIEW, Role.REVIEWER, "review"),
    ApplicationStage.DECIDED: (TaskKind.DELIVER, Role.OFFICER, "deliver"),
}
"""The task that a stage gives, to whom, and the kind of clock that limits it."""

BEFORE_ACCEPTANCE = frozenset({TaskKind.PRE_REVIEW, TaskKind.ACCEPT})
"""The tasks that say which other cases of the same person are open."""

_STAGE_KINDS = {
    TaskKind.PRE_REVIEW,
    TaskKind.ACCEPT,
    TaskKind.REVIEW,
    TaskKind.REPORT_UP,
    TaskKind.APPROVE,
    TaskKind.DELIVER,
}


def enter(case: Application, stage: ApplicationStage, at: datetime, by: str) -> Application:
    """Move to a stage: its predecessor's task closes, its own opens."""
    case = close_tasks(case, _STAGE_KINDS, at, by)
    case = replace(case, stage=stage, stage_since=at)
    if stage.is_final:
        return _settle(case, at, by)
    if stage in STAGE_TASKS:
        kind, role, clock = STAGE_TASKS[stage]
        about = case.suspicion if kind in BEFORE_ACCEPTANCE else ""
        case = open_task(case, kind, role, at, about=about, clock=clock)
    return case


def conclude(case: M, at: datetime, by: str) -> M:
    """Close what is open of a case that has reached its final stage."""
    # What an outside party has refused is still to be dealt with, closed case or not.
    case = close_tasks(case, set(TaskKind) - {TaskKind.RESOLVE_TROUBLE}, at, by)
    case = end_clocks(case, at, *{kind_of(clock.id) for clock in case.running})
    return replace(case, closed_at=at)


def _settle(case: Application, at: datetime, by: str) -> Application:
    case = conclude(case, at, by)
    lines = tuple(
        replace(line, status=LineStatus.DISCHARGED)
        if line.status in {LineStatus.OFFERED, LineStatus.CONSENTED} or line.is_open
        else line
        for line in case.lines
    )
    return replace(case, lines=lines)


def open_task(  # noqa: PLR0913 - one task, whole
    case: M, kind: TaskKind, role: Role, at: datetime, *, about: str = "", clock: str = ""
) -> M:
    """Give a task to the role's officers; a role without a post falls to the supervisor.

    Of those who are known to be absent somebody else takes the place: B角, then the supervisor.
    """
    last = case.posts.get(Role.SUPERVISOR) or Post(holder="")
    post = case.posts.get(role) or last
    number = 1 + sum(task.kind is kind for task in case.tasks)
    task = Task(
        id=f"{kind}#{number}",
        kind=kind,
        about=about,
        role=role,
        holder=post.holder,
        backup=post.backup,
        opened_at=at,
        clock=clock,
    )
    if case.by_date and post.holder in case.absent:
        first = answering(case, task)[0]
        if first != post.holder:
            task = replace(task, holder=first, backup=post.holder)
    elif post.holder in case.absent:
        there = [c for c in (post.backup, last.holder, last.backup) if c and c not in case.absent]
        task = replace(task, holder=there[0] if there else post.holder, backup=post.holder)
    return replace(case, tasks=(*case.tasks, task))


def answering(case: Case, task: Task) -> tuple[str, ...]:
    """Who answers for a task, in order: A角, B角, the supervisor; each once, never nobody.

    Nobody who is absent, and nobody whom four eyes exclude; if all are absent, those who are not
    excluded; a task that nobody may do stays with the supervisor.
    """
    post = case.posts.get(task.role) or Post(holder="")
    last = case.posts.get(Role.SUPERVISOR) or Post(holder="")
    everybody = (post.holder, post.backup, last.holder, last.backup)
    known = tuple(dict.fromkeys(code for code in everybody if code))
    excluded = barred_from(case, task) if case.by_date else frozenset()
    allowed = tuple(code for code in known if code not in excluded)
    there = tuple(code for code in allowed if code not in case.absent)
    return there or allowed or (last.holder,)


def close_tasks(
    case: M, kinds: set[TaskKind], at: datetime, by: str, about: str | None = None
) -> M:
    """Close the open tasks of these kinds (about one thing, if said)."""
    return replace(
        case,
        tasks=tuple(
            replace(task, closed_at=at, closed_by=by)
            if task.closed_at is None
            and task.kind in kinds
            and (about is None or task.about == about)
            else task
            for task in case.tasks
        ),
    )


def start_clocks(case: M, *clocks: Clock | None) -> M:
    """Start clocks; what is in force from outside stops them from the first day."""
    started = (impose(c, case.suspensions, case.pinned) for c in clocks if c is not None)
    return replace(case, clocks=(*case.clocks, *started))


def end_clocks(case: M, at: datetime, *kinds: str) -> M:
    """End the running clocks of these kinds; their cards clear, red ones excepted."""
    on = local_date(at)
    ending = {clock.id for clock in case.running if _matches(clock, kinds)}
    clocks = tuple(replace(c, ended_on=on) if c.id in ending else c for c in case.clocks)
    case = replace(case, clocks=clocks)
    return clear_cards(case, ending, at, "期限已结束")


def _matches(clock: Clock, kinds: Iterable[str]) -> bool:
    return clock.id in kinds or kind_of(clock.id) in kinds


def clear_cards(case: M, clock_ids: set[str], at: datetime, reason: str) -> M:
    """Clear blue and yellow cards of these clocks; red waits for a supervisor's reason."""
    return replace(
        case,
        cards=tuple(
            replace(card, cleared_at=at, cleared_by="clock", reason=reason)
            if card.clock in clock_ids and card.cleared_at is None and card.rung is not Rung.RED
            else card
            for card in case.cards
        ),
    )


def give_card(case: M, clock_id: str, rung: Rung, at: datetime, due_on: date | None = None) -> M:
    """Give a card for a rung, once; a higher one takes the place of the lower ones."""
    case = clear_cards(case, {clock_id}, at, "已升级")
    holder, backup = _answerable(case)
    card = Card(clock=clock_id, rung=rung, holder=holder, backup=backup, given_at=at, due_on=due_on)
    # Given, withdrawn and given again for the same instant, it is the same card.
    others = tuple(c for c in case.cards if (c.id, c.given_at) != (card.id, at))
    return replace(case, cards=(*others, card))


def _answerable(case: Case) -> tuple[str, str]:
    task = case.next_task
    if task is not None:
        return task.holder, task.backup
    answering = (case.posts.get(role) for role in (Role.OFFICER, Role.SPECIALIST, Role.SUPERVISOR))
    post = next(filter(None, answering), Post(holder=""))
    return post.holder, post.backup


def change_clock(case: M, changed: Clock) -> M:
    return replace(case, clocks=tuple(changed if c.id == changed.id else c for c in case.clocks))


def change_lines(
    case: Application, change: Line | None = None, *, lines: Iterable[Line] | None = None
) -> Application:
    """Put changed lines in the place of those for the same materials, or add them."""
    new = {line.material: line for line in (lines or ((change,) if change else ()))}
    kept = tuple(new.pop(line.material, line) for line in case.lines)
    return replace(case, lines=kept + tuple(new.values()))


def holds_result(case: Application) -> bool:
    """Whether a debt keeps the result from being handed out."""
    return any(line.is_open and line.mode is DeferralMode.HOLD_RESULT for line in case.lines)


def next_id(case: Case, kind: str) -> str:
    """A fresh id for a clock that may run more than once: ``review``, then ``review#2``."""
    used = sum(clock.id.split("#")[0] == kind for clock in case.clocks)
    return kind if not used else f"{kind}#{used + 1}"


def silence_clock(case: Case, item: Policy, today: date) -> Clock | None:
    """Within it the office accepts or refuses what has become complete today.

    At its end the case is deemed accepted: a reading of 行政许可法 §32(1)4–5 (domain.md §C.2,
    uncertain), and so a value of the item. None where the item sets none.
    """
    if not case.by_date or item.limit(LimitName.SILENCE) is None:
        return None
    return start_clock(item, LimitName.SILENCE, next_id(case, "silence"), today)
