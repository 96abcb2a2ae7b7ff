"""The board as a page, and what supervisors do about it: each number opens its cases."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from api.desk.visit import static_url
from api.desk.web_ui import EXAMPLES
from casework.security.keys.vault import PLAIN
from casework.settings import Settings
from casework.store.engine import Sessions
from casework.temporal import SEARCH_ATTRIBUTES
from tests.api.conftest import caller, no_temporal
from tests.api.live import Headers
from tests.api.test_board import MORE, counts
from tests.desk.pages import form_to, links, read
from tests.store.crowd import gather_crowd
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
    async with register_engine.begin() as connection:
        await connection.execute(text("DROP VIEW IF EXISTS crowd"))
        await gather_crowd(connection, 300)
        for statement in MORE:
            await connection.execute(text(statement))
    app = create_app(
        settings,
        connect_temporal=no_temporal,
        open_register=lambda: kept_engine(register_url),
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
    assert int(page.headers["refresh"]) >= 30
    assert "<script" not in page.text
    assert "<nav" not in page.text


async def test_a_board_is_for_those_who_watch(http: httpx.AsyncClient, bearer: Headers) -> None:
    refused = await http.get("/desk/board", headers=bearer("ja-o1"))
    assert refused.status_code == 403
    assert "ROLE_NOT_ALLOWED" in read(refused)


async def checked(http: httpx.AsyncClient, path: str, typed: dict[str, str]) -> httpx.Response:
    """What the check page of a form says."""
    form = form_to(await http.get(path), path)
    assert set(typed) <= form.names, path
    answer = await http.post(path, data={**form.values, **typed, "step": "check"})
    assert answer.status_code == 200, answer.text
    return answer


async def test_an_order_is_foretold_as_load_before_and_after(http: httpx.AsyncClient) -> None:
    kinds = await http.get("/desk/orders/new")
    offered = [each for each in links(kinds) if each.startswith("/desk/orders/new/")]
    assert len(offered) == 10
    for each in offered:
        read(await http.get(each))
    stopping = {
        "reach.scope": "district",
        "reach.key": "310106",
        "first_on": "2026年1月5日",
        "reason": "封控 <管理>",
        "basis": "通告",
    }
    page = await checked(http, "/desk/orders/new/open_suspension", stopping)
    shown = read(page)
    assert "到期负荷预测" in shown
    assert "封控 <管理>" in shown
    assert "提出指令，交另一人批准" in shown
    assert page.text.count("<svg") == 1
    assert "没有指令" in read(await http.get("/desk/orders"))
    wrong = await http.post(
        "/desk/orders/new/open_suspension",
        data={**form_to(page, "open_suspension").values, "basis": "", "step": "check"},
    )
    assert wrong.status_code == 422
    assert "封控 &lt;管理&gt;" in wrong.text


async def test_who_is_away_what_is_given_and_who_is_there(
    http: httpx.AsyncClient, bearer: Headers
) -> None:
    http.headers.update(bearer("ja-s1"))
    away = {"officer": "ja-o1", "first_on": "2027-03-01", "last_on": "2027-03-05", "reason": "休假"}
    ja = {"district": "310106"}
    assert "负荷推演" in read(await checked(http, "/desk/absences/new", away))
    giving = {"holder": "ja-o1", "to": "ja-o2", "reason": "调离", **ja}
    assert "将改派 0 项" in read(await checked(http, "/desk/reassign", giving))
    for path in ("/desk/absences", "/desk/staff", "/desk/staff?district=310106&role=officer"):
        read(await http.get(path))


async def test_cards_are_listed_open_first_and_can_be_dealt_with(http: httpx.AsyncClient) -> None:
    page = await http.get("/desk/cards")
    shown, leads = read(page), list(links(page))
    assert "未销" in shown
    assert any("/do/clear-card?card=decide%3A" in each for each in leads)
    sheet = next(each for each in leads if "format=xlsx" in each)
    assert "open=true" in sheet
    assert (await http.get(sheet)).headers["content-disposition"].startswith("attachment")
    whole = await http.get("/desk/cards?open=&rung=red")
    assert "黄牌" not in whole.text.partition("<tbody>")[2]


async def test_the_web_ui_is_explained_with_links_that_filter(http: httpx.AsyncClient) -> None:
    page = await http.get("/desk/web-ui")
    shown = read(page)
    assert all(each.name in shown for each in SEARCH_ATTRIBUTES)
    assert set(EXAMPLES) == {each.name for each in SEARCH_ATTRIBUTES}
    assert all(condition.startswith(name) for name, (_, condition) in EXAMPLES.items())
    assert all(f"{words} {condition}" in shown for words, condition in EXAMPLES.values())
    assert any("Card%3D%22red%22" in each for each in links(page))
    assert (await http.get(static_url("codec-settings.png"))).headers["content-type"] == "image/png"
