"""Absences over HTTP: by the officer or the supervisor, and the B角 has the work."""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from casework.domain.time.calendar import ZONE
from tests.api.live import Backend, Headers, Switch
from tests.api.platform import Platform
from tests.api.test_problems import assert_problem

Refusal = tuple[int, str]
_leaves = itertools.count(1)  # each absence has a number of its own
NOBODY = "yz-sp1-20260917-00000000"


def today() -> date:
    return datetime.now(UTC).astimezone(ZONE).date()


def absence(**changed: Any) -> dict[str, Any]:
    return {
        "officer": "yz-sp1",
        "first_on": str(today()),
        "last_on": str(today() + timedelta(days=5)),
        "reason": f"年休假（第 {next(_leaves)} 次）",
    } | changed


async def test_absence_is_recorded_once_and_ended_early(backend: Backend) -> None:
    body = absence()
    first = await backend.post("yz-sv1", "/v1/absences", body)
    assert first.status_code == 201, first.text
    again = await backend.post("yz-sp1", "/v1/absences", body)
    assert again.json() == first.json()
    number = first.json()["id"]
    on = {"on": str(today())}
    assert (await backend.get("yb-sp1", "/v1/absences", **on)).json()["items"] == []
    listed = (await backend.get("yz-sp2", "/v1/absences", **on)).json()["items"]
    assert [(each["id"], each["recorded_by"]) for each in listed] == [(number, "yz-sv1")]
    late = await backend.post("yz-sp1", f"/v1/absences/{number}/end", {"ended_on": "2999-01-01"})
    assert (late.status_code, assert_problem(late)["code"]) == (422, "ABSENCE_DATES")
    tomorrow = str(today() + timedelta(days=1))
    ended = await backend.post("yz-sp1", f"/v1/absences/{number}/end", {"ended_on": tomorrow})
    assert (ended.status_code, ended.json()["ended_on"]) == (200, tomorrow), ended.text
    repeated = await backend.post("yz-sp1", f"/v1/absences/{number}/end", {"ended_on": tomorrow})
    assert (repeated.status_code, repeated.json()) == (200, ended.json())
    shown = await backend.get("yz-sp1", f"/v1/absences/{number}")
    assert shown.json() == ended.json()


async def test_work_of_an_absent_specialist_is_the_other_ones(
    backend: Backend, platform: Platform
) -> None:
    assert (await backend.post("yz-sp1", "/v1/absences", absence())).status_code == 201
    number = await platform.request(await platform.talent(letter="E"))
    tasks = (await platform.shown("requests", number))["tasks"]
    assert [(task["kind"], task["holder"]) for task in tasks] == [("accept", "yz-sp2")]


async def test_why_the_superior_is_absent_is_read_in_their_own_city_only(backend: Backend) -> None:
    recorded = await backend.post("hh-u1", "/v1/absences", absence(officer="hh-u1"))
    assert recorded.status_code == 201, recorded.text
    for who, officers in (("hh-o1", ["hh-u1"]), ("ja-o1", []), ("sh-u1", [])):
        listed = (await backend.get(who, "/v1/absences", officer="hh-u1")).json()["items"]
        assert [each["officer"] for each in listed] == officers


async def test_absence_while_the_register_is_away_is_answered_later(
    impatient: Backend, backend: Backend, switch: Switch
) -> None:
    body = absence(officer="yz-sp2")
    switch.away = True
    answer = await impatient.post("yz-sp2", "/v1/absences", body)
    assert answer.status_code == 202, answer.text
    switch.away = False
    done = await backend.post("yz-sp2", "/v1/absences", body)
    assert done.status_code == 200  # it was recorded by the first one
    assert answer.headers["location"] == done.headers["location"]


@pytest.mark.parametrize(
    ("by", "changed", "refused"),
    [
        ("yz-sp2", {}, (403, "ROLE_NOT_ALLOWED")),
        ("yb-sv1", {}, (403, "OTHER_DISTRICT")),
        ("yz-sv1", {"officer": "nobody"}, (422, "OFFICER_UNKNOWN")),
        ("yz-sv1", {"officer": "backend"}, (422, "OFFICER_UNKNOWN")),
        ("yz-sv1", {"last_on": "2020-01-01"}, (422, "DATES_REVERSED")),
        ("yz-sv1", {"first_on": "2020-01-01", "last_on": "2020-01-02"}, (422, "ABSENCE_OVER")),
        ("yz-sv1", {"last_on": "2999-01-01"}, (422, "ABSENCE_TOO_LONG")),
        ("cq-sv1", {}, (503, "TEMPORAL_AWAY")),
        ("cq-sv1", {"officer": "ja-o1"}, (403, "OTHER_DISTRICT")),
        ("cq-sv1", {"officer": "hh-u1"}, (403, "OTHER_DISTRICT")),
        ("ja-o1", {"officer": "ja-o1"}, (503, "TEMPORAL_AWAY")),
    ],
)
async def test_absence_that_may_not_be_recorded_is_refused(
    lonely: httpx.AsyncClient, bearer: Headers, by: str, changed: dict[str, Any], refused: Refusal
) -> None:
    answer = await lonely.post("/v1/absences", json=absence(**changed), headers=bearer(by))
    assert (answer.status_code, assert_problem(answer)["code"]) == refused


async def test_absence_that_never_was_is_not_found(backend: Backend) -> None:
    for answer in (
        await backend.get("yz-sv1", f"/v1/absences/{NOBODY}"),
        await backend.post("yz-sv1", f"/v1/absences/{NOBODY}/end", {"ended_on": str(today())}),
    ):
        assert (answer.status_code, assert_problem(answer)["code"]) == (404, "ABSENCE_NOT_FOUND")
