"""How a ticket is opened: what somebody demands, and the limits that count from its receipt."""

from dataclasses import dataclass
from datetime import datetime

from casework.domain.bounds import Essay, Word
from casework.domain.case.events import Event
from casework.domain.case.moves import as_begun, enter, start_clocks
from casework.domain.case.opening import (
    Circumstances,
    Identity,
    Party,
    StartCase,
    require_reachable,
)
from casework.domain.errors import DomainError
from casework.domain.kinds.ticket.events import TicketReceived
from casework.domain.kinds.ticket.state import Ticket, TicketSource, TicketStage
from casework.domain.policy import LimitName, Policy
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import start_clock
from casework.domain.time.dates import require_usable

LIMITS = frozenset(
    {
        LimitName.TICKET_CONTACT,
        LimitName.TICKET_ANSWER,
        LimitName.TICKET_COMPLEX,
        LimitName.TICKET_EXTENSION,
        LimitName.TICKET_REVISIT,
        LimitName.TAKE_BACK,
    }
)


@dataclass(frozen=True, kw_only=True)
class TicketForm:
    """One demand; ``about`` is the number of the case that it concerns, if there is one."""

    came_by: TicketSource
    subject_matter: Essay
    about: Word = ""


@dataclass(frozen=True, kw_only=True)
class StartTicket(StartCase):
    """Opens a ticket; the caller, if known, is its ``applicant``."""

    item: Policy
    resumed: Ticket | None = None
    came_by: TicketSource
    subject_matter: Essay
    about: Word = ""

    @property
    def kind(self) -> str:
        return "ticket"

    @property
    def concerns(self) -> str:
        return self.about

    def first_event(self, at: datetime) -> TicketReceived:
        """The receipt: contact within 1 working day and answer within 5, both from the day after.

        Raises DomainError ``LIMIT_NOT_SET`` if the policy lacks one of the two.
        """
        received_at = self.received_at or at
        require_usable(received_at, "received_at")
        on = local_date(received_at)
        named = self.applicant is not None
        return TicketReceived(
            **self._beginning(at),
            came_by=self.came_by,
            subject_matter=self.subject_matter,
            about=self.about,
            named=named,
            contact=start_clock(self.item, LimitName.TICKET_CONTACT, "ticket_contact", on)
            if named
            else None,
            answer=start_clock(self.item, LimitName.TICKET_ANSWER, "ticket_answer", on),
        )


def open_ticket(
    identity: Identity, form: TicketForm, caller: Party | None, at: Circumstances[Policy]
) -> StartTicket:
    """The start of a ticket; without a caller nobody is called back.

    Raises:
        DomainError: ``FIELD_REQUIRED``; ``INVALID_REQUEST``, the caller cannot be reached.
    """
    if not form.subject_matter.strip():
        raise DomainError("FIELD_REQUIRED", "请填写诉求内容", "subject_matter")
    if caller is not None:
        require_reachable(caller, "caller")
    return StartTicket(
        **at.start(identity, caller),
        channel=form.came_by.value,
        came_by=form.came_by,
        subject_matter=form.subject_matter,
        about=form.about,
    )


def begin_ticket(body: TicketReceived, event: Event) -> Ticket:
    case = Ticket(
        **as_begun(event),
        by_date=body.by_date,
        stage=TicketStage.RECEIVED,
        came_by=body.came_by,
        subject_matter=body.subject_matter,
        about=body.about,
        named=body.named,
    )
    limits = [clock for clock in (body.contact, body.answer) if clock is not None]
    case = start_clocks(case, *limits)
    return enter(case, TicketStage.RECEIVED, event.at, event.actor.code)
