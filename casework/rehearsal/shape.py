"""What belongs at a place of a scenario, by the JSON Schema that editors use too."""

from collections.abc import Iterator, Mapping
from typing import Any

from casework.rehearsal.faults import OR, Place, one_of

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
        return _said(parts, place[-1]) or "已有的名称"

    def right(self, place: Place, data: object, written: object = None) -> str:
        """What is right at a place, in Chinese; ``written`` is what stands there."""
        return _said(self._at(place, data), written) or "有意义的值"

    def kinds(self, place: Place, data: object, written: object) -> str:
        """What is right for the ``kind`` of one of several forms at a place."""
        parts = self._choices(self._schema)
        for step in place:
            parts = [each for part in _meant(parts, data) for each in self._inner(part, step)]
            data = child(data, step)
        return one_of(written, map(str, (_kind(part) for part in parts if "properties" in part)))

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
    kinds = [part for part in forms if _kind(part) == data.get("kind")]
    if kinds:
        return kinds
    return [max(forms, key=lambda part: len(part["properties"].keys() & data.keys()))]


def _kind(part: Schema) -> object:
    return part["properties"].get("kind", {}).get("const", object())


def _said(parts: list[Schema], written: object) -> str:
    names = [name for part in parts for name in _names(part)]
    words = [one_of(written, map(str, names))] if names else []
    if not (names and isinstance(written, str)):
        words += [_word(part, written) for part in parts if not list(_names(part))]
    return OR.join(dict.fromkeys(word for word in words if word))


def _names(part: Schema) -> Iterator[object]:
    yield from part.get("enum", ())
    if "const" in part:
        yield part["const"]


def _word(part: Schema, written: object) -> str:  # noqa: C901 - one line for each kind of value
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
            return _text(part, written)
    return ""


def _text(part: Schema, written: object) -> str:
    if written is None or isinstance(written, str):
        return "文字" if "minLength" not in part else f"至少 {part['minLength']} 个字的文字"
    return "文字；数字、日期和 yes、no、on、off 须加引号"
