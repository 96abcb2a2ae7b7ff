"""``casework order|suspension|measure|calendar``: what is sent, who acts, what is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from casework.security.jose import unverified_claims
from tests.cli.conftest import FakeApi, Run

NO = "ZL-0000-0000-0001"
PREVIEW = {
    "cases": 2,
    "clocks": 3,
    "kinds": [{"kind": "supplement", "name": "补正期限", "moved": 2, "paused": 1, "resumed": 0}],
    "examples": [
        {
            "case_no": "310106-0000-0000-0000",
            "clock": "supplement",
            "name": "补正期限",
            "due_before": "2022-04-10",
            "due_after": None,
            "paused_before": False,
            "paused_after": True,
        }
    ],
}
PROPOSED = {
    "no": NO,
    "status": "proposed",
    "status_label": "待批准",
    "version": None,
    "moved": None,
    "roused": 0,
    "preview": PREVIEW,
}
APPLIED = PROPOSED | {"status": "applied", "status_label": "已生效", "moved": 3, "preview": None}
ORDER = {
    **{name: PROPOSED[name] for name in ("no", "status", "status_label", "moved")},
    "headline": "暂停申请人的期限：全区 310106，2022-04-01 起，未定解除日",
    "body": {"reason": "封控管理"},
    "district": "310106",
    "proposed_by": "ja-s1",
    "proposed_at": "2022-03-31T09:00:00+08:00",
    "decided_by": "",
    "decided_at": None,
    "decision_reason": "",
    "applied_at": None,
    "roused": None,
    "refusal": "",
}
SUSPENSION = {
    "id": NO,
    "scope": "district",
    "key": "310106",
    "first_on": "2022-04-01",
    "lifted_on": None,
    "reason": "封控管理",
    "basis": "区防控办通告",
    "clocks": "applicant",
    "channels": ["window"],
    "by": "sh-u1",
    "version": 1,
}
OPEN = (
    *("suspension", "open", "--scope", "district", "--key", "310106", "--from", "2022-04-01"),
    *("--reason", "封控管理", "--basis", "区防控办通告", "--channel", "window"),
)


def actor(api: FakeApi) -> str:
    token = api.asked[-1].headers["Authorization"].removeprefix("Bearer ")
    return str(unverified_claims(token)["sub"])


def sent(api: FakeApi) -> dict[str, Any]:
    return dict(json.loads(api.asked[-1].content))


def test_opening_is_proposed_by_the_districts_supervisor_with_its_preview(
    run: Run, api: FakeApi
) -> None:
    api.says("POST", "/v1/orders", PROPOSED, 201)

    done = run(*OPEN, "--idempotency-key", "k-1", to=api)

    assert done.exit_code == 0
    assert actor(api) == "ja-s1"
    assert sent(api) == {
        "kind": "open_suspension",
        "reach": {"scope": "district", "key": "310106"},
        "first_on": "2022-04-01",
        "lifted_on": None,
        "reason": "封控管理",
        "basis": "区防控办通告",
        "clocks": "applicant",
        "channels": ["window"],
        "outreach": "",
    }
    assert api.asked[-1].headers["Idempotency-Key"] == "k-1"
    assert "涉及办件 2 件、期限 3 项" in done.stdout
    assert "2022-04-10 周日" in done.stdout
    assert "暂停，待定" in done.stdout
    assert f"casework order approve {NO}" in done.stdout


def test_preview_alone_orders_nothing(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/orders/preview", PREVIEW)

    done = run(*OPEN, "--preview", "--json", to=api)

    assert json.loads(done.stdout) == PREVIEW
    assert [request.url.path for request in api.asked] == ["/v1/orders/preview"]
    assert "approve" not in json.loads(api.asked[0].content), "no body of an order but one has it"


def test_city_is_for_the_superior(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/orders", PROPOSED, 201)

    run(*OPEN, "--scope", "city", "--key", "310000", to=api)

    assert actor(api) == "sh-u1"


def test_change_leaves_what_is_not_said(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/suspensions", {"items": [SUSPENSION], "next_cursor": None})
    api.says("POST", "/v1/orders", PROPOSED, 201)

    done = run("suspension", "change", NO, "--to", "2022-06-01", "--reason", "延长", to=api)

    assert done.exit_code == 0
    assert sent(api) == {
        "kind": "change_suspension",
        "suspension": NO,
        "first_on": "2022-04-01",
        "lifted_on": "2022-06-01",
        "reason": "延长",
        "basis": "区防控办通告",
        "clocks": "applicant",
        "channels": ["window"],
    }


def test_lift_is_proposed_where_the_suspension_is(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/suspensions", {"items": [SUSPENSION], "next_cursor": None})
    api.says("POST", "/v1/orders", PROPOSED, 201)

    run("suspension", "lift", NO, "--on", "2022-06-01", "--reason", "解封", to=api)

    assert actor(api) == "ja-s1"
    assert sent(api)["lifted_on"] == "2022-06-01"


def test_unknown_suspension_is_refused_before_anything_is_sent(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/suspensions", {"items": [], "next_cursor": None})

    done = run("suspension", "lift", NO, "--on", "2022-06-01", "--reason", "解封", to=api)

    assert (done.exit_code, len(api.asked)) == (1, 1)


def test_lists_are_tables(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/suspensions", {"items": [SUSPENSION], "next_cursor": None})
    api.says("GET", "/v1/orders", {"items": [ORDER], "next_cursor": None})
    api.says("GET", f"/v1/orders/{NO}", ORDER)

    assert "2022-04-01 周五" in run("suspension", "list", to=api).stdout
    assert "待批准" in run("order", "list", to=api).stdout
    assert "ja-s1　2022-03-31 09:00" in run("order", "show", NO, to=api).stdout


def test_order_is_approved_by_somebody_else(run: Run, api: FakeApi) -> None:
    api.says("GET", f"/v1/orders/{NO}", ORDER)
    api.says("POST", f"/v1/orders/{NO}/approve", APPLIED)

    done = run("order", "approve", NO, "--reason", "属实", to=api)

    assert done.exit_code == 0
    assert actor(api) == "sh-u1"  # the district has no second supervisor
    assert sent(api) == {"reason": "属实"}
    assert f"指令 {NO}：已生效，重新计算期限 3 项" in done.stdout


def test_answer_that_takes_its_time_is_followed(run: Run, api: FakeApi) -> None:
    place = f"/v1/orders/{NO}/operations/k-1"
    later = {"Location": place, "Retry-After": "0"}
    api.says("POST", f"/v1/orders/{NO}/reject", {"status": "pending"}, 202, **later)
    api.says("GET", place, APPLIED | {"status_label": "已驳回", "moved": None})

    done = run("order", "reject", NO, "--reason", "依据不足", "--as", "sh-u1", to=api)

    assert done.stdout == f"指令 {NO}：已驳回\n"


def test_measure_is_started_and_ended(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/orders", PROPOSED, 201)

    run(
        *("measure", "start", "--effect", "PAPER_DEFERRED", "--district", "310106"),
        *("--item", "PTS_NEW", "--item", "PTS_REN", "--since", "2022-03-01"),
        *("--reason", "减少到场", "--reference", "公告"),
        to=api,
    )
    assert sent(api)["items"] == ["PTS_NEW", "PTS_REN"]
    assert sent(api)["until"] is None

    measure = "PAPER_DEFERRED.310106.20220301"
    run("measure", "end", measure, "--until", "2022-06-30", "--reason", "恢复", to=api)
    assert actor(api) == "ja-s1"
    assert sent(api)["measure"] == measure


@pytest.mark.parametrize(
    "arguments",
    [
        ["measure", "end", "PAPER.310106.20220301", "--reason", "恢复"],
        ["measure", "end", "PAPER", "--until", "2022-06-30", "--reason", "恢复"],
    ],
)
def test_wrong_usage_is_exit_code_2(run: Run, api: FakeApi, arguments: list[str]) -> None:
    done = run(*arguments, to=api)

    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)


@pytest.fixture
def notice(tmp_path: Path) -> Path:
    file = tmp_path / "放假安排.yaml"
    file.write_text(
        "year: 2027\nnotice: 国办发明电〔2026〕0号\nissued_on: 2026-11-20\n"
        "days_off: [2027-01-01]\nmake_up: [2027-01-09]\n",
        encoding="utf-8",
    )
    return file


def test_import_first_shows_what_would_move(run: Run, api: FakeApi, notice: Path) -> None:
    api.says("POST", "/v1/orders/preview", PREVIEW)

    done = run("calendar", "import", str(notice), to=api)

    assert done.exit_code == 0
    assert "涉及办件 2 件" in done.stdout
    assert sent(api)["year"] == {
        "year": 2027,
        "off": ["2027-01-01"],
        "make_up": ["2027-01-09"],
        "notice": "国办发明电〔2026〕0号（2026-11-20）",
    }


def test_import_is_applied_by_one_who_answers_for_all(run: Run, api: FakeApi, notice: Path) -> None:
    api.says("POST", "/v1/orders", APPLIED, 201)

    done = run("calendar", "import", str(notice), "--apply", to=api)

    assert (done.exit_code, actor(api), sent(api)["approve"]) == (0, "sh-u1", True)
    assert done.stdout == f"指令 {NO}：已生效\n"


def test_fault_of_a_notice_names_line_and_field(run: Run, api: FakeApi, notice: Path) -> None:
    text = notice.read_text(encoding="utf-8")
    notice.write_text(text.replace("2027-01-09", "2027-01-08"), encoding="utf-8")

    done = run("calendar", "import", str(notice), "--apply", to=api)

    assert (done.exit_code, api.asked) == (2, [])
    assert "第 5 行 make_up[0]" in done.stderr


def test_calendar_shows_what_is_not_as_the_week_has_it(run: Run, api: FakeApi) -> None:
    shown = {
        "year": 2027,
        "notice": "通知",
        "provisional": True,
        "off": ["2027-01-01"],
        "make_up": ["2027-01-09"],
        "working_days": 250,
    }
    api.says("GET", "/v1/calendar/2027", shown)

    done = run("calendar", "show", "2027", to=api)

    assert "2027-01-09 周六" in done.stdout
    assert "2027 年（暂定）：工作日 250 天；通知" in done.stdout
