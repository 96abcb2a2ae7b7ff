"""Every list, in pages of any size: put together they are the whole, whatever comes and goes.

The lists are found in the description of the API and among the keysets of the register.
"""

import base64
import csv
import pkgutil
from collections.abc import AsyncIterator, Callable
from importlib import import_module
from io import BytesIO, StringIO
from random import Random
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from openpyxl import load_workbook
from sqlalchemy import and_, delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

import casework.store
from api.app import create_app
from casework.security.keys.vault import PLAIN
from casework.settings import Settings
from casework.store.engine import Sessions
from casework.store.paging import KEYSETS
from tests.api.conftest import caller, no_temporal
from tests.api.lists import LISTS, List, key_of, lay_ground
from tests.api.live import Headers
from tests.api.test_problems import assert_problem
from tests.examples import is_night
from tests.store.kept import kept_engine

ROWS = 9
WHOLE = {
    "/v1/catalogue/versions": "a few each year, and every process holds them all",
    "/v1/calendar": "a year each, as many as have been published",
    "/v1/cases/{case_no}/timeline": "of one case, which is bounded",
    "/v1/applications/{case_no}/timeline": "of one case, which is bounded",
    "/v1/applications/{case_no}/contacts": "of one case, which is bounded",
    "/v1/applications/{case_no}/clocks": "of one case, which is bounded",
    "/v1/cases/{case_no}/materials": "of one case, which is bounded",
    "/v1/cases/{case_no}/clocks": "of one case, which is bounded",
    "/v1/guides/{code}/materials": "of one item, as many as its catalogue lists",
    "/v1/guides/{code}/differences": "of two guides, which are bounded",
    "/v1/cases/{case_no}/letters": "of one case, which is bounded",
    "/v1/cases/{case_no}/acts": "of one case: one for each verb of its kind",
    "/v1/cases/{case_no}/shares": "of one case: one for each role",
    "/v1/applications/{case_no}/shares": "of one case: one for each role",
    "/v1/looks": "one's own, at most 50 cases",
    "/v1/views": "one's own, of which there are at most 50",
    "/v1/phrases": "of a person and an office, each at most 200",
    "/v1/views/remove": "one's own, as above",
    "/v1/relations": "an officer's own, of which few may stand",
    "/v1/cases/by-reference": "as many as were asked for, 200 at most",
    "/v1/webhooks/{number}/refused": "a hundred at most, then the webhook pauses",
    "/v1/slots": "of the days that can be booked, which the policy bounds",
    "/v1/figures/tickets/cases": "of a year and a district at most, as many as the figure says",
    "/v1/reassignments": "what was done; how many are left is said",
}
"""Answers with ``items`` that have no pages, and why they need none."""

every_list = pytest.mark.parametrize(
    "each", LISTS, ids=lambda each: f"{each.path}?{'&'.join(each.asked)}"
)


@pytest.fixture(scope="module")
async def http(
    settings: Settings, register_url: str, bearer: Headers
) -> AsyncIterator[httpx.AsyncClient]:
    """An API without Temporal, asked by one who sees every district."""
    app = create_app(
        settings,
        connect_temporal=no_temporal,
        open_register=lambda: kept_engine(register_url),
        vault=PLAIN,
    )
    async with app.router.lifespan_context(app), caller(app) as client:
        client.headers.update(bearer("sh-u2"))
        yield client


@pytest.fixture(autouse=True)
def _its_reader(request: pytest.FixtureRequest, http: httpx.AsyncClient, bearer: Headers) -> None:
    """Each list is asked by one who sees it whole."""
    params = getattr(request.node, "callspec", None)
    each = params.params.get("each") if params else None
    http.headers.update(bearer(each.reader if isinstance(each, List) else "sh-u2"))


def test_every_list_is_tried(lonely_app: FastAPI) -> None:
    for module in pkgutil.walk_packages(casework.store.__path__, "casework.store."):
        if ".migrations" not in module.name:
            import_module(module.name)
    assert {each.keyset for each in LISTS} == set(KEYSETS)
    paged, whole = set(), set()
    described = lonely_app.openapi()
    for path, operations in described["paths"].items():
        for operation in operations.values():
            names = {each["name"] for each in operation.get("parameters", ())}
            if "cursor" in names:
                paged.add(path)
            elif "items" in _members(described, operation):
                whole.add(path)
    assert paged == {each.template for each in LISTS}
    assert whole == set(WHOLE), "give it pages, or say why it needs none"


def _members(described: dict[str, Any], operation: dict[str, Any]) -> set[str]:
    answers = [operation["responses"].get(status, {}) for status in ("200", "201")]
    found: set[str] = set()
    for answer in answers:
        schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
        if "$ref" in schema:
            schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        found |= set(schema.get("properties", {}))
    return found


@every_list
async def test_pages_of_any_size_are_the_whole(
    each: List, http: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    rows = _rows(each, range(ROWS), Random(each.path))
    async with sessions.begin() as session:
        await lay_ground(session, each, settings)
        await session.execute(insert(each.table).values(rows))
    whole = await _page(http, each, size=200)
    assert whole["next_cursor"] is None
    assert sorted(key_of(each, item) for item in whole["items"]) == sorted(
        {key_of(each, row) for row in rows} | each.more
    )
    number = len(whole["items"])
    for size in range(1, number + 2) if is_night() else {3, number, number + 1}:
        assert await _walk(http, each, size) == whole["items"], size
    await _is_a_sheet(each, http, number)
    await _refuses_what_it_did_not_give(each, http)


async def _is_a_sheet(each: List, http: httpx.AsyncClient, number: int) -> None:
    answers = [await _ask(http, each, format=kind) for kind in ("csv", "xlsx")]
    assert [answer.status_code for answer in answers] == [200, 200], "put `exported` on its route"
    text = answers[0].content.decode("utf-8-sig")
    lines = [[each.removeprefix("'") for each in line] for line in csv.reader(StringIO(text))]
    book = load_workbook(BytesIO(answers[1].content))
    listed, about = book.worksheets
    rows = [["" if cell is None else str(cell) for cell in row] for row in listed.values]
    assert len(rows) == number + 1
    assert _days(lines) == _days(rows)
    assert ("行数", number) == tuple(about.values)[-1]


async def _refuses_what_it_did_not_give(each: List, http: httpx.AsyncClient) -> None:
    own = (await _page(http, each, size=2))["next_cursor"]
    text = base64.urlsafe_b64decode(own + "=" * (-len(own) % 4)).decode()
    forged = (
        text.replace(f"{each.keyset}:", "another:"),
        text.partition(":")[2],
        text.replace("[", "[ "),
        f"{each.keyset}:[]",
        f"{each.keyset}:{'[' * 1000}",
        text.replace(text[-3], r"\u0000"),
    )
    written = [base64.urlsafe_b64encode(each.encode()).decode().rstrip("=") for each in forged]
    for cursor in (own[:-1], own[1:], own + "A", own.swapcase(), "x", "W10", *written):
        answer = await _ask(http, each, cursor=cursor)
        problem = assert_problem(answer)
        assert answer.status_code == 422, cursor
        assert len(cursor) > 800 or problem["code"] == "CURSOR_INVALID", cursor
        assert [error["field"] for error in problem["errors"]] == ["cursor"]
    for size in ("0", "-1", "201", "1.5", "many", ""):
        answer = await _ask(http, each, size=size)
        assert answer.status_code == 422, size
        assert [error["field"] for error in assert_problem(answer)["errors"]] == ["size"]


def _days(rows: list[list[str]]) -> list[list[str]]:
    """A spreadsheet knows no day without a time."""
    return [[text.removesuffix(" 00:00:00") for text in row] for row in rows]


@every_list
@pytest.mark.parametrize("size", [1, 3] if is_night() else [3])
async def test_what_stands_throughout_is_seen_once_whatever_comes_and_goes(
    each: List, size: int, http: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    dice = Random(f"{each.path} {size}")
    standing = _rows(each, range(ROWS), dice)
    going = _rows(each, range(ROWS, ROWS + 6), dice)
    coming = _rows(each, range(ROWS + 6, ROWS + 12), dice)
    async with sessions.begin() as session:
        await lay_ground(session, each, settings)
        first = [*standing, *going]
        dice.shuffle(first)
        await session.execute(insert(each.table).values(first))

    async def turn() -> None:
        async with sessions.begin() as session:
            if going and not each.stays:
                await _drop(session, each, going.pop())
            if coming:
                await session.execute(insert(each.table).values(coming.pop()))

    seen = [key_of(each, item) for item in await _walk(http, each, size, between=turn)]
    assert len(seen) == len(set(seen))
    assert {key_of(each, row) for row in standing} | each.more <= set(seen)
    whole = [key_of(each, item) for item in await _walk(http, each, 200)]
    stood = {key_of(each, row) for row in standing}
    assert [key for key in seen if key in stood] == [key for key in whole if key in stood]


def _rows(each: List, numbers: range, dice: Random) -> list[dict[str, Any]]:
    return [each.row(number, dice) for number in numbers]


async def _drop(session: AsyncSession, each: List, row: dict[str, Any]) -> None:
    table = each.table.__table__
    key = and_(*(column == row[column.name] for column in table.primary_key))
    await session.execute(delete(each.table).where(key))


async def _ask(http: httpx.AsyncClient, each: List, **asked: Any) -> httpx.Response:
    params = {**each.asked, **{name: value for name, value in asked.items() if value is not None}}
    if each.body is not None:
        return await http.post(each.path, json=each.body, params=params)
    return await http.get(each.path, params=params)


async def _page(http: httpx.AsyncClient, each: List, **asked: Any) -> dict[str, Any]:
    answer = await _ask(http, each, **asked)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def _walk(
    http: httpx.AsyncClient, each: List, size: int, between: Callable[[], Any] | None = None
) -> list[dict[str, Any]]:
    found, cursor = [], ""
    while cursor is not None:
        page = await _page(http, each, size=size, cursor=cursor)
        assert len(page["items"]) <= size
        assert len(page["items"]) == size or page["next_cursor"] is None
        found += page["items"]
        cursor = page["next_cursor"]
        if between is not None:
            await between()
    return found
