"""The quarterly rounds of sampled follow-up: their schedule.

Each platform has at least one round a quarter (DB50/T 1733—2024 §7.1). A round begins with the
quarter, so that its limit runs even if nobody ever draws.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

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

from casework.domain.authority.matrix import GIVEN_SOURCES
from casework.domain.kinds.registry import CaseKind
from casework.domain.time.calendar import ZONE
from casework.messages.temporal import TASK_QUEUE, keep

WORKFLOW = "VisitRounds"
SCHEDULE = GIVEN_SOURCES[CaseKind.VISITS]

_FIRST_DAY = ScheduleCalendarSpec(
    month=[ScheduleRange(1, 10, 3)], day_of_month=[ScheduleRange(1)], hour=[ScheduleRange(8)]
)


@dataclass(frozen=True, kw_only=True)
class BeginRounds:
    """Begins the round of the current quarter on each platform that has none yet."""

    rehearsal: timedelta = timedelta()


@dataclass(frozen=True, kw_only=True)
class PlanRounds:
    """Which rounds are to begin at ``at``."""

    at: datetime
    rehearsal: timedelta = timedelta()


def _schedule() -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            WORKFLOW,
            BeginRounds(),
            id=SCHEDULE,
            task_queue=TASK_QUEUE,
            static_summary="每季度抽样回访",
        ),
        spec=ScheduleSpec(calendars=[_FIRST_DAY], time_zone_name=ZONE.key),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE),
    )


async def keep_schedule(client: Client) -> None:
    """Create the schedule, or bring it up to date; whether it is paused stays as it is.

    A new one begins the rounds of the current quarter at once.

    Raises:
        RPCError: the server has no schedules, or does not let us keep one.
    """
    await keep(client, SCHEDULE, _schedule(), at_once=True)
