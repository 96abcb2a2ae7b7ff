"""The state of a ticket (诉求工单): a demand or complaint that somebody must answer.

It comes from the citizens' hotline 12345, the box for opinions, a complaint, or a question that
could not be answered at once (domain.md §C.11).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from casework.domain.case.state import Case, Stage


class TicketStage(Stage):
    """Where a ticket stands; the values are stored for ever."""

    RECEIVED = "ticket_received"
    CONTACT = "ticket_contact"
    ANSWER = "ticket_answer"
    REVISIT = "ticket_revisit"
    CLOSED = "ticket_closed"
    RETURNED = "ticket_returned"  # it was sent to the wrong unit
    JOINED = "ticket_joined"  # another ticket is about the same matter

    @property
    def is_final(self) -> bool:
        return self in {TicketStage.CLOSED, TicketStage.RETURNED, TicketStage.JOINED}

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _LABELS[self]


_LABELS = {
    TicketStage.RECEIVED: "工单待签收",
    TicketStage.CONTACT: "工单待联系诉求人",
    TicketStage.ANSWER: "工单待答复",
    TicketStage.REVISIT: "工单待回访",
    TicketStage.CLOSED: "工单已办结",
    TicketStage.RETURNED: "工单已退回",
    TicketStage.JOINED: "工单已并办",
}


class TicketSource(StrEnum):
    """By which way a demand came; the values are stored for ever."""

    HOTLINE_12345 = "hotline_12345"
    COMPLAINT = "complaint"
    OPINION_BOX = "opinion_box"
    CONSULTATION = "consultation"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _SOURCES[self]


_SOURCES = {
    TicketSource.HOTLINE_12345: "12345热线",
    TicketSource.COMPLAINT: "投诉建议",
    TicketSource.OPINION_BOX: "意见箱",
    TicketSource.CONSULTATION: "咨询",
}


class Resolution(StrEnum):
    """What an answer says of the demand."""

    RESOLVED = "resolved"
    EXPLAINED = "explained"
    NOT_JUSTIFIED = "not_justified"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {"resolved": "已解决", "explained": "已解释说明", "not_justified": "诉求不成立"}[
            self.value
        ]


@dataclass(frozen=True, kw_only=True)
class TicketReply:
    """One answer that was given, and what the caller has said of it; None: nothing yet.

    ``withdrawn``: it closed the ticket by mistake, and that was taken back.
    """

    round: int
    answered_at: datetime
    resolution: Resolution
    revisited_at: datetime | None = None
    resolved: bool | None = None
    satisfied: bool | None = None
    withdrawn: bool = False


@dataclass(frozen=True, kw_only=True)
class Ticket(Case):
    """One demand. ``about``: the number of the case that it concerns; empty: none.

    ``round`` counts the answers that were asked for: a demand that is not resolved, or that the
    hotline returns, is answered again. ``named``: somebody can be called back. ``replies``: the
    answers that were given, oldest first.
    """

    stage: TicketStage
    came_by: TicketSource
    subject_matter: str
    about: str = ""
    named: bool = True
    complex: bool = False  # 15 working days in the place of 5
    round: int = 1
    attempts: int = 0  # to reach the caller, in vain or not, in this round
    contacted_at: datetime | None = None
    answered_at: datetime | None = None  # the first answer
    resolution: Resolution | None = None
    resolved: bool | None = None  # as the caller says at the revisit
    satisfied: bool | None = None
    joined_into: str = ""
    replies: tuple[TicketReply, ...] = ()
    extended_in: int = 0  # the round whose limit was extended last
