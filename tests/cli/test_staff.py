"""``casework staff``: what is asked, who acts, what is told."""

import json
from pathlib import Path

from casework.security.jose import unverified_claims
from tests.cli.conftest import FakeApi, Run

PREVIEW = {
    "begin": 1,
    "end": 1,
    "cases": 2,
    "tasks": 3,
    "handed_on": 3,
    "work": [
        {
            "person": "ja-o2",
            "role": "officer",
            "role_label": "经办人员",
            "stage": "pre_review",
            "stage_label": "预审",
            "tasks": 3,
        }
    ],
    "examples": ["310106-0000-0000-0000"],
    "remarks": ["ja-o3 的工作时间占比合计 150%"],
}
PROPOSED = {
    "no": "ZL-0000-0000-0001",
    "status": "proposed",
    "status_label": "待批准",
    "moved": None,
    "preview": PREVIEW,
}
POST = {
    "id": "ZL-0000-0000-0001.1",
    "person": "ja-o3",
    "role_label": "经办人员",
    "city": "310000",
    "district": "310106",
    "team": "window-1",
    "rank": 3,
    "share": 50,
    "since": "2027-01-04",
    "until": None,
}


def actor(api: FakeApi) -> str:
    token = api.asked[-1].headers["Authorization"].removeprefix("Bearer ")
    return str(unverified_claims(token)["sub"])


def test_a_change_is_proposed_by_the_supervisor_with_its_preview(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/orders", PROPOSED, 201)
    place = ("--district", "310106", "--reason", "轮换")
    joins = ("--add", "ja-o3", "--role", "officer", "--from", "2027-01-04", "--rank", "3")
    done = run(
        "staff", "propose", *joins, "--leave", "ja-o2", "--last-on", "2026-12-31", *place, to=api
    )
    assert done.exit_code == 0, done.stderr
    body = json.loads(api.asked[-1].content)
    assert (body["kind"], body["city"], body["district"]) == ("change_staff", "310000", "310106")
    assert body["leave"] == [{"person": "ja-o2", "last_on": "2026-12-31"}]
    (post,) = body["posts"]
    assert (post["person"], post["rank"], post["until"]) == ("ja-o3", 3, None)
    assert actor(api) == "ja-s1"
    for told in (
        "涉及办件 2 件、待办 3 项",
        "离岗后自动转交 3 项",
        "150%",
        "casework order approve",
    ):
        assert told in done.stdout


def test_a_city_is_for_its_own_superior(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/orders/preview", PREVIEW)
    leaves = ("--leave", "hh-u2", "--last-on", "2026-12-31", "--reason", "离岗", "--preview")
    assert run("staff", "propose", "--city", "150100", *leaves, to=api).exit_code == 0
    assert actor(api) == "hh-u1"
    assert run("staff", "propose", *leaves, to=api).exit_code == 1


def test_a_file_is_sent_as_it_is(run: Run, api: FakeApi, tmp_path: Path) -> None:
    file = tmp_path / "people.yaml"
    file.write_text("posts: []\n")
    api.says("POST", "/v1/staff/imports", PREVIEW)
    asked = ("--district", "310106", "--reason", "年度轮换", "--preview")
    done = run("staff", "import", str(file), *asked, to=api)
    assert done.exit_code == 0, done.stderr
    url = api.asked[-1].url
    assert dict(url.params) == {
        "city": "310000",
        "district": "310106",
        "reason": "年度轮换",
        "preview": "true",
    }
    assert b"posts: []" in api.asked[-1].content


def test_posts_are_listed_and_a_person_is_shown(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/staff", {"items": [POST], "next_cursor": None})
    listed = run("staff", "list", "--district", "310106", to=api)
    assert "ja-o3" in listed.stdout
    person = {"person": "ja-o3", "posts": [POST], "work": PREVIEW["work"], "alerts": "mail"}
    api.says("GET", "/v1/staff/ja-o3", person)
    shown = run("staff", "show", "ja-o3", to=api)
    assert "督办提醒：邮件" in shown.stdout
    assert "预审" in shown.stdout
