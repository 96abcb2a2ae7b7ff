"""What the register says, as tables and as JSON."""

import json
import re
from dataclasses import fields
from typing import Any

import pytest

from casework.domain.case.kind import Kind
from casework.domain.kinds.registry import KINDS
from tests.cli.conftest import FakeApi, Run
from tests.cli.test_letters import ROW as LETTER
from tests.cli.test_materials import LIST

NO = "310106-0000-0000-0000"
CASE: dict[str, Any] = {
    "case_no": NO,
    "kind": "application",
    "kind_label": "办件",
    "district": "310106",
    "item": "PTS_NEW",
    "item_name": "居住证积分新办",
    "stage": "review",
    "stage_label": "审核",
    "stage_since": "2026-09-17T01:30:00Z",
    "card": "yellow",
    "holder": "ja-r1",
    "green": True,
    "due_on": "2026-10-21",
}
TASK: dict[str, Any] = {
    "task": "review#1",
    "kind": "review",
    "kind_label": "审核",
    "about": "",
    "role": "reviewer",
    "holder": "ja-r1",
    "backup": "ja-r2",
    "opened_at": "2026-09-17T01:30:00Z",
    "due_on": "2026-10-09",
    **{
        name: CASE[name]
        for name in ("case_no", "item", "item_name", "stage_label", "card", "green")
    },
}
WHOLE = {
    **CASE,
    "parties": [
        {
            "role": "applicant",
            "name": "张*",
            "id_number": "3101**********1230",
            "email": "z***@example.com",
            "phone": "138****0000",
        }
    ],
    "notices": [
        {
            "key": f"{NO}:1:applicant:mail",
            "template": "accepted",
            "recipient": "employer",
            "channel": "mail",
            "status": "refused",
            "problem": "smtp_550",
            "queued_at": "2026-09-17T01:30:00Z",
            "at": None,
        }
    ],
    "debts": [
        {
            "material": "sealed_copies",
            "name": "加盖单位公章的材料复印件",
            "status": "outstanding",
            "promised_on": "2026-09-17",
            "received_on": None,
            "reason": "单位公章暂时无法使用",
        }
    ],
    "tasks": [TASK],
    "cards": [
        {
            "clock": "decide",
            "rung": "yellow",
            "holder": "ja-r1",
            "given_at": "2026-10-20T01:00:00Z",
            "cleared_at": None,
            "reason": "",
        }
    ],
}
CLOCK = {
    "clock": "decide",
    "name": "办理期限",
    "started_on": "2026-09-17",
    "due_on": "2026-10-21",
    "provisional": False,
    "paused": False,
    "ended_on": None,
}
EVENT = {
    "seq": 1,
    "at": "2026-09-17T01:30:00Z",
    "title": "收件",
    "actor": "backend",
    "reason": "",
}


def page(*items: Any, cursor: str | None = None) -> dict[str, Any]:
    return {"items": list(items), "next_cursor": cursor}


def test_cases_are_listed_with_stage_card_holder_and_due_date(run: Run, api: FakeApi) -> None:
    done = run("cases", to=api.says("GET", "/v1/applications", page(CASE)))

    for text in (
        NO,
        "PTS_NEW 居住证积分新办",
        "审核（绿色通道）",
        "黄牌",
        "ja-r1",
        "2026-10-21 周三",
    ):
        assert text in done.stdout


def test_filters_are_sent_and_empty_ones_are_not(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/applications", page())

    done = run("cases", "--stage", "review", "--district", "310106", "--no-green", to=api)

    assert dict(api.asked[0].url.params) == {
        "stage": "review",
        "district": "310106",
        "green": "false",
    }
    assert done.stdout == "没有办件\n"


def test_pages_are_read_as_far_as_wanted(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/applications", page(CASE, CASE, cursor="c1"))
    api.says("GET", "/v1/applications", page(CASE, CASE, cursor="c2"))
    api.says("GET", "/v1/applications", page(CASE))

    done = run("cases", "--limit", "3", "--json", to=api)

    assert len(json.loads(done.stdout)) == 3
    assert "只列出前 3 项，还有 2 项" in done.stderr
    assert [request.url.params.get("cursor") for request in api.asked] == [None, "c1", "c2"]


def test_tasks_of_an_officer(run: Run, api: FakeApi) -> None:
    done = run("tasks", "--holder", "ja-r1", to=api.says("GET", "/v1/tasks", page(TASK)))

    assert dict(api.asked[0].url.params) == {"holder": "ja-r1"}
    for text in ("2026-10-09 周五", "审核", NO, "ja-r1", "ja-r2"):
        assert text in done.stdout


def test_an_officer_without_a_filter_sees_their_own_tasks(run: Run, api: FakeApi) -> None:
    run("tasks", "--as", "ja-r1", to=api.says("GET", "/v1/tasks", page(TASK)))

    assert [dict(request.url.params) for request in api.asked] == [{}]


def test_nobody_in_particular_sees_everybodys_tasks_by_due_date(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/tasks", page({**TASK, "task": "b", "due_on": None}))
    api.says("GET", "/v1/tasks", page({**TASK, "task": "c", "due_on": "2026-10-10"}))
    api.says("GET", "/v1/tasks", page(TASK))
    api.says("GET", "/v1/tasks", page())

    done = run("tasks", "--json", to=api)

    assert [task["task"] for task in json.loads(done.stdout)] == ["review#1", "c", "b"]


def whole(api: FakeApi) -> FakeApi:
    place = f"/v1/cases/{NO}"
    api.says("GET", place, WHOLE)
    api.says("GET", f"{place}/clocks", {"items": [CLOCK]})
    api.says("GET", f"{place}/materials", LIST)
    api.says("GET", f"{place}/letters", {"items": [LETTER]})
    return api.says("GET", f"{place}/timeline", {"items": [EVENT]})


def test_a_case_is_shown_whole(run: Run, api: FakeApi) -> None:
    done = run("show", NO, to=whole(api))

    for text in (
        "阶段：审核（自 2026-09-17 09:30）",
        "绿色通道：已开通",
        "办理期限",
        "待补交",
        "加盖单位公章的材料复印件",
        "decide:yellow",
        "收件",
        "backend",
        "3101**********1230",
        "身份证",
        "缺少学历证书",
        "用人单位",
        "smtp_550",
        "静人才〔2026〕受理1号",
        "有效",
    ):
        assert text in done.stdout


def test_a_case_as_json_holds_clocks_and_timeline(run: Run, api: FakeApi) -> None:
    shown = json.loads(run("show", NO, "--json", to=whole(api)).stdout)

    assert shown == {
        **WHOLE,
        "materials": LIST["items"],
        "faults": LIST["faults"],
        "clocks": [CLOCK],
        "letters": [LETTER],
        "timeline": [EVENT],
    }


def explained(clock: str, **more: Any) -> dict[str, Any]:
    days = [
        {"day": "2026-09-17", "counted": False, "number": None, "note": "起算日，不计入"},
        {"day": "2026-09-18", "counted": True, "number": 1, "note": "工作日，第 1 日"},
        {"day": "2026-09-19", "counted": False, "number": None, "note": "周末，不计"},
    ]
    standing = {"used": 1, "remaining": 19, "overdue_days": 0, "paused": False}
    return {
        **CLOCK,
        **standing,
        "clock": clock,
        "unsuspended_due_on": CLOCK["due_on"],
        "unextended_due_on": CLOCK["due_on"],
        "ledger": [],
        "explanation": [{**day, "provisional": False} for day in days],
        **more,
    }


def test_each_clock_is_explained_day_by_day(run: Run, api: FakeApi) -> None:
    clocks = [explained("decide"), explained("review#2", name="审核环节", due_on=None, paused=True)]
    api.says("GET", f"/v1/cases/{NO}/explanation", {"case_no": NO, "clocks": clocks})

    done = run("explain", NO, to=api)

    for text in (
        "办理期限（decide）",
        "2026-09-19 周六",
        "周末，不计",
        "届满日：2026-10-21 周三；已计 1 日，剩余 19 日",
        "审核环节（review#2）",
        "现中止计时",
    ):
        assert text in done.stdout


def test_what_moved_the_end_of_a_clock_is_told_with_the_date_it_would_have_had(
    run: Run, api: FakeApi
) -> None:
    stretch = {"source": "order", "note": "暂停指令：封控，2026-09-21 起，至 2026-09-25 恢复"}
    clock = explained("decide", ledger=[stretch], unsuspended_due_on="2026-10-14")
    api.says("GET", f"/v1/cases/{NO}/explanation", {"case_no": NO, "clocks": [clock]})

    done = run("explain", NO, to=api)

    assert stretch["note"] in done.stdout
    assert "（未暂停则为 2026-10-14 周三）" in done.stdout


def test_one_clock_is_found_by_its_kind(run: Run, api: FakeApi) -> None:
    clocks = [explained("decide"), explained("review#2")]
    api.says("GET", f"/v1/cases/{NO}/explanation", {"case_no": NO, "clocks": clocks})

    found = json.loads(run("explain", NO, "--clock", "review", "--json", to=api).stdout)
    missing = run("explain", NO, "--clock", "paper", to=api)

    assert [clock["clock"] for clock in found["clocks"]] == ["review#2"]
    assert missing.exit_code == 1
    assert "现有：decide、review#2" in missing.stderr


def test_a_case_that_is_not_there_is_exit_code_1(run: Run, api: FakeApi) -> None:
    problem = {"detail": "没有此办件编号，请核对", "code": "CASE_NOT_FOUND"}
    api.says("GET", f"/v1/cases/{NO}", problem, 404)

    done = run("show", NO, to=api)

    assert (done.exit_code, done.stderr) == (1, "没有此办件编号，请核对 (CASE_NOT_FOUND)\n")


@pytest.mark.parametrize(
    "kind", [pytest.param(each, id=each.name) for each in KINDS.values() if each.opens]
)
def test_each_kind_is_shown_in_the_words_of_a_clerk(kind: Kind, run: Run, api: FakeApi) -> None:
    """Every column has a word, and every code, amount and instant is said as people say it."""
    mine: dict[str, Any] = {each.member: [] for each in kind.rows}
    if kind.name == "wage":
        owed = {"owed": 812_005, "ground": "too_old", "migrant": True, "paid": 0, "filed_on": None}
        mine["complaints"] = [owed]
        mine["inquiries"] = [{"number": 1, "at": "2026-09-17T01:30:00Z"}]
        mine["instalments"] = [{"amount": 50}]
    case = {**WHOLE, **mine, "kind": kind.name, "notices": []}
    api.says("GET", f"/v1/{kind.path}/{NO}", case)
    for part in ("clocks", "timeline", "letters"):
        api.says("GET", f"/v1/cases/{NO}/{part}", page())
    api.says("GET", f"/v1/cases/{NO}/materials", LIST)
    done = run(kind.name.replace("_", "-"), "show", NO, to=api)
    assert done.exit_code == 0
    for each in kind.rows:
        assert set(each.words) == {column.name for column in fields(each.row)}, each.table
        assert set(each.says) <= set(each.words)
        assert not any(word.isascii() for word in each.words.values())
    if kind.name == "wage":
        plain = re.sub(r"[\s│]+", " ", done.stdout)
        for told in (
            "欠付 8120.05 元",
            "已付 0.00 元",
            "不予受理的事由 超过查处时效",
            "农民工 是",
            "调查时刻 2026-09-17 09:30",
            "金额 0.50 元",
        ):
            assert told in plain
        assert not re.search(r"owed|filed_on|too_old", plain)
