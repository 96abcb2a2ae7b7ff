"""What colleagues do among themselves on a case: over HTTP, and unseen by anybody outside."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from casework.domain.case.facts import Actor
from casework.domain.kinds.registry import workflow_id
from casework.domain.policy import Role
from casework.local.issuer.tokens import LocalIssuer
from casework.security.keys.codec import is_encrypted
from casework.security.keys.vault import ERASED
from tests.api.live import Backend, Headers
from tests.api.platform import EMPLOYER_CODE, Platform
from tests.api.test_erasure import Sealed
from tests.api.test_erasure import office as office  # noqa: PLC0414 - a fixture
from tests.authority.every_kind import NUMBER
from tests.files import pdf
from tests.keys.histories import payloads

NOTE = "家属来电说急等落户"
INNER = ("note_added", "passing_asked", "confirm_passing", "give_opinion", "asked_opinion")
READINGS = ("", "/timeline", "/clocks", "/explanation", "/notes", "/opinions")


@pytest.fixture
def headers(issuer: LocalIssuer, bearer: Headers) -> Headers:
    """The header of a colleague, of a system, or of somebody outside by role."""
    numbers = {"applicant": NUMBER, "talent": NUMBER, "employer": EMPLOYER_CODE}

    def header(who: str) -> dict[str, str]:
        if who not in numbers:
            return bearer(who)
        actor, now = Actor(code=f"p-{who}", role=Role(who)), datetime.now(UTC)
        token = issuer.mint(actor, ttl=timedelta(hours=1), at=now, number=numbers[who])
        return {"Authorization": f"Bearer {token}"}

    return header


async def test_a_colleague_takes_a_task_over(backend: Backend) -> None:
    case_no = await backend.case()
    passed = {"task": "pre_review#1", "reason": "同期件多"}
    absent = await backend.do("ja-o1", case_no, "pass-on", to="nobody", **passed)
    assert (absent.status_code, absent.json()["code"]) == (422, "OFFICER_UNKNOWN")
    asked = await backend.do("ja-o1", case_no, "pass-on", to="ja-o2", **passed)
    assert asked.status_code == 200, asked.text
    listed = (await backend.get("ja-o2", "/v1/tasks", kind="confirm_passing")).json()["items"]
    assert [(each["holder"], each["about"]) for each in listed] == [("ja-o2", "pre_review#1")]
    done = await backend.do("ja-o2", case_no, "accept-passing", task="confirm_passing#1")
    assert done.status_code == 200, done.text
    view = (await backend.get("ja-o2", f"/v1/cases/{case_no}")).json()
    assert [(each["task"], each["holder"]) for each in view["tasks"]] == [("pre_review#1", "ja-o2")]
    assert await backend.titles(case_no) == ["submitted", "passing_asked", "passing_accepted"]


async def test_an_expert_of_another_district_answers_and_sees_no_more(backend: Backend) -> None:
    case_no = await backend.case()
    path = f"/v1/cases/{case_no}"
    assert (await backend.get("hp-o1", path)).json()["code"] == "OTHER_DISTRICT"
    question: dict[str, Any] = {"question": "缴费基数是否属实", "working_days": 3}
    lost = await backend.do("ja-o1", case_no, "ask-opinion", to="nobody", **question)
    assert lost.json()["code"] == "OFFICER_UNKNOWN"
    key = "ask-1"
    for _ in range(2):  # the same key again asks nobody twice
        asked = await backend.do(
            "ja-o1", case_no, "ask-opinion", key=key, role="officer", district="310101", **question
        )
        assert asked.status_code == 200, asked.text
    head = await backend.do("ja-o1", case_no, "ask-opinion", role="head", question="请核")
    assert head.status_code == 200, head.text

    tasks = (await backend.get("hp-o1", "/v1/tasks")).json()["items"]
    assert [(each["case_no"], each["kind"], each["may_do"]) for each in tasks] == [
        (case_no, "give_opinion", True)
    ]
    assert (await backend.get("hp-o1", path)).status_code == 200
    own = (await backend.get("hp-o1", f"{path}/opinions")).json()["items"]
    assert [(each["asked"], each["question"], each["text"]) for each in own] == [
        ("hp-o1", "缴费基数是否属实", "")
    ]
    timeline = (await backend.get("hp-o1", f"{path}/timeline")).json()["items"]
    assert [event["kind"] for event in timeline] == ["submitted"]
    for verb, said in (("accept", {}), ("add-note", {"text": "x"})):
        tried = await backend.do("hp-o1", case_no, verb, **said)
        assert tried.json()["code"] == "OTHER_DISTRICT"
    nudged = [await backend.do("ja-o1", case_no, "nudge", task="give_opinion#1") for _ in range(2)]
    assert [answer.status_code for answer in nudged] == [200, 409]
    given = await backend.do("hp-o1", case_no, "give-opinion", task="give_opinion#1", text="属实")
    assert given.status_code == 200, given.text
    assert (await backend.get("hp-o1", path)).json()["code"] == "OTHER_DISTRICT"
    assert (await backend.get("hp-o1", "/v1/tasks")).json()["items"] == []
    every = (await backend.get("ja-o1", f"{path}/opinions")).json()["items"]
    assert [(each["asked"], each["text"], each["late"]) for each in every] == [
        ("hp-o1", "属实", False),
        ("ja-h1", "", False),
    ]


async def test_what_comes_with_a_question_is_shown_to_who_is_asked(office: Sealed) -> None:
    backend = office.backend
    case_no = await backend.case()
    bare = await backend.do(
        "ja-o1", case_no, "ask-opinion", to="hp-o1", question="请核", files=["ab" * 32]
    )
    assert bare.json()["code"] == "MATERIAL_NOT_UPLOADED"
    stored = await backend.http.post(
        "/v1/materials", content=pdf(b"ledger"), headers=backend.bearer("ja-o1")
    )
    sha256 = stored.json()["sha256"]
    asked = await backend.do(
        "ja-o1", case_no, "ask-opinion", to="hp-o1", question="请核", files=[sha256]
    )
    assert asked.status_code == 200, asked.text
    path = f"/v1/cases/{case_no}/materials/{sha256}"
    filed = (await backend.get("ja-o1", f"/v1/cases/{case_no}")).json()["materials"][0]["sha256"]
    seen = {
        ("ja-o2", path): 200,
        ("hp-o1", path): 200,
        ("hp-o1", f"/v1/cases/{case_no}/materials/{filed}"): 403,
        ("hp-o2", path): 403,
        ("backend", path): 403,
    }
    for (who, file), status in seen.items():
        assert (await backend.get(who, file)).status_code == status, (who, file)
    given = await backend.do("hp-o1", case_no, "give-opinion", task="give_opinion#1", text="属实")
    assert given.status_code == 200, given.text
    assert (await backend.get("hp-o1", path)).status_code == 403

    withdrawn = await backend.do("ja-o1", case_no, "withdraw", reason="另行申报")
    assert withdrawn.status_code == 200, withdrawn.text
    await office.temporal.get_workflow_handle(workflow_id("application", case_no)).result()
    assert (await office.erase(case_no)).json()["files"] == 2
    told = (await backend.get("ja-o1", f"/v1/cases/{case_no}/opinions")).json()["items"]
    assert [(each["question"], each["text"]) for each in told] == [(ERASED, ERASED)]


async def test_no_answer_to_anybody_outside_has_a_note(
    backend: Backend, platform: Platform, headers: Headers
) -> None:
    """Not even that there is one, nor what else colleagues ask of each other."""
    case_no, talent = await backend.case(), await platform.talent()
    noted = await backend.do("ja-o1", case_no, "add-note", text=NOTE)
    assert noted.status_code == 200, noted.text
    asked = {"task": "pre_review#1", "to": "ja-o2", "reason": NOTE}
    assert (await backend.do("ja-o1", case_no, "pass-on", **asked)).status_code == 200
    wanted = {"to": "ja-h1", "question": NOTE}
    assert (await backend.do("ja-o1", case_no, "ask-opinion", **wanted)).status_code == 200
    also = await platform.do("yz-sp1", "cycles", talent, "add-note", text=NOTE)
    assert also.status_code == 200, also.text

    for who in ("applicant", "talent", "employer", "backend", "archive", "superior-system"):
        me = headers(who)
        paths = [
            f"/v1/{at}/{case_no}{part}" for at in ("cases", "applications") for part in READINGS
        ]
        paths += [
            f"/v1/{at}/{talent}{part}" for at in ("cases", "talents", "cycles") for part in READINGS
        ]
        paths += [
            "/v1/cases",
            "/v1/applications",
            "/v1/talents",
            "/v1/tasks",
            "/v1/tasks?holder=ja-o2",
        ]
        for path in paths:
            answer = await backend.http.get(path, headers=me)
            for secret in (NOTE, *INNER):
                assert secret not in answer.text, (who, path)
            assert not (path.endswith(("/notes", "/opinions")) and answer.is_success), (who, path)
        for act, said in (("add-note", {"text": "x"}), ("pass-on", asked)):
            tried = await backend.http.post(
                f"/v1/applications/{case_no}/{act}", json=said, headers=me
            )
            assert tried.status_code in {403, 404}, (who, act)

    for who in ("ja-o2", "ja-r1", "ja-s1", "sh-u1"):
        found = (await backend.get(who, f"/v1/cases/{case_no}/notes")).json()["items"]
        assert [(each["actor"], each["text"]) for each in found] == [("ja-o1", NOTE)]
    elsewhere = await backend.get("hp-o1", f"/v1/cases/{case_no}/notes")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "OTHER_DISTRICT")


async def test_a_note_lies_open_neither_in_temporal_nor_in_the_register(office: Sealed) -> None:
    case_no = await office.backend.case()
    noted = await office.backend.do("ja-o1", case_no, "add-note", text=NOTE)
    assert noted.status_code == 200, noted.text
    handle = office.temporal.get_workflow_handle(workflow_id("application", case_no))
    history = await handle.fetch_history()
    found = [each for event in history.events for each in payloads(event)]
    assert any(is_encrypted(each) for each in found)
    assert all(NOTE.encode() not in each.data for each in found)
    assert NOTE not in str(history.to_json())
    assert NOTE not in (await handle.describe()).raw_description.SerializeToString().decode(
        errors="ignore"
    )
    stored = "SELECT string_agg(body::text || reason, '') FROM events WHERE case_no = :no"
    assert NOTE not in await office.scalar(stored, no=case_no)
    assert NOTE not in str(await office.query(case_no)), "the details of the Web UI"


async def test_what_somebody_holds_is_listed_for_whoever_takes_over(backend: Backend) -> None:
    case_no = await backend.case()
    passed = {"task": "pre_review#1", "to": "ja-o2", "reason": "调岗"}
    wanted = {"to": "hp-o1", "question": "是否属实"}
    for verb, said in (("pass-on", passed), ("ask-opinion", wanted), ("add-note", {"text": NOTE})):
        done = await backend.do("ja-o1", case_no, verb, **said)
        assert done.status_code == 200, done.text

    async def held(code: str, by: str = "ja-s1", **asked: str) -> list[tuple[str, str, str]]:
        path = f"/v1/officers/{code}/handover"
        items = (await backend.get(by, path, **asked)).json()["items"]
        assert {each["case_no"] for each in items} <= {case_no}
        return [(each["what"], each["id"], each["other"]) for each in items]

    note = ("note", "000000004", "ja-o1")
    assert await held("ja-o1") == [
        ("awaited", "give_opinion#1", "hp-o1"),
        note,
        ("passing", "confirm_passing#1", "ja-o2"),
        ("task", "pre_review#1", ""),
    ]
    assert await held("ja-o2", by="ja-o2") == [note, ("task", "confirm_passing#1", "ja-o1")]
    assert await held("hp-o1", by="hp-s1") == [("owed", "give_opinion#1", "ja-o1")]
    path = "/v1/officers/ja-o1/handover"
    late = (await backend.get("ja-o1", path, on="2099-01-01")).json()["items"]
    assert {each["what"] for each in late if each["overdue"]} == {"awaited", "passing", "task"}
    assert [each["text"] for each in late if each["what"] == "note"] == [NOTE]
    for who, code in (
        ("ja-o2", "ROLE_NOT_ALLOWED"),
        ("hp-s1", "OTHER_DISTRICT"),
        ("backend", "ROLE_NOT_ALLOWED"),
    ):
        refused = await backend.get(who, path)
        assert (refused.status_code, refused.json()["code"]) == (403, code)
