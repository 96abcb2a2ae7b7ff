"""Measures reach the cases that already stand at the step of which they speak (domain.md §C.6).

A case takes note when it looks; its dates in the register follow from the measure at once. That it
is armed too early does no harm.
"""

from collections.abc import Iterable
from dataclasses import replace

from casework.domain.case.dispatch import evolution
from casework.domain.case.events import Event, EventBody, PaperPutOff
from casework.domain.case.facts import ApplicationFacts
from casework.domain.case.moves import (
    change_clock,
    change_lines,
    end_clocks,
    enter,
    next_id,
    start_clocks,
)
from casework.domain.case.state import Case, M
from casework.domain.kinds.application import checklist
from casework.domain.kinds.application.state import Application, ApplicationStage, Line, LineStatus
from casework.domain.policy import (
    DeferralMode,
    LimitName,
    MaterialRule,
    Measure,
    Policy,
)
from casework.domain.time.clock import After, Awaited, Clock, due_on
from casework.domain.time.limits import kind_of, shown, start_clock
from casework.domain.time.suspension import reaches

DEFERS = "PAPER_DEFERRED"
NO_LIMIT = "PAPER_NO_LIMIT"


def measure_for(case: Case, facts: ApplicationFacts, effect: str) -> Measure | None:
    """The measure with that effect that is in force today and speaks of such a case."""
    found = facts.measure(effect)
    if found is None or not case.by_date:
        return found
    return found if found.covers(case.channel, case.accepted_on or facts.today) else None


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


def put_off(case: Case, facts: ApplicationFacts) -> EventBody | None:
    """What a measure that defers paper brings to a case that waits for it; None: nothing.

    It is the same whenever the case looks, while the measure is in force or later: the paper is
    owed from the day on which the measure came, and its limit begins when the measure has ended.
    """
    clock = case.clock("paper")
    if (
        not isinstance(case, Application)
        or case.stage is not ApplicationStage.AWAIT_PAPER
        or clock is None
    ):
        return None
    measure = next((m for m in case.pinned if _defers(m, clock, facts)), None)
    rules = checklist.paper_missing(facts.item, case, (), facts.today, facts.calendar)
    if measure is None or not rules or after_measure(facts.item) is None:
        return None
    on = max(measure.since, clock.started_on)
    return PaperPutOff(
        deferred=tuple(_line(rule, measure) for rule in rules),
        clocks=tuple(
            replace(
                start_clock(
                    facts.item,
                    LimitName.AFTER_MEASURE,
                    next_id(case, f"defer:{rule.code}"),
                    on,
                ),
                measure=measure.id,
            )
            for rule in rules
        ),
        measure=measure.id,
        pre_review=start_clock(
            facts.item, LimitName.PRE_REVIEW, next_id(case, "pre_review"), facts.today
        ),
    )


def _defers(measure: Measure, clock: Clock, facts: ApplicationFacts) -> bool:
    """Whether a measure came while the case was still waiting, and has come by today."""
    if measure.effect != DEFERS or measure.since > facts.today or not reaches(measure, clock):
        return False
    stops = (stop for stop in clock.suspensions if stop.id != measure.id)
    due = due_on(replace(clock, suspensions=tuple(stops)), facts.calendar)
    return due is None or due >= measure.since


def _line(rule: MaterialRule, measure: Measure) -> Line:
    return Line(
        material=rule.code,
        name=rule.name,
        mode=DeferralMode.HOLD_RESULT,
        status=LineStatus.OUTSTANDING,
        reason="临时措施期间纸质材料暂缓递交",
        by_measure=measure.effect,
    )


@evolution.register
def wait_no_longer(body: PaperPutOff, case: Application, event: Event) -> Application:
    """The paper is owed; the case is ready for acceptance."""
    case = end_clocks(change_lines(case, lines=body.deferred), event.at, "paper")
    case = start_clocks(case, *body.clocks, body.pre_review)
    return enter(case, ApplicationStage.READY, event.at, event.actor.code)
