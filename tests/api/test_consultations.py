"""Consultations over HTTP: logged once, alone or by a file of lines, counted, and never lost."""

import itertools
import json
from typing import Any

from tests.api.live import Backend
from tests.api.test_problems import assert_problem
from tests.api.test_tickets import ticket

_numbers = itertools.count(1)
PLACE = "/v1/consultations"


def line(**said: Any) -> dict[str, Any]:
    known = {"district": "310106", "channel": "qq", "topic": "points"}
    return {**known, "reference": f"Z-{next(_numbers)}", **said}


async def test_the_same_line_is_logged_once(backend: Backend) -> None:
    body = line()
    first = await backend.post("ja-o1", PLACE, body)
    assert first.status_code == 201, first.text
    again = await backend.post("ja-o1", PLACE, body)
    assert (again.status_code, again.json()) == (200, first.json())
    other = await backend.post("ja-o1", PLACE, body | {"channel": "phone"})
    assert assert_problem(other)["code"] == "CONTENT_DIFFERS"
    nameless = {"channel": "phone", "topic": "other"}
    by_key = [await backend.post("ja-o1", PLACE, nameless, key="K-1") for _ in range(2)]
    assert [each.status_code for each in by_key] == [201, 200]
    assert by_key[0].json()["district"] == "310106"


async def test_what_is_not_answered_at_once_is_a_ticket(backend: Backend) -> None:
    asked = line(answered=False)
    for changed, code in (
        ({}, "FIELD_REQUIRED"),
        ({"ticket": "310106-4A2J-5S06-9FJR"}, "TICKET_UNKNOWN"),
        ({"ticket": await ticket(backend, "310104")}, "TICKET_UNKNOWN"),
        ({"ticket": await ticket(backend), "answered": True}, "ANSWERED_AT_ONCE"),
    ):
        refused = await backend.post("ja-o1", PLACE, asked | changed)
        assert assert_problem(refused)["code"] == code, changed
    opened = await ticket(backend)
    logged = await backend.post("ja-o1", PLACE, asked | {"ticket": opened})
    assert logged.json()["ticket"] == opened


async def test_only_of_ones_own_district_and_source(backend: Backend) -> None:
    refusals = {
        "xh-o1": (line(), "OTHER_DISTRICT"),
        "ja-r1": (line(), "ROLE_NOT_ALLOWED"),
        "ja-o1": (line(source="hotline-12333"), "OTHER_SOURCE"),
        "hotline-12333": (line(source="window"), "OTHER_SOURCE"),
        "hotline": (line(), "SYSTEM_NOT_BOUND"),
    }
    for who, (body, code) in refusals.items():
        assert assert_problem(await backend.post(who, PLACE, body))["code"] == code, who
    logged = await backend.post("hotline-12333", PLACE, line(channel="hotline_12333"))
    assert logged.json()["source"] == "hotline-12333"


async def test_a_file_of_lines_is_counted_and_opens_its_lines(backend: Backend) -> None:
    """As the sources count: answers in the group of QQ, and calls of 12333."""
    asked_at = "2022-04-18T10:00:00+08:00"
    said = [line(asked_at=asked_at, topic="files") for _ in range(3)]
    said += [line(asked_at=asked_at, channel="hotline_12333", needs=["elderly"])]
    said += [line(asked_at=asked_at, channel="carrier_pigeon")]
    content = "\n".join(map(json.dumps, said)).encode()
    for statuses in ([201] * 4 + [422], [200] * 4 + [422]):
        told = await backend.http.post(
            "/v1/submissions",
            params={"to": "consultations"},
            content=content,
            headers=backend.bearer("ja-o1"),
        )
        answers = [json.loads(each) for each in told.text.splitlines()]
        assert [each["status"] for each in answers] == statuses, told.text
    period = {"first_on": "2022-04-01", "last_on": "2022-04-30"}
    counts = (await backend.get("ja-s1", f"{PLACE}/counts", **period)).json()
    total = counts["total"]
    assert (total["asked"], total["answered"], total["with_needs"]) == (4, 4, 1)
    assert {each["channel"]: each["asked"] for each in counts["channels"]} == {
        "hotline_12333": 1,
        "qq": 3,
    }
    for each in (total, *counts["channels"], *counts["topics"]):
        opened = await backend.http.get(each["cases"], headers=backend.bearer("ja-s1"))
        assert len(opened.json()["items"]) == each["asked"], each["cases"]


async def test_who_can_serve_is_named(backend: Backend) -> None:
    asked = await backend.get("ja-o1", f"{PLACE}/agents", needs="sign_language")
    able = asked.json()["agents"]
    logged = (await backend.post("ja-o1", PLACE, line(needs=["sign_language"]))).json()
    assert (logged["agents"], logged["agent"]) == (able, able[0] if able else "")
    assert logged["needs_label"] == "手语"
