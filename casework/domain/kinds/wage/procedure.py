"""The procedure of a wage complaint: what follows from each verb, and from time alone.

received → filed, refused in writing, or supplemented → investigated by two inspectors → settled and
paid, or decided after the employer was heard → told to the complainant → confirmed. Sources:
劳动保障监察条例 §16–20 and 若干规定 §18, as in domain.md §C.12. What they leave open is a proposal,
and its length a limit of ``service/wages.yaml``: the time to supplement, that a settlement pauses
the investigation, the time for the employer's statement, for telling and for confirming the result.
"""

from dataclasses import replace
from datetime import date, datetime

from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.events import Event, EventBody
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import codes, require_stage, require_text
from casework.domain.case.moves import (
    change_clock,
    conclude,
    end_clocks,
    enter,
    next_id,
    start_clocks,
)
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import Closing, Material
from casework.domain.case.supervision import extended, require_not_over
from casework.domain.errors import DomainError
from casework.domain.kinds.wage import commands as do
from casework.domain.kinds.wage import events as ev
from casework.domain.kinds.wage.state import (
    Evidence,
    Inquiry,
    Instalment,
    MediationSession,
    RefusalGround,
    WageComplaint,
    WageDecision,
    WageOutcome,
    WageStage,
    money,
)
from casework.domain.policy import LimitName, MaterialForm, Unit
from casework.domain.time.calendar import ONE_DAY, add_months, local_date
from casework.domain.time.clock import (
    Clock,
    Suspension,
    due_on,
    kind_of,
    shown,
    start_clock,
    until_clock,
)

S = WageStage
FILED = (S.INVESTIGATION, S.SETTLEMENT, S.PAID)
"""Where a filed complaint is before anything is decided."""
SETTLED = "和解协议履行期间"
"""Why the limit of the investigation stands still."""
MOST_ROWS = 50
"""Inquiries, and sessions, of one case."""
MOST_EVIDENCE = 200
MOST_INSTALMENTS = 60
EVIDENCE = "evidence_"
"""Begins the code of the material that a piece of evidence is."""


# --- filed, refused or supplemented ------------------------------------------------------------


def ask_complainant(
    command: do.AskComplainant, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.RECEIVED)
    require_text(command.missing, "missing", "需要补正的内容")
    supplement = _clock(facts, LimitName.WAGE_SUPPLEMENT, "wage_supplement", case)
    return (ev.ComplainantAsked(missing=command.missing, supplement=supplement),)


def supplement_complaint(
    command: do.SupplementComplaint, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.SUPPLEMENT)
    require_text(command.note, "note", "补正内容")
    filing = _clock(facts, LimitName.WAGE_FILING, "wage_filing", case)
    name = command.employer_name.strip() or case.employer_name
    return (ev.ComplaintSupplemented(employer_name=name, note=command.note, filing=filing),)


def lapse(clock: Clock, case: WageComplaint, facts: Occasion) -> EventBody:
    """What was missing was not supplemented in time."""
    return ev.ComplaintLapsed(clock=clock.id)


def file_complaint(
    command: do.FileComplaint, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.RECEIVED)
    if is_too_old(case, facts):
        raise DomainError("COMPLAINT_TOO_OLD", "欠薪行为终了已超过查处时效，应当书面告知不予受理")
    if case.worksite and case.worksite != case.district:
        raise DomainError("NOT_OUR_JURISDICTION", "用工所在地不在本区，应当书面告知有管辖权的机构")
    if not case.employer_name.strip():
        raise DomainError("EMPLOYER_UNKNOWN", "没有明确的用人单位，应当告知投诉人补正")
    investigation = _clock(facts, LimitName.WAGE_INVESTIGATION, "wage_investigation", case)
    return (ev.ComplaintFiled(filed_on=facts.today, investigation=investigation),)


def is_too_old(case: WageComplaint, facts: Occasion) -> bool:
    """Whether the breach ended longer before the receipt than the policy lets it be pursued."""
    reach = facts.item.limit(LimitName.WAGE_REACH)
    if reach is None:
        return False
    received_on = local_date(case.received_at)
    if reach.unit is Unit.MONTHS:
        return case.last_unpaid_on < add_months(received_on, -reach.amount)
    return case.last_unpaid_on < received_on - reach.amount * ONE_DAY


def refuse_complaint(
    command: do.RefuseComplaint, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    """In writing; nobody is refused for a ground that does not hold."""
    require_stage(case, S.RECEIVED)
    require_text(command.reason, "reason", "不予受理的理由")
    match command.ground:
        case RefusalGround.TOO_OLD:
            if not is_too_old(case, facts):
                raise DomainError("WITHIN_REACH", "未超过查处时效，不能以此不予受理", "ground")
        case RefusalGround.JURISDICTION:
            if case.worksite == case.district:
                raise DomainError("OUR_JURISDICTION", "用工所在地在本区，属于本区管辖", "ground")
            require_text(command.right_authority, "right_authority", "有管辖权的机构")
        case RefusalGround.NOT_INSPECTION:
            require_text(command.right_authority, "right_authority", "应当去的机关")
    return (
        ev.ComplaintRefused(
            ground=command.ground,
            reason=command.reason,
            right_authority=command.right_authority,
        ),
    )


def withdraw_complaint(
    command: do.WithdrawComplaint, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.RECEIVED, S.SUPPLEMENT, *FILED)
    require_text(command.reason, "reason", "撤回理由")
    return (ev.ComplaintWithdrawn(reason=command.reason),)


# --- evidence, inquiries, mediation --------------------------------------------------------------


def submit_evidence(
    command: do.SubmitEvidence, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.RECEIVED, S.SUPPLEMENT, *FILED, S.HEARING)
    if not command.pieces:
        raise DomainError("FIELD_REQUIRED", "请提交至少一件证据", "pieces")
    return (ev.EvidenceSubmitted(pieces=_kept(command.pieces, case, facts)),)


def _kept(
    pieces: tuple[do.Piece, ...], case: WageComplaint, facts: Occasion
) -> tuple[ev.KeptPiece, ...]:
    """The pieces with their numbers; each has a file, and words where somebody speaks."""
    if len(case.evidence) + len(pieces) > MOST_EVIDENCE:
        raise DomainError("TOO_MANY", f"本件证据至多 {MOST_EVIDENCE} 件", "pieces")
    known = {each.sha256 for each in case.evidence}
    for place, piece in enumerate(pieces):
        at = f"pieces.{place}"
        require_text(piece.sha256, f"{at}.sha256", "证据文件")
        if piece.sha256 in known:
            raise DomainError("ALREADY_SUBMITTED", "此文件已经作为证据提交", f"{at}.sha256")
        known.add(piece.sha256)
        if piece.sort.is_spoken:
            require_text(piece.transcript, f"{at}.transcript", "语音、视频、电话的文字记录")
        if piece.at > facts.at:
            raise DomainError("DATE_IN_FUTURE", "证据形成时间不能在现在之后", f"{at}.at")
    return tuple(
        ev.KeptPiece(
            number=number,
            sort=piece.sort,
            sha256=piece.sha256,
            of=piece.of,
            at=piece.at,
            transcript=piece.transcript,
        )
        for number, piece in enumerate(pieces, start=len(case.evidence) + 1)
    )


def record_inquiry(
    command: do.RecordInquiry, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, *FILED)
    require_text(command.finding, "finding", "调查情况")
    second = command.second.strip()
    if not second or second == facts.actor.code:
        raise DomainError(
            "SECOND_INSPECTOR_MISSING", "调查须由两名以上监察员共同进行，请填写另一名", "second"
        )
    if second in case.apart:
        raise DomainError("RELATION_DECLARED", "此人须回避本件", "second")
    if len(case.inquiries) >= MOST_ROWS:
        raise DomainError("TOO_MANY", f"本件调查记录至多 {MOST_ROWS} 次")
    number = len(case.inquiries) + 1
    return (ev.InquiryRecorded(number=number, second=second, finding=command.finding),)


def confirm_inquiry(
    command: do.ConfirmInquiry, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, *FILED)
    inquiry = next((each for each in case.inquiries if each.number == command.number), None)
    if inquiry is None:
        raise DomainError("INQUIRY_UNKNOWN", "没有此次调查", "number")
    if inquiry.confirmed_at is not None:
        raise DomainError("INQUIRY_CONFIRMED", "此次调查已经确认")
    if facts.actor.code != inquiry.second:
        raise DomainError("NOT_SECOND_INSPECTOR", "须由此次调查登记的另一名监察员本人确认")
    return (ev.InquiryConfirmed(number=inquiry.number),)


def hold_session(
    command: do.HoldSession, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.INVESTIGATION)
    require_text(command.note, "note", "调解情况")
    _require_between(command.held_on, case, facts, "held_on", "调解日期")
    if len(case.sessions) >= MOST_ROWS:
        raise DomainError("TOO_MANY", f"本件调解至多 {MOST_ROWS} 次")
    return (
        ev.SessionHeld(
            means=command.means,
            held_on=command.held_on,
            agreed=command.agreed,
            note=command.note,
            pieces=_kept(command.pieces, case, facts),
        ),
    )


def _require_between(
    day: date, case: WageComplaint, facts: Occasion, field: str, name: str
) -> None:
    if day > facts.today:
        raise DomainError("DATE_IN_FUTURE", f"{name}不能在今天之后", field)
    if day < local_date(case.received_at):
        raise DomainError("DATE_TOO_EARLY", f"{name}不能早于收到投诉之日", field)


# --- settlement ----------------------------------------------------------------------------------


def record_settlement(
    command: do.RecordSettlement, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.INVESTIGATION)
    if not any(each.agreed for each in case.sessions):
        raise DomainError("NO_AGREEMENT", "请先登记达成一致的调解")
    promised = command.instalments
    if not promised:
        raise DomainError("FIELD_REQUIRED", "请填写至少一期付款", "instalments")
    if len(case.instalments) + len(promised) > MOST_INSTALMENTS:
        raise DomainError("TOO_MANY", f"本件付款至多 {MOST_INSTALMENTS} 期", "instalments")
    days = [each.due_on for each in promised]
    if days != sorted(set(days)) or days[0] < facts.today:
        raise DomainError(
            "INSTALMENTS_IN_ORDER", "各期付款日须自今天起，依次在后，不得相同", "instalments"
        )
    if any(each.amount <= 0 for each in promised):
        raise DomainError("AMOUNT_INVALID", "每期金额须大于零（单位：分）", "instalments")
    left = case.owed - case.paid
    if sum(each.amount for each in promised) > left:
        raise DomainError("AMOUNT_INVALID", f"协议金额不得超过尚欠的 {money(left)}", "instalments")
    pauses = _require_in_time(days[-1], case, facts)
    return (
        ev.SettlementRecorded(
            instalments=tuple(
                ev.PromisedInstalment(
                    number=number,
                    due_on=each.due_on,
                    amount=each.amount,
                    clock=until_clock(
                        f"wage_instalment:{number}", each.due_on, facts.today, "和解协议"
                    ),
                )
                for number, each in enumerate(promised, start=len(case.instalments) + 1)
            ),
            note=command.note,
            pauses=pauses,
        ),
    )


def _require_in_time(last: date, case: WageComplaint, facts: Occasion) -> bool:
    """Refuse a settlement that lasts too long; whether the investigation pauses meanwhile.

    Where the policy sets no time for settlements, they do not pause it, and must be over by its
    last day.
    """
    pauses = facts.item.limit(LimitName.WAGE_SETTLEMENT) is not None
    bound = case.clock("wage_investigation")
    if pauses:
        bound = start_clock(facts.item, LimitName.WAGE_SETTLEMENT, "wage_instalment", facts.today)
    until = due_on(bound, facts.calendar) if bound is not None else None
    if until is not None and last > until:
        raise DomainError("SETTLEMENT_TOO_LONG", f"最后一期付款最迟 {until}", "instalments")
    return pauses


def note_instalment(
    command: do.NoteInstalment, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.SETTLEMENT)
    each = next((e for e in case.instalments if e.number == command.number), None)
    if each is None:
        raise DomainError("INSTALMENT_UNKNOWN", "没有此期付款", "number")
    if not each.is_open:
        raise DomainError("INSTALMENT_OVER", "此期付款已登记，或者协议已终止", "number")
    _require_between(command.paid_on, case, facts, "paid_on", "付款日期")
    return (ev.InstalmentPaid(number=each.number, paid_on=command.paid_on, amount=each.amount),)


def break_settlement(clock: Clock, case: WageComplaint, facts: Occasion) -> EventBody:
    """An instalment was not paid by the end of its day."""
    return ev.SettlementBroken(clock=clock.id)


def note_paid(command: do.NotePaid, case: WageComplaint, facts: Occasion) -> tuple[EventBody, ...]:
    require_stage(case, S.INVESTIGATION)
    left = case.owed - case.paid
    if not 0 < command.amount <= left:
        raise DomainError("AMOUNT_INVALID", f"金额须大于零，不超过尚欠的 {money(left)}", "amount")
    _require_between(command.paid_on, case, facts, "paid_on", "付款日期")
    whole = command.whole or command.amount == left
    return (ev.WagesPaid(amount=command.amount, paid_on=command.paid_on, whole=whole),)


def withdraw_filing(
    command: do.WithdrawFiling, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.PAID)
    require_text(command.reason, "reason", "撤销立案的理由")
    feedback = _clock(facts, LimitName.WAGE_FEEDBACK, "wage_feedback", case)
    return (
        ev.FilingWithdrawn(reason=command.reason, settled=case.by_settlement, feedback=feedback),
    )


def continue_investigation(
    command: do.ContinueInvestigation, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.PAID, S.DECISION)
    require_text(command.reason, "reason", "继续调查的理由")
    return (ev.InvestigationContinued(reason=command.reason),)


# --- decided -------------------------------------------------------------------------------------


def extend_investigation(
    command: do.ExtendInvestigation, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    """By the head of the authority: in parts, together as much as the policy says."""
    require_stage(case, *FILED)
    limit = facts.item.limit(LimitName.WAGE_EXTENSION)
    clock = case.clock("wage_investigation")
    if limit is None:
        raise DomainError("NO_EXTENSION", "调查不设延长期限")
    if clock is None:
        raise DomainError("CLOCK_NOT_RUNNING", "调查期限没有在计算")
    require_text(command.reason, "reason", "延长期限的理由")
    left = limit.amount - sum(each.amount for each in clock.extensions)
    if left <= 0:
        raise DomainError("ALREADY_EXTENDED", f"已延长 {limit.amount} 个工作日，不能再延长")
    if not 0 < command.working_days <= left:
        raise DomainError("EXTENSION_TOO_LONG", f"延长期限为1至{left}个工作日", "working_days")
    require_not_over(clock, case, facts)
    return (
        ev.InvestigationExtended(
            working_days=command.working_days,
            reason=command.reason,
            reference=shown(limit.reference),
        ),
    )


def conclude_investigation(
    command: do.ConcludeInvestigation, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.INVESTIGATION)
    require_text(command.finding, "finding", "调查结论")
    if not case.is_investigated:
        raise DomainError(
            "SECOND_INSPECTOR_MISSING", "没有经两名监察员共同进行并确认的调查，不能终结"
        )
    hearing = None
    if command.violation:
        hearing = _clock(facts, LimitName.WAGE_HEARING, "wage_hearing", case)
    return (
        ev.InvestigationConcluded(
            violation=command.violation,
            finding=command.finding,
            decision=_clock(facts, LimitName.WAGE_DECISION, "wage_decision", case),
            hearing=hearing,
        ),
    )


def hear_employer(
    command: do.HearEmployer, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.HEARING)
    require_text(command.said, "said", "陈述申辩的内容")
    return (ev.EmployerHeard(said=command.said),)


def let_hearing_go(clock: Clock, case: WageComplaint, facts: Occasion) -> EventBody:
    """The employer was told, and has said nothing."""
    return ev.HearingLapsed(clock=clock.id)


def decide_wages(
    command: do.DecideWages, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.DECISION)
    require_text(command.reason, "reason", "决定的理由")
    if facts.actor.code in case.inspectors:
        raise DomainError("FOUR_EYES", "调查人员不得作出本件的处理决定")
    if command.decision.burdens and case.heard_on is None:
        raise DomainError(
            "EMPLOYER_NOT_HEARD", "没有听取用人单位的陈述申辩，不能作出不利的决定", "decision"
        )
    service = _clock(facts, LimitName.WAGE_SERVICE, "wage_service", case)
    return (ev.WagesDecided(decision=command.decision, reason=command.reason, service=service),)


def serve_decision(
    command: do.ServeDecision, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.SERVICE)
    if command.delivered_on > facts.today:
        raise DomainError("DATE_IN_FUTURE", "送达日期不能在今天之后", "delivered_on")
    if case.decided_on is not None and command.delivered_on < case.decided_on:
        raise DomainError("DATE_TOO_EARLY", "送达日期不能早于决定日期", "delivered_on")
    feedback = _clock(facts, LimitName.WAGE_FEEDBACK, "wage_feedback", case)
    return (
        ev.DecisionServed(delivered_on=command.delivered_on, note=command.note, feedback=feedback),
    )


def transfer_crime(
    command: do.TransferCrime, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, *FILED, S.HEARING, S.DECISION)
    require_text(command.to, "to", "移送的机关")
    require_text(command.reason, "reason", "移送的理由")
    if not case.is_investigated:
        raise DomainError("SECOND_INSPECTOR_MISSING", "没有经两名监察员共同进行并确认的调查")
    feedback = _clock(facts, LimitName.WAGE_FEEDBACK, "wage_feedback", case)
    return (ev.CrimeTransferred(to=command.to, reason=command.reason, feedback=feedback),)


# --- told and confirmed --------------------------------------------------------------------------


def feed_back_wages(
    command: do.FeedBackWages, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.FEEDBACK)
    require_text(command.answer, "answer", "反馈的结果")
    confirm = _clock(facts, LimitName.WAGE_CONFIRM, "wage_confirm", case)
    return (ev.ResultTold(answer=command.answer, confirm=confirm),)


def confirm_wages(
    command: do.ConfirmWages, case: WageComplaint, facts: Occasion
) -> tuple[EventBody, ...]:
    """Who says that the money has not come, although it was said so, is investigated for anew."""
    require_stage(case, S.CONFIRM)
    again = None
    if not command.received and case.outcome is not None and case.outcome.means_paid:
        require_text(command.note, "note", "未收到的情况")
        again = _clock(facts, LimitName.WAGE_INVESTIGATION, "wage_investigation", case)
    return (ev.ResultConfirmed(received=command.received, note=command.note, investigation=again),)


def leave_unanswered(clock: Clock, case: WageComplaint, facts: Occasion) -> EventBody:
    """The complainant says nothing of the result."""
    return ev.ResultUnanswered(clock=clock.id)


def _clock(facts: Occasion, limit: LimitName, kind: str, case: WageComplaint) -> Clock:
    return start_clock(facts.item, limit, next_id(case, kind), facts.today)


def barred(case: WageComplaint) -> dict[str, frozenset[str]]:
    """Whoever has investigated does not decide, nor transfer."""
    return {"decide_wages": codes(*case.inspectors)}


# --- how the state follows -----------------------------------------------------------------------


def after_complainant_asked(
    body: ev.ComplainantAsked, case: WageComplaint, event: Event
) -> WageComplaint:
    case = end_clocks(replace(case, missing=body.missing), event.at, "wage_filing")
    return _enter(start_clocks(case, body.supplement), S.SUPPLEMENT, event)


def after_complaint_supplemented(
    body: ev.ComplaintSupplemented, case: WageComplaint, event: Event
) -> WageComplaint:
    case = replace(case, employer_name=body.employer_name, missing="")
    case = end_clocks(case, event.at, "wage_supplement")
    return _enter(start_clocks(case, body.filing), S.RECEIVED, event)


def after_complaint_lapsed(
    body: ev.ComplaintLapsed, case: WageComplaint, event: Event
) -> WageComplaint:
    return _ended(case, S.LAPSED, event)


def after_complaint_filed(
    body: ev.ComplaintFiled, case: WageComplaint, event: Event
) -> WageComplaint:
    case = end_clocks(case, event.at, "wage_filing")
    case = replace(case, filed_on=body.filed_on, accepted_on=body.filed_on)
    return _enter(start_clocks(case, body.investigation), S.INVESTIGATION, event)


def after_complaint_refused(
    body: ev.ComplaintRefused, case: WageComplaint, event: Event
) -> WageComplaint:
    return _ended(replace(case, ground=body.ground), S.REFUSED, event)


def after_complaint_withdrawn(
    body: ev.ComplaintWithdrawn, case: WageComplaint, event: Event
) -> WageComplaint:
    return _ended(case, S.WITHDRAWN, event)


def after_evidence_submitted(
    body: ev.EvidenceSubmitted, case: WageComplaint, event: Event
) -> WageComplaint:
    return _with_evidence(case, body.pieces, event.at)


def after_inquiry_recorded(
    body: ev.InquiryRecorded, case: WageComplaint, event: Event
) -> WageComplaint:
    inquiry = Inquiry(number=body.number, by=event.actor.code, second=body.second, at=event.at)
    return replace(case, inquiries=(*case.inquiries, inquiry))


def after_inquiry_confirmed(
    body: ev.InquiryConfirmed, case: WageComplaint, event: Event
) -> WageComplaint:
    inquiries = (
        replace(each, confirmed_at=event.at) if each.number == body.number else each
        for each in case.inquiries
    )
    return replace(case, inquiries=tuple(inquiries))


def after_session_held(body: ev.SessionHeld, case: WageComplaint, event: Event) -> WageComplaint:
    number = len(case.sessions) + 1
    session = MediationSession(
        number=number,
        means=body.means,
        held_on=body.held_on,
        agreed=body.agreed,
        pieces=tuple(piece.number for piece in body.pieces),
    )
    case = replace(case, sessions=(*case.sessions, session))
    return _with_evidence(case, body.pieces, event.at, number)


def _with_evidence(
    case: WageComplaint, pieces: tuple[ev.KeptPiece, ...], at: datetime, session: int = 0
) -> WageComplaint:
    """The case with these pieces, each a material of its file as well."""
    kept = tuple(
        Evidence(
            number=piece.number,
            sort=piece.sort,
            of=piece.of,
            at=piece.at,
            sha256=piece.sha256,
            session=session,
        )
        for piece in pieces
    )
    materials = tuple(
        Material(
            received=ReceivedMaterial(
                code=f"{EVIDENCE}{piece.number}",
                form=MaterialForm.ELECTRONIC,
                sha256=piece.sha256,
            ),
            received_at=at,
            package=1,
        )
        for piece in pieces
    )
    return replace(
        case,
        evidence=(*case.evidence, *kept),
        materials=(*case.materials, *materials),
    )


def after_settlement_recorded(
    body: ev.SettlementRecorded, case: WageComplaint, event: Event
) -> WageComplaint:
    settlement = case.settlements + 1
    promised = tuple(
        Instalment(
            number=each.number,
            settlement=settlement,
            due_on=each.due_on,
            amount=each.amount,
            clock=each.clock.id,
        )
        for each in body.instalments
    )
    case = replace(case, settlements=settlement, instalments=(*case.instalments, *promised))
    if body.pauses:
        case = _paused(case, local_date(event.at))
    case = start_clocks(case, *(each.clock for each in body.instalments))
    return _enter(case, S.SETTLEMENT, event)


def after_instalment_paid(
    body: ev.InstalmentPaid, case: WageComplaint, event: Event
) -> WageComplaint:
    paid = next(each for each in case.instalments if each.number == body.number)
    instalments = (
        replace(each, paid_on=body.paid_on) if each is paid else each for each in case.instalments
    )
    case = end_clocks(case, event.at, paid.clock)
    case = replace(case, instalments=tuple(instalments), paid=case.paid + body.amount)
    if case.open_instalments:
        return case
    case = _resumed(replace(case, by_settlement=True), local_date(event.at))
    return _enter(case, S.PAID, event)


def after_settlement_broken(
    body: ev.SettlementBroken, case: WageComplaint, event: Event
) -> WageComplaint:
    open_ones = {each.clock for each in case.open_instalments}
    instalments = (
        replace(each, broken=True) if each.is_open else each for each in case.instalments
    )
    case = end_clocks(replace(case, instalments=tuple(instalments)), event.at, *open_ones)
    return _enter(_resumed(case, local_date(event.at)), S.INVESTIGATION, event)


def after_wages_paid(body: ev.WagesPaid, case: WageComplaint, event: Event) -> WageComplaint:
    case = replace(case, paid=case.paid + body.amount, by_settlement=False)
    return _enter(case, S.PAID, event) if body.whole else case


def after_filing_withdrawn(
    body: ev.FilingWithdrawn, case: WageComplaint, event: Event
) -> WageComplaint:
    outcome = WageOutcome.SETTLED if body.settled else WageOutcome.FILING_WITHDRAWN
    return _with_result(case, outcome, body.feedback, event)


def after_investigation_continued(
    body: ev.InvestigationContinued, case: WageComplaint, event: Event
) -> WageComplaint:
    case = end_clocks(case, event.at, "wage_decision")
    if case.clock("wage_investigation") is None:
        # The limit counts from the filing, whatever was concluded meanwhile.
        last = [each for each in case.clocks if kind_of(each.id) == "wage_investigation"][-1:]
        for clock in last:
            case = change_clock(case, replace(clock, ended_on=None))
    return _enter(case, S.INVESTIGATION, event)


def after_investigation_extended(
    body: ev.InvestigationExtended, case: WageComplaint, event: Event
) -> WageComplaint:
    clock = case.clock("wage_investigation")
    return case if clock is None else extended(case, clock, event)


def after_investigation_concluded(
    body: ev.InvestigationConcluded, case: WageComplaint, event: Event
) -> WageComplaint:
    case = end_clocks(case, event.at, "wage_investigation")
    case = start_clocks(replace(case, heard_on=None), body.decision, body.hearing)
    return _enter(case, S.HEARING if body.hearing is not None else S.DECISION, event)


def after_employer_heard(
    body: ev.EmployerHeard | ev.HearingLapsed, case: WageComplaint, event: Event
) -> WageComplaint:
    case = end_clocks(replace(case, heard_on=local_date(event.at)), event.at, "wage_hearing")
    return _enter(case, S.DECISION, event)


_RESULTS = {
    WageDecision.ORDER_TO_PAY: WageOutcome.ORDERED,
    WageDecision.PENALTY: WageOutcome.PENALISED,
    WageDecision.NO_VIOLATION: WageOutcome.NO_VIOLATION,
}


def after_wages_decided(body: ev.WagesDecided, case: WageComplaint, event: Event) -> WageComplaint:
    case = end_clocks(case, event.at, "wage_decision")
    case = replace(case, outcome=_RESULTS[body.decision], decided_on=local_date(event.at))
    return _enter(start_clocks(case, body.service), S.SERVICE, event)


def after_decision_served(
    body: ev.DecisionServed, case: WageComplaint, event: Event
) -> WageComplaint:
    case = end_clocks(case, event.at, "wage_service")
    return _enter(start_clocks(case, body.feedback), S.FEEDBACK, event)


def after_crime_transferred(
    body: ev.CrimeTransferred, case: WageComplaint, event: Event
) -> WageComplaint:
    return _with_result(case, WageOutcome.TRANSFERRED, body.feedback, event)


def after_result_told(body: ev.ResultTold, case: WageComplaint, event: Event) -> WageComplaint:
    case = end_clocks(replace(case, fed_back=case.fed_back + 1), event.at, "wage_feedback")
    return _enter(start_clocks(case, body.confirm), S.CONFIRM, event)


def after_result_confirmed(
    body: ev.ResultConfirmed, case: WageComplaint, event: Event
) -> WageComplaint:
    case = end_clocks(replace(case, received=body.received), event.at, "wage_confirm")
    if body.investigation is None:
        return _ended(case, S.CLOSED, event)
    case = replace(case, outcome=None, decided_on=None, paid=0)
    return _enter(start_clocks(case, body.investigation), S.INVESTIGATION, event)


def after_result_unanswered(
    body: ev.ResultUnanswered, case: WageComplaint, event: Event
) -> WageComplaint:
    return _ended(case, S.CLOSED, event)


_UNDECIDED = ("wage_investigation", "wage_instalment", "wage_hearing", "wage_decision")
"""The limits that end with any result."""


def _with_result(
    case: WageComplaint, outcome: WageOutcome, feedback: Clock, event: Event
) -> WageComplaint:
    """The case with a result that is still to be told: every other limit has ended."""
    case = end_clocks(case, event.at, *_UNDECIDED)
    instalments = (
        replace(each, broken=True) if each.is_open else each for each in case.instalments
    )
    case = replace(
        case,
        outcome=outcome,
        decided_on=local_date(event.at),
        instalments=tuple(instalments),
    )
    return _enter(start_clocks(case, feedback), S.FEEDBACK, event)


def _paused(case: WageComplaint, on: date) -> WageComplaint:
    clock = case.clock("wage_investigation")
    if clock is None:
        return case
    stop = Suspension(first_on=on, lifted_on=None, reason=SETTLED)
    return change_clock(case, replace(clock, suspensions=(*clock.suspensions, stop)))


def _resumed(case: WageComplaint, on: date) -> WageComplaint:
    clock = case.clock("wage_investigation")
    if clock is None:
        return case
    stops = tuple(
        replace(stop, lifted_on=on)
        if stop.reason == SETTLED and not stop.id and stop.lifted_on is None
        else stop
        for stop in clock.suspensions
    )
    return change_clock(case, replace(clock, suspensions=stops))


def _enter(case: WageComplaint, stage: WageStage, event: Event) -> WageComplaint:
    return enter(case, stage, event.at, event.actor.code)


def _ended(case: WageComplaint, stage: WageStage, event: Event) -> WageComplaint:
    return conclude(_enter(case, stage, event), event.at, event.actor.code)


def restored(case: WageComplaint, closing: Closing) -> WageComplaint:
    """The complaint as it stood before it was refused, or closed as lapsed, by mistake."""
    return replace(case, stage=S(closing.stage), ground=None)


DECISIONS: Decisions = {
    do.AskComplainant: ask_complainant,
    do.SupplementComplaint: supplement_complaint,
    do.FileComplaint: file_complaint,
    do.RefuseComplaint: refuse_complaint,
    do.SubmitEvidence: submit_evidence,
    do.RecordInquiry: record_inquiry,
    do.ConfirmInquiry: confirm_inquiry,
    do.HoldSession: hold_session,
    do.RecordSettlement: record_settlement,
    do.NoteInstalment: note_instalment,
    do.NotePaid: note_paid,
    do.WithdrawFiling: withdraw_filing,
    do.ContinueInvestigation: continue_investigation,
    do.ExtendInvestigation: extend_investigation,
    do.ConcludeInvestigation: conclude_investigation,
    do.HearEmployer: hear_employer,
    do.DecideWages: decide_wages,
    do.ServeDecision: serve_decision,
    do.TransferCrime: transfer_crime,
    do.FeedBackWages: feed_back_wages,
    do.ConfirmWages: confirm_wages,
    do.WithdrawComplaint: withdraw_complaint,
}
EVOLUTIONS: Evolutions = {
    ev.ComplainantAsked: after_complainant_asked,
    ev.ComplaintSupplemented: after_complaint_supplemented,
    ev.ComplaintLapsed: after_complaint_lapsed,
    ev.ComplaintFiled: after_complaint_filed,
    ev.ComplaintRefused: after_complaint_refused,
    ev.ComplaintWithdrawn: after_complaint_withdrawn,
    ev.EvidenceSubmitted: after_evidence_submitted,
    ev.InquiryRecorded: after_inquiry_recorded,
    ev.InquiryConfirmed: after_inquiry_confirmed,
    ev.SessionHeld: after_session_held,
    ev.SettlementRecorded: after_settlement_recorded,
    ev.InstalmentPaid: after_instalment_paid,
    ev.SettlementBroken: after_settlement_broken,
    ev.WagesPaid: after_wages_paid,
    ev.FilingWithdrawn: after_filing_withdrawn,
    ev.InvestigationContinued: after_investigation_continued,
    ev.InvestigationExtended: after_investigation_extended,
    ev.InvestigationConcluded: after_investigation_concluded,
    ev.EmployerHeard: after_employer_heard,
    ev.HearingLapsed: after_employer_heard,
    ev.WagesDecided: after_wages_decided,
    ev.DecisionServed: after_decision_served,
    ev.CrimeTransferred: after_crime_transferred,
    ev.ResultTold: after_result_told,
    ev.ResultConfirmed: after_result_confirmed,
    ev.ResultUnanswered: after_result_unanswered,
}
