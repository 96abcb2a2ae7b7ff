"""Two cases of one person, in two districts: each knows of the other before its officer acts."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from bench.cases import STEPS
from casework.domain.case.facts import Actor
from casework.domain.kinds.application.commands import KeepApart, RefuseDuplicate, Withdraw
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.policy import Role
from casework.messages.cases import Outcome, Receipt, application_id, case_number
from casework.messages.temporal import TASK_QUEUE
from casework.policy.roster import load_roster
from casework.store import queries
from tests.workflows.conftest import Bench, Handle
from tests.workflows.service_town import RECOGNISED, town

HERE, THERE = "310106", "310101"
PERSON = "5ab1e0c4f3d24a1f9e3b7c6d8a901234"
PRE_REVIEW, ACCEPT = STEPS[:2]
REASON = "经核实"


def opening(bench: Bench, number: int, district: str = HERE) -> StartApplication:
    start = bench.backend.opening(number)
    case_no = case_number(district, start.source, start.reference)
    item = bench.backend.catalogue.resolve("PTS_NEW", district, start.item.resolved_on)
    posts = load_roster().posts_for(district)
    return replace(
        start, case_no=case_no, district=district, item=item, posts=posts, subject=PERSON
    )


async def begin(bench: Bench, start: StartApplication) -> Handle:
    """Start it as a backend does that speaks to Temporal."""
    handle: Handle = await bench.environment.client.start_workflow(
        "Application",
        start,
        id=application_id(start.case_no),
        task_queue=TASK_QUEUE,
        result_type=Outcome,
    )
    await bench.rest(handle)
    return handle


async def both(bench: Bench) -> tuple[Handle, Handle]:
    """The first is opened, then the second."""
    return await begin(bench, opening(bench, 1)), await begin(bench, opening(bench, 2, THERE))


def number(handle: Handle) -> str:
    return handle.id.split(".", 2)[2]


def officer(handle: Handle) -> Actor:
    district = number(handle)[:6]
    holder = load_roster().posts_for(district)[Role.OFFICER].holder
    return Actor(code=holder, role=Role.OFFICER, district=district)


async def act(handle: Handle, step: tuple[str, Any]) -> Receipt:
    verb, command = step
    own = replace(command, actor=officer(handle))
    receipt: Receipt = await handle.execute_update(verb, own, result_type=Receipt)
    return receipt


async def decide(handle: Handle, command: Callable[..., Any], other: Handle) -> Receipt:
    verb = {KeepApart: "keep_apart", RefuseDuplicate: "refuse_duplicate"}[command]  # type: ignore[index]
    made = command(actor=officer(handle), other=number(other), reason=REASON)
    receipt: Receipt = await handle.execute_update(verb, made, result_type=Receipt)
    return receipt


def code_of(failure: BaseException) -> str | None:
    assert isinstance(failure, WorkflowUpdateFailedError), failure
    assert isinstance(failure.cause, ApplicationError)
    return failure.cause.type


async def refused(doing: Any) -> str | None:
    with pytest.raises(WorkflowUpdateFailedError) as failure:
        await doing
    return code_of(failure.value)


async def test_the_second_knows_at_its_opening_and_the_first_when_it_is_acted_on(
    bench: Bench,
) -> None:
    first, second = await both(bench)
    assert (await bench.kinds(second))[:2] == ["submitted", "same_person_found"]
    assert await bench.kinds(first) == ["submitted"]

    assert await refused(act(first, PRE_REVIEW)) == "DUPLICATE_UNDECIDED"

    assert await bench.kinds(first) == ["submitted", "same_person_found"], "it is in the register"
    async with bench.sessions() as session:
        events = await queries.timeline(session, number(first))
    assert events[1].body["others"] == [
        {"case_no": number(second), "district": THERE, "stage": "pre_review"}
    ]
    assert not any(PERSON in str(event) for event in events)


async def test_kept_apart_both_go_their_way(bench: Bench) -> None:
    first, second = await both(bench)
    await decide(first, KeepApart, second)  # the case looks first: it may be named at once
    await act(first, PRE_REVIEW)
    await act(first, ACCEPT)
    assert await refused(act(second, PRE_REVIEW)) == "DUPLICATE_UNDECIDED", "each office decides"
    await decide(second, KeepApart, first)
    await act(second, PRE_REVIEW)


async def test_a_duplicate_is_not_accepted_and_waits_for_nobody_there(bench: Bench) -> None:
    first, second = await both(bench)
    receipt = await decide(second, RefuseDuplicate, first)
    assert receipt.stage == "not_accepted"
    async with bench.sessions() as session:
        (letter,) = await queries.notices(session, number(second))
    assert letter.template == "duplicate_refused"
    await act(first, PRE_REVIEW)
    assert "same_person_found" not in await bench.kinds(first)


async def test_what_has_been_withdrawn_no_longer_keeps_the_other(bench: Bench) -> None:
    first, second = await both(bench)
    assert await refused(act(first, PRE_REVIEW)) == "DUPLICATE_UNDECIDED"
    withdrawal = Withdraw(actor=officer(second), reason="另有安排")
    await second.execute_update("withdraw", withdrawal, result_type=Receipt)
    await act(first, PRE_REVIEW)
    assert (await bench.kinds(first)).count("same_person_found") == 2


async def test_of_two_officers_who_refuse_at_once_one_keeps_a_case(bench: Bench) -> None:
    first, second = await both(bench)
    answers = await asyncio.gather(
        decide(first, RefuseDuplicate, second),
        decide(second, RefuseDuplicate, first),
        return_exceptions=True,
    )
    (failure,) = [answer for answer in answers if isinstance(answer, BaseException)]
    assert code_of(failure) == "NO_SUCH_DUPLICATE"
    kept = first if answers[0] is failure else second
    await act(kept, PRE_REVIEW)


async def test_two_opened_at_once_both_know_before_they_pass(bench: Bench) -> None:
    handles = await asyncio.gather(
        begin(bench, opening(bench, 1)), begin(bench, opening(bench, 2, THERE))
    )
    answers = await asyncio.gather(
        *(refused(act(handle, PRE_REVIEW)) for handle in handles), return_exceptions=True
    )
    assert answers == ["DUPLICATE_UNDECIDED"] * 2


async def test_a_second_cycle_in_the_city_ends_at_its_beginning(bench: Bench) -> None:
    here = await town(bench)
    first = replace(here.platform.talent("one", RECOGNISED), subject=PERSON)
    await here.platform.open(first)
    second = replace(here.platform.talent("two", RECOGNISED), subject=PERSON)
    handle = await bench.environment.client.start_workflow(
        "ServiceCycle", second, id=f"cycle.talent.{second.case_no}", task_queue=TASK_QUEUE
    )
    with pytest.raises(WorkflowFailureError) as failure:
        await handle.result()
    reason = failure.value.cause
    assert isinstance(reason, ApplicationError)
    assert reason.type == "CYCLE_EXISTS"
    assert first.case_no in reason.message
    assert PERSON not in str(reason)


async def test_who_opens_a_second_cycle_hears_why_before_its_run_ends(bench: Bench) -> None:
    here = await town(bench)
    first = replace(here.platform.talent("one", RECOGNISED), subject=PERSON)
    await here.platform.open(first)
    second = replace(here.platform.talent("two", RECOGNISED), subject=PERSON)
    assert await refused(here.platform.open(second)) == "CYCLE_EXISTS"
