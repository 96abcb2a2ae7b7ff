"""What happens by itself as time goes by: rungs of each clock's ladder, and running out.

The date decides (domain.md §C.0): what was due on a day has run out at 00:00 of the next, rest day
or not, and each moment has that legal instant, whenever the case notices. A rung belongs to a clock
and a due date: it is given again for another one, a half only if its day is after the last rung's.

A case of before the date decided (``Case.by_date`` false) keeps its rules: everything fires at
the start of business, and an end on the first working day after it on which the clock is not
paused.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from casework.domain.policy import Side
from casework.domain.time.calendar import WorkingCalendar, local_date, opening
from casework.domain.time.clock import Clock, kind_of

BEFORE = "before"
HALF = "half"
AFTER = "after"
END = "end"
ON_DUE = "on_due"
PAST = "past"
LAPSE = "lapse"
GRACE = "grace"
MIDNIGHT = "00:00"


class Rung(StrEnum):
    """The steps of a ladder; blue is for the holder's own queue."""

    BLUE = "blue"
    YELLOW = "yellow"
    RED = "red"
    REMINDER = "reminder"  # to the applicant, no card
    SUBSTITUTE = "substitute"  # half of a step gone without an answer: B角 takes over, no card


_BY_DATE = {AFTER: PAST, END: LAPSE}
"""What stands for a part of the ladder where the date decides."""


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """The rungs of a kind of clock, and whether its end has an outcome of its own.

    ``side`` says whose time it is, and so which suspensions stop it; None: none does.
    """

    rungs: tuple[tuple[Rung, str], ...] = ()
    expires: bool = False
    on_due: bool = False  # its end takes effect on the due date itself
    side: Side | None = None
    by_date: tuple[tuple[Rung, str], ...] = ()  # the rungs where the date decides, if others
    again: tuple[tuple[Rung, str], ...] = ()  # and those of a second clock of the kind, if others


LADDERS: dict[str, Ladder] = {}
"""Kind of clock → its ladder, as the kinds of cases say."""


def ladder_of(clock_id: str) -> Ladder:
    """The ladder of a clock, by its kind."""
    return LADDERS[kind_of(clock_id)]


def side_of(clock_id: str) -> Side | None:
    """Whose time a clock measures; None: no suspension stops it."""
    return ladder_of(clock_id).side


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a clock brings about on the day of ``part``; ``rung`` None: its end."""

    part: str
    rung: Rung | None = None


def steps(clock: Clock) -> tuple[Step, ...]:
    """The ladder of a clock where the date decides: its rungs, then its end."""
    ladder = ladder_of(clock.id)
    given = tuple(Step(part=_BY_DATE.get(p, p), rung=rung) for rung, p in _rungs_of(clock, ladder))
    if not ladder.expires:
        return given
    end = ON_DUE if ladder.on_due else (GRACE if clock.grace else LAPSE)
    return (*given, Step(part=end))


def _rungs_of(clock: Clock, ladder: Ladder) -> tuple[tuple[Rung, str], ...]:
    # A second pre-review: the office had its turn before, and the applicant has answered.
    return ladder.again if ladder.again and "#" in clock.id else ladder.by_date or ladder.rungs


def mark(clock_id: str, rung: str, due: date | None) -> str:
    """How a case remembers a rung that was given for a due date."""
    return f"{clock_id}:{rung}@{due}"


def reached(clock_id: str, day: date) -> str:
    """How a case remembers the latest day for which a clock has given a rung."""
    return f"{clock_id}:>{day}"


def letters_from(at: datetime, opens: str, calendar: WorkingCalendar) -> datetime:
    """When letters that follow from an instant go out: at once, or at the next start of business.

    At once on a working day that has begun (domain.md §C.0, a proposal).
    """
    day = local_date(at)
    start = opening(day, opens)
    if calendar.is_working(day):
        return max(at, start)
    return opening(calendar.shift(day, 1), opens)
