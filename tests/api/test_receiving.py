"""Work goes to nobody who could not do it, in every form of reassignment and every kind of case."""

from datetime import UTC, datetime
from typing import Any

import pytest

from casework.domain.time.calendar import local_date
from tests.api.live import Backend
from tests.api.platform import Platform
from tests.api.test_problems import assert_problem

BULK = "/v1/reassignments"


def _refused(answer: Any, code: str) -> None:
    problem = assert_problem(answer)
    assert problem["code"] == code, problem
    assert [error["field"] for error in problem["errors"]] == ["to"]


@pytest.mark.parametrize(
    ("role", "to", "code"),
    [
        ("officer", "nobody", "OFFICER_UNKNOWN"),
        ("officer", "backend", "OFFICER_UNKNOWN"),
        ("officer", "xh-o2", "OTHER_DISTRICT"),
        ("officer", "yz-sp1", "OTHER_DISTRICT"),
        ("officer", "ja-r1", "OTHER_ROLE"),
        ("reviewer", "ja-h1", "OTHER_ROLE"),
        ("supervisor", "ja-o2", "OTHER_ROLE"),
        ("officer", " ", "FIELD_REQUIRED"),
    ],
)
async def test_an_application_is_given_to_nobody_who_could_not_do_it(
    backend: Backend, role: str, to: str, code: str
) -> None:
    case_no = await backend.case()
    answer = await backend.do("ja-s1", case_no, "reassign", role=role, to=to, reason="调岗")
    _refused(answer, code)
    assert await backend.titles(case_no) == ["submitted"]


async def test_a_request_is_given_to_nobody_who_could_not_do_it(platform: Platform) -> None:
    case_no = await platform.request(await platform.talent())
    for to, code in (("ja-o1", "OTHER_DISTRICT"), ("cq-sv1", "OTHER_ROLE")):
        body = {"role": "specialist", "to": to, "reason": "调岗"}
        answer = await platform.backend.post("cq-sv1", f"/v1/requests/{case_no}/reassign", body)
        _refused(answer, code)


async def test_nobody_absent_is_given_work(backend: Backend) -> None:
    case_no = await backend.case()
    today = local_date(datetime.now(UTC)).isoformat()
    absence = {"officer": "ja-o2", "first_on": today, "last_on": today, "reason": "年休假"}
    recorded = await backend.post("ja-s1", "/v1/absences", absence)
    assert recorded.status_code == 201, recorded.text
    given = {"role": "officer", "to": "ja-o2", "reason": "调岗"}
    _refused(await backend.do("ja-s1", case_no, "reassign", **given), "OFFICER_ABSENT")
    bulk = {"from": "ja-o1", "to": "ja-o2", "reason": "调岗"}
    _refused(await backend.post("ja-s1", BULK, bulk), "OFFICER_ABSENT")

    place = f"/v1/absences/{recorded.json()['id']}/end"
    ended = await backend.post("ja-s1", place, {"ended_on": today})
    assert ended.status_code == 200, ended.text
    assert (await backend.do("ja-s1", case_no, "reassign", **given)).status_code == 200


async def test_in_bulk_a_post_goes_to_nobody_of_another(backend: Backend) -> None:
    case_no = await backend.case()
    bulk = {"from": "ja-o1", "to": "ja-h1", "reason": "调岗"}
    answer = await backend.post("ja-s1", BULK, bulk)
    items = [each for each in answer.json()["items"] if each["case_no"] == case_no]
    assert [(each["outcome"], each["code"]) for each in items] == [("refused", "OTHER_ROLE")]
