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
