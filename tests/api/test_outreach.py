"""Outreaches over HTTP: who may begin one, what it tells, and the calls on each case."""

import asyncio
from datetime import date
from typing import Any

import httpx
import pytest

from casework.policy.calendars import load_calendar
from casework.store.engine import Sessions
from casework.store.in_force import seed
from casework.store.models import Measures, Suspensions
from tests.api.live import Backend, Headers
from tests.api.test_problems import CASE, assert_problem

JINGAN = "310106"
ABOUT = f"NO_ARCHIVE_CALL.{JINGAN}.20260101"


@pytest.fixture
async def town(backend: Backend, sessions: Sessions) -> Backend:
    """A measure of Jing'an and a suspension of the whole city."""
    async with sessions.begin() as session:
        await seed(session, load_calendar(), ())
        session.add(
            Measures(
                id=ABOUT,
                effect="NO_ARCHIVE_CALL",
                name="暂缓调档",
                district=JINGAN,
                items=("PTS_NEW",),
                since=date(2026, 1, 1),
                reference="",
                mark="source",
                origin="test",
                version=0,
            )
        )
        session.add(
            Suspensions(
                id="ZL-0000-0000-CITY",
                scope="city",
                key="310000",
                first_on=date(2026, 1, 1),
                reason="封控",
                basis="通告",
                clocks="applicant",
                channels=(),
                by="sh-u1",
                version=1,
            )
        )
    return backend


def body(text: str, **changes: Any) -> dict[str, Any]:
    """The text makes an outreach another one: each test has its own."""
    return {"kind": "measure", "about": ABOUT, "text": text} | changes


async def begin(town: Backend, text: str, **changes: Any) -> dict[str, Any]:
    answer = await town.post("ja-s1", "/v1/outreaches", body(text, **changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def listed(town: Backend, number: str, persons: int) -> dict[str, Any]:
    """Wait until so many persons are on the list."""
    while True:
        answer = await town.get("ja-s1", f"/v1/outreaches/{number}")
        if answer.json()["progress"]["listed"] == persons:
            return dict(answer.json())
        await asyncio.sleep(0.1)


async def test_outreach_reaches_the_work_list_of_the_officer(town: Backend) -> None:
    first, second = await town.case(), await town.case()  # of one person
    begun = await begin(town, "甲")
    assert begun["kind_label"] == "临时措施"
    shown = await listed(town, begun["id"], 1)
    assert (shown["started_by"], shown["ended_at"]) == ("ja-s1", None)
    tasks = await town.get("ja-o1", "/v1/tasks", kind="contact")
    (task,) = tasks.json()["items"]
    assert (task["case_no"], task["about"], task["kind_label"]) == (first, begun["id"], "主动告知")
    while True:
        contacts = (await town.get("ja-o1", f"/v1/outreaches/{begun['id']}/contacts")).json()
        if len(contacts["items"]) == 2:
            break
        await asyncio.sleep(0.1)
    assert {each["case_no"]: each["through"] for each in contacts["items"]} == {
        first: "",
        second: first,
    }
    answer = await town.do("ja-o1", second, "record-attempt", outreach=begun["id"], reached=True)
    problem = assert_problem(answer)
    assert (answer.status_code, problem["code"]) == (409, "WRONG_CONTACT_STATE")
    assert first in problem["detail"]
    of_case = await town.get("ja-o1", f"/v1/applications/{second}/contacts")
    assert of_case.json()["items"][0]["state_label"] == "待告知"


async def test_same_again_is_the_same_and_another_about_it_has_to_wait(town: Backend) -> None:
    begun = await begin(town, "乙")
    again = await town.post("ja-s1", "/v1/outreaches", body("乙"))
    assert (again.status_code, again.json()["started_at"]) == (200, begun["started_at"])
    answer = await town.post("ja-s1", "/v1/outreaches", body("另一内容"))
    assert (answer.status_code, assert_problem(answer)["code"]) == (409, "OUTREACH_RUNNING")
    listing = await town.get("ja-s1", "/v1/outreaches")
    assert [each["id"] for each in listing.json()["items"]] == [begun["id"]]


async def test_list_is_paged_and_narrowed_by_state(town: Backend) -> None:
    cases = [await town.case(applicant=APPLICANT | {"id_number": id_}) for id_ in IDS]
    begun = await begin(town, "丙")
    await listed(town, begun["id"], len(cases))
    path = f"/v1/outreaches/{begun['id']}/contacts"
    page = (await town.get("ja-s1", path, size=2)).json()
    rest = (await town.get("ja-s1", path, size=2, cursor=page["next_cursor"])).json()
    assert [each["case_no"] for each in page["items"] + rest["items"]] == sorted(cases)
    assert rest["next_cursor"] is None
    assert (await town.get("ja-s1", path, state="filed")).json()["items"] == []
    wrong = await town.get("ja-s1", path, cursor="nonsense")
    assert assert_problem(wrong)["code"] == "CURSOR_INVALID"


APPLICANT = {"name": "张三", "phone": "13800001234"}
IDS = ("310101199003071230", "810000199003071237", "820000199003071239")


@pytest.mark.parametrize(
    ("code", "changes", "expected"),
    [
        ("ja-o1", {}, (403, "ROLE_NOT_ALLOWED")),
        ("mh-s1", {}, (403, "OTHER_DISTRICT")),
        (
            "ja-s1",
            {"kind": "suspension", "about": "ZL-0000-0000-CITY"},
            (403, "OTHER_DISTRICT"),
        ),
        ("ja-s1", {"about": "NO_SUCH.310106.20260101"}, (422, "ABOUT_UNKNOWN")),
        ("ja-s1", {"kind": "suspension"}, (422, "ABOUT_UNKNOWN")),
        ("ja-s1", {"text": " "}, (422, "INVALID_REQUEST")),
    ],
)
async def test_beginning_is_refused(
    town: Backend, code: str, changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    answer = await town.post(code, "/v1/outreaches", body("丁") | changes)
    assert (answer.status_code, assert_problem(answer)["code"]) == expected


async def test_superior_begins_one_for_the_city(town: Backend) -> None:
    wanted = body("戊", kind="suspension", about="ZL-0000-0000-CITY")
    answer = await town.post("sh-u1", "/v1/outreaches", wanted)
    assert (answer.status_code, answer.json()["kind_label"]) == (201, "暂停")


@pytest.mark.parametrize("path", ["", "/contacts"])
async def test_outreach_that_never_was_is_not_found(town: Backend, path: str) -> None:
    answer = await town.get("ja-s1", f"/v1/outreaches/none{path}")
    assert (answer.status_code, assert_problem(answer)["code"]) == (404, "OUTREACH_NOT_FOUND")


async def test_register_too_slow_to_answer_the_beginning_is_asked_for_later(
    town: Backend, impatient: Backend
) -> None:
    answer = await impatient.post("ja-s1", "/v1/outreaches", body("己"))
    while answer.status_code == 202:
        await asyncio.sleep(0.2)
        answer = await impatient.get("ja-s1", answer.headers["Location"])
    assert answer.is_success, answer.text
    assert answer.json()["text"] == "己"


async def test_operation_that_never_was_is_not_found(town: Backend) -> None:
    answer = await town.get("ja-s1", "/v1/outreaches/none/operation")
    assert (answer.status_code, assert_problem(answer)["code"]) == (404, "OPERATION_NOT_FOUND")


async def test_register_away_nothing_begins(lonely: httpx.AsyncClient, bearer: Headers) -> None:
    answer = await lonely.post("/v1/outreaches", json=body("庚"), headers=bearer("ja-s1"))
    assert (answer.status_code, assert_problem(answer)["code"]) == (503, "REGISTER_AWAY")
    answer = await lonely.get(f"/v1/applications/{CASE}/contacts", headers=bearer("ja-o1"))
    assert answer.status_code == 503
