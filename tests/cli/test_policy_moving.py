"""``casework policy``: what is sent, who acts, what is told."""

import json
from typing import Any

from tests.cli.conftest import FakeApi, Run
from tests.cli.test_ordering import NO, ORDER, PROPOSED, actor, sent

CASE = "310106-0000-0000-0000"
PREVIEW: dict[str, Any] = {
    "policy": "f3fcefe388b39252",
    "to": "2023-01-03",
    "cases": 3,
    "unchanged": 1,
    "stages": {"review": 3},
    "examples": [
        {
            "case_no": CASE,
            "stage": "review",
            "stage_label": "审核",
            "policy_before": "f113aca009e3c865",
            "policy_after": "f3fcefe388b39252",
            "limits": [
                {
                    "clock": "decide",
                    "name": "办理期限",
                    "amount_before": 20,
                    "unit_before": "working_days",
                    "amount_after": 20,
                    "unit_after": "working_days",
                    "due_before": "2023-02-07",
                    "due_after": "2023-02-07",
                    "due_wanted": "2023-03-07",
                    "kept": "保留原期限：不得改为对申请人不利",
                }
            ],
            "asked": [],
            "excused": ["照片"],
            "dropped": [],
            "faults": [],
            "cleared": [],
            "discharged": [],
            "checks_added": ["outside"],
            "checks_dropped": [],
            "deferrable": [],
            "not_deferrable": [],
            "values": [{"name": "channels", "before": "online", "after": "online、post"}],
        }
    ],
}
MOVE = ("--district", "310106", "--item", "PTS_NEW", "--to", "2023-01-03")
MOVED = {
    "case_no": CASE,
    "policy": "f113aca009e3c865",
    "outcome": "refused",
    "outcome_label": "未改用",
    "code": "CONSENT_PENDING",
    "at": "2023-01-03T10:00:00+08:00",
}


def test_preview_shows_limits_materials_and_checks_and_orders_nothing(
    run: Run, api: FakeApi
) -> None:
    api.says("POST", "/v1/orders/preview", PREVIEW)
    done = run("policy", "preview", *MOVE, to=api)
    assert done.exit_code == 0
    assert [request.url.path for request in api.asked] == ["/v1/orders/preview"]
    for told in (
        "涉及办件 3 件，其中已适用此政策 1 件",
        "2023-02-07 周二",
        "保留原期限：不得改为对申请人不利",
        "新要求但本件不再补要的材料：照片",
        "新增的核实：外调",
        "channels：online → online、post",
    ):
        assert told in done.stdout


def test_move_is_proposed_for_the_named_cases(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/orders", PROPOSED | {"preview": PREVIEW, "cases": None, "done": 0}, 201)
    done = run("policy", "move", *MOVE, "--case", CASE, "--reason", "新办法施行", to=api)
    assert done.exit_code == 0
    assert actor(api) == "ja-s1"
    assert sent(api) == {
        "kind": "move_policy",
        "district": "310106",
        "item": "PTS_NEW",
        "stage": None,
        "cases": [CASE],
        "to": "2023-01-03",
        "head_consents": False,
        "reason": "新办法施行",
    }
    assert f"casework order approve {NO}" in done.stdout


def test_head_approves_what_harms_when_nobody_is_named(run: Run, api: FakeApi) -> None:
    order = ORDER | {"body": {"kind": "move_policy", "head_consents": True, "reason": "新办法"}}
    applied = PROPOSED | {"status": "applied", "status_label": "已生效", "cases": 3, "done": 1}
    api.says("GET", f"/v1/orders/{NO}", order)
    api.says("POST", f"/v1/orders/{NO}/approve", applied)
    done = run("order", "approve", NO, to=api)
    assert actor(api) == "ja-h1"
    assert "办件 3 件" in done.stdout
    assert f"casework order cases {NO}" in done.stdout


def test_outcomes_are_listed_case_by_case(run: Run, api: FakeApi) -> None:
    api.says("GET", f"/v1/orders/{NO}/cases", {"items": [MOVED], "next_cursor": None})
    done = run("order", "cases", NO, "--outcome", "refused", to=api)
    assert api.asked[-1].url.params["outcome"] == "refused"
    assert "CONSENT_PENDING" in done.stdout
    assert "未改用" in done.stdout
    shown = run("order", "cases", NO, "--json", to=api)
    assert json.loads(shown.stdout) == [MOVED]
