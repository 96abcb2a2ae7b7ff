"""A walkthrough over HTTP: who may own a remedy, its evidence, who closes it, and the ledger."""

import itertools
from typing import Any

import pytest

from tests.api.live import Backend
from tests.api.test_problems import assert_problem
from tests.files import PDF

_numbers = itertools.count(1)
WALK = {
    "district": "310106",
    "leader": "分管副局长",
    "role": "citizen",
    "mode": "in_person",
    "way": "mixed",
    "walked_item": "职业介绍",
    "walked_on": "2026-09-16",
    "online_easy": 2,
}
REMEDY = {"text": "当日激活", "owner": "ja-o2", "answers": ["P1"], "working_days": 20}


async def walked(backend: Backend, **fields: Any) -> str:
    """The address of a new walkthrough with one problem."""
    body = {**WALK, "reference": f"walk-{next(_numbers)}", **fields}
    opened = await backend.post("ja-o1", "/v1/walkthroughs", body)
    assert opened.status_code == 201, opened.text
    place = f"/v1/walkthroughs/{opened.json()['case_no']}"
    await done(backend, "ja-o1", f"{place}/note-finding", sort="problem", text="隔天激活")
    return place


async def done(backend: Backend, who: str, address: str, **body: Any) -> None:
    answer = await backend.post(who, address, body)
    assert answer.is_success, answer.text


async def refused(backend: Backend, who: str, address: str, **body: Any) -> str:
    return str(assert_problem(await backend.post(who, address, body))["code"])


@pytest.mark.parametrize(
    ("owner", "code"),
    [
        ("nobody-1", "OFFICER_UNKNOWN"),
        ("mh-o1", "OTHER_DISTRICT"),
        ("sh-u1", "OTHER_ROLE"),
    ],
)
async def test_a_remedy_is_owned_by_somebody_who_may_report_it(
    backend: Backend, owner: str, code: str
) -> None:
    place = await walked(backend)
    remedy = {**REMEDY, "owner": owner}
    assert await refused(backend, "ja-o1", f"{place}/set-remedy", **remedy) == code
    await done(backend, "ja-o1", f"{place}/set-remedy", **REMEDY)
    change = {"remedy": "R1", "owner": owner, "reason": "调离"}
    assert await refused(backend, "ja-s1", f"{place}/change-remedy-owner", **change) == code
    await done(backend, "ja-s1", f"{place}/change-remedy-owner", **{**change, "owner": "ja-r1"})


async def test_its_owner_does_not_close_it_and_the_ledger_shows_it(backend: Backend) -> None:
    place = await walked(backend)
    no_remedy = await refused(backend, "ja-o1", f"{place}/conclude-findings")
    assert no_remedy == "PROBLEM_WITHOUT_REMEDY"
    await done(backend, "ja-o1", f"{place}/set-remedy", **{**REMEDY, "owner": "ja-r1"})
    await done(backend, "ja-o1", f"{place}/conclude-findings")
    tasks = (await backend.get("ja-r1", "/v1/tasks")).json()["items"]
    own = [task for task in tasks if task["case_no"] == place.rpartition("/")[2]]
    assert [(task["kind"], task["about"]) for task in own] == [("carry_out_remedy", "R1")]
    assert own[0]["due_on"] is not None

    headers = backend.bearer("ja-r1")
    stored = await backend.http.post("/v1/materials", content=PDF, headers=headers)
    digest = stored.json()["sha256"]
    report = {"remedy": "R1", "proof": "附截图"}
    lost = await refused(backend, "ja-r1", f"{place}/report-remedy", **report, files=["0" * 64])
    assert lost == "MATERIAL_NOT_UPLOADED"
    await done(backend, "ja-r1", f"{place}/report-remedy", **report, files=[digest])
    verify = {"remedy": "R1", "done": True}
    assert await refused(backend, "ja-r1", f"{place}/verify-remedy", **verify) == "ROLE_NOT_ALLOWED"
    shown = (await backend.get("ja-s1", place)).json()
    assert [(m["material"], m["sha256"]) for m in shown["materials"]] == [("R1", digest)]
    await done(backend, "ja-s1", f"{place}/verify-remedy", **verify)

    shown = (await backend.get("ja-s1", place)).json()
    assert shown["stage"] == "walk_closed"
    (walk,), (finding,), (remedy,) = (
        shown[member] for member in ("walkthroughs", "walk_findings", "remedies")
    )
    assert (walk["leader"], walk["online_easy"], walk["policy_known"]) == ("分管副局长", 2, None)
    assert (finding["what"], finding["answered_by"]) == ("隔天激活", "R1")
    assert (remedy["status"], remedy["closed_by"], remedy["proof"]) == ("closed", "ja-s1", "附截图")
    entries = (await backend.get("ja-s1", "/v1/walk-entries", size=200)).json()["items"]
    of_this = [each for each in entries if each["case_no"] == place.rpartition("/")[2]]
    assert {(each["figure"], each["code"]) for each in of_this} == {
        ("walked", ""),
        ("walk_problems", "P1"),
        ("remedies_set", "R1"),
        ("remedies_closed", "R1"),
    }


async def test_four_eyes_of_an_officers_own_remedy(backend: Backend) -> None:
    place = await walked(backend)
    await done(backend, "ja-o1", f"{place}/set-remedy", **REMEDY)
    await done(backend, "ja-o1", f"{place}/conclude-findings")
    await done(backend, "ja-o2", f"{place}/report-remedy", remedy="R1", proof="已改")
    verify = {"remedy": "R1", "done": True}
    assert await refused(backend, "ja-o2", f"{place}/verify-remedy", **verify) == "FOUR_EYES"
    acts = (await backend.get("ja-o2", f"/v1/cases/{place.rpartition('/')[2]}/acts")).json()
    (act,) = [each for each in acts["items"] if each["verb"] == "verify-remedy"]
    assert not act["may"]
    assert "销号" in act["why_not"]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("walked_on", "2199-01-01", "DATE_IN_FUTURE"),
        ("leader", " ", "FIELD_REQUIRED"),
        ("online_easy", 6, "INVALID_REQUEST"),
        ("mode", "by_magic", "INVALID_REQUEST"),
    ],
)
async def test_a_walk_is_refused(backend: Backend, field: str, value: Any, code: str) -> None:
    body = {**WALK, "reference": f"walk-{next(_numbers)}", field: value}
    answer = await backend.post("ja-o1", "/v1/walkthroughs", body)
    assert assert_problem(answer)["code"] == code
