"""What a worker checks, on a server whose time can be moved: nothing runs unchecked by accident."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio import workflow
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from bench.cases import STEPS, Office
from casework.domain.case.commands import Command
from casework.domain.case.facts import Actor
from casework.domain.kinds.application.commands import ArchiveArrived
from casework.domain.kinds.application.state import ApplicationStage
from casework.domain.policy import Role
from casework.messages.cases import Receipt
from casework.messages.temporal import TASK_QUEUE
from casework.security.proof.signers import Signer, private_pem
from casework.security.proof.signing import Signing
from casework.temporal import signal_once
from tests.workflows.conftest import Bench, Handle
from tests.workflows.conftest import bench as bench  # noqa: PLC0414 - a fixture
from tests.workflows.conftest import office as office  # noqa: PLC0414 - likewise
from workers.main import WORKFLOWS, create_replayer

ARRIVED = ArchiveArrived(actor=Actor(code="archive", role=Role.SYSTEM))
LASTS = timedelta(minutes=5)


def test_every_update_has_a_validator() -> None:
    """The SDK asks an interceptor only about updates that have one."""
    for cls in WORKFLOWS:
        updates = workflow._Definition.must_from_class(cls).updates
        assert all(update.validator is not None for update in updates.values()), cls


def another(environment: WorkflowEnvironment, signing: Signing | None) -> Client:
    """A client beside the ordinary one."""
    config = environment.client.config()
    config["interceptors"] = [signing] if signing else []
    return Client(**config)


def stranger(environment: WorkflowEnvironment) -> Client:
    """Signs by a key that nobody knows."""
    signer = Signer.read("stranger", private_pem())
    signing = Signing(signer, lasts=LASTS, now=environment.get_current_time)
    return another(environment, signing)


async def refused_update(client: Client, case: Handle, verb: str, command: Command) -> str:
    handle = client.get_workflow_handle(case.id)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(verb, command, result_type=Receipt)
    assert isinstance(refused.value.cause, ApplicationError)
    return refused.value.cause.type or ""


async def test_an_update_that_nobody_known_has_signed_is_refused(bench: Bench) -> None:
    case = await bench.backend.submit(1)
    unsigned, foreign = another(bench.environment, None), stranger(bench.environment)
    assert await refused_update(unsigned, case, *STEPS[0]) == "PROOF_MISSING"
    assert await refused_update(foreign, case, *STEPS[0]) == "PROOF_INVALID"
    receipt: Receipt = await case.execute_update(*STEPS[0], result_type=Receipt)
    assert receipt.seq == 2
    knows = await case.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    assert ApplicationStage(receipt.stage).label in knows.current_details, "made when asked for"


async def test_a_start_that_nobody_known_has_signed_leaves_no_trace(bench: Bench) -> None:
    for number, client in enumerate(
        (another(bench.environment, None), stranger(bench.environment))
    ):
        office = Office(client, TASK_QUEUE, "unproved")
        start = office.opening(number)
        handle: Handle = await client.start_workflow(
            "Application", start, id=f"app.310106.{start.case_no}", task_queue=TASK_QUEUE
        )
        with pytest.raises(WorkflowFailureError) as failed:
            await handle.result()
        assert isinstance(failed.value.cause, ApplicationError)
        assert failed.value.cause.type == "START_NOT_PROVED"
        assert failed.value.cause.details[0] == ("PROOF_MISSING", "PROOF_INVALID")[number]
        knows = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        assert knows.current_details == f"未办理：{failed.value.cause.message}"
        assert await bench.kinds(handle) == []
        await create_replayer().replay_workflow(await handle.fetch_history())


async def test_signals_are_proved_in_their_order_and_a_day_late(bench: Bench) -> None:
    case = await bench.backend.submit(1)
    client, unsigned = bench.environment.client, another(bench.environment, None)
    await signal_once(client, case.id, "archive_arrived", ARRIVED, request_id="1")
    await signal_once(unsigned, case.id, "archive_arrived", ARRIVED, request_id="2")
    await signal_once(stranger(bench.environment), case.id, "delivered", ARRIVED, request_id="3")
    await case.signal("archive_arrived", replace(ARRIVED, actor=Actor(code="x", role=Role.HEAD)))
    await case.execute_update(*STEPS[0], result_type=Receipt)
    await bench.rest(case)
    codes = await bench.codes(case)
    assert codes[:2] == ["PROOF_MISSING", "PROOF_INVALID"]
    assert codes[2:] == ["ROLE_NOT_ALLOWED"], "signed, so it is the rules that refuse it"
    assert (await bench.kinds(case)).count("archive_received") == 1
    await create_replayer().replay_workflow(await case.fetch_history())


async def test_a_run_of_before_there_were_proofs_asks_for_them_fact_by_fact(
    import_anew: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,  # first, so that the bench replays the run as it was
    bench: Bench,
) -> None:
    """Such a run has no proof at its start, and may hold facts that were taken unproved."""
    monkeypatch.setattr("casework.security.proof.assertion.must_prove_its_signals", lambda: False)
    import_anew()
    case = await bench.backend.submit(1)
    await signal_once(
        another(bench.environment, None), case.id, "delivered", ARRIVED, request_id="1"
    )
    await case.execute_update(*STEPS[0], result_type=Receipt)
    assert await bench.codes(case) == ["PROOF_MISSING"]
    markers = [
        payload.data
        for event in (await case.fetch_history()).events
        for details in event.marker_recorded_event_attributes.details.values()
        for payload in details.payloads
    ]
    assert any(b"proved-1" in marker for marker in markers)
