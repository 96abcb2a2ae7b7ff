"""What the verbs of a cycle refuse alike."""

from datetime import date

from casework.domain.case.commands import Command
from casework.domain.case.facts import Occasion
from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.state import Cycle, CycleKind

HIGHEST_SCORE = 1_000_000


def require_kind(case: Cycle, kind: CycleKind, command: Command) -> None:
    """Refuse with ``NOT_OF_THIS_CYCLE`` a verb of the other kind of cycle."""
    if case.kind is not kind:
        raise DomainError(
            "NOT_OF_THIS_CYCLE", f"“{command.label}”只用于{kind.label}，本件是{case.kind.label}"
        )


def require_come(day: date, facts: Occasion, field: str, name: str) -> None:
    """Refuse with ``DATE_IN_FUTURE`` what is said to have happened after today."""
    if day > facts.today:
        raise DomainError("DATE_IN_FUTURE", f"{name}不能在今天之后", field)


def require_within(day: date, case: Cycle, field: str, name: str) -> None:
    """Refuse with ``DATE_TOO_EARLY`` what is said to have happened before the cycle began."""
    if case.by_date and day < case.starts_on:
        raise DomainError(
            "DATE_TOO_EARLY", f"{name}不能早于本周期的起始日（{case.starts_on}）", field
        )


def require_score(score: int | None) -> None:
    """Refuse a score that no recognition gives, and no table holds."""
    if score is not None and not 0 <= score <= HIGHEST_SCORE:
        raise DomainError("SCORE_OUT_OF_RANGE", f"计分须在0至{HIGHEST_SCORE}之间", "score")
