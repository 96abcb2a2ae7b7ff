"""The clocks of a cycle: which day hangs on which, by the policy alone.

Sources: DB50/T 1733—2024 §5.3; 居住证暂行条例 §10; 民法典 §201–§203; domain.md §C.8, C.16.
"""

from datetime import date

from casework.domain.case.moves import next_id
from casework.domain.kinds.cycle.state import Cycle, CyclePolicy, EvaluationWindow
from casework.domain.policy import Limit, Mark, Unit
from casework.domain.time.calendar import ONE_DAY, WorkingCalendar
from casework.domain.time.clock import NAMES, Clock, due_on, kind_of, shown

REMINDER = "cycle_reminder"


def cycle_clocks(  # noqa: PLR0913 - one term, whole
    policy: CyclePolicy,
    starts_on: date,
    ends_on: date,
    *,
    today: date,
    calendar: WorkingCalendar,
    before: Cycle | None = None,
) -> tuple[Clock, ...]:
    """All that hangs on the last day ``ends_on`` of a cycle that begins on ``starts_on``.

    ``before`` is the cycle that it follows: ids go on from there (``cycle_end#2``). A reminder
    whose day has gone by is left out. All days are calendar days in Shanghai; a notice or reminder
    that falls on a rest day goes out the working day before (domain.md §C.0).
    """
    if not policy.evaluated:
        return _of_permit(policy, starts_on, ends_on, before)
    reminders = reminder_clocks(
        policy, starts_on, ends_on, today=today, calendar=calendar, before=before
    )
    return (
        _hung("cycle_notice", policy.notice_on(ends_on), starts_on, policy.notice, before),
        _window(policy, starts_on, ends_on, before),
        *reminders,
        Clock(
            id=_fresh("cycle_end", before),
            name=NAMES["cycle_end"],
            unit=Unit.MONTHS,
            amount=policy.term_months,
            rolls_forward=True,  # the employer may still hand in on the next working day (§203)
            started_on=starts_on,
            reference=shown(policy.term_reference),
            mark=policy.term_mark,
        ),
    )


def _of_permit(
    policy: CyclePolicy, starts_on: date, ends_on: date, before: Cycle | None
) -> tuple[Clock, ...]:
    # The permit says when it ends: no rest day moves that.
    end = Clock(
        id=_fresh("permit_end", before),
        name=NAMES["permit_end"],
        unit=Unit.UNTIL,
        until=ends_on,
        started_on=starts_on,
        reference=shown(policy.term_reference),
        mark=policy.term_mark,
    )
    notice_on = policy.notice_on(ends_on)
    return _hung("permit_notice", notice_on, starts_on, policy.notice, before), end


def _window(policy: CyclePolicy, starts_on: date, ends_on: date, before: Cycle | None) -> Clock:
    with_notice = policy.window is EvaluationWindow.BEFORE_30_DAYS
    return Clock(
        id=_fresh("cycle_window", before),
        name=NAMES["cycle_window"],
        # Where it opens with the notice, the working day before a rest day is the same for both.
        unit=Unit.WORKING_DAYS_BEFORE if with_notice else Unit.UNTIL,
        until=policy.window_opens_on(ends_on),
        started_on=starts_on,
        reference=shown(policy.window_reference),
        mark=policy.window_mark,
    )


def reminder_clocks(  # noqa: PLR0913 - one term, whole
    policy: CyclePolicy,
    started_on: date,
    ends_on: date,
    *,
    today: date,
    calendar: WorkingCalendar,
    before: Cycle | None,
) -> tuple[Clock, ...]:
    """The reminders before the last day for an opinion whose own day has not gone by."""
    last = policy.opinion_due_on(ends_on)
    clocks = (
        Clock(
            id=_fresh(f"{REMINDER}:{days}", before),
            name=NAMES[REMINDER],
            unit=Unit.WORKING_DAYS_BEFORE,
            until=last - days * ONE_DAY,
            started_on=started_on,
            reference=shown(policy.reminders_reference),
            mark=Mark.PROPOSAL,
        )
        for days in policy.reminders
    )
    return tuple(c for c in clocks if (due := due_on(c, calendar)) is not None and due >= today)


def reminder_days(clock_id: str) -> int:
    """``cycle_reminder:15#2`` is for 15 calendar days before the last day."""
    return int(clock_id.partition("#")[0].partition(":")[2])


def opinion_clock(case: Cycle, policy: CyclePolicy, today: date) -> Clock:
    """Until the last day for the opinion of the employer who is asked today; a rest day rolls.

    An employer who takes over when that day has gone by has until the end of the cycle.
    """
    last = policy.opinion_due_on(case.ends_on)
    if last < today:
        last = max(case.ends_on, today)
    return Clock(
        id=next_id(case, "opinion"),
        name=NAMES["opinion"],
        unit=Unit.CALENDAR_DAYS,
        amount=(last - today).days,
        rolls_forward=True,
        started_on=today,
        reference=shown(policy.window_reference),
        mark=policy.window_mark,
    )


def _hung(kind: str, until: date, started_on: date, origin: Limit, before: Cycle | None) -> Clock:
    """The last working day up to ``until``."""
    return Clock(
        id=_fresh(kind, before),
        name=NAMES[kind_of(kind)],
        unit=Unit.WORKING_DAYS_BEFORE,
        until=until,
        started_on=started_on,
        reference=shown(origin.reference),
        mark=origin.mark,
    )


def _fresh(kind: str, before: Cycle | None) -> str:
    return kind if before is None else next_id(before, kind)
