"""The verbs of a ticket."""

from dataclasses import dataclass
from typing import Any

from casework.domain.bounds import Letter, Number, Phrase, Text, Word
from casework.domain.case.commands import (
    TOGETHER,
    Claim,
    ClearCard,
    Command,
    CorrectAddress,
    GiveBack,
    ProposeTakingBack,
    Reassign,
    ResolveTrouble,
    TakeBack,
    TakeUp,
)
from casework.domain.kinds.ticket.state import Resolution
from casework.domain.policy import Role

HANDLERS = frozenset({Role.OFFICER, Role.SUPERVISOR})


@dataclass(frozen=True, kw_only=True)
class SignTicket(Command):
    """The unit takes the ticket as its own."""

    roles = HANDLERS
    label = "签收工单"
    onward = True


@dataclass(frozen=True, kw_only=True)
class ReturnTicket(Command):
    """The ticket came to the wrong unit; ``to`` names the right one."""

    to: Phrase
    reason: Text

    roles = HANDLERS
    label = "退回工单（非本单位职责）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class JoinTicket(Command):
    """Another ticket is about the same matter, and is answered for both."""

    into: Word
    reason: Text

    roles = HANDLERS
    label = "并入其他工单（同一事项）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class ContactCaller(Command):
    """Within one working day (domain.md §C.11); an attempt in vain does not meet the limit."""

    reached: bool
    note: Text = ""

    roles = HANDLERS
    label = "联系诉求人"

    @property
    def leads_on(self) -> bool:
        return self.reached


@dataclass(frozen=True, kw_only=True)
class MarkTicketComplex(Command):
    reason: Text

    roles = frozenset({Role.SUPERVISOR})
    label = "认定为疑难工单（15个工作日）"


@dataclass(frozen=True, kw_only=True)
class ExtendTicket(Command):
    """Once; ``working_days`` at most as the policy says."""

    working_days: Number
    reason: Text

    roles = frozenset({Role.SUPERVISOR})
    label = "延长工单答复期限"


@dataclass(frozen=True, kw_only=True)
class AnswerTicket(Command):
    """``answer`` goes to the caller, if there is one."""

    resolution: Resolution
    answer: Text

    roles = HANDLERS
    label = "答复诉求人"
    onward = True


@dataclass(frozen=True, kw_only=True)
class RevisitCaller(Command):
    """What the caller says of the answer. ``resolved`` False: it is answered once more."""

    resolved: bool
    satisfied: bool
    note: Text = ""

    roles = HANDLERS
    label = "登记工单回访"

    @property
    def leads_on(self) -> bool:
        return self.resolved


@dataclass(frozen=True, kw_only=True)
class CloseTicket(Command):
    """Closed without a revisit, or though it is not resolved: a supervisor says why."""

    reason: Text

    roles = frozenset({Role.SUPERVISOR})
    label = "办结工单（说明理由）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class HotlineReturned(Command):
    """The hotline does not take the ticket as done (退回重办), and says why."""

    reason: Letter

    roles = frozenset({Role.SYSTEM, Role.SUPERVISOR})
    label = "热线退回重办"
    when_closed = True


TICKET_VERBS: dict[str, type[Command]] = {
    "sign_ticket": SignTicket,
    "return_ticket": ReturnTicket,
    "join_ticket": JoinTicket,
    "contact_caller": ContactCaller,
    "mark_ticket_complex": MarkTicketComplex,
    "extend_ticket": ExtendTicket,
    "answer_ticket": AnswerTicket,
    "revisit_caller": RevisitCaller,
    "close_ticket": CloseTicket,
    "hotline_returned": HotlineReturned,
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
}
TICKET_SIGNALS = frozenset({"hotline_returned"})
"""Verbs that systems may also send as signals."""
EXAMPLES: dict[type[Command], dict[str, Any]] = {
    SignTicket: {},
    ReturnTicket: {"to": "区住房保障部门", "reason": "公租房事项不属于人才服务中心职责"},
    JoinTicket: {"into": "310106-4A2J-5S06-9FJR", "reason": "同一诉求人就同一事项再次来电"},
    ContactCaller: {"reached": True, "note": "已了解诉求"},
    MarkTicketComplex: {"reason": "涉及两个部门，需调档核实"},
    ExtendTicket: {"working_days": 3, "reason": "等待档案部门复函"},
    AnswerTicket: {"resolution": "resolved", "answer": "积分通知书已可自行打印"},
    RevisitCaller: {"resolved": True, "satisfied": True},
    CloseTicket: {"reason": "多次联系不上诉求人，答复已短信送达"},
    HotlineReturned: {"reason": "答复未回应诉求人所提的第二个问题"},
}
