"""A party of an application is reached otherwise from now on.

The event says by which ways, and nothing that could be dialled or written to.
"""

from casework.domain.case.commands import CorrectAddress
from casework.domain.case.events import Event, EventBody
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import require_text
from casework.domain.case.opening import Party, require_reachable, ways
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.errors import DomainError
from casework.domain.kinds.application.events import AddressCorrected
from casework.domain.kinds.application.state import Application
from casework.domain.policy import Recipient, Role

_OWN = {
    Role.APPLICANT: frozenset({Recipient.APPLICANT, Recipient.AGENT}),
    Role.EMPLOYER: frozenset({Recipient.EMPLOYER}),
}
"""Whose address somebody outside may correct: not that of another party."""


def correct_address(
    command: CorrectAddress, case: Application, facts: Occasion
) -> tuple[EventBody, ...]:
    del case, facts
    require_text(command.reason, "reason", "更正的理由")
    if command.party not in frozenset(Recipient):
        known = "、".join(Recipient)
        raise DomainError("PARTY_UNKNOWN", f"当事人须是以下之一：{known}", "party")
    if command.party not in _OWN.get(command.actor.role, frozenset(Recipient)):
        raise DomainError("NOT_YOUR_ADDRESS", "只能更正自己的联系方式", "party")
    who = _addressed(command)
    require_reachable(who, "")
    found = tuple(route.channel for route in ways({command.party: who}))
    return (AddressCorrected(party=command.party, ways=found, reason=command.reason),)


def _addressed(command: CorrectAddress) -> Party:
    return Party(name="", email=command.email, phone=command.phone, told_by=command.told_by)


def after_address_corrected(body: AddressCorrected, case: Application, event: Event) -> Application:
    del body, event  # the ways stand beside the state, as the case was started with them
    return case


DECISIONS: Decisions = {CorrectAddress: correct_address}
EVOLUTIONS: Evolutions = {AddressCorrected: after_address_corrected}
