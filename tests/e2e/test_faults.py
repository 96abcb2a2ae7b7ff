"""Pull the plug in mid-case: no case, event or decision lost, nothing done twice."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from temporalio.service import RPCError

from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.domain.policy import Role
from casework.security.keys.errors import KeysAwayError
from casework.temporal import converter_for
from tests.e2e.town_hall import PATIENCE, STEPS, TownHall, happened
from tests.examples import at_night, is_night
from tests.security.poison import Attacker, unreadable
from workflows.case import REFUSALS_A_DAY

SORTS = ("sealed for another", "a bit flipped", "a key nobody has", "somebody else's codec")
AT_ONCE = 8 if is_night() else 3
PLUGS = ("worker", "town", "temporal", "postgres", "api")


async def test_six_cases_survive_a_kill_of_every_part(hall: TownHall) -> None:
    await _survive(hall, "fault", cases=6, plugs=PLUGS)


@at_night
@pytest.mark.timeout(3600)
async def test_sixty_cases_survive_thirty_kills(hall: TownHall) -> None:
    await _survive(hall, "night", cases=60, plugs=(*PLUGS, "worker") * 5)


async def _survive(hall: TownHall, run: str, *, cases: int, plugs: Sequence[str]) -> None:
    """Cases come and go while parts are killed, beside one that is sent what nobody can open."""
    gate = asyncio.Semaphore(AT_ONCE)
    ended: list[str] = []
    jammed = Jammed(hall, await hall.submit(f"{run}-jammed"))
    await jammed.poison()

    async def one(number: int) -> None:
        async with gate:
            ended.append(await hall.see_through(f"{run}-{number}"))

    async def plug() -> None:
        for number, part in enumerate(plugs):  # between two kills somebody gets somewhere
            while len(ended) < cases // 5 + number:
                await asyncio.sleep(0.1)
            await hall.kill(part)
            await jammed.poison()

    await asyncio.gather(plug(), *(one(number) for number in range(cases)))
    assert len(set(ended)) == cases
    await jammed.goes_on()
    await _all_is_told_once(hall, [*ended, jammed.case_no], kills=len(plugs))


@dataclass
class Jammed:
    """A case to which a writer of the namespace sends messages that cannot be opened."""

    hall: TownHall
    case_no: str
    sent: int = 0

    async def poison(self) -> None:
        """One of each sort, each once, whatever is away meanwhile."""
        number = workflow_id(CaseKind.APPLICATION, self.case_no)
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while not await self._sent(number):
                await asyncio.sleep(0.3)
        self.sent += len(SORTS)

    async def _sent(self, number: str) -> bool:
        try:
            async with self.hall.temporal() as client:
                other = workflow_id(CaseKind.APPLICATION, "310106-0000-0000-0000")
                own, others = [
                    (await converter_for(client, each).encode(["某某"]))[0]
                    for each in (number, other)
                ]
                poison = unreadable(own, others)
                for sort in SORTS:
                    once = f"{self.sent}-{sort}"
                    await Attacker(client=client).signal(
                        number, "archive_arrived", poison[sort], request_id=once
                    )
        except (RPCError, RuntimeError, KeysAwayError):  # away; what has arrived arrives once
            return False
        return True

    async def goes_on(self) -> None:
        """It is seen through as any other, and its refusals are recorded, each once."""
        for step in range(len(STEPS)):
            await self.hall.act(self.case_no, step)
        await self.hall.until(self.case_no, "archived")
        async with self.hall.counter("ja-o1", Role.OFFICER) as http:
            timeline = await self.hall.look(
                http, f"/applications/{self.case_no}/timeline?limit=200"
            )
        codes = [e["body"]["code"] for e in timeline["items"] if e["kind"] == "message_refused"]
        assert codes == ["UNREADABLE"] * min(self.sent, REFUSALS_A_DAY)


async def _all_is_told_once(hall: TownHall, cases: list[str], *, kills: int) -> None:
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while len(await _letters(hall, cases)) < 2 * len(cases):
            await asyncio.sleep(0.3)
    letters = await _letters(hall, cases)
    # The outbox keeps one letter a key, so what tells is the subject: title and case number.
    subjects = Counter(letter["subject"] for letter in letters)
    assert len(subjects) == 2 * len(cases)
    assert set(subjects.values()) == {1}, "somebody was told the same thing twice"
    # A kill between sending and noting sends again what the mailbox drops; nothing else may.
    again = sum(letter["repeats"] for letter in letters)
    assert again <= kills * AT_ONCE, f"{again} letters were sent again"
    async with hall.counter("ja-o1", Role.OFFICER) as http:
        for case_no in cases:
            timeline = await hall.look(http, f"/applications/{case_no}/timeline?limit=200")
            events = timeline["items"] if isinstance(timeline, dict) else timeline
            assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
            assert Counter(event["kind"] for event in events)["accepted"] == 1


async def _letters(hall: TownHall, cases: list[str]) -> list[dict[str, Any]]:
    return [entry for entry in await hall.outbox() if entry["key"].split(":")[0] in cases]


@at_night
async def test_worker_killed_between_any_two_events(hall: TownHall) -> None:
    """In `make test` it is killed while three of the six cases are at any step."""
    case_no = await hall.submit("killed-between")
    for step in range(len(STEPS)):
        await hall.kill("worker")
        await hall.act(case_no, step)
    await hall.until(case_no, "archived")


@at_night
async def test_register_away_the_officer_gets_202_and_the_decision_is_taken_once(
    hall: TownHall,
) -> None:
    """In `make test` tests/api does the same with a register that its worker cannot reach, and
    test_cycles_survive.py holds the register itself still.
    """
    case_no = await hall.submit("register-away")
    body = {"outcome": "passed"}
    async with hall.counter("ja-o1", Role.OFFICER) as http:
        path, headers = f"/applications/{case_no}/pre-review", {"Idempotency-Key": "once"}
        async with hall.frozen("postgres"):
            first, again = await asyncio.gather(
                *(http.post(path, json=body, headers=headers) for _ in range(2))
            )
        assert first.status_code == again.status_code == 202, (first.text, again.text)
        assert first.headers["Location"] == again.headers["Location"]
        answer = await hall.insist(http, path, body, key="once")
        assert answer["stage"] == "ready"
        timeline = await hall.look(http, f"/applications/{case_no}/timeline")
    events = timeline["items"] if isinstance(timeline, dict) else timeline
    assert happened(events) == ["submitted", "pre_review_passed"]


async def test_temporal_away_the_api_says_when_to_come_back(hall: TownHall) -> None:
    case_no = await hall.submit("temporal-away")
    async with hall.counter("ja-o1", Role.OFFICER) as http:
        async with hall.frozen("temporal"):
            answer = await http.post(
                f"/applications/{case_no}/pre-review",
                json={"outcome": "passed"},
                headers={"Idempotency-Key": "later"},
            )
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Content-Type"].startswith("application/problem+json")
    await hall.act(case_no, 0, key="later")
    await hall.until(case_no, "ready")
