"""The policy of a cycle: what the catalogue sets for a talent's three years or a permit's year."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from casework.domain.case.facts import Occasion
from casework.domain.kinds.cycle.state import CycleKind
from casework.domain.policy import Limit, Mark, Policy, Unit
from casework.domain.time.counting import ONE_DAY, add_months


class EvaluationWindow(StrEnum):
    """How 期满前30日内 is read (domain.md §H.12)."""

    LAST_30_DAYS = "last_30_days"  # within the last 30 days (default)
    BEFORE_30_DAYS = "before_30_days"  # not later than 30 days before


@dataclass(frozen=True, kw_only=True)
class CyclePolicy(Policy):
    """``limits``: ``verify``, ``objection``, ``objection_review`` and, for a permit, ``ren_open``.

    ``notice`` is how long before the end the notice goes out (months or calendar days);
    ``window_days`` calendar days; ``reminders`` calendar days before the last day for an opinion.
    Where ``evaluated``, an employer evaluates and the agency verifies; otherwise the holder renews.
    """

    cycle: CycleKind
    term_months: int
    term_reference: str
    term_mark: Mark
    notice: Limit
    evaluated: bool
    window: EvaluationWindow = EvaluationWindow.LAST_30_DAYS
    window_days: int = 30
    window_reference: str = ""
    window_mark: Mark = Mark.SOURCE
    reminders: tuple[int, ...] = ()
    reminders_reference: str = ""
    specialist_within: int = 7  # reminders this near to the last day also ask the specialist

    def end(self, starts_on: date) -> date:
        """The corresponding day (民法典 §202)."""
        return add_months(starts_on, self.term_months)

    def notice_on(self, ends_on: date) -> date:
        """The calendar day of the notice; on a rest day it goes out the working day before."""
        if self.notice.unit is Unit.MONTHS:
            return add_months(ends_on, -self.notice.amount)
        return ends_on - self.notice.amount * ONE_DAY

    def window_opens_on(self, ends_on: date) -> date:
        """The first day on which an opinion counts."""
        if self.window is EvaluationWindow.BEFORE_30_DAYS:
            return self.notice_on(ends_on)
        return ends_on - self.window_days * ONE_DAY

    def opinion_due_on(self, ends_on: date) -> date:
        """The last calendar day for an opinion, before a rest day rolls it forward."""
        if self.window is EvaluationWindow.BEFORE_30_DAYS:
            return ends_on - self.window_days * ONE_DAY
        return ends_on


@dataclass(frozen=True, kw_only=True)
class CycleFacts(Occasion):
    """What a decision on a cycle may know. ``following``: the policy of a cycle that begins now."""

    item: CyclePolicy
    following: CyclePolicy | None = None
