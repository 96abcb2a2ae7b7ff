"""An outreach over real cases: the list, the rounds, several cases of a person, a killed worker."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError, CancelledError

import activities.outreach
from bench.cases import DISTRICT
from bench.outreach import measure as measure_outreach
from casework.domain.case.facts import Actor
from casework.domain.kinds.application.commands import (
    FileContact,
    RecordAttempt,
    SettleContact,
    Withdraw,
)
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date, opening
from casework.messages.cases import Outcome, Receipt, application_id
from casework.messages.outreach import (
    ROUNDS_A_RUN,
    WORKFLOW,
    Begin,
    Progress,
    StartOutreach,
    outreach_id,
)
from casework.messages.temporal import TASK_QUEUE
from casework.policy.calendars import load_calendar
from casework.rehearsal.rest import come_to_rest
from casework.store import outreach as register
from casework.store.in_force import seed
from casework.store.models import Measures
from casework.store.outreach import ContactView, contacts_of_case, outreach
from tests.examples import at_night
from tests.workflows.conftest import REST, Bench, Handle
from workers.main import create_replayer

OFFICER = Actor(code="ja-o1", role=Role.OFFICER, district=DISTRICT)
ABOUT = f"NO_ARCHIVE_CALL.{DISTRICT}.20260101"
START = StartOutreach(id="o-1", about=ABOUT, kind="measure", text="暂缓调档，无需来窗口")
MANY = 200
Outreach = WorkflowHandle[object, Progress]


@pytest.fixture
async def town(bench: Bench) -> Bench:
    """A measure that concerns every open case of PTS_NEW in the district."""
    async with bench.sessions.begin() as session:
        await seed(session, load_calendar(), ())
        session.add(
            Measures(
                id=ABOUT,
                effect="NO_ARCHIVE_CALL",
                name="暂缓调档",
                district=DISTRICT,
                items=("PTS_NEW",),
                since=date(2026, 1, 1),
                reference="",
                mark="source",
                origin="test",
                version=0,
            )
        )
    return bench


async def begin(bench: Bench, start: StartOutreach = START) -> Outreach:
    handle: Outreach = await bench.environment.client.start_workflow(
        WORKFLOW, start, id=outreach_id(start.id), task_queue=TASK_QUEUE, result_type=Progress
    )
    await handle.execute_update("begin", Begin(text=start.text), result_type=str)
    return handle


async def submit(bench: Bench, number: int, person: str = "") -> Handle:
    """A case of a person; as the backend submits it."""
    case = bench.backend.opening(number)
    handle: Handle = await bench.environment.client.start_workflow(
        "Application",
        replace(case, subject=person or case.subject),
        id=application_id(case.case_no),
        task_queue=TASK_QUEUE,
        result_type=Outcome,
    )
    while not await bench.kinds(handle):
        await bench.environment.sleep(timedelta(seconds=1))
    return handle


async def on_the_next_working_day(bench: Bench, time: str = "10:00") -> datetime:
    """Let time pass until then; the round of that morning has been made."""
    now = await bench.environment.get_current_time()
    then = opening(load_calendar().shift(local_date(now), 1), time)
    await bench.environment.sleep(then - now)
    return then


async def contact(bench: Bench, handle: Handle) -> ContactView | None:
    async with bench.sessions() as session:
        found = await contacts_of_case(session, handle.id.split(".", 2)[2])
    return found[0] if found else None


async def until_state(bench: Bench, handle: Handle, state: str) -> ContactView:
    while (found := await contact(bench, handle)) is None or found.state != state:
        await bench.environment.sleep(timedelta(seconds=1))
    return found


async def call(handle: Handle, *, reached: bool) -> None:
    attempt = RecordAttempt(actor=OFFICER, outreach=START.id, reached=reached)
    await handle.execute_update("record_attempt", attempt, result_type=Receipt)


async def end_measure(bench: Bench, until: date) -> None:
    async with bench.sessions.begin() as session:
        (await session.get_one(Measures, ABOUT)).until = until


async def test_everybody_is_listed_once_and_new_cases_the_next_morning(town: Bench) -> None:
    first = await submit(town, 1)
    await begin(town)
    await until_state(town, first, "listed")
    later = await submit(town, 2)
    assert await contact(town, later) is None
    await on_the_next_working_day(town)
    await until_state(town, later, "listed")
    for handle in (first, later):
        assert (await town.kinds(handle)).count("contact_listed") == 1


async def test_person_is_told_on_one_case_and_the_other_takes_over_the_result(
    town: Bench,
) -> None:
    leading, other = [await submit(town, number, "wang") for number in (1, 2)]
    handle = await begin(town)
    await until_state(town, leading, "listed")
    noted = await until_state(town, other, "listed")
    assert noted.through == leading.id.split(".", 2)[2]
    await on_the_next_working_day(town)
    await call(leading, reached=True)
    settled = SettleContact(actor=OFFICER, outreach=START.id)
    await leading.execute_update("settle_contact", settled, result_type=Receipt)
    filed = FileContact(actor=OFFICER, outreach=START.id)
    await leading.execute_update("file_contact", filed, result_type=Receipt)
    await end_measure(town, local_date(await town.environment.get_current_time()))
    outcome = await handle.result()
    own = await contact(town, leading)
    shared = await until_state(town, other, "filed")
    assert own is not None
    assert (shared.reached_at, shared.filed_at) == (own.reached_at, own.filed_at)
    assert (outcome.listed, outcome.filed, outcome.shared) == (1, 1, 1)
    async with town.sessions() as session:
        found = await outreach(session, START.id)
    assert found is not None
    assert found.ended_at is not None


async def test_contact_moves_to_the_other_case_when_the_leading_one_ends(town: Bench) -> None:
    leading, other = [await submit(town, number, "wang") for number in (1, 2)]
    await begin(town)
    await until_state(town, leading, "listed")
    await until_state(town, other, "listed")
    withdraw = Withdraw(actor=OFFICER)
    await leading.execute_update("withdraw", withdraw, result_type=Receipt)
    closed = await contact(town, leading)
    assert closed is not None
    assert closed.state == "closed"
    await on_the_next_working_day(town)
    moved = await contact(town, other)
    while moved is None or moved.through:
        await town.environment.sleep(timedelta(seconds=1))
        moved = await contact(town, other)
    await call(other, reached=True)


async def test_three_days_in_vain_escalate_and_none_is_called_twice_a_day(town: Bench) -> None:
    handle = await submit(town, 1)
    progress = await begin(town)
    await until_state(town, handle, "listed")
    for _ in range(3):
        await on_the_next_working_day(town)
        await call(handle, reached=False)
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await call(handle, reached=True)
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == "ALREADY_TRIED_TODAY"
    escalated = await until_state(town, handle, "escalated")
    assert escalated.attempts == 3
    await on_the_next_working_day(town)
    counts = await progress.query("progress", result_type=Progress)
    assert (counts.listed, counts.escalated, counts.reached) == (1, 1, 0)


async def test_outreach_lives_long_with_a_short_history(town: Bench) -> None:
    case = await submit(town, 1)
    handle = await begin(town)
    first_run = (await handle.describe()).run_id
    for _ in range(ROUNDS_A_RUN + 2):
        await on_the_next_working_day(town)
    described = await handle.describe()
    assert described.run_id != first_run, "it has continued as new"
    assert described.status is WorkflowExecutionStatus.RUNNING
    old = town.environment.client.get_workflow_handle(handle.id, run_id=first_run)
    history = await old.fetch_history()
    assert len(history.events) < 40 * ROUNDS_A_RUN
    await create_replayer().replay_workflow(history)
    assert (await town.kinds(case)).count("contact_listed") == 1


async def test_begun_again_it_is_the_same_and_another_text_is_refused(town: Bench) -> None:
    handle = await begin(town)
    again = await handle.execute_update("begin", Begin(text=START.text), result_type=str)
    assert again == START.id
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update("begin", Begin(text="别的"), result_type=str)
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "CONTENT_DIFFERS"


async def test_nothing_begins_about_a_measure_that_is_not(bench: Bench) -> None:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await begin(bench, replace(START, about="NO_SUCH.310106.20260101"))
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "ABOUT_UNKNOWN"


async def test_cancelled_it_notes_its_end(town: Bench) -> None:
    handle = await begin(town)
    await come_to_rest(
        [handle], within=REST
    )  # the server that skips time loses a task that comes upon another
    await handle.cancel()
    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()
    assert isinstance(failed.value.cause, CancelledError)
    async with town.sessions() as session:
        found = await outreach(session, START.id)
    assert found is not None
    assert found.ended_at is not None


async def test_a_batch_broken_off_is_asked_again_and_nobody_twice(
    town: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a worker that is killed when the signals are out and nothing is noted."""
    note_asked, calls = register.note_asked, 0

    async def broken_off(*noted: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise ConnectionResetError("killed")
        await note_asked(*noted)

    monkeypatch.setattr(activities.outreach, "BATCH", 2)
    monkeypatch.setattr(register, "note_asked", broken_off)
    cases = [await submit(town, number) for number in range(5)]
    await begin(town)
    for handle in cases:
        await until_state(town, handle, "listed")
    assert calls == 4, "three batches, one of them twice"
    for handle in cases:
        assert (await town.kinds(handle)).count("contact_listed") == 1


@at_night
@pytest.mark.timeout(600)
async def test_killed_midway_each_of_many_cases_is_listed_once() -> None:
    """A whole stack of its own. In `make test` a batch is broken off (above)."""
    found = await measure_outreach("midway", MANY, per_second=MANY // 2)
    assert found.outreach_killed_at < MANY, "the worker was killed in the middle"
    assert (found.listed_once, found.listed_again) == (MANY, 0)
    assert found.outreach_history_events < 200
    assert (found.called, found.called_twice) == (40, 0)
