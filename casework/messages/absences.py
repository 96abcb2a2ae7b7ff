"""Absences of officers (缺岗): the messages of their workflow.

While an officer is absent, the B角 has their tasks (DB50/T 1733—2024 §6.6.2b); tasks that are
opened meanwhile go to the B角 at once.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from casework.domain.bounds import Phrase, Text, Word
from casework.domain.case.facts import Actor
from casework.domain.time.dates import Day

WORKFLOW = "Absence"


def absence_id(number: str) -> str:
    """The workflow id of an absence."""
    return f"absence.{number}"


@dataclass(frozen=True, kw_only=True)
class StartAbsence:
    """``officer`` is absent (leave, sealed off) from ``first_on`` to ``last_on``, both included."""

    id: Phrase
    officer: Word
    first_on: Day
    last_on: Day
    reason: Text
    recorded_by: Actor
    rehearsal: timedelta = timedelta()


@dataclass(frozen=True, kw_only=True)
class RecordAbsence:
    """The update with which an absence begins; another content under the same id is refused."""

    officer: Word
    first_on: Day
    last_on: Day


@dataclass(frozen=True, kw_only=True)
class EndAbsence:
    """The officer is back early: ``ended_on`` is the first day back."""

    actor: Actor
    ended_on: Day


@dataclass(frozen=True, kw_only=True)
class AbsenceNoted:
    """An absence for the register; idempotent on ``id``."""

    id: str
    officer: str
    first_on: date
    last_on: date
    reason: str
    recorded_by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class AbsenceEnded:
    """The officer is back from ``ended_on`` on; idempotent; an earlier end is kept."""

    id: str
    ended_on: date


@dataclass(frozen=True, kw_only=True)
class TellRelations:
    """Signals the cases that have still to be told of a relation (回避) to look again."""


@dataclass(frozen=True, kw_only=True)
class RouseHolders:
    """Signals the cases in which the officer holds an open task to look again."""

    id: str
    officer: str
