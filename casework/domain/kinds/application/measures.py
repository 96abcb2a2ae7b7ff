"""Measures that put off what an application waits for (domain.md §C.6)."""

from dataclasses import replace

from casework.domain.case.events import Event, EventBody
from casework.domain.case.in_force import after_measure
from casework.domain.case.moves import end_clocks, next_id, start_clocks
from casework.domain.case.rules import Evolutions
from casework.domain.case.state import Case
from casework.domain.kinds.application import checklist
from casework.domain.kinds.application.events import PaperPutOff
from casework.domain.kinds.application.moves import change_lines, enter
from casework.domain.kinds.application.state import (
    Application,
    ApplicationFacts,
    ApplicationStage,
    Line,
    LineStatus,
)
from casework.domain.policy import (
    DeferralMode,
    LimitName,
    MaterialRule,
    Measure,
)
from casework.domain.time.clock import Clock, due_on, start_clock
from casework.domain.time.suspension import reaches

DEFERS = "PAPER_DEFERRED"


NO_LIMIT = "PAPER_NO_LIMIT"


def measure_for(case: Case, facts: ApplicationFacts, effect: str) -> Measure | None:
    """The measure with that effect that is in force today and speaks of such a case."""
    found = facts.measure(effect)
    if found is None or not case.by_date:
        return found
    return found if found.covers(case.channel, case.accepted_on or facts.today) else None


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


def wait_no_longer(body: PaperPutOff, case: Application, event: Event) -> Application:
    """The paper is owed; the case is ready for acceptance."""
    case = end_clocks(change_lines(case, lines=body.deferred), event.at, "paper")
    case = start_clocks(case, *body.clocks, body.pre_review)
    return enter(case, ApplicationStage.READY, event.at, event.actor.code)


EVOLUTIONS: Evolutions = {
    PaperPutOff: wait_no_longer,
}
