"""What a decision may know besides the case: who, when, under which policy and calendar."""

from dataclasses import dataclass
from datetime import date, datetime

from casework.domain.bounds import Phrase, Word
from casework.domain.policy import Policy, Role
from casework.domain.time.calendar import WorkingCalendar, local_date


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts: a code (never a name), the role in which, and the district of the office.

    ``subject`` is the pseudonym of a person outside, by which their own cases are known; officers
    have none.
    """

    code: Word
    role: Role
    district: Word = ""
    office: Phrase = ""
    subject: Phrase = ""


CLOCKWORK = Actor(code="clock", role=Role.SYSTEM)
"""The actor of what happens by itself when time runs out."""

ORDERS = Actor(code="orders", role=Role.SYSTEM)
"""Who tells a case what an approved order says; the events name the order."""


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """What every decision may know: when (``at`` is aware), who, by which policy and calendar."""

    at: datetime
    actor: Actor
    item: Policy
    calendar: WorkingCalendar

    @property
    def today(self) -> date:
        """The calendar day of ``at`` in Shanghai."""
        return local_date(self.at)
