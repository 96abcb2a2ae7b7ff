"""What was sent to whom, over HTTP: for supervisors of the district, and the superior."""

from datetime import date

import pytest

from casework.domain.time.ladder import Rung
from casework.store.cards import Audience, mark_refused, mark_sent, open_digest
from casework.store.engine import Sessions
from tests.api.live import Backend
from tests.api.test_problems import assert_problem
from tests.store.cards import T0, CardRow, Pack

PATH = "/v1/card-digests"
DAYS = (date(2026, 11, 23), date(2026, 11, 24))


async def fill(sessions: Sessions) -> None:
    """Digests of two days in two districts; the last of them refused."""
    async with sessions.begin() as session:
        await Pack(session).add(
            *(
                CardRow(number=number, holder=officer, rung=Rung.RED)
                for number, officer in enumerate(("ja-o1", "mh-o1", "ja-r1"))
            )
        )
        for officer, district, day in (
            ("ja-o1", "310106", DAYS[0]),
            ("mh-o1", "310112", DAYS[0]),
            ("ja-r1", "310106", DAYS[1]),
        ):
            key = f"cards:{officer}:{district}:{day}"
            await open_digest(
                session,
                Audience(officer=officer),
                key=key,
                district=district,
                day=day,
                channel="mail",
            )
            if officer == "ja-r1":
                await mark_refused(session, key, "smtp_550")
            else:
                await mark_sent(session, key, "<1@office.example>", T0)


async def test_supervisor_sees_who_was_told_in_the_district(
    backend: Backend, sessions: Sessions
) -> None:
    await fill(sessions)
    answer = await backend.get("ja-s1", PATH)
    assert answer.status_code == 200
    newest, oldest = answer.json()["items"]
    assert (newest["officer"], newest["status"], newest["problem"], newest["status_label"]) == (
        "ja-r1",
        "refused",
        "smtp_550",
        "未能送达",
    )
    assert (oldest["officer"], oldest["red"], oldest["yellow"], oldest["older"]) == (
        "ja-o1",
        1,
        0,
        0,
    )
    assert oldest["sent_at"]
    assert "@" not in answer.text
    elsewhere = await backend.get("ja-s1", PATH, district="310112")
    assert (elsewhere.status_code, assert_problem(elsewhere)["code"]) == (403, "OTHER_DISTRICT")


@pytest.mark.parametrize(
    ("asked", "officers"),
    [
        ({}, ["ja-r1", "mh-o1", "ja-o1"]),
        ({"day": "2026-11-23"}, ["mh-o1", "ja-o1"]),
        ({"status": "refused"}, ["ja-r1"]),
        ({"officer": "mh-o1"}, ["mh-o1"]),
        ({"district": "310106"}, ["ja-r1", "ja-o1"]),
    ],
)
async def test_superior_sees_all_page_by_page(
    backend: Backend, sessions: Sessions, asked: dict[str, str], officers: list[str]
) -> None:
    await fill(sessions)
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        answer = (await backend.get("sh-u1", PATH, **asked, size=1, cursor=cursor)).json()
        seen += [item["officer"] for item in answer["items"]]
        cursor = answer["next_cursor"]
    assert seen == officers


async def test_nobody_else_sees_them(backend: Backend) -> None:
    for code in ("ja-o1", "ja-r1", "backend"):
        answer = await backend.get(code, PATH)
        assert (answer.status_code, assert_problem(answer)["code"]) == (403, "ROLE_NOT_ALLOWED")


async def test_wrong_filters_are_refused(backend: Backend) -> None:
    for asked in ({"status": "lost"}, {"day": "yesterday"}, {"cursor": "x"}, {"mail": "a@b.c"}):
        assert (await backend.get("sh-u1", PATH, **asked)).status_code == 422
