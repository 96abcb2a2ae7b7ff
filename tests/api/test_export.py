"""A sheet holds any text as text, and is as long as its list, in no more memory than a page's."""

import csv
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from inspect import signature
from io import BytesIO, StringIO
from types import SimpleNamespace
from typing import Any, get_args
from zipfile import ZipFile

import pytest
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from api.app import ROUTERS
from api.edge.requests import SHEETS
from api.routes import export
from api.routes.export import MEDIA, Format, columns, exported
from api.routes.headings import heading
from api.routes.lists import Listing, PageQuery
from casework.domain.case.state import TaskKind

AT = datetime(2026, 11, 30, 2, 30, 15, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row with every sort of cell."""

    case_no: str
    reason: str
    kind: str = "review"
    kind_label: str = TaskKind.REVIEW.label
    card: str = "yellow"
    green: bool = True
    skills: tuple[str, ...] = ("英语", "手语")
    at: datetime = AT
    due_on: date | None = date(2026, 12, 1)
    score: int | None = None
    body: dict[str, Any] | None = None


async def sheet(rows: Sequence[Row], kind: Format, size: int = 2) -> bytes:
    """The sheet of a list that comes in pages of ``size``."""

    @exported("清单")
    async def listed(asked: PageQuery, here: Any) -> Listing[Row]:
        del here
        first = int(asked.cursor or 0)
        last = first + size
        return Listing(
            items=list(rows[first:last]), next_cursor=str(last) if last < len(rows) else None
        )

    here = SimpleNamespace(now=lambda: AT)
    answer: Any = await listed(asked=PageQuery(format=kind), here=here)
    return b"".join([piece async for piece in answer.body_iterator])


ORDINARY = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=20)
FORMULAS = st.tuples(st.sampled_from("=+-@\t＝ '"), st.text("=1+A!|cmd", max_size=8)).map("".join)


@given(texts=st.lists(ORDINARY | FORMULAS, max_size=7))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
async def test_any_text_is_a_text(texts: list[str]) -> None:
    rows = [Row(case_no=str(number), reason=text) for number, text in enumerate(texts)]
    book = load_workbook(BytesIO(await sheet(rows, Format.XLSX)))
    cells = [row[1] for row in book.worksheets[0].iter_rows(min_row=2)]
    assert [cell.data_type for cell in cells] == ["s" if text else "n" for text in texts]
    assert [cell.value or "" for cell in cells] == texts
    written = (await sheet(rows, Format.CSV)).decode("utf-8-sig")
    lines = list(csv.reader(StringIO(written, newline="")))[1:]
    assert [line[1].removeprefix("'") for line in lines] == [
        text.removeprefix("'") for text in texts
    ]
    assert not [line[1] for line in lines if line[1].strip()[:1] in {*"=+-@＝"}]


async def test_a_cell_says_what_a_clerk_would_write() -> None:
    rows = [Row(case_no="310106-1", reason="")]
    head, line = (await sheet(rows, Format.CSV)).decode("utf-8-sig").splitlines()
    assert head.split(",") == [
        *("办件编号", "理由", "种类", "牌", "绿色通道", "专长", "时间", "届满日", "得分")
    ]
    assert line.split(",") == [
        *("310106-1", "", TaskKind.REVIEW.label, "黄牌", "是", "英语、手语"),
        *("2026-11-30 10:30:15", "2026-12-01", ""),
    ]
    listed = load_workbook(BytesIO(await sheet(rows, Format.XLSX))).worksheets[0]
    assert listed["G2"].value == datetime(2026, 11, 30, 10, 30, 15)  # noqa: DTZ001 - a sheet has none
    assert listed["H2"].value == datetime(2026, 12, 1)  # noqa: DTZ001


async def test_a_long_list_goes_on_in_a_further_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "ROWS_OF_SHEET", 4)
    rows = [Row(case_no=str(number), reason="") for number in range(9)]
    book = load_workbook(BytesIO(await sheet(rows, Format.XLSX)))
    assert book.sheetnames == ["清单", "清单（2）", "清单（3）", "说明"]
    found = [row[0] for each in book.worksheets[:3] for row in list(each.values)[1:]]
    assert found == [row.case_no for row in rows]


async def test_no_more_than_a_page_is_held() -> None:
    """What was written of a sheet has been sent before the page after the next is asked for."""
    asked: list[int] = []

    async def pages() -> AsyncIterator[list[Row]]:
        for number in range(30):
            asked.append(number)
            yield [Row(case_no=f"{number}-{each}", reason="理由" * 50) for each in range(200)]

    pieces = export._xlsx("清单", columns(Row), pages(), {})
    largest, sent = 0, []
    async for piece in pieces:
        sent.append(piece)
        largest = max(largest, len(piece))
        assert len(asked) <= len(sent) + 1
    whole = b"".join(sent)
    assert largest < 2**20
    with ZipFile(BytesIO(whole)) as book:
        assert book.read("xl/worksheets/sheet1.xml").count(b"<row>") == 6_001


def test_the_edge_knows_the_formats_that_are_files() -> None:
    assert {*MEDIA} == SHEETS == {*Format} - {Format.JSON}


def test_every_column_and_every_filter_of_every_list_has_a_heading() -> None:
    lists = [
        route
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and "asked" in signature(route.endpoint).parameters
    ]
    assert len(lists) > 20
    for route in lists:
        query, _ = get_args(signature(route.endpoint).parameters["asked"].annotation)
        if not issubclass(query, PageQuery):
            continue
        for name in query.model_fields.keys() - PageQuery.model_fields.keys():
            assert heading(name), f"{route.path}?{name}"
        (item,) = get_args(route.response_model.model_fields["items"].annotation)
        shown = columns(item)
        assert len(shown) > 3, route.path
