"""The daily digest of the audit chain: the messages of its workflow, and its schedule."""

from dataclasses import dataclass
from datetime import date, datetime

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

WORKFLOW = "AuditDigest"
SCHEDULE = "audit-digests"

_AFTER_MIDNIGHT = ScheduleCalendarSpec(hour=[ScheduleRange(1)])


@dataclass(frozen=True, kw_only=True)
class MakeDigests:
    """Makes the digest of each district for a ``day``; without one for the day before it runs."""

    day: date | None = None


@dataclass(frozen=True, kw_only=True)
class DistrictDay:
    """One digest, made at ``made_at`` unless it is there already."""

    district: str
    day: date
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class DigestMade:
    """The digest ``number`` of a district tells of so many ``cases``; 0: a later one told all."""

    district: str
    number: int
    cases: int


def _schedule() -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            WORKFLOW,
            MakeDigests(),
            id=SCHEDULE,
            task_queue=TASK_QUEUE,
            static_summary="每日审计摘要",
        ),
        spec=ScheduleSpec(calendars=[_AFTER_MIDNIGHT], time_zone_name=ZONE.key),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE),
    )


async def keep_schedule(client: Client) -> None:
    """Create the schedule, or bring it up to date; whether it is paused stays as it is.

    Raises:
        RPCError: the server has no schedules, or does not let us keep one.
    """
    await keep(client, SCHEDULE, _schedule())
