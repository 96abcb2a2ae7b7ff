"""Reads ``catalogue/calendars`` into the working-day calendar.

``<year>.yaml`` is a year whose notice is out. ``statutory.yaml`` lists the statutory days of the
years after; a year found in both is taken from its own file, and the others are provisional, with
what is made up for by law (全国年节及纪念日放假办法 §6).
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

import yaml

from casework.domain.time.calendar import SATURDAY, CalendarYear, WorkingCalendar
from casework.domain.time.statutory import weekdays_off
from casework.policy import yaml_text
from casework.policy.catalogue.documents import Finding

FOLDER = "calendars"
STATUTORY_FILE = "statutory.yaml"
# 全国年节及纪念日放假办法第二条, since 2025-01-01
STATUTORY_DAYS = {
    "元旦": 1,
    "春节": 4,
    "清明节": 1,
    "劳动节": 2,
    "端午节": 1,
    "中秋节": 1,
    "国庆节": 3,
}


class CalendarFileError(ValueError):
    """A calendar file is wrong: says where, and what is right."""

    def __init__(self, finding: Finding) -> None:
        place = f"{finding.file} 第 {finding.line} 行 {finding.field}"
        super().__init__(f"{place}：{finding.problem}；{finding.right}")
        self.finding = finding


@cache
def load_calendar() -> WorkingCalendar:
    """All years of the catalogue; raises ``CalendarFileError``."""
    return read_calendar(files("catalogue") / FOLDER)


def read_calendar(folder: Traversable) -> WorkingCalendar:
    """All years of the files in ``folder``, in order; raises ``CalendarFileError``."""
    years, faults = _read(folder)
    if faults:
        raise CalendarFileError(min(faults))
    return WorkingCalendar(tuple(years[number] for number in sorted(years)))


def check_calendars(root: Traversable | Path | None = None) -> list[Finding]:
    """The first fault of each file of ``calendars`` below the catalogue's root, and missing years.

    The files are named from the root.
    """
    _, faults = _read((root or files("catalogue")) / FOLDER)
    return sorted(replace(fault, file=f"{FOLDER}/{fault.file}") for fault in faults)


def _read(folder: Traversable) -> tuple[dict[int, CalendarYear], list[Finding]]:
    """The years in which nothing is wrong, and what is wrong."""
    years: dict[int, CalendarYear] = {}
    faults: list[Finding] = []
    try:
        years = {year.year: year for year in _statutory_years(folder / STATUTORY_FILE)}
    except CalendarFileError as error:
        faults.append(error.finding)
    for file in folder.iterdir() if folder.is_dir() else ():
        if file.name == STATUTORY_FILE or file.name.startswith((".", "__")):
            continue
        try:
            if not file.name.endswith(".yaml"):
                _fault(file.name, 1, "(file)", "不是 .yaml 文件", "此处只放 .yaml 文件")
            year = read_year(file)
            if file.name != f"{year.year}.yaml":
                _fault(file.name, 1, "year", f"现为 {year.year}", "须与文件名相同")
            years[year.year] = year
        except CalendarFileError as error:
            faults.append(error.finding)
    if not faults:
        faults += _gaps(years)
    return years, faults


def _gaps(years: Collection[int]) -> Iterator[Finding]:
    for before, after in pairwise(sorted(years)):
        if after != before + 1:
            missing, problem = f"{before + 1}.yaml", f"{before} 年之后缺 {before + 1} 年"
            yield Finding(file=missing, line=1, field="(file)", problem=problem, right="年份须连续")


def read_year(file: Traversable) -> CalendarYear:
    """The year of one file whose notice is out; raises ``CalendarFileError``."""
    fields = _fields(file, _root(file), ("year", "notice", "issued_on", "days_off", "make_up"))
    year = _text(file, fields["year"], "year")
    if not _is_year(year):
        _refuse(file, fields["year"], "year", "须是年份")
    number = _text(file, fields["notice"], "notice")
    issued_on = _date(file, fields["issued_on"], "issued_on")
    off, make_up = (tuple(_dates(file, fields[name], name, int(year))) for name in _RIGHT)
    return CalendarYear(year=int(year), off=off, make_up=make_up, notice=f"{number}（{issued_on}）")


def _statutory_years(file: Traversable) -> Iterator[CalendarYear]:
    fields = _fields(file, _root(file), ("reference", "years"))
    reference = _text(file, fields["reference"], "reference")
    for number, node in _fields(file, fields["years"]).items():
        if not _is_year(number):
            _refuse(file, node, f"years.{number}", "须是年份")
        days: list[date] = []
        for name, dates in _fields(file, node, tuple(STATUTORY_DAYS)).items():
            field = f"years.{number}.{name}"
            festival = tuple(_dates(file, dates, field, int(number)))
            if len(festival) != STATUTORY_DAYS[name]:
                _refuse(file, dates, field, f"法定为 {STATUTORY_DAYS[name]} 天")
            days += festival
        yield CalendarYear(
            year=int(number),
            off=weekdays_off(days),
            make_up=(),
            notice=f"{number}年放假通知尚未公布，暂按{reference}推算",
            provisional=True,
        )


_RIGHT = {"days_off": "只列周一至周五", "make_up": "只列周六、周日"}


def _dates(file: Traversable, node: yaml.Node, name: str, year: int) -> Iterator[date]:
    if not isinstance(node, yaml.SequenceNode):
        _refuse(file, node, name, "须是日期的列表")
    last = date.min
    for index, item in enumerate(node.value):
        field, day = f"{name}[{index}]", _date(file, item, f"{name}[{index}]")
        if day.year != year:
            _refuse(file, item, field, f"须在 {year} 年之内")
        if day <= last:
            _refuse(file, item, field, "须按先后排列，不得重复")
        if name in _RIGHT and (day.weekday() >= SATURDAY) != (name == "make_up"):
            _refuse(file, item, field, _RIGHT[name])
        last = day
        yield day


def _text(file: Traversable, node: yaml.Node, field: str) -> str:
    if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
        _refuse(file, node, field, "须填写一个值")
    return str(node.value)


def _date(file: Traversable, node: yaml.Node, field: str) -> date:
    text = _text(file, node, field)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or str(day) != text:
        _refuse(file, node, field, "须是 YYYY-MM-DD 形式的真实日期")
    return day


def _is_year(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) == len("2026")


def _root(file: Traversable) -> yaml.Node:
    try:
        node = yaml_text.compose(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = f"不是合法的 YAML：{getattr(error, 'problem', None) or '无法读取'}"
        _fault(file.name, mark.line + 1 if mark else 1, "(file)", problem, "请检查此行及上一行")
    except UnicodeDecodeError:
        _fault(file.name, 1, "(file)", "不是 UTF-8 文本", "请以 UTF-8 保存")
    except OSError as error:
        _fault(file.name, 1, "(file)", f"无法读取：{error.strerror}", "须可读取")
    if node is None:
        _fault(file.name, 1, "(file)", "文件是空的", "须写明年份和日期")
    return node


def _fields(
    file: Traversable, node: yaml.Node, names: tuple[str, ...] = ()
) -> dict[str, yaml.Node]:
    """The fields of a mapping, exactly ``names`` if given, none of them twice."""
    if not isinstance(node, yaml.MappingNode):
        _refuse(file, node, names[0] if names else "?", "须是“字段: 值”")
    fields: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            _refuse(file, key, "?", "字段名须是文字")
        if key.value in fields:
            _refuse(file, key, str(key.value), "不得重复")
        if names and key.value not in names:
            _refuse(file, key, str(key.value), f"字段须是 {'、'.join(names)} 之一")
        fields[key.value] = value
    for name in names:
        if name not in fields:
            _fault(file.name, node.start_mark.line + 1, name, "缺少此字段", "须写明")
    return fields


def _refuse(file: Traversable, node: yaml.Node, field: str, right: str) -> NoReturn:
    written = f"现为 {node.value}" if isinstance(node, yaml.ScalarNode) else "写法不对"
    _fault(file.name, node.start_mark.line + 1, field, written, right)


def _fault(file: str, line: int, field: str, problem: str, right: str) -> NoReturn:
    found = Finding(file=file, line=line, field=field, problem=problem, right=right)
    raise CalendarFileError(found)
