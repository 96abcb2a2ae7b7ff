"""``casework rebalance``: what is sent, and who goes from where to where in words."""

import json
from typing import Any

from tests.cli.conftest import FakeApi, Run
from tests.cli.test_ordering import NO, PROPOSED, sent

CASE = "310106-0000-0000-0000"
PREVIEW: dict[str, Any] = {
    "cases": 1,
    "tasks": 2,
    "left": True,
    "people": [
        {
            "person": "ja-o1",
            "share": 50,
            "open_tasks": 9,
            "open_after": 7,
            "weight": 20,
            "weight_after": 12,
        }
    ],
    "handings": [
        {
            "case_no": CASE,
            "holder": "ja-o1",
            "to": "ja-o2",
            "tasks": 2,
            "weight": 8,
            "why": "负荷均衡",
        }
    ],
}
WHOSE = ("--district", "310106", "--person", "ja-o1")


def test_preview_shows_from_whom_to_whom_and_what_each_has_then(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/orders/preview", PREVIEW)
    shown = run("rebalance", "preview", *WHOSE, to=api)
    assert shown.exit_code == 0, shown.output
    for word in ("转交办件 1 件、待办 2 项", CASE, "ja-o2", "50%", "20", "12", "分批转交"):
        assert word in shown.stdout


def test_proposal_says_whose_work_and_which(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/orders", PROPOSED, status=201)
    done = run("rebalance", "propose", *WHOSE, "--begun", "--reason", "积压", to=api)
    assert done.exit_code == 0, done.output
    assert sent(api) == {
        "kind": "rebalance",
        "district": "310106",
        "role": "officer",
        "person": "ja-o1",
        "team": "",
        "begun": True,
        "reason": "积压",
    }


def test_what_became_of_each_case_is_listed(run: Run, api: FakeApi) -> None:
    row = PREVIEW["handings"][0] | {
        "receiver": "ja-o2",
        "outcome": "refused",
        "outcome_label": "未转交",
        "code": "HOLDER_CHANGED",
        "at": "2026-11-30T10:00:00+08:00",
    }
    api.says("GET", f"/v1/orders/{NO}/handings", {"items": [row], "next_cursor": None})
    shown = run("rebalance", "cases", NO, "--outcome", "refused", to=api)
    assert shown.exit_code == 0, shown.output
    for word in (CASE, "ja-o1", "ja-o2", "未转交", "HOLDER_CHANGED"):
        assert word in shown.stdout
    assert json.loads(run("rebalance", "cases", NO, "--json", to=api).stdout) == [row]
