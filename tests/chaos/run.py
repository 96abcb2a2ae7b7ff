"""One run of the chaos: the stack, the office, the faults, and what was found afterwards."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from casework.domain.policy import Role
from tests.activities.receiver import receiving
from tests.chaos.afterwards import Found, all_is_there, illnesses
from tests.chaos.faults import plan
from tests.chaos.office import Office
from tests.chaos.stack import shaken_stack
from tests.chaos.strikes import Strikes
from tests.e2e.told import WHO, Reader, subscribed
from tests.e2e.town_hall import TownHall

AT_ONCE = 8
READERS = 4


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What a run came to; ``lacking``: kinds of faults that cannot be made here, and why."""

    seed: int
    cases: int
    acts: int
    mails: int
    struck: Counter[str]
    missed: Counter[str]
    refused: Counter[str]
    lacking: Mapping[str, str]
    found: Found

    def table(self) -> str:
        """The run as a table in Markdown."""
        rows = [
            ("seed", self.seed),
            ("cases", self.cases),
            ("acts acknowledged", self.acts),
            ("acts refused", dict(self.refused) or 0),
            ("mails", self.mails),
            ("events", self.found.events),
            ("events decided anew", self.found.superseded),
            ("letters", self.found.letters),
            ("letters handed over again", self.found.letters_again),
            ("faults", self.struck.total()),
            *((f"- {kind}", count) for kind, count in sorted(self.struck.items())),
            *((f"- {kind}: came to nothing", count) for kind, count in sorted(self.missed.items())),
            *((f"- {kind}: not here", why) for kind, why in self.lacking.items()),
            ("losses", len(self.found.losses)),
        ]
        lines = [f"| {what} | {value} |" for what, value in rows]
        return "\n".join(["| of the run | |", "|---|---|", *lines, *self.found.losses])


async def shake(
    *, seed: int, cases: int, faults: int, seconds: float, disk: bool = True, clocks: bool = True
) -> Ended:
    """Let so many faults strike while so many cases go their way; return what came of it.

    ``seconds``: how long faults strike; then what has been begun is brought to its end.
    """
    async with shaken_stack(disk=disk, clocks=clocks) as shaken, receiving() as receiver:
        hall = shaken.hall
        await subscribed(hall, receiver)
        after, ill_before = await _end_of_feed(hall), await illnesses(hall)
        over, calm = asyncio.Event(), asyncio.Event()
        readers = [
            Reader(hall, tuple(WHO)[n % len(WHO)], away=n == 0, over=over, after=after)
            for n in range(READERS)
        ]
        office, strikes = Office(hall=hall), Strikes(shaken=shaken)
        planned = plan(seed, faults, without=frozenset(shaken.lacking))

        async def struck() -> None:
            await strikes.all(planned, seconds=seconds)
            calm.set()

        async with asyncio.TaskGroup() as reading:
            for reader in readers:
                reading.create_task(reader.read())
            async with asyncio.TaskGroup() as group:
                group.create_task(struck())
                group.create_task(
                    office.works(cases, at_once=AT_ONCE, seconds=0.8 * seconds, until=calm)
                )
            over.set()
        found = await all_is_there(
            hall, office, readers, receiver,
            letters_again_at_most=strikes.struck.total(), ill_before=ill_before,
        )  # fmt: skip
        return Ended(
            seed=seed,
            cases=len(office.opened),
            acts=len(office.acts),
            mails=len(office.mails),
            struck=strikes.struck,
            missed=strikes.missed,
            refused=Counter(office.refused.values()),
            lacking=shaken.lacking,
            found=found,
        )


async def _end_of_feed(hall: TownHall) -> str:
    async with hall.counter("backend", Role.SYSTEM, "") as http:
        return str((await http.get("/changes", params={"after": "end"})).json()["after"])
