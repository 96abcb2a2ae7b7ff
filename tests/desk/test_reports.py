"""报表 as a page: each number opens its cases, and the whole can be had as a file."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from api.desk.board import opened as page_of
from casework.domain.time.calendar import ZONE
from casework.security.keys.vault import PLAIN
from casework.settings import Settings
from casework.store.engine import Sessions
from tests.api.conftest import caller, no_temporal
from tests.api.live import Headers
from tests.api.reported import gather_reported
from tests.api.test_board import counts
from tests.desk.pages import links, read
from tests.desk.test_names import bare
from tests.store.kept import kept_engine


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
    await gather_reported(register_engine, 200)
    app = create_app(
        settings,
        connect_temporal=no_temporal,
        open_register=lambda: kept_engine(register_url),
        vault=PLAIN,
    )
    async with app.router.lifespan_context(app), caller(app) as client:
        client.headers.update(bearer("sh-u2"))
        yield client


async def test_every_number_is_on_the_page_and_opens_its_cases(http: httpx.AsyncClient) -> None:
    today = datetime.now(ZONE).date()
    period = f"{today - timedelta(days=40)}..{today + timedelta(days=40)}"
    asked = {"period": period, "by": "item"}
    told = (await http.get("/v1/reports", params=asked)).json()
    page = await http.get("/desk/reports", params=asked)
    shown = read(page)
    for line in told["lines"]:
        assert line["text"] in shown
        assert line["formula"] in shown
    leads = set(links(page))
    for address, _ in counts(told):
        assert page_of(address) in leads
    assert {each.partition("format=")[2] for each in leads if "/v1/reports?" in each} == {
        "xlsx",
        "csv",
    }
    for part, word in (("/desk/cases?", "统计报表"), ("/desk/cards?", "督办")):
        lists = [each for each in leads if each.startswith(part) and "due_" not in each]
        opened = min(lists)
        assert word in read(await http.get(opened))


@pytest.mark.parametrize("by", ["district", "channel", "item", "office"])
async def test_what_is_told_apart_is_named(http: httpx.AsyncClient, by: str) -> None:
    today = datetime.now(ZONE).date()
    period = f"{today - timedelta(days=40)}..{today + timedelta(days=40)}"
    answer = await http.get("/desk/reports", params={"period": period, "by": by})
    groups = re.findall(r"<details><summary>([^<]+)</summary>", answer.text)
    assert groups
    assert bare(read(answer)) == set()


async def test_a_report_is_for_those_who_watch(http: httpx.AsyncClient, bearer: Headers) -> None:
    refused = await http.get("/desk/reports", headers=bearer("ja-o1"))
    assert refused.status_code == 403
    for page in ("/desk/reports", "/desk/board"):
        theirs = await http.get(page, headers=bearer("ja-s1"))
        assert '<option value="310106" selected>' in theirs.text, "the district that is counted"
    wrong = await http.get("/desk/reports?period=2026-13")
    assert wrong.status_code == 422
    assert "PERIOD_INVALID" in read(wrong)
