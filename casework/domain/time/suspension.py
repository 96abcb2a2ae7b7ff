"""What stops a clock from outside its case: suspensions by order (封控、延期办), and measures.

A suspension stops the clocks of the applicant, of the authority, or both; a temporary measure may
keep a limit from running at all. Overlaps count once. Sources: domain.md §C.6, C.16.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from casework.domain.policy import Measure
from casework.domain.time.clock import Clock, Suspension
from casework.domain.time.ladder import side_of


def impose(clock: Clock, suspensions: Iterable[Suspension], measures: Iterable[Measure]) -> Clock:
    """The clock with its own stops and all that stops it from outside, and nothing else.

    A measure that begins while the clock runs stops it from then on; one that was in force when
    the clock started has taken its limit away (``measure``).

    A suspension that was over when the clock started has nothing to stop.
    """
    side, measures = side_of(clock.id), tuple(measures)
    own = tuple(stop for stop in clock.suspensions if not stop.id)
    imposed = tuple(
        stop
        for stop in suspensions
        if stop.clocks is not None
        and stop.clocks.covers(side)
        and (stop.lifted_on is None or stop.lifted_on > clock.started_on)
    )
    waits = tuple(
        _stop(measure, clock)
        for measure in measures
        if clock.measure and measure.id == clock.measure
    )
    comes = tuple(_reaching(measure, clock) for measure in measures if reaches(measure, clock))
    return replace(clock, suspensions=own + imposed + waits + comes)


REACHING = ("PAPER_DEFERRED", "PAPER_NO_LIMIT")
"""The effects of the measures that speak of the step at which a case awaits paper."""


def reaches(measure: Measure, clock: Clock) -> bool:
    """Whether a measure bears on a clock that may have been running when it began.

    The measure is one for the item and the district of the case. The clock started on the day on
    which the case was accepted online.
    """
    awaited = clock.awaited
    if awaited is None or not measure.id or measure.id == clock.measure:
        return False
    if measure.id in awaited.under:
        return True
    is_over = measure.until is not None and measure.until < clock.started_on
    return (
        measure.effect in REACHING
        and not is_over
        and measure.covers(awaited.channel, clock.started_on)
    )


def _reaching(measure: Measure, clock: Clock) -> Suspension:
    stop = _stop(measure, clock)
    first_on = max(measure.since, clock.started_on)
    return replace(stop, first_on=min(first_on, measure.until or first_on))


def _stop(measure: Measure, clock: Clock) -> Suspension:
    until = measure.until
    return Suspension(
        id=measure.id,
        first_on=clock.started_on if until is None else min(clock.started_on, until),
        lifted_on=until,
        reason=f"临时措施：{measure.name or measure.effect}",
        basis=measure.reference,
    )


def closed_channels(suspensions: Iterable[Suspension], day: date) -> dict[str, Suspension]:
    """The channels that are closed at the end of ``day``, each with what closes it."""
    return {channel: stop for stop in suspensions if stop.holds(day) for channel in stop.channels}
