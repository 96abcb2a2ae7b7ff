"""What people from outside see and do: their own cases, and nothing that tells of others."""

from datetime import UTC, datetime, timedelta

import pytest

from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.local.issuer.tokens import LocalIssuer
from tests.api.live import Backend, Headers
from tests.api.platform import EMPLOYER_CODE, SOMEBODY_ELSE, Platform
from tests.authority.every_kind import NUMBER, OTHER_NUMBER

PARTS = ("", "/timeline", "/clocks", "/explanation")


@pytest.fixture
def outside(issuer: LocalIssuer) -> Headers:
    """The header of an applicant with that number."""

    def header(number: str) -> dict[str, str]:
        role = Role.EMPLOYER if number == EMPLOYER_CODE else Role.APPLICANT
        actor, now = Actor(code=f"p{number[-4:]}", role=role), datetime.now(UTC)
        token = issuer.mint(actor, ttl=timedelta(hours=1), at=now, number=number)
        return {"Authorization": f"Bearer {token}"}

    return header


@pytest.mark.parametrize("number", [NUMBER, EMPLOYER_CODE])
async def test_ones_own_case_is_read_masked_and_acted_on(
    backend: Backend, outside: Headers, number: str
) -> None:
    case_no = await backend.case()
    me = outside(number)
    for part in PARTS:
        answer = await backend.http.get(f"/v1/cases/{case_no}{part}", headers=me)
        assert answer.status_code == 200, answer.text
        assert NUMBER not in answer.text
    listed = await backend.http.get("/v1/cases", headers=me)
    assert [item["case_no"] for item in listed.json()["items"]] == [case_no]
    done = await backend.http.post(f"/v1/applications/{case_no}/withdraw", json={}, headers=me)
    assert done.status_code == 200, done.text


async def test_the_case_of_another_does_not_exist(backend: Backend, outside: Headers) -> None:
    case_no, nobody = await backend.case(), "310106-0000-0000-0000"
    me = outside(OTHER_NUMBER)
    for number in (case_no, nobody):
        answers = [
            await backend.http.get(f"/v1/{address}/{number}{part}", headers=me)
            for address in ("cases", "applications")
            for part in PARTS
        ]
        answers += [
            await backend.http.get(f"/v1/{place}/{number}", headers=me)
            for place in ("talents", "requests", "ratings", "rounds", "cycles")
        ]
        answers.append(await backend.http.get(f"/v1/applications/{number}/contacts", headers=me))
        answers.append(
            await backend.http.post(f"/v1/applications/{number}/withdraw", json={}, headers=me)
        )
        rating = {"case_no": number, "grade": 1, "named": False}
        answers.append(await backend.http.post("/v1/ratings", json=rating, headers=me))
        codes = {(answer.status_code, answer.json()["code"]) for answer in answers}
        assert codes == {(404, "CASE_NOT_FOUND")}
    for path in ("/v1/cases", "/v1/applications", "/v1/tasks", "/v1/talents", "/v1/requests"):
        listed = await backend.http.get(path, headers=me)
        assert (listed.status_code, listed.json()["items"]) == (200, []), path


async def test_a_number_does_not_tell_whether_there_is_a_talent(
    backend: Backend, platform: Platform, issuer: LocalIssuer
) -> None:
    talent = await platform.talent()
    actor, now = Actor(code="somebody", role=Role.TALENT), datetime.now(UTC)
    token = issuer.mint(actor, ttl=timedelta(hours=1), at=now, number=OTHER_NUMBER)
    for number in (talent, "500103-0000-0000-0000"):
        body = {
            "district": "500103",
            "reference": f"X-{number}",
            "service": "SVC_SCHOOL",
            "mode": "online",
            "need": "孩子九月入读小学",
            "talent": number,
        }
        answer = await backend.http.post(
            "/v1/requests", json=body, headers={"Authorization": f"Bearer {token}"}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "TALENT_UNKNOWN")


async def test_the_former_employer_sees_the_talent_no_more(
    backend: Backend, platform: Platform, outside: Headers
) -> None:
    talent = await platform.talent()
    me = outside(EMPLOYER_CODE)
    before = await backend.http.get(f"/v1/talents/{talent}", headers=me)
    assert before.status_code == 200, before.text
    other = {"employer": "91310112MA1GCXX016", "changed_on": "2026-01-05"}
    changed = await platform.do("yz-sp1", "cycles", talent, "change-employer", **other)
    assert changed.status_code == 200, changed.text
    after = await backend.http.get(f"/v1/talents/{talent}", headers=me)
    assert (after.status_code, after.json()["code"]) == (404, "CASE_NOT_FOUND")


async def test_a_list_says_which_tasks_the_caller_may_do(backend: Backend) -> None:
    case_no = await backend.case()
    own = (await backend.get("ja-o2", "/v1/tasks")).json()["items"]
    seen = (await backend.get("ja-s1", "/v1/tasks", district="310106")).json()["items"]
    assert [(task["case_no"], task["may_do"]) for task in own] == [(case_no, True)]
    assert [task["may_do"] for task in seen] == [False]
    assert "预审" in seen[0]["why_not"]


async def test_who_took_it_in_finds_the_review_barred(backend: Backend) -> None:
    case_no = await backend.case()
    passed = await backend.do("ja-r1", case_no, "pre-review", outcome="passed")
    assert passed.status_code == 200, passed.text
    accepted = await backend.do("ja-o1", case_no, "accept")
    assert accepted.status_code == 200, accepted.text
    for who, may in (("ja-r1", False), ("ja-r2", True)):
        (task,) = (await backend.get(who, "/v1/tasks")).json()["items"]
        assert (task["kind"], task["may_do"]) == ("review", may)
    refused = await backend.do("ja-r1", case_no, "review")
    assert (refused.status_code, refused.json()["code"]) == (403, "FOUR_EYES")


async def test_a_municipal_platform_does_not_see_class_e(platform: Platform) -> None:
    talents = {
        "A": await platform.talent(letter="A"),
        "E": await platform.talent(letter="E", talent=SOMEBODY_ELSE),
    }
    listed = await platform.backend.get("cq-sp1", "/v1/talents")
    assert [item["case_no"] for item in listed.json()["items"]] == [talents["A"]]
    refused = await platform.backend.get("cq-sp1", f"/v1/talents/{talents['E']}")
    assert (refused.status_code, refused.json()["code"]) == (403, "OTHER_CLASS")
    county = await platform.backend.get("yz-sp1", f"/v1/talents/{talents['E']}")
    assert county.status_code == 200
