"""Service guides over HTTP: anybody who is logged in may ask, with and without a register."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from casework.domain.time.calendar import ZONE
from casework.store.engine import Sessions
from tests.api.live import Backend, Headers
from tests.api.test_orders import approved, proposed
from tests.api.test_problems import assert_problem
from tests.workflows.ordering import seeded

TODAY = datetime.now(UTC).astimezone(ZONE).date()
ASKED = {"district": "310106", "on": "2026-09-17"}
GUIDE = "/v1/guides/PTS_NEW"


async def test_a_guide_tells_an_applicant_what_to_bring(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    answer = await lonely.get(GUIDE, params=ASKED, headers=bearer("talent"))
    guide = answer.json()
    assert answer.status_code == 200
    assert (guide["name"], guide["office"]) == ("居住证积分新办", "静安区人才服务中心")
    assert (guide["on"], guide["provisional"]) == ("2026-09-17", True)
    (diploma,) = [each for each in guide["materials"] if each["code"] == "diploma"]
    assert diploma["needed"] == "属于“通过教育背景分值申办”时需要"
    assert diploma["when"] == [{"fact": "points_by_education", "op": "truthy", "value": None}]
    steps = {step["code"]: step for step in guide["steps"]}
    assert steps["notice"]["basis"] == "《行政许可法》第三十二条第一款第四项"
    assert (steps["supplement"]["text"], steps["supplement"]["basis"]) == ("15个工作日", "")
    assert guide["postal_address"] is None
    assert guide["phone"]["text"] == "尚未公布"
    assert (guide["fees"]["text"], guide["fees"]["basis"]) == ("不收取费用", "")
    assert guide["remedies"]["basis"] == "《行政许可法》第三十八条第二款"
    assert "copies" not in guide


@pytest.mark.parametrize(
    ("place", "field"),
    [
        ("NO_SUCH?district=310106&on=2026-09-17", "item"),
        ("PTS_NEW?district=999999&on=2026-09-17", "district"),
        ("PTS_NEW?district=310106&on=1999-01-01", "item"),
        ("PTS_NEW?district=310106&on=tomorrow", "on"),
        ("PTS_NEW", "district"),
        ("PTS_NEW/materials?district=310106&on=9999-12-31", "on"),
        ("PTS_NEW/differences?district=310106&against=150100&on=2026-09-17", "item"),
        ("PTS_NEW/differences?district=310106&against_on=1999-01-01", "item"),
    ],
)
async def test_a_guide_of_what_is_not_offered_is_refused(
    lonely: httpx.AsyncClient, bearer: Headers, place: str, field: str
) -> None:
    answer = await lonely.get(f"/v1/guides/{place}", headers=bearer("talent"))
    assert answer.status_code == 422
    assert [error["field"] for error in assert_problem(answer)["errors"]] == [field]


async def test_a_stranger_is_asked_to_log_in(lonely: httpx.AsyncClient) -> None:
    for path in (GUIDE, f"{GUIDE}/differences", f"{GUIDE}/materials"):
        assert (await lonely.get(path, params=ASKED)).status_code == 401


async def test_differences_name_both_sides(lonely: httpx.AsyncClient, bearer: Headers) -> None:
    async def differences(**asked: str) -> Any:
        answer = await lonely.get(
            f"{GUIDE}/differences", params=ASKED | asked, headers=bearer("talent")
        )
        assert answer.status_code == 200
        return answer.json()

    districts = await differences(against="310115")
    assert (districts["first"]["district_name"], districts["second"]["district_name"]) == (
        "静安区",
        "浦东新区",
    )
    permit = next(each for each in districts["items"] if each["code"] == "permit_validity")
    assert (permit["how"], permit["second"]) == ("only_first", "")
    days = await differences(against_on="2022-04-10")
    assert (days["second"]["district"], days["second"]["on"]) == ("310106", "2022-04-10")
    assert "暂缓出具外调联系函" in {each["name"] for each in days["items"]}
    assert (await differences())["items"] == []


async def test_materials_are_asked_beforehand_by_the_rules_of_the_checklist(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    async def needed(*claims: str) -> set[str]:
        answer = await lonely.get(
            f"{GUIDE}/materials", params={**ASKED, "claim": claims}, headers=bearer("talent")
        )
        assert answer.status_code == 200
        return {material["code"] for material in answer.json()["items"]}

    everybody = {
        "identity_document",
        "application_form",
        "residence_permit",
        "labour_contract",
        "sealed_copies",
    }
    assert await needed() == everybody
    assert await needed("points_by_education:false", "self_score:125") == everybody
    assert await needed("points_by_education:true", "overseas_education:true") == everybody | {
        "diploma",
        "overseas_certification",
    }
    assert await needed("highest_education:high_school_or_below") == everybody | {
        "graduation_certificate"
    }


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        (("no_such:true",), "UNKNOWN_FACT"),
        (("id_number_invalid:true",), "UNKNOWN_FACT"),
        (("points_by_education",), "FACT_INVALID"),
        (("points_by_education:1",), "FACT_INVALID"),
        (("self_score:true",), "FACT_INVALID"),
        (("self_score:999999999",), "FACT_INVALID"),
        (("highest_education:kindergarten",), "FACT_INVALID"),
        (("permit_expires_on:soon",), "FACT_INVALID"),
        (("self_score:1", "self_score:2"), "FACT_INVALID"),
    ],
)
async def test_a_fact_that_no_form_could_state_is_refused(
    lonely: httpx.AsyncClient, bearer: Headers, claims: tuple[str, ...], code: str
) -> None:
    answer = await lonely.get(
        f"{GUIDE}/materials", params={**ASKED, "claim": claims}, headers=bearer("talent")
    )
    problem = assert_problem(answer)
    assert (answer.status_code, problem["code"]) == (422, code)
    assert [error["field"] for error in problem["errors"]] == [
        f"claims.{claims[0].partition(':')[0]}"
    ]


async def test_a_measure_by_order_stands_in_the_guide(backend: Backend, sessions: Sessions) -> None:
    await seeded(sessions)
    asked = {"district": "310106", "on": TODAY.isoformat()}

    async def told() -> tuple[set[str], set[str]]:
        guide = (await backend.get("ja-o1", GUIDE, **asked)).json()
        steps = {step["code"] for step in guide["steps"]}
        return steps, {measure["name"] for measure in guide["measures"]}

    steps, measures = await told()
    assert "archive" in steps
    assert "暂缓调档" not in measures
    order = {
        "kind": "start_measure",
        "effect": "NO_ARCHIVE_CALL",
        "district": "310106",
        "items": ["PTS_NEW"],
        "since": TODAY.isoformat(),
        "reason": "减少人员到场",
        "reference": "公告（示例）",
    }
    await approved(backend, await proposed(backend, order))
    steps, measures = await told()
    assert "archive" not in steps
    assert "暂缓调档" in measures
