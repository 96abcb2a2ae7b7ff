"""Mistakes that are mended: a wrong closing, papers that came too late, days registered wrongly.

A closing by mistake is taken back (撤销更正): the case is where it was, everything open again.
The office's own decisions only: refused, not accepted, returned, revoked; a request explained,
transferred, lapsed or closed with its cycle; a cycle ended. What the applicant has withdrawn was
no mistake of the office, and what was achieved needs no mending. One person proposes, another
decides, within a limit of the policy (`take_back`). No source says any of this: it is a proposal,
with 行政许可法 §69(1) (the authority, or its superior, may revoke what it decided) as the pattern.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any, cast

from casework.domain.case.commands import (
    Command,
    CorrectFact,
    ProposeTakingBack,
    SettleLatePapers,
    TakeBack,
)
from casework.domain.case.events import (
    Event,
    EventBody,
    FactCorrected,
    LatePapersSettled,
    PapersCameLate,
    TakenBack,
    TakingBackDeclined,
    TakingBackProposed,
)
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import require_listed, require_text
from casework.domain.case.kind import Corrections, Day, LatePapers, TakingBack, kind_of_case
from casework.domain.case.moves import close_task, close_tasks, next_id, open_task, start_clocks
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import Case, Closing, DatedFact, M, TaskKind
from casework.domain.errors import DomainError
from casework.domain.policy import LimitName, Role, Side
from casework.domain.time.calendar import ONE_DAY, local_date, opening
from casework.domain.time.clock import FIXED, Clock, Suspension, due_on, kind_of
from casework.domain.time.ladder import side_of
from casework.domain.time.suspension import impose

MISTAKEN = "误办结，已撤销更正"
"""Why a clock stands still from the closing until that is taken back."""
_STEPS = frozenset({"pre_review", "review"})
"""Step limits begin anew: the step is done anew."""
_ON_DATES = frozenset({"cycle_end"})
"""What ends on a day of the calendar, however it is counted; no mistake moves that."""


# --- when it may be ------------------------------------------------------------------------


def dated(bodies: tuple[EventBody, ...], case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    """The events, each closing with the last day on which it may be taken back."""
    if not case.by_date or not case.is_open:
        return bodies
    until = _mendable_until(facts)
    return tuple(
        cast("EventBody", replace(cast("Any", body), mendable_until=until))
        if until is not None and _may_be_a_mistake(body)
        else body
        for body in bodies
    )


def _may_be_a_mistake(body: EventBody) -> bool:
    return hasattr(body, "mendable_until") and getattr(body, "closes", True)


def _mendable_until(facts: Occasion) -> date | None:
    limit = facts.item.limit(LimitName.TAKE_BACK)
    if limit is None:
        return None
    clock = Clock(
        id=LimitName.TAKE_BACK,
        name="撤销更正期限",
        unit=limit.unit,
        amount=limit.amount,
        rolls_forward=limit.rolls_forward,
        started_on=facts.today,
        reference=limit.reference,
        mark=limit.mark,
    )
    return due_on(clock, facts.calendar)


def rests_until(case: Case) -> datetime | None:
    """When a closed case is closed for good: the end of the last day for taking it back.

    None for a case that is open, or closed for good from the first.
    """
    if case.is_open or case.closing is None:
        return None
    return opening(case.closing.until + ONE_DAY, "00:00")


# --- what is remembered --------------------------------------------------------------------


def remembered(before: Case, case: M, event: Event) -> M:
    """The state that a closing has led to, with what was open; any other as it is."""
    until: date | None = getattr(event.body, "mendable_until", None)
    if until is None or case.is_open or not before.is_open:
        return case
    closing = Closing(
        seq=event.seq,
        event=event.body.kind,
        on=local_date(event.at),
        until=until,
        decider=_taking_back_of(case).decider(event, before),
        stage=before.stage.value,
        tasks=tuple(task.id for task in before.open_tasks),
        clocks=tuple(clock.id for clock in before.running),
        decided_on=before.decided_on,
    )
    closed = replace(case, closing=closing, late=(), late_statements=())
    return cast("M", _taking_back_of(case).kept(closed, before))


def _taking_back_of(case: Case) -> TakingBack:
    taking_back = kind_of_case(case).taking_back
    if taking_back is None:
        raise TypeError(f"{type(case).__name__} is never taken back")
    return taking_back


# --- what is decided -----------------------------------------------------------------------


def propose(command: ProposeTakingBack, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    closing = _closing(case, facts)
    require_text(command.reason, "reason", "撤销更正的理由")
    if closing.proposed_by:
        raise DomainError("ALREADY_PROPOSED", "已提请撤销更正，等待审批")
    return (TakingBackProposed(reason=command.reason),)


def take_back(command: TakeBack, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    closing = case.closing
    if closing is None or not closing.proposed_by:
        _closing(case, facts)  # says so if there is nothing that could be proposed
        raise DomainError("NOT_PROPOSED", "撤销更正须先由另一人提请")
    if facts.actor.role is not closing.decider:
        who = "上级主管部门" if closing.decider is Role.SUPERIOR else "机关负责人"
        who = "监督员" if closing.decider is Role.SUPERVISOR else who
        raise DomainError("NOT_YOUR_DECISION", f"本件的撤销更正由{who}决定")
    if facts.actor.code == closing.proposed_by:
        raise DomainError("FOUR_EYES", "提请撤销更正的人不能自己审批")
    require_text(command.reason, "reason", "撤销更正或者不同意的理由")
    if not command.granted:
        return (TakingBackDeclined(reason=command.reason),)
    _closing(case, facts)
    return with_what_came(taken_back(case, closing, facts, command.reason), case, facts)


def _closing(case: Case, facts: Occasion) -> Closing:
    """The closing that may be taken back today."""
    closing = case.closing
    if case.is_open or closing is None:
        raise DomainError(
            "NOTHING_TO_TAKE_BACK", f"本件处于“{case.stage.label}”，没有可以撤销更正的办结"
        )
    if closing.event == _taking_back_of(case).follows:
        raise DomainError(
            "NOTHING_TO_TAKE_BACK", "服务终止随人才服务周期而定，须先撤销更正该周期的终止"
        )
    if facts.today > closing.until:
        raise DomainError("TAKE_BACK_TOO_LATE", f"撤销更正的期限已于 {closing.until} 届满")
    return closing


def taken_back(case: Case, closing: Closing, facts: Occasion, reason: str) -> TakenBack:
    """The event that takes the closing back today."""
    return TakenBack(
        reason=reason,
        proposed_by=closing.proposed_by,
        closed_seq=closing.seq,
        closed_as=closing.event,
        closed_on=closing.on,
        stage=closing.stage,
        clocks=tuple(_fresh(case, closing, facts)),
    )


def with_what_came(body: TakenBack, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    """The taking back, and what follows from the material that came while it was closed."""
    event = Event(seq=case.seq + 1, at=facts.at, actor=facts.actor, body=body)
    return (body, *counted(reopened(body, case, event), facts))


def _fresh(case: Case, closing: Closing, facts: Occasion) -> Iterator[Clock]:
    for clock in case.clocks:
        if clock.id in closing.clocks and _begins_anew(clock, closing, facts):
            yield replace(
                clock,
                id=next_id(case, clock.id.split("#")[0]),
                started_on=facts.today,
                extensions=(),
                suspensions=(),
                ended_on=None,
                letter=0,
            )


def _begins_anew(clock: Clock, closing: Closing, facts: Occasion) -> bool:
    """A step limit, or time of the applicant's that had run out when the case was closed."""
    if kind_of(clock.id) in _STEPS:
        return True
    due = due_on(replace(clock, ended_on=None), facts.calendar)
    return side_of(clock.id) is Side.APPLICANT and due is not None and due < closing.on


# --- how the state follows -----------------------------------------------------------------


def proposed(body: TakingBackProposed, case: Case, event: Event) -> Case:
    if case.closing is None:
        return case
    closing = replace(case.closing, proposed_by=event.actor.code)
    return open_task(replace(case, closing=closing), TaskKind.TAKE_BACK, closing.decider, event.at)


def declined(body: TakingBackDeclined, case: Case, event: Event) -> Case:
    case = close_tasks(case, {TaskKind.TAKE_BACK}, event.at, event.actor.code)
    closing = replace(case.closing, proposed_by="") if case.closing else None
    return replace(case, closing=closing)


def reopened(body: TakenBack, case: Case, event: Event) -> Case:
    closing = case.closing
    if closing is None:
        return case
    case = close_tasks(case, {TaskKind.TAKE_BACK}, event.at, event.actor.code)
    fresh = {clock.id.split("#")[0] for clock in body.clocks}
    going_on = {each for each in closing.clocks if each.split("#")[0] not in fresh}
    today = local_date(event.at)
    case = replace(
        case,
        tasks=tuple(
            replace(task, closed_at=None, closed_by="") if task.id in closing.tasks else task
            for task in case.tasks
        ),
        clocks=tuple(
            _running(clock, case, closing.on, today) if clock.id in going_on else clock
            for clock in case.clocks
        ),
        stage_since=event.at,
        closed_at=None,
        decided_on=closing.decided_on,
        closing=None,
        reopened_at=event.at,
    )
    return _taking_back_of(case).restored(start_clocks(case, *body.clocks), closing)


def _running(clock: Clock, case: Case, closed_on: date, today: date) -> Clock:
    clock = replace(clock, ended_on=None)
    if clock.unit not in FIXED and kind_of(clock.id) not in _ON_DATES:
        gap = Suspension(first_on=closed_on, lifted_on=today, reason=MISTAKEN)
        clock = replace(clock, suspensions=(*clock.suspensions, gap))
    # While it had ended, nothing reached it of what came into force from outside.
    return impose(clock, case.suspensions, case.pinned)


# --- late papers ---------------------------------------------------------------------------
# Material that comes to a closed case: on record, and a task for its officer; never lost.
#
# If the closing turns out a mistake, it counts as come on the day on which that is taken back.


def brings_papers(command: Command, case: Case) -> bool:
    """Whether material comes to a case by this command."""
    late = kind_of_case(case).late
    return late is not None and isinstance(command, late.brings)


def is_arrival(command: Command, case: Case) -> bool:
    """Whether a system or an officer only registers what has come; all else was meant to be done.

    What was meant to supplement a closed case is kept, and refused as ``CASE_CLOSED``.
    """
    late = kind_of_case(case).late
    outside = {Role.APPLICANT, Role.EMPLOYER, Role.TALENT}
    registers = late is not None and isinstance(command, late.registers)
    return registers and command.actor.role not in outside


def came_late(command: Command, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    """What follows from a command that brings papers on a closed case.

    Raises DomainError ``FIELD_REQUIRED`` if it brings nothing, ``UNKNOWN_MATERIAL`` if it brings
    what is on no list.
    """
    late = _late_papers_of(case)
    materials = late.brought(command, facts)
    statements: tuple[str, ...] = getattr(command, "statements", ())
    if not materials and not statements:
        raise DomainError("FIELD_REQUIRED", "请列明收到的材料", "materials")
    require_listed(materials, late.listed(case, facts))
    return (PapersCameLate(materials=materials, statements=statements),)


def _late_papers_of(case: Case) -> LatePapers:
    late = kind_of_case(case).late
    if late is None:
        raise TypeError(f"no papers come to a {type(case).__name__}")
    return late


def counted(case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    """What follows, for a case that was taken back, from what came while it was closed."""
    late = kind_of_case(case).late
    return late.counted(case, facts) if late is not None else ()


def settle(command: SettleLatePapers, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    require_text(command.reason, "reason", "处理情况")
    ids = {task.id for task in case.open_tasks if task.kind is TaskKind.LATE_PAPERS}
    if command.task not in ids:
        raise DomainError("TASK_NOT_OPEN", "没有此待办", "task")
    return (LatePapersSettled(task=command.task, reason=command.reason),)


def came(body: PapersCameLate, case: Case, event: Event) -> Case:
    case = replace(
        case,
        late=case.late + body.materials,
        late_statements=case.late_statements + body.statements,
    )
    if any(task.kind is TaskKind.LATE_PAPERS for task in case.open_tasks):
        return case
    role = _late_papers_of(case).role
    about = " ".join(material.code for material in body.materials)
    return open_task(case, TaskKind.LATE_PAPERS, role, event.at, about=about)


def settled(body: LatePapersSettled, case: Case, event: Event) -> Case:
    return close_task(case, body.task, event.at, event.actor.code)


# --- corrections ---------------------------------------------------------------------------
# Days of facts: refused where they cannot be, corrected where they were registered wrongly.
#
# A correction names the event and the field; the event before stays as it is, and what hangs on the
# day follows: the last day of service, the credential, the limits of a permit's year.


def label_of_day(case: Case, name: str) -> str:
    """The field of a day that may be corrected, in the words of a clerk."""
    return _corrections_of(case).day(name).label


def _corrections_of(case: Case) -> Corrections:
    corrections = kind_of_case(case).corrections
    if corrections is None:
        raise TypeError(f"no day of a {type(case).__name__} is corrected")
    return corrections


def with_facts(case: M, event: Event) -> M:
    """The state with the days that its last event tells of; those of before it stay.

    A permit's renewal takes the place of the one before: that year is over.
    """
    known = kind_of_case(case).corrections
    if known is None or not case.by_date:
        return case
    new = tuple(DatedFact(seq=event.seq, field=f, day=day) for f, day in known.stated(event.body))
    over = known.replaced & {fact.field for fact in new}
    kept = tuple(fact for fact in case.dated if fact.field not in over)
    return replace(case, dated=kept + new) if new else case


def require_not_before(day: date, first: date | None, name: Day, since: str) -> None:
    """Refuse with ``DATE_TOO_EARLY`` a day before ``first``; None: nothing is known."""
    if first is not None and day < first:
        raise DomainError("DATE_TOO_EARLY", f"{name.label}不能早于{since}（{first}）", name.field)


def _require_come(day: date, facts: Occasion, name: Day) -> None:
    """Refuse with ``DATE_IN_FUTURE`` what is said to have happened after today."""
    if day > facts.today:
        raise DomainError("DATE_IN_FUTURE", f"{name.label}不能在今天之后", name.field)


def correct(command: CorrectFact, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    require_text(command.reason, "reason", "更正的理由")
    fact = next((f for f in case.dated if (f.seq, f.field) == (command.seq, command.field)), None)
    if fact is None:
        there = "、".join(f"{f.seq} {f.field}（{f.day}）" for f in case.dated) or "无"
        raise DomainError("FACT_UNKNOWN", f"没有可以更正的此项日期，可更正：{there}", "field")
    if command.value == fact.day:
        raise DomainError("DATE_UNCHANGED", f"登记的日期就是 {fact.day}", "value")
    known = _corrections_of(case).day(fact.field)
    if not known.future:
        _require_come(command.value, facts, known)
    corrected = FactCorrected(
        corrected_seq=fact.seq,
        field=fact.field,
        was=fact.day,
        value=command.value,
        reason=command.reason,
    )
    return (known.checked(corrected, case, facts),)


def corrected(body: FactCorrected, case: Case, event: Event) -> Case:
    facts = tuple(
        replace(f, day=body.value) if (f.seq, f.field) == (body.corrected_seq, body.field) else f
        for f in case.dated
    )
    case = replace(case, dated=facts)
    return _corrections_of(case).corrected(case, body, event)


DECISIONS: Decisions = {
    ProposeTakingBack: propose,
    TakeBack: take_back,
    SettleLatePapers: settle,
    CorrectFact: correct,
}


EVOLUTIONS: Evolutions = {
    TakingBackProposed: proposed,
    TakingBackDeclined: declined,
    TakenBack: reopened,
    PapersCameLate: came,
    LatePapersSettled: settled,
    FactCorrected: corrected,
}
