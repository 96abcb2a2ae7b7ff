"""How long, how many, how large, of what characters: the bounds of all that a message may say.

Each text, list and number of a message has a type with a bound. Whoever reads a message checks it:
HTTP before the command is made (``casework.filing.bodies``), Temporal before an update, a fact or a
start is taken (``casework.security.proof.checking``). What was taken before there were bounds stays
readable, so no bound is checked when a history is replayed or an event is read.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from casework.domain.errors import DomainError

T = TypeVar("T")
V = TypeVar("V")

OUT_OF_BOUNDS = "OUT_OF_BOUNDS"
FIELD_REQUIRED = "FIELD_REQUIRED"


@dataclass(frozen=True)
class AtMost:
    """Characters of a text, entries of a list or table, value of a number."""

    most: int
    least: int = 0  # of a number
    lines: bool = False  # a text may have several lines, and what must be given says something
    cents: bool = False  # a number is money in cents (分); people read and write it in 元

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:  # noqa: ANN401 - pydantic's
        """Show the bound to those who read the schema; a schema is plain data."""
        shown: dict[str, Any] = dict(handler(schema))
        match shown.get("type"):
            case "string":
                shown["maxLength"] = self.most
            case "array":
                shown |= {"maxItems": self.most, "uniqueItems": True}
            case "object":
                shown["maxProperties"] = self.most
            case _:
                shown |= {"minimum": self.least, "maximum": self.most}
        return shown


Word = Annotated[str, AtMost(100)]
"""A code, a number or an id."""
Phrase = Annotated[str, AtMost(200)]
"""A name, or one thing said in a line."""
Remark = Annotated[str, AtMost(500, lines=True)]
"""What a person is told of one thing."""
Text = Annotated[str, AtMost(1000, lines=True)]
"""A reason, an opinion, a finding."""
Essay = Annotated[str, AtMost(2000, lines=True)]
"""What a person outside writes in a field of several lines."""
Letter = Annotated[str, AtMost(4000, lines=True)]
"""What another authority writes."""
Number = Annotated[int, AtMost(1_000_000, least=-1_000_000)]
"""A number; the rule that it is for may know narrower bounds."""
Amount = Annotated[int, AtMost(10**15, least=-(10**15))]
"""A number that somebody claims: money, in cents, at the most."""
Few = Annotated[tuple[T, ...], AtMost(50)]
"""A list of which no entry comes twice."""
Some = Annotated[tuple[T, ...], AtMost(200)]
"""Such a list, of what a large case may have: materials, or the days of a year."""
Many = Annotated[tuple[T, ...], AtMost(500)]
"""Such a list, of cases."""
Table = Annotated[dict[T, V], AtMost(100)]
"""Values by name."""


class ExcessKind(StrEnum):
    """What is wrong with a value."""

    LONG = "long"
    MANY = "many"
    REPEATED = "repeated"
    LARGE = "large"
    SMALL = "small"
    EMPTY = "empty"
    BLANK = "blank"
    UNSEEN = "unseen"
    LINES = "lines"


_SAYINGS = {
    ExcessKind.LONG: "至多 {} 个字符",
    ExcessKind.MANY: "至多 {} 项",
    ExcessKind.REPEATED: "与前面的一项相同，请勿重复",
    ExcessKind.LARGE: "不得大于 {}",
    ExcessKind.SMALL: "不得小于 {}",
    ExcessKind.EMPTY: "请填写，不能为空",
    ExcessKind.BLANK: "请填写，不能只有空白",
    ExcessKind.UNSEEN: "含有看不见的控制字符，请删去",
    ExcessKind.LINES: "不能换行，请写成一行",
}

_LINES = "\n\r\t"
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff]"
)
"""What no keyboard writes on purpose: controls, separators, turns of direction, half characters."""
_BLANK = re.compile(
    "[\\s\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u2064\u2800\u3164\uffa0]*"
)


def has_unseen(text: str) -> bool:
    """Whether a text has characters that must not be in any, in whichever line."""
    return _UNSEEN.search(text) is not None


def is_blank(text: str) -> bool:
    """Whether nothing of a text can be seen."""
    return _BLANK.fullmatch(text) is not None


Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Excess:
    """A value that is out of its bounds: where, in what way, and what the bound is."""

    place: Place
    kind: ExcessKind
    bound: int = 0

    @property
    def text(self) -> str:
        """What would be right, in Chinese."""
        return _SAYINGS[self.kind].format(self.bound)


def require_bounded(message: object) -> None:
    """Refuse a message of which something is too long, many or large, or cannot be read.

    ``OUT_OF_BOUNDS``; ``FIELD_REQUIRED`` of a reason or the like in which nothing stands.
    """
    for excess in excesses(message):
        field = ".".join(map(str, excess.place))
        if excess.kind in {ExcessKind.EMPTY, ExcessKind.BLANK}:
            raise DomainError(FIELD_REQUIRED, excess.text, field)
        raise DomainError(OUT_OF_BOUNDS, f"{field}：{excess.text}", field)


def excesses(message: object) -> Iterator[Excess]:
    """Everything in a message that is out of its bounds; a message is a dataclass."""
    if is_dataclass(message) and not isinstance(message, type):
        for name, hint in _hints(type(message)).items():
            value = getattr(message, name)
            yield from within(value, hint, (name,))
            if value == "" and name in _required(type(message)):
                yield Excess((name,), ExcessKind.EMPTY)


def within(value: object, hint: Any, place: Place = ()) -> Iterator[Excess]:  # noqa: ANN401 - any type
    """As `excesses`, for one value and the type that it is declared with."""
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *marks = get_args(hint)
        found = [each for mark in marks for each in _against(value, mark, place)]
        yield from found
        if not any(each.kind is ExcessKind.MANY for each in found):
            yield from within(value, inner, place)
    elif origin in {Union, UnionType}:
        yield from within(value, _member(value, get_args(hint)), place)
    elif origin is tuple and isinstance(value, tuple):
        for number, part in enumerate(value):
            yield from within(part, get_args(hint)[0], (*place, number))
    elif origin is dict and isinstance(value, Mapping):
        of_names, of_values = get_args(hint)
        for name, part in value.items():
            yield from within(name, of_names, place)
            yield from within(part, of_values, (*place, str(name)[:40]))
    elif origin is None:
        for each in excesses(value):
            yield Excess((*place, *each.place), each.kind, each.bound)


def _against(value: object, mark: object, place: Place) -> Iterator[Excess]:
    if not isinstance(mark, AtMost):
        return
    if isinstance(value, str):
        yield from _of_text(value, mark, place)
    elif isinstance(value, tuple | dict):
        if len(value) > mark.most:
            yield Excess(place, ExcessKind.MANY, mark.most)
        elif isinstance(value, tuple):
            yield from _repeats(value, place)
    elif isinstance(value, int):
        if value > mark.most:
            yield Excess(place, ExcessKind.LARGE, mark.most)
        elif value < mark.least:
            yield Excess(place, ExcessKind.SMALL, mark.least)


def _of_text(value: str, mark: AtMost, place: Place) -> Iterator[Excess]:
    if len(value) > mark.most:
        yield Excess(place, ExcessKind.LONG, mark.most)
    elif has_unseen(value):
        yield Excess(place, ExcessKind.UNSEEN)
    elif value and is_blank(value):
        yield Excess(place, ExcessKind.BLANK)
    elif not mark.lines and any(each in value for each in _LINES):
        yield Excess(place, ExcessKind.LINES)


def _repeats(value: tuple[object, ...], place: Place) -> Iterator[Excess]:
    seen: set[object] = set()
    for number, part in enumerate(value):
        if part in seen:
            yield Excess((*place, number), ExcessKind.REPEATED)
        seen.add(part)


def _member(value: object, members: tuple[Any, ...]) -> Any:  # noqa: ANN401 - any type
    """The member of a union that a value is of; ``NoneType`` if it is of none."""
    for member in members:
        plain = get_args(member)[0] if get_origin(member) is Annotated else member
        kind = get_origin(plain) or plain
        if kind is Literal:
            continue
        if type(value) is kind or (kind is not int and isinstance(value, kind)):
            return member
    return NoneType


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    return {entry.name: hints[entry.name] for entry in fields(kind)}


@cache
def _required(kind: type) -> frozenset[str]:
    """The fields in which something must stand: texts of several lines without a default."""
    return frozenset(
        entry.name
        for entry in fields(kind)
        if entry.default is MISSING and entry.default_factory is MISSING
        for mark in get_args(_hints(kind)[entry.name])[1:]
        if isinstance(mark, AtMost) and mark.lines
    )
