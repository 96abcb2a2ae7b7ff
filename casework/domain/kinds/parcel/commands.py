"""The verbs of a parcel: what an officer does who says where its papers belong."""

from dataclasses import dataclass
from typing import Any

from casework.domain.bounds import Phrase, Some, Text, Word
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
class MatchParcel(Command):
    """The papers belong to a running case of the district: they count from the day of arrival."""

    into: Word
    materials: Some[Word]

    roles = SORTERS
    label = "来件归入在办件"
    onward = True


@dataclass(frozen=True, kw_only=True)
class OpenFromParcel(Command):
    """The papers are an application of their own, received on the day of arrival."""

    name: Phrase
    item: Word
    id_number: Word
    materials: Some[Word] = ()
    unit: Phrase = ""
    credit_code: Word = ""
    email: Phrase = ""
    phone: Word = ""

    roles = SORTERS
    label = "由来件立件"
    onward = True


@dataclass(frozen=True, kw_only=True)
class ReturnParcel(Command):
    """It goes back, under the courier's ``number``; nothing of it counts as received."""

    reason: Text
    number: Word

    roles = SORTERS
    label = "寄回来件（说明理由和寄回单号）"
    onward = True


PARCEL_VERBS: dict[str, type[Command]] = {
    "match_parcel": MatchParcel,
    "open_from_parcel": OpenFromParcel,
    "return_parcel": ReturnParcel,
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
    MatchParcel: {"into": "310112-4A2J-5S06-9FJR", "materials": ["sealed_copies"]},
    OpenFromParcel: {
        "name": "张三",
        "item": "PTS_NEW",
        "id_number": "310101199003071230",
        "materials": ["application_form"],
        "phone": "13800000000",
    },
    ReturnParcel: {"reason": "发件人联系方式无法辨认", "number": "EMS900000002CN"},
}
