"""The policy of ratings: the limits ``rate_contact``, ``rate_settle`` and ``rate_complex``."""

from dataclasses import dataclass

from casework.domain.case.facts import Occasion
from casework.domain.policy import Policy


@dataclass(frozen=True, kw_only=True)
class RatingPolicy(Policy):
    """1, 5 and 15 working days from the rating (domain.md §C.10)."""


@dataclass(frozen=True, kw_only=True)
class RatingFacts(Occasion):
    """What a decision on a rating may know."""

    item: RatingPolicy
