"""What the workflow adds to the rules: recording, effects, attributes, long life."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.common import SearchAttributeUpdate
from temporalio.exceptions import ApplicationError

from bench.cases import STEPS
from casework.domain.case.commands import CorrectAddress, ResolveTrouble
from casework.domain.case.facts import Actor
from casework.domain.case.opening import Route
from casework.domain.kinds.application.commands import (
    ConsentGreen,
    OfferDeferral,
    RequestGreen,
    Withdraw,
)
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.application.state import Application
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.messages.cases import Outcome, Receipt, application_id, case_number
from casework.messages.temporal import TASK_QUEUE
from casework.store import queries
from casework.store.models import CreditRecords
from casework.store.queries.disclosure import parties_in_clear
from casework.temporal import Card, CaseStage, DueOn, GreenChannel, Holder
from tests.domain.desk import open_desk
from tests.workflows.conftest import Bench, Handle
from tests.workflows.handed_on import hand_on
from workflows.attributes import Attributes

OFFICER = Actor(code="ja-o1", role=Role.OFFICER, district="310106")


async def start(bench: Bench, opening: StartApplication) -> Handle:
    handle: Handle = await bench.environment.client.start_workflow(
        "Application",
        opening,
        id=application_id(opening.case_no),
        task_queue=TASK_QUEUE,
        result_type=Outcome,
    )
    return handle


async def state(bench: Bench, case_no: str) -> Application:
    async with bench.sessions() as session:
        found = await queries.state(session, case_no)
    assert isinstance(found, Application)
    return found


async def test_web_ui_shows_stage_holder_and_due_date(bench: Bench) -> None:
    handle = await bench.backend.submit(1)
    shown = (await handle.describe()).typed_search_attributes
    assert shown[CaseStage] == "预审"
    assert shown[Card] == "none"
    assert shown[Holder] == "ja-o1"
    assert shown[DueOn] is not None
    await handle.execute_update(*STEPS[0], result_type=Receipt)
    assert (await handle.describe()).typed_search_attributes[CaseStage] == "待受理"


def test_a_run_that_goes_on_unsets_what_stands_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[SearchAttributeUpdate[Any]] = []
    monkeypatch.setattr(workflow, "upsert_search_attributes", sent.extend)
    desk = open_desk()
    case = replace(desk.case, tasks=())  # nobody is next any more
    Attributes().show(case, desk.calendar, local_date(desk.now))
    assert Holder not in {each.key for each in sent}
    sent.clear()
    Attributes(goes_on=True).show(case, desk.calendar, local_date(desk.now))
    assert {each.key: each.value for each in sent}[Holder] is None


async def test_green_channel_goes_first_and_ends_with_the_decision(bench: Bench) -> None:
    handle = await bench.backend.submit(1)
    await handle.execute_update(
        "request_green",
        RequestGreen(
            actor=OFFICER,
            reason_code="school",
            cause="封控",
            evidence=("加急申请", "情况说明"),
        ),
        result_type=Receipt,
    )
    own = ConsentGreen(actor=OFFICER, granted=True)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update("consent_green", own, result_type=Receipt)
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "FOUR_EYES"
    other = replace(own, actor=replace(OFFICER, code="ja-o2"))
    await handle.execute_update("consent_green", other, result_type=Receipt)
    assert (await handle.describe()).typed_search_attributes[GreenChannel] is True
    for verb, command in STEPS:
        await handle.execute_update(verb, command, result_type=Receipt)
    await handle.result()
    assert "green_ended" in await bench.kinds(handle)
    history = await handle.fetch_history()
    scheduled = [
        event.activity_task_scheduled_event_attributes
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    by_kind = {a.activity_type.name: a.priority.priority_key for a in scheduled}
    assert by_kind["departments.report_up"] == 1
    assert scheduled[-1].priority.priority_key == 3, "the result notice is ordinary again"


async def test_refused_notice_becomes_a_task_and_keeps_the_case_open(bench: Bench) -> None:
    opening = bench.backend.opening(1)
    handle = await start(
        bench, replace(opening, routes=(Route(recipient="employer", channel="mail"),))
    )
    for verb, command in STEPS:
        await handle.execute_update(verb, command, result_type=Receipt)
    while "trouble_met" not in await bench.kinds(handle):
        await bench.environment.sleep(timedelta(seconds=1))
    case = await state(bench, opening.case_no)
    assert {task.about for task in case.open_tasks} == {"notice:NoticeRefused"}
    while len((await state(bench, opening.case_no)).open_tasks) < 2:
        await bench.environment.sleep(timedelta(seconds=1))
    for task in (await state(bench, opening.case_no)).open_tasks:
        resolve = ResolveTrouble(actor=OFFICER, task=task.id, reason="已电话告知")
        await handle.execute_update("resolve_trouble", resolve, result_type=Receipt)
    assert (await handle.result()).stage == "archived"


async def test_a_refused_letter_goes_by_the_next_way_and_the_others_are_told(bench: Bench) -> None:
    opening = bench.backend.opening(1)
    ways = [("employer", "mail"), ("applicant", "sms"), ("applicant", "mail")]
    every = tuple(Route(recipient=who, channel=channel) for who, channel in ways)
    handle = await start(bench, replace(opening, routes=every[:2], reachable=every))
    for verb, command in STEPS:
        await handle.execute_update(verb, command, result_type=Receipt)
    while len((await state(bench, opening.case_no)).open_tasks) < 2:
        await bench.environment.sleep(timedelta(seconds=1))
    async with bench.sessions() as session:
        told = await queries.notices(session, opening.case_no)
    # The employer has no address, the applicant no telephone; the one that is left is used.
    assert {(each.recipient, each.channel, each.status) for each in told} == {
        ("employer", "mail", "refused"),
        ("applicant", "sms", "refused"),
        ("applicant", "mail", "sent"),
    }


async def test_a_corrected_address_is_used_from_then_on_and_stands_in_no_event(
    bench: Bench,
) -> None:
    handle = await bench.backend.submit(1)
    correct = CorrectAddress(
        actor=OFFICER, party="applicant", reason="更换手机", phone="13911112222", told_by="sms"
    )
    await handle.execute_update("correct_address", correct, result_type=Receipt)
    case_no = bench.backend.opening(1).case_no
    withdraw = Withdraw(actor=OFFICER, reason="另行申报")
    await handle.execute_update("withdraw", withdraw, result_type=Receipt)
    await handle.result()
    async with bench.sessions() as session:
        view = await queries.case_view(session, case_no)
        events = await queries.timeline(session, case_no)
        reached = await parties_in_clear(session, case_no)
    assert view is not None
    assert [(each.channel, each.status) for each in view.notices] == [("sms", "sent")]
    by_role = {each.role: each for each in reached}
    assert (by_role["applicant"].email, by_role["applicant"].phone) == ("", "13911112222")
    assert by_role["applicant"].name
    (told,) = (each for each in events if each.kind == "address_corrected")
    assert told.body["ways"] == ["sms"]
    assert "13911112222" not in str(events)


async def test_case_resumed_from_its_state_goes_on_where_it_was(bench: Bench) -> None:
    first = await bench.backend.submit(1)
    await first.execute_update(*STEPS[0], result_type=Receipt)
    opening = bench.backend.opening(1)
    case = await state(bench, opening.case_no)
    await first.terminate()
    handle = await hand_on(bench, replace(opening, resumed=case, applicant=None))
    for verb, command in STEPS[1:]:
        await handle.execute_update(verb, command, result_type=Receipt)
    outcome = await handle.result()
    assert outcome.stage == "archived"
    assert (await bench.kinds(handle))[:3] == ["submitted", "pre_review_passed", "accepted"]


async def test_nobody_begins_a_case_in_the_middle(bench: Bench) -> None:
    """A state of one's own choice would have been through no review, and names whom it likes."""
    first = await bench.backend.submit(1)
    opening = bench.backend.opening(1)
    case = await state(bench, opening.case_no)
    await first.terminate()
    handle = await start(bench, replace(opening, resumed=case, applicant=None))
    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()
    assert isinstance(failed.value.cause, ApplicationError)
    assert (failed.value.cause.type, failed.value.cause.details[0]) == (
        "START_NOT_PROVED",
        "START_RESUMES",
    )
    assert await bench.kinds(handle) == ["submitted"]


async def test_unrepaired_breach_bars_the_applicant_from_deferral(bench: Bench) -> None:
    handle = await bench.backend.submit(1)
    opening = bench.backend.opening(1)
    async with bench.sessions.begin() as session:
        session.add(
            CreditRecords(
                id=f"{opening.case_no}:9",
                case_no=opening.case_no,
                seq=9,
                material="sealed_copies",
                recorded_at=(await handle.describe()).start_time,
                reason="容缺失信",
            )
        )
    offer = OfferDeferral(actor=OFFICER, materials=("personnel_file",), reason="封控")
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update("offer_deferral", offer, result_type=Receipt)
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "DEFERRAL_BARRED"


async def test_number_taken_by_another_run_fails_the_newcomer_only(bench: Bench) -> None:
    handle = await bench.backend.submit(1)
    opening = bench.backend.opening(1)
    await handle.terminate()
    again = await start(bench, opening)
    with pytest.raises(WorkflowFailureError):
        await again.result()
    assert await bench.kinds(handle) == ["submitted"]


def test_case_number_is_the_same_for_the_same_request() -> None:
    one = case_number("310106", "portal", "2026-1")
    assert one == case_number("310106", "portal", "2026-1")
    assert one != case_number("310106", "portal2", "026-1")
    assert application_id(one) == f"app.310106.{one}"


async def test_a_resumed_run_lets_time_pass_by_itself(bench: Bench) -> None:
    handle = await bench.backend.submit(1)
    opening = bench.backend.opening(1)
    before = await state(bench, opening.case_no)
    await handle.terminate()
    await hand_on(bench, replace(opening, resumed=before, applicant=None))

    await bench.environment.sleep(timedelta(days=30))

    assert "accepted" in await bench.kinds(handle), "deemed accepted when nobody gave notice"
