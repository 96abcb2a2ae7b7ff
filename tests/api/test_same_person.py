"""The same person twice over HTTP: two districts, two requests at once, and who reads what."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from casework.settings import Settings
from tests.api.conftest import api_over
from tests.api.live import Backend, Headers
from tests.api.platform import PERSONAL, SOMEBODY_ELSE, Platform, permit, recognition, years_ago
from tests.api.test_problems import assert_problem

HERE, THERE = "310106", "310101"
OFFICERS = {HERE: "ja-o1", THERE: "hp-o1"}
REASON = "经核实"


async def both(backend: Backend) -> tuple[str, str]:
    return await backend.case(), await backend.case(district=THERE)


async def act(backend: Backend, case_no: str, verb: str, **body: Any) -> httpx.Response:
    return await backend.do(OFFICERS[case_no[:6]], case_no, verb, **body)


async def shown(backend: Backend, by: str, case_no: str) -> dict[str, Any]:
    answer = await backend.get(by, f"/v1/applications/{case_no}")
    assert answer.status_code == 200, answer.text
    case: dict[str, Any] = answer.json()
    return case


async def test_each_district_is_told_of_the_other_case_and_decides(backend: Backend) -> None:
    first, second = await both(backend)
    for own, other in ((first, second), (second, first)):
        (told,) = (await shown(backend, OFFICERS[own[:6]], own))["same_person"]
        assert told == {
            "case_no": other,
            "district": other[:6],
            "stage": "pre_review",
            "stage_label": "预审",
            "kept_apart": False,
        }
        refused = await act(backend, own, "pre-review", outcome="passed")
        assert (refused.status_code, assert_problem(refused)["code"]) == (
            409,
            "DUPLICATE_UNDECIDED",
        )
        assert f"疑似重复：{other}（{other[:6]}，预审）" in refused.json()["detail"]
        tasks = await backend.get(OFFICERS[own[:6]], "/v1/tasks")
        (about,) = [task["about"] for task in tasks.json()["items"] if task["case_no"] == own]
        assert other in about

    there = await backend.get(OFFICERS[HERE], f"/v1/applications/{second}")
    assert there.status_code == 403, "the content of the other case stays where it is"
    assert (await act(backend, first, "keep-apart", other=second, reason=REASON)).is_success
    assert (await shown(backend, "ja-o1", first))["same_person"][0]["kept_apart"] is True
    assert (await act(backend, first, "pre-review", outcome="passed")).is_success

    ended = await act(backend, second, "refuse-duplicate", other=first, reason=REASON)
    assert ended.json()["stage"] == "not_accepted"
    assert (await shown(backend, "ja-o1", first))["same_person"] == []
    assert (await act(backend, first, "accept")).is_success


async def test_people_outside_are_told_nothing_of_another_case(backend: Backend) -> None:
    first, second = await both(backend)
    await act(backend, first, "pre-review", outcome="passed")
    await act(backend, first, "keep-apart", other=second, reason=REASON)
    assert "kept_apart" in await backend.titles(first)
    for case_no, other in ((first, second), (second, first)):
        for place in (f"applications/{case_no}", f"cases/{case_no}/timeline", "tasks"):
            answer = await backend.get("employer", f"/v1/{place}")
            assert answer.status_code == 200, answer.text
            seen = [row for row in answer.json().get("items", []) if row.get("case_no") != other]
            assert other not in str(seen or answer.json()), place


async def test_two_submitted_at_once_find_each_other(backend: Backend) -> None:
    one, two = await asyncio.gather(backend.case(), backend.case(district=THERE))
    answers = await asyncio.gather(
        *(act(backend, case_no, "pre-review", outcome="passed") for case_no in (one, two))
    )
    assert [assert_problem(answer)["code"] for answer in answers] == ["DUPLICATE_UNDECIDED"] * 2


async def test_a_number_that_is_not_of_the_same_person_is_no_duplicate(backend: Backend) -> None:
    own = await backend.case()
    stranger = await backend.case(applicant=SOMEBODY_ELSE)
    for verb in ("keep-apart", "refuse-duplicate"):
        refused = await act(backend, own, verb, other=stranger, reason=REASON)
        assert (refused.status_code, assert_problem(refused)["code"]) == (422, "NO_SUCH_DUPLICATE")


# --- one cycle in a city -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "made", "elsewhere"),
    [("talents", recognition, "500112"), ("permits", permit, "310101")],
)
async def test_a_second_cycle_in_the_city_is_refused(
    backend: Backend, path: str, made: Any, elsewhere: str
) -> None:
    body = made()
    first = (await backend.post("backend", f"/v1/{path}", body)).json()["case_no"]
    refused = await backend.post("backend", f"/v1/{path}", made(district=elsewhere))
    problem = assert_problem(refused)
    assert (refused.status_code, problem["code"]) == (409, "CYCLE_EXISTS")
    assert f"{first}（{first[:6]}，周期内）" in problem["detail"]
    assert not any(personal in refused.text for personal in PERSONAL)
    again = await backend.post("backend", f"/v1/{path}", body)
    assert (again.status_code, again.json()["case_no"]) == (200, first)


@pytest.fixture
async def door(
    settings: Settings, temporal: Client, register_url: str, bearer: Headers
) -> AsyncIterator[Backend]:
    """Another process of the API, on the same register."""
    async with api_over(settings, temporal, register_url) as http:
        yield Backend(http, bearer)


async def test_of_two_processes_asked_at_once_one_opens_the_cycle_until_it_has_ended(
    backend: Backend, door: Backend, platform: Platform
) -> None:
    for _ in range(2):
        answers = await asyncio.gather(
            *(
                process.post("backend", "/v1/talents", recognition())
                for process in (backend, door, backend, door)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        codes = {assert_problem(each)["code"] for each in answers if each.status_code == 409}
        assert codes == {"CYCLE_EXISTS"}
        (number,) = [each.json()["case_no"] for each in answers if each.status_code == 201]
        left = {"left_on": years_ago(0), "reason": "离渝"}
        ended = await platform.do("yz-sp1", "cycles", number, "record-left", **left)
        assert ended.is_success, ended.text
