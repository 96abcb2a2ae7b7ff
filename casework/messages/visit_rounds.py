"""The quarterly rounds of sampled follow-up: their schedule, and how each begins.

Each platform has at least one round a quarter (DB50/T 1733—2024 §7.1). A round begins with the
quarter, so that its limit runs even if nobody ever draws.
"""

from dataclasses import dataclass, replace
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

from casework.domain.authority.systems import GIVEN_SOURCES
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.round.opening import CHANNEL
from casework.domain.kinds.round.quarter import quarter_of
from casework.domain.time.calendar import ZONE, local_date
from casework.messages.cases import InForceQuestion, StartRound, number_of
from casework.messages.temporal import TASK_QUEUE, keep
from casework.policy.service_catalogue import ServiceCatalogue
from casework.policy.service_roster import ServiceRoster

WORKFLOW = "VisitRounds"
SCHEDULE = SOURCE = GIVEN_SOURCES[CaseKind.VISITS]
YEARS_AHEAD = 2
_NO_CALENDAR = -1  # the version of a calendar that nobody has

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


def question(
    district: str, quarter: str, services: ServiceCatalogue, at: datetime
) -> InForceQuestion:
    """What has to be known before a round begins; raises DomainError for an unknown platform."""
    today = local_date(at)
    return InForceQuestion(
        case_no=number_of(CaseKind.VISITS, district, SOURCE, quarter),
        district=district,
        office=services.office(district),
        item=services.visits(district, today).code,
        received_on=today,
        calendar_version=_NO_CALENDAR,
        needed_until=today.year + YEARS_AHEAD,
        on=today,
    )


def start_round(  # noqa: PLR0913 - where, when, by what, by whom
    district: str,
    at: datetime,
    *,
    services: ServiceCatalogue,
    roster: ServiceRoster,
    in_force: InForce,
    submitted_by: Actor | None = None,
) -> StartRound:
    """The start of the round of the current quarter; the same whoever asks for it.

    ``in_force`` brings its calendar. Raises DomainError for a platform that nobody knows or staffs.
    """
    today = local_date(at)
    quarter = quarter_of(today)
    if in_force.calendar is None:
        raise ValueError("a round begins under the register's calendar")
    return StartRound(
        case_no=number_of(CaseKind.VISITS, district, SOURCE, quarter),
        district=district,
        source=SOURCE,
        reference=quarter,
        content=f"{district}:{quarter}",
        item=services.visits(district, today),
        calendar=in_force.calendar,
        office=services.office(district),
        channel=CHANNEL,
        posts=roster.posts(district),
        submitted_by=submitted_by,
        in_force=replace(in_force, calendar=None),
        by_date=True,
        quarter=quarter,
    )


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
