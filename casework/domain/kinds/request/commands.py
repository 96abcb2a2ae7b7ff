"""The verbs of a service request."""

from dataclasses import dataclass

from casework.domain.bounds import Few, Number, Phrase, Some, Text, Word
from casework.domain.case.commands import (
    TOGETHER,
    Claim,
    ClearCard,
    Command,
    CorrectAddress,
    Fault,
    GiveBack,
    ProposeTakingBack,
    Reassign,
    ReceivedMaterial,
    ResolveTrouble,
    SettleLatePapers,
    TakeBack,
    TakeUp,
    TransferJurisdiction,
)
from casework.domain.policy import Role
from casework.domain.talent import Standing

FILERS = frozenset({Role.TALENT, Role.EMPLOYER})
HANDLERS = frozenset({Role.SPECIALIST, Role.LIAISON})


@dataclass(frozen=True, kw_only=True)
class CollectPapers(Command):
    materials: Some[ReceivedMaterial]

    roles = frozenset({Role.SPECIALIST})
    label = "收取纸质材料"


@dataclass(frozen=True, kw_only=True)
class GiveNotice(Command):
    """All that is missing or wrong, at once and once (DB50/T 1733—2024 §6.6.2a)."""

    faults: Few[Fault]

    roles = frozenset({Role.SPECIALIST})
    label = "一次性告知需要补正的全部内容"


@dataclass(frozen=True, kw_only=True)
class SupplementRequest(Command):
    """The answer to the one-time notice; the specialist looks again."""

    materials: Some[ReceivedMaterial] = ()
    statements: Few[Word] = ()  # codes of faults answered without a material

    roles = FILERS | {Role.SPECIALIST, Role.SYSTEM}
    label = "补正服务申请材料"


@dataclass(frozen=True, kw_only=True)
class AcceptRequest(Command):
    """``body`` is ``<level>/<code>``; left out, the one that class and service item prescribe."""

    body: Phrase = ""

    roles = frozenset({Role.SPECIALIST})
    label = "受理并交联络员办理"
    onward = True


@dataclass(frozen=True, kw_only=True)
class AssignBody(Command):
    """Another body; never a municipal one for a talent of class E or F (§6.1.2)."""

    body: Phrase
    reason: Text

    roles = frozenset({Role.SPECIALIST, Role.SUPERVISOR})
    label = "改交其他办理机构"


@dataclass(frozen=True, kw_only=True)
class FeedBack(Command):
    """The result, as the talent reads it (§6.2.3)."""

    met: bool = True
    result: Text

    roles = frozenset({Role.LIAISON})
    label = "反馈办理结果"
    onward = True


@dataclass(frozen=True, kw_only=True)
class ExplainNeed(Command):
    reason: Text

    roles = HANDLERS
    label = "不属服务范围：解释说明"
    onward = True


@dataclass(frozen=True, kw_only=True)
class TransferNeed(Command):
    to: Phrase
    reason: Text

    roles = HANDLERS
    label = "不属服务范围：转交有关部门"
    onward = True


@dataclass(frozen=True, kw_only=True)
class WithdrawRequest(Command):
    reason: Text = ""

    roles = FILERS
    label = "撤回服务申请"
    onward = True


@dataclass(frozen=True, kw_only=True)
class ExtendHandling(Command):
    """Once, by at most what the service item allows."""

    working_days: Number
    reason: Text

    roles = frozenset({Role.SUPERVISOR})
    label = "延长服务事项办理期限"


@dataclass(frozen=True, kw_only=True)
class NoteStanding(Command):
    """How the talent stands now; an older one than the request knows changes nothing."""

    standing: Standing

    roles = frozenset({Role.SYSTEM})
    label = "同步人才服务状态"
    onward = True
    when_closed = True


REQUEST_VERBS: dict[str, type[Command]] = {
    "collect_papers": CollectPapers,
    "give_notice": GiveNotice,
    "supplement": SupplementRequest,
    "accept": AcceptRequest,
    "assign_body": AssignBody,
    "feed_back": FeedBack,
    "explain_need": ExplainNeed,
    "transfer_need": TransferNeed,
    "withdraw": WithdrawRequest,
    "extend_handling": ExtendHandling,
    "note_standing": NoteStanding,
    "take_up": TakeUp,
    "claim": Claim,
    "give_back": GiveBack,
    **TOGETHER,
    "clear_card": ClearCard,
    "reassign": Reassign,
    "resolve_trouble": ResolveTrouble,
    "correct_address": CorrectAddress,
    "transfer_jurisdiction": TransferJurisdiction,
    "propose_taking_back": ProposeTakingBack,
    "take_back": TakeBack,
    "settle_late_papers": SettleLatePapers,
}
REQUEST_SIGNALS = frozenset({"note_standing", "supplement"})
"""Verbs that systems may also send as signals."""
