"""Requests, ratings, rounds and absences as workflows, over their real register."""

from dataclasses import replace
from datetime import date

import pytest
from temporalio.client import WithStartWorkflowOperation, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError

from bench.service import DISTRICT
from casework.domain.case.facts import Actor
from casework.domain.kinds.rating.commands import ContactRater
from casework.domain.kinds.rating.state import Grade
from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.domain.kinds.request.commands import AcceptRequest, FeedBack, NoteStanding
from casework.domain.kinds.request.state import Request
from casework.domain.kinds.round.commands import RecordVisit
from casework.domain.kinds.round.state import Means, Round
from casework.domain.policy import Role
from casework.domain.talent import Level, TalentClass
from casework.domain.time.calendar import local_date
from casework.domain.time.ladder import Rung
from casework.messages.absences import WORKFLOW as ABSENCE
from casework.messages.absences import EndAbsence, RecordAbsence, StartAbsence, absence_id
from casework.messages.cases import Outcome, Receipt, number_of
from casework.messages.schedules import VISIT_ROUNDS, BeginRounds
from casework.messages.temporal import TASK_QUEUE
from casework.store.register.cases import state
from tests.workflows.conftest import Bench, Handle
from tests.workflows.service_town import RECOGNISED, Town, at, town

SUPERVISOR = Actor(code="yz-s1", role=Role.SUPERVISOR, district=DISTRICT)


async def opened(
    here: Town, name: str, letter: TalentClass = TalentClass.B
) -> tuple[Handle, Request]:
    """A talent's request that has just been filed, with the talent's cycle."""
    start = here.platform.talent(name, RECOGNISED, letter)
    await here.platform.open(start)
    request = here.platform.request(name, RECOGNISED, (await here.cycle(start)).standing)
    handle = await here.platform.open(request)
    return handle, await here.request(request)


async def away(here: Town, officer: str, first_on: date, last_on: date) -> Handle:
    """Record an absence as the API does."""
    start = StartAbsence(
        id=f"{officer}-{first_on}",
        officer=officer,
        first_on=first_on,
        last_on=last_on,
        reason="年休假",
        recorded_by=SUPERVISOR,
        rehearsal=here.platform.rehearsal,
    )
    client = here.platform.client
    operation: WithStartWorkflowOperation[object, object] = WithStartWorkflowOperation(
        ABSENCE,
        start,
        id=absence_id(start.id),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    message = RecordAbsence(officer=officer, first_on=first_on, last_on=last_on)
    await client.execute_update_with_start_workflow(
        "record", message, start_workflow_operation=operation
    )
    return client.get_workflow_handle(absence_id(start.id))


async def test_who_is_absent_has_no_task(bench: Bench) -> None:
    here = await town(bench)
    handle, request = await opened(here, "absent")
    task = request.open_tasks[0]

    absence = await away(here, task.holder, date(2025, 3, 18), date(2025, 3, 20))
    await here.pass_until(at(date(2025, 3, 18), 9), absence, handle)

    async with bench.sessions() as session:
        after = await state(session, request.case_no)
    assert after is not None
    assert after.open_tasks[0].holder == task.backup
    assert "absences_noted" in await bench.kinds(handle)
    back = EndAbsence(actor=SUPERVISOR, ended_on=date(2025, 3, 19))
    assert await absence.execute_update("end", back, result_type=date) == date(2025, 3, 18)


async def test_an_absence_ends_within_itself(bench: Bench) -> None:
    here = await town(bench)
    absence = await away(here, "ja-o2", date(2025, 3, 18), date(2025, 3, 20))
    late = EndAbsence(actor=SUPERVISOR, ended_on=date(2025, 3, 21))

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await absence.execute_update("end", late, result_type=date)

    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "ABSENCE_DATES"


async def test_a_request_ends_with_its_result(bench: Bench) -> None:
    here = await town(bench)
    handle, request = await opened(here, "done")
    specialist = here.platform.actor(Role.SPECIALIST, Level.MUNICIPAL)
    accept = AcceptRequest(actor=specialist)
    await handle.execute_update("accept", accept, result_type=Receipt)
    async with bench.sessions() as session:
        accepted = await state(session, request.case_no)
    assert accepted is not None
    liaison = here.platform.roster.people[accepted.holder]
    result = FeedBack(actor=liaison, result="已协调入学")
    await handle.execute_update("feed_back", result, result_type=Receipt)

    assert (await handle.result()).stage == "completed"
    assert await bench.kinds(handle) == ["request_filed", "request_accepted", "result_fed_back"]


async def test_nonsense_is_recorded_and_harms_nothing(bench: Bench) -> None:
    here = await town(bench)
    handle, request = await opened(here, "nonsense")

    await handle.signal("note_standing")
    await handle.signal("note_standing", {"standing": 7})
    await handle.signal("no_such_thing", "x")
    old = NoteStanding(actor=Actor(code="cycle", role=Role.SYSTEM), standing=request.standing)
    await handle.signal("note_standing", old)
    await bench.rest(handle)

    assert sorted(await bench.codes(handle)) == ["UNKNOWN_MESSAGE", "UNREADABLE", "UNREADABLE"]


async def test_a_poor_rating_outlives_what_was_rated(bench: Bench) -> None:
    here = await town(bench, date(2026, 9, 24))
    start = here.platform.rating("poor", date(2026, 9, 24), "500103-0000-0000-0001", Grade(1))
    handle = await here.platform.open(start)
    await here.pass_until(at(date(2026, 9, 29), 9), handle)
    contact = ContactRater(actor=here.platform.actor(Role.SPECIALIST), reached=True)
    await handle.execute_update("contact_rater", contact, result_type=Receipt)

    async with bench.sessions() as session:
        ticket = await state(session, start.case_no)
    assert ticket is not None
    given = {(card.clock, card.rung): local_date(card.given_at) for card in ticket.cards}
    assert given["rate_contact", Rung.YELLOW] == date(2026, 9, 28)
    assert given["rate_contact", Rung.RED] == date(2026, 9, 29)
    assert ticket.stage == "rating_verify"


async def test_a_good_rating_is_closed_at_once(bench: Bench) -> None:
    here = await town(bench)
    start = here.platform.rating("good", RECOGNISED, "500103-0000-0000-0002", Grade(5))
    assert (await (await here.platform.open(start)).result()).stage == "rated"


async def test_a_round_is_drawn_from_who_came(bench: Bench) -> None:
    here = await town(bench)
    handles = [await opened(here, f"visitor-{n}", TalentClass.E) for n in range(3)]
    await bench.environment.client.execute_workflow(
        VISIT_ROUNDS.workflow,
        BeginRounds(rehearsal=here.platform.rehearsal),
        id=VISIT_ROUNDS.name,
        task_queue=TASK_QUEUE,
        result_type=int,
    )
    number = number_of(CaseKind.VISITS, DISTRICT, VISIT_ROUNDS.name, "2025Q1")
    handle: Handle = bench.environment.client.get_workflow_handle(
        workflow_id(CaseKind.VISITS, number), result_type=Outcome
    )
    await bench.rest(handle)
    async with bench.sessions() as session:
        drawn = await state(session, number)
    assert isinstance(drawn, Round)
    assert {visit.request for visit in drawn.visits} == {case.case_no for _, case in handles}

    specialist = here.platform.actor(Role.SPECIALIST)
    for visit in drawn.visits:
        told = RecordVisit(actor=specialist, request=visit.request, means=Means.PHONE, reached=True)
        await handle.execute_update("record_visit", told, result_type=Receipt)
    assert (await handle.result()).stage == "round_done"


async def test_the_rounds_of_a_quarter_begin_once(bench: Bench) -> None:
    here = await town(bench)
    begin = BeginRounds(rehearsal=here.platform.rehearsal)
    client = bench.environment.client
    first = await client.execute_workflow(
        VISIT_ROUNDS.workflow, begin, id="one", task_queue=TASK_QUEUE, result_type=int
    )
    again = await client.execute_workflow(
        VISIT_ROUNDS.workflow, replace(begin), id="two", task_queue=TASK_QUEUE, result_type=int
    )
    assert (first, again) == (len(here.platform.services.platforms()), 0)
