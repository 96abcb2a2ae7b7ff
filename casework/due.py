"""The due-date calculator that clerks ask for: one limit, any start, any suspensions.

Pure. HTTP ``/v1/due`` and ``casework due`` are both this function.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from casework.domain.errors import DomainError
from casework.domain.policy import Mark, Unit
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import Clock, Extension, Suspension
from casework.domain.time.dates import require_usable
from casework.domain.time.explanation import ExplainedDay, LedgerEntry, explain

MOST_DAYS = 3660
MOST_MONTHS = 120
OPEN_END = ".."

_MOST = {
    Unit.WORKING_DAYS: MOST_DAYS,
    Unit.CALENDAR_DAYS: MOST_DAYS,
    Unit.MONTHS: MOST_MONTHS,
}


def compute_due(  # noqa: PLR0913 - one parameter per question of the calculator
    start: date,
    *,
    working_days: int | None = None,
    days: int | None = None,
    months: int | None = None,
    extend: int = 0,
    suspended: Iterable[str] = (),
    calendar: WorkingCalendar,
) -> dict[str, Any]:
    """The last day of a limit, and why; ready to be written as JSON.

    Exactly one of ``working_days``, ``days`` and ``months`` is given; ``extend`` adds to it in the
    same unit. ``suspended`` are stretches ``A..B``, in which neither A, the day the clock stopped,
    nor B, the day it was set going again, counts; ``A..`` is not lifted yet. A limit in days or
    months whose last day is a rest day ends on the next working day (民法典 §203).

    Keys: ``due_on`` (ISO date, None while a stretch is open), ``provisional`` (a year without a
    notice matters), ``unsuspended_due_on`` and ``unextended_due_on`` (what it would have been),
    ``ledger`` (see ``ledger_row``), ``explanation`` (see ``day_row``).

    Raises:
        DomainError: with the field that is wrong.
    """
    require_usable(start, "start")
    unit, amount = _limit(working_days, days, months)
    stops = tuple(_stretch(text) for text in suspended)
    clock = Clock(
        id="due",
        name="期限",
        unit=unit,
        amount=amount,
        rolls_forward=True,
        started_on=start,
        extensions=_extension(unit, extend, start),
        suspensions=stops,
        mark=Mark.SOURCE,
    )
    try:
        explanation = explain(clock, calendar)
    except OverflowError:
        raise DomainError("DATE_TOO_FAR", "期限超出可计算的日期范围", "start") from None
    return {
        "due_on": _iso(explanation.due_on),
        "provisional": explanation.provisional,
        "unsuspended_due_on": _iso(explanation.unsuspended_due_on),
        "unextended_due_on": _iso(explanation.unextended_due_on),
        "ledger": [ledger_row(entry) for entry in explanation.ledger],
        "explanation": [day_row(day) for day in explanation.days],
    }


def day_row(day: ExplainedDay) -> dict[str, Any]:
    """One explained day, ready to be written as JSON."""
    return {
        "day": day.day.isoformat(),
        "counted": day.counted,
        "number": day.number,
        "kind": day.kind.value,
        "words": day.words,
        "note": day.note,
        "provisional": day.provisional,
    }


def ledger_row(entry: LedgerEntry) -> dict[str, Any]:
    """One entry of a clock's ledger, ready to be written as JSON; ``to`` is None while it lasts."""
    return {
        "source": entry.source.value,
        "from": entry.first_on.isoformat(),
        "to": _iso(entry.lifted_on),
        "days": entry.days,
        "by": entry.by,
        "reason": entry.reason,
        "basis": entry.basis,
        "note": entry.note,
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _limit(working_days: int | None, days: int | None, months: int | None) -> tuple[Unit, int]:
    fields = {
        "working_days": (Unit.WORKING_DAYS, working_days),
        "days": (Unit.CALENDAR_DAYS, days),
        "months": (Unit.MONTHS, months),
    }
    given = [
        (field, unit, amount) for field, (unit, amount) in fields.items() if amount is not None
    ]
    if len(given) != 1:
        raise DomainError(
            "ONE_LIMIT",
            "须给出且只给出一种期限：工作日数（working_days）、日数（days）或月数（months）",
            given[1][0] if given else "working_days",
        )
    field, unit, amount = given[0]
    _within(amount, 1, _MOST[unit], field)
    return unit, amount


def _extension(unit: Unit, amount: int, start: date) -> tuple[Extension, ...]:
    _within(amount, 0, _MOST[unit], "extend")
    if amount == 0:
        return ()
    return (Extension(amount=amount, on=start, by="机关负责人", reason="按输入延长"),)


def _within(amount: int, least: int, most: int, field: str) -> None:
    if not least <= amount <= most:
        raise DomainError("AMOUNT_OUT_OF_RANGE", f"须在 {least} 至 {most} 之间", field)


def _stretch(text: str) -> Suspension:
    first, dots, last = text.partition(OPEN_END)
    try:
        first_on = date.fromisoformat(first.strip())
        lifted_on = date.fromisoformat(last.strip()) if last.strip() else None
    except ValueError:
        first_on, dots = date.min, ""
    if not dots:
        raise DomainError(
            "STRETCH_INVALID",
            "中止时段须写作 A..B（如 2026-10-12..2026-10-16），尚未恢复的写作 A..",
            "suspended",
        )
    if lifted_on is not None and lifted_on < first_on:
        raise DomainError("STRETCH_INVALID", "中止时段的恢复日不得早于开始日", "suspended")
    return Suspension(first_on=first_on, lifted_on=lifted_on, reason="按输入中止")
