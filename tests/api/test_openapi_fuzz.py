"""Whatever the description of the API allows or forbids, asked by everybody: never a 500, always
what is described, and nothing of a district to those who may not see it.

Here an eighth of the actors makes each request, other actors the next one, and each operation is
asked twice: the simplest that it allows, and one that is drawn from what is given as an example,
allowed or forbidden, so that each run asks otherwise. Each run asks another half of them; of the
verbs, whose routes one function makes (`api/routes/verbs.py`), a sixth. `make nightly` asks all,
draws four of each of these, and everybody asks all of them.
"""

import asyncio
import random
from collections.abc import Sequence

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok

from api.routes import verbs
from tests.api.fuzz import ACTORS, Case, Fuzzing, Operation, asks_for_something, drawn
from tests.api.live import Backend
from tests.api.seeded import Seeds, seed
from tests.examples import is_night

PARTS = 4 if is_night() else 1
"""The operations are shared out among so many tests: who mends one part need not ask all again."""

VERBS = {("post", route.path) for route in verbs.router.routes if isinstance(route, APIRoute)}
_EXAMPLES = 4 if is_night() else 2
_TURNS = 1 if is_night() else 8
_DRAWING = settings(
    max_examples=_EXAMPLES,
    deadline=None,
    database=None,
    derandomize=False,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(0 if is_night() else 900)
@pytest.mark.parametrize("part", range(PARTS))
async def test_no_answer_breaks_or_tells_what_is_not_the_callers_to_know(
    backend: Backend, lonely_app: FastAPI, part: int
) -> None:
    seeds = await seed(backend)
    schema = schemathesis.openapi.from_dict(lonely_app.openapi())
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    operations = _of_today(operations)[part::PARTS]
    fuzzing = Fuzzing(
        http=backend.http,
        bearer=backend.bearer,
        seeds=seeds,
        loop=asyncio.get_running_loop(),
    )

    def fuzz(operation: Operation) -> None:
        fuzzing.turns = _TURNS if asks_for_something(operation) else 1
        strategies = list(drawn(operation, seeds))
        for strategy in strategies if is_night() else [st.one_of(strategies)]:

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


def _of_today(operations: Sequence[Operation]) -> list[Operation]:
    if is_night():
        return list(operations)
    made = [each for each in operations if (each.method.lower(), each.path) in VERBS]
    others = [each for each in operations if each not in made]
    return random.sample(others, len(others) // 2) + random.sample(made, len(made) // 6)


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
