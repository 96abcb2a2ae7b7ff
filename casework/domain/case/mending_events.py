"""Mistakes mended: what has happened (the rules: ``mending.py``, ``corrections.py``)."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from casework.domain.case.commands import ReceivedMaterial
from casework.domain.time.clock import Clock


@dataclass(frozen=True, kw_only=True)
class TakingBackProposed:
    """Somebody holds that the case was closed by mistake: the decider is asked."""

    kind: Literal["taking_back_proposed"] = "taking_back_proposed"
    reason: str


@dataclass(frozen=True, kw_only=True)
class TakingBackDeclined:
    """It stays closed."""

    kind: Literal["taking_back_declined"] = "taking_back_declined"
    reason: str


@dataclass(frozen=True, kw_only=True)
class TakenBack:
    """The closing ``closed_seq`` of ``closed_on`` was a mistake: the case is at ``stage`` again.

    ``closed_as`` is the kind of the event that closed. ``clocks`` are fresh, in the place of those
    that had run out or limit a step; every other clock that the closing had ended runs on, the time
    from ``closed_on`` to the day of this event left out.
    """

    kind: Literal["taken_back"] = "taken_back"
    reason: str
    proposed_by: str = ""  # empty: it follows from another case
    closed_seq: int
    closed_as: str
    closed_on: date
    stage: str
    clocks: tuple[Clock, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PapersCameLate:
    """Material for a closed case; if the closing is taken back, it counts as come on that day."""

    kind: Literal["papers_came_late"] = "papers_came_late"
    materials: tuple[ReceivedMaterial, ...]
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LatePapersSettled:
    kind: Literal["late_papers_settled"] = "late_papers_settled"
    task: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class FactCorrected:
    """The day ``field`` of event ``corrected_seq`` was wrong; ``clocks`` hang on the right one.

    ``starts_on`` and ``opens_on``: of a permit's year, as they follow.
    """

    kind: Literal["fact_corrected"] = "fact_corrected"
    corrected_seq: int
    field: str
    was: date
    value: date
    reason: str
    clocks: tuple[Clock, ...] = ()
    starts_on: date | None = None
    opens_on: date | None = None


Mended = (
    TakingBackProposed
    | TakingBackDeclined
    | TakenBack
    | PapersCameLate
    | LatePapersSettled
    | FactCorrected
)
