"""The calculator; the vectors are those of domain.md §D.3."""

from datetime import date
from typing import Any

import httpx
import pytest

from casework.domain.errors import DomainError
from casework.due import compute_due
from casework.policy.calendars import load_calendar
from tests.api.live import Headers


def due(start: str, **asked: Any) -> dict[str, Any]:
    return compute_due(date.fromisoformat(start), **asked, calendar=load_calendar())


@pytest.mark.parametrize(
    ("start", "working_days", "expected"),
    [
        ("2026-02-13", 5, "2026-02-27"),
        ("2026-02-13", 20, "2026-03-19"),
        ("2026-09-17", 5, "2026-09-23"),
        ("2026-09-17", 20, "2026-10-21"),
        ("2026-09-24", 1, "2026-09-28"),
        ("2026-09-24", 5, "2026-10-09"),
        ("2026-09-24", 15, "2026-10-22"),
        ("2026-09-30", 5, "2026-10-13"),
    ],
)
def test_known_limits_end_on_their_days(start: str, working_days: int, expected: str) -> None:
    answer = due(start, working_days=working_days)
    assert answer["due_on"] == expected
    assert not answer["provisional"]
    counted = [day for day in answer["explanation"] if day["counted"]]
    assert counted[-1] == {**counted[-1], "day": expected, "number": working_days}


def test_extension_and_suspensions_move_the_day() -> None:
    assert due("2026-09-17", working_days=20, extend=10)["due_on"] == "2026-11-04"
    stopped = due("2026-09-17", working_days=5, suspended=["2026-09-21..2026-09-22"])
    assert stopped["due_on"] == "2026-09-28"
    kinds = {day["day"]: day["kind"] for day in stopped["explanation"]}
    assert kinds["2026-09-21"] == kinds["2026-09-22"] == "suspended"


def test_open_suspension_leaves_the_day_unknown() -> None:
    assert due("2026-09-17", working_days=5, suspended=["2026-09-21.."])["due_on"] is None


def test_calendar_limit_that_ends_on_a_rest_day_rolls_forward() -> None:
    assert due("2026-09-24", days=10)["due_on"] == "2026-10-08"
    assert due("2026-08-31", months=1)["due_on"] == "2026-09-30"


def test_year_without_a_notice_is_provisional() -> None:
    assert due("2026-12-28", working_days=10)["provisional"]


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        ({}, "ONE_LIMIT", "working_days"),
        ({"days": 3, "months": 1}, "ONE_LIMIT", "months"),
        ({"working_days": 0}, "AMOUNT_OUT_OF_RANGE", "working_days"),
        ({"days": 10**9}, "AMOUNT_OUT_OF_RANGE", "days"),
        ({"days": 3, "extend": -1}, "AMOUNT_OUT_OF_RANGE", "extend"),
        ({"days": 3, "suspended": ["2026-09-21"]}, "STRETCH_INVALID", "suspended"),
        ({"days": 3, "suspended": ["2026-09-21..2026-09-20"]}, "STRETCH_INVALID", "suspended"),
        ({"days": 3, "suspended": ["..2026-09-20"]}, "STRETCH_INVALID", "suspended"),
    ],
)
def test_impossible_question_names_its_field(asked: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(DomainError) as refused:
        due("2026-09-17", **asked)
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize("start", ["0001-01-01", "9999-12-30"])
def test_day_that_no_case_can_be_about_is_refused(start: str) -> None:
    with pytest.raises(DomainError) as refused:
        due(start, days=3660)
    assert (refused.value.code, refused.value.field) == ("DATE_OUT_OF_RANGE", "start")


def test_day_beyond_every_table_is_computed_from_the_law() -> None:
    assert due("2059-12-01", days=3660)["provisional"]


async def test_http_answers_as_the_function_does(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    asked: dict[str, Any] = {
        "start": "2026-09-24",
        "working_days": 15,
        "suspended": ["2026-09-28..2026-09-29"],
    }
    answer = await lonely.get("/v1/due", params=asked, headers=bearer("ja-o1"))
    assert answer.json() == due("2026-09-24", working_days=15, suspended=["2026-09-28..2026-09-29"])


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"start": "2026-02-30", "days": 3}, "start"),
        ({"start": "2026-09-24"}, "working_days"),
        ({"start": "2026-09-24", "days": "many"}, "days"),
        ({"start": "2026-09-24", "days": 3, "district": "999999"}, "district"),
        ({"start": "2026-09-24", "days": 3, "suspended": "x"}, "suspended"),
    ],
)
async def test_http_names_the_field_that_is_wrong(
    lonely: httpx.AsyncClient, bearer: Headers, asked: dict[str, Any], field: str
) -> None:
    answer = await lonely.get("/v1/due", params=asked, headers=bearer("ja-o1"))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
