"""Turns pydantic's validation errors into messages for the person who must correct the request."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from api.edge.problems import FieldError, ProblemError
from casework.domain.addresses import MAIL, PHONE

_PLACES = {"body", "query", "path", "header"}

Saying = str | Callable[[Mapping[str, Any]], str]

_CODE = "只能是字母、数字和 . _ -，以字母或数字开头，至多 {} 个字符"
FORMS = {
    r"^[a-z-]{0,40}$": "须是操作的名称，如 pre-review",
    r"^[0-9a-f]{32}$": "须是常用语的编号：32 位小写十六进制",
    r"^\d{6}$": "须是六位数字的区划代码，如 310106",
    r"^ZL(-[0-9A-HJKMNP-TV-Z]{4}){3}$": (
        "须是 ZL 和三组各四位字符，如 ZL-4A2J-5S06-9FJR（没有字母 I、L、O、U）"
    ),
    r"^[0-9A-Z-]{21}:[0-9]{1,9}$": "须是办件编号、冒号和序号，如 310112-4A2J-5S06-9FJR:7",
    r"^\d{4}Q[1-4]$": "须是年份和季度，如 2026Q4",
    r"^([a-z]+/[a-z_]{1,40})?$": "须是层级和单位，如 municipal/education",
    r"^[0-9a-f]{64}$": "须是文件的 SHA-256：64 位小写十六进制",
    r"^([0-9a-f]{64}|[1-9][0-9]{0,5})$": (
        "须是材料的序号，如 1，或文件的 SHA-256：64 位小写十六进制"
    ),
    r"^DW(-[0-9A-Z]{4}){3}$": "须是单位登记编号，如 DW-4A2J-5S06-9FJR",
    MAIL: "须是电子邮箱，如 name@example.com：英文字母、数字和符号，不带姓名、引号、空格和换行",
    PHONE: "须是电话号码：5 至 15 位数字，可以 + 开头，可以用空格或 - 分组",
    r"^[A-Za-z0-9._~-]{1,100}$": "只能是字母、数字和 . _ ~ -，1 至 100 个字符",
    r"^[A-Za-z0-9_-]{0,800}$": "须是上一页答复中的 next_cursor，照原样",
    r"^[A-Za-z0-9._:-]{0,64}$": "只能是字母、数字和 . _ : -，至多 64 个字符",
    r"^[A-Za-z0-9._-]{0,64}$": "只能是字母、数字和 . _ -，至多 64 个字符",
    r"^[A-Za-z0-9._-]{1,64}$": "只能是字母、数字和 . _ -，1 至 64 个字符",
    r"^[^\x00]{0,100}$": "至多 100 个字符",
    r"^[A-Za-z0-9_-]{43}$": "须是日历地址中的 43 位字符",
    r"^[^\x00]{1,100}$": "须是文号或者核验码，1 至 100 个字符",
    r"^[0-9A-Za-z-]{1,40}$": "须是文书上的评价码：字母、数字和 -，至多 40 个字符",
    r"^[a-z][a-z0-9_]{0,99}(:|$)": "须是情况代码、冒号和值，如 self_score:125",
    r"^[A-Za-z0-9][A-Za-z0-9._:#-]{0,63}$": _CODE.format(64).replace("_ -", "_ : # -"),
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$": _CODE.format(80),
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$": _CODE.format(100),
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$": _CODE.format(64),
}
"""Pattern → its meaning in words; the pattern itself is never shown."""

BLANK = "blank"
"""The type of the fault that a field is blank, the same as a rule uses."""

_SAYINGS: dict[str, Saying] = {
    "missing": "缺少此项，请填写",
    "extra_forbidden": "没有此项，请删去或核对名称",
    "unexpected_keyword_argument": "没有此项，请删去或核对名称",
    "json_invalid": "请求内容不是合法的 JSON",
    "string_type": "须是文字",
    "string_unicode": "含有无法识别的字符",
    "string_too_short": lambda c: f"不能为空，至少 {c['min_length']} 个字符",
    "string_too_long": lambda c: f"至多 {c['max_length']} 个字符",
    "string_pattern_mismatch": lambda c: FORMS.get(c["pattern"], "格式不符"),
    "enum": lambda c: f"须是以下之一：{c['expected'].replace(' or ', ', ')}",
    "literal_error": lambda c: f"须是以下之一：{c['expected'].replace(' or ', ', ')}",
    "greater_than_equal": lambda c: f"不得小于 {c['ge']}",
    "greater_than": lambda c: f"须大于 {c['gt']}",
    "less_than_equal": lambda c: f"不得大于 {c['le']}",
    "too_long": lambda c: f"至多 {c['max_length']} 项",
    "too_short": lambda c: f"至少 {c['min_length']} 项",
    "timezone_aware": "须带时区，如 2026-09-17T09:30:00+08:00",
    "out_of_bounds": lambda c: str(c["right"]),
    BLANK: lambda c: str(c["right"]),
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
    """Return everything that is wrong with a request, by field, without repeating what was sent."""
    found = list(faults)
    errors = tuple(FieldError(field=_field(fault), detail=_saying(fault)) for fault in found)
    blank = all(fault["type"] == BLANK for fault in found)
    return ProblemError(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code="FIELD_REQUIRED" if blank else "INVALID_REQUEST",
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
    if kind == "json_invalid" and isinstance(place := next(reversed(fault["loc"]), ""), int):
        return f"{saying}（第 {place + 1} 个字符处）"
    if saying is None:
        return _BY_PREFIX.get(kind.split("_")[0], "填写有误")
    return saying if isinstance(saying, str) else saying(context)
