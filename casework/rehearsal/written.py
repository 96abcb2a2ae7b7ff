"""A YAML file as it was written: its data, the line of each value, and what YAML would misread.

Keys are always text. A day that does not exist, a number that YAML reads as an octal or as minutes,
a field written twice: each is a problem of its place, and reading goes on.
"""

from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from casework.rehearsal.dates_written import wrong_moment
from casework.rehearsal.faults import Place, Problem

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
