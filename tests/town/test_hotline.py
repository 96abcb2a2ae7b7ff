"""The fake hotline 12345: dispatches and returns tickets until it is heard, and keeps reports."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.town.listener import Listener, listening
from tests.town.test_superior import town

TICKET = {"district": "310106", "reference": "W-1", "subject_matter": "申请没有回音"}


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


async def test_a_ticket_is_dispatched_until_it_is_taken_and_once_a_key(
    tmp_path: Path, listener: Listener
) -> None:
    listener.statuses = [503]
    order = {"url": listener.url, "ticket": TICKET}
    async with town(tmp_path, callback_token=lambda outcome: outcome) as visitor:
        first = (await visitor.post("/hotline/dispatches", order, key="1")).json()
        heard = [await listener.next(), await listener.next()]
        again = (await visitor.post("/hotline/dispatches", order, key="1")).json()
        await visitor.post("/hotline/dispatches", order | {"ticket": {"reference": "W-2"}}, key="2")
        other = await listener.next()
    assert again == first
    assert [each.body for each in heard] == [TICKET, TICKET]
    assert {each.key for each in heard} == {first["reference"]}
    assert {each.token for each in heard} == {"Bearer dispatched"}
    assert other.body == {"reference": "W-2"}, "the repeat dispatched nothing"


async def test_a_ticket_is_returned_by_a_callback(tmp_path: Path, listener: Listener) -> None:
    order = {"url": listener.url, "case_no": "JA-1", "reasons": "答复未回应第二个问题"}
    async with town(tmp_path, callback_token=lambda outcome: outcome) as visitor:
        told = (await visitor.post("/hotline/returns", order)).json()
        heard = await listener.next()
    assert heard.token == "Bearer hotline_returned"
    assert heard.body == {
        "case_no": "JA-1",
        "reference": told["reference"],
        "outcome": "hotline_returned",
        "reasons": "答复未回应第二个问题",
    }


async def test_a_town_of_before_the_hotline_goes_on(tmp_path: Path, listener: Listener) -> None:
    async with town(tmp_path, answer_after_seconds=None) as visitor:
        report = {"case_no": "SH-1", "callback_url": listener.url}
        reference = (await visitor.post("/reports", report)).json()["reference"]
    with closing(sqlite3.connect(tmp_path / "town.sqlite")) as ledger, ledger:
        ledger.execute("ALTER TABLE owed DROP COLUMN body")
    async with town(tmp_path) as visitor:
        await visitor.post(f"/reports/{reference}/decision", {"outcome": "approved"})
        assert (await listener.next()).body["outcome"] == "approved"
