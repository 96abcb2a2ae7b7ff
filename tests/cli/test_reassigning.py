"""``casework reassign``: what is asked, and what became of each case."""

import json

from tests.cli.conftest import FakeApi, Run

ITEM = {"case_no": "310106-0000-0000-0000", "kind": "application", "role": "officer", "code": ""}


def test_a_preview_asks_for_nothing_to_be_done(run: Run, api: FakeApi) -> None:
    item = ITEM | {"outcome": "listed", "reason": ""}
    api.says("POST", "/v1/reassignments", {"items": [item], "left": 3})
    done = run(
        "reassign", "--from", "ja-o1", "--to", "ja-o2", "--reason", "调离", "--preview",
        "--as", "ja-s1", to=api,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "待改派" in done.stdout
    assert "另有 3 件" in done.stderr
    assert json.loads(api.asked[0].content) == {
        "from": "ja-o1",
        "to": "ja-o2",
        "reason": "调离",
        "preview": True,
        "kinds": [],
    }


def test_the_reason_of_a_refusal_is_shown(run: Run, api: FakeApi) -> None:
    item = ITEM | {"outcome": "refused", "code": "FOUR_EYES", "reason": "收件人员不得接办"}
    api.says("POST", "/v1/reassignments", {"items": [item], "left": 0})
    done = run(
        "reassign", "--from", "ja-r1", "--to", "ja-o1", "--reason", "调离", "--as", "ja-s1",
        "--role", "reviewer", "--key", "k-1", to=api,
    )  # fmt: skip
    assert "收件人员不得接办" in done.stdout
    assert api.asked[0].headers["Idempotency-Key"] == "k-1"
    assert json.loads(api.asked[0].content)["role"] == "reviewer"
