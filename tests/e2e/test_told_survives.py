"""Readers of the feed and a receiver of webhooks, while parts are killed: each event, in order."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from casework.domain.case.events import INTERNAL
from casework.domain.policy import Role
from casework.store.engine import create_engine
from tests.activities.receiver import HANGS, HOW, LIES, Receiver, receiving
from tests.e2e.town_hall import PATIENCE, TownHall
from tests.examples import at_night

CASES, PAPERS, READERS, AT_ONCE = 300, 27, 20, 8
EVENTS = 10_000
"""So many happen at least: eight a case that goes its way, and one for each of its papers."""
PLUGS = ("worker", "postgres", "api", "worker", "postgres", "api")
WHO = {"backend": Role.SYSTEM, "sh-u1": Role.SUPERIOR}
Place = tuple[str, int]


@dataclass
class Reader:
    """Reads on from where it was, whatever is away; ``away``: only once the others have all."""

    hall: TownHall
    code: str
    away: bool
    over: asyncio.Event
    after: str
    told: list[Place] = field(default_factory=list)

    async def read(self) -> None:
        async with self.hall.counter(self.code, WHO[self.code], "") as http:
            await self._page(http)
            if self.away:
                await self.over.wait()
            while True:
                ended = self.over.is_set()
                page = await self._page(http)
                if ended and page is not None and not page["lines"] and not page["more"]:
                    return
                await self._works_on_it()

    async def _works_on_it(self) -> None:
        """Do something else for some seconds, as readers do.

        Twenty who ask again at once have the API tell where each case stands at each event.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self.over.wait(), random.choice((0.1, 2, 6)))

    async def _page(self, http: httpx.AsyncClient) -> dict[str, Any] | None:
        size = random.choice((1, 7, 50, 200))
        wait = 0 if self.over.is_set() else random.choice((0, 2))
        asked: dict[str, str | int] = {"after": self.after, "size": size, "wait": wait}
        with suppress(httpx.TransportError):
            answer = await http.get("/changes", params=asked)
            if answer.is_success:
                page: dict[str, Any] = answer.json()
                self.after = page["after"]
                self.told += [(line["case_no"], line["seq"]) for line in page["lines"]]
                return page
            assert answer.status_code in {429, 503, 504}, answer.text
        await asyncio.sleep(0.3)
        return None


@at_night
@pytest.mark.timeout(7_200)
async def test_who_is_told_has_each_event_in_order_though_parts_are_killed(hall: TownHall) -> None:
    """In `make test`: transactions that overlap, a receiver that fails (tests/store)."""
    happened = await told_through(
        hall, cases=CASES, papers=PAPERS, readers=READERS, plugs=PLUGS * 3
    )
    assert happened >= EVENTS


async def told_through(
    hall: TownHall, *, cases: int, papers: int, readers: int, plugs: tuple[str, ...]
) -> int:
    """Cases go their way while parts are killed; then every reader has everything.

    Returns how many events there were.
    """
    async with receiving() as receiver, hall.counter("backend", Role.SYSTEM, "") as http:
        number = await _subscribed(hall, receiver)
        end = (await http.get("/changes", params={"after": "end"})).json()["after"]
        over = asyncio.Event()
        each = [
            Reader(hall, ("backend", "sh-u1")[n % 2], away=n < 2, over=over, after=end)
            for n in range(readers)
        ]
        reading = [asyncio.create_task(reader.read()) for reader in each]
        numbers = await _seen_through(hall, receiver, cases=cases, papers=papers, plugs=plugs)
        over.set()
        await asyncio.gather(*reading)
        recorded, anew = await _recorded(hall, numbers)
        mine = {place for place, kind in recorded.items() if kind not in INTERNAL}
        for reader in each:
            all_of_it = set(recorded) if reader.code == "sh-u1" else mine
            told = [place for place in reader.told if place[0] in numbers]
            assert set(told) == all_of_it
            _in_order(told)
            again = {place for place, times in Counter(told).items() if times > 1}
            assert again <= anew, "somebody was told the same event twice"
        receiver.plan.clear()
        await hall.insist(http, f"/webhooks/{number}/resume", {})
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while not mine <= set(_places(receiver.took)):
                await asyncio.sleep(0.3)
        _in_order([place for place in _places(receiver.had) if place[0] in numbers])
        await hall.insist(http, f"/webhooks/{number}/end", {})
    return len(recorded)


async def _subscribed(hall: TownHall, receiver: Receiver) -> str:
    async with hall.counter("backend", Role.SYSTEM, "") as http:
        made = await hall.insist(http, "/webhooks", {"url": receiver.url})
    async with hall.counter("sh-u1", Role.SUPERIOR, "") as http:
        await hall.insist(http, f"/webhooks/{made['id']}/approve", {})
    return str(made["id"])


async def _seen_through(
    hall: TownHall, receiver: Receiver, *, cases: int, papers: int, plugs: tuple[str, ...]
) -> set[str]:
    gate = asyncio.Semaphore(AT_ONCE)
    ended: list[str] = []
    run = random.randrange(10**6)

    async def one(number: int) -> None:
        async with gate:
            ended.append(await hall.see_through(f"told-{run}-{number}", papers=papers))

    async def plug() -> None:
        for number, part in enumerate(plugs):
            while len(ended) < cases * (number + 1) // (len(plugs) + 2):
                await asyncio.sleep(0.1)
            receiver.plan.extend(random.choice(("", *HOW, HANGS, LIES)) for _ in range(5))
            await hall.kill(part)

    await asyncio.gather(plug(), *(one(number) for number in range(cases)))
    return set(ended)


async def _recorded(hall: TownHall, numbers: set[str]) -> tuple[dict[Place, str], set[Place]]:
    """Every event of these cases with its kind, and those that a case has decided anew."""
    engine = create_engine(hall.settings.database)
    asked = {"numbers": sorted(numbers)}
    try:
        async with engine.connect() as connection:
            found = await connection.execute(
                text("SELECT case_no, seq, kind FROM events WHERE case_no = ANY(:numbers)"), asked
            )
            recorded = {(case_no, seq): kind for case_no, seq, kind in found}
            anew = await connection.execute(
                text("SELECT case_no, seq FROM superseded_events WHERE case_no = ANY(:numbers)"),
                asked,
            )
            return recorded, {(case_no, seq) for case_no, seq in anew}
    finally:
        await engine.dispose()


def _places(events: Iterable[dict[str, Any]]) -> list[Place]:
    named = [str(event["id"]).rpartition(":") for event in events if event["data"]]
    return [(case_no, int(seq)) for case_no, _, seq in named]


def _in_order(told: Iterable[Place]) -> None:
    """Of each case, what comes for the first time comes in its order."""
    last: dict[str, list[int]] = {}
    for case_no, seq in told:
        own = last.setdefault(case_no, [])
        if seq not in own:
            own.append(seq)
    assert all(own == sorted(own) for own in last.values())
