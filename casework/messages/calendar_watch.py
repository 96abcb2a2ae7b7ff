"""The yearly watch over the calendar: the messages of its workflow, and its schedule."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
)

from casework.domain.time.calendar import ZONE
from casework.messages.temporal import TASK_QUEUE, keep

WORKFLOW = "CalendarWatch"
SCHEDULE = "calendar-watch"
REMINDED_EVERY = 5
"""Working days between two reminders."""
REMINDED_AT = "09:00"

_FIRST_REMINDER = ScheduleCalendarSpec(
    month=[ScheduleRange(12)], day_of_month=[ScheduleRange(1)], hour=[ScheduleRange(9)]
)


@dataclass(frozen=True, kw_only=True)
class WatchCalendar:
    """Watches until next year's notice is imported, or this year is over."""

    rehearsal: timedelta = timedelta()


@dataclass(frozen=True, kw_only=True)
class YearQuestion:
    """How the calendar of the year after ``on`` stands."""

    on: date


@dataclass(frozen=True, kw_only=True)
class YearStanding:
    """``notice`` is that of the ``year``, empty while it is not imported.

    ``next_at``: when to look again; None when nothing is left of this year.
    """

    year: int
    notice: str
    next_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Reminder:
    """Tells the operator that the ``year`` is missing; once for each day."""

    year: int
    on: date


def _schedule() -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            WORKFLOW,
            WatchCalendar(),
            id=SCHEDULE,
            task_queue=TASK_QUEUE,
            static_summary="下一年放假安排是否已录入",
        ),
        spec=ScheduleSpec(calendars=[_FIRST_REMINDER], time_zone_name=ZONE.key),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
    )


async def keep_schedule(client: Client) -> None:
    """Create the schedule, or bring it up to date; whether it is paused stays as it is.

    Raises:
        RPCError: the server has no schedules, or does not let us keep one.
    """
    await keep(client, SCHEDULE, _schedule())
