"""From submission to acceptance: format check, pre-review, one-time notice, supplement, paper.

Sources: 行政许可法 §32; domain.md §C.1, C.2.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from casework.domain.case.commands import INTAKE, Fault, ReceivedMaterial
from casework.domain.case.events import Event, EventBody
from casework.domain.case.guards import require_listed, require_stage, require_text
from casework.domain.case.in_force import noted, within_reach
from casework.domain.case.moves import as_begun, end_clocks, give_card, next_id, start_clocks
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import Material
from casework.domain.errors import DomainError
from casework.domain.kinds.application import checklist
from casework.domain.kinds.application.commands import (
    POST_ROOM,
    Accept,
    MaterialsReceived,
    NotAccept,
    PreReview,
    PreReviewOutcome,
    Supplement,
    Withdraw,
)
from casework.domain.kinds.application.deferral import paid_in_time, receive
from casework.domain.kinds.application.events import (
    Accepted,
    Lapsed,
    MaterialsArrived,
    NotAccepted,
    NoticeGiven,
    PreReviewPassed,
    SecondNoticeBlocked,
    Submitted,
    SupplementReceived,
    Withdrawn,
)
from casework.domain.kinds.application.measures import measure_for
from casework.domain.kinds.application.moves import enter, silence_clock
from casework.domain.kinds.application.same_person import require_decided
from casework.domain.kinds.application.state import (
    Application,
    ApplicationFacts,
    ApplicationStage,
    Line,
    LineStatus,
)
from casework.domain.policy import (
    DeferralMode,
    LimitName,
    MaterialForm,
    MaterialRule,
    Measure,
    Role,
)
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import Clock, start_clock
from casework.domain.time.ladder import Rung
from casework.domain.time.suspension import reaches

AUTHORISATION = "authorisation"
"""The code under which the 授权委托书 of an agent is filed."""


def pre_review(
    command: PreReview, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    require_stage(case, ApplicationStage.PRE_REVIEW)
    if command.outcome is PreReviewOutcome.PASSED:
        return (_pass(command, case, facts),)
    return (_notice(command, case, facts),)


def _about(faults: Sequence[Fault], facts: ApplicationFacts) -> str:
    """The materials with faults, by their names in the catalogue; never an officer's words."""
    names = facts.item.material_names
    about = dict.fromkeys(names[fault.about] for fault in faults if fault.about in names)
    return "：" + "、".join(about) if about else ""


def _pass(command: PreReview, case: Application, facts: ApplicationFacts) -> EventBody:
    open_faults = [
        fault
        for fault in case.faults
        if fault.about not in checklist.owed_codes(case) and fault.about not in command.corrected
    ]
    if open_faults:
        raise DomainError(
            "FAULTS_OPEN",
            f"尚有 {len(open_faults)} 项问题未解决，不能通过预审{_about(open_faults, facts)}",
            "outcome",
        )
    require_decided(case)
    papers = _papers(case, facts)
    deferred = measure_for(case, facts, "PAPER_DEFERRED")
    if papers and deferred and _covers(deferred, facts):
        return PreReviewPassed(
            corrected=command.corrected,
            awaits_paper=False,
            deferred=tuple(_deferred_line(rule, deferred.effect) for rule in papers),
            clocks=_after(deferred, [f"defer:{rule.code}" for rule in papers], facts),
            measure=_pinned(deferred),
        )
    no_limit = measure_for(case, facts, "PAPER_NO_LIMIT") if papers else None
    clock = _paper_clock(no_limit, facts) if papers else None
    if clock is not None:
        clock = within_reach(clock, case, facts.item)
    return PreReviewPassed(
        corrected=command.corrected,
        awaits_paper=bool(papers),
        papers=tuple(rule.name for rule in papers),
        paper=clock,
        measure=_pinned(no_limit),
        reached=_reached(clock, facts),
    )


def _reached(clock: Clock | None, facts: ApplicationFacts) -> tuple[Measure, ...]:
    """The measures that bear on the limit though none is in force today, such as one announced."""
    known = facts.measures or ()
    return tuple(measure for measure in known if clock is not None and reaches(measure, clock))


def _paper_clock(no_limit: Measure | None, facts: ApplicationFacts) -> Clock | None:
    if no_limit is not None:
        return next(iter(_after(no_limit, ["paper"], facts)), None)
    if facts.item.limit(LimitName.PAPER) is None:
        return None
    return start_clock(facts.item, LimitName.PAPER, "paper", facts.today)


def _after(
    measure: Measure, clock_ids: Iterable[str], facts: ApplicationFacts
) -> tuple[Clock, ...]:
    """The limits of what a measure puts off: they stand still until it has ended.

    No source says what ends a deferral without limit; the length is a proposal (domain.md §C.6).
    """
    if not measure.id or facts.item.limit(LimitName.AFTER_MEASURE) is None:
        return ()  # policy of before there was such a limit
    return tuple(
        replace(
            start_clock(facts.item, LimitName.AFTER_MEASURE, clock_id, facts.today),
            measure=measure.id,
        )
        for clock_id in clock_ids
    )


def _pinned(measure: Measure | None) -> Measure | None:
    return measure if measure is not None and measure.id else None


def _papers(case: Application, facts: ApplicationFacts) -> tuple[MaterialRule, ...]:
    if not facts.item.needs_paper:
        return ()
    return checklist.paper_missing(facts.item, case, (), facts.today, facts.calendar)


def _covers(measure: Measure, facts: ApplicationFacts) -> bool:
    # Accepted online today; "3月1日后" is read inclusively (domain.md §C.6, a proposal).
    return measure.online_accepted_from is None or measure.online_accepted_from <= facts.today


def _deferred_line(rule: MaterialRule, measure: str) -> Line:
    return Line(
        material=rule.code,
        name=rule.name,
        mode=DeferralMode.HOLD_RESULT,
        status=LineStatus.OUTSTANDING,
        reason="临时措施期间纸质材料暂缓递交",
        by_measure=measure,
    )


def _notice(command: PreReview, case: Application, facts: ApplicationFacts) -> EventBody:
    faults = _union(case.faults, command.faults)
    faults = tuple(f for f in faults if f.about not in command.corrected)
    if not faults:
        raise DomainError("NO_FAULTS", "一次性告知须列明全部问题，不能为空", "faults")
    if case.notice_on is not None:
        told_late = tuple(fault for fault in faults if not _is_new(fault, case))
        if told_late:
            return SecondNoticeBlocked(faults=told_late)
    clock = start_clock(facts.item, LimitName.SUPPLEMENT, next_id(case, "supplement"), facts.today)
    return NoticeGiven(faults=faults, supplement=clock)


def _union(found: tuple[Fault, ...], named: tuple[Fault, ...]) -> tuple[Fault, ...]:
    known = {(fault.code, fault.about) for fault in found}
    return found + tuple(fault for fault in named if (fault.code, fault.about) not in known)


def _is_new(fault: Fault, case: Application) -> bool:
    # Only what came with the supplement can show a fault that was not there before.
    latest = {m.received.code for m in case.materials if m.package == case.package}
    return fault.about in latest


def not_accept(
    command: NotAccept, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    require_stage(case, ApplicationStage.PRE_REVIEW, ApplicationStage.READY)
    require_text(command.reason, "reason", "不予受理的理由")
    require_text(command.right_authority, "right_authority", "应当去的机关")
    return (NotAccepted(reason=command.reason, right_authority=command.right_authority),)


def supplement(
    command: Supplement, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    require_stage(case, ApplicationStage.SUPPLEMENT_DUE)
    if not command.materials and not command.statements:
        raise DomainError("FIELD_REQUIRED", "请至少补交一份材料或说明", "materials")
    known_materials(command.materials, facts, checklist.owed_codes(case))
    came_on = _came_on(command.arrived_on, case, facts)
    return (_supplement(command.materials, command.statements, case, facts, came_on),)


MOST_DAYS_LATE = 30
"""Calendar days for which an arrival may be registered late [proposal]."""


def _came_on(day: date | None, case: Application, facts: ApplicationFacts) -> date | None:
    """The day of arrival, if it lies in the past; None: today.

    Raises:
        DomainError: ``ARRIVAL_BY_OFFICE``, ``DATE_IN_FUTURE``, ``DATE_TOO_EARLY``.
    """
    if day is None or day == facts.today:
        return None
    actor = facts.actor
    if actor.role not in INTAKE and (actor.role, actor.code) != (Role.SYSTEM, POST_ROOM):
        raise DomainError("ARRIVAL_BY_OFFICE", "到达日期由收件人员登记", "arrived_on")
    if day > facts.today:
        raise DomainError("DATE_IN_FUTURE", "到达日期不能在今天之后", "arrived_on")
    first = max(local_date(case.received_at), facts.today - timedelta(days=MOST_DAYS_LATE))
    if day < first:
        raise DomainError("DATE_TOO_EARLY", f"到达日期不能早于 {first}", "arrived_on")
    return day


def known_materials(
    materials: tuple[ReceivedMaterial, ...], facts: ApplicationFacts, owed: Iterable[str] = ()
) -> None:
    """Refuse with ``UNKNOWN_MATERIAL`` what neither the item's checklist nor a debt names."""
    listed = {rule.code for rule in facts.item.materials} | set(owed)
    require_listed(materials, listed | {c for r in facts.item.materials for c in r.alternatives})


def _supplement(
    materials: tuple[ReceivedMaterial, ...],
    statements: tuple[str, ...],
    case: Application,
    facts: ApplicationFacts,
    came_on: date | None = None,
) -> EventBody:
    on = came_on or facts.today
    came = {material.code for material in materials}
    answered = came | checklist.owed_codes(case)
    left = tuple(
        fault
        for fault in case.noticed
        if fault.about not in answered
        and fault.code not in statements
        and fault.about not in _substituted(came, facts)
    )
    clock = start_clock(facts.item, LimitName.PRE_REVIEW, next_id(case, "pre_review"), on)
    return SupplementReceived(
        materials=materials,
        statements=statements,
        faults=left,
        pre_review=clock,
        silence=None if left else silence_clock(case, facts.item, on),
        arrived_on=came_on,
        in_time=paid_in_time(case, came, came_on, facts.calendar) if came_on else (),
    )


def _substituted(came: set[str], facts: ApplicationFacts) -> set[str]:
    return {rule.code for rule in facts.item.materials if came & set(rule.alternatives)}


def materials_received(
    command: MaterialsReceived, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    if not command.materials:
        raise DomainError("FIELD_REQUIRED", "请列明收到的材料", "materials")
    known_materials(command.materials, facts, checklist.owed_codes(case))
    came_on = _came_on(command.arrived_on, case, facts)
    on = came_on or facts.today
    if case.stage is ApplicationStage.SUPPLEMENT_DUE:
        return (_supplement(command.materials, (), case, facts, came_on),)
    codes = [material.code for material in command.materials]
    complete = case.stage is ApplicationStage.AWAIT_PAPER and not checklist.paper_missing(
        facts.item, case, codes, facts.today, facts.calendar
    )
    clock = None
    if complete:
        clock = start_clock(facts.item, LimitName.PRE_REVIEW, next_id(case, "pre_review"), on)
    return (
        MaterialsArrived(
            materials=command.materials,
            paper_complete=complete,
            pre_review=clock,
            silence=silence_clock(case, facts.item, on) if complete else None,
            arrived_on=came_on,
            in_time=paid_in_time(case, codes, came_on, facts.calendar) if came_on else (),
        ),
    )


def accept(command: Accept, case: Application, facts: ApplicationFacts) -> tuple[EventBody, ...]:
    require_stage(case, ApplicationStage.READY)
    require_decided(case)
    return (accepted(case, facts),)


def accepted(
    case: Application, facts: ApplicationFacts, *, deemed: bool = False, since: date | None = None
) -> Accepted:
    """Acceptance today or, deemed, on the day of receipt (§32(1)4); the clocks count from it.

    ``since``: deemed on that day, on which a supplement became complete (§32(1)4–5).
    """
    on = (since or local_date(case.received_at)) if deemed else facts.today
    limit = LimitName.GREEN_REVIEW if case.green.is_open else LimitName.REVIEW
    skipped = tuple(
        (rule.kind, f"临时措施：{measure.effect}（{measure.reference}）")
        for rule in facts.item.checks
        if rule.skipped_by and (measure := measure_for(case, facts, rule.skipped_by))
    )
    return Accepted(
        accepted_on=on,
        deemed=deemed,
        decide=start_clock(facts.item, LimitName.DECIDE, "decide", on),
        review=start_clock(facts.item, limit, next_id(case, "review"), facts.today),
        skipped=skipped,
    )


def withdraw(
    command: Withdraw, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    if case.stage in {
        ApplicationStage.DECIDED,
        ApplicationStage.DISPATCHED,
        ApplicationStage.DELIVERED,
    }:
        raise DomainError("ALREADY_DECIDED", "已作出决定，不能再撤回申请")
    return (Withdrawn(reason=command.reason),)


# --- how the state follows ---------------------------------------------------------------


def begin(body: Submitted, event: Event) -> Application:
    """The state of a case that has just been received."""
    case = Application(
        **as_begun(event),
        stage=ApplicationStage.PRE_REVIEW,
        claims=body.claims,
        faults=body.faults,
        entitled_on=body.entitled_on,
    )
    case = _file(case, (*body.materials, *_authorisation(body)), event)
    case = start_clocks(case, body.notice, body.pre_review)
    return enter(case, ApplicationStage.PRE_REVIEW, event.at, event.actor.code)


def _authorisation(body: Submitted) -> tuple[ReceivedMaterial, ...]:
    """The authorisation of an agent is filed with the materials, and is none of the item's."""
    if not body.authorisation:
        return ()
    form = MaterialForm.ELECTRONIC
    return (ReceivedMaterial(code=AUTHORISATION, form=form, sha256=body.authorisation),)


def _file(case: Application, materials: tuple[ReceivedMaterial, ...], event: Event) -> Application:
    new = tuple(Material(received=m, received_at=event.at, package=case.package) for m in materials)
    return replace(case, materials=case.materials + new)


def _by_intake(case: Application, event: Event) -> Application:
    if event.actor.code in case.intake_by:
        return case
    return replace(case, intake_by=(*case.intake_by, event.actor.code))


def after_notice_given(body: NoticeGiven, case: Application, event: Event) -> Application:
    case = end_clocks(_by_intake(case, event), event.at, "notice", "pre_review", "silence")
    case = start_clocks(case, body.supplement)
    case = replace(case, noticed=body.faults, faults=(), notice_on=local_date(event.at))
    return enter(case, ApplicationStage.SUPPLEMENT_DUE, event.at, event.actor.code)


def after_second_notice_blocked(
    body: SecondNoticeBlocked, case: Application, event: Event
) -> Application:
    if "notice:second" in case.rungs:
        return case
    case = replace(case, rungs=(*case.rungs, "notice:second"))
    return give_card(case, "notice:second", Rung.RED, event.at)


def after_pre_review_passed(body: PreReviewPassed, case: Application, event: Event) -> Application:
    case = replace(
        _by_intake(case, event),
        faults=(),
        lines=case.lines + body.deferred,
        papers=body.papers,
        pinned=case.pinned + ((body.measure,) if body.measure else ()) + body.reached,
    )
    case = start_clocks(case, *body.clocks)
    if not body.awaits_paper:
        return enter(case, ApplicationStage.READY, event.at, event.actor.code)
    case = end_clocks(case, event.at, "notice", "pre_review", "silence")
    case = noted(start_clocks(case, body.paper))
    return enter(case, ApplicationStage.AWAIT_PAPER, event.at, event.actor.code)


def after_not_accepted(body: NotAccepted, case: Application, event: Event) -> Application:
    case = replace(case, duplicate_of=body.duplicate_of)
    return enter(case, ApplicationStage.NOT_ACCEPTED, event.at, event.actor.code)


def after_supplement_received(
    body: SupplementReceived, case: Application, event: Event
) -> Application:
    case = _file(replace(case, package=case.package + 1), body.materials, event)
    codes = [m.code for m in body.materials]
    case = receive(case, codes, event, body.arrived_on, body.in_time)
    if body.faults:  # not all that was asked for: the applicant's time runs on
        return replace(case, noticed=body.faults)
    return back_to_pre_review(replace(case, noticed=()), event, body.pre_review, body.silence)


def back_to_pre_review(case: Application, event: Event, *clocks: Clock | None) -> Application:
    """The applicant has answered the notice: the officer's turn again."""
    case = start_clocks(end_clocks(case, event.at, "supplement"), *clocks)
    return enter(case, ApplicationStage.PRE_REVIEW, event.at, event.actor.code)


def after_materials_arrived(body: MaterialsArrived, case: Application, event: Event) -> Application:
    case = _file(case, body.materials, event)
    codes = [m.code for m in body.materials]
    case = receive(case, codes, event, body.arrived_on, body.in_time)
    if body.paper_complete:
        case = paper_in(case, event, body.pre_review, body.silence)
    return case


def paper_in(case: Application, event: Event, *clocks: Clock | None) -> Application:
    """Nothing on paper is missing any more: ready for acceptance."""
    case = start_clocks(end_clocks(case, event.at, "paper"), *clocks)
    return enter(case, ApplicationStage.READY, event.at, event.actor.code)


def after_lapsed(body: Lapsed, case: Application, event: Event) -> Application:
    return enter(case, ApplicationStage.RETURNED_LAPSED, event.at, event.actor.code)


def after_withdrawn(body: Withdrawn, case: Application, event: Event) -> Application:
    return enter(case, ApplicationStage.WITHDRAWN, event.at, event.actor.code)


DECISIONS: Decisions = {
    PreReview: pre_review,
    NotAccept: not_accept,
    Supplement: supplement,
    MaterialsReceived: materials_received,
    Accept: accept,
    Withdraw: withdraw,
}
EVOLUTIONS: Evolutions = {
    NoticeGiven: after_notice_given,
    SecondNoticeBlocked: after_second_notice_blocked,
    PreReviewPassed: after_pre_review_passed,
    NotAccepted: after_not_accepted,
    SupplementReceived: after_supplement_received,
    MaterialsArrived: after_materials_arrived,
    Lapsed: after_lapsed,
    Withdrawn: after_withdrawn,
}
