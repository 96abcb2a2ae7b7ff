"""The same request, however often and by however many, is one case."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from casework.messages.cases import application_id, case_number
from casework.messages.temporal import TASK_QUEUE
from tests.api.live import Backend, Headers, Switch
from tests.api.test_problems import assert_problem


async def test_repeated_submission_is_the_same_case(backend: Backend) -> None:
    body = await backend.submission()
    first = await backend.post("backend", "/v1/applications", body)
    assert first.status_code == 201
    case_no = case_number("310106", "points-portal", body["reference"])
    assert first.json()["case_no"] == case_no
    assert first.headers["location"] == f"/v1/applications/{case_no}"

    at = datetime.now(UTC) - timedelta(hours=1)
    again = await backend.post(
        "backend", "/v1/applications", body | {"received_at": at.isoformat()}
    )
    assert (again.status_code, again.json()) == (200, first.json())

    other = await backend.post("backend", "/v1/applications", body | {"channel": "post"})
    assert other.status_code == 409
    assert assert_problem(other)["code"] == "CONTENT_DIFFERS"
    assert await backend.titles(case_no) == ["submitted"]


async def test_twenty_clients_at_once_make_one_case(backend: Backend, temporal: Client) -> None:
    body = await backend.submission()
    answers = await asyncio.gather(
        *(backend.post("backend", "/v1/applications", body) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.text for answer in answers}) == 1
    case_no = answers[0].json()["case_no"]
    assert await backend.titles(case_no) == ["submitted"]
    runs = [
        run async for run in temporal.list_workflows(f"WorkflowId = '{application_id(case_no)}'")
    ]
    assert len(runs) <= 1  # visibility may lag, and never shows a second


async def test_ended_case_is_still_the_same_case(backend: Backend) -> None:
    body = await backend.submission()
    first = await backend.post("backend", "/v1/applications", body)
    await backend.do("ja-o1", first.json()["case_no"], "withdraw")
    again = await backend.post("backend", "/v1/applications", body)
    assert (again.status_code, again.json()) == (200, first.json())


async def test_wrong_numbers_are_faults_for_the_notice_not_refusals(backend: Backend) -> None:
    body = await backend.submission()
    body["applicant"]["id_number"] = "310101199003071231"
    body["employer"]["credit_code"] = "91310106MA1FY7XX06"
    answer = await backend.post("backend", "/v1/applications", body)
    assert answer.status_code == 201
    case_no = answer.json()["case_no"]
    timeline = await backend.get("ja-o1", f"/v1/applications/{case_no}/timeline")
    claims = timeline.json()["items"][0]["body"]["claims"]
    assert claims["id_number_invalid"] is True
    assert claims["employer_code_invalid"] is True


async def test_nothing_in_plain_text_names_the_person(backend: Backend, temporal: Client) -> None:
    case_no = await backend.case()
    description = await temporal.get_workflow_handle(application_id(case_no)).describe()
    plain = f"{description.id} {description.task_queue} {description.typed_search_attributes}"
    assert description.task_queue == TASK_QUEUE
    for personal in ("张三", "310101199003071230", "13800001234", "91310106MA1FY7XX05"):
        assert personal not in plain


async def test_submission_while_the_register_is_away_is_answered_later(
    backend: Backend, switch: Switch, impatient: Backend
) -> None:
    body = await backend.submission()
    switch.away = True
    answer = await impatient.post("backend", "/v1/applications", body)
    assert answer.status_code == 202
    assert answer.json()["status"] == "pending"
    switch.away = False
    place = answer.headers["location"]
    done = await backend.get("backend", place)
    assert done.status_code == 200
    assert done.json()["case_no"] == answer.json()["case_no"]
    assert done.json()["stage"] == "pre_review"
    assert (await backend.post("backend", "/v1/applications", body)).status_code == 200


async def test_days_of_receipt_out_of_range_are_refused(backend: Backend) -> None:
    now = datetime.now(UTC)
    for at, code in (
        (now + timedelta(hours=1), "DATE_IN_FUTURE"),
        (now - timedelta(days=61), "DATE_TOO_OLD"),
    ):
        body = await backend.submission(received_at=at.isoformat())
        answer = await backend.post("backend", "/v1/applications", body)
        problem = assert_problem(answer)
        assert (answer.status_code, problem["code"]) == (422, code)
        assert problem["errors"][0]["field"] == "received_at"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"district": "110101"}, "district"),
        ({"district": "31010"}, "district"),
        ({"item": "NO_SUCH"}, "item"),
        ({"channel": "pigeon"}, "channel"),
        ({"reference": ""}, "reference"),
        ({"reference": "x" * 101}, "reference"),
        ({"received_at": "2026-09-17T09:30:00"}, "received_at"),
        ({"rehearsal": 86400}, "rehearsal"),
        ({"claims": {"self_score": "many"}}, "claims.self_score"),
        ({"claims": {"self_score": True}}, "claims.self_score"),
        ({"claims": {"application_form_filed": 1}}, "claims.application_form_filed"),
        ({"claims": {"permit_expires_on": "next year"}}, "claims.permit_expires_on"),
        ({"claims": {"highest_education": "genius"}}, "claims.highest_education"),
        ({"claims": {"zodiac": "tiger"}}, "claims.zodiac"),
        ({"claims": {"id_number_invalid": False}}, "claims.id_number_invalid"),
        ({"materials": [{"code": "poem", "form": "electronic"}]}, "materials.0.code"),
        ({"materials": [{"code": "diploma", "form": "electronic"}]}, "materials.0.sha256"),
        (
            {"materials": [{"code": "diploma", "form": "electronic", "sha256": "0" * 64}]},
            "materials.0.sha256",
        ),
        ({"materials": [{"code": "diploma", "form": "stone"}]}, "materials.0.form"),
        ({"applicant": {"name": "张三", "id_number": "1"}}, "applicant.email"),
        (
            {"applicant": {"name": "张三", "id_number": " ", "phone": "13800001234"}},
            "applicant.id_number",
        ),
        (
            {"applicant": {"name": "张三", "id_number": "1", "email": "a@b.c\nBcc: x@y.z"}},
            "applicant.email",
        ),
        ({"employer": {"credit_code": "91310106MA1FY7XX05"}}, "employer.name"),
    ],
)
async def test_what_is_wrong_is_named(
    lonely: httpx.AsyncClient, bearer: Headers, changed: dict[str, Any], field: str
) -> None:
    body = {
        "district": "310106",
        "item": "PTS_NEW",
        "source": "points-portal",
        "reference": "T-1",
        "channel": "online",
        "applicant": {"name": "张三", "id_number": "310101199003071230", "phone": "13800001234"},
    } | changed
    answer = await lonely.post("/v1/applications", json=body, headers=bearer("backend"))
    problem = assert_problem(answer)
    assert answer.status_code == 422
    assert field in {error["field"] for error in problem["errors"]}


@pytest.mark.parametrize(
    ("by", "code"),
    [("ja-s1", "ROLE_NOT_ALLOWED"), ("sh-u1", "ROLE_NOT_ALLOWED"), ("mh-o1", "OTHER_DISTRICT")],
)
async def test_who_may_not_submit_is_refused(
    lonely: httpx.AsyncClient, bearer: Headers, by: str, code: str
) -> None:
    body = {
        "district": "310106",
        "item": "PTS_NEW",
        "source": "points-portal",
        "reference": "T-1",
        "channel": "online",
        "applicant": {"name": "张三", "id_number": "310101199003071230", "phone": "13800001234"},
    }
    answer = await lonely.post("/v1/applications", json=body, headers=bearer(by))
    assert (answer.status_code, assert_problem(answer)["code"]) == (403, code)


async def test_letters_go_to_whom_the_item_names_each_as_they_chose(backend: Backend) -> None:
    body = await backend.submission(
        employer={
            "name": "某某公司",
            "credit_code": "91310106MA1FY7XX05",
            "email": "hr@example.com",
            "phone": "02112345678",
            "told_by": "sms",
        },
        agent={"name": "李四", "email": "lisi@example.com", "told_by": "desk"},
    )
    body["authorisation"] = body["materials"][0]["sha256"]
    answer = await backend.post("backend", "/v1/applications", body)
    assert answer.status_code == 201, answer.text
    case_no = answer.json()["case_no"]
    done = await backend.do("ja-o1", case_no, "withdraw", reason="另行申报")
    assert done.status_code == 200, done.text
    view = (await backend.get("ja-o1", f"/v1/cases/{case_no}")).json()
    assert [(each["role"], each["name"]) for each in view["parties"]] == [
        ("agent", "李*"),
        ("applicant", "张*"),
        ("employer", "某***"),
    ]
    assert {(each["recipient"], each["channel"]) for each in view["notices"]} == {
        ("applicant", "sms"),
        ("employer", "sms"),
        ("agent", "desk"),
    }
