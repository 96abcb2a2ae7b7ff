"""What the caller is told: that the demand was received, and what the answer is."""

from casework.domain.case.events import Event
from casework.domain.case.letters import Notice, limit_of
from casework.domain.case.rules import Letters
from casework.domain.kinds.ticket.events import TicketAnswered, TicketReceived, TicketReturned
from casework.domain.kinds.ticket.state import Ticket
from casework.domain.time.calendar import WorkingCalendar

RECIPIENTS: dict[str, tuple[str, ...]] = {
    "ticket_received": ("applicant",),
    "ticket_answered": ("applicant",),
    "ticket_returned": ("applicant",),
}
TEXTS = {
    "ticket_received": (
        "诉求收悉",
        """\
您反映的诉求已经收到。
将于{due_on:date?}前答复{due_basis:basis?}。
因{paused?}，答复期限暂停计算。""",
    ),
    "ticket_answered": ("诉求答复", "您反映的诉求，办理情况：{resolution}。\n{answer}"),
    "ticket_returned": (
        "诉求转办",
        "您反映的诉求不属于本单位职责，已退回派单部门，建议由{to}办理。\n理由：{reason}",
    ),
}


def letter_of_ticket_received(
    body: TicketReceived, event: Event, case: Ticket, calendar: WorkingCalendar
) -> Notice | None:
    return "ticket_received", limit_of(case, body.answer, calendar)


def letter_of_ticket_answered(
    body: TicketAnswered, event: Event, case: Ticket, calendar: WorkingCalendar
) -> Notice | None:
    return "ticket_answered", {"resolution": body.resolution.label, "answer": body.answer}


def letter_of_ticket_returned(
    body: TicketReturned, event: Event, case: Ticket, calendar: WorkingCalendar
) -> Notice | None:
    return "ticket_returned", {"to": body.to, "reason": body.reason}


LETTERS: Letters = {
    TicketReceived: letter_of_ticket_received,
    TicketAnswered: letter_of_ticket_answered,
    TicketReturned: letter_of_ticket_returned,
}
