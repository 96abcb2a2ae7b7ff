"""``casework outreach``: what is sent, who acts, what is told."""

import json

from casework.security.jose import unverified_claims
from tests.cli.conftest import FakeApi, Run

ABOUT = "PAPER_NO_LIMIT.310106.20220301"
ID = f"{ABOUT}-0000"
CASE = "310106-0000-0000-0000"
OUTREACH = {
    "id": ID,
    "kind": "measure",
    "kind_label": "临时措施",
    "about": ABOUT,
    "text": "窗口交件不限时",
    "started_by": "ja-s1",
    "started_at": "2022-03-02T09:00:00+08:00",
    "last_round_at": "2022-03-03T09:00:00+08:00",
    "ended_at": None,
    "progress": {
        "listed": 12,
        "reached": 7,
        "settled": 5,
        "filed": 4,
        "escalated": 1,
        "closed": 0,
        "shared": 3,
    },
}
CONTACT = {
    "case_no": CASE,
    "district": "310106",
    "outreach": ID,
    "about": "窗口交件不限时",
    "state": "reached",
    "state_label": "告知到",
    "through": "",
    "attempts": 2,
    "last_attempt_on": "2022-03-03",
    "listed_at": "2022-03-02T09:00:00+08:00",
    "reached_at": "2022-03-03T10:00:00+08:00",
    "settled_at": None,
    "filed_at": None,
    "escalated_at": None,
}


def contacts(api: FakeApi) -> FakeApi:
    page = {"items": [CONTACT], "next_cursor": None}
    return api.says("GET", f"/v1/outreaches/{ID}/contacts", page)


def speaker(api: FakeApi) -> str:
    token = api.asked[-1].headers["Authorization"].removeprefix("Bearer ")
    return str(unverified_claims(token)["sub"])


def test_start_speaks_as_the_supervisor_of_the_district(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/outreaches", OUTREACH, 201)
    result = run("outreach", "start", ABOUT, "--text", "窗口交件不限时", to=api)
    assert result.exit_code == 0, result.output
    sent = json.loads(api.asked[-1].content)
    assert sent == {"kind": "measure", "about": ABOUT, "text": "窗口交件不限时"}
    assert speaker(api) == "ja-s1"
    assert ID in result.output


def test_start_for_a_suspension_speaks_as_the_superior(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/outreaches", OUTREACH, 201)
    run("outreach", "start", "ZL-1", "--kind", "suspension", "--text", "暂停", to=api)
    assert speaker(api) == "sh-u1"


def test_start_that_is_taken_on_is_asked_after(run: Run, api: FakeApi) -> None:
    place = f"/v1/outreaches/{ID}/operation"
    api.says("POST", "/v1/outreaches", {"status": "pending"}, 202, Location=place)
    api.says("GET", place, OUTREACH)
    result = run("outreach", "start", ABOUT, "--text", "窗口交件不限时", to=api)
    assert ID in result.output


def test_what_is_no_measure_is_said_before_anything_is_sent(run: Run, api: FakeApi) -> None:
    result = run("outreach", "start", "nonsense", "--text", "甲", to=api)
    assert result.exit_code == 2
    assert "MEASURE_UNKNOWN" in result.output
    assert not api.asked


def test_show_tells_counts_and_persons(run: Run, api: FakeApi) -> None:
    contacts(api).says("GET", f"/v1/outreaches/{ID}", OUTREACH)
    result = run("outreach", "show", ID, "--state", "reached", to=api)
    assert result.exit_code == 0, result.output
    assert "12" in result.output
    assert "告知到" in result.output
    assert CASE in result.output
    assert api.asked[-1].url.params["state"] == "reached"


def test_show_as_json_has_both(run: Run, api: FakeApi) -> None:
    contacts(api).says("GET", f"/v1/outreaches/{ID}", OUTREACH)
    shown = json.loads(run("outreach", "show", ID, "--json", to=api).output)
    assert shown["progress"]["listed"] == 12
    assert shown["contacts"] == [CONTACT]


def test_list_tells_all(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/outreaches", {"items": [OUTREACH], "next_cursor": None})
    assert ID in run("outreach", "list", to=api).output
    assert json.loads(run("outreach", "list", "--json", to=api).output) == [OUTREACH]


def test_call_is_recorded_like_any_other_verb(run: Run, api: FakeApi) -> None:
    done = {"case_no": CASE, "stage_label": "预审", "at": "2022-03-03T10:00:00+08:00"}
    api.says("POST", f"/v1/applications/{CASE}/record-attempt", done)
    result = run(
        *("do", "record-attempt", CASE, "--outreach", ID, "--reached", "--as", "ja-o1"), to=api
    )
    assert result.exit_code == 0, result.output
    assert json.loads(api.asked[-1].content) == {"outreach": ID, "reached": True}
