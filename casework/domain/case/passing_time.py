"""What time alone brings about: rungs, deemed acceptance, lapse, overdue, breach, escalation."""

from dataclasses import dataclass, replace
from datetime import datetime

from casework.domain.case.events import DateDecides, Event, EventBody, RungReached, StepUnanswered
from casework.domain.case.facts import Occasion
from casework.domain.case.kind import kind_of_case
from casework.domain.case.measures import told_by_date
from casework.domain.case.moments import first_due
from casework.domain.case.rules import Evolutions
from casework.domain.case.state import Case
from casework.domain.case.taking_back import dated
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Clock, due_on
from casework.domain.time.ladder import Rung, mark, reached
from casework.domain.time.limits import kind_of


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
