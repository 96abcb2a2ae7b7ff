"""What is in force for a case from outside: suspensions, temporary measures, the calendar.

An order of the authority changes it for many cases at once; a case takes note when it next looks,
at the latest before anything of it falls due. What it has noted stands in its state, so that the
state alone says why a clock is due when it is. Sources: domain.md §C.6; design.md, decisions 5, 6.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from casework.domain.case.events import (
    AbsencesNoted,
    Event,
    EventBody,
    LimitBegun,
    RelationsNoted,
    TimeNoted,
)
from casework.domain.case.kind import OWED_BY_APPLICANT
from casework.domain.case.moves import change_clock, clear_cards
from casework.domain.case.rules import Evolutions
from casework.domain.case.state import Case, M
from casework.domain.case.together import asked_of_any
from casework.domain.policy import (
    LimitName,
    Measure,
    Policy,
)
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import (
    After,
    Awaited,
    Clock,
    Suspension,
    due_on,
    is_paused,
    kind_of,
    shown,
)
from casework.domain.time.suspension import impose, reaches

MAY_BE_OVER = frozenset({"MEASURE_IN_FORCE", "CHANNEL_CLOSED", "CLOCK_PAUSED", "SLOT_CLOSED"})
"""Refusals for what was in force when the case last looked: to be decided after another look."""


@dataclass(frozen=True, kw_only=True)
class InForce:
    """What bears on one case. ``version`` grows with each order that touches the case.

    ``measures`` are all dated ones for its item and district: over, running and announced.
    ``calendar`` is None where the asker has it already; ``calendar_version`` -1 is that of one
    that did not come from the register. ``absent``: the officers of the district, and of the
    municipal platform, who are absent on the day of the question. ``apart``: the officers who must
    keep away from the case (回避), since its party is theirs or close to them.
    """

    version: int = 0
    suspensions: tuple[Suspension, ...] = ()
    measures: tuple[Measure, ...] = ()
    calendar_version: int = -1
    calendar: WorkingCalendar | None = None
    absent: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()


def note(
    case: Case, known: InForce, calendar: WorkingCalendar, after: After | None = None
) -> tuple[EventBody, ...]:
    """What a case has to take note of; nothing if it knows all of it.

    ``calendar`` is the one in force. Where a limit of the applicant's is now due that had no date,
    or a later one, because what stopped it ends, the applicant is told. A measure that has begun
    while the case stands at the step of which it speaks is pinned; ``after`` is what the end of
    such a measure sets by the policy of the case.
    """
    pinned = tuple(_as_in_force(measure, known.measures) for measure in case.pinned)
    comes = reached(case, known.measures)
    pinned += comes
    same = (known.suspensions, pinned) == (case.suspensions, case.pinned)
    if same and known.calendar is None:
        return _people(case, known)
    noted = TimeNoted(
        suspensions=known.suspensions,
        pinned=pinned,
        calendar_version=known.calendar_version if known.calendar is not None else None,
        after=after if comes and _says_not_what_comes_after(case) else None,
    )
    return (noted, *_begun(case, known.suspensions, pinned, calendar), *_people(case, known))


def _says_not_what_comes_after(case: Case) -> bool:
    return any(clock.awaited and clock.awaited.after is None for clock in case.running)


def _people(case: Case, known: InForce) -> tuple[EventBody, ...]:
    """Who must keep away comes first: an absence may then concern somebody else."""
    return (*_relations(case, known), *absences(case, known))


def _relations(case: Case, known: InForce) -> tuple[EventBody, ...]:
    if not case.by_date or known.apart == case.apart:
        return ()
    return (RelationsNoted(apart=known.apart, lapsed=asked_of_any(case, known.apart)),)


def absences(case: Case, known: InForce) -> tuple[EventBody, ...]:
    """What the case has to note of those who have its posts now, and are absent or back."""
    if not case.substitutes:
        return ()
    own = {code for post in case.posts.values() for code in (post.holder, post.backup)}
    own |= {task.holder for task in case.open_tasks if task.passed}
    absent = tuple(sorted(own & set(known.absent)))
    return () if absent == case.absent else (AbsencesNoted(absent=absent),)


def reckons_until(case: Case, calendar: WorkingCalendar) -> int:
    """The last year in which something of the case is due, 0 if nothing is.

    A year beyond its own calendar the case can compute; the register may know the notice by now.
    """
    dates = (due_on(clock, calendar) for clock in case.running)
    return max((day.year for day in dates if day is not None), default=0)


def imposed(case: M, known: InForce) -> M:
    """The case with its running clocks as what is in force stops them, noted by it or not.

    An ended clock stays as it ended.
    """
    measures = {measure.id: measure for measure in (*case.pinned, *known.measures)}.values()
    clocks = (
        impose(clock, known.suspensions, measures) if clock.ended_on is None else clock
        for clock in case.clocks
    )
    return replace(case, clocks=tuple(clocks))


def _as_in_force(measure: Measure, measures: Iterable[Measure]) -> Measure:
    found = next((m for m in measures if m.id and m.id == measure.id), None)
    return measure if found is None else replace(measure, until=found.until)


def _begun(
    case: Case,
    suspensions: tuple[Suspension, ...],
    pinned: tuple[Measure, ...],
    calendar: WorkingCalendar,
) -> Iterator[EventBody]:
    for clock in case.running:
        if kind_of(clock.id) not in OWED_BY_APPLICANT:
            continue
        dated = impose(clock, suspensions, pinned)
        before, due = due_on(clock, calendar), due_on(dated, calendar)
        if due is None or (before is not None and before <= due):
            continue
        gone = {stop.id: stop for stop in clock.stops if stop not in dated.stops}
        # What was lifted on the very day on which the clock started has not stopped it at all.
        ends = {stop.lifted_on: stop for stop in dated.stops if stop.id in gone and stop.lifted_on}
        until = max(ends, default=clock.started_on)
        cause = ends.get(until) or next(iter(gone.values()))
        yield LimitBegun(clock=clock.id, cause=cause.reason, until=until, due_on=due)


def after_time_noted(body: TimeNoted, case: Case, event: Event) -> Case:
    case = replace(case, suspensions=body.suspensions, pinned=body.pinned)
    case = noted(case, body.after)
    today = local_date(event.at)
    for clock in case.clocks:
        # One that has just ended ran under what is noted now.
        if clock.ended_on is None or clock.ended_on >= today:
            case = change_clock(case, impose(clock, case.suspensions, case.pinned))
    if case.by_date:
        return case  # cards given for a due date that has moved are withdrawn by an event
    paused = {clock.id for clock in case.running if is_paused(clock, today)}
    return clear_cards(case, paused, event.at, "期限暂停计算")


def after_limit_begun(body: LimitBegun, case: Case, event: Event) -> Case:
    """It runs since the case has noted the end of the measure."""
    return case


EVOLUTIONS: Evolutions = {
    TimeNoted: after_time_noted,
    LimitBegun: after_limit_begun,
}


# --- measures ------------------------------------------------------------------------------
# Measures reach the cases that already stand at the step of which they speak (domain.md §C.6).
#
# A case takes note when it looks; its dates in the register follow from the measure at once.
# That it is armed too early does no harm.


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
