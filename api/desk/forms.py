"""Forms of acts, made from the same bodies that HTTP takes: a new verb has its form by itself.

`fields_of` reads the body of a verb; `read` makes its JSON from what was typed, and keeps what was
typed, so that a form that is refused comes back as it was. What is wrong the API says.
"""

import base64
import binascii
import re
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime
from enum import Enum, StrEnum
from http import HTTPStatus
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import AwareDatetime, BaseModel
from starlette.datastructures import FormData, UploadFile

from api.desk.fields import CHOICES, FLAGS, HINTS, label_of_field, label_of_value
from api.desk.inside import Inside
from api.desk.words import written_day
from api.edge.problems import FieldError, ProblemError
from api.routes.bodies import EmployerChangeBody, body_of
from casework.domain.bounds import AtMost
from casework.domain.case.commands import Command
from casework.domain.policy import MaterialForm

ROWS = 3
"""Empty rows of a list to begin with."""
MOST_KEPT = 600_000
"""Bytes of a file that goes along with its form instead of into the store."""
_MOST_RADIOS = 6
DAY_HINT = "如 2026-09-17，或 2026年9月17日"
PHRASE = "phrase:"
"""Before the name of a field: the phrase chosen for it. It is never part of what is sent."""
_PIECE = 1 << 16
_INSTANT = re.compile(r"\s*(\S+?)\s*[ T日]\s*(\d{1,2}:\d{2})\s*")
_MONEY = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?")
"""元, with or without 角 and 分."""
_ROW = re.compile(r"\d{1,3}")

Options = Sequence[tuple[str, str]]


class Sort(StrEnum):
    """How a field is filled in."""

    LINE = "line"
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DAY = "day"
    INSTANT = "instant"
    RADIOS = "radios"
    SELECT = "select"
    CHECKS = "checks"
    LINES = "lines"
    ROWS = "rows"
    GROUP = "group"
    FILES = "files"
    KEPT = "kept"


_TRUE_FALSE = ("true", "false")


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of a form. ``options`` by value and word; ``likely``: what is proposed of many.

    ``parts``: the fields of each of its rows.
    ``path`` is its name in the form; an empty value is not sent.
    """

    path: str
    label: str
    sort: Sort
    required: bool
    hint: str = ""
    most: int = 0
    options: Options = ()
    likely: Options = ()
    parts: tuple["Field", ...] = ()
    preset: str = ""
    is_file: bool = False


def model_of(verb: str, verbs: Mapping[str, type[Command]]) -> type[BaseModel]:
    """The body that HTTP takes for a verb of a kind."""
    return EmployerChangeBody if verb == "change_employer" else body_of(verb, verbs)


def fields_of(
    verb: str,
    verbs: Mapping[str, type[Command]],
    only: Mapping[str, Options],
    perhaps: Mapping[str, Options],
) -> tuple[Field, ...]:
    """The fields of a verb.

    ``only``: what the case offers for a field, by its name, and nothing else can be meant;
    ``perhaps``: what is likely. A part of a row is named by both: ``faults.about``.
    """
    made = fields_of_body(verb, model_of(verb, verbs), only)
    return tuple(_suggesting(each, perhaps) for each in made)


def fields_of_body(
    name: str, body: type[BaseModel], only: Mapping[str, Options], without: Collection[str] = ()
) -> tuple[Field, ...]:
    """The fields of any body that HTTP takes, called ``name`` where words are looked up.

    ``without`` these, of rows too: ``posts.id``.
    """
    members = [member for member in _members(body) if member[0] not in without]
    made = (_made(name, path, each, only) for path, each in members)
    return tuple(
        replace(each, parts=tuple(part for part in each.parts if part.path not in without))
        for each in made
    )


def _suggesting(made: Field, perhaps: Mapping[str, Options]) -> Field:
    parts = tuple(_suggesting(part, perhaps) for part in made.parts)
    return replace(made, likely=perhaps.get(made.path, ()), parts=parts)


def _members(model: Any) -> Iterator[tuple[str, "_Member"]]:  # noqa: ANN401 - of either sort
    if is_dataclass(model):
        hints = get_type_hints(model, include_extras=True)
        for part in fields(model):
            default = None if part.default is MISSING else part.default
            yield part.name, _Member(hints[part.name], part.default is MISSING, default)
    else:
        for name, info in model.model_fields.items():
            yield name, _Member(info.rebuild_annotation(), info.is_required(), info.default)


@dataclass(frozen=True)
class _Member:
    hint: Any
    required: bool
    default: Any


@dataclass(frozen=True)
class _Type:
    """A type without its wrappers: what of them matters to a form."""

    base: Any
    bound: AtMost | None


def _plain(hint: Any) -> _Type:  # noqa: ANN401 - a type of any form
    bound = None
    while True:
        if get_origin(hint) is Annotated:
            hint, *beside = get_args(hint)
            bound = next((each for each in beside if isinstance(each, AtMost)), bound)
        elif get_origin(hint) in {Union, UnionType}:
            hint = next(arm for arm in get_args(hint) if arm is not NoneType)
        else:
            return _Type(hint, bound)


def _made(
    verb: str, path: str, member: _Member, choices: Mapping[str, Options], *, part: bool = False
) -> Field:
    name = path.rpartition(".")[2]
    kind = _plain(member.hint)
    offered = choices.get(path) or tuple(CHOICES.get(name, {}).items())
    made = Field(
        path=path,
        label=label_of_field(verb, name),
        sort=Sort.LINE,
        required=member.required,
        hint="" if part else HINTS.get(name, ""),
        most=kind.bound.most if kind.bound else 0,
    )
    if get_origin(kind.base) is tuple:
        return _many(verb, made, get_args(kind.base)[0], choices)
    if is_dataclass(kind.base) or (
        isinstance(kind.base, type) and issubclass(kind.base, BaseModel)
    ):
        parts = _parts(verb, path, kind.base, choices)
        return replace(made, sort=Sort.GROUP, parts=parts)
    if kind.base is bool:
        preset = "" if member.required else str(member.default).lower()
        flags = tuple(zip(_TRUE_FALSE, FLAGS.get(name, ("是", "否")), strict=True))
        return replace(made, sort=Sort.RADIOS, options=flags, preset=preset)
    if isinstance(kind.base, type) and issubclass(kind.base, Enum):
        options = offered or [(str(each.value), label_of_value(each)) for each in kind.base]
        preset = str(member.default.value) if isinstance(member.default, Enum) else ""
        return _chosen(made, options, preset)
    if offered:
        return _chosen(made, offered, "")
    if kind.base in {datetime, AwareDatetime}:
        return replace(made, sort=Sort.INSTANT, hint="如 2026-09-17 09:30")
    if kind.base is date:
        return replace(made, sort=Sort.DAY, hint=DAY_HINT)
    if kind.bound is not None and kind.bound.cents:
        return replace(made, sort=Sort.MONEY, hint="" if part else "如 8120 或 8120.50")
    if kind.base is int:
        preset = "" if member.default is None else str(member.default)
        return replace(made, sort=Sort.NUMBER, preset="" if member.required else preset)
    lines = kind.bound is not None and kind.bound.lines
    return replace(made, sort=Sort.TEXT if lines and name != "email" else Sort.LINE)


def _chosen(made: Field, options: Options, preset: str) -> Field:
    few = len(options) <= _MOST_RADIOS and made.required
    only = options[0][0] if len(options) == 1 else ""
    sort = Sort.RADIOS if few else Sort.SELECT
    return replace(made, sort=sort, options=options, preset=preset or (only if few else ""))


def _many(verb: str, made: Field, element: Any, choices: Mapping[str, Options]) -> Field:  # noqa: ANN401 - a type
    base = _plain(element).base
    if is_dataclass(base):
        parts = _parts(verb, made.path, base, choices)
        parts = tuple(replace(p, is_file=p.path.endswith(".sha256")) for p in parts)
        return replace(made, sort=Sort.ROWS, parts=parts)
    if isinstance(base, type) and issubclass(base, Enum):
        words = tuple((str(each.value), label_of_value(each)) for each in base)
        return replace(made, sort=Sort.CHECKS, options=choices.get(made.path) or words)
    if made.path == "files":
        return replace(made, sort=Sort.FILES)
    if offered := choices.get(made.path):
        return replace(made, sort=Sort.CHECKS, options=offered)
    return replace(made, sort=Sort.LINES, hint=made.hint or "一行一项。")


def _parts(
    verb: str,
    path: str,
    base: Any,  # noqa: ANN401 - a type
    choices: Mapping[str, Options],
) -> tuple[Field, ...]:
    return tuple(
        _made(verb, f"{path}.{name}", each, choices, part=True) for name, each in _members(base)
    )


# --- what was typed ------------------------------------------------------------------------


@dataclass(kw_only=True)
class Typed:
    """What was typed, by the names of the form; and the body that it makes.

    ``refused``: a file that was not taken, at its field.
    """

    values: dict[str, list[str]] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    refused: ProblemError | None = None

    def value(self, path: str, preset: str = "") -> str:
        """The text of a field; ``preset`` where the form was not sent yet."""
        return self.values[path][0] if self.values.get(path) else preset

    def all(self, path: str) -> list[str]:
        """All that was chosen of a field."""
        return self.values.get(path, [])

    def insert(self, path: str, sent: FormData) -> None:
        """Add the phrase that was chosen for a field to what stands in it, as a line of its own."""
        chosen = sent.get(f"{PHRASE}{path}")
        if isinstance(chosen, str) and chosen:
            lines = [self.value(path).rstrip(), chosen]
            self.values[path] = ["\n".join(line for line in lines if line)]

    def hidden(self) -> Iterator[tuple[str, str]]:
        """Everything, to be carried on by the next form."""
        for path, texts in self.values.items():
            for text in texts:
                yield path, text


def wrong_fields(problem: ProblemError | None) -> dict[str, list[str]]:
    """Return the faults of each field of a form, by the first part of its name."""
    found: dict[str, list[str]] = {}
    for error in problem.errors if problem else ():
        found.setdefault(error.field.partition(".")[0], []).append(error.detail)
    return found


def blank(made: Sequence[Field], given: Mapping[str, str]) -> Typed:
    """A form that was just opened; ``given``: what its address says already."""
    names = {each.path for each in made}
    values = {
        path: [text] for path, text in given.items() if text and path.partition(".")[0] in names
    }
    return Typed(values=values, rows={each.path: ROWS for each in made if each.sort is Sort.ROWS})


async def read(made: Sequence[Field], sent: FormData, api: Inside) -> Typed:
    """What was typed. Files are stored at once, and their digests stand for them."""
    typed = Typed()
    for each in made:
        value = await _value(each, each.path, sent, api, typed)
        if value not in ("", None, [], {}):
            typed.body[each.path] = value
    return typed


async def _value(each: Field, path: str, sent: FormData, api: Inside, typed: Typed) -> Any:  # noqa: ANN401 - JSON
    match each.sort:
        case Sort.ROWS:
            return [row async for row in _rows(each, sent, api, typed)]
        case Sort.GROUP:
            return await _row(each, path, sent, api, typed)
        case Sort.FILES:
            return await _files(path, sent, api, typed)
        case Sort.KEPT:
            return await _carried(path, sent, typed)
        case Sort.CHECKS:
            typed.values[path] = [text for text in _texts(sent, path) if text]
            return list(typed.values[path])
        case Sort.LINES:
            text = _kept(path, sent, typed)
            return [line.strip() for line in text.splitlines() if line.strip()]
    if each.is_file:
        (digest,) = [*await _files(path, sent, api, typed, most=1), ""][:1]
        return digest
    return _json(each, _kept(path, sent, typed))


def _json(each: Field, text: str) -> Any:  # noqa: ANN401 - JSON
    plain = text.strip()
    if tuple(value for value, _ in each.options) == _TRUE_FALSE:
        return {"true": True, "false": False}.get(plain, plain)
    if each.sort is Sort.NUMBER and re.fullmatch(r"-?\d{1,18}", plain, re.ASCII):
        return int(plain)
    if each.sort is Sort.MONEY and (money := _MONEY.fullmatch(plain)):
        return int(money[1]) * 100 + int(f"{money[2] or '':0<2}")
    if each.sort is Sort.DAY:
        return written_day(plain)
    if each.sort is Sort.INSTANT and (found := _INSTANT.fullmatch(text)):
        return f"{written_day(found[1])}T{found[2]:0>5}:00+08:00"
    return text.replace("\r\n", "\n") if each.sort is Sort.TEXT else plain


async def _rows(
    each: Field, sent: FormData, api: Inside, typed: Typed
) -> AsyncIterator[dict[str, Any]]:
    begins = f"{each.path}."
    given = {
        name.removeprefix(begins).partition(".")[0] for name in sent if name.startswith(begins)
    }
    numbers = sorted(int(number) for number in given if _ROW.fullmatch(number))
    typed.rows[each.path] = max(ROWS, len(numbers))
    place = 0
    for number in numbers:
        row = await _row(each, f"{each.path}.{number}", sent, api, typed, to=f"{begins}{place}")
        if row:
            place += 1
            yield row


async def _row(  # noqa: PLR0913, PLR0917 - one row, whole
    each: Field, path: str, sent: FormData, api: Inside, typed: Typed, to: str = ""
) -> dict[str, Any]:
    """One row; ``to``: its place among those that are not empty."""
    own = Typed()
    row = {}
    for part in each.parts:
        name = part.path.rpartition(".")[2]
        value = await _value(part, f"{path}.{name}", sent, api, own)
        if value not in ("", [], None) and not (isinstance(value, str) and not value.strip()):
            row[name] = value
    presets = {part.path.rpartition(".")[2]: part.preset for part in each.parts}
    if all(name == "form" or str(value) == presets[name] for name, value in row.items()):
        return {}
    if row.get("sha256") and "form" in {part.path.rpartition(".")[2] for part in each.parts}:
        row.setdefault("form", MaterialForm.ELECTRONIC.value)
    typed.refused = typed.refused or own.refused
    for name, texts in own.values.items():
        typed.values[name.replace(path, to or path, 1)] = texts
    return row


async def _files(path: str, sent: FormData, api: Inside, typed: Typed, most: int = 10) -> list[str]:
    """The digests of the files that were stored before, and of those that come now."""
    known = [text for text in _texts(sent, path) if text]
    for upload in sent.getlist(f"{path}.file"):
        if isinstance(upload, UploadFile) and upload.filename:
            try:
                known.append(await api.upload(_pieces(upload)))
            except ProblemError as refused:
                detail = f"{upload.filename}：{refused.detail}"
                refused.errors = (FieldError(field=path, detail=detail),)
                typed.refused = refused
    typed.values[path] = known[-most:] if most == 1 else known[:most]
    return list(typed.values[path])


async def _carried(path: str, sent: FormData, typed: Typed) -> str:
    """``name|base64`` of a small file; it goes from form to form and is stored nowhere."""
    kept = next(iter(_texts(sent, path)), "")
    for upload in sent.getlist(f"{path}.file"):
        if isinstance(upload, UploadFile) and upload.filename:
            content = await upload.read(MOST_KEPT + 1)
            if len(content) > MOST_KEPT:
                detail = f"{upload.filename}：文件太大，至多 {MOST_KEPT // 1000} KB"
                typed.refused = refusing(path, detail, "BODY_TOO_LARGE")
                return ""
            name = "".join(c for c in upload.filename if c.isprintable() and c != "|")[-60:]
            kept = f"{name}|{base64.b64encode(content).decode()}"
    typed.values[path] = [kept] if kept else []
    return kept


def content_of(kept: str) -> bytes:
    """The content of a file that went along with its form.

    Raises:
        ProblemError: 422, what came is no such file.
    """
    try:
        return base64.b64decode(kept.partition("|")[2], validate=True)
    except binascii.Error:
        raise refusing("file", "请重新选择文件") from None


def refusing(field: str, detail: str, code: str = "FIELD_REQUIRED") -> ProblemError:
    """What is wrong with a field that the API does not know of."""
    return ProblemError(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code=code,
        detail=detail,
        errors=(FieldError(field=field, detail=detail),),
    )


async def _pieces(upload: UploadFile) -> AsyncIterator[bytes]:
    while piece := await upload.read(_PIECE):
        yield piece


def _texts(sent: FormData, path: str) -> list[str]:
    return [each for each in sent.getlist(path) if isinstance(each, str)]


def _kept(path: str, sent: FormData, typed: Typed) -> str:
    """The text of a field, which is kept, too."""
    text = next(iter(_texts(sent, path)), "")
    if text:
        typed.values[path] = [text]
    return text
