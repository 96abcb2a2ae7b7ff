"""The people of an office as a file has them: YAML, a spreadsheet (xlsx) or CSV.

A sheet has one post a row under a row of column names, by code or in Chinese. Everything that is
wrong is said at once, by row and column, as the sheet counts them; of YAML, the first post is row
1. Nothing a fault says repeats an address.
"""

import csv
import io
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import islice
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from casework.domain.policy import Role
from casework.domain.staff import MOST_POSTS, Leave, StaffPost
from casework.policy import yaml_text
from casework.policy.officer_contacts import OfficerContact, read_contacts

COLUMNS = {
    "person": "人员",
    "role": "岗位",
    "city": "市",
    "district": "区",
    "office": "窗口",
    "items": "事项",
    "bodies": "机构",
    "classes": "人才类别",
    "team": "小组",
    "share": "工作时间占比",
    "stands_in_for": "B角对象",
    "skills": "专长",
    "rank": "顺序",
    "since": "起始日",
    "until": "截止日",
    "mail": "邮箱",
    "sms": "手机",
    "alerts": "提醒方式",
    "last_on": "离岗日",
}
"""The columns of a sheet, by code, with their Chinese names. ``last_on``: the person leaves."""

_LISTS = frozenset({"items", "bodies", "classes", "skills"})
_NUMBERS = frozenset({"share", "rank"})
_CODES = frozenset({"person", "city", "district", "stands_in_for"})
_CONTACT = ("mail", "sms", "alerts")
_BY_NAME = {name: code for code, name in COLUMNS.items()} | {code: code for code in COLUMNS}
_ROLES = {role.label: role.value for role in Role}
_POST = TypeAdapter(StaffPost)
_LEAVE = TypeAdapter(Leave)
_FIELDS = frozenset(each.name for each in fields(StaffPost)) - {"id"}
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_LONGEST_NUMBER = 9
_MOST_BYTES = 50_000_000
"""How large the parts of a spreadsheet may be, unpacked."""


class StaffFileError(ValueError):
    """The file is none that can be read; the message is for a clerk."""


@dataclass(frozen=True, kw_only=True, order=True)
class FileFault:
    """What is wrong in a cell: the row as the file counts, the column by its code."""

    row: int
    column: str
    problem: str
    code: str = "INVALID_REQUEST"


@dataclass(frozen=True, kw_only=True)
class StaffFile:
    """What a file says; ``rows``: in which row each post stands."""

    posts: tuple[StaffPost, ...] = ()
    rows: tuple[int, ...] = ()
    leave: tuple[Leave, ...] = ()
    contacts: Mapping[str, OfficerContact] = field(default_factory=dict, repr=False)
    faults: tuple[FileFault, ...] = ()


def read_staff_file(content: bytes) -> StaffFile:
    """What the file says, and all that is wrong in it; which kind it is, its content says.

    Raises:
        StaffFileError: it cannot be read at all, or has more than ``MOST_POSTS`` rows.
    """
    if content.startswith(b"PK"):
        return _of_rows(_sheet(content))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")  # as Excel writes CSV in China
        if not _is_table(text) or "\ufffd" in text:
            raise StaffFileError("请上传 YAML、xlsx，或者 CSV") from None
    return _of_rows(_lines(text)) if _is_table(text) else _of_yaml(text)


def _is_table(text: str) -> bool:
    first = text.lstrip().partition("\n")[0]
    return "," in first and bool(_BY_NAME.keys() & {cell.strip() for cell in first.split(",")})


# --- a sheet -------------------------------------------------------------------------------

Row = tuple[int, Sequence[Any]]


def _lines(text: str) -> Iterator[Row]:
    try:
        yield from enumerate(csv.reader(io.StringIO(text, newline="")), start=1)
    except csv.Error:
        raise StaffFileError("不是可以读取的 CSV 表格") from None


def _sheet(content: bytes) -> Iterator[Row]:
    import openpyxl  # noqa: PLC0415 - a twentieth of starting the API, which is sent few sheets

    try:
        _require_small(content)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        first, *others = map(_written, book.worksheets)
        rows = list(islice(first, MOST_POSTS + 2))  # one more than may be, and their names
        _require_seen(content, book.worksheets[0], {number for number, _ in rows})
        _require_one_list(next(other, None) for other in others)
        _require_computed(dict(rows), openpyxl.load_workbook(io.BytesIO(content), read_only=True))
    except StaffFileError:
        raise
    except Exception:  # noqa: BLE001 - openpyxl, zipfile and zlib raise what they stumble over
        raise StaffFileError("不是可以读取的 xlsx 表格") from None
    yield from rows


def _written(sheet: Any) -> Iterator[Row]:  # noqa: ANN401 - openpyxl has no types
    """The rows of a worksheet in which anything stands."""
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        row = [_value(cell) for cell in cells]
        if any(map(_is_written, row)):
            yield number, row


def _value(cell: Any) -> Any:  # noqa: ANN401 - openpyxl has no types
    """What a person reads in a cell: a spreadsheet keeps 50% as 0.5."""
    value = cell.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and "%" in (cell.number_format or ""):
        return round(value * 100, 6)
    return (
        "" if value is None and cell.data_type == "str" else value
    )  # a formula that shows nothing


_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?\bref="[A-Z]+(\d+)')
_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*>")
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_ROW_NUMBER = re.compile(rb'\br="(\d+)"')


def _require_seen(content: bytes, sheet: Any, written: AbstractSet[int]) -> None:  # noqa: ANN401 - as above
    """Refuse what says something else than a person sees: of merged cells all but one are empty.

    A row that is hidden, by a filter say, would be taken in unseen. ``written``: the rows in which
    anything stands.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        text = parts.read(sheet._worksheet_path)  # noqa: SLF001 - openpyxl leaves both out here
    if merged := _MERGED.search(text):
        raise StaffFileError(f"第 {int(merged[1])} 行有合并单元格，请取消合并、逐行填写后再上传")
    for row in _ROW.findall(text):
        number = _ROW_NUMBER.search(row)
        if _HIDDEN.search(row) and number is not None and int(number[1]) in written:
            raise StaffFileError(f"第 {int(number[1])} 行被隐藏，请取消筛选、显示全部行后再上传")


def _require_computed(rows: Mapping[int, Sequence[Any]], book: Any) -> None:  # noqa: ANN401 - as above
    """Refuse formulas that nobody has computed: the cell would be read as empty.

    ``rows``: what is shown, by row; ``book``: the same file with its formulas.
    """
    every = enumerate(book.worksheets[0].iter_rows(), start=1)
    for number, cells in islice(every, max(rows, default=0)):
        shown = rows.get(number, [None] * len(cells))
        for cell, value in zip(cells, shown, strict=False):
            if cell.data_type == "f" and value is None:
                raise StaffFileError(
                    f"第 {number} 行有未计算的公式，请在表格软件中打开、保存后再上传"
                )


def _require_one_list(first_rows: Iterable[Row | None]) -> None:
    """Refuse a book of several lists, of which only the first would be read."""
    for found in first_rows:
        if found and "person" in {_BY_NAME.get(str(name or "").strip()) for name in found[1]}:
            raise StaffFileError("此表格有几个工作表都是人员名单，请合为一个，或者分次导入")


def _require_small(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        if sum(part.file_size for part in parts.infolist()) > _MOST_BYTES:
            raise StaffFileError("表格太大")


def _is_written(cell: object) -> bool:
    return cell is not None and bool(str(cell).strip())


def _of_rows(rows: Iterator[Row]) -> StaffFile:
    number, names = next(rows, (1, ()))
    columns = [_BY_NAME.get(str(name or "").strip(), "") for name in names]
    faults = [
        FileFault(row=number, column=str(name)[:20], problem="没有此列，请核对列名")
        for name, column in zip(names, columns, strict=True)
        if name not in {None, ""} and not column
    ]
    faults += [
        FileFault(row=number, column=column, problem="此列重复，请只留一列")
        for column in sorted(name for name, times in Counter(columns).items() if times > 1 and name)
    ]
    faults += [
        FileFault(row=number, column=column, problem="缺少此列")
        for column in ("person",)
        if column not in columns
    ]
    if faults:
        return StaffFile(faults=tuple(faults))
    written = []
    for row, cells in rows:
        values = {
            column: cell
            for column, cell in zip(columns, cells, strict=False)
            if column and _is_written(cell)
        }
        if values:
            written.append((row, values))
    if len(written) > MOST_POSTS:
        raise StaffFileError(f"一次至多 {MOST_POSTS} 行，请分区、分次导入")
    return _of_values(written)


def _of_values(written: Sequence[tuple[int, Mapping[str, Any]]]) -> StaffFile:
    posts, rows, leave = [], [], []
    faults: list[FileFault] = []
    contacts: dict[str, dict[str, Any]] = {}
    for row, values in written:
        person = _code(values.get("person", ""))
        told = {name: _text(values[name]) for name in _CONTACT if name in values}
        if told and person:
            known = contacts.setdefault(person, told)
            faults += [
                FileFault(row=row, column=name, problem="与此人员在前面一行所填的不同")
                for name in _CONTACT
                if known.get(name) != told.get(name)
            ]
        if "last_on" in values:
            asked = {"person": person, "last_on": _day(values["last_on"])}
            leave += [each for each in _checked(_LEAVE, asked, row, faults) if each not in leave]
        if "role" not in values and (told or "last_on" in values):
            continue
        found = _checked(_POST, _post(values), row, faults)
        posts += found
        rows += [row] * len(found)
    reached, wrong = read_contacts(contacts)
    at = {_code(values.get("person", "")): row for row, values in written}
    faults += [
        FileFault(
            row=at.get(_person(fault.place), 1), column=_column(fault.place), problem="填写有误"
        )
        for fault in wrong
    ]
    return StaffFile(
        posts=tuple(posts),
        rows=tuple(rows),
        leave=tuple(leave),
        contacts=reached,
        faults=tuple(sorted(faults)),
    )


def _person(place: Sequence[str]) -> str:
    return place[1] if len(place) > 1 else ""


def _column(place: Sequence[str]) -> str:
    return place[2] if len(place) > 2 and place[2] in _CONTACT else "alerts"  # noqa: PLR2004 - contacts.code.field


def _post(values: Mapping[str, Any]) -> dict[str, Any]:
    post: dict[str, Any] = {}
    for name in _FIELDS & values.keys():
        value = values[name]
        if name in _LISTS:
            post[name] = value if isinstance(value, list | tuple) else _words(_text(value))
        elif name in _NUMBERS:
            post[name] = _number(value)
        elif name in {"since", "until"}:
            post[name] = _day(value)
        else:
            post[name] = _code(value) if name in _CODES else _text(value)
    if "role" in post:
        post["role"] = _ROLES.get(post["role"], post["role"])
    return post


def _words(text: str) -> list[str]:
    for mark in "、，,；;":
        text = text.replace(mark, " ")
    return text.split()


def _text(value: Any) -> str:  # noqa: ANN401 - a cell
    # A spreadsheet makes numbers of codes: 310106 is 310106.0 there.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _code(value: Any) -> str:  # noqa: ANN401 - a cell
    """A code as it is meant: letters and digits may have been typed in full width."""
    return unicodedata.normalize("NFKC", _text(value))


def _number(value: Any) -> Any:  # noqa: ANN401 - a cell
    if not isinstance(value, str):
        return value
    text = value.strip().removesuffix("%").removesuffix(".0")
    fits = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return int(text) if fits else value


def _day(value: Any) -> Any:  # noqa: ANN401 - a cell
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str) and (day := _DAY.fullmatch(value.strip())):
        return f"{day[1]}-{day[2]:0>2}-{day[3]:0>2}"
    return value


def _checked(
    adapter: TypeAdapter[Any], values: Mapping[str, Any], row: int, faults: list[FileFault]
) -> list[Any]:
    try:
        return [adapter.validate_python(values)]
    except ValidationError as error:
        for each in error.errors(include_input=False, include_url=False):
            column = str(each["loc"][0]) if each["loc"] else "person"
            faults.append(FileFault(row=row, column=column, problem=_saying(each["type"], column)))
        return []


def _saying(kind: str, column: str) -> str:
    if kind == "missing":
        return "请填写"
    if kind.startswith("unexpected"):
        return "没有此项"
    if column == "role":
        return "没有此岗位，可用：" + "、".join(role.label for role in Role)
    if column in {"since", "until", "last_on"}:
        return "须是日期，如 2026-09-17"
    return "填写有误"


# --- YAML ----------------------------------------------------------------------------------


def _of_yaml(text: str) -> StaffFile:
    try:
        content = yaml_text.load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark else "文件"
        if isinstance(error, yaml_text.RepeatedKeyError):
            raise StaffFileError(f"{where}重复了前面已有的名称，请只留一处") from None
        raise StaffFileError(f"{where}不是可以读取的 YAML") from None
    if not isinstance(content, Mapping) or content.keys() - {"posts", "leave", "contacts"}:
        raise StaffFileError("YAML 须有 posts、leave、contacts 中的一项或者几项")
    listed = [content.get(name) or [] for name in ("posts", "leave")]
    if not all(
        isinstance(each, list) and all(isinstance(x, Mapping) for x in each) for each in listed
    ):
        raise StaffFileError("posts、leave 须是列表，每项为“名称: 值”")
    if len(listed[0]) > MOST_POSTS:
        raise StaffFileError(f"一次至多 {MOST_POSTS} 项，请分区、分次导入")
    faults: list[FileFault] = []
    posts, rows, leave = [], [], []
    for row, each in enumerate(listed[0], start=1):
        strange = sorted(str(name)[:20] for name in each.keys() - _FIELDS)
        faults += [FileFault(row=row, column=name, problem="没有此项") for name in strange]
        found = _checked(_POST, _post(each), row, faults)
        posts += found
        rows += [row] * len(found)
    for row, each in enumerate(listed[1], start=1):
        leave += _checked(_LEAVE, {**each}, row, faults)
    contacts, wrong = read_contacts(content.get("contacts") or {})
    faults += [
        FileFault(row=0, column=str(fault.place[-1])[:20], problem="填写有误") for fault in wrong
    ]
    return StaffFile(
        posts=tuple(posts),
        rows=tuple(rows),
        leave=tuple(leave),
        contacts=contacts,
        faults=tuple(sorted(faults)),
    )
