"""The way of a timer in docs/architecture.md, gone: all that it names is on it."""

from dataclasses import replace
from datetime import timedelta

from casework.domain.case.facts import Actor
from casework.domain.kinds.application.commands import PreReview, PreReviewOutcome
from casework.domain.policy import Role
from casework.messages.cases import Receipt
from tests.ways import Walk, described
from tests.workflows.conftest import Bench
from tests.workflows.test_application import start

OFFICER = Actor(code="ja-o1", role=Role.OFFICER, district="310106")


async def test_a_timer_to_its_letter(walk: Walk, bench: Bench) -> None:
    opening = bench.backend.opening(1)
    handle = await start(bench, replace(opening, materials=opening.materials[2:]))
    await bench.rest(handle)
    faulty = PreReview(actor=OFFICER, outcome=PreReviewOutcome.FAULTY)
    await handle.execute_update("pre_review", faulty, result_type=Receipt)
    with walk.on():
        await bench.environment.sleep(timedelta(days=60))
        await bench.rest(handle)
    assert described("A timer to its letter") <= walk.files
    assert len(walk.files) <= 64, sorted(walk.files)
