"""What happens by itself as time goes by: rungs of each clock's ladder, and running out.

Everything fires at the start of business. What runs out on a day takes effect at the start of
business of the first working day after it; a paused clock fires nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from casework.domain.calendar import WorkingCalendar
from casework.domain.case import Case, Rung
from casework.domain.clock import Clock, due_on, expires_on, is_paused, rungs
from casework.domain.facts import Facts, local_date, opening
from casework.domain.limits import kind_of
from casework.domain.policy import ServiceItem

BEFORE = "before"
HALF = "half"
AFTER = "after"


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """The rungs of a kind of clock, and whether its end has an outcome of its own."""

    rungs: tuple[tuple[Rung, str], ...] = ()
    expires: bool = False


LADDERS = {
    "notice": Ladder(
        rungs=((Rung.BLUE, HALF), (Rung.YELLOW, BEFORE), (Rung.RED, AFTER)), expires=True
    ),
    "pre_review": Ladder(rungs=((Rung.YELLOW, AFTER),)),
    "supplement": Ladder(rungs=((Rung.REMINDER, BEFORE),), expires=True),
    "paper": Ladder(rungs=((Rung.REMINDER, BEFORE),), expires=True),
    "decide": Ladder(rungs=((Rung.BLUE, HALF), (Rung.YELLOW, BEFORE), (Rung.RED, AFTER))),
    "review": Ladder(rungs=((Rung.YELLOW, AFTER),)),
    "archive": Ladder(expires=True),
    "defer": Ladder(rungs=((Rung.REMINDER, BEFORE),), expires=True),
    "rescue": Ladder(rungs=((Rung.REMINDER, BEFORE),), expires=True),
    "publicity": Ladder(expires=True),
    "deliver": Ladder(rungs=((Rung.YELLOW, BEFORE), (Rung.RED, AFTER))),
    "green": Ladder(expires=True),
}
"""domain.md §C.7 and §C.16. The thresholds are a proposal: no national rule sets them."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Something due at an instant: a rung, or (``rung`` None) the end of a clock."""

    at: datetime
    clock: Clock
    rung: Rung | None = None


def moments(case: Case, item: ServiceItem, calendar: WorkingCalendar) -> Iterator[Moment]:
    """All that the running clocks still have to fire, in no order."""
    for clock in case.running:
        yield from _moments_of(clock, case, item.office_opens, calendar)


def _moments_of(
    clock: Clock, case: Case, opens: str, calendar: WorkingCalendar
) -> Iterator[Moment]:
    ladder = LADDERS[kind_of(clock.id)]
    due = due_on(clock, calendar)
    if due is None:
        return  # an open-ended suspension: nothing is known to fire
    marks = rungs(clock, calendar)
    days = {HALF: marks.blue_on, BEFORE: marks.yellow_on, AFTER: marks.red_on}
    for rung, when in ladder.rungs:
        day = days[when]
        if day is None or day <= clock.started_on or f"{clock.id}:{rung}" in case.rungs:
            continue
        yield Moment(at=opening(day, opens), clock=clock, rung=rung)
    if ladder.expires:
        end = due if kind_of(clock.id) == "green" else expires_on(clock, calendar)
        if end is not None:
            yield Moment(at=opening(end, opens), clock=clock)


def next_moment(case: Case, item: ServiceItem, calendar: WorkingCalendar) -> datetime | None:
    """When something fires next; None if nothing is known to."""
    return min((moment.at for moment in moments(case, item, calendar)), default=None)


def first_due(case: Case, facts: Facts) -> Moment | None:
    """The earliest moment that has come, rungs before ends; None if all is quiet."""
    today = local_date(facts.at)
    come = [
        moment
        for moment in moments(case, facts.item, facts.calendar)
        if moment.at <= facts.at and not is_paused(moment.clock, today)
    ]
    return min(come, key=lambda moment: (moment.at, moment.rung is None), default=None)
