"""``casework view`` and ``phrase``: what somebody keeps at the desk, from the command line."""

import json

from tests.cli.conftest import FakeApi, Run

VIEW = {"list": "tasks", "name": "新预审", "asked": {"sort": "newest"}, "usual": True}
PHRASE = {
    "id": "ab" * 16,
    "verb": "",
    "text": "请重新上传。",
    "office": True,
    "since": "2026-09-17",
    "until": None,
    "by": "ja-s1",
}


def test_a_view_is_saved_listed_and_removed(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/views", {"items": [VIEW]})
    given = ("save", "tasks", "新预审", "--with", "sort=newest", "--usual")
    done = run("view", *given, "--as", "ja-o1", to=api)
    assert done.exit_code == 0, done.output
    assert json.loads(api.asked[0].content) == VIEW
    api.says("GET", "/v1/views", {"items": [VIEW]})
    assert "sort=newest" in run("view", "list", "--as", "ja-o1", to=api).stdout
    api.says("POST", "/v1/views/remove", {"items": []})
    assert "已删除" in run("view", "remove", "tasks", "新预审", "--as", "ja-o1", to=api).stdout


def test_phrases_are_kept_listed_and_ended(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/phrases", PHRASE, status=201)
    done = run("phrase", "add", "请重新上传。", "--office", "--as", "ja-s1", to=api)
    assert done.exit_code == 0, done.output
    assert json.loads(api.asked[0].content)["office"] is True
    api.says("GET", "/v1/phrases", {"items": [PHRASE]})
    assert "本区" in run("phrase", "list", "--as", "ja-s1", to=api).stdout
    api.says("POST", f"/v1/phrases/{PHRASE['id']}/end", PHRASE)
    assert "已停用" in run("phrase", "end", str(PHRASE["id"]), "--as", "ja-s1", to=api).stdout


def test_lists_are_sorted_by_choice(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/tasks", {"items": [], "next_cursor": None})
    run("tasks", "--sort", "oldest", "--as", "ja-o1", to=api)
    assert dict(api.asked[0].url.params)["sort"] == "oldest"
