"""Two cases alike whose timers fire at other hours lead the same life, on a real engine.

The pure rules are tried at large in ``tests/domain/test_timers_do_not_matter.py``; here a server
that skips time, the production worker and the register are in between.
"""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from casework.domain.kinds.application.commands import APPLICATION_VERBS
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.application.state import Application
from casework.domain.time.calendar import local_date, opening
from casework.messages.cases import Outcome, Receipt, application_id
from casework.messages.temporal import TASK_QUEUE
from casework.store.queries import state, timeline
from tests.domain.any_act import any_act
from tests.workflows.conftest import Bench

ACTS = 7
OWED = "sealed_copies"
WORDS = (OWED, "labour_contract", "理由")
SPREADS = (timedelta(), timedelta(hours=9))
"""One wakes when business starts, the other somewhere in the night before."""


async def begun(bench: Bench, number: int, spread: timedelta) -> StartApplication:
    plain = bench.backend.opening(number)
    materials = tuple(m for m in plain.materials if m.code != OWED)
    start = replace(plain, spread=spread, materials=materials, subject=f"timers-{number}")
    await bench.environment.client.start_workflow(
        "Application", start, id=application_id(start.case_no), task_queue=TASK_QUEUE
    )
    await handle_of(bench, start).execute_update("submit", {"content": start.content})
    return start


def handle_of(bench: Bench, start: StartApplication) -> WorkflowHandle[Any, Outcome]:
    return bench.environment.client.get_workflow_handle(
        application_id(start.case_no), result_type=Outcome
    )


async def act(bench: Bench, start: StartApplication, seed: int) -> str:
    """Try one plausible act; return what became of it."""
    now = await bench.environment.get_current_time()
    async with bench.sessions() as session:
        case = await state(session, start.case_no)
    assert isinstance(case, Application)
    command = any_act(Random(seed), case, local_date(now), WORDS)
    verb = next(v for v, kind in APPLICATION_VERBS.items() if isinstance(command, kind))
    try:
        await handle_of(bench, start).execute_update(verb, command, result_type=Receipt)
    except WorkflowUpdateFailedError as error:
        assert isinstance(error.cause, ApplicationError)
        return f"{verb}: {error.cause.type}"
    return verb


async def life(bench: Bench, start: StartApplication) -> list[tuple[Any, ...]]:
    """What has happened: by time with its instant, by people with its day."""
    async with bench.sessions() as session:
        events = await timeline(session, start.case_no)
    return [
        (
            e.kind,
            e.at if e.at == opening(local_date(e.at), "00:00") else local_date(e.at),
            e.actor,
            e.reason,
        )
        for e in events
        if e.kind != "same_person_found"
    ]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.timeout(240)
async def test_whatever_the_hour_of_their_timers_they_lead_the_same_life(
    bench: Bench, seed: int
) -> None:
    dice = Random(seed)
    early, late = [await begun(bench, 2 * seed + n, s) for n, s in enumerate(SPREADS)]
    for _ in range(ACTS):
        await bench.environment.sleep(timedelta(minutes=dice.randint(1, 9_000)))
        chosen = dice.getrandbits(32)
        with bench.environment.auto_time_skipping_disabled():
            for case in (early, late):
                await handle_of(bench, case).signal("look_again")
            assert await act(bench, early, chosen) == await act(bench, late, chosen)
    with bench.environment.auto_time_skipping_disabled():
        assert await life(bench, early) == await life(bench, late)
