"""What pydantic finds wrong with a request, said to the person who has to put it right."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from api.problems import FieldError, ProblemError

_PLACES = {"body", "query", "path", "header"}

Saying = str | Callable[[Mapping[str, Any]], str]

_SAYINGS: dict[str, Saying] = {
    "missing": "缺少此项，请填写",
    "extra_forbidden": "没有此项，请删去或核对名称",
    "unexpected_keyword_argument": "没有此项，请删去或核对名称",
    "json_invalid": "请求内容不是合法的 JSON",
    "string_type": "须是文字",
    "string_unicode": "含有无法识别的字符",
    "string_too_short": lambda c: f"不能为空，至少 {c['min_length']} 个字符",
    "string_too_long": lambda c: f"至多 {c['max_length']} 个字符",
    "string_pattern_mismatch": lambda c: f"格式不符，须符合 {c['pattern']}",
    "enum": lambda c: f"须是以下之一：{c['expected'].replace(' or ', ', ')}",
    "literal_error": lambda c: f"须是以下之一：{c['expected'].replace(' or ', ', ')}",
    "greater_than_equal": lambda c: f"不得小于 {c['ge']}",
    "greater_than": lambda c: f"须大于 {c['gt']}",
    "less_than_equal": lambda c: f"不得大于 {c['le']}",
    "too_long": lambda c: f"至多 {c['max_length']} 项",
    "too_short": lambda c: f"至少 {c['min_length']} 项",
    "timezone_aware": "须带时区，如 2026-09-17T09:30:00+08:00",
    "value_error": lambda c: str(c.get("error", "填写有误")),
}

_BY_PREFIX = {
    "bool": "须是 true 或 false",
    "int": "须是整数",
    "float": "须是数字",
    "datetime": "须是时间，如 2026-09-17T09:30:00+08:00",
    "date": "须是日期，如 2026-09-17",
    "tuple": "须是列表 [ … ]",
    "list": "须是列表 [ … ]",
    "dict": "须是“名称: 值”的对象 { … }",
    "model": "须是“名称: 值”的对象 { … }",
    "dataclass": "须是“名称: 值”的对象 { … }",
}


def unreadable(faults: Iterable[Mapping[str, Any]]) -> ProblemError:
    """All that is wrong with a request, field by field; what was sent is not repeated."""
    errors = tuple(FieldError(field=_field(fault), detail=_saying(fault)) for fault in faults)
    return ProblemError(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code="INVALID_REQUEST",
        detail="；".join(f"{error.field[:40]}：{error.detail}" for error in errors[:3]),
        errors=errors,
    )


def _field(fault: Mapping[str, Any]) -> str:
    parts = list(fault["loc"])
    if fault["type"] == "json_invalid":
        return "body"
    if len(parts) > 1 and parts[0] in _PLACES:
        parts = parts[1:]
    return ".".join(map(str, parts))


def _saying(fault: Mapping[str, Any]) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    saying = _SAYINGS.get(kind)
    if saying is None:
        return _BY_PREFIX.get(kind.split("_")[0], "填写有误")
    return saying if isinstance(saying, str) else saying(context)
