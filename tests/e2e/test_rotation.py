"""Keys are rotated twice while many cases are under way, and nobody notices."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

import httpx

from casework.domain.kinds.registry import workflow_id
from casework.domain.policy import Role
from casework.security.keys.codec import OPEN, is_encrypted
from tests.e2e.town_hall import TownHall, typed
from tests.examples import is_night
from tests.keys.histories import payloads

CASES = 200 if is_night() else 8
AT_ONCE = 5
T = TypeVar("T")


async def test_no_case_fails_while_keys_are_rotated(hall: TownHall) -> None:
    first = active(hall)
    async with hall.counter("backend", Role.SYSTEM, "") as desk:
        await hall.upload(desk)

        async def submit(number: int) -> str:
            answer = await done(hall, desk, "/applications", hall.application(f"rotated-{number}"))
            return str(answer["case_no"])

        numbers = await while_rotating(hall, submit, range(CASES))
    second = active(hall)

    async with hall.counter("ja-o1", Role.OFFICER) as officer:

        async def pre_review(case_no: str) -> str:
            path = f"/applications/{case_no}/pre-review"
            return str((await done(hall, officer, path, {"outcome": "passed"}))["stage"])

        stages = await while_rotating(hall, pre_review, numbers)
        assert Counter(stages) == {"ready": CASES}
    third = active(hall)
    assert len({first, second, third}) == 3

    # A worker that never saw the old keys in use reads what was sealed under them.
    await hall.kill("worker")
    accepted = await hall.act(numbers[0], 1)
    view = await hall.until(numbers[0], accepted["stage"])
    assert view["parties"][0]["name"].startswith("张")

    used = await keys_in_histories(hall, numbers)
    assert {first, second, third} <= used.keys(), used
    assert "" not in used, "something of a case lies in Temporal as it is"


async def while_rotating(
    hall: TownHall, do: Callable[[T], Awaitable[str]], what: Sequence[T]
) -> list[str]:
    """Do it to all, a few at once; when a fifth is done the keys are rotated beside it."""
    gate, begun, ended = asyncio.Semaphore(AT_ONCE), asyncio.Event(), 0

    async def one(each: T) -> str:
        nonlocal ended
        async with gate:
            result = await do(each)
        ended += 1
        if ended == len(what) // 5:
            begun.set()
        return result

    async def rotate() -> None:
        await begun.wait()
        rotated = await asyncio.to_thread(typed, hall.settings, "keys", "rotate")
        assert rotated.returncode == 0, rotated.stderr

    rotating = asyncio.create_task(rotate())
    results = await asyncio.gather(*(one(each) for each in what))
    await rotating
    return results


async def done(
    hall: TownHall, http: httpx.AsyncClient, path: str, body: dict[str, Any]
) -> dict[str, Any]:
    """Send once: no second try hides a failure."""
    answer = await http.post(path, json=body)
    if answer.status_code == HTTPStatus.ACCEPTED:
        answer = await hall.follow(http, answer.headers["Location"])
    assert answer.is_success, answer.text
    return dict(answer.json())


def active(hall: TownHall) -> str:
    listed = typed(hall.settings, "keys", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    (key,) = [key["id"] for key in json.loads(listed.stdout)["keys"] if key["active"]]
    return str(key)


async def keys_in_histories(hall: TownHall, numbers: list[str]) -> Counter[str]:
    """Under which keys the payloads of cases lie in Temporal; "" for those that are not sealed.

    What is open by its type (receipts, refusals) is left out.
    """
    used: Counter[str] = Counter()
    async with hall.temporal() as client:
        for case_no in (numbers[0], numbers[-1]):
            handle = client.get_workflow_handle(workflow_id("application", case_no))
            for event in (await handle.fetch_history()).events:
                for payload in payloads(event):
                    if OPEN in payload.metadata:
                        continue
                    used[payload.metadata.get("key-id", b"").decode()] += 1
                    if is_encrypted(payload):
                        await client.data_converter.payload_codec.decode([payload])  # type: ignore[union-attr]
    return used
