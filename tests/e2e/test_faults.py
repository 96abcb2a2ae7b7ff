"""Pull the plug in mid-case: no case, event or decision lost, nothing done twice."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from casework.domain.policy import Role
from tests.e2e.town_hall import STEPS, TownHall

CASES = 50
AT_ONCE = 8
PLUGS = ("worker", "temporal", "postgres", "api", "town", "worker")


@pytest.mark.timeout(400)
async def test_fifty_cases_survive_kills_of_every_part(hall: TownHall) -> None:
    gate = asyncio.Semaphore(AT_ONCE)
    half_way = asyncio.Event()
    ended: list[str] = []

    async def one(number: int) -> None:
        async with gate:
            ended.append(await hall.see_through(f"fault-{number}"))
        if len(ended) >= CASES // 5:
            half_way.set()

    async def plug() -> None:
        await half_way.wait()
        for part in PLUGS:
            await hall.kill(part)

    await asyncio.gather(plug(), *(one(number) for number in range(CASES)))
    assert len(set(ended)) == CASES
    await _all_is_told_once(hall, ended)


async def _all_is_told_once(hall: TownHall, cases: list[str]) -> None:
    async with asyncio.timeout(60):
        while len(await _letters(hall, cases)) < 2 * CASES:
            await asyncio.sleep(0.3)
    letters = await _letters(hall, cases)
    # The outbox keeps one letter a key, so what tells is the subject: title and case number.
    subjects = Counter(letter["subject"] for letter in letters)
    assert len(subjects) == 2 * CASES
    assert set(subjects.values()) == {1}, "somebody was told the same thing twice"
    # A kill between sending and noting sends again what the mailbox drops; nothing else may.
    again = sum(letter["repeats"] for letter in letters)
    assert again <= len(PLUGS) * AT_ONCE, f"{again} letters were sent again"
    async with hall.counter("ja-o1", Role.OFFICER) as http:
        for case_no in cases:
            timeline = await hall.look(http, f"/applications/{case_no}/timeline")
            events = timeline["items"] if isinstance(timeline, dict) else timeline
            assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
            assert Counter(event["kind"] for event in events)["accepted"] == 1


async def _letters(hall: TownHall, cases: list[str]) -> list[dict[str, Any]]:
    return [entry for entry in await hall.outbox() if entry["key"].split(":")[0] in cases]


@pytest.mark.timeout(300)
async def test_worker_killed_between_any_two_events(hall: TownHall) -> None:
    case_no = await hall.submit("killed-between")
    for step in range(len(STEPS)):
        await hall.kill("worker")
        await hall.act(case_no, step)
    await hall.until(case_no, "archived")


@pytest.mark.timeout(200)
async def test_register_away_the_officer_gets_202_and_the_decision_is_taken_once(
    hall: TownHall,
) -> None:
    case_no = await hall.submit("register-away")
    body = {"outcome": "passed"}
    async with hall.counter("ja-o1", Role.OFFICER) as http:
        path, headers = f"/applications/{case_no}/pre-review", {"Idempotency-Key": "once"}
        async with hall.frozen("postgres"):
            first = await http.post(path, json=body, headers=headers)
            again = await http.post(path, json=body, headers=headers)
        assert first.status_code == again.status_code == 202, (first.text, again.text)
        assert first.headers["Location"] == again.headers["Location"]
        answer = await hall.insist(http, path, body, key="once")
        assert answer["stage"] == "ready"
        timeline = await hall.look(http, f"/applications/{case_no}/timeline")
    events = timeline["items"] if isinstance(timeline, dict) else timeline
    assert [event["kind"] for event in events] == ["submitted", "pre_review_passed"]


@pytest.mark.timeout(200)
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
