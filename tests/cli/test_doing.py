"""``casework do``: who acts, what is sent, what is told."""

import json
from pathlib import Path

import pytest

from casework.security.jose import unverified_claims
from tests.cli.conftest import FakeApi, Run

NO = "310106-0000-0000-0000"
CASE = {
    "case_no": NO,
    "district": "310106",
    "tasks": [
        {"kind": "deliver", "role": "officer", "holder": "ja-o1", "closed_at": "2026-09-17T09:00Z"},
        {"kind": "check_material", "role": "officer", "holder": "ja-o1", "closed_at": None},
        {"kind": "consent_green", "role": "supervisor", "holder": "ja-s1", "closed_at": None},
        {"kind": "review", "role": "reviewer", "holder": "ja-r2", "closed_at": None},
    ],
}
DONE = {
    "case_no": NO,
    "seq": 4,
    "stage": "ready",
    "stage_label": "待受理",
    "at": "2026-09-17T01:30:00+00:00",
}


@pytest.fixture
def case(api: FakeApi) -> FakeApi:
    return api.says("GET", f"/v1/applications/{NO}", CASE)


def actor_of(api: FakeApi) -> dict[str, str]:
    token = api.asked[-1].headers["Authorization"].removeprefix("Bearer ")
    return unverified_claims(token)


@pytest.mark.parametrize(
    ("arguments", "actor"),
    [
        (["review"], "ja-r2"),  # holds the task of that kind
        (["consent-green", "--granted"], "ja-s1"),  # as well, though an officer could
        (["accept"], "ja-o1"),  # holds another task, and may
        (
            ["extend", "--working-days", "10", "--reason", "外调"],
            "ja-h1",
        ),  # the post of the district
        (["superior-decision", "--outcome", "approved"], "sh-u1"),
    ],
)
def test_the_right_officer_of_the_case_acts(
    run: Run, case: FakeApi, arguments: list[str], actor: str
) -> None:
    verb, *options = arguments
    case.says("POST", f"/v1/applications/{NO}/{verb}", DONE)

    done = run("do", verb, NO, *options, to=case)

    assert done.exit_code == 0
    assert actor_of(case)["sub"] == actor
    assert actor in done.stderr
    assert "现处于“待受理”（2026-09-17 09:30）" in done.stdout


def test_somebody_else_may_be_named(run: Run, api: FakeApi) -> None:
    api.says("POST", f"/v1/applications/{NO}/accept", DONE)

    done = run("do", "accept", NO, "--as", "ja-o2", "--idempotency-key", "k-1", to=api)

    assert done.exit_code == 0
    assert (actor_of(api)["sub"], actor_of(api)["district"]) == ("ja-o2", "310106")
    assert api.asked[-1].headers["Idempotency-Key"] == "k-1"
    assert len(api.asked) == 1  # the case need not be read, so the register may be away


def test_a_given_token_is_used_as_it_is(run: Run, api: FakeApi) -> None:
    api.says("POST", f"/v1/applications/{NO}/accept", DONE)

    run("do", "accept", NO, "--token", "abc", to=api)

    assert api.asked[-1].headers["Authorization"] == "Bearer abc"


def test_options_become_the_body(run: Run, case: FakeApi) -> None:
    case.says("POST", f"/v1/applications/{NO}/pre-review", DONE)

    run("do", "pre-review", NO, "--outcome", "faulty", "--fault", "A:diploma:不清晰", to=case)

    assert json.loads(case.asked[-1].content) == {
        "outcome": "faulty",
        "faults": [{"code": "A", "about": "diploma", "text": "不清晰"}],
    }


def test_a_file_is_uploaded_by_the_one_who_acts(run: Run, case: FakeApi, tmp_path: Path) -> None:
    file = tmp_path / "diploma.pdf"
    file.write_bytes(b"%PDF-1.4 made up")
    case.says("POST", "/v1/materials", {"sha256": "ab" * 32}, 201)
    case.says("POST", f"/v1/applications/{NO}/supplement", DONE)

    done = run("do", "supplement", NO, "--material", f"diploma={file}", to=case)

    assert done.exit_code == 0
    _, upload, sent = case.asked
    assert b"%PDF-1.4 made up" in upload.content
    assert b"diploma.pdf" not in upload.content  # a file name may name a person
    assert json.loads(sent.content)["materials"] == [
        {"code": "diploma", "form": "electronic", "sha256": "ab" * 32}
    ]


def test_an_answer_that_takes_its_time_is_followed(run: Run, case: FakeApi) -> None:
    place = f"/v1/operations/{NO}/k-1"
    later = {"Location": place, "Retry-After": "0"}
    case.says("POST", f"/v1/applications/{NO}/accept", {"status": "pending"}, 202, **later)
    case.says("GET", place, {"status": "pending"}, 202, **later)
    case.says("GET", place, DONE)

    done = run("do", "accept", NO, "--json", to=case)

    assert json.loads(done.stdout) == DONE
    assert "不会重复办理" in done.stderr
    assert [request.url.path for request in case.asked[2:]] == [place, place]


def test_a_refusal_is_told_with_code_and_fields(run: Run, case: FakeApi) -> None:
    problem = {
        "detail": "请填写不同意的理由",
        "code": "FIELD_REQUIRED",
        "errors": [{"field": "reason", "detail": "请填写"}],
    }
    case.says("POST", f"/v1/applications/{NO}/consent-green", problem, 422)

    done = run("do", "consent-green", NO, "--no-granted", to=case)

    assert done.exit_code == 1
    assert done.stderr.endswith("请填写不同意的理由 (FIELD_REQUIRED)\n  reason: 请填写\n")
    assert done.stdout == ""


def test_a_fault_that_repeats_the_refusal_is_told_once(run: Run, case: FakeApi) -> None:
    errors = [{"field": "check", "detail": "本件不需要“核档”"}]
    problem = {"detail": "本件不需要“核档”", "code": "CHECK_NOT_REQUIRED", "errors": errors}
    case.says("POST", f"/v1/applications/{NO}/record-check", problem, 422)

    done = run("do", "record-check", NO, "--check", "archive", "--passed", to=case)

    assert done.stderr.splitlines()[1:] == ["本件不需要“核档” (CHECK_NOT_REQUIRED)"]


@pytest.mark.parametrize(("status", "code"), [(401, 2), (403, 1), (404, 1), (409, 1), (503, 2)])
def test_the_exit_code_says_whose_turn_it_is(
    run: Run, api: FakeApi, status: int, code: int
) -> None:
    api.says("POST", f"/v1/applications/{NO}/accept", {"detail": "不行", "code": "NO"}, status)

    assert run("do", "accept", NO, "--as", "ja-o1", to=api).exit_code == code


CLOCK = {"clock": "pre_review", "name": "预审", "ended_on": None, "due_on": "2026-09-21"}
TRIED = {
    "dry_run": True,
    "case_no": NO,
    "seq": 3,
    "refused": "",
    "reason": "",
    "before": {"stage_label": "预审", "clocks": [CLOCK]},
    "after": {
        "stage_label": "待受理",
        "clocks": [CLOCK | {"ended_on": "2026-09-17"}],
        "tasks": [],
    },
    "events": [
        {
            "seq": 4,
            "at": "2026-09-17T01:30:00Z",
            "title": "预审通过",
            "actor": "ja-o1",
            "reason": "",
        }
    ],
    "letters": [
        {
            "recipient": "applicant",
            "channel": "sms",
            "goes_at": "2026-09-17T01:30:00Z",
            "subject": "预审通过：积分新办",
            "text": "您的申请已通过预审。",
            "problem": "",
            "seq": 4,
            "draft": "JVBERg==",
        },
        {
            "recipient": "agent",
            "channel": "mail",
            "goes_at": "2026-09-17T01:30:00Z",
            "subject": "",
            "text": "",
            "problem": "text: pre_review_passed: missing due_on",
            "seq": 4,
            "draft": "",
        },
    ],
}


def test_a_trial_is_shown_and_uses_no_key(run: Run, case: FakeApi) -> None:
    case.says("POST", f"/v1/applications/{NO}/pre-review", TRIED)

    done = run(
        *("do", "pre-review", NO, "--outcome", "passed", "--seen", "3", "--dry-run"),
        *("--idempotency-key", "k-1"),
        to=case,
    )

    assert done.exit_code == 0
    sent = case.asked[-1]
    assert (sent.url.query, sent.headers["If-Match"]) == (b"dry_run=true", '"3"')
    assert "Idempotency-Key" not in sent.headers
    for word in (
        "未登记、未发送",
        "预审 → 待受理",
        "预审通过",
        "2026-09-21",
        "已于 2026-09-17 结束",
        "您的申请已通过预审。",
        "申请人（短信）",
        "代办人（邮件）",
        "此文书无法生成",
    ):
        assert word in done.stdout
    raw = run("do", "pre-review", NO, "--outcome", "passed", "--dry-run", "--json", to=case)
    assert json.loads(raw.stdout) == TRIED


def test_drafts_of_the_letters_are_written(run: Run, case: FakeApi, tmp_path: Path) -> None:
    case.says("POST", f"/v1/applications/{NO}/pre-review", TRIED)
    folder = tmp_path / "drafts"

    done = run("do", "pre-review", NO, "--outcome", "passed", "--drafts", str(folder), to=case)

    assert done.exit_code == 0, done.output
    assert case.asked[-1].url.query == b"dry_run=true&drafts=true"
    assert (folder / f"{NO}-4-draft.pdf").read_bytes() == b"%PDF"


def test_what_has_happened_since_is_told(run: Run, case: FakeApi) -> None:
    problem = {"detail": "本件已有变化", "code": "CASE_MOVED_ON", "events": TRIED["events"]}
    case.says("POST", f"/v1/applications/{NO}/accept", problem, 412)

    done = run("do", "accept", NO, "--seen", "3", to=case)

    assert done.exit_code == 1
    assert "4 预审通过（ja-o1）" in done.stderr


def test_an_unknown_officer_is_usage(run: Run, api: FakeApi) -> None:
    done = run("do", "accept", NO, "--as", "nobody", to=api)

    assert done.exit_code == 2
    assert "casework token" in done.stderr


def test_without_an_api_the_line_says_what_to_do(run: Run) -> None:
    done = run("do", "accept", NO, "--as", "ja-o1", "--api", "http://127.0.0.1:1")

    assert done.exit_code == 2
    assert "casework up" in done.stderr
    assert len(done.stderr.splitlines()) == 1
