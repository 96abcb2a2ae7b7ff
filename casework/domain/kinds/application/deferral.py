"""Acceptance with materials still owed (容缺受理): a debt with a name for each material.

Offered → consented → promised (outstanding) → received → checked: fulfilled. Late: a rescue period;
after it, breach: a credit record and a person's decision. Sources: domain.md §C.3 (F15–F19).
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from casework.domain.case.events import Event, EventBody
from casework.domain.case.moves import (
    change_clock,
    close_tasks,
    end_clocks,
    next_id,
    open_task,
    start_clocks,
)
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.application import checklist
from casework.domain.kinds.application.commands import (
    BreachOutcome,
    CheckMaterial,
    ConsentDeferral,
    DecideBreach,
    OfferDeferral,
    Promise,
)
from casework.domain.kinds.application.events import (
    Archived,
    BreachDecided,
    DebtBreached,
    DebtOverdue,
    DeferralConsented,
    DeferralOffered,
    DeferralPromised,
    MaterialChecked,
)
from casework.domain.kinds.application.moves import change_lines, enter, holds_result, silence_clock
from casework.domain.kinds.application.state import (
    Application,
    ApplicationFacts,
    ApplicationStage,
    Line,
    LineStatus,
)
from casework.domain.policy import DeferralMode, DeferralRule, LimitName, Role
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Clock, Suspension, due_on, start_clock
from casework.domain.time.explanation import LATE
from casework.domain.time.suspension import impose

OFFER_STAGES = frozenset(
    {
        ApplicationStage.PRE_REVIEW,
        ApplicationStage.SUPPLEMENT_DUE,
        ApplicationStage.AWAIT_PAPER,
        ApplicationStage.READY,
        ApplicationStage.REVIEW,
    }
)


def offer_deferral(
    command: OfferDeferral, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    if case.stage not in OFFER_STAGES:
        raise DomainError("WRONG_STAGE", f"“{case.stage.label}”阶段不能再提出容缺受理")
    if facts.barred:
        raise DomainError("DEFERRAL_BARRED", "申请人有未修复的容缺失信记录，不能再适用容缺受理")
    if not command.reason.strip():
        raise DomainError("FIELD_REQUIRED", "请填写容缺理由", "reason")
    if not command.materials:
        raise DomainError("FIELD_REQUIRED", "请列明容缺的材料", "materials")
    lines = tuple(_line(code, command, case, facts) for code in command.materials)
    roles = [_consenting(code, command.mode, facts) for code in command.materials]
    common = frozenset.intersection(*roles)
    if not common:
        raise DomainError("MIXED_CONSENT", "所列材料的审批人不同，请分别提出", "materials")
    own = facts.actor.role in common
    role = facts.actor.role if own else _asked(common)
    status = LineStatus.CONSENTED if own else LineStatus.OFFERED
    by = facts.actor.code if own else ""
    return (
        DeferralOffered(
            lines=tuple(replace(line, status=status, consented_by=by) for line in lines),
            consented=own,
            consent_role=role,
            reason=command.reason,
        ),
    )


def _asked(roles: frozenset[Role]) -> Role:
    order = (Role.SUPERIOR, Role.SUPERVISOR, Role.HEAD, Role.REVIEWER, Role.OFFICER)
    return next(role for role in order if role in roles)


def _rule(code: str, facts: ApplicationFacts) -> DeferralRule:
    material = facts.item.material(code)
    if material is None:
        raise DomainError("UNKNOWN_MATERIAL", "材料目录中没有此材料代码，请核对", "materials")
    if material.deferral is None or material.main:
        raise DomainError("NOT_DEFERRABLE", f"“{material.name}”不在可容缺材料清单内", "materials")
    return material.deferral


def _line(code: str, command: OfferDeferral, case: Application, facts: ApplicationFacts) -> Line:
    rule = _rule(code, facts)
    material = facts.item.material(code)
    name = material.name if material else code
    if code in checklist.received_codes(case):
        raise DomainError("MATERIAL_HERE", f"“{name}”已经收到，不需要容缺", "materials")
    taken = {line.material for line in case.lines if line.status is not LineStatus.DECLINED}
    if code in taken:
        raise DomainError("ALREADY_DEFERRED", f"“{name}”已经提出过容缺", "materials")
    if command.mode not in rule.modes:
        raise DomainError("MODE_NOT_ALLOWED", f"“{name}”不适用所选的容缺方式", "mode")
    return Line(
        material=code,
        name=name,
        mode=command.mode,
        status=LineStatus.OFFERED,
        reason=command.reason,
        offered_by=facts.actor.code,
    )


def _consenting(code: str, mode: DeferralMode, facts: ApplicationFacts) -> frozenset[Role]:
    if mode is DeferralMode.RESULT_FIRST:  # 先办后补 needs the superior, whatever the item says
        return frozenset({Role.SUPERIOR})
    return frozenset(_rule(code, facts).consent)


def consent_deferral(
    command: ConsentDeferral, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    offered = [line for line in case.lines if line.status is LineStatus.OFFERED]
    if not offered:
        raise DomainError("NOTHING_OFFERED", "没有待审批的容缺")
    for line in offered:
        if facts.actor.role not in _consenting(line.material, line.mode, facts):
            raise DomainError("NOT_YOUR_CONSENT", "此项容缺须由规定的机关或人员审批")
        if facts.actor.code == line.offered_by:
            raise DomainError("FOUR_EYES", "提出容缺的人不能自己审批")
    if not command.granted and not command.reason.strip():
        raise DomainError("FIELD_REQUIRED", "请填写不同意的理由", "reason")
    return (DeferralConsented(granted=command.granted, reason=command.reason),)


def promise(command: Promise, case: Application, facts: ApplicationFacts) -> tuple[EventBody, ...]:
    lines = [line for line in case.lines if line.status is LineStatus.CONSENTED]
    if not lines:
        raise DomainError("NOTHING_CONSENTED", "没有已同意、待承诺的容缺")
    if command.by_agent and not command.authorised:
        raise DomainError("AUTHORISATION_MISSING", "代办人签署承诺书须有授权书", "authorised")
    if command.signed_on > facts.today:
        raise DomainError("DATE_IN_FUTURE", "承诺书的签署日期不能在今天之后", "signed_on")
    if case.by_date and case.offered_on is not None and command.signed_on < case.offered_on:
        raise DomainError(
            "DATE_TOO_EARLY",
            f"承诺书的签署日期不能早于提出容缺之日（{case.offered_on}）",
            "signed_on",
        )
    clocks = tuple(
        start_clock(facts.item, LimitName.DEFER, next_id(case, f"defer:{m.material}"), facts.today)
        for m in lines
    )
    owed = checklist.owed_codes(case) | {line.material for line in lines}
    next_stage = _next_stage(case, owed, facts)
    clock = silence = None
    if next_stage is not None:
        clock = start_clock(
            facts.item, LimitName.PRE_REVIEW, next_id(case, "pre_review"), facts.today
        )
        silence = silence_clock(case, facts.item, facts.today)
    return (
        DeferralPromised(
            signed_on=command.signed_on,
            clocks=clocks,
            next_stage=next_stage,
            pre_review=clock,
            silence=silence,
        ),
    )


def _next_stage(
    case: Application, owed: set[str], facts: ApplicationFacts
) -> ApplicationStage | None:
    if case.stage is ApplicationStage.SUPPLEMENT_DUE and all(f.about in owed for f in case.noticed):
        return ApplicationStage.PRE_REVIEW
    if case.stage is ApplicationStage.AWAIT_PAPER and not checklist.paper_missing(
        facts.item, case, owed, facts.today, facts.calendar
    ):
        return ApplicationStage.READY
    return None


def check_material(
    command: CheckMaterial, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    line = next((li for li in case.lines if li.material == command.material), None)
    if line is None or line.received_on is None or not line.is_open:
        raise DomainError("NOTHING_TO_CHECK", "此材料没有待核对的补交", "material")
    if line.status is LineStatus.BREACHED:
        raise DomainError(
            "BREACH_UNDECIDED",
            f"“{line.name}”已逾补救期，须由负责人或上级决定",
            "material",
        )
    if not command.in_order:
        if not command.reason.strip():
            raise DomainError("FIELD_REQUIRED", "请填写材料不符的理由", "reason")
        return (MaterialChecked(material=line.material, in_order=False, reason=command.reason),)
    paid = replace(line, status=LineStatus.FULFILLED)
    checked = MaterialChecked(
        material=line.material,
        in_order=True,
        reason=command.reason,
        deliver=deliver_after(case, (paid,), facts),
    )
    return (checked, *closing(change_lines(case, paid)))


def deliver_after(
    case: Application, settled: tuple[Line, ...], facts: ApplicationFacts
) -> Clock | None:
    """The delivery clock, if settling these debts releases a result that is already decided."""
    after = change_lines(case, lines=settled)
    if case.stage is not ApplicationStage.DECIDED or case.clock("deliver") or holds_result(after):
        return None
    return start_clock(facts.item, LimitName.DELIVER, next_id(case, "deliver"), facts.today)


def closing(case: Application) -> tuple[EventBody, ...]:
    """A delivered case without debts is archived; with debts it stays open."""
    return (Archived(),) if case.stage is ApplicationStage.DELIVERED and not case.open_debts else ()


def decide_breach(
    command: DecideBreach, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    lines = tuple(line for line in case.lines if line.status is LineStatus.BREACHED)
    if not lines:
        raise DomainError("NO_BREACH", "没有待处理的容缺失信")
    if not command.reason.strip():
        raise DomainError("FIELD_REQUIRED", "请填写处理理由", "reason")
    delivered = case.stage in {ApplicationStage.DELIVERED, ApplicationStage.DISPATCHED}
    if command.outcome is BreachOutcome.REVOKE:
        if not delivered:
            raise DomainError("NOT_DELIVERED", "结果尚未送达，应作退件处理", "outcome")
        if facts.actor.role is not Role.SUPERIOR:
            raise DomainError("NOT_YOUR_DECISION", "撤销由上级主管部门决定", "outcome")
    if command.outcome is BreachOutcome.RETURN and delivered:
        raise DomainError("ALREADY_DELIVERED", "结果已送达，只能撤销或同意逾期补交", "outcome")
    late = command.outcome is BreachOutcome.ACCEPT_LATE
    if late and any(line.received_on is None for line in lines):
        raise DomainError("MATERIAL_NOT_HERE", "材料尚未收到，不能同意逾期补交", "outcome")
    paid = tuple(replace(line, status=LineStatus.FULFILLED) for line in lines)
    body = BreachDecided(
        outcome=command.outcome,
        reason=command.reason,
        deliver=deliver_after(case, paid, facts) if late else None,
    )
    return (body, *(closing(change_lines(case, lines=paid)) if late else ()))


# --- how the state follows ---------------------------------------------------------------


def receive(
    case: Application,
    codes: Iterable[str],
    event: Event,
    on: date | None = None,
    in_time: tuple[str, ...] = (),
) -> Application:
    """What arrives pays a debt on arrival (F17); an officer then checks it.

    ``on``: the day of arrival, by default that of the event. ``in_time``: as `paid_in_time` says.
    """
    on = on or local_date(event.at)
    for code in codes:
        line = next((li for li in case.lines if li.material == code and li.is_open), None)
        if line is None or line.received_on is not None:
            continue
        if line.status is LineStatus.BREACHED and code not in in_time:
            # Too late: kept, for the decision on the breach.
            case = change_lines(case, replace(line, received_on=on))
            continue
        case = change_lines(case, replace(line, status=LineStatus.RECEIVED, received_on=on))
        case = _without_breach(end_clocks(case, event.at, *_debt_clocks(case, code)), event)
        case = _run_decision_clock(case, event, on)
        case = open_task(case, TaskKind.CHECK_MATERIAL, Role.OFFICER, event.at, about=code)
    return case


def _without_breach(case: Application, event: Event) -> Application:
    """Nobody decides on breaches any more where none is left."""
    if any(line.status is LineStatus.BREACHED for line in case.lines):
        return case
    return close_tasks(case, {TaskKind.DECIDE_BREACH}, event.at, event.actor.code)


def paid_in_time(
    case: Application, codes: Iterable[str], on: date, calendar: WorkingCalendar
) -> tuple[str, ...]:
    """The debts held to be missed that what arrived ``on`` a day past has paid before.

    A breach is undone by arrival within the rescue period; what was overdue by arrival within the
    promise itself. The credit record of a breach stays until somebody repairs it.
    """
    missed = {LineStatus.OVERDUE: "defer", LineStatus.BREACHED: "rescue"}
    lines = {line.material: missed[line.status] for line in case.lines if line.status in missed}
    return tuple(
        code
        for code in dict.fromkeys(codes)
        if code in lines and _until(case, f"{lines[code]}:{code}", on, calendar)
    )


def _until(case: Application, kind: str, on: date, calendar: WorkingCalendar) -> bool:
    last = next((c for c in reversed(case.clocks) if c.id.split("#")[0] == kind), None)
    due = due_on(last, calendar) if last is not None else None
    return due is not None and on <= due


def _debt_clocks(case: Application, code: str) -> list[str]:
    kinds = (f"defer:{code}", f"rescue:{code}")
    return [clock.id for clock in case.running if clock.id.split("#")[0] in kinds]


def discharge(case: Application, codes: Iterable[str], event: Event) -> Application:
    """Nobody need pay these debts any more: newer policy does not ask for the materials."""
    for code in codes:
        line = next(li for li in case.lines if li.material == code and li.is_open)
        case = change_lines(case, replace(line, status=LineStatus.DISCHARGED))
        case = end_clocks(case, event.at, *_debt_clocks(case, code))
        case = _run_decision_clock(case, event)
    return case


def after_deferral_offered(body: DeferralOffered, case: Application, event: Event) -> Application:
    case = change_lines(replace(case, offered_on=local_date(event.at)), lines=body.lines)
    if body.consented:
        return case
    return open_task(case, TaskKind.CONSENT_DEFERRAL, body.consent_role, event.at)


def after_deferral_consented(
    body: DeferralConsented, case: Application, event: Event
) -> Application:
    status = LineStatus.CONSENTED if body.granted else LineStatus.DECLINED
    by = event.actor.code if body.granted else ""
    lines = [
        replace(line, status=status, consented_by=by)
        for line in case.lines
        if line.status is LineStatus.OFFERED
    ]
    case = change_lines(case, lines=lines)
    return close_tasks(case, {TaskKind.CONSENT_DEFERRAL}, event.at, event.actor.code)


def after_deferral_promised(body: DeferralPromised, case: Application, event: Event) -> Application:
    lines = [
        replace(line, status=LineStatus.OUTSTANDING, promised_on=body.signed_on)
        for line in case.lines
        if line.status is LineStatus.CONSENTED
    ]
    case = start_clocks(change_lines(case, lines=lines), *body.clocks)
    if body.next_stage is None:
        return case
    owed = {line.material for line in lines}
    case = replace(case, noticed=tuple(f for f in case.noticed if f.about not in owed))
    case = start_clocks(
        end_clocks(case, event.at, "supplement", "paper"), body.pre_review, body.silence
    )
    return enter(case, body.next_stage, event.at, event.actor.code)


def after_material_checked(body: MaterialChecked, case: Application, event: Event) -> Application:
    line = next(li for li in case.lines if li.material == body.material)
    case = close_tasks(
        case, {TaskKind.CHECK_MATERIAL}, event.at, event.actor.code, about=body.material
    )
    if body.in_order:
        paid = replace(line, status=LineStatus.FULFILLED, checked_on=local_date(event.at))
        return start_clocks(change_lines(case, paid), body.deliver)
    return _owe_again(case, line)


def _owe_again(case: Application, line: Line) -> Application:
    # What came was not what is owed: the limit runs on as if nothing had come.
    kinds = (f"defer:{line.material}", f"rescue:{line.material}")
    past = [clock for clock in case.clocks if clock.id.split("#")[0] in kinds]
    late = bool(past) and past[-1].id.startswith("rescue")
    status = LineStatus.OVERDUE if late else LineStatus.OUTSTANDING
    case = change_lines(case, replace(line, status=status, received_on=None))
    if not past:
        return case
    # While it had ended, nothing reached it of what came into force from outside.
    again = replace(past[-1], ended_on=None)
    return change_clock(case, impose(again, case.suspensions, case.pinned))


def after_debt_overdue(body: DebtOverdue, case: Application, event: Event) -> Application:
    line = next(li for li in case.lines if li.material == body.material)
    case = end_clocks(case, event.at, f"defer:{body.material}", *_debt_clocks(case, body.material))
    case = start_clocks(case, body.rescue)
    case = change_lines(case, replace(line, status=LineStatus.OVERDUE))
    decide = case.clock("decide")
    if decide is None or any(s.reason == LATE and s.lifted_on is None for s in decide.suspensions):
        return case
    # Processing stops while the debtor is late (F19); the office is not to be blamed for it.
    pause = Suspension(
        first_on=local_date(event.at),
        lifted_on=None,
        reason=LATE,
        basis="地方做法（F19），非法定",
    )
    return change_clock(case, replace(decide, suspensions=(*decide.suspensions, pause)))


def _run_decision_clock(case: Application, event: Event, on: date | None = None) -> Application:
    decide = case.clock("decide")
    if decide is None or any(line.status is LineStatus.OVERDUE for line in case.lines):
        return case
    on = on or local_date(event.at)
    return change_clock(
        case,
        replace(
            decide,
            suspensions=tuple(
                replace(s, lifted_on=on) if s.lifted_on is None and s.reason == LATE else s
                for s in decide.suspensions
                # Nothing was late where it had come before.
                if not (s.lifted_on is None and s.reason == LATE and on < s.first_on)
            ),
        ),
    )


def after_debt_breached(body: DebtBreached, case: Application, event: Event) -> Application:
    line = next(li for li in case.lines if li.material == body.material)
    case = end_clocks(case, event.at, *_debt_clocks(case, body.material))
    case = change_lines(case, replace(line, status=LineStatus.BREACHED))
    role = Role.SUPERIOR if body.proposal == BreachOutcome.REVOKE else Role.HEAD
    if any(task.kind is TaskKind.DECIDE_BREACH for task in case.open_tasks):
        return case
    return open_task(case, TaskKind.DECIDE_BREACH, role, event.at, about=body.proposal)


def after_breach_decided(body: BreachDecided, case: Application, event: Event) -> Application:
    case = close_tasks(case, {TaskKind.DECIDE_BREACH}, event.at, event.actor.code)
    if body.outcome == BreachOutcome.RETURN:
        return enter(case, ApplicationStage.RETURNED_LAPSED, event.at, event.actor.code)
    if body.outcome == BreachOutcome.REVOKE:
        return enter(case, ApplicationStage.REVOKED, event.at, event.actor.code)
    on = local_date(event.at)
    lines = [
        replace(line, status=LineStatus.FULFILLED, checked_on=on)
        for line in case.lines
        if line.status is LineStatus.BREACHED
    ]
    case = start_clocks(change_lines(case, lines=lines), body.deliver)
    return _run_decision_clock(case, event)


DECISIONS: Decisions = {
    OfferDeferral: offer_deferral,
    ConsentDeferral: consent_deferral,
    Promise: promise,
    CheckMaterial: check_material,
    DecideBreach: decide_breach,
}
EVOLUTIONS: Evolutions = {
    DeferralOffered: after_deferral_offered,
    DeferralConsented: after_deferral_consented,
    DeferralPromised: after_deferral_promised,
    MaterialChecked: after_material_checked,
    DebtOverdue: after_debt_overdue,
    DebtBreached: after_debt_breached,
    BreachDecided: after_breach_decided,
}
