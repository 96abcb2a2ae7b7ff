"""A rule that breaks inside a case is trouble for a person, and not the end of the case."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from bench.cases import STEPS
from casework.domain.case.commands import ResolveTrouble
from casework.domain.case.state import TaskKind
from casework.domain.kinds.application.commands import RequestGreen
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.application.state import GreenStatus
from casework.messages.cases import Receipt
from tests.workflows.conftest import Bench, Handle
from tests.workflows.test_application import OFFICER, start, state

URGENT = RequestGreen(
    actor=OFFICER, reason_code="school", cause="封控", evidence=("加急申请", "情况说明")
)
PERSON = "张三"
"""What an exception may name, and nobody must read in a failure."""


def breaking(*args: object, **named: object) -> object:
    del args, named
    raise KeyError(PERSON)


def number_of(handle: Handle) -> str:
    return handle.id.split(".", 2)[2]


async def refused(handle: Handle, verb: str, command: object) -> ApplicationError:
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await handle.execute_update(verb, command, result_type=Receipt)
    assert isinstance(failed.value.cause, ApplicationError)
    assert PERSON not in str(failed.value.cause)
    return failed.value.cause


async def go_to_the_end(bench: Bench, handle: Handle) -> None:
    """Resolve the trouble, and take all the steps: each of them replays what went before."""
    (trouble,) = await troubles(bench, handle)
    resolve = ResolveTrouble(actor=OFFICER, task=trouble, reason="已修复")
    await handle.execute_update("resolve_trouble", resolve, result_type=Receipt)
    for verb, command in STEPS:
        await handle.execute_update(verb, command, result_type=Receipt)
    assert (await handle.result()).stage == "archived"


async def troubles(bench: Bench, handle: Handle) -> list[str]:
    case = await state(bench, number_of(handle))
    return [task.id for task in case.open_tasks if task.kind is TaskKind.RESOLVE_TROUBLE]


@pytest.mark.parametrize(
    "rule",
    [
        "casework.domain.kinds.application.green_channel._criterion",
        "casework.domain.kinds.application.green_channel.open_task",
    ],
)
async def test_message_that_breaks_a_rule_changes_nothing(
    rule: str, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = await bench.backend.submit(1)
    with monkeypatch.context() as broken:
        broken.setattr(rule, breaking)
        for _ in range(2):
            assert (await refused(handle, "request_green", URGENT)).type == "INTERNAL"
        while not await troubles(bench, handle):
            await bench.environment.sleep(timedelta(seconds=1))

    case = await state(bench, number_of(handle))
    assert case.green.status is GreenStatus.NONE
    assert [task.about for task in case.open_tasks if task.about] == ["rules:INTERNAL"]
    # The rule is mended by now: what follows replays a history in which it was not.
    await go_to_the_end(bench, handle)
    assert (await bench.kinds(handle)).count("trouble_met") == 1


async def test_time_that_cannot_pass_is_tried_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = await bench.backend.submit(1)
    with monkeypatch.context() as broken:
        broken.setattr("casework.domain.kinds.application.passing.accepted", breaking)
        for _ in range(14):
            await bench.environment.sleep(timedelta(days=1))
        kinds = await bench.kinds(handle)
        assert (kinds.count("trouble_met"), "accepted" in kinds) == (1, False)
        before = await bench.length(handle)
        await bench.environment.sleep(timedelta(days=1))
        assert await bench.length(handle) - before < 20, "it spins"

    await bench.environment.sleep(timedelta(days=2))
    assert "accepted" in await bench.kinds(handle)
    assert (await state(bench, number_of(handle))).deemed_accepted


@pytest.mark.parametrize(
    ("late", "code"),
    [(lambda opening: opening, "INTERNAL"), (lambda o: received(o, 1850), "DATE_OUT_OF_RANGE")],
)
async def test_case_that_cannot_begin_says_so(
    late: Callable[[StartApplication], StartApplication],
    code: str,
    monkeypatch: pytest.MonkeyPatch,  # mended after the bench has replayed what it broke
    bench: Bench,
) -> None:
    opening = late(bench.backend.opening(1))
    if code == "INTERNAL":
        monkeypatch.setattr(
            "casework.domain.kinds.application.intake.checklist.package_faults", breaking
        )
    handle = await start(bench, opening)
    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == code
    assert PERSON not in str(failed.value.cause)


def received(opening: StartApplication, year: int) -> StartApplication:
    return replace(opening, received_at=datetime(year, 1, 1, tzinfo=UTC))
