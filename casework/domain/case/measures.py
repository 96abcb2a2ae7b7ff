"""Measures reach the cases that already stand at the step of which they speak (domain.md §C.6).

A case takes note when it looks; its dates in the register follow from the measure at once. That it
is armed too early does no harm.
"""

from collections.abc import Iterable
from dataclasses import replace

from casework.domain.case.moves import change_clock
from casework.domain.case.state import Case, M
from casework.domain.policy import (
    LimitName,
    Measure,
    Policy,
)
from casework.domain.time.clock import After, Awaited, Clock
from casework.domain.time.limits import kind_of, shown
from casework.domain.time.suspension import reaches


def within_reach(clock: Clock, case: Case, item: Policy) -> Clock:
    """The clock of the paper awaited, so that measures reach it; of a case that goes by dates."""
    if not case.by_date:
        return clock
    return replace(clock, awaited=Awaited(channel=case.channel, after=after_measure(item)))


def after_measure(item: Policy) -> After | None:
    """What the end of a measure sets, by the item's policy; None where it says nothing."""
    limit = item.limit(LimitName.AFTER_MEASURE)
    if limit is None:
        return None
    return After(
        unit=limit.unit,
        amount=limit.amount,
        rolls_forward=limit.rolls_forward,
        reference=shown(limit.reference),
        mark=limit.mark,
    )


def told_by_date(case: M) -> M:
    """A case from before the date decided: from now on measures reach its clock."""
    for clock in case.running:
        if kind_of(clock.id) == "paper" and clock.awaited is None:
            case = change_clock(case, replace(clock, awaited=Awaited(channel=case.channel)))
    return case


def noted(case: M, after: After | None = None) -> M:
    """Write on each clock by which of the pinned measures it has been reached.

    ``after``: what their end sets, for a clock that does not say so.
    """
    for clock in case.running:
        if clock.awaited is None:
            continue
        ids = (measure.id for measure in case.pinned if reaches(measure, clock))
        under = tuple(dict.fromkeys((*clock.awaited.under, *ids)))
        awaited = replace(clock.awaited, under=under, after=clock.awaited.after or after)
        if awaited != clock.awaited:
            case = change_clock(case, replace(clock, awaited=awaited))
    return case


def reached(case: Case, known: Iterable[Measure]) -> tuple[Measure, ...]:
    """The measures by which a running clock is reached and that are not pinned yet."""
    pinned = {measure.id for measure in case.pinned}
    return tuple(
        measure
        for measure in known
        if measure.id not in pinned and any(reaches(measure, clock) for clock in case.running)
    )
