"""Ratings over HTTP: one of each finished case, and how many of each grade."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from casework.domain.time.calendar import ZONE
from tests.api.live import Backend, Headers
from tests.api.platform import Platform
from tests.api.test_problems import assert_problem

Refusal = tuple[int, str]
NOBODY = "500103-0000-0000-0000"


def rating(case_no: str, **changed: Any) -> dict[str, Any]:
    return {"case_no": case_no, "grade": 2, "named": True, "comment": "等候时间过长"} | changed


async def test_finished_matter_is_rated_once(backend: Backend, platform: Platform) -> None:
    case = await platform.finished(await platform.talent())
    first = await backend.post("talent", "/v1/ratings", rating(case))
    assert (first.status_code, first.json()["stage"]) == (201, "rating_contact"), first.text
    again = await backend.post("talent", "/v1/ratings", rating(case))
    assert (again.status_code, again.json()) == (200, first.json())
    other = await backend.post("talent", "/v1/ratings", rating(case, grade=5))
    assert (other.status_code, assert_problem(other)["code"]) == (409, "ALREADY_RATED")
    number = first.json()["case_no"]
    shown = await platform.shown("ratings", number)
    assert (shown["rated"], shown["grade_label"]) == (case, "不满意")
    assert (shown["kind_label"], shown["stage_label"]) == ("服务评价", "差评待联系")
    contacted = await platform.do("yz-sp1", "ratings", number, "contact-rater", reached=True)
    assert contacted.json()["stage"] == "rating_verify", contacted.text
    verify: dict[str, Any] = {"justified": True, "finding": "属实"}
    assert (await platform.do("yz-sp1", "ratings", number, "verify-rating", **verify)).is_success


async def test_good_rating_of_an_application_is_closed_at_once(
    backend: Backend, platform: Platform
) -> None:
    case = await backend.case()
    open_still = await backend.post("applicant", "/v1/ratings", rating(case))
    assert (open_still.status_code, assert_problem(open_still)["code"]) == (409, "NOT_RATEABLE")
    await backend.do("ja-o1", case, "withdraw")
    answer = await backend.post("applicant", "/v1/ratings", rating(case, grade=5))
    assert (answer.status_code, answer.json()["stage_label"]) == (201, "已评价"), answer.text
    again = await backend.post("applicant", "/v1/ratings", rating(case, grade=4))
    assert (again.status_code, assert_problem(again)["code"]) == (409, "ALREADY_RATED")
    assert (await platform.shown("ratings", answer.json()["case_no"]))["grade"] == 5


async def test_ratings_are_counted_by_grade_and_day(backend: Backend, platform: Platform) -> None:
    talent = await platform.talent()
    for grade in (1, 5, 5):
        case = await platform.finished(talent)
        await backend.post("talent", "/v1/ratings", rating(case, grade=grade))
    today = datetime.now(UTC).astimezone(ZONE).date()
    tomorrow = today + timedelta(days=1)

    async def counted(by: str, **asked: Any) -> list[int]:
        answer = await backend.get(by, "/v1/ratings", **asked)
        return [each["count"] for each in answer.json()["grades"]]

    asked = {"from": str(today), "before": str(tomorrow)}
    assert await counted("yz-sp1", **asked) == [2, 0, 0, 0, 1]
    assert await counted("cq-sv1", district="500103", **asked) == [2, 0, 0, 0, 1]
    assert await counted("yb-sp1", **asked) == [0] * 5
    assert await counted("cq-sv1", **{"from": str(tomorrow), "before": "2999-01-01"}) == [0] * 5


@pytest.mark.parametrize(
    ("by", "changed", "refused"),
    [
        ("yz-sp1", {}, (403, "ROLE_NOT_ALLOWED")),
        ("talent", {"grade": 6}, (422, "INVALID_REQUEST")),
        ("talent", {"grade": 0}, (422, "INVALID_REQUEST")),
        ("talent", {"named": "perhaps"}, (422, "INVALID_REQUEST")),
        ("talent", {}, (503, "REGISTER_AWAY")),
    ],
)
async def test_rating_that_is_wrong_is_refused(
    lonely: httpx.AsyncClient, bearer: Headers, by: str, changed: dict[str, Any], refused: Refusal
) -> None:
    answer = await lonely.post("/v1/ratings", json=rating(NOBODY, **changed), headers=bearer(by))
    assert (answer.status_code, assert_problem(answer)["code"]) == refused


async def test_time_that_ends_before_it_begins_is_refused(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    asked = {"from": "2026-10-01", "before": "2026-10-01"}
    answer = await lonely.get("/v1/ratings", params=asked, headers=bearer("cq-sv1"))
    assert (answer.status_code, assert_problem(answer)["code"]) == (422, "DATES_REVERSED")


async def test_matter_that_never_was_is_not_rated(backend: Backend) -> None:
    for answer in (
        await backend.post("talent", "/v1/ratings", rating(NOBODY)),
        await backend.get("cq-sv1", f"/v1/ratings/{NOBODY}"),
    ):
        assert (answer.status_code, assert_problem(answer)["code"]) == (404, "CASE_NOT_FOUND")
