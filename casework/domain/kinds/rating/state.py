"""The state of a rating (好差评) and of what follows from a poor one (domain.md §C.10)."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from casework.domain.case.facts import Occasion
from casework.domain.case.state import Case, Stage
from casework.domain.policy import Policy


class Grade(IntEnum):
    """The five grades of 国办发〔2019〕51号."""

    VERY_SATISFIED = 5
    SATISFIED = 4
    BASICALLY_SATISFIED = 3
    DISSATISFIED = 2
    VERY_DISSATISFIED = 1

    @property
    def is_poor(self) -> bool:
        """差评: one or two stars."""
        return self <= Grade.DISSATISFIED

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _GRADES[self]


_GRADES = {
    Grade.VERY_SATISFIED: "非常满意",
    Grade.SATISFIED: "满意",
    Grade.BASICALLY_SATISFIED: "基本满意",
    Grade.DISSATISFIED: "不满意",
    Grade.VERY_DISSATISFIED: "非常不满意",
}


class RatingStage(Stage):
    """Where a rating stands; the values are stored for ever."""

    CONTACT = "rating_contact"
    VERIFY = "rating_verify"
    APPEALED = "rating_appealed"  # the officers hold it to be false or malicious
    FOLLOW_UP = "rating_follow_up"
    RATED = "rated"  # three to five stars: nothing follows
    SETTLED = "rating_settled"
    STRUCK = "rating_struck"  # the appeal was right: it does not count

    @property
    def is_final(self) -> bool:
        return self in {RatingStage.RATED, RatingStage.SETTLED, RatingStage.STRUCK}

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _LABELS[self]


_LABELS = {
    RatingStage.CONTACT: "差评待联系",
    RatingStage.VERIFY: "差评待核实整改",
    RatingStage.APPEALED: "差评申诉复核中",
    RatingStage.FOLLOW_UP: "差评待回访",
    RatingStage.RATED: "已评价",
    RatingStage.SETTLED: "差评已办结",
    RatingStage.STRUCK: "差评不予计入",
}


class Settlement(StrEnum):
    """How a poor rating was dealt with."""

    FIXED = "fixed"
    EXPLAINED = "explained"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {"fixed": "已整改", "explained": "已解释说明"}[self.value]


@dataclass(frozen=True, kw_only=True)
class Rating(Case):
    """One rating of one case; a poor one outlives it. ``rated`` is that case's number."""

    stage: RatingStage
    rated: str
    grade: Grade
    named: bool
    comment: str = ""
    complex: bool = False  # 15 working days in the place of 5
    attempts: int = 0  # to contact the rater, in vain or not
    contacted_at: datetime | None = None
    justified: bool | None = None
    finding: str = ""
    appealed_by: str = ""  # code of the officer: somebody else decides
    settlement: Settlement | None = None
    satisfied: bool | None = None  # at the follow-up


# --- policy --------------------------------------------------------------------------------
# The policy of ratings: the limits ``rate_contact``, ``rate_settle`` and ``rate_complex``.


@dataclass(frozen=True, kw_only=True)
class RatingPolicy(Policy):
    """1, 5 and 15 working days from the rating (domain.md §C.10)."""


@dataclass(frozen=True, kw_only=True)
class RatingFacts(Occasion):
    """What a decision on a rating may know."""

    item: RatingPolicy
