"""What `casework up` shows once everything is ready."""

import asyncio
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from casework.cli.operating.welcome import mail_command, welcome
from casework.local.devstack import free_port
from casework.local.post import office_address
from casework.settings import Settings
from tests.cli.conftest import FakeApi
from tests.cli.test_reading import CASE, NO, page

DONE = {"case_no": NO, "seq": 1, "stage": "pre_review", "stage_label": "预审", "at": ""}
WAITING = "310112-0000-0000-0001"
TALENT = "500103-0000-0000-0001"
REQUEST = "500103-0000-0000-0002"
PERMIT = "310106-0000-0000-0003"
SERVED = {"talents", "requests", "permits"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, town_smtp_port=9)  # nobody listens there


@pytest.fixture
def api(api: FakeApi) -> FakeApi:
    for path in ("tickets", "appointments", "walkthroughs", "wages", "consultations"):
        api.says("POST", f"/v1/{path}", DONE, 200)
    api.says("POST", "/v1/units", {"id": "U-1", "status": "proposed"}, 201)
    api.says("POST", "/v1/units/U-1/approve", {"id": "U-1", "status": "in_force"})
    api.says("GET", "/v1/slots", {"items": []})
    api.says("POST", "/v1/materials", {"sha256": "ab" * 32}, 201)
    api.says("POST", "/v1/talents", {**DONE, "case_no": TALENT}, 201)
    api.says("POST", "/v1/requests", {**DONE, "case_no": REQUEST}, 201)
    return api.says("POST", "/v1/permits", {**DONE, "case_no": PERMIT}, 201)


async def test_samples_go_in_then_the_way_on_is_shown(
    api: FakeApi, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = {**CASE, "case_no": WAITING, "stage": "pre_review"}
    api.says("GET", "/v1/applications", page(CASE, waiting))
    api.says("POST", "/v1/applications", DONE, 200)
    api.says("POST", "/v1/applications", {**DONE, "case_no": WAITING}, 201)

    await welcome(settings, api)

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
    api: FakeApi, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    api.says("GET", "/v1/applications", page(CASE))
    api.says("POST", "/v1/applications", DONE, 200)

    await welcome(settings, api)

    sent = [each.url.path for each in api.asked if each.method == "POST"]
    opened = [path for path in sent if path.rpartition("/")[2] in SERVED]
    assert opened == ["/v1/talents", "/v1/requests", "/v1/permits"]
    shown = capsys.readouterr().out
    assert f"casework talent show {TALENT}" in shown
    assert f"casework request show {REQUEST}" in shown


async def test_talent_service_that_is_refused_is_not_pointed_at(
    api: FakeApi, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    api.says("GET", "/v1/applications", page(CASE))
    api.says("POST", "/v1/applications", DONE, 200)
    api.answers["POST", "/v1/requests"] = []
    api.says("POST", "/v1/requests", {"detail": "服务已终止", "code": "NOT_SERVED"}, 409)

    await welcome(settings, api)

    shown = capsys.readouterr().out
    assert "request.yaml was not taken: 服务已终止 (NOT_SERVED)" in shown
    assert "casework request show" not in shown


async def test_a_sample_that_is_refused_does_not_stop_the_stack(
    api: FakeApi, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    api.says("GET", "/v1/applications", page(CASE))
    api.says("POST", "/v1/applications", {"detail": "内容不同", "code": "CONTENT_DIFFERS"}, 409)
    api.says("POST", "/v1/applications", DONE, 200)

    await welcome(settings, api)

    shown = capsys.readouterr().out
    assert "01-points-minhang.yaml was not taken: 内容不同 (CONTENT_DIFFERS)" in shown
    assert f"casework explain {NO}" in shown


async def test_the_desk_gets_a_life_of_its_own_and_mails_come_by_post(
    api: FakeApi, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    api.says("GET", "/v1/applications", page(CASE))
    api.says("POST", "/v1/applications", DONE, 200)
    api.answers["POST", "/v1/tickets"] = []
    opened = ["310112-0000-0000-0004", "310112-0000-0000-0005", "310112-0000-0000-0006"]
    for number in opened:
        api.says("POST", "/v1/tickets", {**DONE, "case_no": number}, 201)
    api.says("POST", f"/v1/tickets/{opened[0]}/sign-ticket", DONE)
    api.says("POST", f"/v1/tickets/{opened[2]}/join-ticket", DONE)
    post = Post()
    port = free_port()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(post, enable_SMTPUTF8=True), "127.0.0.1", port
    )
    async with server:
        await welcome(settings.model_copy(update={"town_smtp_port": port}), api)

    sent = [each.url.path for each in api.asked if each.method == "POST"]
    assert f"/v1/tickets/{opened[2]}/join-ticket" in sent
    assert "/v1/units/U-1/approve" in sent
    assert sorted(post.came) == sorted(
        office_address(district, mailbox)
        for district, mailbox in (
            *[("310112", "points")] * 2,
            ("310112", "education"),
            ("310112", "account"),
            ("310113", "points"),
            ("310109", "points"),
            ("310106", "points"),
            ("310106", "education"),
        )
    )
    shown = capsys.readouterr().out
    assert "was not taken" not in shown
    assert mail_command(port, office_address("310112", "points")) in shown


class Post:
    """Takes mails for anybody."""

    def __init__(self) -> None:
        self.came: list[str] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.came += envelope.rcpt_tos
        return "250 taken"
