"""What staff see of cases: their own district, personal data masked."""

import base64
from typing import Any

import httpx
import pytest

from tests.api.live import Backend, Headers
from tests.api.test_problems import assert_problem

PERSONAL = ("张三", "310101199003071230", "13800001234", "91310106MA1FY7XX05")

SOMEBODY = {"name": "王五", "id_number": "11010519491231002X", "phone": "13900005678"}


async def test_case_shows_where_it_stands_and_hides_who(backend: Backend) -> None:
    case_no = await backend.case()
    answer = await backend.get("ja-o1", f"/v1/applications/{case_no}")
    case = answer.json()
    assert (case["stage"], case["stage_label"]) == ("pre_review", "预审")
    assert [task["kind"] for task in case["tasks"]] == ["pre_review"]
    assert {party["role"] for party in case["parties"]} == {"applicant", "employer"}
    assert len(case["materials"]) == 5
    for personal in PERSONAL:
        assert personal not in answer.text


async def test_timeline_clocks_and_explanation_agree(backend: Backend) -> None:
    case_no = await backend.case()
    clocks = (await backend.get("ja-o1", f"/v1/applications/{case_no}/clocks")).json()["items"]
    explained = (await backend.get("ja-o1", f"/v1/applications/{case_no}/explanation")).json()
    assert {clock["clock"]: clock["due_on"] for clock in clocks} == {
        clock["clock"]: clock["due_on"] for clock in explained["clocks"]
    }
    notice = next(clock for clock in explained["clocks"] if clock["clock"] == "notice")
    assert notice["mark"] == "law"
    counted = [day for day in notice["explanation"] if day["counted"]]
    assert [day["number"] for day in counted] == [1, 2, 3, 4, 5]
    assert counted[-1]["day"] == notice["due_on"]


async def test_other_districts_are_told_so_and_outsiders_that_there_is_no_such_case(
    backend: Backend,
) -> None:
    case_no = await backend.case(applicant=SOMEBODY)
    for path in ("", "/timeline", "/clocks", "/explanation"):
        answer = await backend.get("mh-o1", f"/v1/applications/{case_no}{path}")
        assert (answer.status_code, assert_problem(answer)["code"]) == (403, "OTHER_DISTRICT")
        answer = await backend.get("applicant", f"/v1/applications/{case_no}{path}")
        assert (answer.status_code, assert_problem(answer)["code"]) == (404, "CASE_NOT_FOUND")


async def test_lists_of_other_districts_are_refused(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    for path in ("/v1/applications", "/v1/tasks"):
        answer = await lonely.get(path, params={"district": "310106"}, headers=bearer("mh-o1"))
        assert (answer.status_code, assert_problem(answer)["code"]) == (403, "OTHER_DISTRICT")


async def test_superior_supervisor_and_systems_see_all_districts(backend: Backend) -> None:
    case_no = await backend.case(district="310112", materials=[])
    for who in ("mh-o1", "mh-o2", "ja-s1", "sh-u2", "backend"):
        answer = await backend.get(who, f"/v1/applications/{case_no}")
        assert answer.status_code == 200, who


async def test_tasks_are_the_callers_own_unless_asked(backend: Backend) -> None:
    ours, theirs = await backend.case(), await backend.case(district="310112", materials=[])

    async def listed(who: str, **asked: Any) -> set[str]:
        answer = await backend.get(who, "/v1/tasks", **asked)
        return {task["case_no"] for task in answer.json()["items"]}

    assert await listed("ja-o1") == await listed("ja-o2") == {ours}
    assert await listed("ja-r1") == set()
    assert await listed("ja-r1", role="officer") == {ours}
    assert await listed("ja-r1", holder="mh-o1") == set()
    assert await listed("ja-s1", holder="mh-o1") == {theirs}
    assert await listed("ja-s1", role="officer") == {ours, theirs}
    assert await listed("sh-u1", district="310112") == {theirs}
    assert await listed("ja-r1", role="officer", kind="review") == set()


async def test_search_goes_on_where_the_page_ended(backend: Backend) -> None:
    numbers = [await backend.case() for _ in range(5)]
    await backend.case(district="310112", materials=[])
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await backend.get("ja-o1", "/v1/applications", size=2, cursor=cursor)).json()
        found += [case["case_no"] for case in page["items"]]
        cursor = page["next_cursor"]
    assert found == numbers[::-1]
    one = await backend.get("ja-o1", "/v1/applications", number=numbers[2], stage="pre_review")
    assert [case["case_no"] for case in one.json()["items"]] == [numbers[2]]
    assert one.json()["items"][0]["stage_label"] == "预审"
    reviewed = await backend.get("ja-o1", "/v1/applications", stage="review")
    assert reviewed.json() == {"items": [], "next_cursor": None, "total": None}


@pytest.mark.parametrize("path", ["/v1/applications", "/v1/tasks"])
@pytest.mark.parametrize(
    "content",
    [
        "x",
        "[]",
        "[1, 2, 3]",
        '["2026-01-01T00:00:00Z"]',
        '["\\u0000", "\\u0000", "\\u0000"]',
        '["2026-01-01T00:00:00Z", "\\u0000"]',
        '["2026-01-01", "\\u0000", "a"]',
        '["0001-01-01T00:00:00+14:00", "a"]',
    ],
)
async def test_cursor_that_is_not_ours_is_refused(
    backend: Backend, path: str, content: str
) -> None:
    cursor = base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")
    answer = await backend.get("ja-s1", path, cursor=cursor)
    assert (answer.status_code, assert_problem(answer)["code"]) == (422, "CURSOR_INVALID")


@pytest.mark.parametrize(
    ("path", "asked", "field"),
    [
        ("/v1/applications", {"size": 0}, "size"),
        ("/v1/applications", {"size": 10_000}, "size"),
        ("/v1/applications", {"stage": "somewhere"}, "stage"),
        ("/v1/applications", {"green": "perhaps"}, "green"),
        ("/v1/applications", {"due_before": "soon"}, "due_before"),
        ("/v1/applications", {"received_from": "2026-01-01T00:00:00"}, "received_from"),
        ("/v1/applications", {"received_from": "0001-01-01T00:00:00Z"}, "received_from"),
        ("/v1/applications", {"reference": "\0"}, "reference"),
        ("/v1/applications", {"name": "张三"}, "name"),
        ("/v1/applications", {"cursor": "%"}, "cursor"),
        ("/v1/tasks", {"role": "emperor"}, "role"),
        ("/v1/tasks", {"holder": "张三"}, "holder"),
        ("/v1/tasks", {"district": "静安"}, "district"),
    ],
)
async def test_parameter_that_is_wrong_is_named(
    lonely: httpx.AsyncClient, bearer: Headers, path: str, asked: dict[str, Any], field: str
) -> None:
    answer = await lonely.get(path, params=asked, headers=bearer("ja-s1"))
    problem = assert_problem(answer)
    assert answer.status_code == 422
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_item_says_where_each_value_comes_from(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    asked = {"district": "310106", "on": "2026-09-17"}
    answer = await lonely.get("/v1/items/PTS_NEW", params=asked, headers=bearer("ja-o1"))
    item = answer.json()
    assert item["limits"]["notice"]["mark"] == "law"
    assert item["limits"]["supplement"]["mark"] == "proposal"
    assert item["provenance"]["decider"]["reference"]
    codes = (await lonely.get("/v1/items", headers=bearer("ja-o1"))).json()
    assert "PTS_NEW" in codes["items"]
    assert "310106" in codes["districts"]


@pytest.mark.parametrize(
    ("place", "field"),
    [
        ("NO_SUCH?district=310106&on=2026-09-17", "item"),
        ("PTS_NEW?district=999999&on=2026-09-17", "district"),
        ("PTS_NEW?district=310106&on=1999-01-01", "item"),
        ("PTS_NEW?district=310106&on=tomorrow", "on"),
    ],
)
async def test_item_that_is_not_offered_is_refused(
    lonely: httpx.AsyncClient, bearer: Headers, place: str, field: str
) -> None:
    answer = await lonely.get(f"/v1/items/{place}", headers=bearer("ja-o1"))
    assert answer.status_code == 422
    assert [error["field"] for error in assert_problem(answer)["errors"]] == [field]
