"""Each count of the board is as long as the list that it opens."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from casework.security.keys.vault import PLAIN
from casework.settings import Settings
from tests.api.conftest import caller, no_temporal
from tests.api.live import Headers
from tests.store.crowd import gather_crowd
from tests.store.kept import kept_engine

PLACE = "310106"
CASES = 600
MORE = (
    "DROP VIEW crowd",
    # Some are overdue, some turn today, and some of these are closed by it.
    "UPDATE courses SET due_on = due_on - 3 WHERE ended_on IS NULL",
    """UPDATE courses SET fires_on = (now() AT TIME ZONE 'Asia/Shanghai')::date
       WHERE ended_on IS NULL AND mod(extract(day FROM due_on)::int, 4) = 0""",
    """UPDATE armings SET ahead = ahead || '{"stage": "archived", "closed": true}'
       WHERE mod(right(case_no, 2)::int, 3) = 0""",
    """UPDATE armings SET ahead = ahead || '{"stage": "decided"}'
       WHERE mod(right(case_no, 2)::int, 3) = 1""",
    # An opinion that is asked for is due beside its case.
    """INSERT INTO clocks SELECT case_no, 'asked_opinion#1', 'asked_opinion', '', course
       FROM clocks WHERE mod(right(case_no, 2)::int, 7) = 0 ON CONFLICT DO NOTHING""",
    """UPDATE cases SET decided_on = (now() AT TIME ZONE 'Asia/Shanghai')::date
       WHERE closed_at IS NOT NULL AND mod(right(case_no, 2)::int, 2) = 0""",
    """UPDATE courses SET ended_on = due_on + 1
       WHERE ended_on IS NOT NULL AND mod(extract(day FROM due_on)::int, 3) = 0""",
    """INSERT INTO cards (case_no, clock, rung, holder, backup, given_at, cleared_at, cleared_by,
              reason)
       SELECT case_no, 'decide', rung, holder, '', now() - n * interval '20 days',
              CASE WHEN n = 1 THEN now() END, '', ''
       FROM cases, unnest(ARRAY['yellow', 'red']) AS rung, generate_series(0, 2) AS n
       WHERE mod(right(case_no, 2)::int, 5) = n""",
)


@pytest.fixture(scope="module")
async def http(
    settings: Settings, register_url: str, bearer: Headers
) -> AsyncIterator[httpx.AsyncClient]:
    """An API without Temporal."""
    app = create_app(
        settings,
        connect_temporal=no_temporal,
        open_register=lambda: kept_engine(register_url),
        vault=PLAIN,
    )
    async with app.router.lifespan_context(app), caller(app) as client:
        yield client


@pytest.fixture
async def crowd(register_engine: AsyncEngine) -> None:
    async with register_engine.begin() as connection:
        await connection.execute(text("DROP VIEW IF EXISTS crowd"))
        await gather_crowd(connection, CASES)
        for statement in MORE:
            await connection.execute(text(statement))


def counts(part: Any) -> Iterator[tuple[str, int]]:
    """Every count in an answer, with the list that it opens."""
    if isinstance(part, dict):
        if {"count", "cases"} <= part.keys():
            yield part["cases"], part["count"]
        for each in part.values():
            yield from counts(each)
    elif isinstance(part, list):
        for each in part:
            yield from counts(each)


@pytest.mark.usefixtures("crowd")
async def test_every_count_opens_a_list_as_long(http: httpx.AsyncClient, bearer: Headers) -> None:
    for who, district in (("ja-s1", ""), ("sh-u2", PLACE)):
        own = await _opens_its_lists(who, district, http, bearer)
        assert own["district"] == PLACE
        assert 0 < own["open"]["count"] < CASES / 8
    board = await _opens_its_lists("sh-u2", "", http, bearer)
    assert not board["district"]
    assert {each["stage"] for each in board["stages"]} == {"review", "decided"}
    assert sum(each["count"] for each in board["stages"]) == board["open"]["count"]
    assert board["overdue"]["count"]
    assert len(board["due"]) == 20
    assert any(each["count"] for each in board["due"])
    assert {each["rung"] for each in board["cards"]} == {"yellow", "red"}
    assert all(each["decided"]["count"] for each in board["decided"])
    assert any(each["late"]["count"] for each in board["decided"])


async def _opens_its_lists(
    who: str, district: str, http: httpx.AsyncClient, bearer: Headers
) -> dict[str, Any]:
    asked = {"district": district} if district else {}
    answer = await http.get("/v1/board", params=asked, headers=bearer(who))
    assert answer.status_code == 200, answer.text
    board: dict[str, Any] = answer.json()
    for address, count in counts(board):
        mark = "&" if "?" in address else "?"
        listed = await http.get(f"{address}{mark}format=csv", headers=bearer(who))
        assert listed.status_code == 200, (address, listed.text)
        assert len(listed.content.splitlines()) - 1 == count, address
    return board


@pytest.mark.parametrize(
    ("who", "asked", "code"),
    [
        ("ja-o1", {}, "ROLE_NOT_ALLOWED"),
        ("ja-s1", {"district": "310104"}, "OTHER_DISTRICT"),
        ("ja-s1", {"since": "2020-01-01"}, "DATE_OUT_OF_RANGE"),
        ("ja-s1", {"since": "2090-01-01"}, "DATE_OUT_OF_RANGE"),
        ("ja-s1", {"until": "2026-01-01"}, "INVALID_REQUEST"),
    ],
)
async def test_a_board_is_refused(
    who: str, asked: dict[str, str], code: str, http: httpx.AsyncClient, bearer: Headers
) -> None:
    answer = await http.get("/v1/board", params=asked, headers=bearer(who))
    assert answer.json()["code"] == code


async def test_a_board_without_cases_is_empty(
    http: httpx.AsyncClient, bearer: Headers, sessions: Any
) -> None:
    del sessions
    answer = await http.get("/v1/board", headers=bearer("ja-s1"))
    board = answer.json()
    assert not any(count for _, count in counts(board))
    assert datetime.fromisoformat(board["at"]) <= datetime.now(UTC)
