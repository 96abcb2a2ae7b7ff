"""What can happen to a ticket. Events are stored for ever: fields are only ever added."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from casework.domain.case.events import Title
from casework.domain.case.state import Post
from casework.domain.kinds.ticket.state import Resolution, TicketSource
from casework.domain.policy import Role
from casework.domain.time.clock import Clock


@dataclass(frozen=True, kw_only=True)
class TicketReceived:
    """``contact`` is None where nobody can be called back; both limits count from the receipt."""

    kind: Literal["ticket_received"] = "ticket_received"
    case_no: str
    district: str
    item: str
    item_name: str
    office: str
    channel: str
    policy: str
    received_at: datetime
    posts: dict[Role, Post]
    came_by: TicketSource
    subject_matter: str
    about: str = ""
    named: bool = True
    contact: Clock | None = None
    answer: Clock
    by_date: bool = True
    catalogue: str = ""


@dataclass(frozen=True, kw_only=True)
class TicketSigned:
    kind: Literal["ticket_signed"] = "ticket_signed"


@dataclass(frozen=True, kw_only=True)
class TicketReturned:
    kind: Literal["ticket_sent_back"] = "ticket_sent_back"
    to: str
    reason: str
    mendable_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class TicketJoined:
    kind: Literal["ticket_was_joined"] = "ticket_was_joined"
    into: str
    reason: str
    mendable_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class CallerContacted:
    """``reached`` False: an attempt in vain, which does not meet the limit."""

    kind: Literal["caller_contacted"] = "caller_contacted"
    reached: bool
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class TicketComplex:
    """A hard case: the longer limit, from the same day."""

    kind: Literal["ticket_complex"] = "ticket_complex"
    reason: str
    answer: Clock


@dataclass(frozen=True, kw_only=True)
class TicketExtended:
    kind: Literal["ticket_extended"] = "ticket_extended"
    working_days: int
    reason: str
    reference: str


@dataclass(frozen=True, kw_only=True)
class TicketAnswered:
    """``revisit`` is None where nobody can be called back: then this closes the ticket."""

    kind: Literal["ticket_answered"] = "ticket_answered"
    resolution: Resolution
    answer: str
    revisit: Clock | None = None
    mendable_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class CallerRevisited:
    """``resolved`` False: answered once more within ``answer``, a limit of its own."""

    kind: Literal["caller_revisited"] = "caller_revisited"
    resolved: bool
    satisfied: bool
    note: str = ""
    answer: Clock | None = None
    mendable_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class TicketClosed:
    kind: Literal["ticket_was_closed"] = "ticket_was_closed"
    reason: str
    mendable_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class TicketReopened:
    """The hotline has returned it: it is answered anew within ``answer``, a limit of its own.

    ``contact`` is None where the caller was reached before, or nobody can be called back.
    """

    kind: Literal["ticket_reopened"] = "ticket_reopened"
    reason: str
    contact: Clock | None = None
    answer: Clock


EVENTS = (
    Title(body=TicketReceived, title="收到工单"),
    Title(body=TicketSigned, title="签收工单"),
    Title(body=TicketReturned, title="退回工单"),
    Title(body=TicketJoined, title="工单并办"),
    Title(body=CallerContacted, title="联系诉求人"),
    Title(body=TicketComplex, title="认定为疑难工单"),
    Title(body=TicketExtended, title="延长工单答复期限"),
    Title(body=TicketAnswered, title="答复诉求人"),
    Title(body=CallerRevisited, title="工单回访"),
    Title(body=TicketClosed, title="工单办结"),
    Title(body=TicketReopened, title="热线退回重办"),
)
"""All of them, with their titles."""
