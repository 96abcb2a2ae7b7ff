"""Orders as the API gives them, for tests: who proposes, who approves, what the calendar says."""

from dataclasses import replace
from datetime import date

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from casework.domain.case.facts import Actor
from casework.domain.orders import Content, OpenSuspension, Order, Reach, Scope
from casework.domain.policy import Role
from casework.messages.orders import (
    WORKFLOW,
    Approval,
    OrderReceipt,
    Proposal,
    Rejection,
    StartOrder,
    order_id,
    order_number,
)
from casework.messages.temporal import TASK_QUEUE
from casework.policy.calendars import load_calendar
from casework.store.engine import Sessions
from casework.store.in_force import seed

JINGAN = "310106"
PROPOSER = Actor(code="ja-s1", role=Role.SUPERVISOR, district=JINGAN)
APPROVER = Actor(code="sh-u1", role=Role.SUPERIOR)
TODAY = date(2026, 9, 1)


async def seeded(sessions: Sessions) -> None:
    """The calendar in the register, as a worker brings it there when it starts."""
    async with sessions.begin() as session:
        await seed(session, load_calendar(), ())


def opening(first_on: date, **changed: object) -> OpenSuspension:
    plain = OpenSuspension(
        reach=Reach(scope=Scope.DISTRICT, key=JINGAN),
        first_on=first_on,
        reason="封控管理",
        basis="区防控办通告",
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


def order_of(content: Content, key: str) -> Order:
    return Order(no=order_number(PROPOSER.code, key), content=content, proposed_by=PROPOSER)


async def propose(client: Client, order: Order, **more: object) -> OrderReceipt:
    start = StartOrder(order=order, district=JINGAN, **more)  # type: ignore[arg-type]
    operation: WithStartWorkflowOperation[object, OrderReceipt] = WithStartWorkflowOperation(
        WORKFLOW,
        start,
        id=order_id(order.no),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
    )
    receipt: OrderReceipt = await client.execute_update_with_start_workflow(
        "propose",
        Proposal(content=order.content),
        start_workflow_operation=operation,
        result_type=OrderReceipt,
    )
    return receipt


async def decide(client: Client, order: Order, decision: Approval | Rejection) -> OrderReceipt:
    name = "approve" if isinstance(decision, Approval) else "reject"
    handle = client.get_workflow_handle(order_id(order.no))
    receipt: OrderReceipt = await handle.execute_update(name, decision, result_type=OrderReceipt)
    return receipt


async def result(client: Client, order: Order) -> OrderReceipt:
    handle = client.get_workflow_handle(order_id(order.no), result_type=OrderReceipt)
    receipt: OrderReceipt = await handle.result()
    return receipt
