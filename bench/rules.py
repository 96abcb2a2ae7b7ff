"""The pure rules: due dates and explanations a second, on one core."""

import time
from collections.abc import Callable
from datetime import date

from casework.domain.policy import Mark, Unit
from casework.domain.time.clock import Clock, due_on
from casework.domain.time.explanation import explain
from casework.policy.calendars import load_calendar

SECONDS = 1.0


def measure() -> dict[str, float]:
    """Both rates for a clock of twenty working days."""
    calendar = load_calendar().excerpt(2026, 2027)
    clock = Clock(
        id="decide",
        name="办理期限",
        unit=Unit.WORKING_DAYS,
        amount=20,
        started_on=date(2026, 9, 17),
        mark=Mark.LAW,
    )
    return {
        "due_dates_per_s": _rate(lambda: due_on(clock, calendar)),
        "explanations_per_s": _rate(lambda: explain(clock, calendar)),
    }


def _rate(call: Callable[[], object]) -> float:
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        call()
        done += 1
    return done / (time.perf_counter() - started)
