"""What time alone brings about in a case, and when: the moments of its running clocks.

A case of before the date decided (``Case.by_date`` false) keeps its rules: everything fires at
the start of business, and an end on the first working day after it on which the clock is not
paused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256

from casework.domain.case.events import DateDecides, Event, EventBody, RungReached, StepUnanswered
from casework.domain.case.facts import Occasion
from casework.domain.case.in_force import told_by_date
from casework.domain.case.kind import kind_of_case
from casework.domain.case.mending import dated
from casework.domain.case.rules import Evolutions
from casework.domain.case.state import Case, M
from casework.domain.policy import Policy
from casework.domain.time.calendar import ONE_DAY, WorkingCalendar, local_date, opening
from casework.domain.time.clock import Clock, due_on, kind_of, rungs
from casework.domain.time.ladder import (
    AFTER,
    BEFORE,
    END,
    GRACE,
    HALF,
    LAPSE,
    MIDNIGHT,
    ON_DUE,
    PAST,
    Rung,
    Step,
    ladder_of,
    mark,
    reached,
    steps,
)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Something due at an instant: a rung, or (``rung`` None) the end of a clock."""

    at: datetime
    clock: Clock
    rung: Rung | None = None


def moments(case: Case, item: Policy, calendar: WorkingCalendar) -> Iterator[Moment]:
    """All that the running clocks still have to fire, in no order."""
    for clock in case.running:
        yield from _moments_of(clock, case, item.office_opens, calendar)


def _moments_of(
    clock: Clock, case: Case, opens: str, calendar: WorkingCalendar
) -> Iterator[Moment]:
    if case.by_date:
        for step, day in _days_by_date(clock, case, calendar):
            at = opening(day, opens if step.part == GRACE else MIDNIGHT)
            yield Moment(at=at, clock=clock, rung=step.rung)
        return
    for part, day in _days(clock, pending(clock, case), calendar).items():
        rung = next((r for r, when in ladder_of(clock.id).rungs if when == part), None)
        yield Moment(at=opening(day, opens), clock=clock, rung=rung)


def past_halves(case: M, clock_id: str, on: date) -> M:
    """The case whose clock has a new due date by an act of the day ``on``.

    A half of the new limit that was over by then is not told of: nothing was late when it was
    granted, and the case is in time.
    """
    if not case.by_date:
        return case
    last = max(on, *(_reached_on(clock, case) for clock in case.clocks if clock.id == clock_id))
    kept = tuple(each for each in case.rungs if not each.startswith(f"{clock_id}:>"))
    return replace(case, rungs=(*kept, reached(clock_id, last)))


def was_given(case: Case, clock_id: str, rung: Rung) -> bool:
    """Whether a clock has given that rung, for whichever due date."""
    key = f"{clock_id}:{rung}"
    return any(given == key or given.startswith(f"{key}@") for given in case.rungs)


def _reached_on(clock: Clock, case: Case) -> date:
    prefix = f"{clock.id}:>"
    found = (each[len(prefix) :] for each in case.rungs if each.startswith(prefix))
    return date.fromisoformat(next(found, "0001-01-01"))


def pending(clock: Clock, case: Case) -> tuple[str, ...]:
    """What a running clock has still to fire, as the register dates it.

    Each is a day that follows from the clock: ``half`` of the budget used, the working day
    ``before`` the due date, the due date itself (``on_due``). Where the date decides: the day
    after it for a rung (``past``) or the end (``lapse``), the next start of business (``grace``);
    ``!<part>@<due>`` is a part that was given for that due date, ``><day>`` the latest day
    for which a rung was given. Before: ``after`` and ``end``, both the next working day.
    """
    if clock.ended_on is not None:
        return ()
    if case.by_date:
        return _pending_by_date(clock, case)
    ladder = ladder_of(clock.id)
    rungs_left = (part for rung, part in ladder.rungs if f"{clock.id}:{rung}" not in case.rungs)
    end = ((ON_DUE if ladder.on_due else END),) if ladder.expires else ()
    return (*rungs_left, *end)


def _pending_by_date(clock: Clock, case: Case) -> tuple[str, ...]:
    own = steps(clock)
    prefix = f"{clock.id}:"
    given = [each.removeprefix(prefix) for each in case.rungs if each.startswith(prefix)]
    days = [each for each in given if each.startswith(">")]
    marks = [
        f"!{step.part}@{each.rpartition('@')[2]}"
        for step in own
        for each in given
        if step.rung is not None and each.startswith(f"{step.rung}@")
    ]
    return (*dict.fromkeys(step.part for step in own), *marks, *days)


def _days_by_date(
    clock: Clock, case: Case, calendar: WorkingCalendar
) -> Iterator[tuple[Step, date]]:
    own = steps(clock) if clock.ended_on is None else ()
    due = due_on(clock, calendar)
    if due is None or not own:
        return  # under an open-ended suspension nothing is known to fire
    marks = rungs(clock, calendar)
    days = {
        HALF: marks.blue_on,
        BEFORE: marks.yellow_on,
        ON_DUE: due,
        PAST: due + ONE_DAY,
        LAPSE: due + ONE_DAY,
        GRACE: calendar.shift(due, 1) if any(step.part == GRACE for step in own) else None,
    }
    so_far = _reached_on(clock, case)
    for step in own:
        day = days[step.part]
        if day is None or (step.part != ON_DUE and day <= clock.started_on):
            continue  # a rung is for later days than the first; the due date itself may be it
        if step.rung is not None:
            over = step.part == HALF and day <= so_far  # a half is no news after what came since
            if over or mark(clock.id, step.rung, due) in case.rungs:
                continue
        yield step, day


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


def fires_on(clock: Clock, case: Case, calendar: WorkingCalendar) -> date | None:
    """The day on which a running clock next brings something about; None if none is known."""
    if case.by_date:
        return min((day for _, day in _days_by_date(clock, case, calendar)), default=None)
    return min(_days(clock, pending(clock, case), calendar).values(), default=None)


def next_moment(case: Case, item: Policy, calendar: WorkingCalendar) -> datetime | None:
    """When something fires next; None if nothing is known to."""
    return min((moment.at for moment in moments(case, item, calendar)), default=None)


def waking(case: Case, moment: datetime, opens: str, within: timedelta) -> datetime:
    """When a case wakes for a moment: spread by its number over the time before business starts.

    The moment has its legal instant all the same, so that the hour of waking means nothing. A
    case of before the date decided wakes at the moment itself.
    """
    start = opening(local_date(moment), opens)
    if not case.by_date or moment >= start:
        return moment
    share = int.from_bytes(sha256(case.case_no.encode()).digest()[:4]) / 2**32
    return max(moment, start - within * share)


def first_due(case: Case, facts: Occasion) -> Moment | None:
    """The earliest moment that has come, rungs before ends; None if all is quiet."""
    come = [moment for moment in moments(case, facts.item, facts.calendar) if moment.at <= facts.at]
    return min(come, key=lambda moment: (moment.at, moment.rung is None), default=None)


# --- what time brings about ----------------------------------------------------------------
# What time alone brings about: rungs, deemed acceptance, lapse, overdue, breach, escalation.


@dataclass(frozen=True, kw_only=True)
class Happening:
    """What time has brought about; ``at`` is its legal instant, however late it is noticed.

    Of a case that was registered late, what was over by then happens when it is registered.
    """

    body: EventBody
    at: datetime


def tick(case: Case, facts: Occasion) -> Happening | None:
    """The next thing that time has brought about by ``facts.at``; None when nothing is left.

    Call again with the state that follows until it returns None: each rung and each end is
    reported once, in order.
    """
    moment = first_due(case, facts)
    if moment is None or not case.is_open:
        return None
    then = replace(facts, at=max(moment.at, _from(moment.clock, case))) if case.by_date else facts
    if moment.rung is not None:
        due = due_on(moment.clock, then.calendar)
        clock = moment.clock.id
        if moment.rung is Rung.SUBSTITUTE:
            return Happening(body=StepUnanswered(clock=clock, due_on=due), at=then.at)
        rung = RungReached(clock=clock, rung=moment.rung, due_on=due)
        return Happening(body=rung, at=then.at)
    end = kind_of_case(case).end_of(kind_of(moment.clock.id))
    if end is None:
        raise LookupError(f"nothing follows from the end of {kind_of(moment.clock.id)}")
    return Happening(body=dated((end(moment.clock, case, then),), case, then)[0], at=then.at)


def _from(clock: Clock, case: Case) -> datetime:
    """The instant before which nothing happens.

    Not before the case is registered; not before its stage, whose clock may count from an earlier
    day (deemed acceptance); not by newer policy before the move; not while it was closed by
    mistake: what a date had brought meanwhile comes when it is open.
    """
    since = [case.received_at, case.stage_since]
    since += [move.at for move in case.policy_moves if clock.id in move.clocks]
    if case.reopened_at is not None:
        since.append(case.reopened_at)
    return max(since)


def date_decides(case: Case, calendar: WorkingCalendar) -> DateDecides:
    """What tells a case of before that from now on the date decides."""
    dates = {clock.id: due_on(clock, calendar) for clock in case.running}
    return DateDecides(due_on={clock: day for clock, day in dates.items() if day is not None})


def told_that_the_date_decides(body: DateDecides, case: Case, event: Event) -> Case:
    """What running clocks have given was given for the due date they have."""
    rungs: list[str] = []
    for given in case.rungs:
        clock_id, _, rung = given.rpartition(":")
        due = body.due_on.get(clock_id)
        if due is not None:
            rungs.append(mark(clock_id, rung, due))
            if (day := reached(clock_id, local_date(event.at))) not in rungs:
                rungs.append(day)
        elif clock_id not in {clock.id for clock in case.running}:
            rungs.append(given)
    cards = tuple(
        replace(card, due_on=body.due_on.get(card.clock)) if card.cleared_at is None else card
        for card in case.cards
    )
    return told_by_date(replace(case, by_date=True, rungs=tuple(rungs), cards=cards))


EVOLUTIONS: Evolutions = {
    DateDecides: told_that_the_date_decides,
}
