"""A角 and B角: what happens (the rules: ``substitution.py``)."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class TaskTakenUp:
    kind: Literal["task_taken_up"] = "task_taken_up"
    task: str


@dataclass(frozen=True, kw_only=True)
class TaskHandedOver:
    """To the B角, or to the supervisor, because the holder has not reacted."""

    kind: Literal["task_handed_over"] = "task_handed_over"
    task: str
    holder: str
    backup: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class AbsencesNoted:
    """Who of the case's posts is absent today, whole; their open tasks go to who stands in."""

    kind: Literal["absences_noted"] = "absences_noted"
    absent: tuple[str, ...]
