"""What talent service offers, and cases of every kind read alike."""

from typing import Any

import httpx
import pytest

from tests.api.live import Backend, Headers
from tests.api.platform import Platform
from tests.api.test_problems import assert_problem

DAY = {"on": "2026-09-17"}


async def test_services_are_listed_with_what_is_in_force(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    names = (await lonely.get("/v1/services", headers=bearer("talent"))).json()
    assert "SVC_SCHOOL" in names["services"]
    assert names["platforms"]["500103"]["level_label"] == "区县（自治县）"
    assert names["rules"] == []
    asked = {"district": "500103", **DAY}
    listed = (await lonely.get("/v1/services", params=asked, headers=bearer("talent"))).json()
    one = await lonely.get("/v1/services/SVC_SCHOOL", params=asked, headers=bearer("talent"))
    (school,) = [rule for rule in listed["rules"] if rule["code"] == "SVC_SCHOOL"]
    assert one.json() == school
    assert school["owners"] == ["municipal", "district"]
    assert school["limits"]["handle"]["mark"] == "proposal"
    assert school["reference"]


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("services/SVC_NONE?district=500103", "SERVICE_UNKNOWN"),
        ("services/SVC_SCHOOL?district=999999", "PLATFORM_UNKNOWN"),
        ("services?district=999999", "PLATFORM_UNKNOWN"),
        ("services/SVC_SCHOOL?district=500103&on=1999-01-01", "NOT_IN_FORCE"),
        ("services/SVC_SCHOOL", "INVALID_REQUEST"),
    ],
)
async def test_service_that_is_not_offered_is_refused(
    lonely: httpx.AsyncClient, bearer: Headers, place: str, code: str
) -> None:
    answer = await lonely.get(f"/v1/{place}", headers=bearer("talent"))
    assert (answer.status_code, assert_problem(answer)["code"]) == (422, code)


async def test_cases_of_every_kind_are_listed_and_read_alike(
    backend: Backend, platform: Platform
) -> None:
    application = await backend.case()
    talent = await platform.talent()
    request = await platform.request(talent)

    async def listed(path: str, by: str = "cq-sv1", **asked: Any) -> list[str]:
        answer = await backend.get(by, f"/v1/{path}", **asked)
        return [case["case_no"] for case in answer.json()["items"]]

    # Who oversees everything oversees a city.
    assert await listed("cases") == [request, talent]
    assert await listed("cases", by="ja-s1") == [application]
    assert await listed("cases", kind="request") == [request]
    assert await listed("cases", stage="active") == [talent]
    assert await listed("applications", by="ja-s1") == [application]
    for number, label in ((request, "服务申请"), (talent, "人才服务周期"), (application, "办件")):
        by = "ja-s1" if number == application else "cq-sv1"
        for address in ("cases", "applications"):
            answer = await backend.get(by, f"/v1/{address}/{number}")
            assert answer.json()["kind_label"] == label
        clocks = (await backend.get(by, f"/v1/cases/{number}/clocks")).json()["items"]
        explained = (await backend.get(by, f"/v1/cases/{number}/explanation")).json()
        assert clocks
        assert {clock["clock"]: clock["due_on"] for clock in clocks} == {
            clock["clock"]: clock["due_on"] for clock in explained["clocks"]
        }
        assert await platform.happened(number)


async def test_rating_without_a_clock_is_no_unknown_case(
    backend: Backend, platform: Platform
) -> None:
    case = await platform.finished(await platform.talent())
    body = {"case_no": case, "grade": 5, "named": False}
    number = (await backend.post("talent", "/v1/ratings", body)).json()["case_no"]
    clocks = await backend.get("cq-sv1", f"/v1/cases/{number}/clocks")
    assert (clocks.status_code, clocks.json()["items"]) == (200, [])
    closed = await platform.do("yz-sp1", "ratings", number, "contact-rater", reached=True)
    assert (closed.status_code, assert_problem(closed)["code"]) == (409, "CASE_CLOSED")


@pytest.mark.parametrize("asked", [{"kind": "wish"}, {"stage": "nowhere"}, {"name": "张三"}])
async def test_list_of_cases_refuses_what_it_does_not_know(
    lonely: httpx.AsyncClient, bearer: Headers, asked: dict[str, str]
) -> None:
    answer = await lonely.get("/v1/cases", params=asked, headers=bearer("cq-sv1"))
    assert answer.status_code == 422
    assert [error["field"] for error in assert_problem(answer)["errors"]] == list(asked)
