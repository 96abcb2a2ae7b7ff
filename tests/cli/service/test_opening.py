"""What opens a case of talent service: files, ratings, rounds, absences."""

import json
from pathlib import Path
from typing import Any

import pytest

from casework.security.jose import unverified_claims
from tests.cli.conftest import FakeApi, Run
from tests.cli.service import rows


def sent(api: FakeApi) -> dict[str, Any]:
    return dict(json.loads(api.asked[-1].content))


def actor(api: FakeApi) -> str:
    token = api.asked[-1].headers["Authorization"].removeprefix("Bearer ")
    return str(unverified_claims(token)["sub"])


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (["talent", "recognise"], "/v1/talents"),
        (["permit", "register"], "/v1/permits"),
        (["request", "file"], "/v1/requests"),
    ],
)
def test_files_are_sent_where_they_open_something(
    run: Run, api: FakeApi, tmp_path: Path, arguments: list[str], path: str
) -> None:
    number = rows.REQUEST
    file = tmp_path / "a.yaml"
    file.write_text("{district: '500103', starts_on: 2026-03-02}", encoding="utf-8")
    api.says("POST", path, rows.DONE | {"case_no": number}, 201)
    api.says("POST", path, rows.DONE | {"case_no": number}, 200)

    first, again = (run(*arguments, str(file), to=api) for _ in range(2))

    assert sent(api) == {"district": "500103", "starts_on": "2026-03-02"}
    assert f"{number}（已收件）" in first.stdout
    assert f"{number}（先前已收件）" in again.stdout


def test_who_asks_may_be_named_beside_the_file(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/requests", rows.DONE | {"case_no": rows.REQUEST}, 201)

    done = run("request", "file", "-", "--talent", rows.TALENT, to=api, stdin="service: SVC_SCHOOL")

    assert done.exit_code == 0
    assert sent(api) == {"service": "SVC_SCHOOL", "talent": rows.TALENT}


def test_a_refusal_is_exit_code_1(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/requests", {"detail": "服务已终止", "code": "NOT_SERVED"}, 409)

    done = run("request", "file", "-", to=api, stdin="{}")

    assert (done.exit_code, done.stderr) == (1, "-: 服务已终止 (NOT_SERVED)\n")


def test_a_rating_is_given_once(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/ratings", rows.DONE | {"case_no": rows.RATING}, 201)

    done = run("rating", "give", rows.REQUEST, "--grade", "2", "--anonymous", to=api)

    assert sent(api) == {"case_no": rows.REQUEST, "grade": 2, "named": False, "comment": ""}
    assert rows.RATING in done.stdout
    assert run("rating", "give", rows.REQUEST, "--grade", "6", to=api).exit_code == 2


def test_ratings_are_counted(run: Run, api: FakeApi) -> None:
    counted = {
        "grades": [{"grade": 5, "label": "非常满意", "count": 7}],
        "struck": 1,
        "poor": 2,
        "settled": 2,
        "settled_in_time": 1,
    }
    api.says("GET", "/v1/ratings", counted)

    done = run("rating", "summary", "--from", "2026-07-01", "--before", "2026-10-01", to=api)

    assert dict(api.asked[0].url.params) == {"from": "2026-07-01", "before": "2026-10-01"}
    assert "5 非常满意" in done.stdout
    assert "其中按期" in done.stdout


def test_a_round_begins_once_and_a_slow_answer_is_followed(run: Run, api: FakeApi) -> None:
    place = f"/v1/operations/{rows.ROUND}/submit-0"
    later = {"Location": f"{place}?kind=visits", "Retry-After": "0"}
    api.says("POST", "/v1/rounds", {}, 202, **later)
    api.says("POST", "/v1/rounds", rows.DONE | {"case_no": rows.ROUND}, 200)
    api.says("GET", place, rows.DONE | {"case_no": rows.ROUND})

    first = run("round", "begin", "500103", "2026Q4", to=api)
    assert api.asked[-1].url.params["kind"] == "visits"
    again = run("round", "begin", "500103", "2026Q4", to=api)

    assert sent(api) == {"district": "500103", "quarter": "2026Q4"}
    assert f"{rows.ROUND}（已开始）" in first.stdout
    assert f"{rows.ROUND}（先前已开始）" in again.stdout


ABSENCE = {
    "id": "yz-sp1-20260917-0a1b2c3d",
    "officer": "yz-sp1",
    "first_on": "2026-09-17",
    "last_on": "2026-09-21",
    "reason": "年休假",
    "recorded_by": "yz-sp1",
    "recorded_at": "2026-09-16T02:00:00Z",
    "ended_on": None,
}
AWAY = ("--from", "2026-09-17", "--to", "2026-09-21", "--reason", "年休假")


def test_officers_record_their_own_absence_unless_somebody_is_named(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/absences", ABSENCE, 201)

    done = run("absence", "record", "yz-sp1", *AWAY, to=api)

    assert "已登记" in done.stdout
    assert actor(api) == "yz-sp1"
    assert sent(api) == {
        "officer": "yz-sp1",
        "first_on": "2026-09-17",
        "last_on": "2026-09-21",
        "reason": "年休假",
    }
    run("absence", "record", "yz-sp1", *AWAY, "--as", "yz-sv1", to=api)
    assert actor(api) == "yz-sv1"
    assert run("absence", "record", "nobody", *AWAY, to=api).exit_code == 2


def test_an_absence_that_is_not_in_the_register_yet_is_not_lost(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/absences", {"status": "pending", "id": ABSENCE["id"]}, 202)

    assert "不会丢失" in run("absence", "record", "yz-sp1", *AWAY, to=api).stdout


def test_absences_are_listed_and_ended_by_the_officer(run: Run, api: FakeApi) -> None:
    place = f"/v1/absences/{ABSENCE['id']}"
    api.says("GET", "/v1/absences", {"items": [ABSENCE], "next_cursor": None})
    api.says("GET", place, ABSENCE)
    api.says("POST", f"{place}/end", ABSENCE | {"ended_on": "2026-09-19"})

    listed = run("absence", "list", "--on", "2026-09-18", to=api)
    ended = run("absence", "end", str(ABSENCE["id"]), "--on", "2026-09-19", to=api)

    assert dict(api.asked[0].url.params) == {"on": "2026-09-18"}
    assert "年休假" in listed.stdout
    assert (actor(api), sent(api)) == ("yz-sp1", {"ended_on": "2026-09-19"})
    assert "已返岗" in ended.stdout
