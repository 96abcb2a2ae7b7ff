"""How often may be asked, and who has to wait: the one who asks too much, nobody else."""

from collections.abc import AsyncIterator

import httpx
import pytest

from api.app import create_app
from api.edge.rates import Rates
from casework.security.keys.vault import PLAIN
from casework.settings import Settings
from tests.api.conftest import caller, no_register, no_temporal
from tests.api.live import Headers
from tests.api.test_problems import assert_problem

BURST = 10


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def paced(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API that answers ten at once and then hardly any."""
    strict = settings.model_copy(update={"rate_per_minute": 1, "burst": BURST})
    app = create_app(strict, connect_temporal=no_temporal, open_register=no_register, vault=PLAIN)
    async with caller(app) as client:
        yield client


def test_bucket_fills_at_its_rate_up_to_its_burst() -> None:
    clock = Clock()
    rates = Rates(per_minute=60, burst=3, clock=clock)
    assert [rates.wait("a") for _ in range(4)] == [0, 0, 0, 1]
    assert rates.wait("b") == 0
    clock.now = 1.0
    assert [rates.wait("a") for _ in range(2)] == [0, 1]
    clock.now = 1000.0
    assert [rates.wait("a") for _ in range(4)] == [0, 0, 0, 1]


def test_waiting_as_long_as_was_said_is_enough() -> None:
    clock = Clock()
    rates = Rates(per_minute=7, burst=20, clock=clock)
    assert [rates.wait("a", 20), rates.wait("b", 9)] == [0, 0]
    clock.now += (seconds := rates.wait("a", 13))
    assert seconds == 112
    assert rates.wait("a", 13) == 0


def test_what_costs_more_than_there_ever_is_costs_all() -> None:
    rates = Rates(per_minute=60, burst=3, clock=Clock())
    assert (rates.wait("a", 10), rates.wait("a", 10)) == (0, 3)


def test_no_number_of_clients_fills_the_memory() -> None:
    rates = Rates(per_minute=60, burst=3, clock=Clock())
    for number in range(20_000):
        rates.wait(str(number))
    assert len(rates._buckets) == 10_000


async def test_an_actor_who_asks_too_often_waits_and_nobody_else_does(
    paced: httpx.AsyncClient, bearer: Headers
) -> None:
    answers = [await paced.get("/v1/items", headers=bearer("ja-o1")) for _ in range(BURST + 1)]
    assert [answer.status_code for answer in answers] == [200] * BURST + [429]
    assert assert_problem(answers[-1])["code"] == "TOO_MANY_REQUESTS"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert (await paced.get("/v1/items", headers=bearer("ja-o2"))).status_code == 200


async def test_guessing_tokens_ends_soon_and_locks_nobody_out(
    paced: httpx.AsyncClient, bearer: Headers
) -> None:
    wrong = {"Authorization": "Bearer x.y.z"}
    guesses = [await paced.get("/v1/items", headers=wrong) for _ in range(3)]
    assert [answer.status_code for answer in guesses] == [401, 429, 429]
    assert assert_problem(guesses[-1])["code"] == "TOO_MANY_REQUESTS"
    assert (await paced.get("/v1/items", headers=bearer("ja-o1"))).status_code == 200


async def test_what_needs_no_token_is_counted_by_address_but_for_the_probes(
    paced: httpx.AsyncClient,
) -> None:
    answers = [await paced.get("/openapi.json") for _ in range(BURST + 1)]
    assert [answer.status_code for answer in answers] == [200] * BURST + [429]
    assert [(await paced.get("/health")).status_code for _ in range(BURST + 1)] == [200] * 11
