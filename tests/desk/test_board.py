"""The board as a page: each number is there, and opens its cases."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from casework.security.keys.vault import PLAIN
from casework.settings import Settings
from casework.store.engine import Sessions, create_engine
from tests.api.conftest import caller, no_temporal
from tests.api.live import Headers
from tests.api.test_board import MORE, counts
from tests.desk.pages import links, read
from tests.store.crowd import gather_crowd


@pytest.fixture
async def http(
    settings: Settings,
    register_url: str,
    register_engine: AsyncEngine,
    sessions: Sessions,
    bearer: Headers,
) -> AsyncIterator[httpx.AsyncClient]:
    """The desk on a register of many cases, without Temporal."""
    del sessions
    async with register_engine.begin() as connection:
        await connection.execute(text("DROP VIEW IF EXISTS crowd"))
        await gather_crowd(connection, 300)
        for statement in MORE:
            await connection.execute(text(statement))
    app = create_app(
        settings,
        connect_temporal=no_temporal,
        open_register=lambda: create_engine(register_url),
        vault=PLAIN,
    )
    async with app.router.lifespan_context(app), caller(app) as client:
        client.headers.update(bearer("sh-u2"))
        yield client


async def test_every_count_of_the_board_is_on_the_page_and_opens_its_cases(
    http: httpx.AsyncClient,
) -> None:
    for district in ("", "310106"):
        asked = {"district": district} if district else {}
        told = (await http.get("/v1/board", params=asked)).json()
        page = await http.get("/desk/board", params=asked)
        shown = read(page)
        assert "按时办结率" in shown
        assert page.text.count("<svg") == 4 + bool(district)
        leads = set(links(page))
        for address, _ in counts(told):
            assert address.replace("/v1/", "/desk/", 1) in leads
        assert any("namespaces/default/workflows" in each for each in leads)
    opened = [each for each in leads if each.startswith("/desk/cases?")]
    listed = await http.get(opened[0])
    assert listed.status_code == 200
    assert "办件查询" in read(listed)


async def test_the_wall_refreshes_by_itself_and_has_no_script(http: httpx.AsyncClient) -> None:
    page = await http.get("/desk/board?wall=1&district=310106")
    read(page)
    assert re.search(r'<meta http-equiv="refresh" content="\d+">', page.text)
    assert "<script" not in page.text
    assert "<nav" not in page.text


async def test_a_board_is_for_those_who_watch(http: httpx.AsyncClient, bearer: Headers) -> None:
    refused = await http.get("/desk/board", headers=bearer("ja-o1"))
    assert refused.status_code == 403
    assert "ROLE_NOT_ALLOWED" in read(refused)
