"""The verbs of a service cycle."""

from dataclasses import dataclass

from casework.domain.bounds import Number, Phrase, Text, Word
from casework.domain.case.commands import (
    TOGETHER,
    Claim,
    ClearCard,
    Command,
    CorrectAddress,
    CorrectFact,
    GiveBack,
    ProposeTakingBack,
    Reassign,
    ResolveTrouble,
    TakeBack,
    TakeUp,
)
from casework.domain.kinds.cycle.state import Verdict
from casework.domain.policy import Role
from casework.domain.talent import CredentialKind, TalentClass
from casework.domain.time.dates import Day

PLATFORM = frozenset({Role.SPECIALIST, Role.REVIEWER})


@dataclass(frozen=True, kw_only=True)
class Evaluate(Command):
    """The employer's overall evaluation of the duty performance (DB50/T 1733—2024 §5.3)."""

    verdict: Verdict
    text: Text

    roles = frozenset({Role.EMPLOYER, Role.SPECIALIST, Role.SYSTEM})
    label = "提交履职综合评估意见"


@dataclass(frozen=True, kw_only=True)
class Verify(Command):
    """The agency's decision; not passed needs a reason, and may be objected to."""

    passed: bool
    reason: Text = ""

    roles = PLATFORM
    label = "核实结论（续期，或不再续期并说明理由）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class RaiseObjection(Command):
    reason: Text

    roles = frozenset({Role.TALENT, Role.EMPLOYER})
    label = "对核实结论提出异议"


@dataclass(frozen=True, kw_only=True)
class DecideObjection(Command):
    """By somebody other than who verified."""

    upheld: bool
    reason: Text

    roles = frozenset({Role.REVIEWER, Role.SUPERVISOR})
    label = "复核异议（异议成立则续期）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class ChangeEmployer(Command):
    """``employer`` is the credit code of the new one; how it is reached goes to the register."""

    employer: Word
    changed_on: Day

    roles = frozenset({Role.SPECIALIST, Role.EMPLOYER, Role.SYSTEM})
    label = "变更用人单位"


@dataclass(frozen=True, kw_only=True)
class RecordLeft(Command):
    """No longer full-time here: the condition of §5.1 is gone."""

    left_on: Day
    reason: Text

    roles = frozenset({Role.SPECIALIST, Role.SYSTEM})
    label = "登记离渝或不再全职在渝工作"
    onward = True


@dataclass(frozen=True, kw_only=True)
class Reclassify(Command):
    """By letter, or by ``score`` (计分认定), which may go without a letter."""

    letter: TalentClass | None = None
    score: Number | None = None
    reason: Text

    roles = frozenset({Role.SPECIALIST, Role.SYSTEM})
    label = "变更人才类别"


@dataclass(frozen=True, kw_only=True)
class IssueCredential(Command):
    """A card or code in the place of the one before (lost, say)."""

    credential: CredentialKind
    code: Word
    reason: Text

    roles = frozenset({Role.SPECIALIST, Role.SYSTEM})
    label = "补发人才卡或人才码"


@dataclass(frozen=True, kw_only=True)
class RenewPermit(Command):
    """The residence permit was signed for another year; the same ``expires_on`` again is noted."""

    renewed_on: Day
    expires_on: Day

    roles = frozenset({Role.SYSTEM, Role.OFFICER})
    label = "登记居住证签注（续期）"


@dataclass(frozen=True, kw_only=True)
class ConfirmPoints(Command):
    """The points were confirmed (PTS_REN) under ``reference``; not before the renewal opens."""

    reference: Phrase

    roles = frozenset({Role.SYSTEM, Role.OFFICER})
    label = "登记积分确认（续办）"


CYCLE_VERBS: dict[str, type[Command]] = {
    "evaluate": Evaluate,
    "verify": Verify,
    "raise_objection": RaiseObjection,
    "decide_objection": DecideObjection,
    "change_employer": ChangeEmployer,
    "record_left": RecordLeft,
    "reclassify": Reclassify,
    "issue_credential": IssueCredential,
    "renew_permit": RenewPermit,
    "confirm_points": ConfirmPoints,
    "take_up": TakeUp,
    "claim": Claim,
    "give_back": GiveBack,
    **TOGETHER,
    "clear_card": ClearCard,
    "reassign": Reassign,
    "resolve_trouble": ResolveTrouble,
    "correct_address": CorrectAddress,
    "propose_taking_back": ProposeTakingBack,
    "take_back": TakeBack,
    "correct_fact": CorrectFact,
}
CYCLE_SIGNALS = frozenset(
    {"evaluate", "record_left", "reclassify", "renew_permit", "confirm_points"}
)
"""Verbs that systems may also send as signals."""
