"""The Reports workflow takes down the reports of a day, and a final one only once."""

from datetime import date

from temporalio import workflow
from temporalio.worker import Worker

from activities.reports import ReportActivities
from casework.domain.reports import period_of
from casework.messages.schedules import REPORTS, ReportTaken, TakeReports
from casework.store.register.recording import record
from casework.store.snapshots import snapshot
from tests.store.desks import archived
from tests.store.entries import writer
from tests.workflows.conftest import Bench
from workers.sandbox import sandbox
from workflows.scheduled import ReportsWorkflow

QUEUE = "reports"  # not the one on which the production worker of the bench listens
LONG_AGO = date(2020, 1, 31)


async def test_reports_are_taken_down_once_they_are_over(bench: Bench) -> None:
    async with bench.sessions.begin() as session:
        await record(session, writer(archived()).entry())
    client = bench.environment.client
    worker = Worker(
        client,
        task_queue=QUEUE,
        workflows=[ReportsWorkflow],
        activities=[ReportActivities(bench.sessions).take],
        workflow_runner=sandbox(),
        workflow_failure_exception_types=[workflow.NondeterminismError],
        max_cached_workflows=0,
    )

    async def run() -> list[ReportTaken]:
        taken: list[ReportTaken] = await client.execute_workflow(
            REPORTS.workflow,
            TakeReports(day=LONG_AGO),
            id="reports-test",
            task_queue=QUEUE,
            result_type=list[ReportTaken],
        )
        return taken

    async with worker:
        first, again = await run(), await run()
    assert [each.period for each in first] == [
        "2020-01", "2020-Q1", "2020", "2019-12", "2019-Q4", "2019",
    ]  # fmt: skip
    assert all(each.taken for each in first)
    assert not any(each.taken for each in again)
    async with bench.sessions() as session:
        found = await snapshot(session, period_of("2020-01"))
    assert found is not None
    assert found.final
