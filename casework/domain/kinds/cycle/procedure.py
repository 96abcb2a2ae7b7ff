"""The procedure of a service cycle: what follows from each verb, and from time alone."""

from datetime import date

from casework.domain.case.commands import Command
from casework.domain.case.events import EventBody
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import require_stage, require_text
from casework.domain.case.moves import next_id
from casework.domain.case.rules import Decisions
from casework.domain.errors import DomainError
from casework.domain.identifiers import IdentifierError, check_credit_code
from casework.domain.kinds.cycle.commands import (
    ChangeEmployer,
    ConfirmPoints,
    DecideObjection,
    Evaluate,
    IssueCredential,
    RaiseObjection,
    Reclassify,
    RecordLeft,
    RenewPermit,
    Verify,
)
from casework.domain.kinds.cycle.events import (
    CredentialIssued,
    CycleEnded,
    CycleExpired,
    CycleNotified,
    CycleRenewed,
    EmployerChanged,
    EmployerReminded,
    EvaluationGiven,
    EvaluationTakenUp,
    ObjectionMade,
    PointsConfirmed,
    PointsSuspended,
    Reclassified,
    RenewalOpened,
    VerificationFailed,
    WindowOpened,
)
from casework.domain.kinds.cycle.state import Cycle, CycleFacts, CycleKind, CycleStage, Opinion
from casework.domain.kinds.cycle.timetable import (
    cycle_clocks,
    opinion_clock,
    reminder_clocks,
    reminder_days,
)
from casework.domain.policy import LimitName
from casework.domain.talent import Credential
from casework.domain.time.calendar import ONE_DAY, local_date
from casework.domain.time.clock import Clock, due_on, start_clock

# --- what the verbs refuse alike -----------------------------------------------------------


HIGHEST_SCORE = 1_000_000


def require_kind(case: Cycle, kind: CycleKind, command: Command) -> None:
    """Refuse with ``NOT_OF_THIS_CYCLE`` a verb of the other kind of cycle."""
    if case.kind is not kind:
        raise DomainError(
            "NOT_OF_THIS_CYCLE", f"“{command.label}”只用于{kind.label}，本件是{case.kind.label}"
        )


def require_come(day: date, facts: Occasion, field: str, name: str) -> None:
    """Refuse with ``DATE_IN_FUTURE`` what is said to have happened after today."""
    if day > facts.today:
        raise DomainError("DATE_IN_FUTURE", f"{name}不能在今天之后", field)


def require_within(day: date, case: Cycle, field: str, name: str) -> None:
    """Refuse with ``DATE_TOO_EARLY`` what is said to have happened before the cycle began."""
    if case.by_date and day < case.starts_on:
        raise DomainError(
            "DATE_TOO_EARLY", f"{name}不能早于本周期的起始日（{case.starts_on}）", field
        )


def require_score(score: int | None) -> None:
    """Refuse a score that no recognition gives, and no table holds."""
    if score is not None and not 0 <= score <= HIGHEST_SCORE:
        raise DomainError("SCORE_OUT_OF_RANGE", f"计分须在0至{HIGHEST_SCORE}之间", "score")


# --- evaluation ----------------------------------------------------------------------------
# The employer evaluates, the agency verifies and decides; the talent may object.
#
# Sources: DB50/T 1733—2024 §5.3; domain.md §C.8. That an early opinion is kept and that there is
# an objection are proposals.


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
        catalogue=facts.catalogue,
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


# --- changes -------------------------------------------------------------------------------
# What changes in the middle of a cycle: employer, class, credential; or the talent leaves.
#
# Sources: DB50/T 1733—2024 §5.1–5.3; domain.md §C.8 (proposals: the standard is silent).


_ASKED = {CycleStage.NOTIFIED, CycleStage.WINDOW, CycleStage.VERIFYING}
"""Where the employer of the notice has been asked, and the new one has to be."""


def change_employer(
    command: ChangeEmployer, case: Cycle, facts: CycleFacts
) -> tuple[EventBody, ...]:
    require_kind(case, CycleKind.TALENT, command)
    employer = _credit_code(command.employer)
    if employer == case.employer:
        raise DomainError("SAME_EMPLOYER", "用人单位没有变化", "employer")
    require_come(command.changed_on, facts, "changed_on", "变更日期")
    require_within(command.changed_on, case, "changed_on", "变更日期")
    renotify = case.stage in _ASKED and not case.on_hold
    changed = EmployerChanged(employer=employer, changed_on=command.changed_on, renotify=renotify)
    return (changed, _asked_again(employer, case, facts)) if renotify else (changed,)


def _credit_code(text: str) -> str:
    try:
        return check_credit_code(text)
    except IdentifierError as error:
        raise DomainError("EMPLOYER_CODE_INVALID", error.message, "employer") from None


def _asked_again(employer: str, case: Cycle, facts: CycleFacts) -> CycleNotified:
    """The new employer is asked as the first one was; reminders that still run, run on."""
    reminders = reminder_clocks(
        facts.item,
        facts.today,
        case.ends_on,
        today=facts.today,
        calendar=facts.calendar,
        before=case,
    )
    return CycleNotified(
        employer=employer,
        again=True,
        opinion=opinion_clock(case, facts.item, facts.today),
        reminders=tuple(c for c in reminders if case.clock(c.id.partition("#")[0]) is None),
    )


def record_left(command: RecordLeft, case: Cycle, facts: CycleFacts) -> tuple[EventBody, ...]:
    require_kind(case, CycleKind.TALENT, command)
    require_text(command.reason, "reason", "终止服务的理由")
    require_come(command.left_on, facts, "left_on", "离渝或不再全职的日期")
    require_within(command.left_on, case, "left_on", "离渝或不再全职的日期")
    return (CycleEnded(reason=command.reason, effective_on=command.left_on, left=True),)


def reclassify(command: Reclassify, case: Cycle, facts: CycleFacts) -> tuple[EventBody, ...]:
    require_kind(case, CycleKind.TALENT, command)
    if command.letter is None and command.score is None:
        raise DomainError("FIELD_REQUIRED", "请填写人才类别或计分", "letter")
    require_score(command.score)
    require_text(command.reason, "reason", "变更类别的理由")
    if (command.letter, command.score) == (case.letter, case.score):
        return ()  # told twice
    return (Reclassified(letter=command.letter, score=command.score, reason=command.reason),)


def issue_credential(
    command: IssueCredential, case: Cycle, facts: CycleFacts
) -> tuple[EventBody, ...]:
    require_kind(case, CycleKind.TALENT, command)
    require_text(command.code, "code", "人才卡号或人才码")
    require_text(command.reason, "reason", "补发的理由")
    credential = Credential(kind=command.credential, code=command.code, issued_on=facts.today)
    return (CredentialIssued(credential=credential, reason=command.reason),)


# --- permit --------------------------------------------------------------------------------
# The year of a residence permit: renewed by its holder, and with it the points confirmed.
#
# Sources: 居住证暂行条例 §10; domain.md §B.1.1, C.8, C.16 (T_REN_OPEN).


def renew_permit(command: RenewPermit, case: Cycle, facts: CycleFacts) -> tuple[EventBody, ...]:
    require_kind(case, CycleKind.PERMIT, command)
    if case.renewed_on is not None and command.expires_on == case.ends_on:
        return ()  # told twice
    require_come(command.renewed_on, facts, "renewed_on", "签注日期")
    require_within(command.renewed_on, case, "renewed_on", "签注日期")
    if command.expires_on <= max(case.ends_on, command.renewed_on):
        raise DomainError(
            "PERMIT_DATES", f"新的有效期须晚于签注日和原有效期（{case.ends_on}）", "expires_on"
        )
    return (_permit_renewed(command, case, facts),)


def _permit_renewed(command: RenewPermit, case: Cycle, facts: CycleFacts) -> CycleRenewed:
    """Renewed in time, one year follows the other; late, it counts from the renewal."""
    policy = facts.following or facts.item
    starts_on = max(case.ends_on, command.renewed_on)
    opens = start_clock(policy, LimitName.REN_OPEN, next_id(case, "ren_open"), command.renewed_on)
    clocks = cycle_clocks(
        policy,
        starts_on,
        command.expires_on,
        today=facts.today,
        calendar=facts.calendar,
        before=case,
    )
    return CycleRenewed(
        number=case.number + 1,
        starts_on=starts_on,
        ends_on=command.expires_on,
        restored=case.stage is CycleStage.LAPSED,
        renewed_on=command.renewed_on,
        renewal_opens_on=due_on(opens, facts.calendar),
        policy=policy.digest,
        catalogue=facts.catalogue,
        clocks=(*clocks, opens),
    )


def confirm_points(command: ConfirmPoints, case: Cycle, facts: CycleFacts) -> tuple[EventBody, ...]:
    require_kind(case, CycleKind.PERMIT, command)
    if case.renewed_on is None or case.stage is CycleStage.LAPSED:
        raise DomainError("PERMIT_NOT_RENEWED", "居住证尚未签注，不能办理积分续办")
    if case.confirmed_on is not None:
        raise DomainError("ALREADY_CONFIRMED", f"积分已于 {case.confirmed_on} 确认")
    # The calendar may have changed since the renewal: the clock knows.
    clock = case.clock("ren_open")
    opens_on = due_on(clock, facts.calendar) if clock is not None else None
    if opens_on is not None and facts.today < opens_on:
        raise DomainError("RENEWAL_NOT_OPEN", f"居住证签注后，积分续办自 {opens_on} 起办理")
    require_text(command.reference, "reference", "积分确认的文号或编号")
    return (PointsConfirmed(reference=command.reference),)


# --- what time brings about ----------------------------------------------------------------
# What time alone brings about in a cycle: notice, window, reminders, the end.
#
# Nobody's silence renews a cycle, and nobody's silence ends one (domain.md §C.8, a proposal: the
# standard does not say).


def notify_employer(clock: Clock, case: Cycle, facts: CycleFacts) -> EventBody:
    return CycleNotified(
        employer=case.employer, opinion=opinion_clock(case, facts.item, facts.today)
    )


def notify_holder(clock: Clock, case: Cycle, facts: CycleFacts) -> EventBody:
    return CycleNotified()


def open_window(clock: Clock, case: Cycle, facts: CycleFacts) -> EventBody:
    if case.stage is CycleStage.WINDOW:  # it has just opened, and an early opinion was waiting
        verify = start_clock(facts.item, LimitName.VERIFY, next_id(case, "verify"), facts.today)
        return EvaluationTakenUp(verify=verify)
    asked = case.clock("opinion")
    until = due_on(asked, facts.calendar) if asked is not None else None
    return WindowOpened(until=until or facts.item.opinion_due_on(case.ends_on))


def remind(clock: Clock, case: Cycle, facts: CycleFacts) -> EventBody:
    days = reminder_days(clock.id)
    near = days <= facts.item.specialist_within
    return EmployerReminded(clock=clock.id, days=days, by_specialist=near)


def expire(clock: Clock, case: Cycle, facts: CycleFacts) -> EventBody:
    if case.stage in {CycleStage.VERIFYING, CycleStage.OBJECTION}:
        return CycleExpired(silent=False)
    # The employer could hand in until then; the agency's days count from there.
    last = due_on(clock, facts.calendar) or facts.today
    if case.reopened_at is not None:  # while it was closed by mistake, nobody could verify
        last = max(last, local_date(case.reopened_at))
    verify = start_clock(facts.item, LimitName.VERIFY, next_id(case, "verify"), last)
    return CycleExpired(silent=True, verify=verify)


def let_stand(clock: Clock, case: Cycle, facts: CycleFacts) -> EventBody:
    effective_on = max(case.ends_on, facts.today)
    return CycleEnded(reason="核实未通过，期限内未提出异议", effective_on=effective_on)


def suspend_points(clock: Clock, case: Cycle, facts: CycleFacts) -> EventBody:
    return PointsSuspended(since=case.ends_on + ONE_DAY)


def open_renewal(clock: Clock, case: Cycle, facts: CycleFacts) -> EventBody:
    return RenewalOpened()


DECISIONS: Decisions = {
    Evaluate: evaluate,
    Verify: decide_verify,
    RaiseObjection: raise_objection,
    DecideObjection: decide_objection,
    ChangeEmployer: change_employer,
    RecordLeft: record_left,
    Reclassify: reclassify,
    IssueCredential: issue_credential,
    RenewPermit: renew_permit,
    ConfirmPoints: confirm_points,
}
