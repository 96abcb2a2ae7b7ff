"""Moving a running case to newer policy: by an approved order only, and never to its harm.

Nothing that was decided or checked is undone. What changes is in ``policy_change.py``. Sources:
design.md, decision 2; domain.md §C.2 (no second notice).
"""

from dataclasses import replace

from casework.domain.case.events import Event, EventBody
from casework.domain.case.facts import ORDERS
from casework.domain.case.moves import change_clock, close_tasks, end_clocks, next_id, start_clocks
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import PolicyMoveEntry, TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.application import checklist
from casework.domain.kinds.application.commands import MovePolicy, PolicyMove
from casework.domain.kinds.application.deferral import closing, deliver_after, discharge
from casework.domain.kinds.application.events import KeptLimit, PolicyMoved
from casework.domain.kinds.application.intake import back_to_pre_review, paper_in
from casework.domain.kinds.application.moves import change_lines, silence_clock
from casework.domain.kinds.application.policy_change import PolicyChange, has_archive, policy_change
from casework.domain.kinds.application.state import (
    Application,
    ApplicationFacts,
    ApplicationStage,
    CheckRecord,
    GreenStatus,
    LineStatus,
)
from casework.domain.policy import CheckKind, Decider, LimitName, Role, ServiceItem
from casework.domain.time.clock import Clock, start_clock
from casework.domain.time.suspension import impose


def move(command: MovePolicy, case: Application, facts: ApplicationFacts) -> tuple[EventBody, ...]:
    """Move the case; nothing for a case that this order has moved already."""
    if not isinstance(command, PolicyMove) or command.item is None or command.actor != ORDERS:
        raise DomainError("POLICY_BY_ORDER_ONLY", "改用新政策须提出指令，由另一人批准后逐件办理")
    if any(entry.order == command.order for entry in case.policy_moves):
        return ()
    old, new = facts.item, command.item
    if (new.code, new.district) != (case.item, case.district):
        raise DomainError("POLICY_OF_ANOTHER_ITEM", "此政策不是本区本事项的政策")
    if new.resolved_on < old.resolved_on:
        raise DomainError(
            "POLICY_NOT_NEWER", f"本件已适用 {old.resolved_on} 的政策，不得改用更早的"
        )
    consents = command.head_consents and command.approved_as is Role.HEAD
    change = policy_change(case, old, new, facts, head_consents=consents)
    if new.digest == old.digest and not (consents and change.moved):
        raise DomainError("POLICY_UNCHANGED", "本件已适用此政策")
    _require_no_consent_pending(case, old, new)
    body = _moved(command, case, change, facts)
    return (body, *_after(case, change))


def _require_no_consent_pending(case: Application, old: ServiceItem, new: ServiceItem) -> None:
    """What somebody was asked to consent to is decided by the rules under which they were asked."""
    offered = [line.material for line in case.lines if line.status is LineStatus.OFFERED]
    other = any(_deferral(old, code) != _deferral(new, code) for code in offered)
    asked_for_green = case.green.status is GreenStatus.REQUESTED
    if other or (asked_for_green and old.green.consent != new.green.consent):
        raise DomainError("CONSENT_PENDING", "有待审批的容缺或绿色通道申请，审批后再改用新政策")


def _deferral(item: ServiceItem, code: str) -> object:
    rule = item.material(code)
    return None if rule is None else (rule.main, rule.deferral)


def _moved(
    command: PolicyMove, case: Application, change: PolicyChange, facts: ApplicationFacts
) -> PolicyMoved:
    new = command.item
    assert new is not None  # noqa: S101 - asked by the caller
    cleared = {(fault.code, fault.about) for fault in change.cleared}
    noticed = tuple(f for f in case.noticed if (f.code, f.about) not in cleared)
    faults = tuple(f for f in case.faults if (f.code, f.about) not in cleared)
    under_new = replace(facts, item=new)
    answered = case.stage is ApplicationStage.SUPPLEMENT_DUE and bool(case.noticed) and not noticed
    papers, complete = _papers(case, change, under_new)
    discharged = tuple(
        replace(line, status=LineStatus.DISCHARGED)
        for line in case.lines
        if line.material in change.discharged and line.is_open
    )
    return PolicyMoved(
        before=case.policy,
        after=new.digest,
        catalogue=command.catalogue,
        told=command.tell,
        before_on=change.before_on,
        after_on=change.after_on,
        order=command.order,
        proposed_by=command.proposed_by,
        approved_by=command.approved_by,
        head_consents=command.head_consents and command.approved_as is Role.HEAD,
        reason=command.reason,
        clocks=tuple(each.after for each in change.moved),
        kept=tuple(
            KeptLimit(clock=each.clock, due_on=each.due_before, why=each.kept)
            for each in change.limits
            if each.kept is not None
        ),
        faults=faults + change.faults,
        noticed=noticed,
        answered=answered,
        excused=tuple(each.code for each in change.excused),
        papers=papers,
        paper_complete=complete,
        pre_review=_pre_review(case, under_new) if answered or complete else None,
        silence=silence_clock(case, new, facts.today) if answered or complete else None,
        discharged=change.discharged,
        ended=_ended(case, facts.item, new),
        deliver=deliver_after(case, discharged, under_new) if discharged else None,
        skipped=tuple(_skipped(case, change, under_new)),
        decider=_decider(case, facts.item, new),
    )


def _papers(
    case: Application, change: PolicyChange, under_new: ApplicationFacts
) -> tuple[tuple[str, ...], bool]:
    """The names of the paper still awaited, and whether the new policy asks for none of it."""
    if case.stage is not ApplicationStage.AWAIT_PAPER:
        return case.papers, False
    excused = replace(case, excused=(*case.excused, *(each.code for each in change.excused)))
    missing = (
        checklist.paper_missing(under_new.item, excused, (), under_new.today, under_new.calendar)
        if under_new.item.needs_paper
        else ()
    )
    asked = {rule.name for rule in missing}
    return tuple(name for name in case.papers if name in asked), not missing


def _pre_review(case: Application, under_new: ApplicationFacts) -> Clock:
    return start_clock(
        under_new.item, LimitName.PRE_REVIEW, next_id(case, "pre_review"), under_new.today
    )


def _ended(case: Application, old: ServiceItem, new: ServiceItem) -> tuple[str, ...]:
    """The holder of the file need not send it any more."""
    if not has_archive(old) or has_archive(new):
        return ()
    return tuple(clock.id for clock in case.running if clock.id.split("#")[0] == "archive")


def _skipped(
    case: Application, change: PolicyChange, under_new: ApplicationFacts
) -> tuple[tuple[CheckKind, str], ...]:
    """Checks newly required that a measure in force takes away, as acceptance would say."""
    if case.stage is not ApplicationStage.REVIEW:
        return ()
    done = {record.check for record in case.checks}
    return tuple(
        (rule.kind, f"临时措施：{measure.effect}（{measure.reference}）")
        for rule in under_new.item.checks
        if rule.kind in change.checks_added and rule.kind not in done
        if rule.skipped_by and (measure := under_new.measure(rule.skipped_by))
    )


def _decider(case: Application, old: ServiceItem, new: ServiceItem) -> Decider | None:
    """What was reviewed already goes the way that the review has sent it."""
    if case.stage is not ApplicationStage.REVIEWED:
        return case.decider
    return case.decider or (old.decider if old.decider is not new.decider else None)


def _after(case: Application, change: PolicyChange) -> tuple[EventBody, ...]:
    lines = tuple(
        replace(line, status=LineStatus.DISCHARGED)
        for line in case.lines
        if line.material in change.discharged and line.is_open
    )
    return closing(change_lines(case, lines=lines)) if lines else ()


# --- how the state follows ---------------------------------------------------------------


def evolve_moved(body: PolicyMoved, case: Application, event: Event) -> Application:
    """The case under its new policy."""
    for clock in body.clocks:
        case = change_clock(case, impose(clock, case.suspensions, case.pinned))
    case = replace(
        case,
        policy=body.after,
        catalogue=body.catalogue or case.catalogue,
        faults=body.faults,
        noticed=body.noticed,
        excused=(*case.excused, *body.excused),
        papers=body.papers,
        decider=body.decider,
        checks=case.checks + _skips(body, event),
        policy_moves=(*case.policy_moves, _entry(body, event)),
    )
    case = discharge(case, body.discharged, event)
    if body.ended:
        case = end_clocks(case, event.at, *body.ended)
        case = close_tasks(case, {TaskKind.ASK_HOLDER}, event.at, event.actor.code)
    if body.answered:
        case = back_to_pre_review(case, event, body.pre_review, body.silence)
    if body.paper_complete:
        case = paper_in(case, event, body.pre_review, body.silence)
    return start_clocks(case, body.deliver)


def _skips(body: PolicyMoved, event: Event) -> tuple[CheckRecord, ...]:
    return tuple(
        CheckRecord(check=check, outcome="skipped", reason=reason, by=event.actor.code)
        for check, reason in body.skipped
    )


def _entry(body: PolicyMoved, event: Event) -> PolicyMoveEntry:
    return PolicyMoveEntry(
        seq=event.seq,
        at=event.at,
        order=body.order,
        before=body.before,
        after=body.after,
        before_on=body.before_on,
        after_on=body.after_on,
        clocks=tuple(clock.id for clock in body.clocks),
    )


DECISIONS: Decisions = {
    MovePolicy: move,
}
EVOLUTIONS: Evolutions = {
    PolicyMoved: evolve_moved,
}
