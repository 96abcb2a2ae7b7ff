"""The verbs of a rating."""

from dataclasses import dataclass

from casework.domain.bounds import Text
from casework.domain.case.commands import (
    TOGETHER,
    Claim,
    ClearCard,
    Command,
    CorrectAddress,
    GiveBack,
    Reassign,
    ResolveTrouble,
    TakeUp,
)
from casework.domain.kinds.rating.state import Settlement
from casework.domain.policy import Role

HANDLERS = frozenset({Role.OFFICER, Role.SPECIALIST, Role.LIAISON, Role.SUPERVISOR})


@dataclass(frozen=True, kw_only=True)
class ContactRater(Command):
    """Within one working day (domain.md §C.10)."""

    reached: bool
    note: Text = ""

    roles = HANDLERS
    label = "联系差评人"

    @property
    def leads_on(self) -> bool:
        return self.reached


@dataclass(frozen=True, kw_only=True)
class MarkComplex(Command):
    reason: Text

    roles = frozenset({Role.SUPERVISOR})
    label = "认定为复杂事项（15个工作日）"


@dataclass(frozen=True, kw_only=True)
class VerifyRating(Command):
    justified: bool
    finding: Text

    roles = HANDLERS
    label = "登记差评核实情况"
    onward = True


@dataclass(frozen=True, kw_only=True)
class SettleRating(Command):
    """Fixed, or explained where the rater was wrong; after the verification."""

    settlement: Settlement
    reason: Text

    roles = HANDLERS
    label = "登记差评整改或解释"
    onward = True


@dataclass(frozen=True, kw_only=True)
class AppealRating(Command):
    """The rating is held to be false or malicious."""

    reason: Text

    roles = HANDLERS
    label = "对差评提出申诉"


@dataclass(frozen=True, kw_only=True)
class DecideRatingAppeal(Command):
    upheld: bool
    reason: Text

    roles = frozenset({Role.SUPERVISOR})
    label = "复核差评申诉（成立则不予计入）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class FollowUpRating(Command):
    satisfied: bool
    note: Text = ""

    roles = HANDLERS
    label = "登记差评回访"

    @property
    def leads_on(self) -> bool:
        return self.satisfied


RATING_VERBS: dict[str, type[Command]] = {
    "contact_rater": ContactRater,
    "mark_complex": MarkComplex,
    "verify_rating": VerifyRating,
    "settle_rating": SettleRating,
    "appeal_rating": AppealRating,
    "decide_rating_appeal": DecideRatingAppeal,
    "follow_up_rating": FollowUpRating,
    "take_up": TakeUp,
    "claim": Claim,
    "give_back": GiveBack,
    **TOGETHER,
    "clear_card": ClearCard,
    "reassign": Reassign,
    "resolve_trouble": ResolveTrouble,
    "correct_address": CorrectAddress,
}
RATING_SIGNALS: frozenset[str] = frozenset()
"""Verbs that systems may also send as signals."""
