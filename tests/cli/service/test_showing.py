"""Lists and pages of talent service, as tables and as JSON."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import FakeApi, Run
from tests.cli.service import rows
from tests.cli.test_reading import page

PLACES = {
    "talent": "talents",
    "cycle": "cycles",
    "request": "requests",
    "rating": "ratings",
    "round": "rounds",
}
"""What each group of commands is called in HTTP."""
PAGES: dict[str, tuple[str, dict[str, Any], Sequence[str]]] = {
    "talent": (
        "talent",
        rows.CYCLE,
        ("服务中", "B 类", "第 1 个：2026-03-02 至 2029-03-02", f"人才码 {rows.TALENT}-X"),
    ),
    "permit": ("cycle", rows.PERMITTED, ("居住证周期", "有效", "自 2027-03-19 起")),
    "by score": (
        "cycle",
        rows.CYCLE | {"letter": "", "score": 1200, "credential_void_on": "2029-03-05"},
        ("计分 1200", "（自 2029-03-05 起失效）"),
    ),
    "request": (
        "request",
        rows.ASKED,
        ("待服务专员受理", "市级部门", "孩子九月入读小学", rows.TALENT, "cq-sp2"),
    ),
    "rating": (
        "rating",
        rows.RATED,
        ("不满意（实名）", rows.REQUEST, "已整改", "2026-09-18 10:00"),
    ),
    "round": ("round", rows.VISITING, ("2026Q4", "电话：办理及时", "待回访")),
}


@pytest.mark.parametrize(("group", "case", "texts"), PAGES.values(), ids=PAGES)
def test_a_case_is_shown_with_what_is_its_own(
    run: Run, api: FakeApi, group: str, case: dict[str, Any], texts: Sequence[str]
) -> None:
    done = run(group, "show", case["case_no"], to=rows.shown(api, PLACES[group], case))

    assert done.exit_code == 0
    for text in (*texts, case["stage_label"], "服务申请受理期限", "开始"):
        assert text in done.stdout
    assert "容缺材料" not in done.stdout


def test_a_case_as_json_holds_clocks_and_timeline(run: Run, api: FakeApi) -> None:
    done = run(
        "request", "show", rows.REQUEST, "--json", to=rows.shown(api, "requests", rows.ASKED)
    )

    assert json.loads(done.stdout) == {
        **rows.NOBODY_TOLD,
        **rows.ASKED,
        "materials": [],
        "faults": None,
        "clocks": [rows.CLOCK],
        "letters": [],
        "timeline": [rows.EVENT],
    }


def test_a_case_of_any_kind_can_be_shown(run: Run, api: FakeApi) -> None:
    rows.shown(api, "cases", rows.ASKED)

    for arguments in (["show"], ["case", "show"]):
        assert "子女入学" in run(*arguments, rows.REQUEST, to=api).stdout
    assert "backend" in run("case", "timeline", rows.REQUEST, to=api).stdout


def test_cases_of_a_kind_are_listed(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/cases", page(rows.ASKED))

    done = run("case", "list", "--kind", "request", "--stage", "intake", to=api)

    assert dict(api.asked[0].url.params) == {"kind": "request", "stage": "intake"}
    for text in ("服务申请", rows.REQUEST, "待服务专员受理", "2026-09-24 周四"):
        assert text in done.stdout


def test_notices_are_listed_with_what_became_of_them(run: Run, api: FakeApi) -> None:
    notice = {
        "key": f"{rows.REQUEST}/2/applicant",
        "template": "request_accepted",
        "recipient": "applicant",
        "channel": "mail",
        "status": "refused",
        "queued_at": "2026-09-17T01:30:00Z",
        "at": None,
        "problem": "MAILBOX_UNKNOWN",
    }
    api.says("GET", f"/v1/cases/{rows.REQUEST}", rows.ASKED | {"notices": [notice]})

    shown = run("case", "notices", rows.REQUEST, to=api).stdout

    for text in ("服务申请受理告知", "申请人", "对方拒收", "MAILBOX_UNKNOWN", "2026-09-17 09:30"):
        assert text in shown
    assert json.loads(run("case", "notices", rows.REQUEST, "--json", to=api).stdout) == [notice]


@pytest.mark.parametrize(
    ("group", "row", "asked"),
    [
        ("talent", rows.CYCLE, {"letter": "B"}),
        ("talent", rows.CYCLE, {"status": "on_hold"}),
        (
            "request",
            rows.ASKED,
            {"talent": rows.TALENT, "level": "municipal", "stage": "on_hold"},
        ),
        ("round", rows.VISITING, {"district": "500103"}),
    ],
)
def test_lists_are_narrowed_and_shown(
    run: Run, api: FakeApi, group: str, row: dict[str, Any], asked: dict[str, str]
) -> None:
    api.says("GET", f"/v1/{PLACES[group]}", page(row))
    options = [word for name, value in asked.items() for word in (f"--{name}", value)]

    done = run(group, "list", *options, to=api)

    assert dict(api.asked[0].url.params) == asked
    assert row["case_no"] in done.stdout
    assert row["stage_label"] in done.stdout
    assert json.loads(run(group, "list", "--json", to=api).stdout) == [row]


SVG = "<svg>made up</svg>"


def test_the_talent_code_is_a_picture(run: Run, api: FakeApi, tmp_path: Path) -> None:
    place = f"/v1/talents/{rows.TALENT}/code.svg"
    api.says("GET", place, SVG)
    file = tmp_path / "code.svg"

    printed = run("talent", "code", rows.TALENT, to=api)
    written = run("talent", "code", rows.TALENT, "-o", str(file), to=api)

    assert "made up" in printed.stdout
    assert (written.stdout, written.exit_code) == ("", 0)
    assert file.read_text(encoding="utf-8") == printed.stdout
    nowhere = run("talent", "code", rows.TALENT, "-o", str(tmp_path / "no" / "code.svg"), to=api)
    assert nowhere.exit_code == 2


RULE: dict[str, Any] = {
    "code": "SVC_SCHOOL",
    "name": "子女入学",
    "district_name": "渝中区",
    "owners": ["municipal", "district"],
    "bodies": {"municipal": "education", "district": "education"},
    "limits": {
        "handle": {
            "unit": "working_days",
            "amount": 20,
            "reference": "未给出数字（domain.md C.2）",
            "mark": "proposal",
        }
    },
    "materials": [
        {
            "code": "household_register",
            "name": "户口簿",
            "reference": "清单未附",
            "mark": "proposal",
        }
    ],
    "reference": "示例项目",
    "mark": "proposal",
}


def test_services_are_listed_and_of_a_district_with_their_limits(run: Run, api: FakeApi) -> None:
    listed = {"services": {"SVC_SCHOOL": "子女入学"}, "platforms": {}, "rules": [RULE]}
    api.says("GET", "/v1/services", listed)

    plain = run("service", "list", to=api)
    district = run("service", "list", "--district", "500103", "--on", "2026-09-17", to=api)

    assert "子女入学" in plain.stdout
    assert "20 个工作日" in district.stdout
    assert "内部设定" in district.stdout
    assert dict(api.asked[-1].url.params) == {"district": "500103", "on": "2026-09-17"}


def test_a_service_is_shown_with_its_standing(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/services/SVC_SCHOOL", RULE)

    done = run("service", "show", "SVC_SCHOOL", "--district", "500103", to=api)

    for text in ("市级部门：municipal/education", "户口簿（household_register）", "未给出数字"):
        assert text in done.stdout
    assert "domain.md" not in done.stdout
