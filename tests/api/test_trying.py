"""Seen before sent: what a dry run says is what then happens, and until then nothing does."""

import io
from base64 import b64decode
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pypdf import PdfReader
from sqlalchemy import Text, cast, select
from temporalio.client import Client

from casework.domain.kinds.registry import KINDS
from casework.messages.cases import application_id
from casework.store.engine import Sessions
from casework.store.models import Model
from tests.api.live import Backend
from tests.api.test_problems import assert_problem
from tests.api.test_seen import NOTE, moved_on, tag_of
from tests.api.test_verbs import NOBODY, PASSED

STEPS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("ja-o1", "pre-review", {"outcome": "passed"}),
    ("ja-o1", "add-note", NOTE),
    ("ja-o1", "accept", {}),
    ("ja-r1", "review", {}),
    ("ja-r1", "report-up", {}),
)


async def tried(
    backend: Backend, by: str, case_no: str, verb: str, tag: str = "*", **body: Any
) -> httpx.Response:
    return await asked("dry_run", backend, by, f"{case_no}/{verb}", tag, **body)


async def asked(
    how: str, backend: Backend, by: str, act: str, tag: str, **body: Any
) -> httpx.Response:
    return await backend.http.post(
        f"/v1/applications/{act}",
        params={how: "true"},
        json=body,
        headers=backend.bearer(by) | {"If-Match": tag, "Idempotency-Key": "k-1"},
    )


async def everything(sessions: Sessions) -> dict[str, list[str]]:
    """All rows of all tables, but for what is counted of the requests themselves."""
    found = {}
    async with sessions() as session:
        for name, table in Model.metadata.tables.items():
            if name != "rates":
                rows = await session.scalars(select(cast(table.table_valued(), Text)))
                found[name] = sorted(rows)
    return found


async def length(temporal: Client, case_no: str) -> int:
    handle = temporal.get_workflow_handle(application_id(case_no))
    return (await handle.describe()).history_length


async def events_of(backend: Backend, case_no: str) -> list[dict[str, Any]]:
    answer = await backend.get("ja-o1", f"/v1/cases/{case_no}/timeline")
    return [_told(each) for each in answer.json()["items"]]


def _told(event: dict[str, Any]) -> dict[str, Any]:
    """An event but for the moment, and what was made of it."""
    return {name: event[name] for name in ("seq", "kind", "title", "actor", "role", "reason")}


async def test_each_step_is_what_was_told_before(backend: Backend) -> None:
    case_no = await backend.case()
    for by, verb, body in STEPS:
        before = await events_of(backend, case_no)
        tag = await tag_of(backend, case_no)

        told = await asked("drafts", backend, by, f"{case_no}/{verb}", tag, **body)
        assert told.status_code == 200, told.text
        answer = told.json()
        assert await events_of(backend, case_no) == before
        assert answer["dry_run"] is True
        assert tag.startswith(f'"{answer["seq"]}-')

        done = await backend.do(by, case_no, verb, key="k-1-" + verb, **body)
        assert done.status_code == 200, done.text
        case = (await backend.get("ja-o1", f"/v1/cases/{case_no}")).json()
        clocks = (await backend.get("ja-o1", f"/v1/cases/{case_no}/clocks")).json()["items"]
        since = (await events_of(backend, case_no))[len(before) :]
        foretold = [_told(each) for each in answer["events"]]
        assert since[: len(foretold)] == foretold
        assert answer["after"]["stage"] == done.json()["stage"]
        if len(since) == len(foretold):
            due = {each["clock"]: each["due_on"] for each in clocks}
            assert {each["clock"]: each["due_on"] for each in answer["after"]["clocks"]} == due
            assert {each["task"] for each in answer["after"]["tasks"]} == {
                each["task"] for each in case["tasks"]
            }
        queued = {
            (each["seq"], each["template"], each["recipient"], each["channel"])
            for each in case["notices"]
            if before[-1]["seq"] < each["seq"] <= answer["after"]["seq"]
        }
        assert queued == {
            (each["seq"], each["template"], each["recipient"], each["channel"])
            for each in answer["letters"]
        }
        assert all(case_no in each["text"] for each in answer["letters"])
        for letter in answer["letters"]:
            drafted = PdfReader(io.BytesIO(b64decode(letter["draft"]))).pages[0].extract_text()
            assert all(word in drafted for word in ("样稿，未编号", "（样稿，未发出）", case_no))
            assert not any(word in drafted for word in ("核验", "电子印章", "张三"))


async def test_nothing_is_recorded_signed_or_sent(
    backend: Backend, temporal: Client, sessions: Sessions
) -> None:
    case_no = await backend.case()
    before = await everything(sessions), await length(temporal, case_no)

    for by, verb, body in STEPS[:2]:
        answer = await tried(backend, by, case_no, verb, **body)
        assert answer.status_code == 200, answer.text

    assert (await everything(sessions), await length(temporal, case_no)) == before
    # and the key is as free as it was
    done = await backend.do("ja-o1", case_no, "pre-review", key="k-1", **PASSED)
    assert done.json()["seq"] == 2


@pytest.mark.parametrize(
    ("by", "verb", "body"),
    [
        ("mh-o1", "pre-review", PASSED),
        ("ja-o1", "accept", {}),
        ("ja-h1", "pre-review", PASSED),
        ("ja-o1", "not-accept", {"reason": " ", "right_authority": "某中心"}),
        ("ja-s1", "reassign", {"role": "officer", "to": "mh-o1", "reason": "调整"}),
        ("superior-system", "superior-decision", {"outcome": "approved", "reasons": ""}),
    ],
)
async def test_what_the_act_refuses_it_refuses_alike(
    backend: Backend, by: str, verb: str, body: dict[str, Any]
) -> None:
    case_no = await backend.case()
    told = await tried(backend, by, case_no, verb, **body)
    done = await backend.do(by, case_no, verb, **body)

    assert assert_problem(told) == assert_problem(done)
    assert told.status_code >= 400


async def test_it_is_tried_on_what_was_seen(backend: Backend) -> None:
    case_no = await backend.case()
    tag = await tag_of(backend, case_no)
    await backend.do("ja-r1", case_no, "add-note", **NOTE)

    late = moved_on(await tried(backend, "ja-o1", case_no, "pre-review", tag, **PASSED))

    assert [each["kind"] for each in late["events"]] == ["note_added"]


async def test_people_outside_are_told_what_they_may_read(backend: Backend) -> None:
    case_no = await backend.case()
    answer = await tried(backend, "backend", case_no, "withdraw", reason="申请人不办了")
    assert answer.status_code == 200, answer.text
    assert "add_note" not in answer.text
    assert {each["draft"] for each in answer.json()["letters"]} == {""}
    none = await tried(backend, "ja-o1", NOBODY, "pre-review", **PASSED)
    assert (none.status_code, assert_problem(none)["code"]) == (404, "CASE_NOT_FOUND")


def test_each_verb_of_each_kind_can_be_tried(lonely_app: FastAPI) -> None:
    document = lonely_app.openapi()
    paths = {kind.path: kind for kind in KINDS.values()}
    acts = [
        operation
        for methods in document["paths"].values()
        for operation in methods.values()
        if "dry_run" in {each["name"] for each in operation.get("parameters", ())}
    ]
    verbs = sum(len(set(kind.verbs) - kind.unsaid) for kind in paths.values())
    assert len(acts) == verbs + 1, "and a consultation, which is no case"


async def test_the_draft_of_a_ticket_addresses_its_caller(backend: Backend) -> None:
    opened = await backend.post(
        "hotline",
        "/v1/tickets",
        {
            "district": "310106",
            "source": "hotline-12345",
            "reference": "W-7",
            "came_by": "hotline_12345",
            "subject_matter": "申请没有回音",
            "caller": {"name": "王小明", "phone": "13800001234"},
        },
    )
    assert opened.status_code == 201, opened.text
    told = await backend.http.post(
        f"/v1/tickets/{opened.json()['case_no']}/return-ticket",
        params={"drafts": "true"},
        json={"to": "区住房保障部门", "reason": "不属于本单位职责"},
        headers=backend.bearer("ja-o1"),
    )
    (letter,) = told.json()["letters"]
    shown = PdfReader(io.BytesIO(b64decode(letter["draft"]))).pages[0].extract_text()
    assert "诉求人：" in shown
    assert "申请人" not in shown
