"""What is in force: measures and the calendar of the register, and what an import moves."""

from datetime import UTC, date, datetime, timedelta
from secrets import token_hex
from typing import Any

import httpx
import pytest

from casework.domain.time.calendar import ZONE
from casework.policy.calendars import load_calendar
from casework.store.engine import Sessions
from tests.api.live import Backend, Headers
from tests.api.test_orders import approved, proposed
from tests.api.test_problems import assert_problem
from tests.workflows.ordering import seeded

TODAY = datetime.now(UTC).astimezone(ZONE).date()
MEASURE = {
    "kind": "start_measure",
    "effect": "NO_ARCHIVE_CALL",
    "district": "310106",
    "items": ["PTS_NEW"],
    "since": TODAY.isoformat(),
    "reason": "减少人员到场",
    "reference": "公告（示例）",
}


@pytest.fixture(autouse=True)
async def _calendar(sessions: Sessions) -> None:
    await seeded(sessions)


def notice_of(year: int, **changed: Any) -> dict[str, Any]:
    """A year as a notice might have it: its statutory days, and nothing exchanged."""
    known = load_calendar().year(year)
    body = {
        "year": year,
        "off": [day.isoformat() for day in known.off],
        "make_up": [day.isoformat() for day in known.make_up],
        "notice": f"{year}年放假安排（示例）",
    }
    return {"kind": "import_calendar", "year": body | changed}


async def test_measure_is_listed_with_its_origin_and_ended(backend: Backend) -> None:
    no = await proposed(backend, MEASURE)
    await approved(backend, no)
    asked = {"district": "310106", "on": TODAY.isoformat()}
    listed = (await backend.get("ja-o1", "/v1/measures", **asked)).json()["items"]
    (measure,) = [each for each in listed if each["id"].startswith(MEASURE["effect"])]
    assert measure["id"] == f"NO_ARCHIVE_CALL.310106.{TODAY:%Y%m%d}"
    assert measure["origin"] == no
    end = {
        "kind": "end_measure",
        "measure": measure["id"],
        "until": TODAY.isoformat(),
        "reason": "恢复",
    }
    elsewhere = await backend.post("mh-s1", "/v1/orders", end)
    assert (elsewhere.status_code, assert_problem(elsewhere)["code"]) == (403, "OTHER_DISTRICT")
    await approved(backend, await proposed(backend, end))
    listed = (await backend.get("ja-o1", "/v1/measures", **asked)).json()["items"]
    (measure,) = [each for each in listed if each["id"].startswith(MEASURE["effect"])]
    assert measure["until"] == TODAY.isoformat()


async def test_calendar_is_imported_by_who_answers_for_all_districts(backend: Backend) -> None:
    coming = next(year.year for year in load_calendar().years if year.provisional)
    body = notice_of(coming) | {"approve": True}
    refused = await backend.post("ja-s1", "/v1/orders", body)
    assert (refused.status_code, assert_problem(refused)["code"]) == (403, "OTHER_DISTRICT")
    before = (await backend.get("ja-o1", f"/v1/calendar/{coming}")).json()
    answer = await backend.post("sh-u1", "/v1/orders", body, key=token_hex(4))
    # It bears on another city, too, whose superior has to consent.
    assert (answer.status_code, answer.json()["status"]) == (201, "proposed")
    approve = f"/v1/orders/{answer.json()['no']}/approve"
    alone = await backend.post("sh-u2", approve)
    assert (alone.status_code, assert_problem(alone)["code"]) == (403, "CITY_CONSENT_REQUIRED")
    both = await backend.post("hh-u1", approve)
    assert (both.status_code, both.json()["status"] in {"applied", "done"}) == (200, True)
    after = (await backend.get("ja-o1", f"/v1/calendar/{coming}")).json()
    assert (before["provisional"], after["provisional"]) == (True, False)
    assert after["notice"] == f"{coming}年放假安排（示例）"
    years = (await backend.get("ja-o1", "/v1/calendar")).json()["items"]
    assert next(year for year in years if year["year"] == coming)["provisional"] is False


async def test_district_has_its_own_days_and_nobody_else(backend: Backend) -> None:
    day = next(
        TODAY + timedelta(days=n)
        for n in range(1, 10)
        if load_calendar().is_working(TODAY + timedelta(days=n))
    )
    case_no = await backend.case()
    body = {
        "kind": "import_calendar",
        "district": "310106",
        "year": {
            "year": day.year,
            "off": [day.isoformat()],
            "make_up": [],
            "notice": "区政府通知（示例）",
        },
    }

    async def due(district: str) -> str:
        asked = {"start": TODAY.isoformat(), "working_days": 5, "district": district}
        return str((await backend.get("ja-o1", "/v1/due", **asked)).json()["due_on"])

    async def notice_due() -> date:
        path = f"/v1/applications/{case_no}/clocks"
        clocks = (await backend.get("ja-o1", path)).json()["items"]
        return date.fromisoformat({clock["clock"]: clock["due_on"] for clock in clocks}["notice"])

    before, clock_before = await due("310106"), await notice_due()
    preview = (await backend.post("ja-s1", "/v1/orders/preview", body)).json()
    assert preview["clocks"] >= 1
    await approved(backend, await proposed(backend, body))
    assert await due("310106") > before
    assert await due("310112") == before
    assert await notice_due() > clock_before


@pytest.mark.parametrize(
    ("year", "field"),
    [
        ({"notice": " "}, "import_calendar.year.notice"),
        ({"off": ["2026-13-01"]}, "import_calendar.year.off.0"),
    ],
)
async def test_year_that_cannot_be_is_refused(
    lonely: httpx.AsyncClient, bearer: Headers, year: dict[str, Any], field: str
) -> None:
    body = notice_of(2027, **year)
    answer = await lonely.post("/v1/orders", json=body, headers=bearer("sh-u1"))
    problem = assert_problem(answer)
    assert answer.status_code == 422
    assert problem["errors"][0]["field"] == field


async def test_calendar_of_the_files_answers_while_the_register_is_away(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    shown = (await lonely.get("/v1/calendar/2026", headers=bearer("ja-o1"))).json()
    assert (shown["provisional"], shown["working_days"]) == (False, 248)
    missing = await lonely.get("/v1/calendar/1999", headers=bearer("ja-o1"))
    assert (missing.status_code, assert_problem(missing)["code"]) == (422, "CALENDAR_YEAR_MISSING")
    away = await lonely.get("/v1/suspensions", headers=bearer("ja-o1"))
    assert (away.status_code, assert_problem(away)["code"]) == (503, "REGISTER_AWAY")
