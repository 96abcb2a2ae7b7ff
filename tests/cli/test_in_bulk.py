"""``casework bulk``, ``changes`` and ``webhook``: what is sent, what is kept, what is told."""

import json
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.cli.cases import in_bulk
from tests.cli.conftest import FakeApi, Run
from tests.examples import examples

HOOK = {
    "id": "wh-1",
    "system": "backend",
    "url": "https://portal.example/told",
    "events": [],
    "districts": ["310106"],
    "item_codes": [],
    "status": "active",
    "status_label": "推送中",
    "after": "7",
    "made_at": "2026-03-02T09:00:00+08:00",
    "approved_by": "sh-u1",
    "caught_up_at": None,
    "failing_since": None,
    "problem": "",
    "problem_label": "",
    "ping_asked_at": None,
    "ping_sent_at": None,
    "ping_problem": "",
    "refused": 1,
}
REFUSED = {
    "case_no": "310106-0000-0000-0000",
    "seq": 3,
    "problem": "http_422",
    "at": "2026-03-02T09:00:00+08:00",
    "again": False,
}


def test_lines_that_were_taken_are_not_sent_again(run: Run, api: FakeApi, tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"b": "\xff"}\r\n{"c": "\xe2\x80\xa8"}\r\n')
    told = [
        {"line": 1, "status": 201, "body": {"case_no": "1"}},
        {"line": 2, "status": 422, "body": {"detail": "缺少此项", "code": "FIELD_REQUIRED"}},
        {"line": 3, "status": 200, "body": {"case_no": "3"}},
    ]
    path = "/v1/submissions"
    answer = httpx.Response(200, text="\n".join(map(json.dumps, told)))
    api.answers["POST", path] = [answer]
    first = run("bulk", "submit", str(file), to=api)
    assert first.exit_code == 1
    assert "第 3 行：缺少此项 (FIELD_REQUIRED)" in first.stderr
    lines = [each.strip() for each in api.asked[-1].content.split(b"\n")]
    assert lines == [b'{"a": 1}', b'{"b": "\xff"}', b'{"c": "\xe2\x80\xa8"}']
    kept = tmp_path / "cases.jsonl.answers"
    with kept.open("a", encoding="utf-8") as book:
        book.write('{"line": 9, "sta')  # the command was killed
    api.answers["POST", path] = [httpx.Response(200, text=json.dumps(told[0]))]
    file.write_bytes(b'{"c": "\xe2\x80\xa8"}\n{"b": 2}\n{"a": 1}\n')  # corrected, and sorted anew
    again = run("bulk", "submit", str(file), to=api)
    assert again.exit_code == 0, again.output
    assert api.asked[-1].content.decode() == '{"b": 2}'
    assert json.loads(kept.read_text(encoding="utf-8").splitlines()[-1])["line"] == 2


def test_each_wrong_field_of_a_line_is_said(run: Run, api: FakeApi, tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(b'{"a": 1}\n')
    errors = [{"field": "district", "detail": "六位数字"}, {"field": "item", "detail": "必填"}]
    body = {"detail": "district：六位数字；item：必填", "code": "INVALID_REQUEST", "errors": errors}
    told = {"line": 1, "status": 422, "body": body}
    api.answers["POST", "/v1/submissions"] = [httpx.Response(200, text=json.dumps(told))]
    said = run("bulk", "submit", str(file), to=api)
    assert said.exit_code == 1
    assert "district: 六位数字" in said.stderr
    assert "item: 必填" in said.stderr


def test_lines_without_an_answer_do_not_count_as_taken(
    run: Run, api: FakeApi, tmp_path: Path
) -> None:
    """A proxy may end an answer that broke off as if it were whole."""
    file = tmp_path / "cases.jsonl"
    file.write_bytes(b'{"a": 1}\n{"b": 2}\n')
    told = {"line": 1, "status": 201, "body": {"case_no": "1"}}
    api.answers["POST", "/v1/submissions"] = [httpx.Response(200, text=json.dumps(told))]
    said = run("bulk", "submit", str(file), to=api)
    assert said.exit_code > 1
    assert "run this again" in said.stderr
    run("bulk", "submit", str(file), to=api)
    assert api.asked[-1].content == b'{"b": 2}'


@given(sizes=st.lists(st.integers(1, 40), max_size=60), most=st.integers(1, 9))
@examples(30)
def test_no_request_has_more_lines_or_bytes_than_it_may(sizes: list[int], most: int) -> None:
    lines = [(number, b"x" * size) for number, size in enumerate(sizes, 1)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(in_bulk, "AT_ONCE", most)
        patched.setattr(in_bulk, "BYTES_AT_ONCE", 50)
        pieces = list(in_bulk._pieces(lines))
    assert [line for piece in pieces for line in piece] == lines
    assert all(0 < len(piece) <= most for piece in pieces)
    assert all(sum(len(line) for _, line in piece) <= 50 for piece in pieces)


def test_references_are_asked_for_200_at_a_time(run: Run, api: FakeApi) -> None:
    case = {"case_no": "310106-0000-0000-0000", "item_name": "积分", "stage_label": "预审"}
    items = [{"reference": "T-1", "cases": [case]}, {"reference": "T-2", "cases": []}]
    api.says("POST", "/v1/cases/by-reference", {"items": items})
    shown = run("bulk", "status", *(f"T-{n}" for n in range(201)), to=api)
    assert shown.exit_code == 0, shown.output
    assert [len(json.loads(each.content)["references"]) for each in api.asked] == [200, 1]
    assert "没有" in shown.output


def test_changes_are_shown_with_the_mark_to_go_on_from(run: Run, api: FakeApi) -> None:
    line = {
        "at": "2026-03-02T09:00:00+08:00",
        "case_no": "310106-0000-0000-0000",
        "seq": 1,
        "title": "收件",
        "stands": {"turn": {"sentence": "轮到预审"}},
    }
    api.says("GET", "/v1/changes", {"lines": [line], "after": "7.x", "more": False})
    shown = run("changes", to=api)
    assert "轮到预审" in shown.output
    assert "--after 7.x" in shown.stderr


def test_a_webhook_is_made_shown_and_handled(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/webhooks", HOOK, 201)
    assert "wh-1" in run("webhook", "add", HOOK["url"], "--district", "310106", to=api).output
    assert json.loads(api.asked[-1].content)["districts"] == ["310106"]
    api.says("GET", "/v1/webhooks", {"items": [HOOK], "next_cursor": None})
    assert "推送中" in run("webhook", "list", to=api).output
    api.says("GET", "/v1/webhooks/wh-1", HOOK)
    api.says("GET", "/v1/webhooks/wh-1/refused", {"items": [REFUSED]})
    assert "http_422" in run("webhook", "show", "wh-1", to=api).output
    for verb in ("approve", "resume", "ping", "end"):
        api.says("POST", f"/v1/webhooks/wh-1/{verb}", HOOK)
        assert run("webhook", verb, "wh-1", to=api).exit_code == 0
    api.says("POST", "/v1/webhooks/wh-1/redelivery", {"events": 2}, 202)
    assert "2 项" in run("webhook", "redeliver", "wh-1", to=api).output
    task = REFUSED | {
        "webhook": "wh-1",
        "webhook_status_label": "已暂停",
        "system": "backend",
        "title": "受理",
        "problem_label": "接收方答：不能处理（422）",
        "opened_at": REFUSED["at"],
        "behind": 4,
        "outcome_label": "待处理",
        "reason": "",
    }
    api.says("GET", "/v1/undelivered-events", {"items": [task], "next_cursor": None})
    assert "接收方答" in run("webhook", "undelivered", "--webhook", "wh-1", to=api).output
    assert api.asked[-1].url.params["open"] == "true"
    api.says("POST", "/v1/webhooks/wh-1/set-aside", {"events": 5})
    aside = ("set-aside", "wh-1", str(REFUSED["case_no"]), "3", "--reason", "停用", "--behind")
    assert "5 项" in run("webhook", *aside, to=api).output
    assert json.loads(api.asked[-1].content) == {
        "case_no": REFUSED["case_no"],
        "seq": 3,
        "reason": "停用",
        "behind": True,
    }
