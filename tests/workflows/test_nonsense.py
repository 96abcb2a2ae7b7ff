"""Whatever is sent to a case, it stays healthy and nothing sent is lost unseen."""

from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from bench.cases import STEPS
from casework.domain.case.facts import Actor
from casework.domain.kinds.application.commands import APPLICATION_SIGNALS, ArchiveArrived
from casework.domain.policy import Role
from casework.messages.cases import Receipt
from tests.workflows.conftest import Bench

ACTOR = {"code": "archive", "role": "system", "district": ""}
NONSENSE: list[list[Any]] = [
    [],
    [None],
    ["档案"],
    [42],
    [{"actor": "nobody"}],
    [{"actor": ACTOR}, "more", "arguments"],
    [{"actor": ACTOR, "materials": [{"code": "x\x00y", "form": "paper"}]}],
]


async def test_no_signal_blocks_a_case(bench: Bench) -> None:
    handle = await bench.backend.submit(1)
    for verb in sorted(APPLICATION_SIGNALS):
        for arguments in NONSENSE:
            await handle.signal(verb, args=arguments)
    await handle.signal("no_such_signal", {"any": "thing"})
    arrived = ArchiveArrived(actor=Actor(code="archive", role=Role.SYSTEM))
    await handle.signal("archive_arrived", arrived)  # signed, as all that names its actor
    receipt: Receipt = await handle.execute_update(*STEPS[0], result_type=Receipt)
    assert receipt.stage == "ready"
    await bench.rest(handle)
    codes = await bench.codes(handle)
    assert (await bench.kinds(handle)).count("archive_received") == 1, "a fact is a fact"
    assert len(codes) == len(APPLICATION_SIGNALS) * len(NONSENSE) + 1
    assert set(codes) <= {
        "UNREADABLE",
        "PROOF_MISSING",
        "UNKNOWN_MESSAGE",
    }


@pytest.mark.parametrize("verb", ["pre_review", "accept", "materials_received", "request_green"])
async def test_nonsense_updates_are_refused_and_cost_no_event(bench: Bench, verb: str) -> None:
    handle = await bench.backend.submit(1)
    for arguments in NONSENSE:
        with pytest.raises((WorkflowUpdateFailedError, RPCError)):
            await handle.execute_update(verb, args=arguments, result_type=Receipt)
    with pytest.raises((WorkflowUpdateFailedError, RPCError)):
        await handle.execute_update("no_such_verb", {})
    receipt: Receipt = await handle.execute_update(*STEPS[0], result_type=Receipt)
    assert receipt.seq == 2
    assert await bench.kinds(handle) == ["submitted", "pre_review_passed"]


async def test_refusal_reaches_the_officer_with_code_and_reason(bench: Bench) -> None:
    handle = await bench.backend.submit(1)
    before = await bench.length(handle)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(*STEPS[2], result_type=Receipt)  # review before acceptance
    cause = refused.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == "WRONG_STAGE"
    assert cause.message == "本件目前处于“预审”，此操作须在“审核”阶段办理"
    assert await bench.length(handle) - before <= 3, "a refusal costs no event of its own"


async def test_request_to_cancel_is_refused_and_the_case_goes_on(bench: Bench) -> None:
    handle = await bench.backend.submit(1)
    await handle.cancel()
    await handle.execute_update(*STEPS[0], result_type=Receipt)
    await handle.cancel()
    for step in STEPS[1:]:
        await handle.execute_update(*step, result_type=Receipt)
    outcome = await handle.result()
    assert outcome.stage == "archived"
    assert await bench.codes(handle) == ["CANCEL_NOT_ALLOWED"], "the server asks once"
