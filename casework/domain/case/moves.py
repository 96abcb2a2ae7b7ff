"""The few moves that every transition is made of: stages, tasks, clocks, cards."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from casework.domain.case.events import Event
from casework.domain.case.guards import barred_from
from casework.domain.case.kind import CLAIM, kind_of_case
from casework.domain.case.state import Card, Case, M, Post, Stage, Task, TaskKind
from casework.domain.policy import Mark, Role, Unit
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import NAMES, Clock, kind_of
from casework.domain.time.ladder import Rung
from casework.domain.time.suspension import impose

_OF_THE_FIRST_EVENT = (
    "case_no",
    "district",
    "item",
    "item_name",
    "office",
    "channel",
    "policy",
    "catalogue",
    "received_at",
    "posts",
)


def as_begun(event: Event) -> dict[str, Any]:
    """What the first event of a case says of its state, whatever its kind."""
    said = {name: getattr(event.body, name) for name in _OF_THE_FIRST_EVENT}
    return said | {"stage_since": event.at}


def enter(case: M, stage: Stage, at: datetime, by: str, *, about: str = "") -> M:
    """Move to a stage: its predecessor's task closes, its own opens, as the stage table says."""
    kind = kind_of_case(case)
    case = close_tasks(case, set(kind.stage_tasks), at, by)
    case = replace(case, stage=stage, stage_since=at)
    step = kind.step(stage)
    if step is None or step.task is None or step.role is None:
        return case
    return open_task(case, step.task, step.role, at, about=about, clock=step.clock)


def conclude(case: M, at: datetime, by: str) -> M:
    """Close what is open of a case that has reached its final stage."""
    # What an outside party has refused is still to be dealt with, closed case or not.
    case = close_tasks(case, set(TaskKind) - {TaskKind.RESOLVE_TROUBLE}, at, by)
    case = end_clocks(case, at, *{kind_of(clock.id) for clock in case.running})
    return replace(case, closed_at=at)


def open_task(  # noqa: PLR0913 - one task, whole
    case: M, kind: TaskKind, role: Role, at: datetime, *, about: str = "", clock: str = ""
) -> M:
    """Give a task to the role's officers; a role without a post falls to the supervisor.

    Of those who are known to be absent somebody else takes the place: B角, then the supervisor; so
    too, in cases that were shared out, of those whom four eyes exclude.
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
        team=post.team,
    )
    if task.is_unclaimed:
        return to_team(replace(case, tasks=(*case.tasks, task)), task, post, at)
    barred = case.shared_out and post.holder in barred_from(case, task)
    if case.by_date and (post.holder in case.absent or barred):
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
    closed = replace(
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
    return end_claims(closed, at)


def to_team(case: M, task: Task, post: Post, at: datetime) -> M:
    """Leave an open task to the team of its post, with the time within which to claim it."""
    clock = Clock(
        id=next_id(case, CLAIM),
        name=NAMES[CLAIM],
        unit=Unit.WORKING_DAYS,
        amount=min(max(post.claim_within, 1), LONGEST_CLAIM),
        started_on=local_date(at),
        reference=SHARING,
        mark=Mark.PROPOSAL,
    )
    left = replace(task, holder="", backup="", team=post.team, claim=clock.id, taken_up_at=None)
    return start_clocks(change_task(case, left), clock)


LONGEST_CLAIM = 60
"""Working days; a start could name more than there are."""
SHARING = "本机构的分办办法"
"""Where the time for claiming comes from."""


def change_task(case: M, changed: Task) -> M:
    """The case with a task in the place of the one of its id."""
    return replace(case, tasks=tuple(changed if t.id == changed.id else t for t in case.tasks))


def end_claims(case: M, at: datetime) -> M:
    """End the time for claiming where nothing waits to be claimed any more."""
    waiting = {task.claim for task in case.tasks if task.is_unclaimed}
    for clock in case.running:
        if kind_of(clock.id) == CLAIM and clock.id not in waiting:
            case = change_clock(case, replace(clock, ended_on=local_date(at)))
    return case


def close_task(case: M, task_id: str, at: datetime, by: str) -> M:
    """Close one task, if it is open."""
    return replace(
        case,
        tasks=tuple(
            replace(task, closed_at=at, closed_by=by)
            if task.id == task_id and task.closed_at is None
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
    holder, backup = _answerable(case, clock_id)
    card = Card(clock=clock_id, rung=rung, holder=holder, backup=backup, given_at=at, due_on=due_on)
    # Given, withdrawn and given again for the same instant, it is the same card.
    others = tuple(c for c in case.cards if (c.id, c.given_at) != (card.id, at))
    return replace(case, cards=(*others, card))


def _answerable(case: Case, clock_id: str) -> tuple[str, str]:
    asked = (t for t in case.open_tasks if t.asked_by and t.clock == clock_id)
    opinion = next((t for t in asked if t.kind is TaskKind.GIVE_OPINION), None)
    if opinion is not None:
        return opinion.holder, opinion.asked_by
    own = (t for t in case.open_tasks if t.about and t.clock == clock_id)
    task = next(own, None) or case.next_task
    if task is not None and not task.is_unclaimed:
        return task.holder, task.backup
    answering = (case.posts.get(role) for role in (Role.OFFICER, Role.SPECIALIST, Role.SUPERVISOR))
    post = next(
        (each for each in answering if each and (each.holder or not each.team)), Post(holder="")
    )
    return post.holder, post.backup


def change_clock(case: M, changed: Clock) -> M:
    return replace(case, clocks=tuple(changed if c.id == changed.id else c for c in case.clocks))


def next_id(case: Case, kind: str) -> str:
    """A fresh id for a clock that may run more than once: ``review``, then ``review#2``."""
    used = sum(clock.id.split("#")[0] == kind for clock in case.clocks)
    return kind if not used else f"{kind}#{used + 1}"
