from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import httpx
import pytest

from casework.local.town import Town, TownSettings, running_town
from tests.town.visitor import Visitor

REPORT = {"case_no": "SH-1", "item": "HJ_RES"}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with running_town(TownSettings(folder=tmp_path)) as town:
        yield town


@pytest.fixture
async def visitor(town: Town) -> AsyncIterator[Visitor]:
    async with httpx.AsyncClient(trust_env=False) as http:
        yield Visitor(http, town.http_url)


async def post_letter(town: Town, message_id: str) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"] = "office@x.example", "wang@mail.example"
    letter["Subject"], letter["Message-ID"] = "受理通知书", message_id
    letter.set_content("您的申请已受理。")
    await aiosmtplib.send(letter, hostname=town.smtp_host, port=town.smtp_port)


async def test_letter_with_the_same_id_is_kept_once_and_counted(
    town: Town, visitor: Visitor
) -> None:
    for message_id in ("<1@x.example>", "<1@x.example>", "<2@x.example>"):
        await post_letter(town, message_id)
    entries = await visitor.outbox()
    assert [(entry["key"], entry["repeats"]) for entry in entries] == [("1", 1), ("2", 0)]
    assert entries[0]["subject"] == "受理通知书"
    assert (await visitor.message("mail", "1"))["text"] == "您的申请已受理。\n"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/messages", {"to": "13800001234", "text": "你好"}),
        ("/reports", REPORT),
        ("/archive-calls", REPORT),
        ("/parcels", REPORT),
    ],
)
async def test_same_key_gets_the_same_answer_and_another_key_another(
    path: str, body: dict[str, Any], visitor: Visitor
) -> None:
    first = await visitor.post(path, body, key="a")
    again = await visitor.post(path, body, key="a")
    other = await visitor.post(path, body, key="b")
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json() != other.json()


@pytest.mark.parametrize("path", ["/messages", "/reports", "/archive-calls", "/parcels"])
async def test_request_without_a_key_is_refused(path: str, visitor: Visitor) -> None:
    body = {"to": "13800001234", "text": "你好", "case_no": "SH-1"}
    answer = await visitor.http.post(visitor.url + path, json=body)
    assert answer.status_code == 422


async def test_outbox_masks_whom_it_was_for(town: Town, visitor: Visitor) -> None:
    await post_letter(town, "<1@x.example>")
    await visitor.post("/messages", {"to": "13800001234", "text": "你好"})
    shown = {entry["to"] for entry in await visitor.outbox()}
    assert shown == {"w***@mail.example", "138****1234"}


async def test_outbox_holds_notices_and_other_channels_on_demand(visitor: Visitor) -> None:
    await visitor.post("/reports", REPORT)
    assert await visitor.outbox() == []
    (entry,) = await visitor.outbox("reports")
    assert entry["subject"] == "SH-1"


async def test_planned_faults_come_as_often_as_planned(visitor: Visitor) -> None:
    await visitor.plan_fault("/messages", 503, times=2)
    message = {"to": "13800001234", "text": "你好"}
    for _ in range(2):
        with pytest.raises(httpx.HTTPStatusError, match="503"):
            await visitor.post("/messages", message)
    await visitor.post("/messages", message)
    (entry,) = await visitor.outbox()
    assert entry["repeats"] == 0


async def test_taken_port_is_said_at_once(town: Town, tmp_path: Path) -> None:
    port = int(town.http_url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        async with running_town(TownSettings(folder=tmp_path / "second", http_port=port)):
            pytest.fail("two towns on one port")


async def test_unknown_message_is_not_found(visitor: Visitor) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        await visitor.message("mail", "nothing")
