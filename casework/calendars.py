"""Reads ``catalogue/calendars`` into the working-day calendar.

``<year>.yaml`` is a year whose notice is out. ``statutory.yaml`` lists the statutory days of the
years after; a year found in both is taken from its own file, and the others are provisional, with
what is made up for by law (全国年节及纪念日放假办法 §6).
"""

from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import NoReturn

import yaml

from casework.domain.calendar import SATURDAY, CalendarYear, WorkingCalendar
from casework.domain.statutory import weekdays_off

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
    """A calendar file is wrong: names file, line and field, and says what is right."""


@cache
def load_calendar() -> WorkingCalendar:
    """All years of the catalogue; raises ``CalendarFileError``."""
    return read_calendar(files("catalogue") / "calendars")


def read_calendar(folder: Traversable) -> WorkingCalendar:
    """All years of the files in ``folder``, in order; raises ``CalendarFileError``."""
    years = {year.year: year for year in _statutory_years(folder / STATUTORY_FILE)}
    for file in folder.iterdir():
        if file.name.endswith(".yaml") and file.name != STATUTORY_FILE:
            year = read_year(file)
            if file.name != f"{year.year}.yaml":
                raise CalendarFileError(f"{file.name} year：现为 {year.year}；须与文件名相同")
            years[year.year] = year
    for before, after in pairwise(sorted(years)):
        if after != before + 1:
            raise CalendarFileError(f"{folder}：{before} 年之后缺 {before + 1} 年，年份须连续")
    return WorkingCalendar(tuple(years[number] for number in sorted(years)))


def read_year(file: Traversable) -> CalendarYear:
    """The year of one file whose notice is out; raises ``CalendarFileError``."""
    fields = _fields(file, _root(file), ("year", "notice", "issued_on", "days_off", "make_up"))
    year = _text(file, fields["year"], "year")
    if not year.isdecimal():
        _refuse(file, fields["year"], "year", "须是年份")
    number = _text(file, fields["notice"], "notice")
    issued_on = _date(file, fields["issued_on"], "issued_on")
    off, make_up = (tuple(_dates(file, fields[name], name, int(year))) for name in _RIGHT)
    return CalendarYear(year=int(year), off=off, make_up=make_up, notice=f"{number}（{issued_on}）")


def _statutory_years(file: Traversable) -> Iterator[CalendarYear]:
    fields = _fields(file, _root(file), ("reference", "years"))
    reference = _text(file, fields["reference"], "reference")
    for number, node in _fields(file, fields["years"]).items():
        if not number.isdecimal():
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
        return date.fromisoformat(text)
    except ValueError:
        _refuse(file, node, field, "须是 YYYY-MM-DD 形式的真实日期")


def _root(file: Traversable) -> yaml.Node:
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise CalendarFileError(f"{file.name}：不是合法的 YAML：{error}") from error
    if node is None:
        raise CalendarFileError(f"{file.name}：文件是空的")
    return node


def _fields(
    file: Traversable, node: yaml.Node, names: tuple[str, ...] = ()
) -> dict[str, yaml.Node]:
    """The fields of a mapping, exactly ``names`` if given, none of them twice."""
    if not isinstance(node, yaml.MappingNode):
        _refuse(file, node, names[0] if names else "?", "须是“字段: 值”")
    fields: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if key.value in fields:
            _refuse(file, key, str(key.value), "不得重复")
        if names and key.value not in names:
            _refuse(file, key, str(key.value), f"字段须是 {'、'.join(names)} 之一")
        fields[key.value] = value
    for name in names:
        if name not in fields:
            _refuse(file, node, name, "缺少此字段")
    return fields


def _refuse(file: Traversable, node: yaml.Node, field: str, right: str) -> NoReturn:
    written = f"现为 {node.value}；" if isinstance(node, yaml.ScalarNode) else ""
    line = node.start_mark.line + 1
    raise CalendarFileError(f"{file.name} 第 {line} 行 {field}：{written}{right}")
