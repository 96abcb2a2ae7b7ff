"""Readers of the feed and a receiver of webhooks, while parts are killed: each event, in order."""

import asyncio
import random
from collections import Counter

import pytest

from casework.domain.case.events import INTERNAL
from casework.domain.policy import Role
from tests.activities.receiver import HANGS, HOW, LIES, Receiver, receiving
from tests.e2e.told import Reader, in_order, places, recorded, subscribed
from tests.e2e.town_hall import PATIENCE, TownHall
from tests.examples import at_night

CASES, PAPERS, READERS, AT_ONCE = 300, 27, 20, 8
EVENTS = 10_000
"""So many happen at least: eight a case that goes its way, and one for each of its papers."""
PLUGS = ("worker", "postgres", "api", "worker", "postgres", "api")


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
        number = await subscribed(hall, receiver)
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
        events, anew = await recorded(hall, numbers)
        mine = {place for place, kind in events.items() if kind not in INTERNAL}
        for reader in each:
            all_of_it = set(events) if reader.code == "sh-u1" else mine
            told = [place for place in reader.told if place[0] in numbers]
            assert set(told) == all_of_it
            in_order(told)
            again = {place for place, times in Counter(told).items() if times > 1}
            assert again <= anew, "somebody was told the same event twice"
        receiver.plan.clear()
        await hall.insist(http, f"/webhooks/{number}/resume", {})
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while not mine <= set(places(receiver.took)):
                await asyncio.sleep(0.3)
        in_order([place for place in places(receiver.had) if place[0] in numbers])
        await hall.insist(http, f"/webhooks/{number}/end", {})
    return len(events)


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
