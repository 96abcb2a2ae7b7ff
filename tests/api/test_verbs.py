"""Verbs over HTTP: done once, by who may, or refused with a reason."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from temporalio.client import Client

from api.app import create_app
from casework.local.devstack import temporal_server
from casework.messages.cases import application_id
from casework.settings import Settings
from casework.temporal import data_converter
from tests.api.conftest import caller
from tests.api.live import Backend, Headers, Switch
from tests.api.platform import SOMEBODY_ELSE
from tests.api.test_problems import assert_problem
from tests.store.kept import kept_engine

PASSED = {"outcome": "passed"}
NOBODY = "310106-0000-0000-0000"


async def accepted(backend: Backend) -> str:
    case_no = await backend.case()
    for verb, body in (("pre-review", PASSED), ("accept", {})):
        answer = await backend.do("ja-o1", case_no, verb, **body)
        assert answer.status_code == 200, answer.text
    return case_no


async def test_verbs_carry_a_case_to_the_superior_and_back(backend: Backend) -> None:
    case_no = await accepted(backend)
    assert (await backend.do("ja-r1", case_no, "review")).json()["stage_label"] == "待上报"
    reported = await backend.do("ja-r1", case_no, "report-up")
    assert reported.json()["stage"] == "reported_up"

    decision = {"case_no": case_no, "reference": "R-1", "outcome": "approved", "reasons": ""}
    answers = [
        await backend.post("superior-system", "/v1/callbacks", decision, key="R-1")
        for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [202] * 3
    done = await backend.do("ja-o1", case_no, "deliver", method="self_print")
    assert done.status_code == 200, done.text
    assert await backend.titles(case_no) == [
        "submitted",
        "pre_review_passed",
        "accepted",
        "review_passed",
        "reported_up",
        "approved",
        "result_delivered",
        "archived",
    ]
    timeline = await backend.get("ja-o1", f"/v1/applications/{case_no}/timeline")
    actors = [event["actor"] for event in timeline.json()["items"]]
    assert actors[1:7] == ["ja-o1", "ja-o1", "ja-r1", "ja-r1", "superior-system", "ja-o1"]


async def test_who_may_not_is_refused(backend: Backend) -> None:
    case_no = await accepted(backend)
    refusals = {
        "ROLE_NOT_ALLOWED": await backend.do("ja-o1", case_no, "review"),
        "OTHER_DISTRICT": await backend.do("mh-r1", case_no, "review"),
    }
    own = await backend.case(applicant=SOMEBODY_ELSE)
    for verb, body in (("pre-review", PASSED), ("accept", {})):
        await backend.do("ja-r1", own, verb, **body)
    refusals["FOUR_EYES"] = await backend.do("ja-r1", own, "review")
    for code, answer in refusals.items():
        assert (answer.status_code, assert_problem(answer)["code"]) == (403, code)


async def test_wrong_stage_is_a_conflict_and_a_missing_reason_a_fault(backend: Backend) -> None:
    case_no = await backend.case()
    conflict = await backend.do("ja-o1", case_no, "accept")
    assert (conflict.status_code, assert_problem(conflict)["code"]) == (409, "WRONG_STAGE")
    fault = await backend.do("ja-o1", case_no, "not-accept", reason=" ", right_authority="某中心")
    problem = assert_problem(fault)
    assert (fault.status_code, problem["code"]) == (422, "FIELD_REQUIRED")
    assert problem["errors"][0]["field"] == "reason"
    assert await backend.titles(case_no) == ["submitted"]


async def test_case_that_never_was_is_not_found(backend: Backend) -> None:
    for answer in (
        await backend.do("ja-o1", NOBODY, "accept"),
        await backend.get("ja-o1", f"/v1/applications/{NOBODY}"),
        await backend.get("ja-o1", f"/v1/applications/{NOBODY}/timeline"),
        await backend.get("ja-o1", f"/v1/applications/{NOBODY}/clocks"),
        await backend.get("ja-o1", f"/v1/applications/{NOBODY}/explanation"),
        await backend.post(
            "archive", "/v1/callbacks/archive", {"case_no": NOBODY, "outcome": "arrived"}
        ),
    ):
        assert (answer.status_code, assert_problem(answer)["code"]) == (404, "CASE_NOT_FOUND")


async def test_same_key_gives_the_same_answer(backend: Backend) -> None:
    case_no = await backend.case()
    answers = await asyncio.gather(
        *(backend.do("ja-o1", case_no, "pre-review", key="k-1", **PASSED) for _ in range(5))
    )
    answers.append(await backend.do("ja-o1", case_no, "pre-review", key="k-1", **PASSED))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.text for answer in answers}) == 1
    assert await backend.titles(case_no) == ["submitted", "pre_review_passed"]
    asked = await backend.get("ja-o1", f"/v1/operations/{case_no}/k-1")
    assert (asked.status_code, asked.json()) == (200, answers[0].json())


async def test_same_key_for_something_else_is_refused(backend: Backend) -> None:
    case_no = await backend.case()
    await backend.do("ja-o1", case_no, "pre-review", key="k-1", **PASSED)
    others: dict[str, dict[str, Any]] = {
        "accept": {},
        "pre-review": {"outcome": "passed", "corrected": ["diploma"]},
    }
    for verb, body in others.items():
        answer = await backend.do("ja-o1", case_no, verb, key="k-1", **body)
        assert (answer.status_code, assert_problem(answer)["code"]) == (409, "KEY_REUSED")
    # Another caller's key of the same name is another key.
    assert (await backend.do("ja-o2", case_no, "accept", key="k-1")).status_code == 200
    asked = await backend.get("ja-r1", f"/v1/operations/{case_no}/k-1")
    assert (asked.status_code, assert_problem(asked)["code"]) == (404, "OPERATION_NOT_FOUND")


async def test_refused_attempt_leaves_its_key_free(backend: Backend) -> None:
    case_no = await backend.case()
    assert (await backend.do("ja-o1", case_no, "accept", key="k-1")).status_code == 409
    await backend.do("ja-o1", case_no, "pre-review", **PASSED)
    assert (await backend.do("ja-o1", case_no, "accept", key="k-1")).status_code == 200


async def test_closed_case_refuses_all_but_a_repeat(backend: Backend) -> None:
    case_no = await backend.case()
    first = await backend.do("ja-o1", case_no, "withdraw", key="k-1", reason="另行申报")
    again = await backend.do("ja-o1", case_no, "withdraw", key="k-1", reason="另行申报")
    assert (again.status_code, again.json()) == (200, first.json())
    for answer in (
        await backend.do("ja-o1", case_no, "accept"),
        await backend.do("ja-o1", case_no, "accept", key="k-2"),
        await backend.post(
            "courier", "/v1/callbacks/delivered", {"case_no": case_no, "outcome": "delivered"}
        ),
    ):
        assert (answer.status_code, assert_problem(answer)["code"]) == (409, "CASE_CLOSED")


async def test_papers_for_a_case_closed_for_good_are_told_where_to_go(
    backend: Backend, temporal: Client
) -> None:
    case_no = await backend.case()
    await backend.do("ja-o1", case_no, "withdraw", reason="另行申报")
    await temporal.get_workflow_handle(application_id(case_no)).result()
    papers = [{"code": "sealed_copies", "form": "paper"}]
    for answer in (
        await backend.do("ja-o1", case_no, "materials-received", materials=papers),
        await backend.post(
            "archive", "/v1/callbacks/archive", {"case_no": case_no, "outcome": "arrived"}
        ),
    ):
        problem = assert_problem(answer)
        assert (answer.status_code, problem["code"]) == (409, "PAPERS_TOO_LATE")
        assert "未登记" in problem["detail"]


async def test_a_refusal_is_taken_back_by_another_than_who_proposed_it(backend: Backend) -> None:
    case_no = await backend.case()
    closed = await backend.do(
        "ja-o1", case_no, "not-accept", reason="误点", right_authority="黄浦区人才服务中心"
    )
    assert closed.json()["stage"] == "not_accepted"
    papers = [{"code": "sealed_copies", "form": "paper"}]
    late = await backend.do("ja-o1", case_no, "materials-received", materials=papers)
    assert late.status_code == 200, "on record, while the closing may be taken back"
    early = await backend.do("ja-h1", case_no, "take-back", reason="误点")
    assert (early.status_code, assert_problem(early)["code"]) == (409, "NOT_PROPOSED")
    asked = await backend.do("ja-o1", case_no, "propose-taking-back", reason="误点不予受理")
    assert asked.status_code == 200, asked.text
    by_officer = await backend.do("ja-o2", case_no, "take-back", reason="误点")
    assert by_officer.status_code == 403
    back = await backend.do("ja-h1", case_no, "take-back", reason="经核实，确系误办结")
    assert (back.status_code, back.json()["stage"]) == (200, "pre_review")


async def test_recorded_refusal_is_a_conflict(backend: Backend) -> None:
    case_no = await backend.case()
    fault = {"code": "ILLEGIBLE", "about": "sealed_copies", "text": "复印件不清晰"}
    first = await backend.do("ja-o1", case_no, "pre-review", outcome="faulty", faults=[fault])
    assert first.status_code == 200
    await backend.do("ja-o1", case_no, "supplement", statements=["ILLEGIBLE"])
    late = {"code": "UNSIGNED", "about": "labour_contract", "text": "合同未签字"}
    second = await backend.do("ja-o1", case_no, "pre-review", outcome="faulty", faults=[late])
    assert (second.status_code, assert_problem(second)["code"]) == (409, "SECOND_NOTICE")
    assert "second_notice_blocked" in await backend.titles(case_no)


async def test_decision_while_the_register_is_away_is_taken_once(
    backend: Backend, switch: Switch, impatient: Backend
) -> None:
    case_no = await backend.case()
    switch.away = True
    answers = [
        await impatient.do("ja-o1", case_no, "pre-review", key="k-1", **PASSED) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    place = answers[0].headers["location"]
    assert place == f"/v1/operations/{case_no}/k-1"
    assert int(answers[0].headers["retry-after"]) > 0
    assert (await impatient.get("ja-o1", place)).status_code == 202
    switch.away = False
    done = await backend.get("ja-o1", place)
    assert (done.status_code, done.json()["stage"]) == (200, "ready")
    assert await backend.titles(case_no) == ["submitted", "pre_review_passed"]


@pytest.mark.parametrize("path", ["", "/superior", "/archive", "/delivered"])
async def test_only_systems_call_back(
    lonely: httpx.AsyncClient, bearer: Headers, path: str
) -> None:
    body = {"case_no": NOBODY, "outcome": "approved"}
    answer = await lonely.post(f"/v1/callbacks{path}", json=body, headers=bearer("sh-u1"))
    assert (answer.status_code, assert_problem(answer)["code"]) == (403, "ROLE_NOT_ALLOWED")


async def test_callback_of_another_kind_names_what_is_right(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    body = {"case_no": NOBODY, "outcome": "approved"}
    answer = await lonely.post("/v1/callbacks/archive", json=body, headers=bearer("archive"))
    problem = assert_problem(answer)
    assert (answer.status_code, problem["errors"][0]["field"]) == (422, "outcome")
    assert "arrived" in problem["detail"]


async def test_temporal_that_stops_is_answered_by_503(
    settings: Settings, register_url: str, bearer: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with temporal_server() as address:
        client = await Client.connect(address, data_converter=data_converter)
        app = _app(settings, client, register_url)
        async with caller(app) as http:
            assert (await http.get("/ready")).status_code == 200
    for limit in ("ACCEPT_WITHIN", "CONNECT_WITHIN"):
        monkeypatch.setattr(f"api.parts.link.{limit}", timedelta(seconds=0.5))
    arrived = {"case_no": NOBODY, "outcome": "arrived"}
    async with app.router.lifespan_context(app), caller(app) as http:
        backend = Backend(http, bearer)
        answers = await asyncio.gather(
            backend.do("ja-o1", NOBODY, "accept"),
            backend.do("ja-o1", NOBODY, "accept", key="k-1"),
            backend.get("ja-o1", f"/v1/operations/{NOBODY}/k-1"),
            backend.post("archive", "/v1/callbacks/archive", arrived),
            http.get("/ready"),
        )
        for answer in answers:
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert_problem(answer)
        assert [error["field"] for error in answers[-1].json()["errors"]] == ["temporal"]


async def test_verb_without_a_worker_is_answered_by_503(
    settings: Settings,
    temporal: Client,
    register_url: str,
    bearer: Headers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.parts.link.ACCEPT_WITHIN", timedelta(seconds=1))
    case_no = "310106-1111-1111-1111"
    handle = await temporal.start_workflow(
        "Application", id=application_id(case_no), task_queue="nobody-listens"
    )
    app = _app(settings, temporal, register_url)
    async with app.router.lifespan_context(app), caller(app) as http:
        answer = await Backend(http, bearer).do("ja-o1", case_no, "accept")
    await handle.terminate()
    assert (answer.status_code, assert_problem(answer)["code"]) == (503, "TEMPORAL_AWAY")


def _app(settings: Settings, client: Client, register_url: str) -> FastAPI:
    async def connected() -> Client:
        return client

    return create_app(
        settings, connect_temporal=connected, open_register=lambda: kept_engine(register_url)
    )
