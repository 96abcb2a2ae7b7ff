"""Orders: two people, one transaction, and what becomes of those that nobody wants."""

from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from casework.domain.case.facts import Actor
from casework.domain.orders import ImportCalendar, LiftSuspension, Order
from casework.domain.policy import Role
from casework.messages.orders import Approval, OrderStatus, Rejection, order_id
from casework.messages.outreach import outreach_id
from casework.policy.calendars import load_calendar
from casework.store.engine import Sessions
from casework.store.in_force import find_order, list_suspensions, read_calendar
from tests.workflows.conftest import Bench
from tests.workflows.ordering import (
    APPROVER,
    JINGAN,
    PROPOSER,
    TODAY,
    decide,
    opening,
    order_of,
    propose,
    result,
    seeded,
)


@pytest.fixture(autouse=True)
async def _calendar(sessions: Sessions) -> None:
    await seeded(sessions)


async def refusal(client: Client, order: Order, decision: Approval | Rejection) -> str:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await decide(client, order, decision)
    assert isinstance(refused.value.cause, ApplicationError)
    return str(refused.value.cause.type)


async def booked(bench: Bench, order: Order) -> tuple[str, str]:
    async with bench.sessions() as session:
        found = await find_order(session, order.no)
    assert found is not None
    return found.status, found.decided_by


async def in_force(bench: Bench) -> list[str]:
    async with bench.sessions() as session:
        return [each.id for each in await list_suspensions(session, JINGAN, None)]


async def test_order_is_in_force_when_another_person_has_approved_it(bench: Bench) -> None:
    client, order = bench.environment.client, order_of(opening(TODAY), "k-1")
    proposed = await propose(client, order)
    assert (proposed.no, proposed.status) == (order.no, OrderStatus.PROPOSED)
    assert await booked(bench, order) == ("proposed", "")
    assert await refusal(client, order, Approval(actor=PROPOSER)) == "FOUR_EYES"
    officer = Actor(code="ja-o1", role=Role.OFFICER, district=JINGAN)
    assert await refusal(client, order, Approval(actor=officer)) == "ROLE_NOT_ALLOWED"
    assert await in_force(bench) == []

    approved = await decide(client, order, Approval(actor=APPROVER, reason="情况属实"))
    assert approved.status is OrderStatus.APPLIED
    assert approved.version is not None
    assert await in_force(bench) == [order.no], "read your writes"
    assert (await result(client, order)).status is OrderStatus.DONE
    assert await booked(bench, order) == ("done", "sh-u1")


async def test_rejected_order_changes_nothing(bench: Bench) -> None:
    client, order = bench.environment.client, order_of(opening(TODAY), "k-1")
    await propose(client, order)
    assert await refusal(client, order, Rejection(actor=APPROVER, reason=" ")) == "FIELD_REQUIRED"
    rejected = await decide(client, order, Rejection(actor=APPROVER, reason="依据不足"))
    assert (rejected.status, rejected.reason) == (OrderStatus.REJECTED, "")
    assert (await result(client, order)).version is None
    assert await booked(bench, order) == ("rejected", "sh-u1")
    assert await in_force(bench) == []


async def test_order_that_nobody_decides_lapses_after_a_week(bench: Bench) -> None:
    client, order = bench.environment.client, order_of(opening(TODAY), "k-1")
    await propose(client, order)
    await bench.environment.sleep(timedelta(days=6, hours=23))
    assert await booked(bench, order) == ("proposed", "")
    await bench.environment.sleep(timedelta(hours=2))
    assert (await result(client, order)).status is OrderStatus.LAPSED
    assert await booked(bench, order) == ("lapsed", "")
    assert await in_force(bench) == []


async def test_order_that_cannot_be_applied_tells_the_approver_why(bench: Bench) -> None:
    unknown = LiftSuspension(suspension="ZL-0000-0000-0000", lifted_on=TODAY, reason="恢复正常办公")
    client, order = bench.environment.client, order_of(unknown, "k-1")
    await propose(client, order)
    assert await refusal(client, order, Approval(actor=APPROVER)) == "SUSPENSION_UNKNOWN"
    ended = await result(client, order)
    assert (ended.status, ended.refusal) == (OrderStatus.REFUSED, "SUSPENSION_UNKNOWN")
    assert await booked(bench, order) == ("refused", "sh-u1")


async def test_same_proposal_is_the_same_order_and_another_is_refused(bench: Bench) -> None:
    client, order = bench.environment.client, order_of(opening(TODAY), "k-1")
    first = await propose(client, order)
    assert await propose(client, order) == first
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await propose(client, order_of(opening(TODAY, reason="另一理由"), "k-1"))
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "KEY_REUSED"


async def test_request_to_cancel_leaves_the_order_open(bench: Bench) -> None:
    client, order = bench.environment.client, order_of(opening(TODAY), "k-1")
    await propose(client, order)
    await client.get_workflow_handle(order_id(order.no)).cancel()
    approved = await decide(client, order, Approval(actor=APPROVER))
    assert approved.status is OrderStatus.APPLIED


async def test_public_notice_is_in_force_with_its_proposal(bench: Bench) -> None:
    year = replace(load_calendar().year(2030), notice="2030年通知", provisional=False)
    client, order = bench.environment.client, order_of(ImportCalendar(year=year), "k-1")
    receipt = await propose(client, order, approved=True)
    assert receipt.status in {OrderStatus.APPLIED, OrderStatus.DONE}
    async with bench.sessions() as session:
        calendar, _ = await read_calendar(session)
    assert calendar.year(2030).notice == "2030年通知"
    await result(client, order)
    assert await booked(bench, order) == ("done", "ja-s1")


async def test_nothing_else_is_approved_with_its_proposal(bench: Bench) -> None:
    client, order = bench.environment.client, order_of(opening(TODAY), "k-1")
    receipt = await propose(client, order, approved=True)
    assert receipt.status is OrderStatus.PROPOSED
    assert await refusal(client, order, Approval(actor=PROPOSER)) == "FOUR_EYES"
    assert await in_force(bench) == []


async def test_what_people_are_to_be_told_is_told_by_an_outreach(bench: Bench) -> None:
    content = opening(TODAY, outreach="窗口暂停，请改用线上办理")
    client, order = bench.environment.client, order_of(content, "k-1")
    await propose(client, order)
    await decide(client, order, Approval(actor=APPROVER))
    await result(client, order)
    outreach = await client.get_workflow_handle(outreach_id(order.no)).describe()
    assert outreach.workflow_type == "Outreach"
    quiet = order_of(opening(TODAY), "k-2")
    await propose(client, quiet)
    await decide(client, quiet, Approval(actor=APPROVER))
    await result(client, quiet)
    with pytest.raises(RPCError):
        await client.get_workflow_handle(outreach_id(quiet.no)).describe()
