"""The yearly watch: who is told that next year's notice is missing, how often, until when."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from temporalio import workflow
from temporalio.client import Client, ScheduleActionExecutionStartWorkflow
from temporalio.worker import Worker

from activities.calendar import CalendarActivities
from casework.domain.time.calendar import ZONE, CalendarYear
from casework.local.devstack import temporal_server
from casework.messages.schedules import CALENDAR_WATCH, WatchCalendar, YearStanding
from casework.messages.temporal import TASK_QUEUE
from casework.outside import Letter, RefusedError
from casework.policy.calendars import load_calendar
from casework.store.engine import Sessions
from casework.store.register.in_force import COUNTRY, write_years
from casework.temporal import data_converter, register_search_attributes
from tests.workflows.conftest import Bench
from workers.sandbox import sandbox
from workflows.scheduled import CalendarWatchWorkflow

FIRST = datetime(2026, 12, 1, 9, tzinfo=ZONE)
QUEUE = "calendar-watch"  # not the one on which the production worker of the bench listens
REMINDERS = ["2026-12-01", "2026-12-08", "2026-12-15", "2026-12-22", "2026-12-29"]


@dataclass
class Mailbox:
    """Takes letters in place of a mail server; ``then`` is done after each."""

    keys: list[str] = field(default_factory=list)
    refuses: int = 0
    then: Callable[[], Awaitable[None]] | None = None

    async def send(self, letter: Letter) -> str:
        if self.refuses:
            self.refuses -= 1
            raise RefusedError("smtp_550")
        self.keys.append(letter.key)
        if self.then:
            await self.then()
        return letter.key

    @property
    def days(self) -> list[str]:
        return [key.rpartition(":")[2] for key in self.keys]


async def publish(sessions: Sessions, *years: int) -> None:
    """Put the calendar of the files into the register, with a notice for these years."""

    def announced(year: CalendarYear) -> CalendarYear:
        if year.year not in years:
            return year
        return replace(year, notice=f"{year.year}年通知", provisional=False)

    async with sessions.begin() as session:
        await write_years(session, COUNTRY, map(announced, load_calendar().years), 1)


@asynccontextmanager
async def watching(
    client: Client, sessions: Sessions, mailbox: Mailbox, queue: str = QUEUE
) -> AsyncIterator[None]:
    activities = CalendarActivities(sessions, mailbox, "operator@example.com")  # type: ignore[arg-type]  # sends all the same
    async with Worker(
        client,
        task_queue=queue,
        workflows=[CalendarWatchWorkflow],
        activities=[activities.next_year, activities.remind],
        workflow_runner=sandbox(),
        workflow_failure_exception_types=[workflow.NondeterminismError],
        max_cached_workflows=0,
    ):
        yield


async def watch(bench: Bench, mailbox: Mailbox) -> YearStanding:
    """A watch that begins on 1 December 2026, as the schedule has it."""
    client, now = bench.environment.client, await bench.environment.get_current_time()
    async with watching(client, bench.sessions, mailbox):
        standing: YearStanding = await client.execute_workflow(
            CALENDAR_WATCH.workflow,
            WatchCalendar(rehearsal=FIRST - now),
            id="calendar-watch-test",
            task_queue=QUEUE,
            result_type=YearStanding,
        )
    return standing


async def test_operator_is_told_every_five_working_days_until_the_year_is_over(
    bench: Bench,
) -> None:
    await publish(bench.sessions)
    mailbox = Mailbox()
    standing = await watch(bench, mailbox)
    assert mailbox.days == REMINDERS
    assert (standing.year, standing.notice, standing.next_at) == (2027, "", None)


async def test_reminders_end_with_the_import(bench: Bench) -> None:
    await publish(bench.sessions)
    mailbox = Mailbox()

    async def then() -> None:
        if len(mailbox.keys) == 2:
            await publish(bench.sessions, 2027)

    mailbox.then = then
    standing = await watch(bench, mailbox)
    assert mailbox.days == REMINDERS[:2]
    assert standing.notice == "2027年通知"


async def test_address_that_is_refused_does_not_end_the_watch(bench: Bench) -> None:
    await publish(bench.sessions)
    mailbox = Mailbox(refuses=2)
    await watch(bench, mailbox)
    assert mailbox.days == REMINDERS[2:]


async def test_schedule_is_kept_as_it_is_and_starts_one_watch(sessions: Sessions) -> None:
    coming = datetime.now(UTC).astimezone(ZONE).year + 1
    await publish(sessions, coming)
    async with temporal_server() as address:
        client = await Client.connect(address, data_converter=data_converter)
        await register_search_attributes(client)
        await CALENDAR_WATCH.keep(client)
        schedule = client.get_schedule_handle(CALENDAR_WATCH.name)
        await schedule.pause(note="维护")
        await CALENDAR_WATCH.keep(client)
        found = await schedule.describe()
        assert found.schedule.state.paused
        (first, *_) = found.info.next_action_times
        assert first.astimezone(ZONE).strftime("%m-%d %H:%M") == "12-01 09:00"

        await schedule.unpause()
        async with watching(client, sessions, Mailbox(), TASK_QUEUE):
            await schedule.trigger()
            while not (runs := (await schedule.describe()).info.recent_actions):
                await asyncio.sleep(0.05)
            (started,) = (run.action for run in runs)
            assert isinstance(started, ScheduleActionExecutionStartWorkflow)
            handle = client.get_workflow_handle(started.workflow_id, result_type=YearStanding)
            standing: YearStanding = await handle.result()
        assert standing.notice == f"{coming}年通知"
