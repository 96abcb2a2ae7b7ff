"""From acceptance to the result: checks, review, the superior, publicity; delivery and the file.

Sources: 行政许可法 §34–§44; domain.md §C.1, C.4.
"""

from dataclasses import replace
from datetime import date

from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.events import Event, EventBody
from casework.domain.case.guards import require_stage, require_text
from casework.domain.case.moves import (
    change_clock,
    close_tasks,
    end_clocks,
    next_id,
    open_task,
    start_clocks,
)
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import Material, TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.application import checklist
from casework.domain.kinds.application.commands import (
    Approve,
    ArchiveArrived,
    CallArchive,
    Decision,
    Deliver,
    Delivered,
    Objection,
    RecordCheck,
    Refuse,
    ReportUp,
    Review,
    SuperiorDecision,
)
from casework.domain.kinds.application.deferral import closing, receive
from casework.domain.kinds.application.events import (
    Accepted,
    Approved,
    ArchiveCalled,
    Archived,
    ArchiveOverdue,
    ArchiveReceived,
    CheckRecorded,
    Dispatched,
    ObjectionRaised,
    PublicityEnded,
    Refused,
    ReportedUp,
    ResultDelivered,
    ReturnedBySuperior,
    ReviewPassed,
)
from casework.domain.kinds.application.measures import measure_for
from casework.domain.kinds.application.moves import enter, holds_result
from casework.domain.kinds.application.state import (
    Application,
    ApplicationFacts,
    ApplicationStage,
    CheckRecord,
    LineStatus,
)
from casework.domain.policy import (
    CheckKind,
    CheckRule,
    Decider,
    DeliveryMethod,
    LimitName,
    MaterialForm,
    Role,
    ServiceItem,
)
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import Clock, Suspension, start_clock
from casework.domain.time.explanation import ON_SHOW
from casework.domain.time.suspension import closed_channels


def record_check(
    command: RecordCheck, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    require_stage(case, ApplicationStage.REVIEW)
    if command.check not in {rule.kind for rule in required_checks(case, facts)}:
        raise DomainError("CHECK_NOT_REQUIRED", f"本件不需要“{command.check.label}”", "check")
    if command.check is CheckKind.ARCHIVE and _archive_codes(facts.item).isdisjoint(
        checklist.received_codes(case)
    ):
        raise DomainError("ARCHIVE_NOT_HERE", "档案尚未到达，不能核档", "check")
    if not command.passed:
        require_text(command.reason, "reason", "核实未通过的理由")
    return (CheckRecorded(check=command.check, passed=command.passed, reason=command.reason),)


def required_checks(case: Application, facts: ApplicationFacts) -> tuple[CheckRule, ...]:
    """The checks that the item prescribes for what this applicant claims."""
    return tuple(
        rule
        for rule in facts.item.checks
        if all(checklist.holds(c, case.claims, facts.today, facts.calendar) for c in rule.when)
    )


def unchecked(case: Application, facts: ApplicationFacts) -> tuple[str, ...]:
    """The checks, by name, that keep the case from passing review; one that failed says so."""
    found = []
    for rule in required_checks(case, facts) if case.stage is ApplicationStage.REVIEW else ():
        try:
            _check_done(rule, case, facts)
        except DomainError as refused:
            failed = "（未通过）" if refused.code == "CHECK_FAILED" else ""
            found.append(f"{rule.kind.label}{failed}")
    return tuple(found)


def _archive_codes(item: ServiceItem) -> set[str]:
    return {rule.code for rule in item.materials if rule.form is MaterialForm.ARCHIVE}


def call_archive(
    command: CallArchive, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    if not _archive_codes(facts.item):
        raise DomainError("CHECK_NOT_REQUIRED", "本事项不需要调档")
    if measure := measure_for(case, facts, "NO_ARCHIVE_CALL"):
        raise DomainError("MEASURE_IN_FORCE", f"临时措施期间暂缓调档（自 {measure.since} 起）")
    if case.clock("archive"):
        raise DomainError("ALREADY_CALLED", "调档函已开具，正在等待档案")
    if not _archive_codes(facts.item).isdisjoint(checklist.received_codes(case)):
        raise DomainError("ARCHIVE_HERE", "档案已经到达")
    clock = start_clock(facts.item, LimitName.ARCHIVE, next_id(case, "archive"), facts.today)
    return (ArchiveCalled(archive=clock),)


def archive_arrived(
    command: ArchiveArrived, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    codes = _archive_codes(facts.item)
    if not codes:
        raise DomainError("UNKNOWN_MATERIAL", "本事项不需要档案")
    if not codes.isdisjoint(checklist.received_codes(case)):
        raise DomainError("ARCHIVE_HERE", "档案已经到达，重复通知不再登记")
    return (ArchiveReceived(materials=tuple(sorted(codes))),)


def review(command: Review, case: Application, facts: ApplicationFacts) -> tuple[EventBody, ...]:
    require_stage(case, ApplicationStage.REVIEW)
    _four_eyes(case, facts)
    _not_held_up(case)
    for rule in required_checks(case, facts):
        _check_done(rule, case, facts)
    return (ReviewPassed(opinion=command.opinion, decider=facts.item.decider),)


def _four_eyes(case: Application, facts: ApplicationFacts) -> None:
    if facts.actor.code in case.intake_by:
        raise DomainError("FOUR_EYES", "收件（预审、受理）人员不得审核同一件")


def _not_held_up(case: Application) -> None:
    late = [line.name for line in case.lines if line.status is LineStatus.OVERDUE]
    late += [line.name for line in case.lines if line.status is LineStatus.BREACHED]
    if late:
        raise DomainError("PROCESSING_STOPPED", "容缺材料逾期未补，办理已停止：" + "、".join(late))


def _check_done(rule: CheckRule, case: Application, facts: ApplicationFacts) -> None:
    name = rule.kind.label
    record = next((r for r in reversed(case.checks) if r.check is rule.kind), None)
    if record is not None and record.outcome == "failed":
        raise DomainError("CHECK_FAILED", f"“{name}”未通过，不能审核通过")
    if record is not None:
        return
    owed = checklist.owed_codes(case)
    if rule.kind is CheckKind.ARCHIVE and not _archive_codes(facts.item).isdisjoint(owed):
        return  # 延后核档: the check follows the owed file, see 容缺受理
    raise DomainError("CHECK_OPEN", f"“{name}”尚未完成")


def report_up(
    command: ReportUp, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    require_stage(case, ApplicationStage.REVIEWED)
    if _decider(case, facts) is not Decider.SUPERIOR:
        raise DomainError("DECIDED_HERE", "本事项由本区决定，不需上报")
    _not_held_up(case)
    return (ReportedUp(),)


def superior_decision(
    command: SuperiorDecision, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    require_stage(case, ApplicationStage.REPORTED_UP)
    if command.outcome is Decision.APPROVED:
        return (_approved(case, facts, by_superior=True, reference=command.reference),)
    require_text(command.reason, "reason", "退回或不同意的理由")
    if command.outcome is Decision.REFUSED:
        return (Refused(reason=command.reason, reference=command.reference, by_superior=True),)
    return (
        ReturnedBySuperior(
            reason=command.reason, reference=command.reference, review=_review_clock(case, facts)
        ),
    )


def _decider(case: Application, facts: ApplicationFacts) -> Decider:
    return case.decider or facts.item.decider


def _review_clock(case: Application, facts: ApplicationFacts) -> Clock:
    limit = LimitName.GREEN_REVIEW if case.green.is_open else LimitName.REVIEW
    return start_clock(facts.item, limit, next_id(case, "review"), facts.today)


def approve(command: Approve, case: Application, facts: ApplicationFacts) -> tuple[EventBody, ...]:
    require_stage(case, ApplicationStage.REVIEWED)
    if _decider(case, facts) is not Decider.DISTRICT:
        raise DomainError("DECIDED_ABOVE", "本事项由上级决定，请上报")
    _four_eyes(case, facts)
    _not_held_up(case)
    return (_approved(case, facts, by_superior=False),)


def _approved(
    case: Application, facts: ApplicationFacts, *, by_superior: bool, reference: str = ""
) -> Approved:
    publicity = None
    if facts.item.publicity:
        publicity = start_clock(
            facts.item, LimitName.PUBLICITY, next_id(case, "publicity"), facts.today
        )
    deliver = None if publicity else deliver_clock(case, facts)
    return Approved(
        reference=reference, by_superior=by_superior, publicity=publicity, deliver=deliver
    )


def deliver_clock(case: Application, facts: ApplicationFacts) -> Clock | None:
    """Ten working days to deliver (§44); not while a debt holds the result."""
    if holds_result(case):
        return None
    return start_clock(facts.item, LimitName.DELIVER, next_id(case, "deliver"), facts.today)


def refuse(command: Refuse, case: Application, facts: ApplicationFacts) -> tuple[EventBody, ...]:
    require_stage(case, ApplicationStage.REVIEW, ApplicationStage.REVIEWED)
    _four_eyes(case, facts)
    require_text(command.reason, "reason", "不予批准的理由")
    return (Refused(reason=command.reason),)


def objection(
    command: Objection, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    require_stage(case, ApplicationStage.PUBLICITY)
    require_text(command.reason, "reason", "异议内容")
    return (ObjectionRaised(reason=command.reason, review=_review_clock(case, facts)),)


# --- how the state follows ---------------------------------------------------------------


def after_accepted(body: Accepted, case: Application, event: Event) -> Application:
    if not body.deemed and event.actor.code not in case.intake_by:
        case = replace(case, intake_by=(*case.intake_by, event.actor.code))
    skipped = tuple(
        CheckRecord(check=check, outcome="skipped", reason=reason, by=event.actor.code)
        for check, reason in body.skipped
    )
    case = end_clocks(case, event.at, "notice", "pre_review", "paper", "silence")
    case = replace(
        start_clocks(case, body.decide, body.review),
        accepted_on=body.accepted_on,
        deemed_accepted=body.deemed,
        checks=case.checks + skipped,
    )
    return enter(case, ApplicationStage.REVIEW, event.at, event.actor.code)


def after_check_recorded(body: CheckRecorded, case: Application, event: Event) -> Application:
    record = CheckRecord(
        check=body.check,
        outcome="passed" if body.passed else "failed",
        reason=body.reason,
        by=event.actor.code,
    )
    return replace(case, checks=(*case.checks, record))


def after_archive_called(body: ArchiveCalled, case: Application, event: Event) -> Application:
    case = close_tasks(case, {TaskKind.ASK_HOLDER}, event.at, event.actor.code)
    return start_clocks(case, body.archive)


def after_archive_overdue(body: ArchiveOverdue, case: Application, event: Event) -> Application:
    case = end_clocks(case, event.at, body.clock)
    return open_task(case, TaskKind.ASK_HOLDER, Role.OFFICER, event.at, about=body.clock)


def after_archive_received(body: ArchiveReceived, case: Application, event: Event) -> Application:
    case = end_clocks(case, event.at, "archive")
    case = close_tasks(case, {TaskKind.ASK_HOLDER}, event.at, event.actor.code)
    for code in body.materials:
        received = ReceivedMaterial(code=code, form=MaterialForm.ARCHIVE)
        entry = Material(received=received, received_at=event.at, package=case.package)
        case = replace(case, materials=(*case.materials, entry))
    return receive(case, body.materials, event)


def after_review_passed(body: ReviewPassed, case: Application, event: Event) -> Application:
    case = end_clocks(case, event.at, "review")
    case = replace(case, reviewed_by=event.actor.code, decider=None)
    case = enter(case, ApplicationStage.REVIEWED, event.at, event.actor.code)
    here = body.decider is Decider.DISTRICT
    kind, role = (TaskKind.APPROVE, Role.HEAD) if here else (TaskKind.REPORT_UP, Role.OFFICER)
    return open_task(case, kind, role, event.at, clock="decide")


def after_reported_up(body: ReportedUp, case: Application, event: Event) -> Application:
    return enter(case, ApplicationStage.REPORTED_UP, event.at, event.actor.code)


def after_returned_by_superior(
    body: ReturnedBySuperior, case: Application, event: Event
) -> Application:
    return enter(
        start_clocks(case, body.review), ApplicationStage.REVIEW, event.at, event.actor.code
    )


def after_approved(body: Approved, case: Application, event: Event) -> Application:
    if body.publicity is None:
        return _decided(case, body.deliver, event)
    decide = case.clock("decide")
    if decide is not None:
        pause = Suspension(first_on=local_date(event.at), lifted_on=None, reason=ON_SHOW)
        case = change_clock(case, replace(decide, suspensions=(*decide.suspensions, pause)))
    case = start_clocks(case, body.publicity)
    return enter(case, ApplicationStage.PUBLICITY, event.at, event.actor.code)


def _decided(case: Application, deliver: Clock | None, event: Event) -> Application:
    case = end_clocks(case, event.at, "decide", "publicity", "green")
    case = replace(case, decision=Decision.APPROVED, decided_on=local_date(event.at))
    return enter(start_clocks(case, deliver), ApplicationStage.DECIDED, event.at, event.actor.code)


def after_objection_raised(body: ObjectionRaised, case: Application, event: Event) -> Application:
    case = end_clocks(case, event.at, "publicity")
    decide = case.clock("decide")
    if decide is not None:
        case = change_clock(case, _lifted(decide, event))
    return enter(
        start_clocks(case, body.review), ApplicationStage.REVIEW, event.at, event.actor.code
    )


def _lifted(clock: Clock, event: Event) -> Clock:
    on = local_date(event.at)
    return replace(
        clock,
        suspensions=tuple(
            replace(s, lifted_on=on) if s.lifted_on is None and s.reason == ON_SHOW else s
            for s in clock.suspensions
        ),
    )


def after_publicity_ended(body: PublicityEnded, case: Application, event: Event) -> Application:
    return _decided(case, body.deliver, event)


def after_refused(body: Refused, case: Application, event: Event) -> Application:
    case = replace(case, decision=Decision.REFUSED, decided_on=local_date(event.at))
    return enter(case, ApplicationStage.REFUSED, event.at, event.actor.code)


# --- the result ----------------------------------------------------------------------------
# Handing out the result and closing the file. Sources: 行政许可法 §44; domain.md §C.1.


def deliver(command: Deliver, case: Application, facts: ApplicationFacts) -> tuple[EventBody, ...]:
    require_stage(case, ApplicationStage.DECIDED)
    if holds_result(case):
        owed = "、".join(line.name for line in case.lines if line.is_open)
        raise DomainError("RESULT_HELD", f"容缺材料补齐之前不得发放结果：{owed}")
    if command.method not in facts.item.delivery:
        ways = "、".join(way.label for way in facts.item.delivery)
        raise DomainError("METHOD_NOT_OFFERED", f"本事项的送达方式为：{ways}", "method")
    closed = closed_channels(case.suspensions, facts.today)
    if stop := closed.get(command.method.value):
        raise DomainError("CHANNEL_CLOSED", f"此送达方式自 {stop.first_on} 起暂停", "method")
    if command.method.is_outside:
        return (Dispatched(method=command.method),)
    return _delivered(case, command.method, on=facts.today if case.by_date else None)


def _delivered(
    case: Application, method: DeliveryMethod, reference: str = "", on: date | None = None
) -> tuple[EventBody, ...]:
    handed = ResultDelivered(method=method, reference=reference, delivered_on=on)
    return (handed, *closing(replace(case, stage=ApplicationStage.DELIVERED)))


def delivered(
    command: Delivered, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    require_stage(case, ApplicationStage.DISPATCHED)
    day = command.delivered_on
    if day is not None and day > facts.today:
        raise DomainError("DATE_IN_FUTURE", "送达日期不能在今天之后", "delivered_on")
    sent_on = local_date(case.stage_since)
    if day is not None and day < sent_on:
        raise DomainError(
            "DATE_TOO_EARLY", f"送达日期不能早于寄出之日（{sent_on}）", "delivered_on"
        )
    on = day or (facts.today if case.by_date else None)
    return _delivered(case, case.delivery or DeliveryMethod.EMS, command.reference, on)


def after_dispatched(body: Dispatched, case: Application, event: Event) -> Application:
    case = replace(case, delivery=body.method)
    return enter(case, ApplicationStage.DISPATCHED, event.at, event.actor.code)


def after_result_delivered(body: ResultDelivered, case: Application, event: Event) -> Application:
    case = replace(
        end_clocks(case, event.at, "deliver"),
        delivery=body.method,
        delivered_on=body.delivered_on or local_date(event.at),
    )
    return enter(case, ApplicationStage.DELIVERED, event.at, event.actor.code)


def after_archived(body: Archived, case: Application, event: Event) -> Application:
    return enter(case, ApplicationStage.ARCHIVED, event.at, event.actor.code)


DECISIONS: Decisions = {
    RecordCheck: record_check,
    CallArchive: call_archive,
    ArchiveArrived: archive_arrived,
    Review: review,
    ReportUp: report_up,
    SuperiorDecision: superior_decision,
    Approve: approve,
    Refuse: refuse,
    Objection: objection,
    Deliver: deliver,
    Delivered: delivered,
}


EVOLUTIONS: Evolutions = {
    Accepted: after_accepted,
    CheckRecorded: after_check_recorded,
    ArchiveCalled: after_archive_called,
    ArchiveOverdue: after_archive_overdue,
    ArchiveReceived: after_archive_received,
    ReviewPassed: after_review_passed,
    ReportedUp: after_reported_up,
    ReturnedBySuperior: after_returned_by_superior,
    Approved: after_approved,
    ObjectionRaised: after_objection_raised,
    PublicityEnded: after_publicity_ended,
    Refused: after_refused,
    Dispatched: after_dispatched,
    ResultDelivered: after_result_delivered,
    Archived: after_archived,
}
