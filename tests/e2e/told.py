"""Who is told of what happens: readers of the feed, a receiver of webhooks, and what they heard."""

import asyncio
import random
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import text

from casework.domain.policy import Role
from casework.store.engine import create_engine
from tests.activities.receiver import Receiver
from tests.e2e.town_hall import TownHall

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


async def subscribed(hall: TownHall, receiver: Receiver) -> str:
    async with hall.counter("backend", Role.SYSTEM, "") as http:
        made = await hall.insist(http, "/webhooks", {"url": receiver.url})
    async with hall.counter("sh-u1", Role.SUPERIOR, "") as http:
        await hall.insist(http, f"/webhooks/{made['id']}/approve", {})
    return str(made["id"])


async def recorded(hall: TownHall, numbers: set[str]) -> tuple[dict[Place, str], set[Place]]:
    """Every event of these cases with its kind, and those that a case has decided anew."""
    engine = create_engine(hall.settings.database)
    asked = {"numbers": sorted(numbers)}
    try:
        async with engine.connect() as connection:
            found = await connection.execute(
                text("SELECT case_no, seq, kind FROM events WHERE case_no = ANY(:numbers)"), asked
            )
            events = {(case_no, seq): kind for case_no, seq, kind in found}
            anew = await connection.execute(
                text("SELECT case_no, seq FROM superseded_events WHERE case_no = ANY(:numbers)"),
                asked,
            )
            return events, {(case_no, seq) for case_no, seq in anew}
    finally:
        await engine.dispose()


def places(events: Iterable[dict[str, Any]]) -> list[Place]:
    named = [str(event["id"]).rpartition(":") for event in events if event["data"]]
    return [(case_no, int(seq)) for case_no, _, seq in named]


def in_order(told: Iterable[Place]) -> None:
    """Of each case, what comes for the first time comes in its order."""
    last: dict[str, list[int]] = {}
    for case_no, seq in told:
        own = last.setdefault(case_no, [])
        if seq not in own:
            own.append(seq)
    assert all(own == sorted(own) for own in last.values())
