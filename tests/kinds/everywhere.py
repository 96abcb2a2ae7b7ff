"""A question goes every way that a case goes; ``test_everywhere.py`` runs it in a process alone.

Nothing of the house names it: routes, commands, workflow, table, lists, texts and scenarios are
made from its `Kind`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import WorkflowHistory
from typer.testing import CliRunner, Result

from casework.cli.app import app
from casework.domain.kinds.registry import CaseKind
from casework.letters.texts import render
from casework.rehearsal import RehearsalRoom, pure_room, rehearsal_room
from casework.settings import Settings
from casework.store.engine import Sessions
from casework.store.models import Model, model_of
from casework.store.register.rebuild import rebuild
from casework.store.sealing.sealing import SEALED
from tests.api.live import Backend
from tests.kinds.question import QUESTION
from workers.main import create_replayer

JINGAN = "310106"
GIVEN = """
source: 测试
given:
  question: {district: "310106", received_at: 2026-09-16 10:00, text: 积分如何计算？}
"""
ANSWERED = f"""
name: 咨询按期答复
{GIVEN}
steps:
  - expect: {{stage: question_asked, clocks: {{answer: 2026-09-22}}}}
  - do: answer
    refused: WRONG_STAGE
  - at: 2026-09-17
    do: draft
    with: {{text: 按细则计算}}
  - do: answer
    as: officer
    refused: FOUR_EYES
  - do: answer
    as: reviewer
    expect: {{stage: question_answered}}
final:
  notices: [{{template: question_answered, to: applicant}}]
"""
LAPSED = f"""
name: 咨询逾期未答复
{GIVEN}
steps:
  - at: 2026-09-22 23:59
    expect: {{stage: question_asked, card: none}}
  - at: 2026-09-23 09:05
    expect: {{stage: question_lapsed, never: [question_was_answered]}}
  - do: draft
    with: {{text: 按细则计算}}
    refused: CASE_CLOSED
"""
_numbers = count(1)

Run = Callable[..., Any]


@pytest.fixture(scope="session", autouse=True)
async def _tables(register_engine: AsyncEngine) -> AsyncIterator[None]:
    """What its migration would make."""
    own = [Model.metadata.tables[each.table] for each in QUESTION.rows]
    async with register_engine.begin() as connection:
        await connection.run_sync(Model.metadata.create_all, tables=own)
    yield
    async with register_engine.begin() as connection:
        await connection.run_sync(Model.metadata.drop_all, tables=own)


def asked(**changed: Any) -> dict[str, Any]:
    return {
        "district": JINGAN,
        "source": "points-portal",
        "reference": f"Q-{next(_numbers):04}",
        "text": "积分如何计算？",
        "applicant": {
            "name": "张三",
            "id_number": "310101199003071230",
            "phone": "13800001234",
        },
    } | changed


async def opened(backend: Backend) -> str:
    answer = await backend.post("backend", "/v1/questions", asked())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["case_no"])


async def test_http_opens_lists_and_shows_it(backend: Backend) -> None:
    body = asked()
    first = await backend.post("backend", "/v1/questions", body)
    again = await backend.post("backend", "/v1/questions", body)
    other = await backend.post("backend", "/v1/questions", body | {"text": "何时答复？"})
    assert (first.status_code, again.status_code) == (201, 200), first.text
    assert first.json() == again.json()
    assert other.json()["code"] == "CONTENT_DIFFERS"
    number = first.json()["case_no"]
    listed = await backend.get("ja-o1", "/v1/questions", stage="question_asked")
    assert [row["case_no"] for row in listed.json()["items"]] == [number]
    assert listed.json()["items"][0]["stage_label"] == "待答复"
    none = await backend.get("ja-o1", "/v1/questions", stage="question_answered")
    assert none.json()["items"] == []
    found = await backend.get("ja-o1", "/v1/cases", kind="question")
    assert [row["kind_label"] for row in found.json()["items"]] == ["咨询"]
    todo = await backend.get("ja-o1", "/v1/tasks")
    assert [(task["case_kind_label"], task["may_do"]) for task in todo.json()["items"]] == [
        ("咨询", True)
    ]
    shown = (await backend.get("ja-o1", f"/v1/questions/{number}")).json()
    assert shown["questions"] == [{"text": "积分如何计算？", "draft": ""}]
    assert shown["question_lines"] == []
    assert shown["parties"][0]["name"] == "张*"
    elsewhere = await backend.get("xh-o1", f"/v1/questions/{number}")
    assert elsewhere.json()["code"] == "OTHER_DISTRICT"


async def test_http_refuses_what_its_opening_and_its_body_refuse(backend: Backend) -> None:
    empty = await backend.post("backend", "/v1/questions", asked(text="没有"))
    assert (empty.json()["code"], empty.json()["errors"][0]["field"]) == ("NO_QUESTION", "text")
    long = await backend.post("backend", "/v1/questions", asked(text="？" * 1001))
    assert long.status_code == 422
    stranger = await backend.post("ja-r1", "/v1/questions", asked())
    assert stranger.json()["code"] == "ROLE_NOT_ALLOWED"


async def test_http_does_its_verbs_and_refuses_them(backend: Backend, sessions: Sessions) -> None:
    number = await opened(backend)
    place = f"/v1/questions/{number}"
    early = await backend.post("ja-r1", f"{place}/answer")
    assert early.json()["code"] == "WRONG_STAGE"
    words = {"text": "按细则\n计算"}
    told = await backend.post("ja-o1", f"{place}/draft?dry_run=true", words)
    drafted = await backend.post("ja-o1", f"{place}/draft", words)
    assert drafted.json()["stage_label"] == "待审定", drafted.text
    assert told.json()["after"]["stage_label"] == "待审定", told.text
    assert told.json()["seq"] == drafted.json()["seq"] - 1
    own = await backend.post("ja-o1", f"{place}/answer")
    assert own.json()["code"] == "FOUR_EYES"
    letters = (await backend.post("ja-r1", f"{place}/answer?dry_run=true")).json()["letters"]
    assert [each["template"] for each in letters] == ["question_answered"]
    assert "按细则" in letters[0]["text"]
    answered = await backend.post("ja-r1", f"{place}/answer")
    assert answered.json()["stage"] == "question_answered", answered.text
    shown = (await backend.get("ja-o1", place)).json()
    assert [(line["number"], line["text"]) for line in shown["question_lines"]] == [
        (1, "按细则"),
        (2, "计算"),
    ]
    assert [each["template"] for each in shown["notices"]] == ["question_answered"]
    table = model_of("questions").__table__
    async with sessions() as session:
        row = (await session.execute(select(table).where(table.c.case_no == number))).one()
    assert (row.text, row.draft) == ("积分如何计算？", "按细则\n计算")
    assert SEALED["questions"] == ("text",)
    assert (await rebuild(sessions, write=False)).differences == ()


async def test_its_routes_are_described_like_the_others(backend: Backend) -> None:
    paths = (await backend.http.get("/openapi.json")).json()["paths"]
    assert paths["/v1/questions"]["post"]["operationId"] == "questions.submit"
    assert paths["/v1/questions"]["get"]["summary"] == "查询咨询"
    assert paths["/v1/questions/{case_no}/draft"]["post"]["operationId"] == "questions.draft"


@pytest.fixture
async def run(
    backend: Backend, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Run:
    """Run the command; it speaks to the API of this process."""
    monkeypatch.setenv("CASEWORK_HOME", str(settings.home))
    monkeypatch.setenv("CASEWORK_ISSUER_PORT", str(settings.issuer_port))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("CASEWORK_TOKEN", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    loop = asyncio.get_running_loop()

    class Here(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            sent = backend.http.request(
                request.method,
                str(request.url.raw_path, "ascii"),
                content=request.read(),
                headers={
                    name: value
                    for name, value in request.headers.items()
                    if name in {"authorization", "content-type", "idempotency-key"}
                },
            )
            answer = asyncio.run_coroutine_threadsafe(sent, loop).result()
            return httpx.Response(
                answer.status_code,
                content=answer.content,
                headers={
                    name: value
                    for name, value in answer.headers.items()
                    if name in {"content-type", "location", "retry-after"}
                },
            )

    async def run(*args: str) -> Result:
        return await asyncio.to_thread(
            lambda: CliRunner().invoke(app, [*args], obj=Here(), catch_exceptions=False)
        )

    return run


async def test_the_command_opens_lists_shows_and_answers_it(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "question.yaml"
    file.write_text(yaml.safe_dump(asked(), allow_unicode=True), encoding="utf-8")
    opened = await run("question", "open", str(file))
    assert "已收件" in opened.output, opened.output
    number = opened.output.split("：")[1].split("（")[0]
    listed = await run("question", "list", "--stage", "待答复")
    assert number in listed.output
    drafted = await run("question", "draft", number, "--text", "按细则计算")
    assert "待审定" in drafted.output, drafted.output
    refused = await run("question", "answer", number, "--as", "ja-o1")
    assert refused.exit_code != 0
    shown = await run("question", "show", number)
    assert "按细则计算" in shown.output
    answered = await run("question", "answer", number, "--as", "ja-r1")
    assert "已答复" in answered.output, answered.output
    listed = await run("case", "list", "--kind", "咨询")
    assert number in listed.output


@pytest.fixture(params=[ANSWERED, LAPSED], ids=["answered", "lapsed"])
def scenario(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    file = tmp_path / "question.yaml"
    file.write_text(request.param, encoding="utf-8")
    return file


async def test_a_rehearsal_plays_it_on_the_rules(scenario: Path) -> None:
    report = await pure_room().rehearse(scenario)
    assert report.differences == ()


@pytest.fixture(scope="session")
async def room(register_url: str) -> AsyncIterator[RehearsalRoom]:
    async with rehearsal_room(register_url) as room:
        yield room


async def test_a_rehearsal_plays_it_on_temporal_and_the_register(
    scenario: Path, room: RehearsalRoom, sessions: Sessions
) -> None:
    report = await room.rehearse(scenario)
    assert report.differences == ()
    (history,) = report.histories["question"]
    await create_replayer().replay_workflow(WorkflowHistory.from_json("question", history))
    assert (await rebuild(sessions, write=False)).differences == ()


def test_its_letter_has_its_text() -> None:
    fields = {
        "answer": "按细则计算",
        "item": "咨询",
        "case_no": "310106-0000-0000-0000",
        "office": "某中心",
        "on": "2026-09-24",
    }
    subject, body = render("question_answered", fields)
    assert subject == "咨询答复：咨询（310106-0000-0000-0000）"
    assert "按细则计算" in body


def test_it_is_read_as_its_name() -> None:
    assert CaseKind("question").label == "咨询"
    with pytest.raises(ValueError, match="not a valid CaseKind"):
        CaseKind("nothing")
