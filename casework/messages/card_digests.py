"""The digests of cards (督办提醒): the messages of their workflows, and their schedule.

One digest for each officer and day, at start of business of the officer's district, on its working
days. An officer belongs to one district: that of the post; the superior, and officers whom no
roster knows, to "".
"""

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

WORKFLOW = "CardDigests"
DISTRICT_WORKFLOW = "CardDigestsOfDistrict"
SCHEDULE = "card-digests"
PEOPLE_AT_ONCE = 20
CATCH_UP = timedelta(hours=12)
"""How late a firing is still made up for; a day that is over gets no digest."""

# Before any office opens: each district's run waits for its own start of business.
_EARLY = ScheduleCalendarSpec(hour=[ScheduleRange(6)])


@dataclass(frozen=True, kw_only=True)
class SendDigests:
    """Sends the digests of the day on which it runs."""

    rehearsal: timedelta = timedelta()


@dataclass(frozen=True, kw_only=True)
class PlanDigests:
    """Which districts work on that day."""

    day: date


@dataclass(frozen=True, kw_only=True)
class TellDistrict:
    """The digests of one district, from ``opens_at`` on; ``after``: officers told by earlier runs.

    ``sent`` and ``refused``: what those earlier runs came to.
    """

    district: str
    day: date
    opens_at: datetime
    after: str = ""
    sent: int = 0
    refused: int = 0
    rehearsal: timedelta = timedelta()


@dataclass(frozen=True, kw_only=True)
class WhoIsTold:
    """The next officers of a district, by code, for whom there is something new."""

    district: str
    day: date
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class People:
    """Codes of officers; ``next``: where to go on, empty at the end."""

    officers: tuple[str, ...]
    next: str


@dataclass(frozen=True, kw_only=True)
class TellOfficer:
    """One digest. Nothing here says where the officer is reached."""

    officer: str
    district: str
    day: date

    @property
    def key(self) -> str:
        """The idempotency key: under one key at most one digest reaches the officer."""
        return f"cards:{self.officer}:{self.district}:{self.day}"


@dataclass(frozen=True, kw_only=True)
class OfficerTold:
    """``status``: ``sent``, ``refused`` (for good, with the ``problem``'s code), or ``nothing``."""

    officer: str
    status: str
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class DistrictTold:
    """How many digests of a district went out, and how many could not."""

    district: str
    sent: int
    refused: int


@dataclass(frozen=True, kw_only=True)
class ReportRefused:
    """Tells the operator who could not be told; once for each district and day."""

    district: str
    day: date


def district_workflow_id(district: str, day: date) -> str:
    """``card-digests.<district>.<day>``; for the superior ``card-digests.superior.<day>``."""
    return f"{SCHEDULE}.{district or 'superior'}.{day}"


def _schedule() -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            WORKFLOW,
            SendDigests(),
            id=SCHEDULE,
            task_queue=TASK_QUEUE,
            static_summary="每日督办提醒",
        ),
        spec=ScheduleSpec(calendars=[_EARLY], time_zone_name=ZONE.key),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE, catchup_window=CATCH_UP),
    )


async def keep_schedule(client: Client) -> None:
    """Create the schedule, or bring it up to date; whether it is paused stays as it is.

    Raises:
        RPCError: the server has no schedules, or does not let us keep one.
    """
    await keep(client, SCHEDULE, _schedule())
