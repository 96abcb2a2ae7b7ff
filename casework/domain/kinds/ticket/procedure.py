"""The procedure of a ticket: what follows from each verb, and from time alone.

received → signed → contacted → answered → revisited → closed (domain.md §C.11). Sending it back to
the one who dispatched it is for the wrong unit only, and at once: before it is signed, and within
the limit for the first contact [proposal]. A demand that is not resolved is answered again, and so
is one that the hotline returns (退回重办), even after it was closed, sent back or joined
[proposal].
"""

from dataclasses import replace
from datetime import datetime

from casework.domain.case.events import Event, EventBody
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import require_stage, require_text
from casework.domain.case.moves import (
    close_tasks,
    conclude,
    end_clocks,
    enter,
    next_id,
    start_clocks,
)
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import Closing, TaskKind
from casework.domain.case.supervision import extended, require_not_over
from casework.domain.errors import DomainError
from casework.domain.kinds.ticket.commands import (
    AnswerTicket,
    CloseTicket,
    ContactCaller,
    ExtendTicket,
    HotlineReturned,
    JoinTicket,
    MarkTicketComplex,
    ReturnTicket,
    RevisitCaller,
    SignTicket,
)
from casework.domain.kinds.ticket.events import (
    CallerContacted,
    CallerRevisited,
    TicketAnswered,
    TicketClosed,
    TicketComplex,
    TicketExtended,
    TicketJoined,
    TicketReopened,
    TicketReturned,
    TicketSigned,
)
from casework.domain.kinds.ticket.state import Ticket, TicketReply, TicketSource, TicketStage
from casework.domain.policy import LimitName
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import due_on, shown, start_clock

S = TicketStage
UNANSWERED = (S.CONTACT, S.ANSWER)
SIGNED = frozenset({S.CONTACT, S.ANSWER, S.REVISIT, S.CLOSED})
"""A ticket in these stages is the unit's own for good: it is never sent back any more."""


def answers_for(stage: str, *, came_before: bool) -> bool:
    """Whether another ticket may be joined into one at this stage.

    Only into one that is signed, as what is sent back answers nobody; and only the later into the
    earlier (``came_before``; by time of receipt, then by number), so that no two are ever joined
    into each other, whatever happens at the same moment.
    """
    return came_before and stage in SIGNED


def sign_ticket(command: SignTicket, case: Ticket, facts: Occasion) -> tuple[EventBody, ...]:
    require_stage(case, S.RECEIVED)
    return (TicketSigned(),)


def return_ticket(command: ReturnTicket, case: Ticket, facts: Occasion) -> tuple[EventBody, ...]:
    require_stage(case, S.RECEIVED)
    require_text(command.to, "to", "应当办理的单位")
    require_text(command.reason, "reason", "退回理由")
    # At once is within the limit for the first contact, also where nobody can be contacted.
    clock = case.clock("ticket_contact") or start_clock(
        facts.item, LimitName.TICKET_CONTACT, "ticket_contact", local_date(case.received_at)
    )
    due = due_on(clock, facts.calendar)
    if due is not None and due < facts.today:
        raise DomainError("TOO_LATE", f"退回应当即时提出，最迟 {due}，现已不能退回")
    return (TicketReturned(to=command.to, reason=command.reason),)


def join_ticket(command: JoinTicket, case: Ticket, facts: Occasion) -> tuple[EventBody, ...]:
    require_stage(case, S.RECEIVED, *UNANSWERED)
    require_text(command.reason, "reason", "并办理由")
    require_text(command.into, "into", "并入的工单编号")
    if command.into == case.case_no:
        raise DomainError("SAME_CASE", "不能并入本工单自身", "into")
    return (TicketJoined(into=command.into, reason=command.reason),)


def contact_caller(command: ContactCaller, case: Ticket, facts: Occasion) -> tuple[EventBody, ...]:
    require_stage(case, *UNANSWERED)
    if not case.named:
        raise DomainError("NOBODY_TO_CONTACT", "匿名诉求，无人可联系，请直接办理并登记答复")
    if case.contacted_at is not None:
        raise DomainError("ALREADY_CONTACTED", "已经联系到诉求人，无需再次登记")
    return (CallerContacted(reached=command.reached, note=command.note),)


def mark_ticket_complex(
    command: MarkTicketComplex, case: Ticket, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.RECEIVED, *UNANSWERED)
    require_text(command.reason, "reason", "认定为疑难工单的理由")
    if case.complex:
        raise DomainError("ALREADY_COMPLEX", "已经认定为疑难工单，期限不能再放宽")
    running = case.clock("ticket_answer")
    if running is None:
        raise DomainError("CLOCK_NOT_RUNNING", "答复期限没有在计算")
    require_not_over(running, case, facts)
    # From the day on which the short one began: the longer limit takes its place.
    answer = start_clock(
        facts.item,
        LimitName.TICKET_COMPLEX,
        next_id(case, "ticket_answer"),
        running.started_on,
    )
    return (TicketComplex(reason=command.reason, answer=answer),)


def extend_ticket(command: ExtendTicket, case: Ticket, facts: Occasion) -> tuple[EventBody, ...]:
    require_stage(case, S.RECEIVED, *UNANSWERED)
    limit = facts.item.limit(LimitName.TICKET_EXTENSION)
    if limit is None:
        raise DomainError("NO_EXTENSION", "工单不设延长期限")
    require_text(command.reason, "reason", "延长期限的理由")
    if not 0 < command.working_days <= limit.amount:
        raise DomainError(
            "EXTENSION_TOO_LONG", f"延长期限为1至{limit.amount}个工作日", "working_days"
        )
    clock = case.clock("ticket_answer")
    if clock is None:
        raise DomainError("CLOCK_NOT_RUNNING", "答复期限没有在计算")
    if clock.extensions or case.extended_in == case.round:
        raise DomainError("ALREADY_EXTENDED", "答复期限只能延长一次")
    require_not_over(clock, case, facts)
    return (
        TicketExtended(
            working_days=command.working_days,
            reason=command.reason,
            reference=shown(limit.reference),
        ),
    )


def answer_ticket(command: AnswerTicket, case: Ticket, facts: Occasion) -> tuple[EventBody, ...]:
    """Also from the contact, once it was tried in vain: nobody need be reached to be answered."""
    if not (case.stage is S.CONTACT and case.attempts):
        require_stage(case, S.ANSWER)
    require_text(command.answer, "answer", "答复内容")
    revisit = None
    if case.named:
        revisit = start_clock(
            facts.item, LimitName.TICKET_REVISIT, next_id(case, "ticket_revisit"), facts.today
        )
    return (TicketAnswered(resolution=command.resolution, answer=command.answer, revisit=revisit),)


def revisit_caller(command: RevisitCaller, case: Ticket, facts: Occasion) -> tuple[EventBody, ...]:
    require_stage(case, S.REVISIT)
    if command.satisfied and not command.resolved:
        raise DomainError("NOT_RESOLVED", "诉求未解决的，不能登记为满意", "satisfied")
    answer = None
    if not command.resolved:
        which = LimitName.TICKET_COMPLEX if case.complex else LimitName.TICKET_ANSWER
        answer = start_clock(facts.item, which, next_id(case, "ticket_answer"), facts.today)
    return (
        CallerRevisited(
            resolved=command.resolved,
            satisfied=command.satisfied,
            note=command.note,
            answer=answer,
        ),
    )


def close_ticket(command: CloseTicket, case: Ticket, facts: Occasion) -> tuple[EventBody, ...]:
    require_stage(case, S.ANSWER, S.REVISIT)
    if case.answered_at is None:
        raise DomainError("NOT_ANSWERED", "尚未答复的工单不能办结")
    require_text(command.reason, "reason", "办结理由")
    return (TicketClosed(reason=command.reason),)


def hotline_returned(
    command: HotlineReturned, case: Ticket, facts: Occasion
) -> tuple[EventBody, ...]:
    """Its limits count from the day of the return; who was reached before need not be again."""
    if case.came_by is not TicketSource.HOTLINE_12345:
        raise DomainError("NOT_OF_HOTLINE", "只有12345热线派发的工单才能由热线退回重办")
    require_stage(case, S.REVISIT, S.CLOSED, S.RETURNED, S.JOINED)
    require_text(command.reason, "reason", "退回重办的理由")
    contact = None
    if _must_be_contacted(case):
        contact = start_clock(
            facts.item, LimitName.TICKET_CONTACT, next_id(case, "ticket_contact"), facts.today
        )
    which = LimitName.TICKET_COMPLEX if case.complex else LimitName.TICKET_ANSWER
    answer = start_clock(facts.item, which, next_id(case, "ticket_answer"), facts.today)
    return (TicketReopened(reason=command.reason, contact=contact, answer=answer),)


def _must_be_contacted(case: Ticket) -> bool:
    return case.named and case.contacted_at is None


# --- how the state follows ---------------------------------------------------------------


def after_ticket_signed(body: TicketSigned, case: Ticket, event: Event) -> Ticket:
    stage = S.CONTACT if case.named else S.ANSWER
    return enter(case, stage, event.at, event.actor.code)


def after_ticket_returned(body: TicketReturned, case: Ticket, event: Event) -> Ticket:
    return _ended(case, S.RETURNED, event)


def after_ticket_joined(body: TicketJoined, case: Ticket, event: Event) -> Ticket:
    return _ended(replace(case, joined_into=body.into), S.JOINED, event)


def after_caller_contacted(body: CallerContacted, case: Ticket, event: Event) -> Ticket:
    case = replace(case, attempts=case.attempts + 1)
    if not body.reached:
        return case
    case = end_clocks(replace(case, contacted_at=event.at), event.at, "ticket_contact")
    if case.stage is not S.CONTACT:
        return case
    return enter(case, S.ANSWER, event.at, event.actor.code)


def after_ticket_complex(body: TicketComplex, case: Ticket, event: Event) -> Ticket:
    case = end_clocks(replace(case, complex=True), event.at, "ticket_answer")
    return start_clocks(case, body.answer)


def after_ticket_extended(body: TicketExtended, case: Ticket, event: Event) -> Ticket:
    clock = case.clock("ticket_answer")
    if clock is None:
        return case
    return extended(replace(case, extended_in=case.round), clock, event)


def after_ticket_answered(body: TicketAnswered, case: Ticket, event: Event) -> Ticket:
    case = end_clocks(case, event.at, "ticket_contact", "ticket_answer")
    reply = TicketReply(round=case.round, answered_at=event.at, resolution=body.resolution)
    case = replace(
        case,
        resolution=body.resolution,
        answered_at=case.answered_at or event.at,
        replies=(*case.replies, reply),
    )
    if body.revisit is None:
        return _ended(case, S.CLOSED, event)
    return enter(start_clocks(case, body.revisit), S.REVISIT, event.at, event.actor.code)


def after_caller_revisited(body: CallerRevisited, case: Ticket, event: Event) -> Ticket:
    case = end_clocks(case, event.at, "ticket_revisit")
    case = replace(case, resolved=body.resolved, satisfied=body.satisfied)
    case = _said(case, body, event.at)
    if body.answer is None:
        return _ended(case, S.CLOSED, event)
    case = start_clocks(replace(case, round=case.round + 1), body.answer)
    return enter(case, S.ANSWER, event.at, event.actor.code)


def after_ticket_closed(body: TicketClosed, case: Ticket, event: Event) -> Ticket:
    return _ended(case, S.CLOSED, event)


def after_ticket_reopened(body: TicketReopened, case: Ticket, event: Event) -> Ticket:
    case = close_tasks(case, {TaskKind.TAKE_BACK}, event.at, event.actor.code)
    case = end_clocks(case, event.at, "ticket_revisit")
    case = replace(
        case,
        closed_at=None,
        closing=None,
        reopened_at=event.at,
        joined_into="",
        attempts=0,
        round=case.round + (1 if case.answered_at is not None else 0),
    )
    limits = [clock for clock in (body.contact, body.answer) if clock is not None]
    case = start_clocks(case, *limits)
    return enter(case, S.CONTACT if body.contact else S.ANSWER, event.at, event.actor.code)


def _said(case: Ticket, body: CallerRevisited, at: datetime) -> Ticket:
    """With what the caller has said of the last answer; a ticket of before the replies has none."""
    if not case.replies:
        return case
    *before, last = case.replies
    last = replace(last, revisited_at=at, resolved=body.resolved, satisfied=body.satisfied)
    return replace(case, replies=(*before, last))


def _ended(case: Ticket, stage: TicketStage, event: Event) -> Ticket:
    case = enter(case, stage, event.at, event.actor.code)
    return conclude(case, event.at, event.actor.code)


def restored(case: Ticket, closing: Closing) -> Ticket:
    """The ticket as it stood before it was closed by mistake."""
    case = replace(case, stage=S(closing.stage), joined_into="")
    if not case.replies:
        return case
    *before, last = case.replies
    match closing.event:
        case "caller_revisited":  # the caller is asked anew
            last = replace(last, revisited_at=None, resolved=None, satisfied=None)
            return _as_replied(case, (*before, last))
        case "ticket_answered":  # it is answered anew
            return _as_replied(case, (*before, replace(last, withdrawn=True)))
        case _:
            return case


def _as_replied(case: Ticket, replies: tuple[TicketReply, ...]) -> Ticket:
    given = [reply for reply in replies if not reply.withdrawn]
    said = [reply for reply in given if reply.revisited_at is not None]
    return replace(
        case,
        replies=replies,
        answered_at=given[0].answered_at if given else None,
        resolution=given[-1].resolution if given else None,
        resolved=said[-1].resolved if said else None,
        satisfied=said[-1].satisfied if said else None,
    )


DECISIONS: Decisions = {
    SignTicket: sign_ticket,
    ReturnTicket: return_ticket,
    JoinTicket: join_ticket,
    ContactCaller: contact_caller,
    MarkTicketComplex: mark_ticket_complex,
    ExtendTicket: extend_ticket,
    AnswerTicket: answer_ticket,
    RevisitCaller: revisit_caller,
    CloseTicket: close_ticket,
    HotlineReturned: hotline_returned,
}
EVOLUTIONS: Evolutions = {
    TicketSigned: after_ticket_signed,
    TicketReturned: after_ticket_returned,
    TicketJoined: after_ticket_joined,
    CallerContacted: after_caller_contacted,
    TicketComplex: after_ticket_complex,
    TicketExtended: after_ticket_extended,
    TicketAnswered: after_ticket_answered,
    CallerRevisited: after_caller_revisited,
    TicketClosed: after_ticket_closed,
    TicketReopened: after_ticket_reopened,
}
