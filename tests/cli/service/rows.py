"""What the API answers about talent service; all numbers are made up."""

from typing import Any

from tests.cli.conftest import FakeApi

TALENT = "500103-0000-0000-0001"
REQUEST = "500103-0000-0000-0002"
RATING = "500103-0000-0000-0003"
ROUND = "500103-0000-0000-0004"
PERMIT = "310106-0000-0000-0005"

CASE: dict[str, Any] = {
    "district": "500103",
    "stage_since": "2026-09-17T01:30:00Z",
    "card": "none",
    "holder": "cq-sp1",
    "green": False,
    "due_on": "2026-09-24",
    "reference": "",
    "debts": [],
    "tasks": [],
    "cards": [],
    "notices": [],
}
CYCLE = CASE | {
    "case_no": TALENT,
    "kind": "talent_cycle",
    "kind_label": "人才服务周期",
    "item": "TAL_CYC",
    "item_name": "人才服务周期",
    "stage": "active",
    "stage_label": "周期内",
    "cycle": "talent",
    "number": 1,
    "starts_on": "2026-03-02",
    "ends_on": "2029-03-02",
    "letter": "B",
    "score": None,
    "employer": "91310106MA1FY7XX05",
    "credential_kind": "code",
    "credential_code": f"{TALENT}-X",
    "credential_void_on": None,
    "status": "active",
    "status_label": "服务中",
    "served_until": None,
    "points": "",
    "renewed_on": None,
    "renewal_opens_on": None,
    "confirmed_on": None,
    "renewal_note": "",
}
PERMITTED = CYCLE | {
    "case_no": PERMIT,
    "kind": "permit_cycle",
    "kind_label": "居住证周期",
    "district": "310106",
    "letter": "",
    "employer": "",
    "credential_kind": "",
    "credential_code": "",
    "points": "valid",
    "renewal_note": "积分续办（PTS_REN）自 2027-03-19 起可以申请",
}
TASK: dict[str, Any] = {
    "task": "accept#1",
    "kind": "accept",
    "about": "",
    "role": "specialist",
    "holder": "cq-sp1",
    "backup": "cq-sp2",
    "opened_at": "2026-09-17T01:30:00Z",
    "due_on": "2026-09-24",
    "closed_at": None,
}
ASKED = CASE | {
    "case_no": REQUEST,
    "kind": "request",
    "kind_label": "服务申请",
    "item": "SVC_SCHOOL",
    "item_name": "子女入学",
    "stage": "intake",
    "stage_label": "待服务专员受理",
    "talent": TALENT,
    "letter": "B",
    "mode": "online",
    "mode_label": "线上",
    "need": "孩子九月入读小学",
    "level": "municipal",
    "level_label": "市级部门",
    "body": "",
    "result": "",
    "transferred_to": "",
    "tasks": [TASK],
}
RATED = CASE | {
    "case_no": RATING,
    "kind": "rating",
    "kind_label": "服务评价",
    "item": "RATING",
    "item_name": "服务评价",
    "stage": "rating_follow_up",
    "stage_label": "差评待回访",
    "rated": REQUEST,
    "grade": 2,
    "grade_label": "不满意",
    "named": True,
    "comment": "等候时间过长",
    "complex": False,
    "contacted_at": "2026-09-18T02:00:00Z",
    "justified": True,
    "settlement": "fixed",
    "satisfied": None,
    "struck": False,
}
VISIT: dict[str, Any] = {
    "request": REQUEST,
    "talent": TALENT,
    "means": "phone",
    "reached": True,
    "opinion": "办理及时",
    "recorded_at": "2026-12-01T02:00:00Z",
    "recorded_by": "yz-sp1",
}
VISITING = CASE | {
    "case_no": ROUND,
    "kind": "visits",
    "kind_label": "抽样回访",
    "item": "VISITS",
    "item_name": "抽样回访",
    "reference": "2026Q4",
    "stage": "round_visiting",
    "stage_label": "回访中",
    "outstanding": 1,
    "visits": [
        VISIT,
        VISIT
        | {"request": TALENT, "means": "", "reached": None, "opinion": "", "recorded_at": None},
    ],
}
DONE = {"seq": 2, "stage": "", "stage_label": "已受理", "at": "2026-09-17T01:30:00Z"}
EVENT = {"seq": 1, "at": "2026-09-17T01:30:00Z", "title": "开始", "actor": "backend", "reason": ""}
CLOCK = {
    "clock": "request_notice",
    "name": "服务申请受理期限",
    "started_on": "2026-09-17",
    "due_on": "2026-09-24",
    "provisional": False,
    "paused": False,
    "ended_on": None,
}


NOBODY_TOLD: dict[str, Any] = {"parties": [], "notices": []}


def shown(api: FakeApi, path: str, case: dict[str, Any]) -> FakeApi:
    """The API knows this case at ``/v1/<path>/``, its clocks and what has happened to it."""
    number = case["case_no"]
    api.says("GET", f"/v1/{path}/{number}", {**NOBODY_TOLD, **case})
    api.says("GET", f"/v1/cases/{number}/clocks", {"items": [CLOCK]})
    api.says("GET", f"/v1/cases/{number}/materials", {"items": [], "faults": None})
    api.says("GET", f"/v1/cases/{number}/letters", {"items": []})
    return api.says("GET", f"/v1/cases/{number}/timeline", {"items": [EVENT]})
