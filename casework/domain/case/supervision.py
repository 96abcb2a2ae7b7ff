"""Limits and those who watch them: extension, §45 stops, cards, A角/B角, refused messages.

Sources: 行政许可法 §42, §45; domain.md §C.4, C.7.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from casework.domain.case.commands import (
    ClearCard,
    OrderedReassign,
    Reassign,
    TakeUp,
)
from casework.domain.case.events import (
    AbsencesNoted,
    CardCleared,
    CardsWithdrawn,
    Event,
    EventBody,
    MessageRefused,
    Reassigned,
    RungReached,
    StepUnanswered,
    TaskHandedOver,
    TaskTakenUp,
    TroubleMet,
    TroubleResolved,
)
from casework.domain.case.facts import ORDERS, Occasion
from casework.domain.case.guards import barred, barred_from, require_text
from casework.domain.case.moves import (
    answering,
    change_clock,
    clear_cards,
    close_task,
    close_tasks,
    give_card,
    open_task,
)
from casework.domain.case.passing_time import past_halves
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import Case, M, Post, Refusals, Task, TaskKind
from casework.domain.errors import DomainError
from casework.domain.policy import Role
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Clock, Extension, due_on, half_on
from casework.domain.time.ladder import Rung, mark, reached


def require_not_over(clock: Clock, case: Case, facts: Occasion) -> None:
    """Refuse to extend a limit that has run out: ``TOO_LATE``, in older cases another code."""
    if case.by_date:
        due = due_on(clock, facts.calendar)
        if due is not None and due < facts.today:
            raise DomainError("TOO_LATE", f"{clock.name}已于 {due} 届满，不能再延长")
    elif f"{clock.id}:{Rung.RED}" in case.rungs:
        raise DomainError("ALREADY_OVERDUE", f"{clock.name}已届满，不能再延长")


def clear_card(command: ClearCard, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    require_text(command.reason, "reason", "销牌理由")
    card = next((c for c in case.cards if c.id == command.card and c.cleared_at is None), None)
    if card is None:
        open_cards = sum(c.cleared_at is None for c in case.cards)
        raise DomainError("CARD_NOT_OPEN", f"没有此牌；本件未销的牌共 {open_cards} 张", "card")
    return (CardCleared(card=command.card, reason=command.reason),)


def reassign(command: Reassign, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    if isinstance(command, OrderedReassign) and command.order:
        return _reassign_by_order(command, case, facts)
    post = case.posts.get(command.role)
    if post is None:
        raise DomainError("NO_SUCH_POST", "本件没有此岗位", "role")
    require_text(command.to, "to", "接办人员代码")
    require_text(command.reason, "reason", "改派理由")
    own = facts.actor.code in {post.holder, post.backup} and command.to == post.backup
    if facts.actor.role is not Role.SUPERVISOR and not own:
        raise DomainError("NOT_YOUR_TASK", "A角只能转给本件的B角，其他改派由监督员办理", "to")
    if command.to in case.apart:
        raise DomainError("RELATION_DECLARED", "接办人员须回避本件", "to")
    if command.role is Role.REVIEWER and command.to in barred(case).get("review", ()):
        raise DomainError("FOUR_EYES", "收件人员不得接办同一件的审核", "to")
    return (Reassigned(role=command.role, to=command.to, reason=command.reason),)


def _reassign_by_order(
    command: OrderedReassign, case: Case, facts: Occasion
) -> tuple[EventBody, ...]:
    """What an order to rebalance says; nothing for a case that has followed it already."""
    if facts.actor != ORDERS:
        raise DomainError("REBALANCE_BY_ORDER_ONLY", "负荷均衡须提出指令，由另一人批准后逐件办理")
    post = case.posts.get(command.role)
    if post is not None and post.holder == command.to:
        return ()
    require_may_be_handed_on(case, command.role, command.holder, begun=command.begun)
    require_may_hold(case, command.role, command.to)
    return (
        Reassigned(role=command.role, to=command.to, reason=command.reason, order=command.order),
    )


def require_may_be_handed_on(case: Case, role: Role, holder: str, *, begun: bool) -> None:
    """Refuse to hand on, by an order, what is not the open work of that holder alone.

    Raises:
        DomainError: ``NO_SUCH_POST``, ``TASK_NOT_OPEN``, ``HOLDER_CHANGED``, ``WORK_BEGUN``.
    """
    post = case.posts.get(role)
    if post is None:
        raise DomainError("NO_SUCH_POST", "本件没有此岗位", "role")
    work = [task for task in case.open_tasks if task.role is role and not task.asked_by]
    if not work:
        raise DomainError("TASK_NOT_OPEN", "此岗位没有待办")
    if {post.holder, *(task.holder for task in work)} != {holder}:
        raise DomainError("HOLDER_CHANGED", f"此岗位或其待办已不在 {holder} 名下")
    if not begun and any(task.taken_up_at is not None for task in work):
        raise DomainError("WORK_BEGUN", "经办人员已签收，不改派")


def require_may_hold(case: Case, role: Role, to: str) -> None:
    """Refuse to whom the open work of a role may not go by an order.

    Raises:
        DomainError: ``RELATION_DECLARED``, ``OFFICER_ABSENT``, ``FOUR_EYES``.
    """
    if to in case.apart:
        raise DomainError("RELATION_DECLARED", "接办人员须回避本件", "to")
    if to in case.absent:
        raise DomainError("OFFICER_ABSENT", "接办人员缺岗", "to")
    others = {post.holder for each, post in case.posts.items() if each is not role}
    tasks = (task for task in case.open_tasks if task.role is role)
    if to in others.union(*(barred_from(case, task) for task in tasks)):
        raise DomainError("FOUR_EYES", "接办人员已在本件其他岗位", "to")


# --- how the state follows ---------------------------------------------------------------


def extended(case: M, clock: Clock, event: Event) -> M:
    """The clock with what an event adds to it, once; cards for the shorter limit are withdrawn.

    The event says ``working_days``, ``reason`` and ``reference``.
    """
    body: Any = event.body
    more = Extension(
        amount=body.working_days,
        on=local_date(event.at),
        by=event.actor.code,
        reason=body.reason,
        reference=body.reference,
    )
    case = change_clock(case, replace(clock, extensions=(*clock.extensions, more)))
    case = past_halves(case, clock.id, more.on)
    return clear_cards(case, {clock.id}, event.at, "已批准延长期限")


def rung_reached(body: RungReached, case: Case, event: Event) -> Case:
    """A card or a reminder; for the due date of the event, if dates decide."""
    if not case.by_date:
        case = replace(case, rungs=(*case.rungs, f"{body.clock}:{body.rung}"))
        if body.rung == Rung.REMINDER:
            return case
        return give_card(case, body.clock, Rung(body.rung), event.at)
    case = _marked(case, body.clock, body.rung, body.due_on, event.at)
    if body.rung == Rung.REMINDER:
        return case
    return give_card(case, body.clock, Rung(body.rung), event.at, body.due_on)


def _marked(case: Case, clock_id: str, rung: str, due: date | None, at: datetime) -> Case:
    over = (f"{clock_id}:{rung}@", f"{clock_id}:>")
    given = (mark(clock_id, rung, due), reached(clock_id, local_date(at)))
    rungs = tuple(each for each in case.rungs if not each.startswith(over))
    return replace(case, rungs=(*rungs, *given))


def step_unanswered(body: StepUnanswered, case: Case, event: Event) -> Case:
    """The open tasks of the step have gone without an answer for half of it."""
    case = _marked(case, body.clock, Rung.SUBSTITUTE, body.due_on, event.at)
    tasks = tuple(
        replace(task, unanswered_at=event.at)
        if task.closed_at is None and task.clock and _is_clock_of(case, task.clock, body.clock)
        else task
        for task in case.tasks
    )
    return replace(case, tasks=tasks)


def _is_clock_of(case: Case, name: str, clock_id: str) -> bool:
    clock = case.clock(name)
    return clock is not None and clock.id == clock_id


def cards_withdrawn(body: CardsWithdrawn, case: Case, event: Event) -> Case:
    """What was given for another due date is taken back, red cards too, and given anew in time."""
    due = f"@{body.due_on}"
    cards = tuple(
        replace(card, cleared_at=event.at, cleared_by="clock", reason=body.reason)
        if card.clock == body.clock and card.cleared_at is None and card.due_on != body.due_on
        else card
        for card in case.cards
    )
    own = f"{body.clock}:"
    rungs = tuple(
        each
        for each in case.rungs
        if not each.startswith(own) or each.startswith(f"{own}>") or each.endswith(due)
    )
    return replace(case, cards=cards, rungs=rungs)


def outdated_cards(case: Case, calendar: WorkingCalendar) -> CardsWithdrawn | None:
    """The next clock that shows a card given for another due date than it has now.

    A blue card says that half of the time is used. While that is so, it stands.
    """
    if not case.by_date:
        return None
    for clock in case.running:
        shown = [c for c in case.cards if c.clock == clock.id and c.cleared_at is None]
        if not shown:
            continue
        due, half = due_on(clock, calendar), half_on(clock, calendar)
        if any(
            card.due_on != due
            and not (card.rung is Rung.BLUE and half and half <= local_date(card.given_at))
            for card in shown
        ):
            moved = "期限暂停计算" if due is None else f"到期日变更为 {due}"
            return CardsWithdrawn(clock=clock.id, due_on=due, reason=f"{moved}，原牌撤回")
    return None


def after_card_cleared(body: CardCleared, case: Case, event: Event) -> Case:
    return replace(
        case,
        cards=tuple(
            replace(card, cleared_at=event.at, cleared_by=event.actor.code, reason=body.reason)
            if card.id == body.card and card.cleared_at is None
            else card
            for card in case.cards
        ),
    )


def after_reassigned(body: Reassigned, case: Case, event: Event) -> Case:
    old = case.posts[body.role]
    backup = old.holder if body.to == old.backup else old.backup
    post = Post(holder=body.to, backup=backup)
    tasks = tuple(
        replace(task, holder=post.holder, backup=post.backup, held_since=event.at)
        if task.role is body.role and task.closed_at is None and not task.asked_by
        else task
        for task in case.tasks
    )
    given = replace(case, posts={**case.posts, body.role: post}, tasks=tasks)
    # Whoever shares out by hand (人工分办) has done so.
    given = close_tasks(given, {TaskKind.SHARE_OUT}, event.at, event.actor.code, about=body.role)
    to_share = tuple(role for role in given.to_share if role is not body.role)
    return replace(given, to_share=to_share)


def after_trouble_met(body: TroubleMet, case: Case, event: Event) -> Case:
    about = f"{body.effect}:{body.code}"
    role = Role.OFFICER if Role.OFFICER in case.posts else Role.SPECIALIST
    return open_task(case, TaskKind.RESOLVE_TROUBLE, role, event.at, about=about)


def after_trouble_resolved(body: TroubleResolved, case: Case, event: Event) -> Case:
    return close_task(case, body.task, event.at, event.actor.code)


def after_message_refused(body: MessageRefused, case: Case, event: Event) -> Case:
    on = local_date(event.at)
    others = (each for each in case.refusals if each.on == on and each.code != body.code)
    count = refused(case, body.code, on) + 1
    return replace(case, refusals=(*others, Refusals(code=body.code, on=on, count=count)))


def refused(case: Case, code: str, on: date) -> int:
    """How many messages were recorded as refused by that code on that day."""
    return sum(each.count for each in case.refusals if (each.code, each.on) == (code, on))


# --- substitution --------------------------------------------------------------------------
# A角 and B角: a task is never without somebody who reacts (DB50/T 1733—2024 §6.6.2b).
#
# A is absent, or has not reacted when half of the step's clock is used: B. Both: the supervisor.
# Applications of before the date decided keep their rules: there a supervisor re-assigns.


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
        if clock is None or task.taken_up_at is not None or task.is_unclaimed or task.asked_by:
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
        if task.closed_at is None and task.holder in case.absent and not task.asked_by
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
    ClearCard: clear_card,
    Reassign: reassign,
    TakeUp: take_up,
}


EVOLUTIONS: Evolutions = {
    RungReached: rung_reached,
    StepUnanswered: step_unanswered,
    CardsWithdrawn: cards_withdrawn,
    CardCleared: after_card_cleared,
    Reassigned: after_reassigned,
    TroubleMet: after_trouble_met,
    TroubleResolved: after_trouble_resolved,
    MessageRefused: after_message_refused,
    TaskTakenUp: after_task_taken_up,
    TaskHandedOver: after_task_handed_over,
    AbsencesNoted: after_absences_noted,
}
