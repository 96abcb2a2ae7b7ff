"""Whose turn it is over HTTP, for applicant, employer and officer alike; and rating by a letter."""

from typing import Any

import pytest

from casework.domain.case.state import TaskKind
from casework.store.engine import Sessions
from tests.api.letters import letter_of
from tests.api.live import Backend
from tests.api.platform import Platform
from tests.api.test_problems import assert_problem
from tests.files import PDF

OUTSIDE = ("applicant", "employer")
CLAIMED = {
    "self_score": 125,
    "application_form_filed": True,
    "employer_reviewed": True,
    "permit_expires_on": "2099-06-30",
    "points_by_education": True,
}


async def turn(backend: Backend, by: str, case_no: str) -> dict[str, Any]:
    answer = await backend.get(by, f"/v1/cases/{case_no}/turn")
    assert answer.status_code == 200, answer.text
    for secret in ("ja-", "张三", "310101199003071230", "13800001234"):
        assert secret not in answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_everybody_reads_the_same_sentence_through_a_supplement(backend: Backend) -> None:
    body = await backend.submission()
    body["materials"] = [each for each in body["materials"] if each["code"] != "labour_contract"]
    case_no = (await backend.post("backend", "/v1/applications", body)).json()["case_no"]
    first = await turn(backend, "ja-o1", case_no)
    assert (first["turn"]["party"], first["wanted"]) == ("window", [])
    await backend.do("ja-o1", case_no, "pre-review", outcome="faulty")
    seen = [await turn(backend, who, case_no) for who in ("ja-o1", *OUTSIDE)]
    assert len({each["turn"]["sentence"] for each in seen}) == 1
    own = seen[1]
    assert own["turn"]["party_label"] == "申请人"
    (missing,) = own["wanted"]
    assert (missing["material"], missing["verb"]) == ("labour_contract", "supplement")
    assert missing["until"] == own["turn"]["until"]
    verbs = [act["verb"] for act in own["acts"]]
    assert verbs[0] == "supplement"
    assert "withdraw" in verbs
    assert seen[0]["acts"] == []
    stored = await backend.http.post(
        "/v1/materials", content=PDF, headers=backend.bearer("applicant")
    )
    material = {"code": "labour_contract", "form": "electronic", "sha256": stored.json()["sha256"]}
    answer = await backend.do("applicant", case_no, "supplement", materials=[material])
    assert answer.status_code == 200, answer.text
    after = await turn(backend, "applicant", case_no)
    assert (after["turn"]["party"], after["seq"]) == ("window", own["seq"] + 1)
    assert "supplement" not in [act["verb"] for act in after["acts"]]


async def test_what_goes_on_beside_the_turn_is_told_to_colleagues_checks_to_everybody(
    backend: Backend,
) -> None:
    body = await backend.submission(claims=CLAIMED)
    proofs = ("diploma", "diploma_status_report", "diploma_registration_form")
    body["materials"] += [{**body["materials"][0], "code": code} for code in proofs]
    case_no = (await backend.post("backend", "/v1/applications", body)).json()["case_no"]
    asked: dict[str, Any] = {"to": "ja-h1", "question": "学历是否认可", "working_days": 2}
    answer = await backend.do("ja-o1", case_no, "ask-opinion", **asked)
    assert answer.status_code == 200, answer.text
    (opinion,) = (await turn(backend, "ja-o1", case_no))["beside"]
    assert opinion.startswith("同时，")
    assert TaskKind.GIVE_OPINION.label in opinion
    assert "还有 2 个工作日" in opinion
    for who in OUTSIDE:
        assert (await turn(backend, who, case_no))["beside"] == []
    await backend.do("ja-o1", case_no, "pre-review", outcome="passed")
    await backend.do("ja-o1", case_no, "accept")
    for who in ("ja-r1", *OUTSIDE):
        left = [each for each in (await turn(backend, who, case_no))["beside"] if "核实完" in each]
        assert left == ["还没有核实完：教育背景核实；核实完才能审核通过。"], who
    refused = await backend.do("ja-r1", case_no, "review", opinion="齐全")
    assert assert_problem(refused)["code"] == "CHECK_OPEN"
    await backend.do("ja-r1", case_no, "record-check", check="education", passed=True)
    assert (await turn(backend, "applicant", case_no))["beside"] == []


async def test_what_came_out_stands_with_its_reason_and_is_rated_once_by_the_letter(
    backend: Backend, sessions: Sessions
) -> None:
    case_no = await backend.case()
    await backend.do("ja-o1", case_no, "not-accept", reason="不属本区", right_authority="徐汇区")
    found = await turn(backend, "applicant", case_no)
    assert (found["result"]["label"], found["result"]["reason"]) == ("不予受理", "不属本区")
    assert "徐汇区" in found["result"]["advice"]
    assert (found["may_rate"], found["rated"], found["acts"]) == (True, False, [])
    letter = await letter_of(case_no, sessions)
    assert letter.rating_code
    assert letter.rating_code != letter.code
    link = f"/v1/rating-links/{letter.rating_code}"
    assert (await backend.http.get(link)).json() == {"item_name": "居住证积分新办", "rated": False}
    for status in (201, 200):  # a lost answer is asked for again
        answer = await backend.http.post(link, json={"grade": 5})
        assert answer.status_code == status, answer.text
    other = await backend.http.post(link, json={"grade": 1})
    assert (other.status_code, assert_problem(other)["code"]) == (409, "ALREADY_RATED")
    assert (await backend.http.get(link)).json()["rated"] is True
    assert (await turn(backend, "applicant", case_no))["may_rate"] is False
    for code in (letter.code, "0000-0000"):
        unknown = await backend.http.get(f"/v1/rating-links/{code}")
        assert assert_problem(unknown)["code"] == "RATING_CODE_UNKNOWN"


async def test_a_letter_of_an_open_case_rates_nothing(backend: Backend, sessions: Sessions) -> None:
    case_no = await backend.case()
    await backend.do("ja-o1", case_no, "pre-review", outcome="passed")
    await backend.do("ja-o1", case_no, "accept")
    letter = await letter_of(case_no, sessions)
    refused = await backend.http.post(f"/v1/rating-links/{letter.rating_code}", json={"grade": 5})
    assert (refused.status_code, assert_problem(refused)["code"]) == (409, "NOT_RATEABLE")


@pytest.mark.parametrize(
    ("by", "status", "code"),
    [
        ("mh-o1", 403, "OTHER_DISTRICT"),
        ("applicant", 404, "CASE_NOT_FOUND"),
        ("talent", 404, "CASE_NOT_FOUND"),
        ("agent", 404, "CASE_NOT_FOUND"),
        ("employer", 404, "CASE_NOT_FOUND"),
    ],
)
async def test_nobody_is_told_of_the_case_of_another(
    backend: Backend, by: str, status: int, code: str
) -> None:
    case_no = await backend.case(
        applicant={"name": "王五", "id_number": "11010519491231002X", "phone": "13900005678"},
        employer={"name": "另一公司", "credit_code": "91310112MA1GCXX016"},
    )
    answer = await backend.get(by, f"/v1/cases/{case_no}/turn")
    assert (answer.status_code, assert_problem(answer)["code"]) == (status, code)


async def test_an_employer_sees_that_its_evaluation_may_be_given(platform: Platform) -> None:
    talent = await platform.talent()
    found = await turn(platform.backend, "employer", talent)
    assert (found["turn"]["party"], found["path"]) == ("nobody", "cycles")
    assert "evaluate" not in [act["verb"] for act in found["acts"]]
    assert found["dates"]
