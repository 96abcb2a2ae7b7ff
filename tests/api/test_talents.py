"""Talents over HTTP: recognised once, shown masked, served by their credential."""

from typing import Any

import httpx
import pytest
from temporalio.client import Client

from casework.domain.identifiers import check_talent_code as check
from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.messages.cases import number_of
from casework.messages.temporal import GIVING_WAY, order_of_work
from tests.api.live import Backend, Headers
from tests.api.platform import (
    OTHER_EMPLOYER,
    PERSONAL,
    SOMEBODY_ELSE,
    Platform,
    permit,
    recognition,
)
from tests.api.test_problems import assert_problem

NOBODY = "500103-0000-0000-0000"


async def test_repeated_recognition_is_the_same_cycle(
    backend: Backend, platform: Platform, temporal: Client
) -> None:
    body = recognition()
    first = await backend.post("backend", "/v1/talents", body)
    assert first.status_code == 201, first.text
    number = number_of(CaseKind.TALENT_CYCLE, "500103", "talent-platform", body["reference"])
    assert first.json() == {
        "case_no": number,
        "seq": 1,
        "stage": "active",
        "stage_label": "周期内",
        "at": first.json()["at"],
    }
    assert first.headers["location"] == f"/v1/cycles/{number}"
    again = await backend.post("backend", "/v1/talents", body)
    assert (again.status_code, again.json()) == (200, first.json())
    other = await backend.post("backend", "/v1/talents", body | {"letter": "B"})
    assert (other.status_code, assert_problem(other)["code"]) == (409, "CONTENT_DIFFERS")
    assert (await platform.happened(number))[0] == "cycle_begun"
    cycle = temporal.get_workflow_handle(workflow_id(CaseKind.TALENT_CYCLE, number))
    plain = str((await cycle.describe()).typed_search_attributes)
    assert not any(personal in plain for personal in PERSONAL)


async def test_cycles_let_the_work_of_other_kinds_pass(
    platform: Platform, temporal: Client
) -> None:
    number = await platform.talent()
    cycle = temporal.get_workflow_handle(workflow_id(CaseKind.TALENT_CYCLE, number))
    (started, *_) = (await cycle.fetch_history()).events
    order = started.workflow_execution_started_event_attributes.priority.priority_key
    assert order == GIVING_WAY.priority_key
    ordinary = order_of_work(CaseKind.APPLICATION).priority_key
    assert ordinary is not None
    assert ordinary < order, "the smaller number goes before"


async def test_talent_is_shown_masked_and_has_a_code(backend: Backend, platform: Platform) -> None:
    number = await platform.talent()
    answer = await backend.get("yz-sp1", f"/v1/talents/{number}")
    talent = answer.json()
    assert (talent["kind"], talent["kind_label"]) == ("talent_cycle", "人才服务周期")
    assert (talent["status"], talent["status_label"]) == ("active", "服务中")
    assert {party["role"] for party in talent["parties"]} == {"applicant", "employer"}
    assert not any(personal in answer.text for personal in PERSONAL)
    assert check(talent["credential_code"])
    picture = await backend.get("yz-sp1", f"/v1/talents/{number}/code.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.text.startswith("<svg")
    assert await platform.shown("cycles", number) == await platform.shown("talents", number)


async def test_talents_are_found_by_what_is_known_of_them(
    backend: Backend, platform: Platform
) -> None:
    first = await platform.talent(letter="B")
    second = await platform.talent(letter=None, score=1200, district="500112", talent=SOMEBODY_ELSE)
    await platform.permit()

    async def found(by: str, **asked: Any) -> list[str]:
        answer = await backend.get(by, "/v1/talents", **asked)
        return [talent["case_no"] for talent in answer.json()["items"]]

    assert await found("cq-sv1") == [second, first]
    assert await found("cq-sp1") == [first]  # who has no letter is served by the district, as F
    assert await found("yz-sp1") == [first]
    assert await found("cq-sp1", letter="B", status="active") == [first]
    code = (await platform.shown("talents", second))["credential_code"]
    assert await found("cq-sv1", credential=code) == [second]
    assert await found("cq-sp1", credential=code) == []
    assert await found("cq-sp1", employer=OTHER_EMPLOYER) == []


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"full_time": False}, "full_time", "NOT_FULL_TIME"),
        ({"letter": None}, "letter", "FIELD_REQUIRED"),
        ({"letter": "G"}, "letter", "INVALID_REQUEST"),
        ({"district": "310106"}, "district", None),
        ({"district": "999999"}, "district", "PLATFORM_UNKNOWN"),
        ({"recognised_on": "2199-01-01"}, "recognised_on", "DATE_IN_FUTURE"),
        ({"credential": {"kind": "card"}}, "credential.code", "FIELD_REQUIRED"),
        (
            {"talent": {"name": "张三", "id_number": "310101199003071231", "phone": "13800001234"}},
            "talent.id_number",
            "ID_NUMBER_INVALID",
        ),
        (
            {"talent": {"name": "张三", "id_number": "310101199003071230"}},
            "talent.email",
            "INVALID_REQUEST",
        ),
        (
            {"employer": {"name": "某某公司", "credit_code": "1", "email": "hr@example.com"}},
            "employer.credit_code",
            "EMPLOYER_CODE_INVALID",
        ),
    ],
)
async def test_recognition_that_is_wrong_names_the_field(
    lonely: httpx.AsyncClient, bearer: Headers, changed: dict[str, Any], field: str, code: str
) -> None:
    answer = await lonely.post(
        "/v1/talents", json=recognition(**changed), headers=bearer("backend")
    )
    problem = assert_problem(answer)
    assert answer.status_code == 422
    if code is not None:
        assert problem["code"] == code
        assert [error["field"] for error in problem["errors"]] == [field]


async def test_only_specialists_and_systems_recognise(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    for by, code in (("yz-edu1", "ROLE_NOT_ALLOWED"), ("yb-sp1", "OTHER_DISTRICT")):
        answer = await lonely.post("/v1/talents", json=recognition(), headers=bearer(by))
        assert (answer.status_code, assert_problem(answer)["code"]) == (403, code)


async def test_card_belongs_to_one_talent(backend: Backend, platform: Platform) -> None:
    card = {"kind": "card", "code": "YC-1"}
    first = await platform.talent(credential=card)
    taken = await backend.post(
        "backend", "/v1/talents", recognition(talent=SOMEBODY_ELSE, credential=card)
    )
    assert (taken.status_code, assert_problem(taken)["code"]) == (409, "CREDENTIAL_TAKEN")
    second = await platform.talent(talent=SOMEBODY_ELSE)
    lost = {"credential": "card", "reason": "遗失补发"}
    issue = "issue-credential"
    refused = await platform.do("yz-sp1", "cycles", second, issue, code="YC-1", **lost)
    assert (refused.status_code, assert_problem(refused)["code"]) == (409, "CREDENTIAL_TAKEN")
    issued = await platform.do("yz-sp1", "cycles", first, issue, code="YC-2", **lost)
    assert issued.status_code == 200, issued.text
    assert (await platform.shown("talents", first))["credential_code"] == "YC-2"
    nothing = await backend.get("yz-sp1", f"/v1/talents/{first}/code.svg")
    assert (nothing.status_code, assert_problem(nothing)["code"]) == (404, "NO_TALENT_CODE")


async def test_verbs_of_a_cycle_are_done_once(backend: Backend, platform: Platform) -> None:
    number = await platform.talent()
    early = await platform.do(
        "employer", "cycles", number, "evaluate", verdict="qualified", text="履职良好"
    )
    assert (early.status_code, assert_problem(early)["code"]) == (409, "EVALUATION_TOO_EARLY")
    down = {"letter": "E", "reason": "目录调整"}
    first = await platform.do("yz-sp1", "cycles", number, "reclassify", key="k-1", **down)
    again = await platform.do("yz-sp1", "cycles", number, "reclassify", key="k-1", **down)
    assert (first.status_code, again.json()) == (200, first.json())
    asked = await backend.get("yz-sp1", f"/v1/operations/{number}/k-1", kind="talent_cycle")
    assert (asked.status_code, asked.json()) == (200, first.json())
    whatever_kind = await backend.get("yz-sp1", f"/v1/operations/{number}/k-1")
    assert (whatever_kind.status_code, whatever_kind.json()) == (200, first.json())
    unknown = await backend.get("yz-sp1", f"/v1/operations/{number}/k-2", kind="talent_cycle")
    assert (unknown.status_code, assert_problem(unknown)["code"]) == (404, "OPERATION_NOT_FOUND")
    assert (await platform.shown("talents", number))["letter"] == "E"


async def test_new_employer_takes_the_place_of_the_old(platform: Platform) -> None:
    number = await platform.talent()
    changed = await platform.do(
        "yz-sp1",
        "cycles",
        number,
        "change-employer",
        employer=OTHER_EMPLOYER,
        changed_on=recognition()["recognised_on"],
        party={"name": "新单位联络员", "email": "other@example.com"},
    )
    assert changed.status_code == 200, changed.text
    talent = await platform.shown("talents", number)
    (employer,) = [party for party in talent["parties"] if party["role"] == "employer"]
    assert (talent["employer"], employer["name"][0]) == (OTHER_EMPLOYER, "新")
    wrong = await platform.do(
        "yz-sp1", "cycles", number, "change-employer", employer="1", changed_on="2026-01-01"
    )
    assert (wrong.status_code, assert_problem(wrong)["code"]) == (422, "EMPLOYER_CODE_INVALID")


async def test_talent_who_has_left_is_served_no_more(backend: Backend, platform: Platform) -> None:
    number = await platform.talent()
    left = {"left_on": recognition()["recognised_on"], "reason": "调离本市"}
    assert (await platform.do("yz-sp1", "cycles", number, "record-left", **left)).status_code == 200
    assert (await platform.shown("talents", number))["status"] == "left"
    picture = await backend.get("yz-sp1", f"/v1/talents/{number}/code.svg")
    assert (picture.status_code, assert_problem(picture)["code"]) == (409, "CREDENTIAL_VOID")
    closed = await platform.do("yz-sp1", "cycles", number, "reclassify", letter="B", reason="重认")
    assert (closed.status_code, assert_problem(closed)["code"]) == (409, "CASE_CLOSED")


async def test_cycle_that_never_was_is_not_found(backend: Backend, platform: Platform) -> None:
    permitted = await platform.permit()
    for answer in (
        await platform.do("yz-sp1", "cycles", NOBODY, "reclassify", letter="B", reason="重认"),
        await backend.get("yz-sp1", f"/v1/talents/{NOBODY}"),
        await backend.get("yz-sp1", f"/v1/talents/{NOBODY}/code.svg"),
        await backend.get("yz-sp1", f"/v1/cycles/{NOBODY}"),
        await backend.get("ja-o1", f"/v1/talents/{permitted}"),
    ):
        assert (answer.status_code, assert_problem(answer)["code"]) == (404, "CASE_NOT_FOUND")


async def test_permit_tells_when_its_points_may_be_renewed(
    backend: Backend, platform: Platform
) -> None:
    body = permit(source="window")
    first = await backend.post("ja-o1", "/v1/permits", body)
    again = await backend.post("ja-o1", "/v1/permits", body)
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    number = first.json()["case_no"]
    cycle = await platform.shown("cycles", number)
    assert (cycle["kind_label"], cycle["points"]) == ("居住证周期", "valid")
    assert (cycle["renewal_opens_on"], cycle["renewal_note"][:3]) == (None, "居住证")

    async def confirmed() -> str:
        answer = await platform.do("ja-o1", "cycles", number, "confirm-points", reference="JF-1")
        return str(assert_problem(answer)["code"])

    assert await confirmed() == "PERMIT_NOT_RENEWED"
    renewed_on = (await backend.get("ja-o1", f"/v1/cases/{number}/timeline")).json()["items"][0]
    renewed = await platform.do(
        "ja-o1",
        "cycles",
        number,
        "renew-permit",
        renewed_on=renewed_on["at"][:10],
        expires_on=f"{int(body['expires_on'][:4]) + 1}-01-04",
    )
    assert renewed.status_code == 200, renewed.text
    assert await confirmed() == "RENEWAL_NOT_OPEN"
    cycle = await platform.shown("cycles", number)
    assert cycle["renewal_opens_on"] in cycle["renewal_note"]
    other = await platform.do("ja-r1", "cycles", number, "verify", passed=True)
    assert (other.status_code, assert_problem(other)["code"]) == (409, "NOT_OF_THIS_CYCLE")


@pytest.mark.parametrize(
    ("by", "changed", "code"),
    [
        ("ja-r1", {}, "ROLE_NOT_ALLOWED"),
        ("mh-o1", {}, "OTHER_DISTRICT"),
        ("backend", {"expires_on": "2020-01-01"}, "DATES_REVERSED"),
        ("backend", {"starts_on": "2198-01-01", "expires_on": "2199-01-01"}, "DATE_IN_FUTURE"),
        ("backend", {"district": "500103"}, "NOT_IN_FORCE"),
    ],
)
async def test_permit_that_is_wrong_is_refused(
    lonely: httpx.AsyncClient, bearer: Headers, by: str, changed: dict[str, Any], code: str
) -> None:
    answer = await lonely.post("/v1/permits", json=permit(**changed), headers=bearer(by))
    assert answer.status_code in {403, 422}
    assert assert_problem(answer)["code"] == code
