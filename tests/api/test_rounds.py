"""Rounds of visits over HTTP: one of each platform in each quarter, whoever begins it."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from casework.domain.kinds.round.opening import quarter_of
from casework.domain.time.calendar import ZONE
from tests.api.live import Backend, Headers
from tests.api.platform import DISTRICT, Platform
from tests.api.test_problems import assert_problem

NOBODY = "500103-0000-0000-0000"


def this_quarter() -> str:
    return quarter_of(datetime.now(UTC).astimezone(ZONE).date())


async def test_round_of_a_quarter_begins_once(backend: Backend, platform: Platform) -> None:
    body = {"district": DISTRICT, "quarter": this_quarter()}
    first = await backend.post("yz-sv1", "/v1/rounds", body)
    assert (first.status_code, first.json()["stage_label"]) == (201, "待抽样"), first.text
    again = await backend.post("visit-platform", "/v1/rounds", body)
    assert (again.status_code, again.json()) == (200, first.json())
    number = first.json()["case_no"]
    shown = await platform.shown("rounds", number)
    assert (shown["kind_label"], shown["reference"]) == ("抽样回访", this_quarter())
    assert shown["outstanding"] == len(shown["visits"])
    listed = (await backend.get("yz-sp1", "/v1/rounds")).json()["items"]
    assert [each["case_no"] for each in listed] == [number]
    assert (await backend.get("yb-sp1", "/v1/rounds")).json()["items"] == []
    visit: dict[str, Any] = {"request": NOBODY, "means": "phone", "reached": True}
    refused = await platform.do("yz-sp1", "rounds", number, "record-visit", **visit)
    assert refused.status_code in {409, 422}
    assert_problem(refused)


@pytest.mark.parametrize(
    ("by", "body", "code"),
    [
        ("yz-sp1", {"district": DISTRICT, "quarter": "2026Q1"}, "ROLE_NOT_ALLOWED"),
        ("yb-sv1", {"district": DISTRICT, "quarter": "2026Q1"}, "OTHER_DISTRICT"),
        ("visit-platform", {"district": DISTRICT, "quarter": "2020Q1"}, "QUARTER_NOT_CURRENT"),
        ("visit-platform", {"district": DISTRICT, "quarter": "2026Q5"}, "INVALID_REQUEST"),
        ("cq-sv1", {"district": "999999", "quarter": this_quarter()}, "PLATFORM_UNKNOWN"),
    ],
)
async def test_round_that_may_not_begin_is_refused(
    lonely: httpx.AsyncClient, bearer: Headers, by: str, body: dict[str, str], code: str
) -> None:
    answer = await lonely.post("/v1/rounds", json=body, headers=bearer(by))
    assert answer.status_code in {403, 422}
    assert assert_problem(answer)["code"] == code


async def test_case_of_another_kind_is_no_round(backend: Backend, platform: Platform) -> None:
    for number in (NOBODY, await platform.talent()):
        answer = await backend.get("yz-sp1", f"/v1/rounds/{number}")
        assert (answer.status_code, assert_problem(answer)["code"]) == (404, "CASE_NOT_FOUND")
