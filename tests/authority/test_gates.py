"""Each gate asks the table once, and says the same whatever became of what it looked up."""

import httpx
import pytest

from api.access import guard
from casework.domain.authority import Concern, Matrix
from casework.domain.authority import refusal as decision
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from tests.api.live import Backend, Headers
from tests.api.test_outreach import body
from tests.api.test_problems import CASE

ORDER = "/v1/orders/ZL-0000-0000-0000"
RECORD = f"/v1/credit-records/{CASE}:2/repair"
REASON = {"reason": "已补交"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The actions that the table was asked about, one after the other."""
    actions: list[str] = []

    def refusal(matrix: Matrix, actor: Actor, action: str, concern: Concern) -> DomainError | None:
        actions.append(action)
        return decision(matrix, actor, action, concern)

    monkeypatch.setattr(guard, "refusal", refusal)
    return actions


async def test_who_may_nowhere_hears_that_whatever_is_away(
    lonely: httpx.AsyncClient, bearer: Headers, asked: list[str]
) -> None:
    for who, method, path, said in (
        ("applicant", "GET", ORDER, None),
        ("ja-o1", "POST", "/v1/outreaches", body("甲")),
        ("ja-o1", "POST", RECORD, REASON),
    ):
        answer = await lonely.request(method, path, json=said, headers=bearer(who))
        assert (answer.status_code, answer.json()["code"]) == (403, "ROLE_NOT_ALLOWED"), path
    for who, method, path, said in (
        ("ja-o1", "GET", ORDER, None),
        ("ja-s1", "POST", "/v1/outreaches", body("甲")),
        ("ja-s1", "POST", RECORD, REASON),
    ):
        answer = await lonely.request(method, path, json=said, headers=bearer(who))
        assert (answer.status_code, answer.json()["code"]) == (503, "REGISTER_AWAY"), path
    assert asked == ["read", "begin_outreach", "repair_credit"] * 2


async def test_what_is_not_there_is_told_to_those_who_may_only(
    backend: Backend, asked: list[str]
) -> None:
    unknown = body("甲") | {"about": "M.none"}
    for who, path, said, code in (
        ("applicant", ORDER, None, "ROLE_NOT_ALLOWED"),
        ("ja-o1", ORDER, None, "ORDER_NOT_FOUND"),
        ("ja-o1", "/v1/outreaches", unknown, "ROLE_NOT_ALLOWED"),
        ("ja-s1", "/v1/outreaches", unknown, "ABOUT_UNKNOWN"),
        ("ja-o1", RECORD, REASON, "ROLE_NOT_ALLOWED"),
        ("ja-s1", RECORD, REASON, "CREDIT_RECORD_NOT_FOUND"),
    ):
        del asked[:]
        answer = await (backend.post(who, path, said) if said else backend.get(who, path))
        assert answer.json()["code"] == code, (who, path)
        assert len(asked) == 1, (who, path, asked)


async def test_a_case_is_asked_about_once(backend: Backend, asked: list[str]) -> None:
    case_no = await backend.case()
    for who, code in (("ja-o1", ""), ("ja-s1", ""), ("mh-o1", "OTHER_DISTRICT")):
        del asked[:]
        answer = await backend.post(who, f"/v1/cases/{case_no}/disclosure", REASON)
        assert answer.json().get("code", "") == code
        assert asked == ["disclose"]
