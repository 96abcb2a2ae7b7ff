"""The load of a district: counted as work is shared out, for its supervisor, else one's own."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import update

from casework.store.engine import Sessions
from casework.store.models import Tasks
from tests.api.live import Backend
from tests.api.platform import SOMEBODY_ELSE
from tests.api.test_problems import assert_problem

PLACE = "/v1/loads"
COUNTS = ("open_tasks", "due_soon", "overdue", "weight")


async def _of(backend: Backend, who: str, by: str = "ja-s1", **asked: Any) -> dict[str, Any]:
    answer = await backend.get(by, PLACE, size=200, **asked)
    assert answer.status_code == 200, answer.text
    (found,) = [each for each in answer.json()["items"] if each["holder"] == who]
    return dict(found)


async def test_what_is_open_due_and_overdue_is_counted_and_weighed(
    backend: Backend, sessions: Sessions
) -> None:
    before = await _of(backend, "ja-o1")
    cases = [await backend.case(), await backend.case(applicant=SOMEBODY_ELSE)]
    today = date.fromisoformat((await backend.get("ja-s1", PLACE)).json()["on"])
    dues = (today - timedelta(days=1), date.max)
    async with sessions.begin() as session:
        for case_no, due in zip(cases, dues, strict=True):
            changed = update(Tasks).where(Tasks.case_no == case_no).values(due_on=due)
            await session.execute(changed)
    after = await _of(backend, "ja-o1")
    assert [after[name] - before[name] for name in COUNTS] == [2, 0, 1, 4 + 1]
    assert after["load"] == after["weight"]
    assert "officer" in after["roles"]
    assert await _of(backend, "ja-o1", by="ja-o1") == after
    assert await _of(backend, "ja-o1", by="sh-u2", district="310106", role="officer") == after


async def test_who_may_not_see_others_sees_themselves(backend: Backend) -> None:
    mine = (await backend.get("ja-o1", PLACE)).json()
    assert {each["holder"] for each in mine["items"]} <= {"ja-o1"}
    assert mine["teams"] == []
    for by, asked, code in (
        ("ja-o1", {"district": "310101"}, "ROLE_NOT_ALLOWED"),
        ("ja-s1", {"district": "310101"}, "OTHER_DISTRICT"),
        ("sh-u2", {}, "FIELD_REQUIRED"),
    ):
        refused = await backend.get(by, PLACE, **asked)
        assert assert_problem(refused)["code"] == code


async def test_what_if_somebody_were_away_is_computed_and_not_recorded(backend: Backend) -> None:
    case_no = await backend.case()
    today = date.fromisoformat((await backend.get("ja-s1", PLACE)).json()["on"])
    days = {"first_on": str(today), "last_on": str(today + timedelta(days=11))}
    asked: dict[str, Any] = {"away": ["ja-o1"]} | days
    answer = await backend.get("ja-s1", f"{PLACE}/what-if", **asked)
    assert answer.status_code == 200, answer.text
    rows = {each["holder"]: each for each in answer.json()["people"]}
    one, two = rows["ja-o1"], rows["ja-o2"]
    assert (one["away"], one["open_then"]) == (True, 0)
    assert two["taken_over"] == one["open_tasks"] >= 1
    assert two["open_then"] == two["open_tasks"] + one["open_tasks"]
    assert two["load_then"] > two["load"]
    assert answer.json()["unattended"] == 0
    held = (await backend.get("ja-s1", f"/v1/cases/{case_no}")).json()
    assert held["holder"] == "ja-o1"
    assert (await backend.get("ja-s1", "/v1/absences")).json()["items"] == []
    for by, changed, code in (
        ("ja-s1", {"last_on": str(today - timedelta(days=1))}, "DATES_REVERSED"),
        ("ja-s1", {"away": ["nobody-1"]}, "OFFICER_UNKNOWN"),
        ("ja-o1", {}, "ROLE_NOT_ALLOWED"),
        ("ja-s1", {"district": "310101"}, "OTHER_DISTRICT"),
        ("ja-s1", {"away": ["ja-o1", "xh-o1"]}, "OTHER_DISTRICT"),
        ("sh-u1", {"away": ["hh-u1"], "district": "310106"}, "OTHER_DISTRICT"),
    ):
        refused = await backend.get(by, f"{PLACE}/what-if", **asked | changed)
        assert assert_problem(refused)["code"] == code
