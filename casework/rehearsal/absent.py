"""Absences of officers in a rehearsal: recorded as in production, where B角 then has the work."""

from datetime import timedelta

from casework.domain.case.facts import Actor
from casework.messages.absences import StartAbsence
from casework.rehearsal.step import Absence


def absence(absent: Absence, officer: Actor, shift: timedelta) -> StartAbsence:
    """The absence of an officer, as HTTP starts it."""
    return StartAbsence(
        id=f"{officer.code}-{absent.first_on}",
        officer=officer.code,
        first_on=absent.first_on,
        last_on=absent.last_on,
        reason=absent.reason,
        recorded_by=officer,
        rehearsal=shift,
    )
