"""Personal data in clear for who may and says why; noted, each time; masked everywhere else."""

from typing import Any

import httpx
import pytest

from tests.api.live import Backend, Headers
from tests.api.test_problems import CASE, assert_problem

NUMBER = "310101199003071230"
IN_CLEAR = ("张三", NUMBER, "91310106MA1FY7XX05")
WHY = {"reason": "电话核对收件地址"}


async def looks(backend: Backend, by: str = "ja-s1", **asked: Any) -> list[dict[str, Any]]:
    answer = await backend.get(by, "/v1/accesses", **asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_disclosure_shows_the_parties_and_is_noted(backend: Backend) -> None:
    case_no = await backend.case()
    answer = await backend.post("ja-s1", f"/v1/cases/{case_no}/disclosure", WHY)
    assert answer.status_code == 200, answer.text
    parties = {party["role"]: party for party in answer.json()["parties"]}
    assert (parties["applicant"]["name"], parties["applicant"]["id_number"]) == ("张三", NUMBER)
    assert parties["employer"]["id_number"] == IN_CLEAR[2]
    (look,) = await looks(backend)
    assert (look["actor"], look["what"], look["what_label"]) == (
        "ja-s1",
        "disclose",
        "查看当事人完整信息",
    )
    assert (look["case_no"], look["reason"]) == (case_no, WHY["reason"])


@pytest.mark.parametrize(
    ("who", "code"),
    [("mh-o1", "OTHER_DISTRICT"), ("mh-s1", "OTHER_DISTRICT"), ("backend", "ROLE_NOT_ALLOWED")],
)
async def test_who_may_not_sees_nothing_and_nothing_is_noted(
    who: str, code: str, backend: Backend
) -> None:
    case_no = await backend.case()
    answer = await backend.post(who, f"/v1/cases/{case_no}/disclosure", WHY)
    assert (answer.status_code, assert_problem(answer)["code"]) == (403, code)
    assert not any(each in answer.text for each in IN_CLEAR)
    assert await looks(backend, "sh-u2") == []


@pytest.mark.parametrize("who", ["applicant", "talent", "employer"])
async def test_to_others_the_case_does_not_exist(who: str, backend: Backend) -> None:
    case_no = await backend.case()
    answer = await backend.post(who, f"/v1/cases/{case_no}/disclosure", WHY)
    assert answer.status_code in {403, 404}
    assert not any(each in answer.text for each in IN_CLEAR)
    assert await looks(backend, "sh-u2") == []


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 101}])
async def test_a_reason_is_needed(
    body: dict[str, str], lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    path = f"/v1/cases/{CASE}/disclosure"
    answer = await lonely.post(path, json=body, headers=bearer("ja-s1"))
    assert (answer.status_code, assert_problem(answer)["errors"][0]["field"]) == (422, "reason")


async def test_an_unknown_case_is_not_found(backend: Backend) -> None:
    answer = await backend.post("ja-s1", f"/v1/cases/{CASE}/disclosure", WHY)
    assert (answer.status_code, assert_problem(answer)["code"]) == (404, "CASE_NOT_FOUND")


@pytest.mark.parametrize("written", [NUMBER, "310101 19900307 1230", "３１０１０１199003071230"])
async def test_cases_of_a_person_are_found_by_number(written: str, backend: Backend) -> None:
    ours, theirs = await backend.case(), await backend.case(district="310112", materials=[])
    body = {"id_number": written, "reason": "本人到窗口查询"}
    answer = await backend.post("ja-s1", "/v1/cases/by-number", body)
    assert answer.status_code == 200, answer.text
    found = [case["case_no"] for case in answer.json()["items"]]
    assert ours in found
    by_officer = await backend.post("ja-o1", "/v1/cases/by-number", body)
    assert [case["case_no"] for case in by_officer.json()["items"]] == [ours]
    everywhere = await backend.post("sh-u2", "/v1/cases/by-number", body)
    assert {case["case_no"] for case in everywhere.json()["items"]} == {ours, theirs}
    assert not any(each in answer.text for each in IN_CLEAR)
    noted = await looks(backend, case_no=ours, what="find")
    assert {look["actor"] for look in noted} == {"ja-s1", "ja-o1", "sh-u2"}


async def test_a_search_that_finds_nobody_is_noted(backend: Backend) -> None:
    await backend.case()
    body = {"id_number": "11010519491231002X", "reason": "本人到窗口查询"}
    answer = await backend.post("ja-o1", "/v1/cases/by-number", body)
    assert (answer.status_code, answer.json()) == (200, {"items": [], "next_cursor": None})
    assert [(look["what"], look["case_no"]) for look in await looks(backend)] == [("find", "")]


async def test_only_who_oversees_reads_who_looked(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    for who in ("ja-o1", "ja-r1", "ja-h1", "backend", "applicant"):
        answer = await lonely.get("/v1/accesses", headers=bearer(who))
        assert (answer.status_code, assert_problem(answer)["code"]) == (403, "ROLE_NOT_ALLOWED")


async def test_supervisor_sees_looks_of_their_own_district(backend: Backend) -> None:
    case_no = await backend.case()
    await backend.post("ja-s1", f"/v1/cases/{case_no}/disclosure", WHY)
    assert len(await looks(backend, "ja-s1")) == 1
    assert await looks(backend, "mh-s1") == []
    assert len(await looks(backend, "sh-u2")) == 1
    answer = await backend.get("ja-s1", "/v1/accesses", cursor="x")
    assert (answer.status_code, assert_problem(answer)["code"]) == (422, "CURSOR_INVALID")


async def test_what_was_sent_is_never_repeated(lonely: httpx.AsyncClient, bearer: Headers) -> None:
    marks = "某某机密"
    sent: list[tuple[str, Any]] = [
        ("/v1/cases/by-number", {"id_number": marks * 30, "reason": "x"}),
        ("/v1/cases/by-number", {"id_number": {"number": marks}, "reason": "x"}),
        ("/v1/cases/by-number", {"id_number": NUMBER, "reason": "x", "more": marks}),
        (f"/v1/cases/{CASE}/disclosure", {"reason": marks * 30}),
        (f"/v1/cases/{CASE}/disclosure", [marks]),
    ]
    for path, body in sent:
        answer = await lonely.post(path, json=body, headers=bearer("ja-s1"))
        assert answer.status_code == 422
        assert marks not in answer.text
        assert NUMBER not in answer.text
