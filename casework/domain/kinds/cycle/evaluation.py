"""The employer evaluates, the agency verifies and decides; the talent may object.

Sources: DB50/T 1733—2024 §5.3; domain.md §C.8. That an early opinion is kept and that there is an
objection are proposals.
"""

from casework.domain.case.events import EventBody
from casework.domain.case.guards import require_stage, require_text
from casework.domain.case.moves import next_id
from casework.domain.case.rules import Decisions
from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.commands import DecideObjection, Evaluate, RaiseObjection, Verify
from casework.domain.kinds.cycle.events import (
    CycleEnded,
    CycleRenewed,
    EvaluationGiven,
    ObjectionMade,
    VerificationFailed,
)
from casework.domain.kinds.cycle.guards import require_kind
from casework.domain.kinds.cycle.policy import CycleFacts
from casework.domain.kinds.cycle.state import Cycle, CycleKind, CycleStage, Opinion
from casework.domain.kinds.cycle.timetable import cycle_clocks
from casework.domain.policy import LimitName
from casework.domain.time.clock import due_on
from casework.domain.time.limits import start_clock


def evaluate(command: Evaluate, case: Cycle, facts: CycleFacts) -> tuple[EventBody, ...]:
    require_kind(case, CycleKind.TALENT, command)
    if case.stage is CycleStage.ACTIVE:
        raise _too_early(case, facts)
    if case.opinion is not None:
        raise DomainError(
            "ALREADY_EVALUATED", f"用人单位已于 {case.opinion.given_on} 提交本周期的评估意见"
        )
    require_stage(case, CycleStage.NOTIFIED, CycleStage.WINDOW, CycleStage.VERIFYING)
    require_text(command.text, "text", "评估意见")
    opinion = Opinion(
        employer=case.employer,
        verdict=command.verdict,
        text=command.text,
        given_on=facts.today,
        early=case.stage is CycleStage.NOTIFIED,
        late=_is_late(case, facts),
    )
    verify = None
    if case.stage is CycleStage.WINDOW:
        verify = start_clock(facts.item, LimitName.VERIFY, next_id(case, "verify"), facts.today)
    return (EvaluationGiven(opinion=opinion, verify=verify),)


def _too_early(case: Cycle, facts: CycleFacts) -> DomainError:
    clock = case.clock("cycle_notice")
    notice_on = due_on(clock, facts.calendar) if clock is not None else None
    day = notice_on or facts.item.notice_on(case.ends_on)
    return DomainError("EVALUATION_TOO_EARLY", f"{day} 发出评估通知后，方可提交评估意见")


def _is_late(case: Cycle, facts: CycleFacts) -> bool:
    clock = case.clock("opinion")
    due = due_on(clock, facts.calendar) if clock is not None else None
    return case.on_hold or (due is not None and due < facts.today)


def decide_verify(command: Verify, case: Cycle, facts: CycleFacts) -> tuple[EventBody, ...]:
    require_kind(case, CycleKind.TALENT, command)
    require_stage(case, CycleStage.VERIFYING)
    if command.passed:
        return (_renewed(case, facts, command.reason),)
    require_text(command.reason, "reason", "不再续期的理由")
    clock = start_clock(facts.item, LimitName.OBJECTION, next_id(case, "objection"), facts.today)
    return (VerificationFailed(reason=command.reason, objection=clock),)


def _renewed(case: Cycle, facts: CycleFacts, reason: str) -> CycleRenewed:
    """The next cycle begins on the last day of this one, whenever that is decided."""
    policy = facts.following or facts.item
    starts_on, ends_on = case.ends_on, policy.end(case.ends_on)
    return CycleRenewed(
        number=case.number + 1,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason,
        policy=policy.digest,
        clocks=cycle_clocks(
            policy, starts_on, ends_on, today=facts.today, calendar=facts.calendar, before=case
        ),
    )


def raise_objection(
    command: RaiseObjection, case: Cycle, facts: CycleFacts
) -> tuple[EventBody, ...]:
    require_kind(case, CycleKind.TALENT, command)
    require_stage(case, CycleStage.OBJECTION)
    if case.objection:
        raise DomainError("ALREADY_OBJECTED", "异议已经提出，正在复核")
    require_text(command.reason, "reason", "异议理由")
    review = start_clock(
        facts.item, LimitName.OBJECTION_REVIEW, next_id(case, "objection_review"), facts.today
    )
    return (ObjectionMade(reason=command.reason, review=review),)


def decide_objection(
    command: DecideObjection, case: Cycle, facts: CycleFacts
) -> tuple[EventBody, ...]:
    require_kind(case, CycleKind.TALENT, command)
    require_stage(case, CycleStage.OBJECTION)
    if not case.objection:
        raise DomainError("NO_OBJECTION", "没有提出异议，无须复核")
    if facts.actor.code == case.verified_by:
        raise DomainError("FOUR_EYES", "作出核实结论的人员不得复核异议")
    require_text(command.reason, "reason", "复核理由")
    if command.upheld:
        return (_renewed(case, facts, command.reason),)
    effective_on = max(case.ends_on, facts.today)
    return (CycleEnded(reason=command.reason, effective_on=effective_on),)


DECISIONS: Decisions = {
    Evaluate: evaluate,
    Verify: decide_verify,
    RaiseObjection: raise_objection,
    DecideObjection: decide_objection,
}
