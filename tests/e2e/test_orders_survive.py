"""A district is closed and opened again, and the worker killed while the cases are being told."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from temporalio.client import Client

from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from tests.e2e.town_hall import FILES, JINGAN, PATIENCE, PDF_DIGEST, TownHall
from tests.examples import at_night

CASES = 200
AT_ONCE = 8
SEAL = {"code": "sealed_copies", "form": "electronic", "sha256": PDF_DIGEST}
T = TypeVar("T")


@at_night
async def test_each_parked_case_is_told_once_though_the_teller_dies(hall: TownHall) -> None:
    """In `make test` tellers die in tests/workflows/test_order_rousing.py."""
    cases = await _each((f"lockdown-{number}" for number in range(CASES)), partial(_owing, hall))
    today = local_date(datetime.now(UTC)).isoformat()
    opening = {
        "kind": "open_suspension",
        "reach": {"scope": "district", "key": JINGAN},
        "first_on": today,
        "reason": "封控",
        "basis": "区防控办通告",
    }
    opened = await _in_force(hall, opening)
    assert opened["status"] == "done"
    assert opened["roused"] == 0, "opening makes nothing due earlier"
    for case_no in cases:
        assert await _due(hall, case_no) is None
    # Half of what is owed comes in: the cases look, and wait without a timer from now on.
    await _each(cases, partial(_supplement, hall))

    lifting = {
        "kind": "lift_suspension",
        "suspension": opened["no"],
        "lifted_on": today,
        "reason": "解封",
    }
    telling = asyncio.create_task(_in_force(hall, lifting))
    await _some_are_told(hall, cases)
    await hall.kill("worker")
    lifted = await telling

    assert lifted["status"] == "done"
    assert lifted["roused"] >= CASES, "those of other tests too"
    for case_no in cases:
        assert await _due(hall, case_no) is not None
        kinds = await _noted_both(hall, case_no)
        assert (kinds["time_noted"], kinds["limit_begun"]) == (2, 1)
    async with hall.temporal() as client:
        told = [await _times_told(client, case_no) for case_no in cases]
    assert told == [1] * CASES


async def _each(what: Iterable[str], do: Callable[[str], Awaitable[T]]) -> list[T]:
    """Do it to all, a few at once."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(each: str) -> T:
        async with gate:
            return await do(each)

    return await asyncio.gather(*map(one, what))


async def _times_told(client: Client, case_no: str) -> int:
    handle = client.get_workflow_handle(workflow_id(CaseKind.APPLICATION, case_no))
    return sum(
        event.workflow_execution_signaled_event_attributes.signal_name == "look_again"
        for event in (await handle.fetch_history()).events
    )


async def _owing(hall: TownHall, reference: str) -> str:
    materials = [
        {"code": code, "form": "electronic", "sha256": PDF_DIGEST}
        for code in FILES
        if code not in {"labour_contract", "sealed_copies"}
    ]
    case_no = await hall.submit(reference, materials=materials)
    async with hall.counter("ja-o1", Role.OFFICER) as http:
        path = f"/applications/{case_no}/pre-review"
        told = await hall.insist(http, path, {"outcome": "faulty"}, key=f"{case_no}-faulty")
    assert told.get("stage") == "supplement_due", told
    return case_no


async def _supplement(hall: TownHall, case_no: str) -> None:
    async with hall.counter("ja-o1", Role.OFFICER) as http:
        path = f"/applications/{case_no}/supplement"
        await hall.insist(http, path, {"materials": [SEAL]}, key=f"{case_no}-half")


async def _in_force(hall: TownHall, content: dict[str, Any]) -> dict[str, Any]:
    """Propose, approve by another, and wait until everybody concerned has been told."""
    async with hall.counter("sh-u1", Role.SUPERIOR, "") as http:
        proposed = await hall.insist(http, "/orders", content, key=content["kind"])
        no = str(proposed["no"])
        refused = await http.post(f"/orders/{no}/approve", json={})
        assert refused.json()["code"] == "FOUR_EYES"
    async with hall.counter("ja-s1", Role.SUPERVISOR) as http:
        await hall.insist(http, f"/orders/{no}/approve", {}, key=f"{no}-yes")
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while True:
                order: dict[str, Any] = await hall.look(http, f"/orders/{no}")
                if order.get("status") == "done":
                    return order
                await asyncio.sleep(0.2)


async def _some_are_told(hall: TownHall, cases: list[str]) -> None:
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while True:
            for case_no in cases:
                if "limit_begun" in await _kinds(hall, case_no):
                    return


async def _noted_both(hall: TownHall, case_no: str) -> Counter[str]:
    """What has happened to a case once it knows of the closing and of the opening."""
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while (kinds := Counter(await _kinds(hall, case_no)))["limit_begun"] == 0:
            await asyncio.sleep(0.2)
    return kinds


async def _due(hall: TownHall, case_no: str) -> str | None:
    async with hall.counter("ja-o1", Role.OFFICER) as http:
        clocks = await hall.look(http, f"/applications/{case_no}/clocks")
    (due,) = [row["due_on"] for row in clocks["items"] if row["clock"] == "supplement"]
    return None if due is None else str(due)


async def _kinds(hall: TownHall, case_no: str) -> list[str]:
    async with hall.counter("ja-o1", Role.OFFICER) as http:
        timeline = await hall.look(http, f"/applications/{case_no}/timeline")
    return [event["kind"] for event in timeline["items"]]
