"""A closed case sleeps until nobody can take its closing back, and is reached by all until then."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from casework.domain.case.commands import (
    ProposeTakingBack,
    ReceivedMaterial,
    SettleLatePapers,
    TakeBack,
)
from casework.domain.case.facts import Actor
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import MaterialsReceived, NotAccept
from casework.domain.policy import MaterialForm, Role
from casework.messages.cases import Receipt
from casework.store.register.rebuild import rebuild
from casework.store.sealing.erasure import erase
from casework.temporal import CaseStage
from tests.workflows.conftest import REST, Bench, Handle
from tests.workflows.handed_on import hand_on
from tests.workflows.test_application import OFFICER, state

HEAD = Actor(code="ja-h1", role=Role.HEAD, district="310106")
WHY = "误点不予受理"


async def closed(bench: Bench) -> Handle:
    handle = await bench.backend.submit(1)
    command = NotAccept(actor=OFFICER, reason="误点", right_authority="某区人才服务中心")
    await handle.execute_update("not_accept", command, result_type=Receipt)
    return handle


async def is_over(handle: Handle) -> bool:
    history = await handle.fetch_history()
    return history.events[-1].HasField("workflow_execution_completed_event_attributes")


async def take_back(handle: Handle) -> Receipt:
    asked = ProposeTakingBack(actor=OFFICER, reason=WHY)
    await handle.execute_update("propose_taking_back", asked, result_type=Receipt)
    granted = TakeBack(actor=HEAD, reason="确系误办结")
    receipt: Receipt = await handle.execute_update("take_back", granted, result_type=Receipt)
    return receipt


async def test_taken_back_after_a_month_it_goes_on_where_it_was(bench: Bench) -> None:
    handle = await closed(bench)
    case_no = bench.backend.opening(1).case_no
    await bench.environment.sleep(timedelta(days=30))
    assert (await state(bench, case_no)).closed_at is not None
    assert (await take_back(handle)).stage == "pre_review"
    case = await state(bench, case_no)
    assert case.closed_at is None
    assert [task.kind for task in case.open_tasks] == [TaskKind.PRE_REVIEW]
    assert (await handle.describe()).typed_search_attributes[CaseStage] == "预审"
    report = await rebuild(bench.sessions, case_no, write=False)
    assert report.differences == (), "the rows are those that the events lead to"


async def test_when_the_time_has_run_out_the_run_ends_by_itself(bench: Bench) -> None:
    handle = await closed(bench)
    await bench.environment.sleep(timedelta(days=59))
    assert not await is_over(handle)
    await bench.environment.sleep(timedelta(days=3))
    outcome = await asyncio.wait_for(handle.result(), REST.total_seconds())
    assert outcome.stage == "not_accepted"
    assert (await bench.kinds(handle))[-1] == "not_accepted", "nothing happens to it any more"


async def test_a_closed_run_that_goes_on_anew_can_still_be_taken_back(bench: Bench) -> None:
    first = await closed(bench)
    opening = bench.backend.opening(1)
    case = await state(bench, opening.case_no)
    await first.terminate()
    handle = await hand_on(bench, replace(opening, resumed=case, applicant=None))
    assert (await take_back(handle)).stage == "pre_review"


async def test_papers_after_the_closing_wait_for_the_officer_beyond_its_time(bench: Bench) -> None:
    handle = await closed(bench)
    papers = MaterialsReceived(
        actor=OFFICER,
        materials=(ReceivedMaterial(code="sealed_copies", form=MaterialForm.PAPER),),
    )
    await handle.execute_update("materials_received", papers, result_type=Receipt)
    await bench.environment.sleep(timedelta(days=70))
    assert not await is_over(handle)
    (task,) = (await state(bench, bench.backend.opening(1).case_no)).open_tasks
    late = TakeBack(actor=HEAD, reason=WHY)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update("take_back", late, result_type=Receipt)
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "TAKE_BACK_TOO_LATE"
    settled = SettleLatePapers(actor=OFFICER, task=task.id, reason="已退回")
    await handle.execute_update("settle_late_papers", settled, result_type=Receipt)
    assert (await handle.result()).stage == "not_accepted"


async def test_nobody_is_erased_whose_case_may_open_again(bench: Bench) -> None:
    await closed(bench)
    case_no = bench.backend.opening(1).case_no
    at = await bench.environment.get_current_time()
    async with bench.sessions() as session:
        with pytest.raises(DomainError, match="可以撤销更正") as refused:
            await erase(session, case_no, by="sh-u1", reason="申请", basis="第四十七条", at=at)
    assert refused.value.code == "OPEN_CASES"
