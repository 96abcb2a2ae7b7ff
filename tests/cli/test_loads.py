"""``casework loads``: people and teams in words that clerks use."""

from tests.cli.conftest import FakeApi, Run

COUNTS = {"open_tasks": 7, "due_soon": 3, "overdue": 2, "to_come": 1, "weight": 9, "load": 18.0}
PERSON = COUNTS | {
    "holder": "ja-o1",
    "role_labels": ["经办人员"],
    "teams": ["积分组"],
    "share": 50,
    "absent": True,
}
TEAM = COUNTS | {"team": "积分组", "people": 4, "absent": 1, "share": 350, "unclaimed": 5}
ANSWER = {"items": [PERSON], "next_cursor": None, "teams": [TEAM]}


def test_people_are_shown_with_what_they_have(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/loads", ANSWER)
    asked = ("--district", "310106", "--role", "officer")
    done = run("loads", *asked, "--as", "ja-s1", to=api)
    assert done.exit_code == 0, done.output
    for word in ("ja-o1", "经办人员", "50%", "18.0", "缺岗"):
        assert word in done.stdout
    assert dict(api.asked[0].url.params) == {"district": "310106", "role": "officer"}


def test_teams_are_shown_instead(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/loads", ANSWER)
    done = run("loads", "--teams", "--as", "ja-s1", to=api)
    assert "无人认领" in done.stdout
    assert "积分组" in done.stdout
    assert "ja-o1" not in done.stdout


def test_what_if_shows_now_and_then(run: Run, api: FakeApi) -> None:
    row = {
        "holder": "ja-o2",
        "away": False,
        "share": 50,
        "open_tasks": 7,
        "open_then": 9,
        "taken_over": 2,
        "due": 3,
        "due_then": 3,
        "weight": 9,
        "weight_then": 17,
        "load": 18.0,
        "load_then": 34.0,
    }
    api.says("GET", "/v1/loads/what-if", {"people": [row], "unattended": 4})
    asked = ("--away", "ja-o1", "--away", "ja-o3", "--from", "2027-01-04", "--to", "2027-01-15")
    done = run("what-if", *asked, "--as", "ja-s1", to=api)
    assert done.exit_code == 0, done.output
    for word in ("ja-o2", "7 → 9", "18 → 34", "无人代办的待办 4 项"):
        assert word in done.stdout
    assert api.asked[0].url.params.get_list("away") == ["ja-o1", "ja-o3"]
