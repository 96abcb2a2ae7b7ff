"""Somebody leaves: from the next day on nothing of theirs is left behind."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from casework.domain.kinds.application.opening import StartApplication
from casework.domain.staff import ChangeStaff, Leave
from casework.domain.time.calendar import ONE_DAY, local_date, opening
from casework.messages.cases import Outcome, application_id, case_number
from casework.messages.orders import Approval, OrderStatus
from casework.messages.temporal import TASK_QUEUE
from casework.policy.staffing import of_files
from casework.store.models import StaffContacts
from casework.store.queries.staff import tasks_held_by
from casework.store.register.cases import state
from tests.workflows.conftest import Bench, Handle
from tests.workflows.ordering import (
    APPROVER,
    JINGAN,
    decide,
    order_of,
    propose,
    result,
    seeded,
)
from workers.starting import bring_in_staff


async def begun(bench: Bench, number: int) -> Handle:
    start: StartApplication = bench.backend.opening(number)
    start = replace(start, case_no=case_number(JINGAN, start.source, start.reference))
    handle: Handle = await bench.environment.client.start_workflow(
        "Application",
        start,
        id=application_id(start.case_no),
        task_queue=TASK_QUEUE,
        result_type=Outcome,
    )
    await bench.rest(handle)
    return handle


async def held(bench: Bench, handle: Handle) -> list[str]:
    async with bench.sessions() as session:
        case = await state(session, handle.id.split(".", 2)[2])
    assert case is not None
    return [task.holder for task in case.open_tasks]


def leaving(*people: str, last_on: date) -> ChangeStaff:
    return ChangeStaff(
        city="310000",
        district=JINGAN,
        leave=tuple(Leave(person=person, last_on=last_on) for person in people),
        reason="离岗",
    )


@pytest.mark.parametrize(("people", "heir"), [(("ja-o1",), "ja-o2"), (("ja-o1", "ja-o2"), "ja-s1")])
async def test_work_of_who_leaves_goes_to_who_stands_in(
    bench: Bench, people: tuple[str, ...], heir: str
) -> None:
    await seeded(bench.sessions)
    now = await bench.environment.get_current_time()
    await bring_in_staff(bench.sessions, of_files(), now)
    cases = await asyncio.gather(*(begun(bench, number) for number in range(1, 4)))
    assert [await held(bench, case) for case in cases] == [["ja-o1"]] * 3

    today = local_date(now)
    order = order_of(leaving(*people, last_on=today), "leave-1")
    client = bench.environment.client
    await propose(client, order)
    approved = await decide(client, order, Approval(actor=APPROVER))
    assert approved.status is OrderStatus.APPLIED
    assert [await held(bench, case) for case in cases] == [["ja-o1"]] * 3

    over = opening(today + ONE_DAY, "00:00") - now + timedelta(minutes=5)
    await bench.environment.sleep(over)
    done = await result(client, order)
    await bench.rest(*cases)
    assert (done.status, done.roused) == (OrderStatus.DONE, 3)
    for case in cases:
        assert await held(bench, case) == [heir]
        assert "absences_noted" in await bench.kinds(case)
    async with bench.sessions() as session:
        for person in people:
            assert await tasks_held_by(session, person) == ()
            contact = await session.get_one(StaffContacts, person)
            assert (contact.mail + contact.sms, contact.erased_by) == ("", order.no)


async def test_nobody_approves_their_own_proposal(bench: Bench) -> None:
    now = await bench.environment.get_current_time()
    await bring_in_staff(bench.sessions, of_files(), now)
    order = order_of(leaving("ja-o1", last_on=local_date(now)), "leave-2")
    await propose(bench.environment.client, order)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await decide(bench.environment.client, order, Approval(actor=order.proposed_by))
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "FOUR_EYES"
