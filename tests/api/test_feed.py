"""The feed of changes over HTTP: what each reader is told, and that it agrees with the case."""

import asyncio
from typing import Any

import pytest
from temporalio.client import Client

from casework.domain.case.events import INTERNAL
from casework.settings import Settings
from tests.api.conftest import api_over
from tests.api.fuzz import ACTORS, NOBODY
from tests.api.live import Backend
from tests.api.seeded import seed
from tests.api.test_problems import assert_problem
from tests.examples import is_night

READERS = ACTORS.keys() - {NOBODY} if is_night() else {"ja-o1", "yb-edu1", "employer"}
SHARED = ("stage", "stage_label", "seq", "turn", "wanted", "dates")
OF_A_CASE = ("case_no", "kind", "district", "item", "item_name", "source", "reference")
PATH = "/v1/changes"


async def _read(backend: Backend, by: str, size: int = 200) -> list[dict[str, Any]]:
    """All that is there, a page at a time."""
    lines: list[dict[str, Any]] = []
    page = {"more": True}
    while page["more"]:
        going_on = {"after": page["after"]} if "after" in page else {}
        answer = await backend.get(by, PATH, size=size, **going_on)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        lines += page["lines"]
    return lines


async def test_each_reader_sees_the_events_of_their_cases_and_where_these_stand(
    backend: Backend,
) -> None:
    await seed(backend)
    for by in sorted(READERS):
        lines = await _read(backend, by, size=7)
        told = {(line["case_no"], line["seq"]): line["event"] for line in lines}
        assert len(told) == len(lines)
        last = {line["case_no"]: line for line in lines}
        for case_no, line in last.items():
            case = (await backend.get(by, f"/v1/cases/{case_no}/turn")).json()
            assert {name: line["stands"][name] for name in SHARED} == {
                name: case[name] for name in SHARED
            }
            answer = await backend.get(by, f"/v1/cases/{case_no}")
            assert answer.status_code == 200, (by, case_no)
            view = answer.json()
            assert {name: view[name] for name in ("stage", "stage_label", "last_seq")} == {
                "stage": line["stands"]["stage"],
                "stage_label": line["stands"]["stage_label"],
                "last_seq": line["stands"]["seq"],
            }
            assert {name: view[name] for name in OF_A_CASE} == {
                name: line[name] for name in OF_A_CASE
            }
            events = (await backend.get(by, f"/v1/cases/{case_no}/timeline")).json()["items"]
            assert {each["seq"]: each["kind"] for each in events} == {
                seq: kind for (number, seq), kind in told.items() if number == case_no
            }


async def test_what_colleagues_note_is_told_to_colleagues_alone(backend: Backend) -> None:
    case_no = await backend.case()
    answer = await backend.post("ja-o1", f"/v1/applications/{case_no}/add-note", {"text": "待核"})
    assert answer.is_success, answer.text
    (internal,) = {"note_added"} & set(INTERNAL)
    for by, knows in (("ja-o1", True), ("applicant", False), ("employer", False)):
        lines = await _read(backend, by)
        assert lines
        assert (internal in {line["event"] for line in lines}) is knows, by
        assert "待核" not in str(lines)


async def test_who_waits_is_told_when_it_happens_and_goes_on_from_there(backend: Backend) -> None:
    end = (await backend.get("backend", PATH, after="end")).json()
    assert not end["lines"]
    waiting = asyncio.create_task(
        backend.get("backend", PATH, after=end["after"], wait=20), name="reader"
    )
    case_no = await backend.case()
    page = (await waiting).json()
    assert {line["case_no"] for line in page["lines"]} == {case_no}
    assert page["lines"][0]["event"] == "submitted"
    assert page["lines"][0]["reference"]
    first = len(page["lines"])
    done = await backend.do("ja-o1", case_no, "pre-review", outcome="passed")
    assert done.status_code == 200, done.text
    after = (await backend.get("backend", PATH, after=page["after"], wait=20)).json()
    assert {line["case_no"] for line in after["lines"]} == {case_no}
    assert after["lines"][0]["seq"] == first + 1


async def test_who_waits_is_answered_though_the_operator_lets_no_request_take_so_long(
    settings: Settings, temporal: Client, register_url: str, backend: Backend
) -> None:
    hasty = settings.model_copy(update={"request_within_seconds": 5.5})
    async with api_over(hasty, temporal, register_url) as http:
        asked = {"after": "end", "wait": "25"}
        answer = await http.get(PATH, params=asked, headers=backend.bearer("backend"))
    assert (answer.status_code, answer.json()["lines"]) == (200, [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("after", each) for each in ("x", "1.2", "-1", "9" * 18, "9" * 19, "1.A-B-C-D.1 ")),
        *(("after", each) for each in ("１", "1\n", "end ", "END")),
        *(("wait", "26"), ("size", "0")),
    ],
)
async def test_what_cannot_be_asked_is_named(backend: Backend, field: str, value: str) -> None:
    answer = await backend.get("backend", PATH, **{field: value})
    assert answer.status_code == 422
    assert [each["field"] for each in assert_problem(answer)["errors"]] == [field]


async def test_a_cursor_of_another_reader_tells_nobody_more(backend: Backend) -> None:
    """It says only how far somebody has read."""
    case_no = await backend.case()
    theirs = (await backend.get("ja-o1", PATH, size=1)).json()["after"]
    for by in ("applicant", "mh-o1", "courier"):
        answer = await backend.get(by, PATH, after=theirs)
        if answer.status_code == 200:
            told = {line["case_no"] for line in answer.json()["lines"]}
            seen = (await backend.get(by, PATH, size=200)).json()["lines"]
            assert told <= {line["case_no"] for line in seen}, by
            assert by != "mh-o1" or case_no not in told


async def test_the_hotline_is_told_what_becomes_of_its_tickets(backend: Backend) -> None:
    body = {
        "district": "310106",
        "source": "hotline-12345",
        "reference": "feed-0001",
        "came_by": "hotline_12345",
        "subject_matter": "积分申请提交两周未有回音",
        "caller": {"name": "张三", "phone": "13800000000"},
    }
    opened = await backend.post("hotline", "/v1/tickets", body)
    assert opened.is_success, opened.text
    case_no = opened.json()["case_no"]
    signed = await backend.post("ja-o1", f"/v1/tickets/{case_no}/sign-ticket", {})
    assert signed.is_success, signed.text
    for by in ("hotline", "ja-o1", "sh-u1"):
        told = [line for line in await _read(backend, by, size=3) if line["case_no"] == case_no]
        assert [line["event"] for line in told][-1] == "ticket_signed"
        assert {(line["kind"], line["reference"]) for line in told} == {("ticket", "feed-0001")}
        turn = (await backend.get(by, f"/v1/cases/{case_no}/turn")).json()
        assert told[-1]["stands"]["turn"] == turn["turn"]
        assert "13800000000" not in str(told)
        assert "两周未有回音" not in str(told)
    others = await _read(backend, "backend")
    assert case_no not in {line["case_no"] for line in others}
