"""A catalogue is published, and its worker killed, while cases are opened; then it goes back."""

import asyncio
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.policy.publishing.versions import WholeCatalogue
from tests.e2e.town_hall import PATIENCE, TownHall
from tests.examples import at_night
from tests.publishing.trees import PACKAGED, longer_limit

CASES = 200


@at_night
async def test_every_case_has_one_version_though_the_worker_dies(hall: TownHall) -> None:
    """In `make test` cases open and move meanwhile in tests/api/test_publishing.py."""
    today = local_date(datetime.now(UTC))
    newer = longer_limit(8, today + timedelta(days=2))
    before = [await hall.submit(f"version-before-{number}") for number in range(2)]
    no = await proposed(hall, newer)
    opening = asyncio.gather(*(hall.submit(f"version-{number}") for number in range(CASES)))
    approving = asyncio.create_task(approved(hall, no))
    await hall.kill("worker")
    await approving
    between = await opening
    after = await hall.submit("version-after")
    assert {await _version(hall, case_no) for case_no in before} == {PACKAGED.digest}
    assert {await _version(hall, each) for each in between} <= {PACKAGED.digest, newer.digest}
    assert await _version(hall, after) == newer.digest

    await approved(hall, await proposed(hall, PACKAGED))
    assert await _version(hall, await hall.submit("version-back")) == PACKAGED.digest


async def proposed(hall: TownHall, whole: WholeCatalogue) -> str:
    """Have one person propose a catalogue; return the number of the order."""
    content = {
        "kind": "publish_catalogue",
        "digest": whole.digest,
        "first_on": local_date(datetime.now(UTC)).isoformat(),
        "reason": "新办法施行",
    }
    async with hall.counter("sh-u1", Role.SUPERIOR, "") as http:
        kept = await http.post(
            "/catalogue/archives",
            content=whole.archive.content,
            headers={"content-type": "application/zip"},
        )
        assert kept.status_code == 201, kept.text
        proposed = await hall.insist(
            http, "/orders", content, key=f"publish-{whole.digest[:12]}-{token_hex(4)}"
        )
        no = str(proposed["no"])
        alone = await http.post(f"/orders/{no}/approve", json={})
        assert alone.json()["code"] == "FOUR_EYES"
    return no


async def approved(hall: TownHall, no: str) -> None:
    """Have another person approve it, and wait until it is in force."""
    async with hall.counter("sh-u2", Role.SUPERIOR, "") as http:
        await hall.insist(http, f"/orders/{no}/approve", {}, key=f"{no}-yes")
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while (await hall.look(http, f"/orders/{no}")).get("status") != "done":
                await asyncio.sleep(0.2)


async def _version(hall: TownHall, case_no: str) -> str:
    async with hall.counter("ja-o1", Role.OFFICER) as http:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while True:
                case: dict[str, Any] = await hall.look(http, f"/applications/{case_no}")
                if "catalogue" in case:
                    return str(case["catalogue"])
                await asyncio.sleep(0.2)
