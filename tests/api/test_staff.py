"""Staff over HTTP: read it, propose changes, import files; whoever has left may do nothing."""

import asyncio
import io
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import openpyxl
import pytest

from casework.domain.time.calendar import local_date
from casework.policy.staffing import of_files
from casework.store.engine import Sessions
from casework.store.register.staff import following_staff, staff_watch
from tests.api.live import Backend
from tests.api.test_problems import assert_problem
from workers.starting import bring_in_staff

_keys = map("staff-{}".format, itertools.count(1))
NOW = datetime.now(UTC)
TODAY = local_date(NOW)
IMPORT = "/v1/staff/imports?city=310000&district=310106&reason=new"


@pytest.fixture(autouse=True)
async def _staffed(sessions: Sessions) -> AsyncIterator[None]:
    await bring_in_staff(sessions, of_files(), NOW)
    # As the process of the API does (api/server.py), over the same register.
    async with following_staff(staff_watch(sessions)):
        yield


def joining(person: str = "ja-o3", **said: Any) -> dict[str, Any]:
    place = {"role": "officer", "city": "310000", "district": "310106", "rank": 3}
    return {"person": person, "since": str(TODAY)} | place | said


def changing(*posts: dict[str, Any], **said: Any) -> dict[str, Any]:
    place = {"kind": "change_staff", "city": "310000", "district": "310106", "reason": "轮换"}
    return place | {"posts": list(posts)} | said


async def imported(backend: Backend, content: bytes, *, by: str = "ja-s1", more: str = "") -> Any:
    headers = backend.bearer(by) | {"Idempotency-Key": next(_keys)}
    return await backend.http.post(IMPORT + more, content=content, headers=headers)


async def approved(backend: Backend, no: str) -> None:
    answer = await backend.post("sh-u1", f"/v1/orders/{no}/approve")
    assert answer.status_code == 200, answer.text
    while (await backend.get("sh-u1", f"/v1/orders/{no}")).json()["status"] != "done":
        await asyncio.sleep(0.05)


async def test_a_district_sees_its_own_people_and_those_of_its_city(backend: Backend) -> None:
    listed = (await backend.get("ja-o1", "/v1/staff", size=200)).json()["items"]
    assert {each["person"] for each in listed} == {
        *(f"ja-{code}" for code in ("o1", "o2", "r1", "r2", "h1", "s1")),
        "sh-u1", "sh-u2", "sh-h1",
    }  # fmt: skip
    assert all(each["held_today"] for each in listed)
    officers = await backend.get("sh-u1", "/v1/staff", district="310104", role="officer")
    assert [each["person"] for each in officers.json()["items"]] == ["xh-o1", "xh-o2"]
    elsewhere = await backend.get("ja-o1", "/v1/staff", district="310104")
    assert (elsewhere.status_code, assert_problem(elsewhere)["code"]) == (403, "OTHER_DISTRICT")
    before = await backend.get("ja-o1", "/v1/staff", on="1999-01-01")
    assert before.json()["items"] == []


async def test_of_another_city_that_has_its_own_superior_nothing_is_seen(backend: Backend) -> None:
    listed = (await backend.get("sh-u1", "/v1/staff", role="superior", size=200)).json()["items"]
    assert {each["person"] for each in listed} == {"sh-u1", "sh-u2"}
    for who in ("sh-u1", "ja-o1"):
        missing = await backend.get(who, "/v1/staff/hh-u1")
        assert (missing.status_code, assert_problem(missing)["code"]) == (404, "PERSON_UNKNOWN")
        assert (await backend.get(who, "/v1/staff/sh-u2")).status_code == HTTPStatus.OK
    refused = await backend.get("sh-u1", "/v1/officers/hh-u1/handover")
    assert (refused.status_code, assert_problem(refused)["code"]) == (403, "OTHER_DISTRICT")


async def test_a_person_is_shown_with_posts_and_work_and_without_address(backend: Backend) -> None:
    await backend.case()
    shown = (await backend.get("ja-s1", "/v1/staff/ja-o1")).json()
    assert [(each["role"], each["until"]) for each in shown["posts"]] == [("officer", None)]
    assert sum(each["tasks"] for each in shown["work"]) >= 1
    assert shown["alerts"] == "mail"
    assert "example.com" not in str(shown)
    for person in ("xh-o1", "nobody"):
        missing = await backend.get("ja-s1", f"/v1/staff/{person}")
        assert (missing.status_code, assert_problem(missing)["code"]) == (404, "PERSON_UNKNOWN")


async def test_a_leaver_is_previewed_approved_and_shut_out(backend: Backend) -> None:
    case_no = await backend.case()
    yesterday = str(TODAY - timedelta(days=1))
    body = changing(joining(), leave=[{"person": "ja-o1", "last_on": yesterday}])
    answer = await backend.post("ja-s1", "/v1/orders", body, key=next(_keys))
    assert answer.status_code == 201, answer.text
    preview = answer.json()["preview"]
    assert (preview["begin"], preview["end"]) == (1, 1)
    assert case_no in preview["examples"]
    assert preview["handed_on"] == preview["tasks"] >= 1
    assert {(each["person"], each["role"]) for each in preview["work"]} == {("ja-o1", "officer")}
    no = answer.json()["no"]
    own = await backend.post("ja-s1", f"/v1/orders/{no}/approve")
    assert (own.status_code, assert_problem(own)["code"]) == (403, "FOUR_EYES")
    await approved(backend, no)

    while (await backend.get("ja-s1", f"/v1/applications/{case_no}")).json()["holder"] == "ja-o1":
        await asyncio.sleep(0.05)
    while (gone := await backend.get("ja-o1", "/v1/tasks")).status_code == HTTPStatus.OK:
        await asyncio.sleep(0.05)  # the API looks each second
    assert (gone.status_code, assert_problem(gone)["code"]) == (403, "NO_POST_TODAY")
    shown = (await backend.get("ja-s1", "/v1/staff/ja-o1")).json()
    assert [each["until"] for each in shown["posts"]] == [yesterday]
    assert shown["work"] == []


async def test_who_goes_on_in_another_district_has_left_this_one(backend: Backend) -> None:
    case_no = await backend.case()
    both = changing(joining("ja-o1", district="310104"), district="")
    order = (await backend.post("sh-u1", "/v1/orders", both, key=next(_keys))).json()
    assert (await backend.post("sh-u2", f"/v1/orders/{order['no']}/approve")).status_code == 200
    assert (await backend.get("ja-o1", "/v1/tasks")).status_code == HTTPStatus.OK
    gone = changing(leave=[{"person": "ja-o1", "last_on": str(TODAY - timedelta(days=1))}])
    answer = await backend.post("ja-s1", "/v1/orders", gone, key=next(_keys))
    assert answer.json()["preview"]["handed_on"] >= 1
    await approved(backend, answer.json()["no"])
    while (await backend.get("ja-s1", f"/v1/applications/{case_no}")).json()["holder"] == "ja-o1":
        await asyncio.sleep(0.05)
    while (shut := await backend.get("ja-o1", "/v1/tasks")).status_code == HTTPStatus.OK:
        await asyncio.sleep(0.05)  # the API looks each second
    assert (shut.status_code, assert_problem(shut)["code"]) == (403, "NO_POST_TODAY")


async def test_a_file_becomes_a_proposal_and_says_nothing_of_addresses(backend: Backend) -> None:
    yaml = f"""
posts:
  - {{person: ja-o3, role: officer, city: "310000", district: "310106", rank: 3, since: {TODAY}}}
contacts:
  ja-o3: {{mail: ja-o3@example.com}}
""".encode()
    shown = await imported(backend, yaml, more="&preview=true")
    assert (shown.status_code, shown.json()["begin"]) == (200, 1)
    assert (await backend.get("ja-s1", "/v1/orders")).json()["items"][0]["kind"] == "change_staff"
    first = await imported(backend, yaml)
    assert first.status_code == 201, first.text
    no = first.json()["no"]
    order = (await backend.get("ja-s1", f"/v1/orders/{no}")).json()
    assert order["headline"] == "人员变动：310106，增加岗位 1、联系方式 1"
    assert order["body"]["contacts"] == [
        {"person": "ja-o3", "alerts": "mail", "mail": "", "sms": ""}
    ]
    await approved(backend, no)
    person = (await backend.get("ja-s1", "/v1/staff/ja-o3")).json()
    assert (person["alerts"], person["posts"][0]["origin"]) == ("mail", no)


async def test_a_spreadsheet_comes_by_a_form(backend: Backend) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["人员", "岗位", "市", "区", "起始日"])
    sheet.append(["ja-o3", "经办人员", 310000, 310106, TODAY])
    content = io.BytesIO()
    book.save(content)
    answer = await backend.http.post(
        f"{IMPORT}&preview=true",
        files={"file": content.getvalue()},
        headers=backend.bearer("ja-s1"),
    )
    assert (answer.status_code, answer.json()["begin"]) == (200, 1), answer.text


async def test_everything_wrong_in_a_file_is_said_at_once(backend: Backend) -> None:
    rows = [
        "person,role,city,district,items,since",
        f"ja-o3,officer,310000,310106,NO_SUCH,{TODAY}",
        f"张三,officer,310000,310106,,{TODAY}",
        "ja-o4,boss,310000,310106,,soon",
        f"xh-o3,officer,310000,310104,,{TODAY}",
    ]
    answer = await imported(backend, "\n".join(rows).encode())
    problem = assert_problem(answer)
    assert (answer.status_code, problem["code"]) == (422, "STAFF_FILE_FAULTY")
    assert {each["field"] for each in problem["errors"]} == {
        "rows.2.items", "rows.3.person", "rows.4.role", "rows.4.since", "rows.5.district",
    }  # fmt: skip
    unreadable = await imported(backend, b"\xff\xfe")
    assert assert_problem(unreadable)["code"] == "STAFF_FILE_UNREADABLE"


@pytest.mark.parametrize(
    ("by", "code"), [("ja-o1", "ROLE_NOT_ALLOWED"), ("xh-s1", "OTHER_DISTRICT")]
)
async def test_a_file_is_read_only_for_those_who_may_propose_it(
    backend: Backend, by: str, code: str
) -> None:
    assert assert_problem(await imported(backend, b"\xff\xfe", by=by))["code"] == code


@pytest.mark.parametrize(
    ("by", "body", "code"),
    [
        ("ja-o1", changing(joining()), "ROLE_NOT_ALLOWED"),
        ("xh-s1", changing(joining()), "OTHER_DISTRICT"),
        ("ja-s1", changing(joining(items=["NO_SUCH"])), "UNKNOWN_ITEM"),
        ("ja-s1", changing(joining("backend")), "CODE_TAKEN"),
        ("ja-s1", changing(joining("ja-o1")), "POST_TWICE"),
        (
            "ja-s1",
            changing(leave=[{"person": "nobody", "last_on": "2027-01-01"}]),
            "PERSON_UNKNOWN",
        ),
    ],
)
async def test_what_may_not_be_proposed_is_refused(
    backend: Backend, by: str, body: dict[str, Any], code: str
) -> None:
    refused = await backend.post(by, "/v1/orders/preview", body)
    assert assert_problem(refused)["code"] == code
