"""Open work is handed on by order: each case once, with its reason, whatever fails on the way."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

import activities.telling
from bench.cases import DISTRICT, POSTS
from bench.cases import Office as Backend
from casework.domain.bounds import require_bounded
from casework.domain.case.commands import OrderedReassign
from casework.domain.orders import Order, Rebalance
from casework.domain.policy import Role
from casework.local.devstack import temporal_server
from casework.messages.cases import Receipt
from casework.messages.orders import Approval
from casework.messages.temporal import TASK_QUEUE
from casework.rehearsal.world import Office
from casework.security.proof.parts import Trust
from casework.store import queries
from casework.store.engine import Sessions
from casework.store.in_force.rebalancing import HANDINGS, HANDINGS_LIST, HandedCase
from casework.store.telling import Book
from casework.temporal import data_converter, register_search_attributes
from tests.examples import at_night
from tests.workflows.conftest import Handle
from tests.workflows.ordering import APPROVER, PROPOSER, decide, order_of, propose, result, seeded
from workers.main import create_worker

TRUST = Trust.new()
CASES = 6
A, B = POSTS[Role.OFFICER].holder, POSTS[Role.OFFICER].backup
LEVEL = Rebalance(district=DISTRICT, role=Role.OFFICER, person=A, reason="积压过多")


def number(handle: Handle) -> str:
    return handle.id.split(".", 2)[2]


@dataclass(frozen=True)
class Town:
    """A dev server on which cases sleep, and the office whose worker runs them."""

    client: Client
    office: Office
    sessions: Sessions

    def worker(self) -> Worker:
        return create_worker(self.client, self.office.parts, TRUST.verifier)

    async def cases(self) -> list[Handle]:
        backend = Backend(self.client, TASK_QUEUE, "levelling")
        return [await backend.submit(each) for each in range(CASES)]

    async def holders(self, handles: list[Handle]) -> Counter[str]:
        """Who holds how many of the officer's open tasks."""
        async with self.sessions() as session:
            states = [await queries.state(session, number(handle)) for handle in handles]
        return Counter(
            task.holder
            for case in states
            if case
            for task in case.open_tasks
            if task.role is Role.OFFICER
        )

    async def told(self, handles: list[Handle]) -> list[int]:
        """How often each was handed on."""
        async with self.sessions() as session:
            found = [await queries.timeline(session, number(each)) for each in handles]
        return [[event.kind for event in events].count("reassigned") for events in found]

    async def rows(self, order: Order) -> list[str]:
        async with self.sessions() as session:
            found = await HANDINGS.page(session, order.no, HANDINGS_LIST)
        return [row.outcome for row in found.rows]


@pytest.fixture
async def town(office: Office, sessions: Sessions) -> AsyncIterator[Town]:
    await seeded(sessions)
    async with temporal_server() as address:
        client = await Client.connect(
            address, data_converter=data_converter, interceptors=[TRUST.signing]
        )
        await register_search_attributes(client)
        yield Town(client, office, sessions)


@at_night
async def test_worker_that_dies_midway_is_followed_by_one_that_goes_on(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By day test_order_rousing, whose cases are told by the same lines."""
    order = order_of(LEVEL, "k-1")
    with monkeypatch.context() as broken:

        async def dying(*_: object) -> None:
            raise ConnectionResetError("killed")

        broken.setattr(Book, "note", dying)
        broken.setattr(activities.telling, "UPDATES", 2)
        async with town.worker():
            handles = await town.cases()
            before = await town.holders(handles)
            await propose(town.client, order)
            await decide(town.client, order, Approval(actor=APPROVER))
            while sum(await town.told(handles)) < 2:
                pass  # the first batch has been told, and its outcomes are never written
    assert before == {A: CASES}
    assert await town.rows(order) == ["waiting"] * (CASES // 2)
    async with town.worker():
        receipt = await result(town.client, order)
        assert (receipt.cases, receipt.done) == (CASES // 2, CASES // 2)
        assert await town.rows(order) == ["done"] * (CASES // 2)
        assert sorted(await town.told(handles)) == [0] * (CASES // 2) + [1] * (CASES // 2)
        assert await town.holders(handles) == {A: CASES // 2, B: CASES // 2}
        command = OrderedReassign(
            actor=PROPOSER, role=Role.OFFICER, to=B, reason="x", order=order.no, holder=A
        )
        assert await _refusal(handles[0], command) == "REBALANCE_BY_ORDER_ONLY"
        assert sum(await town.told(handles)) == CASES // 2


async def _refusal(handle: Handle, command: OrderedReassign) -> str:
    try:
        await handle.execute_update("reassign", command, result_type=Receipt)
    except WorkflowUpdateFailedError as error:
        assert isinstance(error.cause, ApplicationError)
        return error.cause.type or ""
    return ""


@pytest.mark.parametrize("length", [1, activities.rebalancing.LONGEST_REASON])
def test_a_case_takes_an_order_however_long_its_reason_is(length: int) -> None:
    content = Rebalance(district="310106", role=Role.OFFICER, reason="积" * length)
    require_bounded(content)
    who = "a" * 64
    case = HandedCase(
        case_no="310106-TEST-0000-0001",
        kind="application",
        role="officer",
        holder=who,
        receiver=who,
        tasks=1,
        weight=1,
        cap=0,
        why=f"负荷均衡：由 {who}（折算 8）转给 {who}（折算 0），60 人中最低",
        outcome="waiting",
        code="",
        at=None,
    )
    command = activities.rebalancing.command_of("ZL-1", content, case)
    require_bounded(command)
    assert command.reason.endswith(f"（{case.why}）")
