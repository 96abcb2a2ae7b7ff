"""Filling the texts of notices.

A text holds placeholders ``{field}``, ``{field:kind}``, and with a ``?`` at the end those that may
be left out. Kinds: ``text`` (default, one line), ``date`` (ISO date, shown as 2026年9月24日),
``list`` (one entry a line, shown numbered), ``basis`` (a ``Mark``: how firm the limit before it
is), ``method`` (a ``DeliveryMethod``). A line whose placeholders all come out empty is dropped.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from casework.domain.policy import DeliveryMethod, Mark
from casework.letters.templates import FRAME, TEMPLATES

_PLACEHOLDER = re.compile(r"\{(?P<field>\w+)(?::(?P<kind>\w+))?(?P<optional>\?)?\}")

# Only what is law is called law; a limit of our own making says so (domain.md, origin tags).
_BASIS = {
    Mark.LAW: "（法定期限）",
    Mark.SOURCE: "（本事项公布的办理期限）",
    Mark.FOUND: "（经办机构工作安排，非法定期限）",
    Mark.PROPOSAL: "（经办机构工作安排，非法定期限）",
    Mark.UNCERTAIN: "（经办机构工作安排，非法定期限）",
}

_METHOD = {
    DeliveryMethod.SELF_PRINT: "请登录申请系统自行打印",
    DeliveryMethod.EMS: "将以邮政特快专递（EMS）寄送",
    DeliveryMethod.WINDOW: "请凭本人有效证件到窗口领取",
    DeliveryMethod.PERSON_CONTACT: "新密码已由申请系统发至本人登记的联系方式",
    DeliveryMethod.UNIT_CONTACT: "新密码已由申请系统发至单位登记的联系人",
}


_SAMPLES = {
    "text": "样例",
    "list": "样例一\n样例二",
    "date": "2026-09-24",
    "basis": Mark.LAW.value,
    "method": DeliveryMethod.EMS.value,
}


class NoticeTextError(Exception):
    """The notice cannot be written. The message names template and field, never a value."""


def render(
    template: str, fields: Mapping[str, str], *, title: str = "", text: str = ""
) -> tuple[str, str]:
    """Return subject (one line) and body of a notice in Chinese.

    ``title`` and ``text`` take the place of the common wording, where a district has its own.

    Raises:
        NoticeTextError: no such template, a required field missing or empty, or a value that is
            not of its kind.
    """
    subject, body = _source(template, title, text)
    _require_fields(template, (subject, body), fields)
    try:
        return _filled(subject, fields), _filled(body, fields)
    except _ValueOfKindError as error:
        raise NoticeTextError(f"{template}: {error}") from None


def paragraphs(
    template: str, fields: Mapping[str, str], *, title: str = "", text: str = ""
) -> tuple[str, tuple[str, ...]]:
    """Return title and paragraphs of a notice, without what frames it in a mail.

    Raises NoticeTextError, as `render`.
    """
    own_title, body = _wording(template, title, text)
    _require_fields(template, _source(template, title, text), fields)
    try:
        lines = _filled(f"{body}\n{{note?}}", fields).splitlines()
    except _ValueOfKindError as error:
        raise NoticeTextError(f"{template}: {error}") from None
    return own_title, tuple(line.strip() for line in lines if line.strip())


def _require_fields(template: str, source: tuple[str, str], fields: Mapping[str, str]) -> None:
    found = _PLACEHOLDER.finditer("\n".join(source))
    required = {match["field"] for match in found if not match["optional"]}
    missing = sorted(name for name in required if not fields.get(name, "").strip())
    if missing:
        raise NoticeTextError(f"{template}: missing {', '.join(missing)}")


def placeholder_faults(template: str, text: str) -> list[str]:
    """What in a text for this kind of letter could not be filled, in English; empty: nothing.

    Fields that nobody fills, fields that the letter must name and does not, and fields that may be
    empty where the text wants them always.
    """
    required, optional = required_fields(template), optional_fields(template)
    faults, named = [], set()
    for match in _PLACEHOLDER.finditer(text):
        field, kind = match["field"], match["kind"] or "text"
        named.add(field)
        if field not in required | optional:
            faults.append(f"{field} is no field of {template}")
        elif kind not in _KINDS:
            faults.append(f"{kind} is no kind of field")
        elif field in optional - required and not match["optional"]:
            faults.append(f"{field} may be empty and has no ?")
        elif not _takes(kind, _kind_of(template, field)):
            faults.append(f"{field} is no {kind}")
    body = _body_fields(template)
    faults += [f"{field} is left out" for field in sorted(required & body - named)]
    if re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
        faults.append("a brace that belongs to no field")
    return faults


def sample_fields(template: str) -> dict[str, str]:
    """A value for each field of a kind of letter, by its kind, with which the letter is shown."""
    names = sorted(required_fields(template) | optional_fields(template))
    return {name: _SAMPLES[_kind_of(template, name)] for name in names}


def _body_fields(template: str) -> frozenset[str]:
    return frozenset(
        match["field"] for match in _PLACEHOLDER.finditer(_wording(template, "", "")[1])
    )


def _kind_of(template: str, field: str) -> str:
    found = _PLACEHOLDER.finditer("\n".join(_source(template)))
    return next(match["kind"] or "text" for match in found if match["field"] == field)


def _takes(kind: str, given: str) -> bool:
    """Whether a placeholder of a kind can show what is filled in for one of another."""
    return kind in {given, "text", "list"}


def required_fields(template: str) -> frozenset[str]:
    """Return the fields without which the notice is not written."""
    found = _PLACEHOLDER.finditer("\n".join(_source(template)))
    return frozenset(match["field"] for match in found if not match["optional"])


def optional_fields(template: str) -> frozenset[str]:
    """Return the fields that add to the notice where they are given."""
    found = _PLACEHOLDER.finditer("\n".join(_source(template)))
    return frozenset(match["field"] for match in found if match["optional"])


class _ValueOfKindError(Exception):
    pass


def _wording(template: str, title: str, text: str) -> tuple[str, str]:
    if template not in TEMPLATES:
        raise NoticeTextError(f"unknown template {template}")
    common_title, common_text = TEMPLATES[template]
    return title or common_title, text or common_text


def _source(template: str, title: str = "", text: str = "") -> tuple[str, str]:
    title, body = _wording(template, title, text)
    return f"{title}：{{item}}（{{case_no}}）", FRAME.replace("{body}", body)


def _filled(source: str, fields: Mapping[str, str]) -> str:
    lines = (_filled_line(line, fields) for line in source.splitlines())
    return "\n".join(line for line in lines if line is not None)


def _filled_line(line: str, fields: Mapping[str, str]) -> str | None:
    shown = [_shown(match, fields) for match in _PLACEHOLDER.finditer(line)]
    if shown and not any(shown):
        return None
    pieces = iter(shown)
    return _PLACEHOLDER.sub(lambda _: next(pieces), line)


def _shown(match: re.Match[str], fields: Mapping[str, str]) -> str:
    value = fields.get(match["field"], "").strip()
    if not value:
        return ""
    kind = match["kind"] or "text"
    try:
        return _KINDS[kind](value)
    except ValueError:
        raise _ValueOfKindError(f"{match['field']} is no {kind}") from None


def _one_line(value: str) -> str:
    """A value never starts a line of its own: it could pass for a sentence of the office."""
    return " ".join(value.split())


def _numbered(value: str) -> str:
    entries = (_one_line(entry) for entry in value.splitlines() if entry.strip())
    return "\n".join(f"  {number}. {entry}" for number, entry in enumerate(entries, start=1))


def _chinese_date(value: str) -> str:
    day = date.fromisoformat(value)
    return f"{day.year}年{day.month}月{day.day}日"


_KINDS: dict[str, Callable[[str], str]] = {
    "text": _one_line,
    "list": _numbered,
    "date": _chinese_date,
    "basis": lambda value: _BASIS[Mark(value)],
    "method": lambda value: _METHOD[DeliveryMethod(value)],
}


# --- the book of notices -------------------------------------------------------------------
# What is known of a notice outside the procedure: who it goes to and whether it went.


@dataclass(frozen=True, kw_only=True)
class Contact:
    """How a party of a case is reached; an empty field means: not known."""

    name: str
    email: str = ""
    phone: str = ""


class NoticeBook(Protocol):
    """The register's side of a notice. ``key`` is the idempotency key of one notice."""

    async def contact(self, case_no: str, recipient: str) -> Contact:
        """Return how the recipient (``applicant``, ``employer``, ``superior``) is reached."""

    async def queue_instead(
        self, case_no: str, seq: int, recipient: str, key: str, channel: str
    ) -> None:
        """Enter under another key, once, what was refused: by another channel, or sent anew."""

    async def queue_by_new_way(
        self, case_no: str, seq: int, recipient: str, key: str, channel: str
    ) -> None:
        """Enter a letter that waited while the way to its recipient was corrected, once."""

    async def sent(self, key: str) -> str | None:
        """Return the reference of the notice if it was sent, else None."""

    async def mark_sent(self, key: str, reference: str, at: datetime) -> None:
        """Record the sending; a repeat changes nothing."""

    async def mark_refused(self, key: str, problem: str, at: datetime) -> None:
        """Record a permanent refusal, so that a person takes it up; a repeat changes nothing."""
