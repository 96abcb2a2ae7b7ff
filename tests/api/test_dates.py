"""Dates in HTTP bodies: nonsense is refused at the door, with the field named."""

import pytest

from tests.api.live import Backend
from tests.api.test_problems import assert_problem


@pytest.mark.parametrize(
    ("renewed_on", "detail"),
    [
        ("2062-09-01", "不能晚于收件日"),
        ("0001-01-01", "1900 年"),
        ("9999-12-31", "2199 年"),
        (1_700_000_000, "须是日期"),
        ("20260901", "须是日期"),
    ],
)
async def test_claimed_date_that_cannot_be_is_refused(
    renewed_on: object, detail: str, backend: Backend
) -> None:
    body = await backend.submission()
    body["claims"] = body["claims"] | {"permit_renewed_on": renewed_on}
    refused = await backend.post("backend", "/v1/applications", body)
    problem = assert_problem(refused)
    assert (refused.status_code, problem["code"]) == (422, "FACT_INVALID")
    assert problem["errors"][0]["field"] == "claims.permit_renewed_on"
    assert detail in problem["errors"][0]["detail"]


@pytest.mark.parametrize("at", [1_700_000_000, "1700000000", 1.5])
async def test_time_of_receipt_is_no_number(at: object, backend: Backend) -> None:
    body = await backend.submission()
    refused = await backend.post("backend", "/v1/applications", body | {"received_at": at})
    problem = assert_problem(refused)
    assert (refused.status_code, problem["errors"][0]["field"]) == (422, "received_at")


async def test_date_of_a_verb_is_no_number(backend: Backend) -> None:
    body = await backend.submission()
    case_no = (await backend.post("backend", "/v1/applications", body)).json()["case_no"]
    path = f"/v1/applications/{case_no}/promise"
    refused = await backend.post("ja-o1", path, {"signed_on": 1_700_000_000})
    problem = assert_problem(refused)
    assert (refused.status_code, problem["errors"][0]["field"]) == (422, "signed_on")
