"""What `casework up` shows once everything is ready."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from casework.cli.operating.welcome import welcome
from casework.settings import Settings
from tests.cli.conftest import FakeApi
from tests.cli.test_reading import CASE, NO, page

DONE = {"case_no": NO, "seq": 1, "stage": "pre_review", "stage_label": "预审", "at": ""}
WAITING = "310112-0000-0000-0001"
TALENT = "500103-0000-0000-0001"
REQUEST = "500103-0000-0000-0002"
PERMIT = "310106-0000-0000-0003"


@pytest.fixture
def api(api: FakeApi) -> FakeApi:
    api.says("POST", "/v1/materials", {"sha256": "ab" * 32}, 201)
    api.says("POST", "/v1/talents", {**DONE, "case_no": TALENT}, 201)
    api.says("POST", "/v1/requests", {**DONE, "case_no": REQUEST}, 201)
    return api.says("POST", "/v1/permits", {**DONE, "case_no": PERMIT}, 201)


async def test_samples_go_in_then_the_way_on_is_shown(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = {**CASE, "case_no": WAITING, "stage": "pre_review"}
    api.says("GET", "/v1/applications", page(CASE, waiting))
    api.says("POST", "/v1/applications", DONE, 200)
    api.says("POST", "/v1/applications", {**DONE, "case_no": WAITING}, 201)

    await welcome(Settings(), api)

    shown = capsys.readouterr().out
    sent = [
        json.loads(each.content)
        for each in api.asked
        if each.url.path == "/v1/applications" and each.method == "POST"
    ]
    assert len({each["reference"] for each in sent}) == len(sent) == 20
    assert "审核（绿色通道）" in shown
    assert "http://127.0.0.1:8080/docs" in shown
    places = [line.split()[-1] for line in shown.splitlines() if "workflows?" in line]
    assert [parse_qs(urlsplit(place).query)["query"] for place in places] == [
        ['WorkflowType="Application" AND ExecutionStatus="Running"'],
        ['WorkflowType IN ("ServiceCycle", "ServiceRequest") AND ExecutionStatus="Running"'],
    ]
    assert f"/workflows/app.310112.{WAITING}" in shown
    assert f"casework do pre-review {WAITING} --outcome passed" in shown


async def test_a_talent_with_a_request_and_a_permit_go_in_too(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.says("GET", "/v1/applications", page(CASE))
    api.says("POST", "/v1/applications", DONE, 200)

    await welcome(Settings(), api)

    sent = [each.url.path for each in api.asked if each.method == "POST"]
    opened = [path for path in sent if path not in {"/v1/applications", "/v1/materials"}]
    assert opened == ["/v1/talents", "/v1/requests", "/v1/permits"]
    shown = capsys.readouterr().out
    assert f"casework talent show {TALENT}" in shown
    assert f"casework request show {REQUEST}" in shown


async def test_talent_service_that_is_refused_is_not_pointed_at(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.says("GET", "/v1/applications", page(CASE))
    api.says("POST", "/v1/applications", DONE, 200)
    api.answers["POST", "/v1/requests"] = []
    api.says("POST", "/v1/requests", {"detail": "服务已终止", "code": "NOT_SERVED"}, 409)

    await welcome(Settings(), api)

    shown = capsys.readouterr().out
    assert "request.yaml was not taken: 服务已终止 (NOT_SERVED)" in shown
    assert "casework request show" not in shown


async def test_a_sample_that_is_refused_does_not_stop_the_stack(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.says("GET", "/v1/applications", page(CASE))
    api.says("POST", "/v1/applications", {"detail": "内容不同", "code": "CONTENT_DIFFERS"}, 409)
    api.says("POST", "/v1/applications", DONE, 200)

    await welcome(Settings(), api)

    shown = capsys.readouterr().out
    assert "01-points-minhang.yaml was not taken: 内容不同 (CONTENT_DIFFERS)" in shown
    assert f"casework explain {NO}" in shown
