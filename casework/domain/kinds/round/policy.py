"""The policy of sampled follow-up: how many, and when in the quarter."""

from dataclasses import dataclass

from casework.domain.case.facts import Occasion
from casework.domain.policy import Mark, Policy


@dataclass(frozen=True, kw_only=True)
class RoundPolicy(Policy):
    """``percent`` of the visitors' requests, rounded up, at least ``minimum`` (or all there are).

    ``draw_before``, ``warn_before``: working days before the last working day of the quarter.
    ``lookback_months``: who came in that time before the draw is a visitor (来访人才).
    """

    percent: int
    minimum: int
    draw_before: int
    warn_before: int
    lookback_months: int
    reference: str
    mark: Mark


@dataclass(frozen=True, kw_only=True)
class RoundFacts(Occasion):
    """What a decision on a round may know."""

    item: RoundPolicy
