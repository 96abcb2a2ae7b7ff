"""Bulk reassignment: each case for itself, once, and only by a supervisor of the district."""

from typing import Any

from tests.api.live import Backend
from tests.api.platform import SOMEBODY_ELSE
from tests.api.test_problems import assert_problem

PLACE = "/v1/reassignments"
ASKED = {"from": "ja-o1", "to": "ja-o2", "reason": "A角调离岗位"}


def _of(answer: dict[str, Any], cases: list[str]) -> set[tuple[str, str, str]]:
    return {
        (each["case_no"], each["role"], each["outcome"])
        for each in answer["items"]
        if each["case_no"] in cases
    }


async def test_all_of_an_officer_goes_to_another_once(backend: Backend) -> None:
    cases = [await backend.case(), await backend.case(applicant=SOMEBODY_ELSE)]
    preview = (await backend.post("ja-s1", PLACE, ASKED | {"preview": True})).json()
    assert _of(preview, cases) == {(case_no, "officer", "listed") for case_no in cases}
    assert await backend.titles(cases[0]) == ["submitted"]

    for _ in range(2):
        answer = await backend.post("ja-s1", PLACE, ASKED, key="bulk-1")
        assert answer.status_code == 200, answer.text
    for case_no in cases:
        assert await backend.titles(case_no) == ["submitted", "reassigned"]
        case = (await backend.get("ja-o2", f"/v1/applications/{case_no}")).json()
        assert case["holder"] == "ja-o2"


async def test_what_four_eyes_exclude_is_refused_with_its_reason(backend: Backend) -> None:
    case_no = await backend.case()
    for verb, body in (("pre-review", {"outcome": "passed"}), ("accept", {})):
        assert (await backend.do("ja-o1", case_no, verb, **body)).status_code == 200
    answer = await backend.post("ja-s1", PLACE, ASKED | {"from": "ja-r1", "to": "ja-o1"})
    refused = [each for each in answer.json()["items"] if each["case_no"] == case_no]
    assert [(each["outcome"], each["code"]) for each in refused] == [("refused", "FOUR_EYES")]
    assert "reassigned" not in await backend.titles(case_no)


async def test_who_may_not_and_to_whom_is_refused(backend: Backend) -> None:
    for by, asked, code in (
        ("ja-o1", {}, "ROLE_NOT_ALLOWED"),
        ("xh-s1", {"district": "310106"}, "OTHER_DISTRICT"),
        ("ja-s1", {"to": "xh-o1"}, "OTHER_DISTRICT"),
        ("ja-s1", {"to": "nobody"}, "OFFICER_UNKNOWN"),
        ("ja-s1", {"to": "ja-o1"}, "SAME_OFFICER"),
    ):
        refused = await backend.post(by, PLACE, ASKED | asked)
        problem = assert_problem(refused)
        faults = [fault.get("code") for fault in problem.get("errors", ())]
        assert code in {problem["code"], *faults}
