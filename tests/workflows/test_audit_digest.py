"""The nightly digests: by schedule, once for each district and day."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import (
    Client,
    ScheduleActionExecutionStartWorkflow,
    ScheduleBackfill,
    WorkflowFailureError,
)
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.worker import Worker

from activities.security import AuditActivities
from casework.domain.time.calendar import ZONE
from casework.local.devstack import temporal_server
from casework.messages.schedules import AUDIT_DIGESTS, DigestMade, MakeDigests
from casework.messages.temporal import TASK_QUEUE
from casework.security.audit.digests import DigestKey, exported
from casework.store.audit import stored_digests
from casework.store.engine import Sessions
from casework.store.register.recording import record
from casework.temporal import data_converter, register_search_attributes
from tests.store.desks import archived
from tests.store.entries import writer
from tests.workflows.conftest import Bench
from workers.sandbox import sandbox
from workflows.scheduled import AuditDigestWorkflow

QUEUE = "audit-digest"  # not the one on which the production worker of the bench listens
DAY = date(2026, 11, 21)


@asynccontextmanager
async def auditing(
    client: Client, sessions: Sessions, folder: Path, queue: str = QUEUE
) -> AsyncIterator[None]:
    activities = AuditActivities(sessions, DigestKey.new(), folder)
    async with Worker(
        client,
        task_queue=queue,
        workflows=[AuditDigestWorkflow],
        activities=[activities.districts, activities.digest],
        workflow_runner=sandbox(),
        workflow_failure_exception_types=[workflow.NondeterminismError],
        max_cached_workflows=0,
    ):
        yield


@dataclass(frozen=True)
class Night:
    client: Client

    async def digests(self, day: date | None = None) -> list[DigestMade]:
        made: list[DigestMade] = await self.client.execute_workflow(
            AUDIT_DIGESTS.workflow,
            MakeDigests(day=day),
            id="audit-test",
            task_queue=QUEUE,
            result_type=list[DigestMade],
        )
        return made


async def fill(sessions: Sessions, number: int) -> None:
    async with sessions.begin() as session:
        await record(session, writer(archived(), number=number).entry())


async def test_digests_are_made_once_signed_and_exported(bench: Bench, tmp_path: Path) -> None:
    await fill(bench.sessions, 1)
    night = Night(bench.environment.client)
    async with auditing(night.client, bench.sessions, tmp_path):
        once = await night.digests(DAY)
        await fill(bench.sessions, 2)
        assert await night.digests(DAY) == once
        assert once == [DigestMade(district="310106", number=1, cases=1)]
        assert await night.digests(DAY - timedelta(days=1)) == [
            DigestMade(district="310106", number=0, cases=0)
        ]
        (next_day,) = await night.digests(DAY + timedelta(days=1))
    assert (next_day.number, next_day.cases) == (2, 1)
    async with bench.sessions() as session:
        assert exported(tmp_path) == await stored_digests(session)


async def test_without_a_day_it_is_yesterday(bench: Bench, tmp_path: Path) -> None:
    await fill(bench.sessions, 1)
    night = Night(bench.environment.client)
    async with auditing(night.client, bench.sessions, tmp_path):
        before = await bench.environment.get_current_time()
        await night.digests()
        after = await bench.environment.get_current_time()
    (digest,) = exported(tmp_path)
    assert digest.day + timedelta(days=1) in {at.astimezone(ZONE).date() for at in (before, after)}


async def test_export_that_says_something_else_stops_the_night(
    bench: Bench, tmp_path: Path
) -> None:
    await fill(bench.sessions, 1)
    night = Night(bench.environment.client)
    async with auditing(night.client, bench.sessions, tmp_path):
        await night.digests(DAY)
        file = tmp_path / "310106" / f"{DAY}.json"
        file.write_text(file.read_text().replace("310106", "310101"))
        with pytest.raises(WorkflowFailureError) as failed:
            await night.digests(DAY)
    failure = failed.value.cause
    assert isinstance(failure, ActivityError)
    assert isinstance(failure.cause, ApplicationError)
    assert failure.cause.type == "ExportDiffers"


async def test_schedule_is_kept_as_it_is_and_makes_up_for_a_night(
    sessions: Sessions, tmp_path: Path
) -> None:
    await fill(sessions, 1)
    async with temporal_server() as address:
        client = await Client.connect(address, data_converter=data_converter)
        await register_search_attributes(client)
        await AUDIT_DIGESTS.keep(client)
        schedule = client.get_schedule_handle(AUDIT_DIGESTS.name)
        await schedule.pause(note="维护")
        await AUDIT_DIGESTS.keep(client)
        found = await schedule.describe()
        assert found.schedule.state.paused
        (first, *_) = found.info.next_action_times
        assert first.astimezone(ZONE).strftime("%H:%M") == "01:00"

        planned = first - timedelta(days=3)
        hour = timedelta(hours=1)
        await schedule.unpause()
        async with auditing(client, sessions, tmp_path, TASK_QUEUE):
            await schedule.backfill(
                ScheduleBackfill(start_at=planned - hour, end_at=planned + hour)
            )
            while not (await schedule.describe()).info.recent_actions:
                await asyncio.sleep(0.05)
            (run,) = (await schedule.describe()).info.recent_actions
            started = run.action
            assert isinstance(started, ScheduleActionExecutionStartWorkflow)
            await client.get_workflow_handle(started.workflow_id).result()
    (digest,) = exported(tmp_path)
    assert digest.day == planned.astimezone(ZONE).date() - timedelta(days=1)
