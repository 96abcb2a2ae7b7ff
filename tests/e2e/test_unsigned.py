"""Whoever can write to the namespace by Temporal's own program cannot act as an officer there."""

import asyncio
import json
import re
import shutil
import sysconfig
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError

from bench.cases import STEPS, Office
from casework.domain.case.commands import Command
from casework.domain.case.facts import Actor
from casework.domain.kinds.application.commands import ArchiveArrived
from casework.domain.orders import Order
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.local.devstack import temporal_server
from casework.messages.cases import Outcome, Receipt
from casework.messages.orders import ApplyOrder
from casework.messages.temporal import TASK_QUEUE
from casework.rehearsal.world import open_office
from casework.security.proof.assertion import HEADER
from casework.security.proof.parts import Trust
from casework.security.proof.signing import Signing, payload
from casework.store import queries
from casework.store.engine import Sessions
from casework.temporal import data_converter, register_search_attributes
from tests.store.emptied import empty
from tests.workflows.ordering import APPROVER, opening, order_of
from workers.main import create_replayer, create_worker

Handle = WorkflowHandle[object, Outcome]
VERB, COMMAND = STEPS[0]
ARRIVED = ArchiveArrived(actor=Actor(code="archive", role=Role.SYSTEM))


@dataclass(frozen=True, kw_only=True)
class Town:
    """A dev server with a worker, cases, and the program of whoever reaches the namespace."""

    client: Client
    address: str
    trust: Trust
    office: Office
    sessions: Sessions

    async def run(self, *words: str) -> str:
        """What the program says, whether it succeeds or not."""
        program = shutil.which("temporal", path=sysconfig.get_path("scripts"))
        assert program
        process = await asyncio.create_subprocess_exec(
            program,
            *words,
            *("--address", self.address, "--output", "json"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return said.decode()

    async def update(self, case: Handle, verb: str, command: Command, *words: str) -> str:
        """The code with which an update by the program is refused."""
        said = await self.run(
            *("workflow", "update", "execute", "--workflow-id", case.id, "--name", verb),
            *("--input", await self.written(command), *words),
        )
        found = re.search(r"PROOF_[A-Z_]+|SIGNER_[A-Z_]+", said)
        return found.group() if found else said

    async def signal(self, case: Handle, fact: Command) -> None:
        await self.run(
            *("workflow", "signal", "--workflow-id", case.id, "--name", "archive_arrived"),
            *("--input", await self.written(fact)),
        )

    async def forged_signal(self, case: Handle, fact: Command, token: str) -> None:
        """By the bare service: the program knows ``--headers`` and does not send them."""
        request = SignalWorkflowExecutionRequest(
            namespace=self.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case.id),
            signal_name="archive_arrived",
        )
        request.input.payloads.extend(await data_converter.encode([fact]))
        request.header.fields[HEADER].CopyFrom(payload(token))
        await self.client.workflow_service.signal_workflow_execution(request)

    async def written(self, message: object) -> str:
        (payload,) = await data_converter.encode([message])
        return payload.data.decode()

    async def refusals(self, case: Handle) -> list[str]:
        async with self.sessions() as session:
            events = await queries.timeline(session, case.id.split(".", 2)[2])
        return [event.body["code"] for event in events if event.kind == "message_refused"]

    async def does(self, case: Handle, steps: int = 1) -> Receipt:
        """An officer's real commands, the first ones of the straight path."""
        for verb, command in STEPS[:steps]:
            receipt: Receipt = await case.execute_update(verb, command, result_type=Receipt)
        return receipt


@pytest.fixture(scope="module")
async def town(register_url: str, register_engine: AsyncEngine) -> AsyncIterator[Town]:
    await empty(register_engine)  # an order that other tests have left is one event more
    trust = Trust.new()
    async with open_office(register_url) as office, temporal_server() as address:
        client = await Client.connect(
            address, data_converter=data_converter, interceptors=[trust.signing]
        )
        await register_search_attributes(client)
        async with create_worker(client, office.parts, trust.verifier):
            yield Town(
                client=client,
                address=address,
                trust=trust,
                office=Office(client, TASK_QUEUE, "unsigned"),
                sessions=office.sessions,
            )


def header(token: str) -> tuple[str, str]:
    return "--headers", f"{HEADER}={json.dumps(token)}"


async def stolen_update(case: Handle) -> str:
    """The proof of the first update, as anybody reads it in the history."""
    history = await case.fetch_history()
    accepted = (
        event.workflow_execution_update_accepted_event_attributes.accepted_request.input
        for event in history.events
    )
    return next(str(json.loads(i.header.fields[HEADER].data)) for i in accepted if i.name == VERB)


async def accepted(case: Handle) -> list[str]:
    """The updates that its history holds."""
    history = await case.fetch_history()
    return [
        event.workflow_execution_update_accepted_event_attributes.accepted_request.input.name
        for event in history.events
        if event.HasField("workflow_execution_update_accepted_event_attributes")
    ]


async def stolen_signal(case: Handle) -> str:
    history = await case.fetch_history()
    signalled = (event.workflow_execution_signaled_event_attributes for event in history.events)
    return next(str(json.loads(s.header.fields[HEADER].data)) for s in signalled if s.signal_name)


async def healthy(case: Handle) -> None:
    """Its history replays, and nobody's key is asked for that."""
    await create_replayer().replay_workflow(await case.fetch_history())


async def test_updates_by_the_program_are_refused(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    worked_on, case = await town.office.submit(1), await town.office.submit(2)
    await town.does(worked_on)
    stolen = await stolen_update(worked_on)
    other = replace(COMMAND, actor=replace(COMMAND.actor, code="ja-o2"))

    assert await town.update(case, VERB, COMMAND) == "PROOF_MISSING"
    assert await town.update(case, VERB, COMMAND, *header("nonsense")) == "PROOF_INVALID"
    assert await town.update(case, VERB, COMMAND, *header(stolen)) == "PROOF_OTHER_CASE"
    assert await town.update(worked_on, VERB, COMMAND, *header(stolen)) == "PROOF_REPLAYED"
    assert await town.update(worked_on, VERB, other, *header(stolen)) == "PROOF_OTHER_COMMAND"
    assert await town.update(worked_on, "accept", *STEPS[1][1:], *header(stolen)) == (
        "PROOF_OTHER_COMMAND"
    )

    async def an_hour_ago() -> datetime:
        return datetime.now(UTC) - timedelta(hours=1)

    late = Signing(town.trust.signer, lasts=timedelta(minutes=5), now=an_hour_ago)
    old = json.loads((await late.update(VERB, case.id, [COMMAND], "u-1"))[HEADER].data)
    by_id = ("--update-id", "u-1")
    assert await town.update(case, VERB, COMMAND, *header(old), *by_id) == "PROOF_STALE"

    said = capsys.readouterr().out
    assert said.count("proof_refused") >= 7, "a task that ran twice says it twice"
    assert case.id in said
    assert "张三" not in said
    assert await accepted(case) == ["submit"], "a refusal costs no event"
    assert (await town.does(case)).seq == 2
    await healthy(case)
    await healthy(worked_on)


async def test_signals_by_the_program_are_recorded_as_refused(town: Town) -> None:
    told, case = await town.office.submit(3), await town.office.submit(4)
    await told.signal("archive_arrived", ARRIVED)
    await town.does(told)
    stolen = await stolen_signal(told)
    for each in (told, case):
        await town.signal(each, ARRIVED)
        await town.forged_signal(each, ARRIVED, stolen)
    other = replace(ARRIVED, actor=replace(ARRIVED.actor, code="archive-2"))
    await town.forged_signal(told, other, stolen)
    query = f'WorkflowId IN ("{told.id}", "{case.id}")'
    await town.run(
        *("workflow", "signal", "--query", query, "--name", "archive_arrived", "--yes"),
        *("--reason", "batch", "--input", await town.written(ARRIVED)),
    )
    while (await town.refusals(case)).count("PROOF_MISSING") < 2:
        await asyncio.sleep(0.1)
    await town.does(case)
    assert await town.refusals(case) == ["PROOF_MISSING", "PROOF_OTHER_CASE", "PROOF_MISSING"]
    while len(await town.refusals(told)) < 4:
        await asyncio.sleep(0.1)
    assert sorted(await town.refusals(told)) == [
        "PROOF_MISSING",
        "PROOF_MISSING",
        "PROOF_OTHER_COMMAND",
        "PROOF_REPLAYED",
    ]
    await healthy(told)
    await healthy(case)


async def test_a_start_by_the_program_ends_before_anything_is_written(town: Town) -> None:
    start = town.office.opening(5)
    await town.run(
        *("workflow", "start", "--type", "Application", "--task-queue", TASK_QUEUE),
        *("--workflow-id", f"app.{start.case_no}", "--input", await town.written(start)),
    )
    handle = town.client.get_workflow_handle(f"app.{start.case_no}")
    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == "START_NOT_PROVED"
    async with town.sessions() as session:
        assert not await queries.timeline(session, start.case_no)


async def test_a_start_is_not_proved_by_following_one_that_failed(town: Town) -> None:
    start = town.office.opening(6)
    about = f"app.{start.case_no}"
    await town.run(
        *("workflow", "start", "--type", "Application", "--task-queue", TASK_QUEUE),
        *("--workflow-id", about, "--input", await town.written(start), "--cron", "@every 1s"),
    )
    failed = f'WorkflowId="{about}" AND ExecutionStatus="Failed"'
    while (await town.client.count_workflows(failed)).count < 2:
        await asyncio.sleep(0.1)
    await town.client.get_workflow_handle(about).terminate()
    async with town.sessions() as session:
        assert not await queries.timeline(session, start.case_no)


async def test_an_activity_by_the_program_is_refused(town: Town) -> None:
    order: Order = order_of(opening(local_date(datetime.now(UTC))), "by-hand")
    wanted: Any = ApplyOrder(order=order, approved_by=APPROVER, at=datetime.now(UTC))
    said = await town.run(
        *("activity", "execute", "--type", "orders.apply", "--activity-id", "by-hand"),
        *("--task-queue", TASK_QUEUE, "--start-to-close-timeout", "5s"),
        *("--input", await town.written(wanted)),
    )
    assert "ACTIVITY_WITHOUT_WORKFLOW" in said
