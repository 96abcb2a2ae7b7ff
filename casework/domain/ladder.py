"""What happens by itself as time goes by: rungs of each clock's ladder, and running out.

Everything fires at the start of business. What runs out on a day takes effect at the start of
business of the first working day after it on which the clock is not paused: a paused clock fires
nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from casework.domain.calendar import WorkingCalendar
from casework.domain.clock import Clock, due_on, rungs
from casework.domain.facts import Occasion, opening
from casework.domain.limits import kind_of
from casework.domain.matter import Matter, Rung
from casework.domain.policy import Policy, Side

BEFORE = "before"
HALF = "half"
AFTER = "after"
END = "end"
ON_DUE = "on_due"


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """The rungs of a kind of clock, and whether its end has an outcome of its own.

    ``side`` says whose time it is, and so which suspensions stop it; None: none does.
    """

    rungs: tuple[tuple[Rung, str], ...] = ()
    expires: bool = False
    on_due: bool = False  # its end takes effect on the due date itself
    side: Side | None = None


LADDERS = {
    "notice": Ladder(
        rungs=((Rung.BLUE, HALF), (Rung.YELLOW, BEFORE), (Rung.RED, AFTER)),
        expires=True,
        side=Side.AUTHORITY,
    ),
    "pre_review": Ladder(rungs=((Rung.YELLOW, AFTER),)),
    "supplement": Ladder(rungs=((Rung.REMINDER, BEFORE),), expires=True, side=Side.APPLICANT),
    "paper": Ladder(rungs=((Rung.REMINDER, BEFORE),), expires=True, side=Side.APPLICANT),
    "decide": Ladder(
        rungs=((Rung.BLUE, HALF), (Rung.YELLOW, BEFORE), (Rung.RED, AFTER)), side=Side.AUTHORITY
    ),
    "review": Ladder(rungs=((Rung.YELLOW, AFTER),), side=Side.AUTHORITY),
    "archive": Ladder(expires=True, side=Side.APPLICANT),
    "defer": Ladder(rungs=((Rung.REMINDER, BEFORE),), expires=True, side=Side.APPLICANT),
    "rescue": Ladder(rungs=((Rung.REMINDER, BEFORE),), expires=True, side=Side.APPLICANT),
    "publicity": Ladder(expires=True),
    "deliver": Ladder(rungs=((Rung.YELLOW, BEFORE), (Rung.RED, AFTER))),
    "green": Ladder(expires=True, on_due=True),
    "contact": Ladder(rungs=((Rung.YELLOW, AFTER),)),
    "request_notice": Ladder(
        rungs=((Rung.BLUE, HALF), (Rung.YELLOW, BEFORE), (Rung.RED, AFTER)),
        expires=True,
        side=Side.AUTHORITY,
    ),
    "request_supplement": Ladder(
        rungs=((Rung.REMINDER, BEFORE),), expires=True, side=Side.APPLICANT
    ),
    "collect": Ladder(rungs=((Rung.REMINDER, BEFORE),), expires=True, side=Side.APPLICANT),
    "handle": Ladder(
        rungs=((Rung.BLUE, HALF), (Rung.YELLOW, BEFORE), (Rung.RED, AFTER)), side=Side.AUTHORITY
    ),
    "cycle_notice": Ladder(expires=True, on_due=True),
    "permit_notice": Ladder(expires=True, on_due=True),
    "cycle_window": Ladder(expires=True, on_due=True),
    "cycle_reminder": Ladder(expires=True, on_due=True),
    "opinion": Ladder(rungs=((Rung.YELLOW, AFTER),)),
    "cycle_end": Ladder(expires=True),
    "permit_end": Ladder(expires=True),
    "verify": Ladder(rungs=((Rung.BLUE, HALF), (Rung.YELLOW, BEFORE), (Rung.RED, AFTER))),
    "objection": Ladder(rungs=((Rung.REMINDER, BEFORE),), expires=True, side=Side.APPLICANT),
    "objection_review": Ladder(rungs=((Rung.BLUE, HALF), (Rung.YELLOW, BEFORE), (Rung.RED, AFTER))),
    "ren_open": Ladder(expires=True, on_due=True),
    "rate_contact": Ladder(rungs=((Rung.YELLOW, ON_DUE), (Rung.RED, AFTER))),
    "rate_settle": Ladder(rungs=((Rung.BLUE, HALF), (Rung.YELLOW, BEFORE), (Rung.RED, AFTER))),
    "draw": Ladder(expires=True, on_due=True),
    "round_warning": Ladder(rungs=((Rung.YELLOW, ON_DUE),)),
    "round": Ladder(rungs=((Rung.RED, ON_DUE),)),
}
"""domain.md §C.7 and §C.16. The thresholds are a proposal: no national rule sets them."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Something due at an instant: a rung, or (``rung`` None) the end of a clock."""

    at: datetime
    clock: Clock
    rung: Rung | None = None


def moments(case: Matter, item: Policy, calendar: WorkingCalendar) -> Iterator[Moment]:
    """All that the running clocks still have to fire, in no order."""
    for clock in case.running:
        yield from _moments_of(clock, case, item.office_opens, calendar)


def _moments_of(
    clock: Clock, case: Matter, opens: str, calendar: WorkingCalendar
) -> Iterator[Moment]:
    for part, day in _days(clock, pending(clock, case), calendar).items():
        rung = next((r for r, when in ladder_of(clock.id).rungs if when == part), None)
        yield Moment(at=opening(day, opens), clock=clock, rung=rung)


def ladder_of(clock_id: str) -> Ladder:
    """The ladder of a clock, by its kind."""
    return LADDERS[kind_of(clock_id)]


def side_of(clock_id: str) -> Side | None:
    """Whose time a clock measures; None: no suspension stops it."""
    return ladder_of(clock_id).side


def pending(clock: Clock, case: Matter) -> tuple[str, ...]:
    """What a running clock has still to fire: ``half``, ``before``, ``after``, ``end``, ``on_due``.

    Each is a day that follows from the clock: half of the budget used, the working day before the
    due date, the one after it (a rung, or the end), the due date itself.
    """
    if clock.ended_on is not None:
        return ()
    ladder = ladder_of(clock.id)
    rungs_left = (part for rung, part in ladder.rungs if f"{clock.id}:{rung}" not in case.rungs)
    end = ((ON_DUE if ladder.on_due else END),) if ladder.expires else ()
    return (*rungs_left, *end)


def _days(clock: Clock, parts: tuple[str, ...], calendar: WorkingCalendar) -> dict[str, date]:
    due = due_on(clock, calendar)
    if due is None or not parts:
        return {}  # under an open-ended suspension nothing is known to fire
    marks = rungs(clock, calendar)
    # What runs out just before a suspension takes effect after it, as its red card would.
    days = {HALF: marks.blue_on, BEFORE: marks.yellow_on, AFTER: marks.red_on, END: marks.red_on}
    # A rung is for later days than the first; the due date itself may be the first.
    known = {part: day for part, day in days.items() if day is not None and day > clock.started_on}
    known[ON_DUE] = due
    return {part: known[part] for part in parts if part in known}


def fires_on(clock: Clock, case: Matter, calendar: WorkingCalendar) -> date | None:
    """The day on which a running clock next brings something about; None if none is known."""
    return min(_days(clock, pending(clock, case), calendar).values(), default=None)


def next_moment(case: Matter, item: Policy, calendar: WorkingCalendar) -> datetime | None:
    """When something fires next; None if nothing is known to."""
    return min((moment.at for moment in moments(case, item, calendar)), default=None)


def first_due(case: Matter, facts: Occasion) -> Moment | None:
    """The earliest moment that has come, rungs before ends; None if all is quiet."""
    come = [moment for moment in moments(case, facts.item, facts.calendar) if moment.at <= facts.at]
    return min(come, key=lambda moment: (moment.at, moment.rung is None), default=None)
