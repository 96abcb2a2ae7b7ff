"""The erasure of visitors asks until nobody is left, and always of the day that it began with."""

import uuid
from datetime import date

from temporalio import activity
from temporalio.worker import Worker

from activities.register import RegisterActivities
from casework.messages.schedules import EraseVisitors, VisitorsKept
from tests.workflows.conftest import Bench
from workers.sandbox import sandbox
from workflows.scheduled import VisitorErasureWorkflow

QUEUE = "visitor-erasure"  # not the one on which the production worker of the bench listens
NAME = activity._Definition.must_from_callable(RegisterActivities.erase_visitors).name
ON = date(2026, 12, 1)


async def erased(bench: Bench, *answers: int) -> tuple[int, list[EraseVisitors]]:
    """What a run returns when each asking erases so many, and what it asked."""
    asked: list[EraseVisitors] = []

    @activity.defn(name=NAME)
    async def erase_visitors(wanted: EraseVisitors) -> int:
        asked.append(wanted)
        return answers[len(asked) - 1]

    async with Worker(
        bench.environment.client,
        task_queue=QUEUE,
        workflows=[VisitorErasureWorkflow],
        activities=[erase_visitors],
        workflow_runner=sandbox(),
    ):
        count = await bench.environment.client.execute_workflow(
            VisitorErasureWorkflow.run,
            VisitorsKept(day=ON),
            id=f"visitor-erasure-{uuid.uuid4()}",
            task_queue=QUEUE,
        )
    return count, asked


async def test_it_asks_until_nobody_is_left(bench: Bench) -> None:
    count, asked = await erased(bench, 100, 3, 0)
    assert count == 103
    assert len(asked) == 3
    assert len(set(asked)) == 1
    assert asked[0].on == ON


async def test_where_nobody_is_left_one_question_is_enough(bench: Bench) -> None:
    assert (await erased(bench, 0))[0] == 0
