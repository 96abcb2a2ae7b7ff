"""From what pydantic finds in a scenario to problems in Chinese, one for each place.

What belongs at a place is known by the JSON Schema that editors use too (``Shape``).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from casework.rehearsal.faults import MISSING, OR, UNKNOWN_FIELD, Place, Problem, one_of
from casework.rehearsal.written import Written, wrong_day, wrong_moment

Schema = Mapping[str, Any]

DAYS_ONLY, MOMENTS = "days", "moments"

_SIX_DIGITS = r"^\d{6}$"


class Shape:
    """Answers by place; ``data`` tells which of several forms was meant."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def fields(self, place: Place, data: object) -> list[str]:
        """The fields that there are at a place; none if it has none, or any."""
        return [name for part in self._at(place, data) for name in part.get("properties", {})]

    def key(self, place: Place, data: object) -> str:
        """What is right for a key at the place, whose last part it is."""
        parts = [
            each
            for part in self._at(place[:-1], data)
            for each in self._choices(part.get("propertyNames", {}))
        ]
        return _right_words(parts, place[-1]) or "已有的名称"

    def right(self, place: Place, data: object, written: object = None) -> str:
        """What is right at a place, in Chinese; ``written`` is what stands there."""
        return _right_words(self._at(place, data), written) or "有意义的值"

    def kinds(self, place: Place, data: object, written: object) -> str:
        """What is right for the ``kind`` of one of several forms at a place."""
        parts = self._choices(self._schema)
        for step in place:
            parts = [each for part in _meant(parts, data) for each in self._inner(part, step)]
            data = child(data, step)
        return one_of(
            written, map(str, (_kind_of_form(part) for part in parts if "properties" in part))
        )

    def dates(self, place: Place, data: object) -> str:
        """What kind of dates belong there: ``DAYS_ONLY``, ``MOMENTS``, or none."""
        parts = self._at(place, data)
        if any("examples" in part for part in parts):
            return MOMENTS
        return DAYS_ONLY if any(part.get("format") == "date" for part in parts) else ""

    def _at(self, place: Place, data: object) -> list[Schema]:
        parts = self._choices(self._schema)
        for step in place:
            parts = _meant(parts, data)
            inner = [each for part in parts for each in self._inner(part, step)]
            parts, data = inner, child(data, step)
        return _meant(parts, data)

    def _inner(self, part: Schema, step: str | int) -> Iterator[Schema]:
        if isinstance(step, int):
            found = part.get("items")
        else:
            found = part.get("properties", {}).get(step) or part.get("additionalProperties")
        if isinstance(found, Mapping):
            yield from self._choices(found)

    def _choices(self, part: Schema) -> list[Schema]:
        """The part, its reference followed; each of its alternatives but null."""
        if "$ref" in part:
            name = part["$ref"].rsplit("/", 1)[-1]
            return self._choices(self._schema["$defs"][name])
        for word in ("anyOf", "oneOf", "allOf"):
            if word in part:
                return [each for choice in part[word] for each in self._choices(choice)]
        return [] if part.get("type") == "null" else [part]


def child(data: object, step: str | int) -> object:
    """What stands at a key or a position; None if nothing does."""
    if isinstance(data, Mapping):
        return data.get(step)
    if isinstance(data, list) and isinstance(step, int) and step < len(data):
        return data[step]
    return None


def _meant(parts: list[Schema], data: object) -> list[Schema]:
    """Of several forms, the one that the data is nearest to."""
    if isinstance(data, list):
        return [part for part in parts if part.get("type") == "array"] or parts
    if not isinstance(data, Mapping):
        return parts
    forms = [part for part in parts if "properties" in part]
    if len(forms) < 2:  # noqa: PLR2004 - nothing to choose from
        return forms or [part for part in parts if part.get("type") == "object"] or parts
    kinds = [part for part in forms if _kind_of_form(part) == data.get("kind")]
    if kinds:
        return kinds
    return [max(forms, key=lambda part: len(part["properties"].keys() & data.keys()))]


def _kind_of_form(part: Schema) -> object:
    return part["properties"].get("kind", {}).get("const", object())


def _right_words(parts: list[Schema], written: object) -> str:
    names = [name for part in parts for name in _choice_names(part)]
    words = [one_of(written, map(str, names))] if names else []
    if not (names and isinstance(written, str)):
        words += [_right_word(part, written) for part in parts if not list(_choice_names(part))]
    return OR.join(dict.fromkeys(word for word in words if word))


def _choice_names(part: Schema) -> Iterator[object]:
    yield from part.get("enum", ())
    if "const" in part:
        yield part["const"]


def _right_word(part: Schema, written: object) -> str:  # noqa: C901 - one line for each kind of value
    match part:
        case {"format": "date"}:
            return "日期，如 2026-09-17"
        case {"format": "date-time"} | {"type": "string", "examples": _}:
            return "时刻，如 2026-09-17 或 2026-09-17 10:00"
        case {"pattern": pattern} if pattern == _SIX_DIGITS:
            return '加引号的六位区划代码，如 "310101"'
        case {"pattern": pattern} if "@" in pattern:
            return "电子邮箱，如 zhangsan@mail.example.com"
        case {"type": "boolean"}:
            return "true 或 false"
        case {"type": "integer", "minimum": least, "maximum": most}:
            return f"{least} 至 {most} 的整数"
        case {"type": "integer", "minimum": least}:
            return f"不小于 {least} 的整数"
        case {"type": "integer" | "number"}:
            return "整数"
        case {"type": "array"}:
            return "列表，如 [a, b]"
        case {"type": "object", "properties": fields}:
            return "一组字段：" + "、".join(fields)
        case {"type": "object"}:
            return "一组 名称: 值"
        case {"type": "string"}:
            return _right_text(part, written)
    return ""


def _right_text(part: Schema, written: object) -> str:
    if written is None or isinstance(written, str):
        return "文字" if "minLength" not in part else f"至少 {part['minLength']} 个字的文字"
    return "文字；数字、日期和 yes、no、on、off 须加引号"


_LONGEST = 40


def problems(
    errors: Iterable[ErrorDetails], shape: Shape, data: object, written: Written, at: Place = ()
) -> Iterator[Problem]:
    """Each fault once; ``data`` is what the errors are about, and stands at ``at``.

    A place that could not be read is not told of again.
    """
    known = {problem.place for problem in written.problems}
    found: dict[Place, Problem] = {}
    for error in errors:
        problem = _problem(error, shape, data, written, at)
        found.setdefault(problem.place, problem)
    for place, problem in found.items():
        # A choice of forms is faulted as a whole beside the fault within the form that was meant.
        is_echo = any(place != other and other[: len(place)] == place for other in found)
        if place not in known and not (is_echo and not problem.what.startswith(MISSING)):
            yield problem


def _problem(
    error: ErrorDetails, shape: Shape, data: object, written: Written, at: Place
) -> Problem:
    kind, inner = error["type"], place_of(error, data)
    place = (*at, *inner)
    if kind == "missing":
        return Problem(place=place, what=MISSING, right=shape.right(inner, data))
    if kind == "extra_forbidden":
        there = shape.fields(inner[:-1], data)
        return Problem(place=place, what=UNKNOWN_FIELD, right=one_of(inner[-1], there))
    if error["loc"][-1:] == ("[key]",):
        return Problem(place=place, what=f"没有 {inner[-1]}", right=shape.key(inner, data))
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        return _wrong_kind(place, inner, shape, data)
    value = _value(data, inner)
    if isinstance(value, str) and (only := shape.dates(inner, data)):
        wrong = wrong_day(value) if only == DAYS_ONLY else wrong_moment(value)
        if wrong:
            return Problem(place=place, what=wrong[0], right=wrong[1])
    right = shape.right(inner, data, value)
    return Problem(place=place, what=_written_words(error, value, written.text(place)), right=right)


def _wrong_kind(place: Place, inner: Place, shape: Shape, data: object) -> Problem:
    value = _value(data, inner)
    written = value.get("kind") if isinstance(value, Mapping) else None
    what = f"没有 {written}" if written else MISSING
    right = shape.kinds(inner, data, written)
    return Problem(place=(*place, "kind"), what=what, right=right)


def place_of(error: ErrorDetails, data: object) -> Place:
    """Where it is in the data: pydantic also names the forms that it has tried."""
    place: list[str | int] = []
    location = error["loc"]
    for number, part in enumerate(location):
        if _has(data, part):
            data = child(data, part)
        elif not (error["type"] == "missing" and number == len(location) - 1):
            continue
        place.append(part)
    return tuple(place)


def _has(data: object, part: str | int) -> bool:
    if isinstance(data, Mapping):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and part < len(data)


def _value(data: object, place: Place) -> object:
    for part in place:
        data = child(data, part) if _has(data, part) else data
    return data


def _written_words(error: ErrorDetails, value: object, text: str | None) -> str:
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, ValueError) and not str(cause).isascii():
        return str(cause)  # one of ours says more than the value
    if value is None:
        return "没有填写"
    if isinstance(value, list | Mapping):
        return "填写的是" + ("列表" if isinstance(value, list) else "一组字段")
    return f"填写的是 {str(value if text is None else text)[:_LONGEST]}"
