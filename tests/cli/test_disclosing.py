"""Personal data by the command: for a reason, the number never an argument; and who looked."""

import json

from tests.cli.conftest import FakeApi, Run

NO = "310106-0000-0000-0000"
NUMBER = "11010519491231002X"
PARTY = {
    "role": "applicant",
    "name": "王小明",
    "id_number": NUMBER,
    "email": "wang@mail.example",
    "phone": "13800001234",
}
FOUND = {
    "case_no": NO,
    "kind_label": "办件",
    "item": "PTS_NEW",
    "item_name": "居住证积分新办",
    "district": "310106",
    "stage_label": "审核",
    "card": "none",
    "holder": "ja-r1",
    "green": False,
    "due_on": "2026-10-21",
}
LOOK = {
    "at": "2026-11-23T01:00:00Z",
    "actor": "ja-o1",
    "role": "officer",
    "district": "310106",
    "what": "disclose",
    "what_label": "查看当事人完整信息",
    "case_no": NO,
    "reason": "电话核对住址",
}


def test_a_disclosure_says_why_and_shows_the_parties(run: Run, api: FakeApi) -> None:
    api.says("POST", f"/v1/cases/{NO}/disclosure", {"case_no": NO, "parties": [PARTY]})
    result = run("case", "disclose", NO, "--reason", "电话核对住址", "--as", "ja-o1", to=api)
    assert result.exit_code == 0, result.output
    assert all(text in result.stdout for text in ("申请人", "王小明", NUMBER))
    assert json.loads(api.asked[0].content) == {"reason": "电话核对住址"}


def test_a_reason_must_be_given(run: Run, api: FakeApi) -> None:
    assert run("case", "disclose", NO, to=api).exit_code == 2
    assert run("case", "find", "--id-number-stdin", to=api).exit_code == 2
    assert api.asked == []


def test_a_person_is_found_by_the_number_on_standard_input(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/cases/by-number", {"items": [FOUND], "next_cursor": None})
    result = run(
        "case", "find", "--id-number-stdin", "--reason", "查询", to=api, stdin=f"{NUMBER}\n"
    )
    assert result.exit_code == 0, result.output
    assert NO in result.stdout
    assert NUMBER not in result.output
    assert json.loads(api.asked[0].content) == {"id_number": NUMBER, "reason": "查询"}
    assert NUMBER not in str(api.asked[0].url)


def test_the_number_is_no_argument(run: Run, api: FakeApi) -> None:
    result = run("case", "find", "--reason", "查询", to=api)
    assert result.exit_code == 2
    assert "--id-number-stdin" in result.stderr
    assert api.asked == []


def test_looks_are_listed(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/accesses", {"items": [LOOK], "next_cursor": None})
    result = run("accesses", "--case", NO, "--what", "disclose", "--as", "ja-s1", to=api)
    assert result.exit_code == 0, result.output
    assert all(text in result.stdout for text in ("ja-o1", "查看当事人完整信息", "电话核对住址"))
    assert dict(api.asked[0].url.params) == {"case_no": NO, "what": "disclose"}
    assert json.loads(run("accesses", "--json", to=api).stdout) == [LOOK]
