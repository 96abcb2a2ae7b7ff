"""How much a case may hold, so that its state always travels in one message of Temporal (2 MB).

A state grows by what people and systems send, and a little by what time brings. What comes from
outside is refused first. Officers have more room. What brings a case nearer to its end is never
refused, nor is anything that time brings: it is little, and every way back is refused before.
"""

from casework.domain.case.commands import Command
from casework.domain.errors import DomainError
from casework.domain.policy import Role

FROM_OUTSIDE = 256 * 1024
"""Bytes of JSON up to which a state takes more from applicants and systems."""
FROM_OFFICERS = 384 * 1024
"""And from officers."""
BEYOND = 256 * 1024
"""What the last message, the way to the end and time may still add."""
MOST = FROM_OFFICERS + BEYOND
"""No state is ever larger: a test grows cases of every kind by every verb."""
_OUTSIDE = frozenset({Role.APPLICANT, Role.EMPLOYER, Role.TALENT, Role.SYSTEM})


def require_room(command: Command, size: int) -> None:
    """Refuse with ``CASE_FULL`` what a case of ``size`` bytes does not take any more."""
    if command.leads_on:
        return
    if size > (FROM_OUTSIDE if command.actor.role in _OUTSIDE else FROM_OFFICERS):
        raise DomainError(
            "CASE_FULL",
            f"本件内容已达上限（约 {size // 1024} KB），不能再登记“{command.label}”；"
            "请经办人员办结，其余内容另行提出",
        )
