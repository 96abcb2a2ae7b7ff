"""What time alone brings about in a cycle: notice, window, reminders, the end.

Nobody's silence renews a cycle, and nobody's silence ends one (domain.md §C.8, a proposal: the
standard does not say).
"""

from casework.domain.case.events import EventBody
from casework.domain.case.moves import next_id
from casework.domain.kinds.cycle.events import (
    CycleEnded,
    CycleExpired,
    CycleNotified,
    EmployerReminded,
    EvaluationTakenUp,
    PointsSuspended,
    RenewalOpened,
    WindowOpened,
)
from casework.domain.kinds.cycle.policy import CycleFacts
from casework.domain.kinds.cycle.state import Cycle, CycleStage
from casework.domain.kinds.cycle.timetable import opinion_clock, reminder_days
from casework.domain.policy import LimitName
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import Clock, due_on
from casework.domain.time.counting import ONE_DAY
from casework.domain.time.limits import start_clock


def notify_employer(clock: Clock, case: Cycle, facts: CycleFacts) -> EventBody:
    return CycleNotified(
        employer=case.employer, opinion=opinion_clock(case, facts.item, facts.today)
    )


def notify_holder(clock: Clock, case: Cycle, facts: CycleFacts) -> EventBody:
    return CycleNotified()


def open_window(clock: Clock, case: Cycle, facts: CycleFacts) -> EventBody:
    if case.stage is CycleStage.WINDOW:  # it has just opened, and an early opinion was waiting
        verify = start_clock(facts.item, LimitName.VERIFY, next_id(case, "verify"), facts.today)
        return EvaluationTakenUp(verify=verify)
    asked = case.clock("opinion")
    until = due_on(asked, facts.calendar) if asked is not None else None
    return WindowOpened(until=until or facts.item.opinion_due_on(case.ends_on))


def remind(clock: Clock, case: Cycle, facts: CycleFacts) -> EventBody:
    days = reminder_days(clock.id)
    near = days <= facts.item.specialist_within
    return EmployerReminded(clock=clock.id, days=days, by_specialist=near)


def expire(clock: Clock, case: Cycle, facts: CycleFacts) -> EventBody:
    if case.stage in {CycleStage.VERIFYING, CycleStage.OBJECTION}:
        return CycleExpired(silent=False)
    # The employer could hand in until then; the agency's days count from there.
    last = due_on(clock, facts.calendar) or facts.today
    if case.reopened_at is not None:  # while it was closed by mistake, nobody could verify
        last = max(last, local_date(case.reopened_at))
    verify = start_clock(facts.item, LimitName.VERIFY, next_id(case, "verify"), last)
    return CycleExpired(silent=True, verify=verify)


def let_stand(clock: Clock, case: Cycle, facts: CycleFacts) -> EventBody:
    effective_on = max(case.ends_on, facts.today)
    return CycleEnded(reason="核实未通过，期限内未提出异议", effective_on=effective_on)


def suspend_points(clock: Clock, case: Cycle, facts: CycleFacts) -> EventBody:
    return PointsSuspended(since=case.ends_on + ONE_DAY)


def open_renewal(clock: Clock, case: Cycle, facts: CycleFacts) -> EventBody:
    return RenewalOpened()
