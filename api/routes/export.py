"""Every list as a sheet: all that a filter finds, row by row, as xlsx or csv.

A sheet is made of the pages of its list, one after the other: whoever may read the list gets what
the list shows, noted where the list notes it. No more than a page is held in memory.
"""

import csv
import json
import re
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from functools import wraps
from inspect import signature
from io import StringIO
from typing import Any, TypeVar, cast, get_args
from urllib.parse import quote
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from api.routes.headings import heading, word
from casework.domain.time.calendar import ZONE
from casework.store.paging import MOST_ROWS

EndpointT = TypeVar("EndpointT", bound=Callable[..., Awaitable[Any]])


class Format(StrEnum):
    """How a list is answered: a page, or the whole as a sheet."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


MEDIA = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def exported(title: str) -> Callable[[EndpointT], EndpointT]:
    """Let the route of a list answer with a sheet where ``asked.format`` wants one.

    The route takes ``asked``, a `PageQuery`, and ``here`` by name, and returns a `Listing`.
    ``title`` names sheet and file.
    """

    def of(endpoint: EndpointT) -> EndpointT:
        listing = signature(endpoint).return_annotation
        (item,) = get_args(listing.model_fields["items"].annotation)

        @wraps(endpoint)
        async def answered(**given: Any) -> Any:  # noqa: ANN401 - whatever the route takes
            asked = given["asked"]
            if asked.format is Format.JSON:
                return await endpoint(**given)
            sized = given | {"asked": asked.model_copy(update={"size": MOST_ROWS})}
            first = await endpoint(**sized)  # before the answer begins: refusals are answers

            async def pages() -> AsyncIterator[Sequence[Any]]:
                page = first
                yield page.items
                while page.next_cursor is not None:
                    then = sized["asked"].model_copy(update={"cursor": page.next_cursor})
                    page = await endpoint(**sized | {"asked": then})
                    yield page.items

            at = given["here"].now()
            shown = columns(item)
            rows = _csv(shown, pages())
            if asked.format is Format.XLSX:
                rows = _xlsx(title, shown, pages(), _about(asked.restricting(), at))
            return StreamingResponse(
                rows,
                media_type=MEDIA[asked.format],
                headers=attached(title, at, asked.format),
            )

        return cast("EndpointT", answered)

    return of


def describe_sheets(app: FastAPI) -> None:
    """Say in the description of the API that every list can be had as a sheet."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        document = plain()
        for operations in document["paths"].values():
            for operation in operations.values():
                names = {each["name"] for each in operation.get("parameters", ())}
                if "format" in names:
                    content = operation["responses"]["200"]["content"]
                    for media in MEDIA.values():
                        content[media] = {"schema": {"type": "string", "format": "binary"}}
        return document

    app.openapi = described  # type: ignore[method-assign]  # the way that the framework offers


def _about(given: Mapping[str, Any], at: datetime) -> dict[str, str]:
    """What a sheet says of itself: the filter, and when it was made."""
    told = {heading(name): str(_cell(value)) for name, value in given.items() if value != ""}
    return told | {"导出时间": f"{at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"}


# --- columns and cells ---------------------------------------------------------------------


Columns = tuple[tuple[str, str], ...]
"""Member and heading of each column."""


def columns(item: type[Any]) -> Columns:
    """The columns of a list; a code that has its words shows those.

    The case comes first. Members with members of their own are left out: a sheet has no room.
    """
    members = _members(item)
    shown = [
        (_worded(name, members), heading(name))
        for name, kind in members.items()
        if not _words(name, members) and not _is_nested(kind)
    ]
    return tuple(sorted(shown, key=lambda column: column[0] != "case_no"))


def _members(item: type[Any]) -> dict[str, Any]:
    if is_dataclass(item):
        return {each.name: each.type for each in fields(item)}
    return {name: each.annotation for name, each in item.model_fields.items()}


def _worded(name: str, members: Mapping[str, Any]) -> str:
    """The member with the words of a code, or the member itself."""
    worded = (f"{name}_label", f"{name.removesuffix('s')}_labels")
    return next((each for each in worded if each in members), name)


def _words(name: str, members: Mapping[str, Any]) -> bool:
    return any(_worded(each, members) == name for each in members if each != name)


def _is_nested(kind: object) -> bool:
    return "dict" in str(kind)


Cell = str | int | float | date | None


def _cell(value: Any) -> Cell:  # noqa: ANN401 - whatever a list shows
    """The value as a sheet has it; an instant as the clocks of Shanghai showed it."""
    match value:
        case bool():
            return "是" if value else "否"
        case Enum():
            return str(getattr(value, "label", value.value))
        case datetime():
            return value.astimezone(ZONE).replace(tzinfo=None, microsecond=0)
        case None | str() | int() | float() | date():
            return value
        case tuple() | list():
            return "、".join(str(_cell(each)) for each in value)
        case _:
            return json.dumps(value, ensure_ascii=False, default=str)


def _row(shown: Columns, item: object) -> list[Cell]:
    return [_cell(word(name, getattr(item, name))) for name, _ in shown]


# --- csv -----------------------------------------------------------------------------------

_FORMULA = re.compile(r"[\s\x00-\x1f]*[=+\-@＝＋－＠]|[\t\r\n]")
"""What a spreadsheet might take for a formula at the beginning of a text."""


async def _csv(shown: Columns, pages: AsyncIterator[Sequence[Any]]) -> AsyncIterator[bytes]:
    yield csv_text([[name for _, name in shown]], begins=True)
    async for page in pages:
        yield csv_text([_row(shown, each) for each in page])


def csv_text(rows: Iterable[Sequence[Cell]], *, begins: bool = False) -> bytes:
    """Rows as text; what a spreadsheet might take for a formula is quoted."""
    # Without the mark in front a spreadsheet takes the Chinese for something else.
    text = _lines([[_text(cell) for cell in row] for row in rows])
    return "\ufeff".encode() + text if begins else text


def _text(cell: Cell) -> Cell:
    """A cell that no spreadsheet computes: a text that looks like a formula is quoted."""
    if isinstance(cell, str) and _FORMULA.match(cell):
        return f"'{cell}"
    return cell


def _lines(rows: Sequence[Sequence[Cell]]) -> bytes:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


# --- xlsx ----------------------------------------------------------------------------------
# Written by hand, because openpyxl keeps a whole sheet in a file of its own before the first byte
# can be sent. Every text is an inline string, which no spreadsheet computes.

ROWS_OF_SHEET = 500_000
"""A longer list goes on in a further sheet."""
LONGEST_TEXT = 32_767
"""As many characters as a cell may have."""

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_FORMAT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_STYLES = (
    f"{_XML}<styleSheet {_MAIN}>"
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="4"><xf/>'
    '<xf fontId="1" applyFont="1"/><xf numFmtId="164" applyNumberFormat="1"/>'
    '<xf numFmtId="165" applyNumberFormat="1"/></cellXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_BOLD, _DAY, _INSTANT = 1, 2, 3
_EPOCH = date(1899, 12, 30)
_FIRST_YEAR = 1901
"""Earlier days have no number in a spreadsheet, and are texts."""
_UNSEEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Sink:
    """A file that is only written: what has been written is taken away piece by piece."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def taken(self) -> bytes:
        held, self._held = b"".join(self._held), []
        return held


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook; ``pages`` are its rows, some at a time. A head stays in sight."""

    title: str
    head: Sequence[str]
    pages: AsyncIterator[Iterable[Sequence[Cell]]]


async def _xlsx(
    title: str, shown: Columns, pages: AsyncIterator[Sequence[Any]], about: Mapping[str, str]
) -> AsyncIterator[bytes]:
    total = 0

    async def listed() -> AsyncIterator[Iterable[Sequence[Cell]]]:
        nonlocal total
        async for page in pages:
            yield [_row(shown, each) for each in page]
            total += len(page)

    async def told() -> AsyncIterator[Iterable[Sequence[Cell]]]:
        about_all: dict[str, Cell] = {**about, "行数": total}
        yield about_all.items()

    sheets = (
        Sheet(title, [name for _, name in shown], listed()),
        Sheet("说明", (), told()),
    )
    async for part in workbook(sheets):
        yield part


async def workbook(sheets: Sequence[Sheet]) -> AsyncIterator[bytes]:
    """A workbook piece by piece; each sheet is asked for its rows when the one before is written.

    A text never becomes a formula, whatever it begins with.
    """
    sink, titles = _Sink(), list[str]()
    with ZipFile(cast("Any", sink), "w", ZIP_DEFLATED) as book:
        for each in sheets:
            pieces = aiter(each.pages)
            rows, part = await anext(pieces, None), 0
            while rows is not None or not part:
                part += 1
                titles.append(each.title if part == 1 else f"{each.title}（{part}）")
                with book.open(f"xl/worksheets/sheet{len(titles)}.xml", "w") as sheet:
                    sheet.write(_sheet_begins(_cells(each.head, _BOLD) if each.head else ""))
                    written = 0
                    while rows is not None and written < ROWS_OF_SHEET:
                        cells = [_cells(row) for row in rows]
                        sheet.write("".join(cells).encode())
                        written += len(cells)
                        yield sink.taken()
                        rows = await anext(pieces, None)
                    sheet.write(_SHEET_ENDS)
        for name, text in _parts(titles):
            book.writestr(name, text)
    yield sink.taken()


def attached(title: str, at: datetime, form: Format) -> dict[str, str]:
    """The headers of a file that is named after a title and an instant."""
    name = quote(f"{title}-{at.astimezone(ZONE):%Y%m%d-%H%M}.{form}")
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}


def _sheet_begins(head: str) -> bytes:
    pane = (
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' if head else ""
    )
    views = f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
    return f"{_XML}<worksheet {_MAIN}>{views}<sheetData>{head}".encode()


_SHEET_ENDS = b"</sheetData></worksheet>"


def _cells(row: Sequence[Cell], style: int = 0) -> str:
    return f"<row>{''.join(_written(cell, style) for cell in row)}</row>"


def _written(cell: Cell, style: int) -> str:
    match cell:
        case None | "":
            return "<c/>"
        case datetime() if cell.year >= _FIRST_YEAR:
            seconds = (cell - datetime.combine(_EPOCH, cell.min.time())).total_seconds()
            return f'<c s="{_INSTANT}"><v>{seconds / 86400:.10f}</v></c>'
        case datetime():
            return _written(str(cell), style)
        case date() if cell.year >= _FIRST_YEAR:
            return f'<c s="{_DAY}"><v>{(cell - _EPOCH).days}</v></c>'
        case int() | float():
            return f"<c><v>{cell}</v></c>"
        case _:
            text = escape(_UNSEEN.sub("", str(cell))[:LONGEST_TEXT])
            return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{text}</t></is></c>'


_RELATIONS = (
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
)


def _parts(sheets: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The parts that bind the sheets together, by name in the package."""
    numbers = range(1, len(sheets) + 1)
    kinds = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{_FORMAT}.{kind}+xml"/>'
        for part, kind in (
            ("workbook", "sheet.main"),
            ("styles", "styles"),
            *((f"worksheets/sheet{number}", "worksheet") for number in numbers),
        )
    )
    yield (
        "[Content_Types].xml",
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">{_RELATIONS}{kinds}</Types>',
    )
    yield "_rels/.rels", _relations(("officeDocument", "xl/workbook.xml"))
    yield (
        "xl/_rels/workbook.xml.rels",
        _relations(
            *(("worksheet", f"worksheets/sheet{number}.xml") for number in numbers),
            ("styles", "styles.xml"),
        ),
    )
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in zip(numbers, sheets, strict=True)
    )
    yield (
        "xl/workbook.xml",
        f'{_XML}<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
    )
    yield "xl/styles.xml", _STYLES


def _relations(*parts: tuple[str, str]) -> str:
    told = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(parts, 1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{told}</Relationships>'
