"""Credit records: read by staff, repaired by a supervisor who did not decide the breach."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from casework.domain.case.facts import Actor
from casework.domain.kinds.application.commands import BreachOutcome
from casework.domain.kinds.application.events import BreachDecided
from casework.domain.policy import Role
from casework.local.issuer.tokens import LocalIssuer
from casework.messages.cases import EVENT_BODY
from casework.store.engine import Sessions
from casework.store.models import CreditRecords, Events
from tests.api.live import Backend, Headers
from tests.api.test_problems import CASE, assert_problem

REASON = {"reason": "已补齐材料"}


@pytest.fixture
async def record_id(backend: Backend, sessions: Sessions) -> str:
    """A breach of a case in Jing'an, decided by ja-s1."""
    case_no, now = await backend.case(), datetime.now(UTC)
    decided = BreachDecided(outcome=BreachOutcome.RETURN, reason="逾期")
    async with sessions.begin() as session:
        session.add(
            CreditRecords(
                id=f"{case_no}:2",
                case_no=case_no,
                seq=2,
                material="sealed_copies",
                recorded_at=now,
                reason="逾期未补",
            )
        )
        session.add(
            Events(
                case_no=case_no,
                seq=90,
                kind="breach_decided",
                title="",
                at=now,
                actor="ja-s1",
                role="supervisor",
                reason="",
                body=EVENT_BODY.dump_python(decided, mode="json"),
            )
        )
    return f"{case_no}:2"


async def test_breach_is_repaired_once_by_another_supervisor(
    backend: Backend, record_id: str, issuer: LocalIssuer
) -> None:
    path = f"/v1/credit-records/{record_id}/repair"
    own = await backend.post("ja-s1", path, REASON)
    assert (own.status_code, assert_problem(own)["code"]) == (403, "FOUR_EYES")
    elsewhere = await backend.post("mh-s1", path, REASON)
    assert (elsewhere.status_code, assert_problem(elsewhere)["code"]) == (403, "OTHER_DISTRICT")

    listed = await backend.get("ja-o1", "/v1/credit-records", unrepaired=True)
    assert [record["id"] for record in listed.json()["items"]] == [record_id]
    assert (await backend.get("mh-o1", "/v1/credit-records")).json()["items"] == []

    other = Actor(code="ja-s2", role=Role.SUPERVISOR, district="310106")
    token = issuer.mint(other, ttl=timedelta(hours=1), at=datetime.now(UTC))
    repaired, repeated, changed = [
        await backend.http.post(path, json=body, headers={"Authorization": f"Bearer {token}"})
        for body in (REASON, REASON, {"reason": "另一理由"})
    ]
    assert (repaired.status_code, repaired.json()["repaired_by"]) == (200, "ja-s2")
    assert repeated.json() == repaired.json()
    assert (changed.status_code, assert_problem(changed)["code"]) == (409, "ALREADY_REPAIRED")
    listed = await backend.get("ja-o1", "/v1/credit-records", unrepaired=True)
    assert listed.json()["items"] == []


async def test_only_supervisors_repair_and_give_a_reason(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    path = f"/v1/credit-records/{CASE}:2/repair"
    answer = await lonely.post(path, json=REASON, headers=bearer("ja-o1"))
    assert (answer.status_code, assert_problem(answer)["code"]) == (403, "ROLE_NOT_ALLOWED")
    answer = await lonely.post(path, json={"reason": "  "}, headers=bearer("ja-s1"))
    assert assert_problem(answer)["errors"][0]["field"] == "reason"


async def test_record_that_never_was_is_not_found(backend: Backend) -> None:
    answer = await backend.post("ja-s1", f"/v1/credit-records/{CASE}:2/repair", REASON)
    assert (answer.status_code, assert_problem(answer)["code"]) == (404, "CREDIT_RECORD_NOT_FOUND")
