"""A team's case over HTTP as its people work on it: claimed, passed on, asked about, handed on."""

from typing import Any

import pytest
from sqlalchemy import insert

from casework.domain.policy import Role
from casework.domain.sharing import SharingRule, Way
from casework.policy.sharing import SharingPolicy
from casework.store.engine import Sessions
from casework.store.models import StaffPosts
from tests.api.live import Backend
from tests.api.test_relations import get
from tests.store.test_shares import post
from tests.workflows.ordering import seeded

SECRET = "申请人来电，语气急切"
QUESTION = "缴费基数是否属实"


@pytest.fixture
async def teamed(sessions: Sessions, monkeypatch: pytest.MonkeyPatch, backend: Backend) -> Backend:
    """Two officers are a team, and the office leaves its cases to it."""
    await seeded(sessions)
    async with sessions.begin() as session:
        await session.execute(
            insert(StaffPosts), [post(who, team="T1") for who in ("ja-o1", "ja-o2")]
        )
    pool = {Role.OFFICER: SharingRule(way=Way.POOL, team="T1", claim_within=2)}
    monkeypatch.setattr(SharingPolicy, "rules", lambda *_: pool)
    return backend


async def did(backend: Backend, who: str, case_no: str, verb: str, **said: Any) -> str:
    """Do it; return the code of a refusal, or nothing."""
    answer = await backend.do(who, case_no, verb, **said)
    return "" if answer.is_success else str(answer.json()["code"])


async def worklist(backend: Backend, who: str, **asked: str) -> set[str]:
    found = await backend.get(who, "/v1/tasks", **asked)
    assert found.status_code == 200, found.text
    return {each["task"] for each in found.json()["items"]}


async def test_a_case_of_a_team_is_claimed_passed_on_asked_about_and_handed_over(
    teamed: Backend,
) -> None:
    backend, task = teamed, "pre_review#1"
    case_no = await backend.case()
    place = f"/v1/cases/{case_no}"
    case = await get(backend, place)
    assert case["holder"] == ""
    assert task in await worklist(backend, "ja-o1", team="T1", unclaimed="true")

    # Claimed by one, given back, claimed by the other.
    assert await did(backend, "ja-r1", case_no, "claim", task=task) == "OTHER_ROLE"
    assert await did(backend, "ja-o1", case_no, "claim", task=task) == ""
    assert await did(backend, "ja-o2", case_no, "claim", task=task) == "ALREADY_CLAIMED"
    assert await did(backend, "ja-o2", case_no, "give-back", task=task, reason="外出") == (
        "NOT_YOUR_TASK"
    )
    assert await did(backend, "ja-o1", case_no, "give-back", task=task, reason="外出") == ""
    assert (await get(backend, place))["holder"] == ""
    assert await did(backend, "ja-o2", case_no, "claim", task=task) == ""
    (why,) = [e for e in (await get(backend, f"{place}/shares"))["items"] if e["role"] == "officer"]
    assert (why["way_label"], why["team"]) == ("小组认领", "T1")
    assert "分给小组 T1" in why["reason"]

    # Nudged once a day, then passed on with the consent of who receives it.
    assert await did(backend, "ja-o1", case_no, "nudge", task=task, reason="x") != ""
    assert await did(backend, "ja-s1", case_no, "nudge", task=task, reason="明日到期") == ""
    assert await did(backend, "ja-s1", case_no, "nudge", task=task, reason="x") == "NUDGED_TODAY"
    asked = {"task": task, "to": "ja-o1", "reason": "同期件多"}
    assert await did(backend, "ja-o2", case_no, "pass-on", **asked) == ""
    assert (await get(backend, place))["holder"] == "ja-o2"
    assert "confirm_passing#1" in await worklist(backend, "ja-o1", holder="ja-o1")
    consent = "accept-passing"
    assert await did(backend, "ja-o1", case_no, consent, task="confirm_passing#1") == ""
    assert (await get(backend, place))["holder"] == "ja-o1"

    # An officer of another district is asked, sees this case while the question is open only.
    assert (await backend.get("hp-o1", place)).status_code in {403, 404}
    wanted: dict[str, Any] = {"to": "hp-o1", "question": QUESTION, "working_days": 3}
    assert await did(backend, "ja-o1", case_no, "ask-opinion", **wanted) == ""
    assert "give_opinion#1" in await worklist(backend, "hp-o1", holder="hp-o1")
    assert (await backend.get("hp-o1", place)).status_code == 200
    assert await did(backend, "ja-o1", case_no, "add-note", text=SECRET) == ""
    handed = (await get(backend, "/v1/officers/ja-o1/handover"))["items"]
    assert {each["what"] for each in handed} >= {"task", "awaited", "note"}
    assert SECRET in str(handed)
    answer = {"task": "give_opinion#1", "text": "属实"}
    assert await did(backend, "hp-o1", case_no, "give-opinion", **answer) == ""
    assert (await backend.get("hp-o1", place)).status_code in {403, 404}
    (opinion,) = (await get(backend, f"{place}/opinions"))["items"]
    assert (opinion["late"], opinion["asked"]) == (False, "hp-o1")
    assert (await get(backend, place))["holder"] == "ja-o1", "it was never handed over"

    # What colleagues say to each other, nobody else ever sees.
    assert SECRET in str(await get(backend, f"{place}/notes"))
    for path in ("", "/timeline", "/notes", "/opinions", "/shares"):
        seen = (await backend.get("backend", f"{place}{path}")).text
        assert SECRET not in seen
        assert QUESTION not in seen
        assert "note_added" not in seen
