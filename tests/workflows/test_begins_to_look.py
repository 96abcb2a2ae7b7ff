"""A case that began before there were orders goes on as it did, and looks once it is told to."""

from dataclasses import replace

from temporalio.client import WorkflowHandle

from bench.cases import STEPS
from casework.messages.cases import Outcome, Receipt, application_id
from casework.messages.temporal import TASK_QUEUE
from tests.workflows.conftest import Bench


async def _of_before(bench: Bench) -> WorkflowHandle[object, Outcome]:
    start = replace(bench.backend.opening(1), in_force=None)
    return await bench.backend.client.start_workflow(
        "Application",
        start,
        id=application_id(start.case_no),
        task_queue=TASK_QUEUE,
        result_type=Outcome,
    )


async def test_a_case_of_before_is_told_and_then_looks(bench: Bench) -> None:
    handle = await _of_before(bench)
    verb, command = STEPS[0]
    await handle.execute_update(verb, command, result_type=Receipt)
    assert await bench.kinds(handle) == ["submitted", "pre_review_passed"]

    await handle.signal("look_again")
    verb, command = STEPS[1]
    await handle.execute_update(verb, command, result_type=Receipt)
    kinds = await bench.kinds(handle)
    assert kinds[:3] == ["submitted", "pre_review_passed", "time_noted"]
    assert kinds[-1] == "accepted"

    await handle.signal("look_again")
    verb, command = STEPS[2]
    await handle.execute_update(verb, command, result_type=Receipt)
    again = [kind for kind in await bench.kinds(handle) if kind == "time_noted"]
    assert len(again) <= 2, "the first time the calendar may be another, afterwards nothing is new"
