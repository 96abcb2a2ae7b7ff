"""What can be done: the verbs of each kind of case, and what is no verb."""

from enum import StrEnum

from casework.domain.case.commands import Command
from casework.domain.case.kind import KNOWN

GENERAL = "general"
"""The kind of what concerns no single case."""


class Action(StrEnum):
    """What is done with a case without changing it, or before there is one."""

    OPEN = "open"
    READ = "read"
    DISCLOSE = "disclose"  # personal data in clear, with a reason, logged
    DECODE = "decode"  # payloads in the Web UI
    ERASE = "erase"
    RATE = "rate"
    FILE = "file"  # a service request of that talent


class GeneralAction(StrEnum):
    """What concerns no single case."""

    READ = "read"  # orders, measures, absences, outreaches: of one's district
    UPLOAD = "upload"
    REPORT_BACK = "report_back"
    REPAIR_CREDIT = "repair_credit"
    BEGIN_OUTREACH = "begin_outreach"
    RECORD_ABSENCE = "record_absence"  # of somebody else
    FIND_PERSON = "find_person"  # the cases of a person by their number, logged
    READ_ACCESSES = "read_accesses"
    READ_TRANSFERS = "read_transfers"
    REASSIGN = "reassign"  # of one officer, in many cases
    READ_AUDIT = "read_audit"
    READ_CARD_DIGESTS = "read_card_digests"


_LABELS = {
    Action.OPEN: "提交或登记",
    Action.READ: "查阅",
    Action.DISCLOSE: "查看未遮盖的个人信息",
    Action.DECODE: "在流程界面查看内容",
    Action.ERASE: "依法删除个人信息",
    Action.RATE: "评价",
    Action.FILE: "为该人才提出服务申请",
}
_GENERAL = {
    GeneralAction.READ: "查阅指令、措施、缺岗和主动告知",
    GeneralAction.UPLOAD: "上传材料",
    GeneralAction.REPORT_BACK: "回传外部系统的结果",
    GeneralAction.REPAIR_CREDIT: "修复失信记录",
    GeneralAction.BEGIN_OUTREACH: "开始主动告知",
    GeneralAction.RECORD_ABSENCE: "为他人登记缺岗",
    GeneralAction.FIND_PERSON: "按证件号码查找办件",
    GeneralAction.READ_ACCESSES: "查阅个人信息的查看记录",
    GeneralAction.READ_TRANSFERS: "查阅管辖移送记录",
    GeneralAction.REASSIGN: "批量改派",
    GeneralAction.READ_AUDIT: "查阅审计摘要",
    GeneralAction.READ_CARD_DIGESTS: "查阅督办提醒的发送记录",
}
_EVERY = (
    Action.OPEN,
    Action.READ,
    Action.DISCLOSE,
    Action.DECODE,
    Action.ERASE,
    Action.RATE,
)


def extra_of(kind: str) -> tuple[Action, ...]:
    """What can be done with a case of a kind beside its verbs."""
    return (*_EVERY, *map(Action, KNOWN[kind].acts))


def actions_of(kind: str) -> dict[str, str]:
    """Every action with cases of a kind, in the order of the table, with the words of a clerk."""
    if kind == GENERAL:
        return {action.value: label for action, label in _GENERAL.items()}
    extra = {action.value: _LABELS[action] for action in extra_of(kind)}
    return extra | {verb: command.label for verb, command in KNOWN[kind].verbs.items()}


def label_of(kind: str, action: str) -> str:
    """The words of a clerk for an action; the action itself where nobody has any."""
    return actions_of(kind).get(action, action)


def verb_of(kind: str, command: Command) -> str:
    """By which verb of a kind a command comes; raises LookupError if by none."""
    for verb, each in KNOWN[kind].verbs.items():
        if isinstance(command, each):
            return verb
    raise LookupError(type(command).__name__)
