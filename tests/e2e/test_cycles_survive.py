"""A cycle whose notice is due and a request half done, while worker and register are away."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
from temporalio.client import Client

from bench.service import DISTRICT, EMPLOYER, Platform, now
from casework.domain.kinds.cycle.opening import StartCycle
from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.domain.policy import Role
from casework.domain.time.calendar import opening
from casework.messages.temporal import TASK_QUEUE
from casework.policy.service_roster import load_service_roster
from tests.citizens import citizen
from tests.e2e.town_hall import PATIENCE, TownHall

NONSENSE: tuple[list[Any], ...] = ([], ["离渝"], [{"actor": "nobody"}])
SPECIALIST, LIAISON = "cq-sp1", "cq-edu1"
OFFICERS = load_service_roster().people
RESULT = {"result": "已安排入学"}
LEAD = timedelta(seconds=5)


async def test_a_notice_and_a_request_go_on_after_worker_and_register_were_away(
    hall: TownHall,
) -> None:
    talent = await _recognised(hall, "kept")
    request = await _filed(hall, talent, "kept")
    await _do(hall, SPECIALIST, f"/requests/{request}/accept", {})
    async with hall.temporal() as client:
        cycle, due_at = await _about_to_end(
            Platform(client=client, task_queue=TASK_QUEUE, run="e2e")
        )
    assert "cycle_notified" not in await _kinds(hall, cycle.case_no)

    async with hall.frozen("postgres"):
        done = asyncio.create_task(_do(hall, LIAISON, f"/requests/{request}/feed-back", RESULT))
        await hall.kill("worker")
        while datetime.now(UTC) < due_at:
            await asyncio.sleep(0.1)
        assert not done.done(), "nothing is decided that is not in the register"

    assert (await done)["stage"] == "completed"
    await _happens(hall, cycle.case_no, "cycle_notified")
    letters = await _letters(hall, cycle.case_no)
    assert [letter["repeats"] for letter in letters] == [0]
    kinds = await _kinds(hall, cycle.case_no)
    assert kinds.count("cycle_notified") == 1
    assert (await _kinds(hall, request)).count("result_fed_back") == 1


async def test_the_same_request_sent_again_after_a_kill_is_one_case(hall: TownHall) -> None:
    talent = await _recognised(hall, "twice")
    first = await _filed(hall, talent, "twice")
    await hall.kill("worker")
    assert await _filed(hall, talent, "twice") == first
    async with _counter(hall) as http:
        found = await hall.look(http, f"/requests?talent={talent}")
    assert [row["case_no"] for row in found["items"]] == [first]


async def test_nonsense_is_recorded_as_refused_and_stops_nothing(hall: TownHall) -> None:
    talent = await _recognised(hall, "nonsense")
    request = await _filed(hall, talent, "nonsense")
    async with hall.temporal() as client:
        await _nonsense(client, workflow_id(CaseKind.TALENT_CYCLE, talent), "record_left")
        await _nonsense(client, workflow_id(CaseKind.REQUEST, request), "note_standing")

    await _do(hall, SPECIALIST, f"/requests/{request}/accept", {})
    change = {"letter": "C", "reason": "重新认定"}
    await _do(hall, SPECIALIST, f"/cycles/{talent}/reclassify", change)

    for case_no in (talent, request):
        codes = await _codes(hall, case_no, len(NONSENSE) + 1)
        assert codes.count("UNKNOWN_MESSAGE") == 1
        assert codes.count("UNREADABLE") == len(NONSENSE)
    assert "cycle_ended" not in await _kinds(hall, talent)


async def _recognised(hall: TownHall, reference: str) -> str:
    body = {
        "district": DISTRICT,
        "source": "talent-platform",
        "reference": reference,
        "talent": {
            "name": "张三",
            "id_number": citizen(reference),
            "email": f"{reference}@mail.example.com",
        },
        "employer": {
            "name": "某某公司",
            "credit_code": EMPLOYER,
            "email": f"hr-{reference}@mail.example.com",
        },
        "letter": "B",
        "recognised_on": date(now().year, 1, 4).isoformat(),
        "full_time": True,
    }
    return await _opened(hall, "/talents", body)


async def _filed(hall: TownHall, talent: str, reference: str) -> str:
    body = {
        "district": DISTRICT,
        "source": "talent-platform",
        "reference": reference,
        "talent": talent,
        "service": "SVC_SCHOOL",
        "mode": "online",
        "need": "孩子九月入读小学",
    }
    return await _opened(hall, "/requests", body)


async def _opened(hall: TownHall, path: str, body: dict[str, Any]) -> str:
    async with hall.counter("backend", Role.SYSTEM, "") as http:
        answer = await hall.insist(http, path, body)
    assert "case_no" in answer, answer
    return str(answer["case_no"])


async def _about_to_end(platform: Platform) -> tuple[StartCycle, datetime]:
    started, due_at = about_to_end(platform, "due", LEAD)
    await platform.open(started)
    return started, due_at


def about_to_end(platform: Platform, name: str, within: timedelta) -> tuple[StartCycle, datetime]:
    """A cycle whose time is ahead of ours, by just so much that its notice is due then."""
    cycle = platform.talent(name, now())
    last = platform.calendar.roll_back(cycle.item.notice_on(cycle.item.end(now())))
    due_at = datetime.now(UTC) + within
    shift = opening(last, cycle.item.office_opens) - due_at
    return replace(cycle, rehearsal=shift), due_at


async def _nonsense(client: Client, number: str, verb: str) -> None:
    handle = client.get_workflow_handle(number)
    for arguments in NONSENSE:
        await handle.signal(verb, args=arguments)
    await handle.signal("no_such_signal", {"any": "thing"})


def _counter(
    hall: TownHall, code: str = SPECIALIST
) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    officer = OFFICERS[code]
    return hall.counter(officer.code, officer.role, officer.district)


async def _do(hall: TownHall, code: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    async with _counter(hall, code) as http:
        answer = await hall.insist(http, path, body, key=path.rpartition("/")[2])
    assert "stage" in answer, answer
    return answer


async def _timeline(hall: TownHall, case_no: str) -> list[dict[str, Any]]:
    async with _counter(hall) as http:
        timeline = await hall.look(http, f"/cases/{case_no}/timeline")
    return list(timeline.get("items", ()))


async def _kinds(hall: TownHall, case_no: str) -> list[str]:
    return [event["kind"] for event in await _timeline(hall, case_no)]


async def _codes(hall: TownHall, case_no: str, count: int) -> list[str]:
    """Why messages were refused, once there are so many of them: a verb does not wait for facts."""
    async with asyncio.timeout(60):
        while True:
            events = await _timeline(hall, case_no)
            codes = [each["body"]["code"] for each in events if each["kind"] == "message_refused"]
            if len(codes) >= count:
                return codes
            await asyncio.sleep(0.2)


async def _happens(hall: TownHall, case_no: str, kind: str) -> None:
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while kind not in await _kinds(hall, case_no):
            await asyncio.sleep(0.2)


async def _letters(hall: TownHall, case_no: str) -> list[dict[str, Any]]:
    """What was sent for the case, once it is there."""
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while True:
            letters = [e for e in await hall.outbox() if e["key"].startswith(f"{case_no}:")]
            if letters:
                return letters
            await asyncio.sleep(0.2)
