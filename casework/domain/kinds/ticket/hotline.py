"""What the hotline that dispatched a ticket is told of it (回传): each once, in the order it came.

It is told what ends its waiting or answers it: sent back for the wrong unit, joined, answered,
revisited, closed, and a closing that was taken back. A ticket that came another way has nobody to
report to.
"""

from casework.domain.case.events import Event, TakenBack
from casework.domain.case.letters import Effect, EffectKind
from casework.domain.case.rules import Fields
from casework.domain.kinds.ticket.events import (
    CallerRevisited,
    TicketAnswered,
    TicketClosed,
    TicketJoined,
    TicketReturned,
)
from casework.domain.kinds.ticket.state import Ticket, TicketSource
from casework.domain.time.calendar import WorkingCalendar


def reported(event: Event, case: Ticket, calendar: WorkingCalendar) -> tuple[Effect, ...]:
    """The report of an event, if the hotline is told of it."""
    fields = _fields(event) if case.came_by is TicketSource.HOTLINE_12345 else None
    if fields is None:
        return ()
    stage = {"closed": _yes_no(yes=not case.is_open)}
    return (Effect(kind=EffectKind.REPORT_TICKET, seq=event.seq, fields=fields | stage),)


def _fields(event: Event) -> Fields | None:
    match event.body:
        case TicketReturned() as body:
            return {"outcome": "returned", "to": body.to, "reason": body.reason}
        case TicketJoined() as body:
            return {"outcome": "joined", "into": body.into, "reason": body.reason}
        case TicketAnswered() as body:
            return {
                "outcome": "answered",
                "resolution": body.resolution.value,
                "answer": body.answer,
            }
        case CallerRevisited() as body:
            return {
                "outcome": "revisited",
                "resolved": _yes_no(yes=body.resolved),
                "satisfied": _yes_no(yes=body.satisfied),
            }
        case TicketClosed() as body:
            return {"outcome": "closed", "reason": body.reason}
        case TakenBack() as body:
            return {"outcome": "taken_back", "reason": body.reason}
        case _:
            return None


def _yes_no(*, yes: bool) -> str:
    return "yes" if yes else "no"
