"""The verbs of an appointment."""

from dataclasses import dataclass
from typing import Any

from casework.domain.bounds import Text, Word
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
from casework.domain.policy import Role
from casework.domain.time.dates import Day

AT_THE_WINDOW = frozenset({Role.OFFICER, Role.SUPERVISOR})


@dataclass(frozen=True, kw_only=True)
class NoteArrival(Command):
    """The visitor has come, on the day of the appointment, early or late."""

    roles = AT_THE_WINDOW
    label = "登记到访"


@dataclass(frozen=True, kw_only=True)
class ServeVisitor(Command):
    """The visitor has been served; ``note`` says with what result."""

    note: Text = ""

    roles = AT_THE_WINDOW
    label = "接待完毕"
    onward = True


@dataclass(frozen=True, kw_only=True)
class MoveAppointment(Command):
    """Another slot (改约); whether a place is free there, the API asks the register."""

    day: Day
    at: Word
    reason: Text

    roles = AT_THE_WINDOW
    label = "改约（换到其他时段）"


@dataclass(frozen=True, kw_only=True)
class CancelAppointment(Command):
    """The place is free again."""

    reason: Text

    roles = AT_THE_WINDOW | {Role.APPLICANT}
    label = "取消预约"
    onward = True


APPOINTMENT_VERBS: dict[str, type[Command]] = {
    "note_arrival": NoteArrival,
    "serve_visitor": ServeVisitor,
    "move_appointment": MoveAppointment,
    "cancel_appointment": CancelAppointment,
    "take_up": TakeUp,
    "claim": Claim,
    "give_back": GiveBack,
    **TOGETHER,
    "clear_card": ClearCard,
    "reassign": Reassign,
    "resolve_trouble": ResolveTrouble,
    "correct_address": CorrectAddress,
}
EXAMPLES: dict[type[Command], dict[str, Any]] = {
    NoteArrival: {},
    ServeVisitor: {"note": "材料已当面收下"},
    MoveAppointment: {"day": "2026-12-03", "at": "13:30", "reason": "来电改期"},
    CancelAppointment: {"reason": "来电取消，改为邮寄材料"},
}
