"""Floods of messages and waves of cases: nothing is stopped, and nothing is begun twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType, TimeoutType
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from bench import cost
from bench.cases import FILES, STEPS
from bench.cases import Office as Backend
from bench.service import Platform, now
from bench.stack import files, running_stack
from casework.domain.case.commands import Fault, ReceivedMaterial
from casework.domain.kinds.application.commands import (
    MaterialsReceived,
    PreReview,
    PreReviewOutcome,
    Withdraw,
)
from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.domain.policy import MaterialForm
from casework.local.devstack import temporal_server
from casework.messages.cases import Outcome, Receipt, application_id
from casework.messages.temporal import TASK_QUEUE, order_of_work
from casework.rehearsal.world import Office
from casework.security.proof.parts import Trust
from casework.settings import WORKFLOW_TASKS
from casework.store import queries
from casework.store.engine import Sessions
from casework.temporal import data_converter, register_search_attributes
from tests.examples import at_night, is_night
from workers.main import create_worker

TRUST = Trust.new()
LOOKS = 500
STRANGERS = 40
COLD = 300 if is_night() else 48
"""Six times what is worked on at once; with the SDK's own options all of it would be."""
TIMERS = 5_000
OFFICERS = 2
AT_ONCE = 100

Handle = WorkflowHandle[object, Outcome]


@dataclass(frozen=True)
class Flooded:
    """A dev server whose worker comes and goes."""

    client: Client
    office: Office
    sessions: Sessions

    @property
    def backend(self) -> Backend:
        return Backend(self.client, TASK_QUEUE, "flood")

    @property
    def platform(self) -> Platform:
        return Platform(client=self.client, task_queue=TASK_QUEUE, run="flood")

    def worker(self) -> Worker:
        return create_worker(self.client, self.office.parts, TRUST.verifier)

    async def burst(self, handle: Handle, signal: str, many: int) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one() -> None:
            async with gate:
                await handle.signal(signal)

        await asyncio.gather(*(one() for _ in range(many)))

    async def happened(self, workflow: str) -> Counter[int]:
        """How often each type of event stands in it; no task of it failed or overran its time."""
        history = await self.client.get_workflow_handle(workflow).fetch_history()
        for event in history.events:
            assert event.event_type != EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED, event
            # One that nobody took, because the worker who knew the case had left, was not begun.
            timed_out = event.workflow_task_timed_out_event_attributes
            assert timed_out.timeout_type != TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE, workflow
        return Counter(event.event_type for event in history.events)

    async def tasks(self, workflow: str) -> list[tuple[datetime, datetime]]:
        """When each task that was completed was begun and done."""
        history = await self.client.get_workflow_handle(workflow).fetch_history()
        at = {event.event_id: event.event_time.ToDatetime(UTC) for event in history.events}
        return [
            (
                at[event.workflow_task_completed_event_attributes.started_event_id],
                at[event.event_id],
            )
            for event in history.events
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
        ]

    async def started(self, workflow: str) -> None:
        """Return once the server has it."""
        while True:
            try:
                await self.client.get_workflow_handle(workflow).describe()
            except RPCError as error:
                assert error.status is RPCStatusCode.NOT_FOUND
                await asyncio.sleep(0.05)
            else:
                return

    async def kinds(self, case_no: str) -> list[str]:
        async with self.sessions() as session:
            return [event.kind for event in await queries.timeline(session, case_no)]


@pytest.fixture
async def flooded(office: Office, sessions: Sessions) -> AsyncIterator[Flooded]:
    async with temporal_server() as address:
        client = await Client.connect(
            address, data_converter=data_converter, interceptors=[TRUST.signing]
        )
        await register_search_attributes(client)
        yield Flooded(client, office, sessions)


async def test_one_look_serves_a_burst_of_them(flooded: Flooded) -> None:
    async with flooded.worker():
        handle = await flooded.backend.submit(1)
    before = await flooded.happened(handle.id)
    await flooded.burst(handle, "look_again", LOOKS)
    async with flooded.worker():
        receipt = await handle.execute_update(*STEPS[0], result_type=Receipt)
    after = await flooded.happened(handle.id)
    assert receipt.stage == "ready"
    assert after[EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED] == LOOKS
    marker = EventType.EVENT_TYPE_MARKER_RECORDED
    assert after[marker] - before[marker] <= 6, "one look, one more for all that came, one entry"


async def test_a_burst_of_what_nobody_knows_is_recorded_one_by_one(flooded: Flooded) -> None:
    async with flooded.worker():
        handle = await flooded.backend.submit(1)
    before = await flooded.happened(handle.id)
    await flooded.burst(handle, "no_such_signal", STRANGERS)
    case_no = flooded.backend.opening(1).case_no
    async with flooded.worker():
        receipt = await handle.execute_update(*STEPS[0], result_type=Receipt)
        assert receipt.stage == "ready", "an officer need not wait for all of them"
        async with asyncio.timeout(100):
            while (await flooded.kinds(case_no)).count("message_refused") < STRANGERS:
                await asyncio.sleep(0.1)
    after = await flooded.happened(handle.id)
    marker = EventType.EVENT_TYPE_MARKER_RECORDED
    assert after[marker] - before[marker] >= STRANGERS, "no task had two of them to do"


@pytest.mark.parametrize("facts", [1, 3])
async def test_an_act_follows_the_facts_that_came_before_it(flooded: Flooded, facts: int) -> None:
    """A file sent before the next pre-review, and again before a withdrawal, counts for both."""
    (pre_review, passed), officer = STEPS[0], STEPS[0][1].actor
    file = ReceivedMaterial(code=FILES[0], form=MaterialForm.ELECTRONIC)
    came = MaterialsReceived(actor=officer, materials=(file,))
    fault = Fault(code="ILLEGIBLE", about=FILES[0], text="扫描件不清晰")
    faulty = PreReview(actor=officer, outcome=PreReviewOutcome.FAULTY, faults=(fault,))
    withdrawal = Withdraw(actor=officer, reason="另行申报")
    async with flooded.worker():
        handle = await flooded.backend.submit(1)
        await handle.execute_update(pre_review, faulty, result_type=Receipt)
    for verb, command in ((pre_review, passed), ("withdraw", withdrawal)):
        for _ in range(facts):  # no worker is there: all of it comes in one task, in this order
            await handle.signal("materials_received", came)
        act = asyncio.create_task(handle.execute_update(verb, command, result_type=Receipt))
        async with flooded.worker():
            receipt = await act
    async with flooded.worker():
        outcome = await handle.result()
    assert (outcome.stage, outcome.seq) == (receipt.stage, receipt.seq)
    kinds = await flooded.kinds(flooded.backend.opening(1).case_no)
    assert kinds.count("supplement_received") + kinds.count("materials_arrived") == 2 * facts
    assert "papers_came_late" not in kinds


async def test_a_cold_wave_overruns_no_task_while_officers_work(flooded: Flooded) -> None:
    """All that waits for a worker is begun at once, by one that knows none of it."""
    cycles = [flooded.platform.talent(f"cold-{number}", now()) for number in range(COLD)]
    for cycle in cycles:
        await flooded.client.start_workflow(
            "ServiceCycle",
            cycle,
            id=workflow_id(CaseKind.TALENT_CYCLE, cycle.case_no),
            task_queue=TASK_QUEUE,
            priority=order_of_work(CaseKind.TALENT_CYCLE),
        )
    numbers = range(1, OFFICERS + 1)

    async def officer(number: int) -> None:
        handle = await flooded.backend.submit(number)
        for verb, command in STEPS[:2]:
            await handle.execute_update(verb, command, result_type=Receipt)

    async def all_begun() -> None:
        for cycle in cycles:
            while not await flooded.kinds(cycle.case_no):
                await asyncio.sleep(0.2)

    opened = [application_id(flooded.backend.opening(number).case_no) for number in numbers]
    officers = [asyncio.create_task(officer(number)) for number in numbers]
    for each in opened:  # they wait behind all cycles, before there is a worker
        await flooded.started(each)
    async with flooded.worker():
        await asyncio.gather(all_begun(), *officers)
    slept = [workflow_id(CaseKind.TALENT_CYCLE, cycle.case_no) for cycle in cycles]
    for each in (*opened, *slept):
        await flooded.happened(each)
    spans = [span for each in slept for span in await flooded.tasks(each)]
    wave = max(end for _, end in spans) - min(begin for begin, _ in spans)
    longest = max(end - begin for begin, end in spans)
    assert longest < wave / 2, "no more are begun at once than can be done soon"
    for each in opened:
        begun = (await flooded.tasks(each))[0][0]
        before = [other for other in slept if (await flooded.tasks(other))[0][0] < begun]
        assert len(before) < COLD / 2, "what an officer opens goes before cycles that wait"


@at_night
@pytest.mark.timeout(0)
async def test_five_thousand_timers_fire_at_once() -> None:
    """In processes, as in production; by day forty-eight cases begin at once, and nobody dies.

    The same sleepers wake twice, from copies of the files: it takes longest to open them.
    """
    with files() as folder:
        async with running_stack(folder) as plain, cost.sealed(plain) as stack:
            cases = await cost.put_to_sleep(stack, "night", TIMERS)
        for kill in (False, True):
            with files() as scene:
                await copied(folder, scene)
                async with running_stack(scene) as plain, cost.sealed(plain) as stack:
                    found = await cost.wave(stack, f"night-{kill}", cases, kill=kill)
            assert found.cold_twice == 0, "no notice is decided twice"
            left = WORKFLOW_TASKS if kill else 0
            assert found.cold_overrun <= left, "only of the worker that died"
            whole = TIMERS / found.cold_per_s
            assert found.officer_wave_p99_s < whole / 2, "cycles let applications pass"


async def copied(folder: Path, to: Path) -> None:
    """With owners and modes: PostgreSQL takes no files of anybody else."""
    copy = await asyncio.create_subprocess_exec("cp", "-a", f"{folder}/.", str(to))
    assert await copy.wait() == 0
