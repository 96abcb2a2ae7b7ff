"""The verbs of a mail: what an officer does who sorts it (来件分办)."""

from dataclasses import dataclass
from typing import Any

from casework.domain.bounds import Essay, Few, Number, Phrase, Some, Text, Word
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
from casework.domain.policy import Role

SORTERS = frozenset({Role.OFFICER, Role.SUPERVISOR})


@dataclass(frozen=True, kw_only=True)
class SortedFile:
    """As what a file of the mail counts; ``file`` is its number within the mail."""

    file: Number
    material: Word


@dataclass(frozen=True, kw_only=True)
class SortedPerson:
    """A person as the officer has it; an empty field is as proposed.

    ``person`` is the number of a proposed one, 0 for one whom the machine did not find. ``into``:
    the running case to which the files go; empty: none. ``files`` take the place of those proposed.
    """

    person: Number = 0
    name: Phrase = ""
    item: Word = ""
    id_number: Word = ""
    unit: Phrase = ""
    credit_code: Word = ""
    email: Essay = ""
    phone: Word = ""
    into: Word = ""
    files: Some[SortedFile] = ()


@dataclass(frozen=True, kw_only=True)
class SortMail(Command):
    """Confirm what was proposed, or correct it; without ``persons`` all of it as it stands."""

    persons: Few[SortedPerson] = ()

    roles = SORTERS
    label = "分办来件（按建议或者更正后立件）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class SendBackMail(Command):
    """Nothing is opened; the sender is told once what to put right."""

    reason: Text

    roles = SORTERS
    label = "退回来件（一次性告知发件人）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class SetMailAside(Command):
    """An advertisement, or nothing for this office: nobody is told."""

    reason: Text

    roles = SORTERS
    label = "来件不作办理（说明理由）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class RerouteMail(Command):
    """It belongs to another mailbox of the district, or to ``district``."""

    mailbox: Word = ""
    district: Word = ""
    reason: Text

    roles = SORTERS
    label = "转来件（其他邮箱或者其他区）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class NoteMail(Command):
    """The officer has seen what the sender was told."""

    roles = SORTERS
    label = "知悉已告知的来件"
    onward = True


MAIL_VERBS: dict[str, type[Command]] = {
    "sort_mail": SortMail,
    "send_back_mail": SendBackMail,
    "set_mail_aside": SetMailAside,
    "reroute_mail": RerouteMail,
    "note_mail": NoteMail,
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
EXAMPLES: dict[type[Command], dict[str, Any]] = {
    SortMail: {"persons": [{"person": 1, "id_number": "310101199003071230"}]},
    SendBackMail: {"reason": "请按本区要求的主题重新发送，每人的材料装入以姓名命名的压缩包"},
    SetMailAside: {"reason": "广告邮件"},
    RerouteMail: {"mailbox": "education", "reason": "属教育背景核实"},
    NoteMail: {},
}
