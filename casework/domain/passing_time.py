"""What time alone brings about: rungs, deemed acceptance, lapse, overdue, breach, escalation."""

from dataclasses import replace

from casework.domain.case import Case, Stage
from casework.domain.clock import Clock, due_on
from casework.domain.commands import BreachOutcome
from casework.domain.dispatch import ENDS, at_end_of, evolution
from casework.domain.events import (
    ArchiveOverdue,
    DateDecides,
    DebtBreached,
    DebtOverdue,
    Event,
    EventBody,
    GreenEscalated,
    Lapsed,
    PublicityEnded,
    RungReached,
)
from casework.domain.facts import Facts, Occasion
from casework.domain.intake import accepted
from casework.domain.ladder import first_due
from casework.domain.limits import kind_of, next_id, start_clock
from casework.domain.matter import Matter
from casework.domain.policy import LimitName
from casework.domain.review import deliver_clock


def tick(case: Matter, facts: Occasion) -> EventBody | None:
    """The next thing that time has brought about at ``facts.at``; None when nothing is left.

    Call again with the state that follows until it returns None: each rung and each end is
    reported once, in order.
    """
    moment = first_due(case, facts)
    if moment is None or not case.is_open:
        return None
    if moment.rung is not None:
        due = due_on(moment.clock, facts.calendar)
        return RungReached(clock=moment.clock.id, rung=moment.rung, due_on=due)
    return ENDS[kind_of(moment.clock.id)](moment.clock, case, facts)


@at_end_of("notice")
def _deem(clock: Clock, case: Case, facts: Facts) -> EventBody:
    del clock
    return accepted(case, facts, deemed=True)


@at_end_of("supplement", "paper")
def _lapse(clock: Clock, case: Case, facts: Facts) -> EventBody:
    del case, facts
    return Lapsed(clock=clock.id)


@at_end_of("archive")
def _ask_again(clock: Clock, case: Case, facts: Facts) -> EventBody:
    del case, facts
    return ArchiveOverdue(clock=clock.id)


@at_end_of("defer")
def _overdue(clock: Clock, case: Case, facts: Facts) -> EventBody:
    material = _material(clock)
    # The rescue period counts from the missed day, not from when it was noticed (domain.md G1).
    missed = due_on(clock, facts.calendar) or facts.today
    rescue = start_clock(facts.item, LimitName.RESCUE, next_id(case, f"rescue:{material}"), missed)
    return DebtOverdue(material=material, rescue=rescue)


@at_end_of("rescue")
def _breach(clock: Clock, case: Case, facts: Facts) -> EventBody:
    del facts
    out = case.stage in {Stage.DELIVERED, Stage.DISPATCHED}
    proposal = BreachOutcome.REVOKE if out else BreachOutcome.RETURN
    material = _material(clock)
    owed = next(line for line in case.lines if line.material == material)
    # What a measure put off was never promised: a debt unpaid, and no promise broken.
    return DebtBreached(material=material, proposal=proposal, credit=not owed.by_measure)


def _material(clock: Clock) -> str:
    return clock.id.split("#")[0].split(":", 1)[1]


@at_end_of("publicity")
def _end_publicity(clock: Clock, case: Case, facts: Facts) -> EventBody:
    del clock
    return PublicityEnded(deliver=deliver_clock(case, facts))


@at_end_of("green")
def _escalate(clock: Clock, case: Case, facts: Facts) -> EventBody:
    del clock
    return GreenEscalated(external_on=case.green.external_on or facts.today)


@evolution.register
def _(body: DateDecides, case: Matter, event: Event) -> Matter:
    del body, event
    return replace(case, by_date=True)
