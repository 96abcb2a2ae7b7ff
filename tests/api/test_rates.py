"""How often may be asked, and who has to wait: the one who asks too much, nobody else."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator

import httpx
import pytest
from limits.aio.storage import Storage
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from api.edge.problems import AwayError
from api.edge.rates import SHARES, Rates
from casework.security.keys.vault import PLAIN
from casework.settings import Settings
from tests.api.conftest import caller, no_register, no_temporal
from tests.api.live import Headers
from tests.api.test_problems import assert_problem
from tests.store.emptied import empty
from tests.store.kept import kept_engine

BURST = 10


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Counts(Storage):
    """What several processes share, by the clock of a test; ``away``: it does not answer."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.asked: defaultdict[str, int] = defaultdict(int)
        self.ends: dict[str, float] = {}
        self.times = 0
        self.away = False

    @property
    def base_exceptions(self) -> type[Exception]:
        return AwayError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        self.times += 1
        await asyncio.sleep(0)
        if self.away:
            raise AwayError("register")
        if self.ends.get(key, 0.0) <= self.clock.now:
            self.asked[key], self.ends[key] = 0, self.clock.now + expiry
        self.asked[key] += amount
        return self.asked[key]

    async def get(self, key: str) -> int:
        return self.asked[key]

    async def get_expiry(self, key: str) -> float:
        return time.time() + self.ends[key] - self.clock.now

    async def check(self) -> bool:
        return True

    async def reset(self) -> int | None:
        raise NotImplementedError

    async def clear(self, key: str) -> None:
        raise NotImplementedError


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counts(clock: Clock) -> Counts:
    return Counts(clock)


def rates_of(counts: Counts, *, per_minute: int = 60, burst: int = 3) -> Rates:
    return Rates(counts, per_minute=per_minute, burst=burst, clock=counts.clock)


async def waits(rates: Rates, client: str, times: int) -> list[int]:
    return [await rates.wait(client) for _ in range(times)]


@pytest.fixture
async def paced(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API that answers ten at once and then hardly any; the register is away."""
    strict = settings.model_copy(update={"rate_per_minute": 1, "burst": BURST})
    app = create_app(strict, connect_temporal=no_temporal, open_register=no_register, vault=PLAIN)
    async with caller(app) as client:
        yield client


async def test_a_window_lets_through_what_may_be_asked_at_once(
    counts: Counts, clock: Clock
) -> None:
    rates = rates_of(counts)
    assert await waits(rates, "a", 4) == [0, 0, 0, 3]
    assert await rates.wait("b") == 0
    clock.now = 2.5
    assert await rates.wait("a") == 1
    clock.now = 3.0
    assert await waits(rates, "a", 4) == [0, 0, 0, 3]


async def test_waiting_as_long_as_was_said_is_enough(counts: Counts, clock: Clock) -> None:
    rates = rates_of(counts, per_minute=7, burst=20)
    assert [await rates.wait("a", 20), await rates.wait("b", 9)] == [0, 0]
    clock.now += (seconds := await rates.wait("a", 13))
    assert seconds == 172
    assert await rates.wait("a", 13) == 0


async def test_what_costs_more_than_there_ever_is_costs_all(counts: Counts) -> None:
    rates = rates_of(counts)
    assert [await rates.wait("a", 10), await rates.wait("a", 10)] == [0, 3]


@pytest.mark.parametrize(("per_minute", "burst"), [(6000, 50), (6000, 1000), (7, 20), (1, 10)])
async def test_nobody_waits_who_asks_as_often_as_is_allowed(
    counts: Counts, clock: Clock, per_minute: int, burst: int
) -> None:
    rates = rates_of(counts, per_minute=per_minute, burst=burst)
    for _ in range(3 * max(burst, 100)):
        assert await rates.wait("a") == 0
        clock.now += 60.01 / per_minute


async def test_no_number_of_clients_fills_the_memory(counts: Counts) -> None:
    rates = rates_of(counts)
    for number in range(20_000):
        await rates.wait(str(number))
    assert len(rates._shares) == 10_000


async def test_processes_share_one_count(counts: Counts) -> None:
    one, other = (rates_of(counts, burst=1000) for _ in range(2))
    passed = 0
    for _ in range(1000):
        passed += [await one.wait("a"), await other.wait("a")].count(0)
    assert 1000 - 1000 // SHARES <= passed <= 1000


async def test_one_request_in_many_asks_the_register(counts: Counts) -> None:
    rates = rates_of(counts, burst=1000)
    told = await asyncio.gather(*(rates.wait("a") for _ in range(1000)))
    assert told == [0] * 1000
    assert counts.times == SHARES
    assert all(await waits(rates, "a", 100))
    assert counts.times == SHARES + 1  # who has to wait costs the register nothing


async def test_without_the_register_each_counts_for_itself_and_asks_again_later(
    counts: Counts, clock: Clock
) -> None:
    rates = rates_of(counts, per_minute=6, burst=3)
    assert await rates.wait("a") == 0
    counts.away = True
    assert await waits(rates, "a", 4) == [0, 0, 0, 30]  # a share of one was spent before
    assert await waits(rates, "b", 4) == [0, 0, 0, 30]
    assert counts.times == 2
    counts.away = False
    clock.now = 29.0
    assert await waits(rates, "c", 4) == [0, 0, 0, 30]
    assert counts.times == 6
    clock.now = 30.0
    assert await waits(rates, "b", 4) == [0, 0, 0, 30]
    assert counts.times == 10


async def test_two_apis_on_one_register_share_one_count(
    settings: Settings, register_engine: AsyncEngine, register_url: str, bearer: Headers
) -> None:
    await empty(register_engine)
    strict = settings.model_copy(update={"rate_per_minute": 1, "burst": BURST})
    answers = []
    for _ in range(2):
        app = create_app(
            strict,
            connect_temporal=no_temporal,
            open_register=lambda: kept_engine(register_url),
            vault=PLAIN,
        )
        async with app.router.lifespan_context(app), caller(app) as client:
            answers += [await client.get("/v1/items", headers=bearer("ja-o1")) for _ in range(6)]
    assert [each.status_code for each in answers] == [200] * BURST + [429] * 2
    assert 0 < int(answers[-1].headers["retry-after"]) <= 600


async def test_an_actor_who_asks_too_often_waits_and_nobody_else_does(
    paced: httpx.AsyncClient, bearer: Headers
) -> None:
    answers = [await paced.get("/v1/items", headers=bearer("ja-o1")) for _ in range(BURST + 1)]
    assert [answer.status_code for answer in answers] == [200] * BURST + [429]
    assert assert_problem(answers[-1])["code"] == "TOO_MANY_REQUESTS"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 600
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
