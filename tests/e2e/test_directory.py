"""A city's directory has somebody leave: a real client of SCIM, and a whole stack."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from scim2_client import BaseAsyncSCIMClient
from scim2_models import PatchOp

from api.access.session import COOKIE
from api.routes.scim import PROVIDER, DirectoryGroup, DirectoryUser
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.local.devstack import free_port
from casework.policy.publishing.archive import packed
from casework.policy.publishing.versions import read_whole
from casework.settings import LOOPBACK
from tests.e2e.test_publishing_survives import approved, proposed
from tests.e2e.town_hall import PATIENCE, TownHall, answers, beside
from tests.examples import at_night
from tests.publishing.trees import PACKAGED

HUANGPU = "310101"
TOKEN = "a-token-of-the-directory"
CASES = 6
AT_ONCE = """\
items:
  "*":
    officer:
      - {{from: 2004-07-01, value: {{way: in_turn}}, reference: 内部设定, mark: proposal}}
directory_leavers:
  - {{from: {today}, value: true, reference: 内部设定, mark: proposal}}
"""


class OverHttp(BaseAsyncSCIMClient):
    """A directory's client; what it sends goes over the network."""

    def __init__(self, http: httpx.AsyncClient, **said: Any) -> None:
        super().__init__(**said)
        self._http = http

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return endpoint.startswith((str(self._http.base_url), "/"))

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    async def request(self, method: str, url: str, **said: Any) -> Any:
        return await self._http.request(method, url.removeprefix("/"), **said)

    async def active(self, person: str, *, value: bool) -> None:
        """Say whether somebody works here."""
        said: Any = PatchOp[DirectoryUser]
        said = said(operations=[{"op": "replace", "path": "active", "value": value}])
        await self.modify(DirectoryUser, person, said)


@pytest.fixture
async def directory(hall: TownHall) -> AsyncIterator[OverHttp]:
    """The directory of one district, and an API beside the stack's to which it may write."""
    file = hall.settings.home / "directories.yaml"
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    file.write_text(
        f'directories: {{directory-hp: {{place: "{HUANGPU}", token_sha256: "{digest}"}}}}'
    )
    port, probes = free_port(), free_port()
    place = f"http://{LOOPBACK}:{port}"
    with beside(hall.settings, "api", api_port=port, api_probe_port=probes, scim_file=file):
        await answers(place)
        async with httpx.AsyncClient(
            base_url=f"{place}/scim/v2/",
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=PATIENCE.total_seconds(),
            trust_env=False,
        ) as http:
            yield OverHttp(http, provider=PROVIDER)


@at_night
async def test_who_is_deactivated_in_the_directory_leaves(
    hall: TownHall, directory: OverHttp
) -> None:
    """In `make test` the same happens to one API in tests/api/test_scim.py."""
    for code in ("hp-o1", "hp-o2", "hp-o3", "hp-o4"):
        await directory.create(DirectoryUser(user_name=code))
    members = [{"value": code} for code in ("hp-o1", "hp-o2", "hp-o3", "hp-o4")]
    group = DirectoryGroup(display_name=f"officer@{HUANGPU}", members=members)
    await directory.create(group)
    [order] = await _orders(hall)
    assert [each["person"] for each in order["body"]["posts"]] == ["hp-o3", "hp-o4"]
    await _approve(hall)

    await directory.active("hp-o3", value=False)
    [order] = await _orders(hall)
    assert [each["person"] for each in order["body"]["leave"]] == ["hp-o3"]
    assert await _holds(hall, "hp-o3") is HTTPStatus.OK, "by default only a proposal"
    await _approve(hall)
    await _until(hall, "hp-o3", HTTPStatus.FORBIDDEN)

    said = AT_ONCE.format(today=local_date(datetime.now(UTC))).encode()
    files = {**PACKAGED.files, f"sharing/{HUANGPU}.yaml": said}
    await approved(hall, await proposed(hall, read_whole(packed(files))))
    numbers = [
        await hall.submit(f"directory-{number}", district=HUANGPU) for number in range(CASES)
    ]
    before = {number: await _holder(hall, number) for number in numbers}
    theirs = {number for number, holder in before.items() if holder == "hp-o1"}
    assert len(theirs) == CASES // 3, before
    async with _browser(hall) as browser:
        await _log_in(browser, hall, "hp-o1")
        assert (await browser.get("/v1/me")).json()["code"] == "hp-o1"

        await directory.active("hp-o1", value=False)

        assert await _orders(hall) == [], "nobody has to approve"
        await _until(hall, "hp-o1", HTTPStatus.FORBIDDEN)
        for page in ("/v1/tasks", "/desk/tasks"):
            assert (await browser.get(page)).status_code == HTTPStatus.FORBIDDEN, page
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while "hp-o1" in (after := {no: await _holder(hall, no) for no in numbers}).values():
            await asyncio.sleep(0.2)
    assert {no: after[no] for no in numbers if no not in theirs} == {
        no: before[no] for no in numbers if no not in theirs
    }
    assert set(Counter(after.values())) == {"hp-o2", "hp-o4"}

    await directory.active("hp-o1", value=True)  # others find the district as it was
    await _approve(hall)
    await _until(hall, "hp-o1", HTTPStatus.OK)
    await approved(hall, await proposed(hall, PACKAGED))


async def _holds(hall: TownHall, person: str) -> HTTPStatus:
    """What somebody who asks for their tasks is answered."""
    async with hall.counter(person, Role.OFFICER, HUANGPU) as http:
        return HTTPStatus((await http.get("/tasks")).status_code)


async def _until(hall: TownHall, person: str, status: HTTPStatus) -> None:
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while await _holds(hall, person) is not status:
            await asyncio.sleep(0.2)


async def _orders(hall: TownHall) -> list[dict[str, Any]]:
    """What the directory has proposed and nobody has decided."""
    async with hall.counter("hp-s1", Role.SUPERVISOR, HUANGPU) as http:
        listed = await http.get("/orders", params={"status": "proposed", "size": 200})
    return [each for each in listed.json()["items"] if each["proposed_by"] == "scim.directory-hp"]


async def _approve(hall: TownHall) -> None:
    """A second person approves what the directory has proposed; return when it is in force."""
    [order] = await _orders(hall)
    async with hall.counter("hp-s1", Role.SUPERVISOR, HUANGPU) as http:
        await hall.insist(http, f"/orders/{order['no']}/approve", {}, key=f"{order['no']}-yes")


async def _holder(hall: TownHall, case_no: str) -> str:
    async with hall.counter("hp-s1", Role.SUPERVISOR, HUANGPU) as http:
        return str((await hall.look(http, f"/applications/{case_no}")).get("holder", ""))


def _browser(hall: TownHall) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=hall.settings.api_local_url,
        timeout=PATIENCE.total_seconds(),
        trust_env=False,
    )


async def _log_in(browser: httpx.AsyncClient, hall: TownHall, person: str) -> None:
    sent = await browser.get("/login")
    chosen = await browser.post(sent.headers["Location"], data={"person": person})
    await browser.get(chosen.headers["Location"])
    assert COOKIE in browser.cookies
