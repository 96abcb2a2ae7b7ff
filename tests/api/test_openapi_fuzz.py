"""Whatever the description of the API allows or forbids, asked by everybody: never a 500, always
what is described, and nothing of a district to those who may not see it.

Here a sixth of the actors makes each request, other actors the next one, so that each run asks
otherwise; `make nightly` asks fifty times as many, and everybody all of them.
"""

import asyncio

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok

from tests.api.fuzz import ACTORS, Case, Fuzzing, Operation, asks_for_something, drawn
from tests.api.live import Backend
from tests.api.seeded import Seeds, seed

PARTS = 4
"""The operations are shared out among so many tests, which may run beside each other."""

_EXAMPLES = 2 if settings().max_examples <= 100 else 100
_TURNS = 6 if _EXAMPLES <= 2 else 1
_DRAWING = settings(
    max_examples=_EXAMPLES,
    deadline=None,
    database=None,
    derandomize=False,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(900 if _EXAMPLES == 2 else 0)
@pytest.mark.parametrize("part", range(PARTS))
async def test_no_answer_breaks_or_tells_what_is_not_the_callers_to_know(
    backend: Backend, lonely_app: FastAPI, part: int
) -> None:
    seeds = await seed(backend)
    schema = schemathesis.openapi.from_dict(lonely_app.openapi())
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    operations = operations[part::PARTS]
    fuzzing = Fuzzing(
        http=backend.http,
        bearer=backend.bearer,
        seeds=seeds,
        loop=asyncio.get_running_loop(),
    )

    def fuzz(operation: Operation) -> None:
        fuzzing.turns = _TURNS if asks_for_something(operation) else 1
        for strategy in drawn(operation, seeds):

            @given(strategy)
            @_DRAWING
            def ask(case: Case) -> None:
                fuzzing.ask(case)

            ask()

    wrong = []
    for operation in operations:
        try:
            await asyncio.to_thread(fuzz, operation)
        except (AssertionError, FailureGroup) as error:
            wrong.append(f"{operation.label}: {error}")
    assert not wrong, "\n\n".join(wrong)
    assert {each.label for each in operations} == fuzzing.asked.keys()
    assert set().union(*fuzzing.asked.values()) == ACTORS.keys()
    fewest = len(ACTORS) // _TURNS
    assert all(len(actors) >= fewest for actors in fuzzing.asked.values()), fuzzing.asked
    assert {200, 401, 403, 404, 422} <= set(fuzzing.statuses), fuzzing.statuses


async def test_the_marks_are_told_to_those_who_may_know(backend: Backend) -> None:
    await seed(backend)
    for actor, path, place in (
        ("ja-o1", "/v1/applications", "310106"),
        ("xh-r1", "/v1/applications", "310104"),
        ("yz-sp1", "/v1/requests", "500103"),
        ("yb-edu1", "/v1/requests", "500112"),
        ("sh-u1", "/v1/applications", "310104"),
    ):
        assert place in Seeds.marks_in((await backend.get(actor, path)).text), actor
