import logging

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.register import RegisterActivities
from casework.messages.cases import CreditQuestion
from casework.store.engine import Sessions
from casework.store.register.recording import EntryGapError
from tests.store.desks import archived, breached
from tests.store.entries import writer


@pytest.fixture
def register(sessions: Sessions) -> RegisterActivities:
    return RegisterActivities(sessions)


async def test_entry_is_recorded_however_often_it_is_tried(register: RegisterActivities) -> None:
    entry, environment = writer(archived()).entry(), ActivityEnvironment()
    await environment.run(register.record, entry)
    await environment.run(register.record, entry)


async def test_taken_number_fails_for_good(register: RegisterActivities) -> None:
    environment = ActivityEnvironment()
    await environment.run(register.record, writer(run="run-1").entry())
    with pytest.raises(ApplicationError) as failure:
        await environment.run(register.record, writer(run="run-2").entry())
    assert failure.value.type == "CaseTaken"
    assert failure.value.non_retryable


async def test_gap_is_tried_again(register: RegisterActivities) -> None:
    case = writer(archived())
    case.entry(1)
    with pytest.raises(EntryGapError):
        await ActivityEnvironment().run(register.record, case.entry())


async def test_what_was_decided_twice_is_logged_without_personal_data(
    register: RegisterActivities, caplog: pytest.LogCaptureFixture
) -> None:
    environment = ActivityEnvironment()
    lost, kept = writer(archived()), writer(breached())
    await environment.run(register.record, lost.entry())
    kept.entry(1)
    with caplog.at_level(logging.WARNING):
        await environment.run(register.record, kept.entry())
    assert [record.message.split(" ")[0] for record in caplog.records] == ["events_decided_twice"]


async def test_breach_bars(register: RegisterActivities) -> None:
    environment = ActivityEnvironment()
    question = CreditQuestion(subject="s-1")
    assert not await environment.run(register.barred, question)
    await environment.run(register.record, writer(breached()).entry())
    assert await environment.run(register.barred, question)
