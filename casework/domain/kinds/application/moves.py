"""The moves that transitions of an application are made of: stages with their tasks, debts."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from casework.domain.case import moves
from casework.domain.case.moves import conclude, next_id
from casework.domain.case.state import Case
from casework.domain.kinds.application.state import Application, ApplicationStage, Line, LineStatus
from casework.domain.policy import DeferralMode, LimitName, Policy
from casework.domain.time.clock import Clock, start_clock

BEFORE_ACCEPTANCE = frozenset({ApplicationStage.PRE_REVIEW, ApplicationStage.READY})
"""The stages whose tasks say which other cases of the same person are open."""


def enter(case: Application, stage: ApplicationStage, at: datetime, by: str) -> Application:
    """Move to a stage: its predecessor's task closes, its own opens; at the last all closes."""
    about = case.suspicion if stage in BEFORE_ACCEPTANCE else ""
    case = moves.enter(case, stage, at, by, about=about)
    return _settle(case, at, by) if stage.is_final else case


def _settle(case: Application, at: datetime, by: str) -> Application:
    case = conclude(case, at, by)
    lines = tuple(
        replace(line, status=LineStatus.DISCHARGED)
        if line.status in {LineStatus.OFFERED, LineStatus.CONSENTED} or line.is_open
        else line
        for line in case.lines
    )
    return replace(case, lines=lines)


def change_lines(
    case: Application, change: Line | None = None, *, lines: Iterable[Line] | None = None
) -> Application:
    """Put changed lines in the place of those for the same materials, or add them."""
    new = {line.material: line for line in (lines or ((change,) if change else ()))}
    kept = tuple(new.pop(line.material, line) for line in case.lines)
    return replace(case, lines=kept + tuple(new.values()))


def holds_result(case: Application) -> bool:
    """Whether a debt keeps the result from being handed out."""
    return any(line.is_open and line.mode is DeferralMode.HOLD_RESULT for line in case.lines)


def silence_clock(case: Case, item: Policy, today: date) -> Clock | None:
    """Within it the office accepts or refuses what has become complete today.

    At its end the case is deemed accepted: a reading of 行政许可法 §32(1)4–5 (domain.md §C.2,
    uncertain), and so a value of the item. None where the item sets none.
    """
    if not case.by_date or item.limit(LimitName.SILENCE) is None:
        return None
    return start_clock(item, LimitName.SILENCE, next_id(case, "silence"), today)
