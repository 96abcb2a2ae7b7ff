"""A YAML file as it was written: its data, the line of each value, and what YAML would misread.

Keys are always text. A day that does not exist, a number that YAML reads as an octal or as minutes,
a field written twice: each is a problem of its place, and reading goes on.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.error import MarkedYAMLError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from casework.rehearsal.faults import Fault, Place, Problem, ScenarioError

_MOMENT = re.compile(
    r"\s*(?P<y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?"
    r"(?:(?:[Tt]|\s+)(?P<h>\d{1,2})[:：](?P<min>\d{1,2})(?:[:：](?P<s>\d{1,2})(?:\.\d*)?)?)?"
    r"(?P<zone>\s*(?:[Zz]|[-+]\d{1,2}(?::?\d{2})?))?\s*"
)
_FORM = "的写法不对"
_MONTHS, _HOURS, _SIXTY = 12, 24, 60


def wrong_moment(text: str) -> tuple[str, str] | None:
    """What is wrong with a day or a moment, and what is right; None if it is no such text.

    Text that reads like a day without being written as one counts as wrong, too.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    year, month, day = int(found["y"]), int(found["m"]), int(found["d"])
    if year == 0:
        return "没有 0000 年", "0001 至 9999 年"
    if not 1 <= month <= _MONTHS:
        return f"{text.strip()} 不存在：没有 {month} 月", "01 至 12 月"
    last = monthrange(year, month)[1]
    if not 1 <= day <= last:
        right = f"{year:04}-{month:02}-01 至 {year:04}-{month:02}-{last}"
        return f"{text.strip()} 不存在：{year} 年 {month} 月没有 {day} 日", right
    if found["h"] is not None and (wrong := _wrong_time(found)):
        return wrong
    return f"“{text.strip()}”{_FORM}", "".join(_rewritten(found))


def wrong_day(text: str) -> tuple[str, str] | None:
    """As ``wrong_moment``, where only a day belongs, and without quotes."""
    wrong, found = wrong_moment(text), _MOMENT.fullmatch(text)
    if wrong is None or found is None or not wrong[0].endswith(_FORM):
        return wrong
    return wrong[0], f"不加引号、不带时间的 {next(_rewritten(found))}"


def _wrong_time(found: re.Match[str]) -> tuple[str, str] | None:
    hour, minute, second = int(found["h"]), int(found["min"]), int(found["s"] or 0)
    written = f"{found['h']}:{found['min']}"
    if hour == _HOURS and minute == second == 0:
        return f"没有 {written} 这个时间", "次日的 00:00"
    if hour >= _HOURS or minute >= _SIXTY or second >= _SIXTY:
        return f"没有 {written}{_seconds(found)} 这个时间", "00:00 至 23:59"
    return None


def _seconds(found: re.Match[str]) -> str:
    return f":{found['s']}" if found["s"] else ""


def _rewritten(found: re.Match[str]) -> Iterator[str]:
    yield f"{found['y']}-{int(found['m']):02}-{int(found['d']):02}"
    if found["h"] is not None:
        yield f" {int(found['h']):02}:{int(found['min']):02}"


MOST_VALUES = 20_000
"""Far more than any scenario has: aliases of aliases can make a short file endless."""

_TAG = "tag:yaml.org,2002:"
_SCALARS = frozenset(_TAG + kind for kind in ("str", "null", "bool", "int", "float", "timestamp"))
_UNREADABLE = (ValueError, OverflowError, ArithmeticError, LookupError, AttributeError, TypeError)


@dataclass(kw_only=True)
class Written:
    """``data`` is what a scenario is made of; ``problems`` are those of reading it."""

    data: Any = None
    problems: list[Problem] = field(default_factory=list)
    lines: dict[Place, int] = field(default_factory=dict)
    texts: dict[Place, str] = field(default_factory=dict)

    def line(self, place: Place) -> int:
        """The line of the place, or of the nearest around it that was written."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def text(self, place: Place) -> str | None:
        """A single value as it was typed, without quotes; None where there is none."""
        return self.texts.get(place)

    def add(self, place: Place, what: str, right: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(place=place, what=what, right=right))


def read_text(text: str) -> Written:
    """Read one YAML document.

    Raises:
        yaml.YAMLError: it is none; RecursionError: it is nested too deeply.
    """
    written = Written()
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is not None:
        written.data = _Reader(written).read(node, ())
    return written


class _Reader:
    def __init__(self, written: Written) -> None:
        self._written = written
        self._constructor = SafeConstructor()
        self._open: list[int] = []
        self._count = 0

    def read(self, node: Node, place: Place) -> Any:  # noqa: ANN401 - whatever YAML holds
        self._written.lines.setdefault(place, node.start_mark.line + 1)
        self._count += 1
        if self._count > MOST_VALUES or id(node) in self._open:
            self._note(place, "内容过多或引用了自身", "逐项写出，不用 & 和 * 引用")
            return None
        self._open.append(id(node))
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, place)
            if isinstance(node, SequenceNode):
                return [self.read(each, (*place, n)) for n, each in enumerate(node.value)]
            return self._scalar(node, place)
        finally:
            self._open.pop()

    def _mapping(self, node: MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: list[Node] = []
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._note(place, "字段名不是文字", "一个字段名")
            elif key.tag == _TAG + "merge":
                merged += value.value if isinstance(value, SequenceNode) else [value]
            else:
                self._field(found, key, value, (*place, key.value))
        for part in merged:
            self._merge(found, part, place)
        return found

    def _field(self, found: dict[str, Any], key: ScalarNode, value: Node, place: Place) -> None:
        line = key.start_mark.line + 1
        if key.value in found:
            again = (*place[:-1], f"{key.value}（又一次）")
            earlier, self._written.lines[again] = self._written.lines[place], line
            self._note(again, f"重复的字段，第 {earlier} 行已有", "只写一次")
            return
        self._written.lines[place] = line
        found[key.value] = self.read(value, place)

    def _merge(self, found: dict[str, Any], part: Node, place: Place) -> None:
        """What is written beside ``<<`` takes precedence, and keeps its lines."""
        if not isinstance(part, MappingNode):
            self._note(place, "<< 后不是一组字段", "逐项写出")
            return
        lines, texts = dict(self._written.lines), dict(self._written.texts)
        for name, content in (self.read(part, place) or {}).items():
            found.setdefault(name, content)
        self._written.lines.update(lines)
        self._written.texts.update(texts)

    def _scalar(self, node: Node, place: Place) -> Any:  # noqa: ANN401 - whatever YAML holds
        text = str(node.value)
        self._written.texts[place] = text
        if node.tag not in _SCALARS:
            self._note(place, f"不支持的标记 {node.tag.removeprefix(_TAG)}", "不加标记的值")
            return text
        plain = getattr(node, "style", None) is None
        if node.tag in {_TAG + "int", _TAG + "float"} and plain:
            if ":" in text:
                self._note(
                    place, f"{text} 会被读成分秒", f'加引号的文字，如 "{text}"，或日期加时间'
                )
                return text
            if text.lstrip("+-").startswith("0") and text.lstrip("+-").isdigit() and len(text) > 1:
                self._note(place, f"{text} 会被读成八进制数", f'加引号的文字，如 "{text}"')
                return text
        try:
            return self._constructor.construct_object(node)
        except (*_UNREADABLE, yaml.YAMLError):
            what, right = wrong_moment(text) or (f"读不出 {text[:40]}", "文字、数字或日期")
            self._note(place, what, right)
            return text

    def _note(self, place: Place, what: str, right: str) -> None:
        self._written.add(place, what, right)


_FULL_WIDTH = re.compile(r"^\s*(?:-\s+)?[A-Za-z_]+：")
_TABBED = re.compile(r"^ *\t")
_SAID = (
    ("expected a single document", "文件中有多个文档（---）", "一个场景一个文件"),
    ("mapping values are not allowed", "此处不能有冒号", "缩进对齐的 字段: 值；含冒号的文字加引号"),
    ("expected <block end>", "缩进没有对齐", "同一层的字段左端对齐"),
    ("could not find expected ':'", "缺少冒号", "字段: 值，冒号后有空格"),
    ("expected ',' or '}'", "花括号没有合上，或缺少逗号", "{字段: 值, 字段: 值}"),
    ("expected ',' or ']'", "方括号没有合上，或缺少逗号", "[值, 值]"),
    ("end of stream", "引号没有合上", "成对的引号"),
    ("undefined alias", "引用了没有定义的名称（*）", "加引号的文字"),
    ("duplicate anchor", "重复的锚点（&）", "加引号的文字"),
    ("escape", "双引号中的 \\ 不是有的转义", "单引号，或写作 \\\\"),
    ("cannot start any token", "以不能用在开头的字符开始", "加引号的文字"),
    ("expected the node content", "缺少值", "字段: 值"),
    ("block sequence entries are not allowed", "此处不能有短横", "短横另起一行并对齐"),
    ("expected alphabetic or numeric", "& 或 * 后没有名称", "加引号的文字"),
    ("could not determine a constructor", "不支持的标记（!）", "不加标记的值"),
)


def text_of(path: Path) -> str:
    """The text of a file; raises ScenarioError if there is none."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise _of(path, 0, "没有这个文件", "已有的场景文件") from None
    except IsADirectoryError:
        raise _of(path, 0, "是文件夹", "其中的一个 .yaml 文件") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "名称无效"
        raise _of(path, 0, f"读不出（{reason}）", "可读的文件") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _of(path, line, f"编码是 {_encoding(content)}", "UTF-8（另存为时选择）") from None
    if not text.strip():
        raise _of(path, 0, "是空文件", "一个场景，至少有 name、given、steps")
    return text


def _encoding(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    try:
        content.decode("gb18030")
    except UnicodeDecodeError:
        return "无法识别的编码"
    return "GBK"


def syntax_error(path: Path, text: str, error: yaml.YAMLError | RecursionError) -> ScenarioError:
    """What is wrong with the YAML: each line with a tab, else where reading stopped."""
    tabs = [
        _fault(path, number, "用制表符（Tab）缩进", "空格缩进")
        for number, line in enumerate(text.split("\n"), 1)
        if _TABBED.match(line)
    ]
    if tabs:
        return ScenarioError.of(tabs)
    return ScenarioError.of([_syntax(path, text, error)])


def _syntax(path: Path, text: str, error: yaml.YAMLError | RecursionError) -> Fault:
    if isinstance(error, ReaderError):
        line = text[: error.position].count("\n") + 1
        return _fault(path, line, f"有不能用的字符 U+{ord(text[error.position]):04X}", "可见的文字")
    if not isinstance(error, MarkedYAMLError):
        return _fault(path, 0, "嵌套过深", "寻常的层次")
    mark = error.problem_mark or error.context_mark
    line = min(mark.line + 1, len(text.rstrip().split("\n"))) if mark else 0
    for number in _near(line, error):
        if _FULL_WIDTH.match(_line(text, number)):
            return _fault(path, number, "用了全角冒号“：”", "半角冒号加空格“: ”")
    said = f"{error.context or ''} {error.problem or ''}"
    for words, what, right in _SAID:
        if words in said:
            return _fault(path, line, f"YAML 有误，{what}", right)
    return _fault(path, line, "YAML 有误，此处读不下去", "缩进对齐的 字段: 值")


def _near(line: int, error: MarkedYAMLError) -> Iterator[int]:
    yield line
    if error.context_mark:
        yield error.context_mark.line + 1
    yield line - 1


def _line(text: str, number: int) -> str:
    lines = text.split("\n")
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _fault(path: Path, line: int, what: str, right: str) -> Fault:
    return Fault(file=str(path), line=line, field="", what=what, right=right)


def _of(path: Path, line: int, what: str, right: str) -> ScenarioError:
    return ScenarioError.of([_fault(path, line, what, right)])
