"""Signed digests over HTTP: for supervisors of the district, and the superior."""

from datetime import UTC, date, datetime, timedelta

from casework.security.audit.digests import DigestKey
from casework.store.audit import make_digest
from casework.store.engine import Sessions
from tests.api.live import Backend
from tests.api.test_problems import assert_problem

PATH = "/v1/audit/digests"
FIRST = date(2026, 11, 19)


async def fill(sessions: Sessions, *districts: str) -> None:
    key, now = DigestKey.new(), datetime(2026, 11, 22, tzinfo=UTC)
    for district in districts:
        for days in range(2):
            async with sessions.begin() as session:
                day = FIRST + timedelta(days=days)
                await make_digest(session, district, day, made_at=now, key=key)


async def test_supervisor_sees_those_of_the_district(backend: Backend, sessions: Sessions) -> None:
    await fill(sessions, "310106", "310112")
    answer = await backend.get("ja-s1", PATH)
    assert answer.status_code == 200
    items = answer.json()["items"]
    assert [(item["district"], item["number"]) for item in items] == [("310106", 2), ("310106", 1)]
    assert items[0]["hash"].startswith("sha256:")
    assert "document" not in items[0]
    elsewhere = await backend.get("ja-s1", PATH, district="310112")
    assert (elsewhere.status_code, assert_problem(elsewhere)["code"]) == (403, "OTHER_DISTRICT")


async def test_superior_sees_all_page_by_page(backend: Backend, sessions: Sessions) -> None:
    await fill(sessions, "310106", "310112")
    seen, cursor = [], ""
    while cursor is not None:
        answer = (await backend.get("sh-u1", PATH, size=3, cursor=cursor)).json()
        seen += [(item["day"], item["district"]) for item in answer["items"]]
        cursor = answer["next_cursor"]
    assert seen == [
        ("2026-11-20", "310112"),
        ("2026-11-20", "310106"),
        ("2026-11-19", "310112"),
        ("2026-11-19", "310106"),
    ]


async def test_nobody_else_sees_them(backend: Backend) -> None:
    for code in ("ja-o1", "ja-r1", "backend"):
        answer = await backend.get(code, PATH)
        assert (answer.status_code, assert_problem(answer)["code"]) == (403, "ROLE_NOT_ALLOWED")
