"""The schedules, and the messages of the workflows that they start."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from casework.domain.authority.matrix import GIVEN_SOURCES
from casework.domain.kinds.registry import CaseKind
from casework.domain.time.calendar import ZONE
from casework.messages.absences import TellRelations
from casework.messages.temporal import TASK_QUEUE


@dataclass(frozen=True, kw_only=True)
class Scheduled:
    """A ``workflow`` that a schedule starts with ``start``; ``name``: of the schedule and its runs.

    ``summary`` is Chinese. ``at_once``: a new schedule also runs now.
    """

    name: str
    workflow: str
    start: object
    summary: str
    at: ScheduleCalendarSpec
    policy: SchedulePolicy
    at_once: bool = False

    async def keep(self, client: Client) -> None:
        """Create the schedule, or bring it up to date; whether it is paused stays as it is.

        Raises:
            RPCError: the server has no schedules, or does not allow us to create one.
        """
        action = ScheduleActionStartWorkflow(
            self.workflow,
            self.start,
            id=self.name,
            task_queue=TASK_QUEUE,
            static_summary=self.summary,
        )
        spec = ScheduleSpec(calendars=[self.at], time_zone_name=ZONE.key)
        state = ScheduleState(note=self.summary)
        schedule = Schedule(action=action, spec=spec, policy=self.policy, state=state)

        def updated(found: ScheduleUpdateInput) -> ScheduleUpdate:
            schedule.state = found.description.schedule.state
            schedule.state.note = schedule.state.note or self.summary
            return ScheduleUpdate(schedule=schedule)

        try:
            await client.create_schedule(self.name, schedule, trigger_immediately=self.at_once)
        except ScheduleAlreadyRunningError:
            await client.get_schedule_handle(self.name).update(updated)


# --- the daily digest of the audit chain --------------------------------------------------


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
    """Digest ``number`` of a district contains ``cases`` cases; 0: a later one had them already."""

    district: str
    number: int
    cases: int


AUDIT_DIGESTS = Scheduled(
    name="audit-digests",
    workflow="AuditDigest",
    start=MakeDigests(),
    summary="每日审计摘要",
    at=ScheduleCalendarSpec(hour=[ScheduleRange(1)]),
    policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE),
)
"""After midnight."""


# --- the yearly watch over the calendar ---------------------------------------------------


REMINDED_EVERY = 5
"""Working days between two reminders."""
REMINDED_AT = "09:00"


@dataclass(frozen=True, kw_only=True)
class WatchCalendar:
    """Watches until next year's notice is imported, or this year is over."""

    rehearsal: timedelta = timedelta()


@dataclass(frozen=True, kw_only=True)
class YearQuestion:
    """Asks whether the calendar of the year after ``on`` is imported."""

    on: date


@dataclass(frozen=True, kw_only=True)
class YearStanding:
    """``notice`` is that of the ``year``, empty while it is not imported.

    ``next_at``: when to look again; None at the end of this year.
    """

    year: int
    notice: str
    next_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Reminder:
    """Tells the operator that the ``year`` is missing; once for each day."""

    year: int
    on: date


CALENDAR_WATCH = Scheduled(
    name="calendar-watch",
    workflow="CalendarWatch",
    start=WatchCalendar(),
    summary="下一年放假安排是否已录入",
    at=ScheduleCalendarSpec(
        month=[ScheduleRange(12)], day_of_month=[ScheduleRange(1)], hour=[ScheduleRange(9)]
    ),
    policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
)


# --- digests of cards (督办提醒) --------------------------------------------------------
# One digest for each officer and day, at start of business of the officer's district, on its
# working days. An officer belongs to one district: that of the post; the superior, and officers
# whom no roster knows, to "".

CARD_DIGESTS_OF_DISTRICT = "CardDigestsOfDistrict"
"""The workflow of one district."""
PEOPLE_AT_ONCE = 20


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
    """Sends the digests of one district, from ``opens_at`` on; ``after``: the last officer done.

    ``sent`` and ``refused``: the counts of the earlier runs.
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
    """Asks for the next officers of a district, by code, for whom there is a new card."""

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
    """Sends one digest; the officer's address is not part of the message."""

    officer: str
    district: str
    day: date

    @property
    def key(self) -> str:
        """Return the idempotency key: at most one digest with it reaches the officer."""
        return f"cards:{self.officer}:{self.district}:{self.day}"


@dataclass(frozen=True, kw_only=True)
class OfficerTold:
    """``status``: ``sent``, ``refused`` (for good, with the ``problem``'s code), or ``nothing``."""

    officer: str
    status: str
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class DistrictTold:
    """How many digests of a district were sent, and how many could not be sent."""

    district: str
    sent: int
    refused: int


@dataclass(frozen=True, kw_only=True)
class ReportRefused:
    """Tells the operator who could not be told; once for each district and day."""

    district: str
    day: date


CARD_DIGESTS = Scheduled(
    name="card-digests",
    workflow="CardDigests",
    start=SendDigests(),
    summary="每日督办提醒",
    # Before any office opens: each district's run waits for its own start of business.
    at=ScheduleCalendarSpec(hour=[ScheduleRange(6)]),
    # How late a missed run may still start; for a day that is over no digest is sent.
    policy=SchedulePolicy(
        overlap=ScheduleOverlapPolicy.BUFFER_ONE, catchup_window=timedelta(hours=12)
    ),
)


def district_workflow_id(district: str, day: date) -> str:
    """``card-digests.<district>.<day>``; for the superior ``card-digests.superior.<day>``."""
    return f"{CARD_DIGESTS.name}.{district or 'superior'}.{day}"


# --- the quarterly rounds of sampled follow-up --------------------------------------------
# Each platform has at least one round a quarter (DB50/T 1733—2024 §7.1). A round begins with the
# quarter, so that its limit runs even if nobody ever draws.


@dataclass(frozen=True, kw_only=True)
class BeginRounds:
    """Begins the round of the current quarter on each platform that has none yet."""

    rehearsal: timedelta = timedelta()


@dataclass(frozen=True, kw_only=True)
class PlanRounds:
    """Which rounds are to begin at ``at``."""

    at: datetime
    rehearsal: timedelta = timedelta()


VISIT_ROUNDS = Scheduled(
    name=GIVEN_SOURCES[CaseKind.VISITS],
    workflow="VisitRounds",
    start=BeginRounds(),
    summary="每季度抽样回访",
    at=ScheduleCalendarSpec(
        month=[ScheduleRange(1, 10, 3)], day_of_month=[ScheduleRange(1)], hour=[ScheduleRange(8)]
    ),
    policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE),
    at_once=True,
)
"""A new one begins the rounds of the current quarter at once."""

# --- reports (统计报表) ---------------------------------------------------------------------
# Each day the reports of the running month, quarter and year are taken down, and those of the ones
# before that are not final yet.


@dataclass(frozen=True, kw_only=True)
class TakeReports:
    """Takes down the reports of a ``day``; without one of the day before it runs."""

    day: date | None = None


@dataclass(frozen=True, kw_only=True)
class TakeReport:
    """One report, as it stands; ``at``: when it was asked for."""

    period: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ReportTaken:
    """``taken``: whether it was taken down; a final one was before, and stays."""

    period: str
    taken: bool


REPORTS = Scheduled(
    name="reports",
    workflow="Reports",
    start=TakeReports(),
    summary="每日统计报表定格",
    # When the offices have opened: what fell due at midnight is recorded by then.
    at=ScheduleCalendarSpec(hour=[ScheduleRange(10)]),
    policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE),
)
"""In the morning, for the day before."""


# --- relations declared while Temporal was away -------------------------------------------


RELATIONS = Scheduled(
    name="relations",
    workflow="Relations",
    start=TellRelations(),
    summary="告知办件回避申报",
    at=ScheduleCalendarSpec(hour=[ScheduleRange(0, 23)], minute=[ScheduleRange(0, 59, 5)]),
    # What one run missed is told by the next.
    policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=5)),
)
"""Every five minutes: the API tells the cases at once, if Temporal is there."""


# --- the erasure of visitors --------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class VisitorsKept:
    """Erases the visitors who need not be kept on the ``day``; without one on the day it runs."""

    day: date | None = None


@dataclass(frozen=True, kw_only=True)
class EraseVisitors:
    """Erases those of appointments that need not be kept on a day any more; ``at``: when."""

    on: date
    at: datetime


VISITOR_ERASURE = Scheduled(
    name="visitor-erasure",
    workflow="VisitorErasure",
    start=VisitorsKept(),
    summary="每日删除期满的来访登记信息",
    at=ScheduleCalendarSpec(hour=[ScheduleRange(2)]),
    policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE),
)
"""After midnight."""

SCHEDULES = (
    CALENDAR_WATCH,
    VISIT_ROUNDS,
    AUDIT_DIGESTS,
    CARD_DIGESTS,
    RELATIONS,
    VISITOR_ERASURE,
    REPORTS,
)
