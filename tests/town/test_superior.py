"""The superior's answers: when they come, what they say, and that none is lost."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from casework.local.town import TownSettings, running_town
from tests.town.listener import Listener, listening
from tests.town.visitor import Visitor


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@asynccontextmanager
async def town(folder: Path, **settings: Any) -> AsyncIterator[Visitor]:
    quick = {"answer_after_seconds": 0, "retry_after_seconds": 0.01, "callback_token": "secret"}
    async with (
        running_town(TownSettings(folder=folder, **{**quick, **settings})) as running,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        yield Visitor(http, running.http_url)


def case(listener: Listener, case_no: str = "SH-1") -> dict[str, Any]:
    return {"case_no": case_no, "callback_url": listener.url}


async def test_report_is_approved_with_the_token_of_the_moment(
    tmp_path: Path, listener: Listener
) -> None:
    tokens = iter(["first", "second"])
    listener.statuses = [503]
    async with town(tmp_path, callback_token=lambda _outcome: next(tokens)) as visitor:
        reference = (await visitor.post("/reports", case(listener))).json()["reference"]
        heard = [await listener.next(), await listener.next()]
    assert [callback.token for callback in heard] == ["Bearer first", "Bearer second"]
    assert {callback.key for callback in heard} == {reference}
    assert heard[0].body == heard[1].body
    assert heard[0].body == {
        "case_no": "SH-1",
        "reference": reference,
        "outcome": "approved",
        "reasons": "",
    }


async def test_callback_is_repeated_until_it_is_heard(tmp_path: Path, listener: Listener) -> None:
    listener.statuses = [500, 404, 401]
    async with town(tmp_path) as visitor:
        await visitor.post("/reports", case(listener))
        for _ in range(4):
            await listener.next()
        await visitor.post("/reports", case(listener, "SH-2"), key="2")
        assert (await listener.next()).body["case_no"] == "SH-2"  # and no fifth call for SH-1


async def test_repeated_report_is_answered_once(tmp_path: Path, listener: Listener) -> None:
    async with town(tmp_path) as visitor:
        for _ in range(3):
            await visitor.post("/reports", case(listener))
        await visitor.post("/reports", case(listener, "SH-2"), key="2")
        heard = {(await listener.next()).body["case_no"] for _ in range(2)}
        assert heard == {"SH-1", "SH-2"}
        assert len(await visitor.requests()) == 2


async def test_preset_of_a_case_goes_before_that_of_any_case(
    tmp_path: Path, listener: Listener
) -> None:
    async with town(tmp_path) as visitor:
        await visitor.post("/behaviour", {"outcome": "refused", "reasons": "年限不足"})
        await visitor.post("/behaviour", {"case_no": "SH-2", "outcome": "returned"})
        await visitor.post("/reports", case(listener, "SH-1"), key="1")
        first = await listener.next()
        await visitor.post("/reports", case(listener, "SH-2"), key="2")
        second = await listener.next()
    assert (first.body["outcome"], first.body["reasons"]) == ("refused", "年限不足")
    assert second.body["outcome"] == "returned"


async def test_held_report_waits_for_a_decision_by_hand(tmp_path: Path, listener: Listener) -> None:
    async with town(tmp_path) as visitor:
        await visitor.post("/behaviour", {"case_no": "SH-1", "answer_after_seconds": None})
        reference = (await visitor.post("/reports", case(listener))).json()["reference"]
        (held,) = await visitor.requests()
        assert (held["due"], held["answered_at"]) == (None, None)

        decision = {"outcome": "returned", "reasons": "缺少核档意见"}
        await visitor.post(f"/reports/{reference}/decision", decision)
        callback = await listener.next()
        assert callback.body == {"case_no": "SH-1", "reference": reference, **decision}


async def test_unknown_report_cannot_be_decided(tmp_path: Path) -> None:
    async with town(tmp_path) as visitor:
        with pytest.raises(httpx.HTTPStatusError, match="404"):
            await visitor.post("/reports/R99/decision", {"outcome": "approved"})


@pytest.mark.parametrize(
    ("path", "outcome"), [("/archive-calls", "arrived"), ("/parcels", "delivered")]
)
async def test_archive_and_parcel_are_answered_where_preset(
    path: str, outcome: str, tmp_path: Path, listener: Listener
) -> None:
    async with town(tmp_path) as visitor:
        await visitor.post(path, case(listener, "SH-1"), key="1")
        await visitor.post("/behaviour", {"path": path, "outcome": outcome})
        await visitor.post(path, case(listener, "SH-2"), key="2")
        heard = await listener.next()
        assert (heard.body["case_no"], heard.body["outcome"]) == ("SH-2", outcome)
        held = [request["case_no"] for request in await visitor.requests() if not request["due"]]
        assert held == ["SH-1"]


async def test_a_reset_is_answered_by_the_town_itself(tmp_path: Path, listener: Listener) -> None:
    async with town(tmp_path) as visitor:
        account = {"account": "person", "number": "310101199003071230"}
        await visitor.post("/password-resets", case(listener, "SH-1") | account, key="1")
        heard = await listener.next()
        assert (heard.body["case_no"], heard.body["outcome"]) == ("SH-1", "password_sent")
        sent = await visitor.message("new-passwords", "1")
        assert sent["text"].rpartition(" ")[2] not in json.dumps(heard.body)


async def test_unreachable_listener_does_not_stop_the_town(
    tmp_path: Path, listener: Listener
) -> None:
    async with town(tmp_path) as visitor:
        for key, url in (("1", "http://127.0.0.1:1/"), ("2", "nonsense"), ("3", "http://[")):
            await visitor.post("/reports", {"case_no": "SH-9", "callback_url": url}, key=key)
        await visitor.post("/reports", case(listener), key="4")
        assert (await listener.next()).body["case_no"] == "SH-1"


async def test_restarted_town_answers_what_it_owes(tmp_path: Path, listener: Listener) -> None:
    async with town(tmp_path, answer_after_seconds=None) as visitor:
        first = await visitor.post("/reports", case(listener))
    async with town(tmp_path) as visitor:
        again = await visitor.post("/reports", case(listener))
        assert again.json() == first.json()
        await visitor.post(f"/reports/{first.json()['reference']}/decision", {"outcome": "refused"})
        assert (await listener.next()).body["outcome"] == "refused"


_TOWN_PROCESS = """
import asyncio, sys
from pathlib import Path
from casework.local.town import TownSettings, running_town

async def main():
    settings = TownSettings(
        folder=Path(sys.argv[1]), answer_after_seconds=0, retry_after_seconds=60
    )
    async with running_town(settings) as town:
        print(town.http_url, flush=True)
        await town.wait()

asyncio.run(main())
"""


@asynccontextmanager
async def killed_town(folder: Path) -> AsyncIterator[Visitor]:
    """A town in a process of its own that dies of SIGKILL at the end of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _TOWN_PROCESS, str(folder), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        url = (await process.stdout.readline()).decode().strip()
        async with httpx.AsyncClient(trust_env=False) as http:
            yield Visitor(http, url)
    finally:
        process.kill()
        await process.wait()


async def test_killed_town_answers_after_its_restart(tmp_path: Path, listener: Listener) -> None:
    listener.statuses = [503]
    async with killed_town(tmp_path) as visitor:
        first = (await visitor.post("/reports", case(listener))).json()
        await visitor.post("/messages", {"to": "13800001234", "text": "你好"})
        assert (await listener.next()).token is None  # the town was given none

    async with town(tmp_path) as visitor:
        heard = await listener.next()
        assert (heard.key, heard.body["outcome"]) == (first["reference"], "approved")
        (entry,) = await visitor.outbox()
        assert entry["to"] == "138****1234"
