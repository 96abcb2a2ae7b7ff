"""In whose name a message speaks, and which messages decide nothing."""

from casework.domain.case.facts import Actor
from casework.domain.case.opening import StartCase
from casework.domain.policy import Role
from casework.messages.absences import RecordAbsence, StartAbsence
from casework.messages.cases import Submit
from casework.messages.orders import Proposal, StartOrder
from casework.messages.outreach import OUTREACH, Begin, StartOutreach

ASKS_ONLY = (Submit, Proposal, Begin, RecordAbsence)
"""Updates that wait for what a start has begun, and change nothing: they need no proof."""


def speaker_of(message: object) -> Actor | None:
    """Who decides by this message; None: it names nobody, and can be proved by nobody."""
    match message:
        case StartCase():
            return message.submitted_by or Actor(
                code=message.source, role=Role.SYSTEM, district=message.district
            )
        case StartOrder():
            return message.order.proposed_by
        case StartAbsence():
            return message.recorded_by
        case StartOutreach():
            by = Actor(code=message.started_by or OUTREACH.code, role=Role.SYSTEM)
            return message.by or by
    actor = getattr(message, "actor", None)
    return actor if isinstance(actor, Actor) else None
