"""Each figure of a report is as long as the list that it opens, and its files are of it."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from casework.domain.reports import LINES, Figure, period_of
from casework.domain.time.calendar import ZONE, local_date
from casework.security.keys.vault import PLAIN
from casework.settings import Settings
from casework.store.engine import Sessions
from casework.store.snapshots import take
from tests.api.conftest import caller, no_temporal
from tests.api.live import Headers
from tests.api.reported import gather_reported
from tests.api.test_board import counts
from tests.store.kept import kept_engine

PLACE = "310106"
CASES = 450
ASKED = {"period": f"{date(2020, 1, 1)}..{date(2020, 12, 31)}"}


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
async def crowd(sessions: Sessions, register_engine: AsyncEngine) -> None:
    del sessions  # the register is empty
    await gather_reported(register_engine, CASES)


def now_and_before() -> str:
    """A period that holds what the crowd has done."""
    today = local_date(datetime.now(UTC))
    return f"{today - timedelta(days=40)}..{today + timedelta(days=40)}"


async def told(http: httpx.AsyncClient, headers: dict[str, str], **asked: str) -> dict[str, Any]:
    answer = await http.get("/v1/reports", params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.usefixtures("crowd")
async def test_every_figure_opens_a_list_as_long(http: httpx.AsyncClient, bearer: Headers) -> None:
    period = now_and_before()
    whole = await told(http, bearer("sh-u2"), period=period, by="item")
    numbers = {line["name"]: line["part"] for line in whole["lines"] if line["part"]}
    assert all(each["count"] for each in numbers.values()), numbers
    for name in ("received", "closed", "on_time_rate", "rated_rate", "hotline_answered_rate"):
        assert numbers[name]["count"] == sum(
            line["part"]["count"]
            for group in whole["groups"]
            for line in group["lines"]
            if line["name"] == name
        )
    own = await told(http, bearer("ja-s1"), period=period, by="office", channel="online")
    assert own["district"] == PLACE
    assert own["groups"]
    some = [whole["lines"], whole["groups"][-1]["lines"], whole["due"][:3], whole["overdue"]]
    for who, parts in (("sh-u2", some), ("ja-s1", [own["lines"], own["groups"][0]["lines"][:9]])):
        for address, number in dict(counts(parts)).items():
            listed = await http.get(f"{address}&format=csv", headers=bearer(who))
            assert listed.status_code == 200, (address, listed.text)
            assert len(listed.content.splitlines()) - 1 == number, address


@pytest.mark.usefixtures("crowd")
async def test_the_files_say_what_the_report_says(http: httpx.AsyncClient, bearer: Headers) -> None:
    period = now_and_before()
    asked = {"period": period, "by": "office"}
    report = await told(http, bearer("sh-u2"), **asked)
    sheets = {}
    for form in ("csv", "xlsx"):
        answer = await http.get(
            "/v1/reports", params={**asked, "format": form}, headers=bearer("sh-u2")
        )
        assert answer.status_code == 200, answer.text
        sheets[form] = answer.content
    rows = list(csv.reader(io.StringIO(sheets["csv"].decode("utf-8-sig"))))
    groups = [report, *report["groups"]]
    lines = [line for each in groups for line in each["lines"]]
    assert [row[7] for row in rows[1:] if row[1] != "在办到期"] == [line["text"] for line in lines]
    assert {"'+1 分中心", "人才服务中心", "合计"} <= {row[0] for row in rows}
    book = read_book(sheets["xlsx"])
    assert list(book) == ["统计", "口径", "明细"]
    assert "+1 分中心" in {row[0] for row in book["统计"]}
    assert {line["formula"] for line in lines} <= {row[1] for row in book["口径"]}
    details = book["明细"][1:]
    assert len({row[0] for row in details}) == len(details)
    for figure in (Figure.RECEIVED, Figure.ON_TIME, Figure.RATED_POOR, Figure.HOTLINE):
        (count,) = {
            side["count"]
            for line in report["lines"]
            for side in (line["part"], line["whole"])
            if side and f"counted={figure}&" in side["cases"]
        }
        assert sum(figure.label in row[1].split("；") for row in details) == count


def read_book(content: bytes) -> dict[str, list[list[str]]]:
    """The texts of each sheet; a formula would have no text."""
    main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    found = {}
    with ZipFile(io.BytesIO(content)) as book:
        names = ET.fromstring(book.read("xl/workbook.xml")).iter(f"{main}sheet")  # noqa: S314 - our own
        for number, name in enumerate(names, 1):
            sheet = ET.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))  # noqa: S314 - our own
            assert not list(sheet.iter(f"{main}f"))
            found[name.attrib["name"]] = [
                ["".join(cell.itertext()) for cell in row] for row in sheet.iter(f"{main}row")
            ]
    return found


@pytest.mark.parametrize(
    ("who", "asked", "code"),
    [
        ("ja-o1", {}, "ROLE_NOT_ALLOWED"),
        ("ja-s1", {"district": "310104"}, "OTHER_DISTRICT"),
        ("ja-s1", {"period": "2026-13"}, "PERIOD_INVALID"),
        ("ja-s1", {"period": "2026-10-02..2026-10-01"}, "PERIOD_INVALID"),
        ("ja-s1", {"period": "2024-01-01..2026-01-01"}, "PERIOD_INVALID"),
        ("ja-s1", {"by": "holder"}, "INVALID_REQUEST"),
    ],
)
async def test_a_report_is_refused(
    who: str, asked: dict[str, str], code: str, http: httpx.AsyncClient, bearer: Headers
) -> None:
    answer = await http.get("/v1/reports", params=asked, headers=bearer(who))
    assert answer.json()["code"] == code


async def test_a_list_needs_figure_and_period_together(
    http: httpx.AsyncClient, bearer: Headers
) -> None:
    for asked in ({"counted": "received"}, {"period": "2026-10"}):
        answer = await http.get("/v1/cases", params=asked, headers=bearer("ja-s1"))
        assert answer.json()["code"] == "PERIOD_INVALID"


_COUNTED = "cases, tickets, ratings, walkthroughs, walk_findings, remedies"


async def test_a_report_of_nothing_has_no_rates(
    http: httpx.AsyncClient, bearer: Headers, register_engine: AsyncEngine
) -> None:
    async with register_engine.begin() as connection:
        await connection.execute(text(f"TRUNCATE {_COUNTED} CASCADE"))
    report = await told(http, bearer("ja-s1"), **ASKED)
    assert {line["name"] for line in report["lines"]} >= {line.name for line in LINES}
    assert not any(count for _, count in counts(report))
    assert all(line["value"] is None for line in report["lines"] if line["unit"] in {"%", "工作日"})


@pytest.mark.usefixtures("crowd")
async def test_a_past_report_stays_and_shows_what_came_later(
    http: httpx.AsyncClient, bearer: Headers, register_engine: AsyncEngine, sessions: Sessions
) -> None:
    month = local_date(datetime.now(UTC)).replace(day=1) - timedelta(days=1)
    period, noon = f"{month:%Y-%m}", datetime.combine(month, time(12), ZONE)
    moved = text("UPDATE cases SET received_at = :day WHERE right(case_no, 1) = :last")
    async with register_engine.begin() as connection:
        await connection.execute(moved, {"day": noon, "last": "4"})
    async with sessions.begin() as session:
        await take(session, period_of(period), datetime.now(UTC))
    before = await told(http, bearer("sh-u2"), period=period)
    assert before["taken_at"]
    assert not before["corrections"]
    async with register_engine.begin() as connection:
        await connection.execute(moved, {"day": noon, "last": "5"})
    after = await told(http, bearer("sh-u2"), period=period)
    assert [line["text"] for line in after["lines"]] == [line["text"] for line in before["lines"]]
    changed = {each["name"]: each for each in after["corrections"]}
    now = await told(http, bearer("sh-u2"), period=period, now="true")
    assert now["taken_at"] is None
    (then,) = (line for line in after["lines"] if line["name"] == "received")
    (live,) = (line for line in now["lines"] if line["name"] == "received")
    assert changed["received"]["then"] == then["part"]["count"] < live["part"]["count"]
    assert changed["received"]["now"] == live["part"]
    assert not then["part"]["cases"]
