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
