"""Teams in the work list, why somebody has a case, and the relations of an officer."""

import json
from typing import Any

from tests.cli.conftest import FakeApi, Run

RELATION = {
    "id": "ja-o1-0123456789ab",
    "officer": "ja-o1",
    "kind": "related",
    "declared_at": "2026-11-30T09:00:00+08:00",
    "ended_at": None,
}
TASK = {
    "task": "pre_review#1",
    "kind_label": "预审",
    "about": "",
    "case_no": "310106-0000-0000-0000",
    "item": "PTS_NEW",
    "item_name": "居住证积分新办",
    "stage_label": "预审",
    "green": False,
    "card": "none",
    "holder": "",
    "backup": "",
    "team": "积分组",
    "due_on": None,
}


def test_what_nobody_of_a_team_has_is_listed_under_the_team(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/tasks", {"items": [TASK], "next_cursor": None})
    done = run("tasks", "--team", "积分组", "--unclaimed", "--as", "ja-o1", to=api)
    assert "积分组（待认领）" in done.stdout
    assert dict(api.asked[0].url.params) == {"team": "积分组", "unclaimed": "true"}


def test_a_relation_is_declared_shown_and_ended(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/relations", RELATION, 201)
    api.says("GET", "/v1/relations", {"items": [RELATION]})
    api.says("POST", f"/v1/relations/{RELATION['id']}/end", RELATION)
    firm = ("--number", "91350100M000100Y43", "--firm")
    declared = run("relation", "declare", *firm, "--as", "ja-o1", to=api)
    assert "证件号码不保存" in declared.stdout
    said: dict[str, Any] = json.loads(api.asked[0].content)
    assert said == {"number": "91350100M000100Y43", "party": "firm", "kind": "related"}
    assert "利害关系" in run("relation", "mine", "--as", "ja-o1", to=api).stdout
    ended = run("relation", "end", str(RELATION["id"]), "--as", "ja-o1", to=api)
    assert "已结束" in ended.stdout
