"""The verbs of a round of visits."""

from dataclasses import dataclass

from casework.domain.bounds import Phrase, Word
from casework.domain.case.commands import (
    TOGETHER,
    Claim,
    ClearCard,
    Command,
    GiveBack,
    Reassign,
    ResolveTrouble,
    TakeUp,
)
from casework.domain.kinds.round.state import Means
from casework.domain.policy import Role


@dataclass(frozen=True, kw_only=True)
class RecordVisit(Command):
    """What was asked and answered; once for each request of the sample."""

    request: Word
    means: Means
    reached: bool
    opinion: Phrase = ""

    roles = frozenset({Role.SPECIALIST, Role.SUPERVISOR})
    label = "登记抽样回访"
    onward = True


ROUND_VERBS: dict[str, type[Command]] = {
    "record_visit": RecordVisit,
    "take_up": TakeUp,
    "claim": Claim,
    "give_back": GiveBack,
    **TOGETHER,
    "clear_card": ClearCard,
    "reassign": Reassign,
    "resolve_trouble": ResolveTrouble,
}
ROUND_SIGNALS: frozenset[str] = frozenset()
"""Verbs that systems may also send as signals."""
