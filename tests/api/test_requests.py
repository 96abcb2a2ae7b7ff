"""Service requests over HTTP (G13): routed by class, shown masked, refused with a reason."""

from typing import Any

import httpx
import pytest

from tests.api.live import Backend, Headers
from tests.api.platform import PERSONAL, SOMEBODY_ELSE, Platform, wanted, years_ago
from tests.api.test_problems import assert_problem

NOBODY = "500103-0000-0000-0000"


async def test_class_a_goes_to_the_municipal_department_and_back(
    backend: Backend, platform: Platform
) -> None:
    talent = await platform.talent(letter="A")
    body = wanted(talent=talent, source="")
    filed = await backend.post("talent", "/v1/requests", body)
    assert filed.status_code == 201, filed.text
    assert filed.headers["location"] == f"/v1/requests/{filed.json()['case_no']}"
    again = await backend.post("talent", "/v1/requests", body)
    assert (again.status_code, again.json()) == (200, filed.json())
    number = filed.json()["case_no"]
    accepted = await platform.do("cq-sp1", "requests", number, "accept")
    assert accepted.json()["stage_label"] == "联络员办理中", accepted.text
    request = await platform.shown("requests", number)
    assert (request["level_label"], request["body"]) == ("市级部门", "municipal/education")
    assert not any(personal in str(request) for personal in PERSONAL)
    mine = (await backend.get("cq-edu1", "/v1/tasks")).json()["items"]
    assert [(t["case_no"], t["case_kind"], t["kind_label"]) for t in mine] == [
        (number, "request", "办理服务事项")
    ]
    done = await platform.do("cq-edu1", "requests", number, "feed-back", result="已安排入学")
    assert done.json()["stage"] == "completed", done.text
    assert (await platform.shown("requests", number))["result"] == "已安排入学"


async def test_class_e_is_served_by_the_district_only(platform: Platform) -> None:
    number = await platform.request(await platform.talent(letter="E"))
    accepted = await platform.do("yz-sp1", "requests", number, "accept")
    assert accepted.status_code == 200, accepted.text
    refused = await platform.do(
        "yz-sp1", "requests", number, "assign-body", body="municipal/education", reason="更便捷"
    )
    assert (refused.status_code, assert_problem(refused)["code"]) == (422, "MUNICIPAL_NOT_ALLOWED")


async def test_request_by_credential_and_on_site(backend: Backend, platform: Platform) -> None:
    talent = await platform.talent(credential={"kind": "card", "code": "YC-7"})
    body = wanted(credential="YC-7", mode="on_site", source="")
    filed = await backend.post("employer", "/v1/requests", body)
    assert (filed.status_code, filed.json()["stage_label"]) == (201, "待收纸质材料"), filed.text
    request = await platform.shown("requests", filed.json()["case_no"])
    assert (request["talent"], request["mode_label"]) == (talent, "现场")


async def test_who_tries_an_act_sees_the_letters_that_they_may_read(
    backend: Backend, platform: Platform
) -> None:
    await platform.talent(credential={"kind": "card", "code": "YC-8"})
    body = wanted(credential="YC-8", mode="on_site", source="")
    filed = await backend.post("employer", "/v1/requests", body)
    way = f"/v1/requests/{filed.json()['case_no']}/withdraw"
    told = {
        by: await backend.http.post(
            way,
            params={"drafts": "true"},
            json={"reason": "另有安排"},
            headers=backend.bearer(by),
        )
        for by in ("employer", "talent")
    }
    assert [each.status_code for each in told.values()] == [200, 200], told["employer"].text
    letters = {by: each.json()["letters"] for by, each in told.items()}
    assert [each["recipient"] for each in letters["talent"]] == ["applicant"]
    assert letters["employer"] == []  # what is addressed to the talent alone


async def test_request_of_a_talent_on_hold_waits(backend: Backend, platform: Platform) -> None:
    talent = await platform.talent(recognised_on=years_ago(4))
    shown = await platform.shown("talents", talent)
    assert (shown["status"], shown["stage"]) == ("on_hold", "verifying")
    filed = await backend.post("talent", "/v1/requests", wanted(talent=talent, source=""))
    assert (filed.status_code, filed.json()["stage"]) == (201, "on_hold")


async def test_requests_are_found_by_talent_body_and_stage(
    backend: Backend, platform: Platform
) -> None:
    talent = await platform.talent()
    first = await platform.request(talent)
    second = await platform.finished(await platform.talent(talent=SOMEBODY_ELSE))

    async def found(by: str, **asked: Any) -> list[str]:
        answer = await backend.get(by, "/v1/requests", **asked)
        return [request["case_no"] for request in answer.json()["items"]]

    assert await found("yz-sp1") == [second, first]
    assert await found("yb-sp1") == []
    assert await found("cq-sp1", talent=talent) == [first]
    assert await found("cq-sp1", stage="explained", service="SVC_SCHOOL") == [second]
    assert await found("cq-sp1", body="district/education") == []


async def test_request_that_nobody_may_make_is_refused(
    backend: Backend, platform: Platform
) -> None:
    talent = await platform.talent(credential={"kind": "card", "code": "YC-8"})
    permitted = await platform.permit()
    left = {"left_on": years_ago(0), "reason": "调离本市"}
    for body, code in (
        (wanted(talent=NOBODY), "TALENT_UNKNOWN"),
        (wanted(talent=permitted), "TALENT_UNKNOWN"),
        (wanted(credential="YC-9"), "CREDENTIAL_UNKNOWN"),
        (wanted(), "FIELD_REQUIRED"),
        (wanted(talent=talent, credential="YC-8"), "FIELD_REQUIRED"),
        (wanted(talent=talent, service="SVC_NONE"), "SERVICE_UNKNOWN"),
        (wanted(talent=talent, district="500000"), "NOT_IN_FORCE"),
    ):
        answer = await backend.post("backend", "/v1/requests", body)
        assert (answer.status_code, assert_problem(answer)["code"]) == (422, code)
    assert (await platform.do("yz-sp1", "cycles", talent, "record-left", **left)).is_success
    gone = await backend.post("backend", "/v1/requests", wanted(talent=talent))
    assert (gone.status_code, assert_problem(gone)["code"]) == (409, "NOT_SERVED")
    void = await backend.post("backend", "/v1/requests", wanted(credential="YC-8"))
    assert (void.status_code, assert_problem(void)["code"]) == (422, "CREDENTIAL_VOID")


async def test_number_of_another_kind_is_no_request(backend: Backend, platform: Platform) -> None:
    talent = await platform.talent()
    for answer in (
        await platform.do("yz-sp1", "requests", talent, "accept"),
        await backend.get("yz-sp1", f"/v1/requests/{talent}"),
    ):
        assert (answer.status_code, assert_problem(answer)["code"]) == (404, "CASE_NOT_FOUND")
    closed = await platform.finished(talent)
    answer = await platform.do("yz-sp1", "requests", closed, "accept")
    assert (answer.status_code, assert_problem(answer)["code"]) == (409, "CASE_CLOSED")


async def test_standing_comes_from_no_caller(lonely: httpx.AsyncClient, bearer: Headers) -> None:
    answer = await lonely.post(
        f"/v1/requests/{NOBODY}/note-standing", json={}, headers=bearer("backend")
    )
    assert (answer.status_code, assert_problem(answer)["code"]) == (404, "NO_SUCH_ADDRESS")


async def test_request_waits_for_the_register(lonely: httpx.AsyncClient, bearer: Headers) -> None:
    body = wanted(talent=NOBODY)
    answer = await lonely.post("/v1/requests", json=body, headers=bearer("backend"))
    assert (answer.status_code, assert_problem(answer)["code"]) == (503, "REGISTER_AWAY")


@pytest.mark.parametrize(
    ("by", "code"), [("yz-edu1", "ROLE_NOT_ALLOWED"), ("yb-sp1", "OTHER_DISTRICT")]
)
async def test_who_may_not_file_is_refused(
    lonely: httpx.AsyncClient, bearer: Headers, by: str, code: str
) -> None:
    answer = await lonely.post("/v1/requests", json=wanted(talent=NOBODY), headers=bearer(by))
    assert (answer.status_code, assert_problem(answer)["code"]) == (403, code)
