"""Cases armed too late are told to look again: each once, whatever fails on the way."""

import asyncio
import shutil
import sysconfig
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import activities.orders
from activities.orders import OrderActivities
from bench.cases import STEPS
from bench.cases import Office as Backend
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.orders import LiftSuspension, Order
from casework.domain.time.calendar import ZONE
from casework.domain.time.clock import Stopped
from casework.local.devstack import temporal_server
from casework.messages.cases import Receipt, application_id
from casework.messages.orders import Approval, order_id
from casework.messages.temporal import TASK_QUEUE
from casework.rehearsal.world import Office
from casework.security.proof.parts import Trust
from casework.store.engine import Sessions
from casework.store.in_force import count_armed_late
from casework.store.models import Receipts
from casework.store.telling import Book
from casework.temporal import data_converter, register_search_attributes
from tests.examples import at_night
from tests.workflows.ordering import APPROVER, decide, opening, order_of, propose, result, seeded
from workers.main import create_worker

TRUST = Trust.new()
CASES = 7
EARLY = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=30")
TODAY = datetime.now(UTC).astimezone(ZONE).date()
CLOSED = order_of(opening(TODAY - timedelta(days=1), clocks=Stopped.BOTH), "k-1")
REOPENED = order_of(
    LiftSuspension(suspension=CLOSED.no, lifted_on=TODAY, reason="恢复正常办公"), "k-2"
)


class OldBackend(Backend):
    """Opens cases as before there were orders: they do not look, until they are told to."""

    def opening(self, number: int) -> StartApplication:
        return replace(super().opening(number), in_force=None)


@dataclass(frozen=True)
class Town:
    """A dev server on which cases sleep, and the office whose worker runs them."""

    client: Client
    office: Office
    sessions: Sessions

    def worker(self, orders: OrderActivities | None = None) -> Worker:
        """A worker; with ``orders`` it speaks to the register by these."""
        parts = replace(self.office.parts, orders=orders or self.office.parts.orders)
        return create_worker(self.client, parts, TRUST.verifier)

    async def cases(self) -> list[str]:
        """Accepted cases of before there were orders: the first one has to rouse each of them."""
        backend = OldBackend(self.client, TASK_QUEUE, "rousing")
        handles = [await backend.submit(number) for number in range(CASES)]
        for handle in handles:
            for verb, command in STEPS[:2]:
                await handle.execute_update(verb, command, result_type=Receipt)
        return sorted(handle.id.split(".", 2)[2] for handle in handles)

    async def ordered(self, order: Order) -> None:
        """Bring an order into force; who was armed too late is roused after this."""
        await propose(self.client, order)
        await decide(self.client, order, Approval(actor=APPROVER))

    async def receipts(self, order: Order) -> list[tuple[str, str]]:
        query = select(Receipts.case_no, Receipts.outcome).where(Receipts.order_no == order.no)
        async with self.sessions() as session:
            found = await session.execute(query.order_by(Receipts.case_no))
            return [(case_no, outcome) for case_no, outcome in found]

    async def noted(self) -> None:
        """Return once each case that was told has looked; none is armed too late then."""
        while await self.late():
            await asyncio.sleep(0.05)

    async def late(self) -> int:
        async with self.sessions() as session:
            return await count_armed_late(session)

    async def times_told(self, case_no: str) -> int:
        history = await self.client.get_workflow_handle(application_id(case_no)).fetch_history()
        return sum(
            event.workflow_execution_signaled_event_attributes.signal_name == "look_again"
            for event in history.events
        )


@pytest.fixture
async def town(office: Office, sessions: Sessions) -> AsyncIterator[Town]:
    await seeded(sessions)
    async with temporal_server() as address:
        client = await Client.connect(
            address, data_converter=data_converter, interceptors=[TRUST.signing]
        )
        await register_search_attributes(client)
        yield Town(client, office, sessions)


@pytest.fixture
async def forgetful(office: Office, sessions: Sessions) -> AsyncIterator[Town]:
    """The same, on a server that soon asks workflows to continue as new."""
    await seeded(sessions)
    async with await WorkflowEnvironment.start_local(
        data_converter=data_converter,
        interceptors=[TRUST.signing],
        dev_server_existing_path=shutil.which("temporal", path=sysconfig.get_path("scripts")),
        dev_server_extra_args=EARLY,
    ) as environment:
        await register_search_attributes(environment.client)
        yield Town(environment.client, office, sessions)


async def test_each_case_is_told_once_and_is_not_late_any_more(town: Town) -> None:
    async with town.worker():
        cases = await town.cases()
        await town.ordered(CLOSED)
        assert (await result(town.client, CLOSED)).roused == CASES
        await town.noted()
        await town.ordered(REOPENED)
        assert (await result(town.client, REOPENED)).roused == CASES
        for order in (CLOSED, REOPENED):
            assert await town.receipts(order) == [(case, "signalled") for case in cases]
        for case in cases:
            assert await town.times_told(case) == 2
        await town.noted()


async def test_case_without_a_workflow_gets_a_receipt_too(town: Town) -> None:
    async with town.worker():
        gone, *cases = await town.cases()
        await town.client.get_workflow_handle(application_id(gone)).terminate()
        await town.ordered(CLOSED)
        receipt = await result(town.client, CLOSED)
        assert await town.receipts(CLOSED) == [
            (gone, "gone"),
            *((case, "signalled") for case in cases),
        ]
        assert receipt.roused == len(cases)


@at_night
async def test_lost_receipts_and_repeats_tell_nobody_twice(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By day test_policy_moving, whose cases are told by the same lines."""
    failures, note = iter(range(2)), Book.note

    async def failing(*arguments: Any) -> None:
        if next(failures, None) is not None:
            raise ConnectionResetError("the register went away")
        await note(*arguments)

    monkeypatch.setattr(Book, "note", failing)
    monkeypatch.setattr(activities.orders, "BATCH", 2)
    monkeypatch.setattr(activities.orders, "MOST_AT_ONCE", 4)
    async with town.worker():
        cases = await town.cases()
        await town.ordered(CLOSED)
        assert (await result(town.client, CLOSED)).roused == CASES
        assert await town.receipts(CLOSED) == [(case, "signalled") for case in cases]
        for case in cases:
            assert await town.times_told(case) == 1


async def test_worker_that_dies_after_applying_is_followed_by_one_that_goes_on(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dying(*_: object) -> None:
        raise ConnectionResetError("killed")

    with monkeypatch.context() as broken:  # until the worker has stopped
        broken.setattr(activities.orders, "claim_late", dying)
        async with town.worker():
            cases = await town.cases()
            await town.ordered(CLOSED)
    assert await town.receipts(CLOSED) == []
    assert await town.late() == CASES
    async with town.worker():
        await result(town.client, CLOSED)
        assert await town.receipts(CLOSED) == [(case, "signalled") for case in cases]
        await town.noted()


@at_night
async def test_many_rounds_continue_as_new_and_tell_nobody_twice(
    forgetful: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By day test_policy_moving, whose cases are told by the same lines."""
    town = forgetful
    monkeypatch.setattr(activities.orders, "BATCH", 1)
    monkeypatch.setattr(activities.orders, "MOST_AT_ONCE", 1)
    async with town.worker():
        cases = await town.cases()
        await town.ordered(CLOSED)
        ended = await result(town.client, CLOSED)
        runs = [
            run async for run in town.client.list_workflows(f'WorkflowId="{order_id(CLOSED.no)}"')
        ]
    assert len(runs) > 1, "the history was never long enough"
    assert (ended.roused, ended.decided_by) == (CASES, APPROVER.code)
    assert await town.receipts(CLOSED) == [(case, "signalled") for case in cases]
