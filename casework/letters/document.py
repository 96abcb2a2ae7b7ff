"""A letter as a document (文书): PDF/A-2b, the same bytes for the same letter on every machine.

The layout is in ``layout.typ``; everything that a letter says reaches it as data, never as markup.
"""

import io
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

import segno
import typst
from fontTools.ttLib import TTCollection

from casework.domain.policy import DeliveryMethod
from casework.policy.letters import LetterRule, OfficeLines

FAMILY = "Noto Sans CJK SC"
STANDARD: Final = "a-2b"
MEDIA_TYPE = "application/pdf"
_FONT_PACKAGE, _FONT_FILE = "manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc"
_BREAK = "\u200b"
_LONG_WORD = re.compile(r"[!-~\u00a1-\u024f]{40}(?=[!-~\u00a1-\u024f])")
"""Between hanzi a line breaks anywhere; within what has no space in it only where it is told."""
_ACCENTED = re.compile(r".[\u0300-\u036f]+")
_DRAWN_BY_NOBODY = frozenset({"Cc", "Cf", "Zl", "Zp"})


RATING_PATH = "/my/rate/"
_RATE = "扫码评价这次服务（不记名，一件评价一次）："
_FOLLOW = "扫码登录后查看办理情况，须补交的材料也在此提交："
RATED_BY = frozenset(
    {
        "not_accepted",
        "refused",
        "result_ready",
        "dispatched",
        "request_result",
        "request_explained",
        "request_transferred",
    }
)
"""The letters of a result: their reader is asked to rate."""


def way_on(public_url: str, case_no: str, template: str, rating_code: str | None) -> str:
    """Where the second code of a letter leads: to the reader's own page, or to the rating.

    The page asks for a login; the rating does not: its code is good for one rating of one case.
    """
    if template in RATED_BY and rating_code:
        return f"{public_url}{RATING_PATH}{rating_code}"
    return f"{public_url}/my/cases/{case_no}"


class DocumentError(Exception):
    """The letter cannot be shown as it should. ``problem`` is a code without personal data."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, kw_only=True)
class Office:
    """Who signs, and how they are reached; what is empty is not printed."""

    name: str
    lines: OfficeLines = field(default_factory=OfficeLines)


@dataclass(frozen=True, kw_only=True)
class Document:
    """All that a letter shows. ``check``: the address at which it is verified; empty: none.

    ``draft``: only to be looked at (样稿); it says so, and has no place for a seal. ``follow``: the
    address at which its reader goes on, of ``way_on``; empty: none. ``concerns``: whose case it is,
    where the letter is addressed to somebody else.

    ``body`` has a paragraph an entry; one that begins with a number and a full stop is an entry of
    a list.
    """

    number: str
    title: str
    addressee: str
    case_no: str
    item: str
    body: tuple[str, ...]
    office: Office
    on: date
    concerns: str = ""
    basis: str = ""
    redress: str = ""
    bring: tuple[str, ...] = ()
    check: str = ""
    draft: bool = False
    follow: str = ""

    @classmethod
    def by_rule(
        cls,
        rule: LetterRule,
        *,
        office: str,
        officer: str = "",
        method: str = "",
        **told: Any,  # noqa: ANN401 - its own fields
    ) -> "Document":
        """A document with what the catalogue says of its kind.

        ``officer``: the code of who deals with the case, printed only where the catalogue says so.
        ``method``: how a result is delivered; who need not come for it need not bring anything.
        """
        return cls(
            office=Office(name=office, lines=rule.lines(officer)),
            basis=rule.basis,
            redress=rule.redress,
            bring=rule.bring if method in {"", DeliveryMethod.WINDOW} else (),
            **told,
        )


def render_pdf(document: Document) -> bytes:
    """Return the PDF of a letter: a pure function of the letter.

    Characters that nobody sees (control characters, directions of writing) are left out.

    Raises:
        DocumentError: ``field_empty``; ``glyph_missing``: the font lacks a character;
            ``layout``: the renderer refuses, or warns of anything.
    """
    data = _data(document)
    if any(undrawn(text) for text in _texts(data)):
        raise DocumentError("glyph_missing")
    return _compiled(data)


def undrawn(text: str) -> str:
    """The characters of a text that the packaged font lacks, each once; empty: it can be shown.

    An accent that makes no character with the one before it is lacking too: it would be drawn upon
    the next one.
    """
    lacking = (
        each
        for each in _clean(text)
        if ord(each) not in _known_characters() or unicodedata.combining(each)
    )
    return "".join(dict.fromkeys(each for each in lacking if each not in f" {_BREAK}"))


def _data(document: Document) -> dict[str, Any]:
    needed = {
        name: _clean(getattr(document, name))
        for name in ("number", "title", "addressee", "case_no", "item")
    }
    office = _clean(document.office.name)
    body = [_clean(each) for each in document.body]
    if not all(needed.values()) or not office or not body or not all(body):
        raise DocumentError("field_empty")
    lines = document.office.lines
    on = document.on
    return {
        **needed,
        "body": [_paragraph(each) for each in body],
        "office": {
            "name": office,
            **{name: _clean(getattr(lines, name)) for name in OfficeLines.__dataclass_fields__},
        },
        "on": [on.year, on.month, on.day],
        "date": f"{on.year}年{on.month}月{on.day}日",
        "concerns": _clean(document.concerns),
        "basis": _clean(document.basis),
        "redress": _clean(document.redress),
        "bring": [_clean(each) for each in document.bring],
        "check": _clean(document.check),
        "draft": document.draft,
        "follow": _clean(document.follow),
        "follow_label": _RATE if RATING_PATH in document.follow else _FOLLOW,
    }


def _paragraph(text: str) -> dict[str, str]:
    number, stop, rest = text.partition(". ")
    if stop and number.isascii() and number.isdigit():
        return {"number": number, "text": rest}
    return {"text": text}


def _clean(text: str) -> str:
    """The text in one line, without what is not drawn; a long word may break.

    A letter and its accents are one character, as far as there is one.
    """
    seen = "".join(
        " " if each.isspace() else each
        for each in text
        if each.isspace() or unicodedata.category(each) not in _DRAWN_BY_NOBODY
    )
    whole = _ACCENTED.sub(lambda found: unicodedata.normalize("NFC", found[0]), seen)
    return _LONG_WORD.sub(lambda word: f"{word[0]}{_BREAK}", " ".join(whole.split()))


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)


def _compiled(data: dict[str, Any]) -> bytes:
    inputs = {"letter": json.dumps(data, ensure_ascii=False)}
    if data["check"]:
        inputs["qr"] = _qr(data["check"].replace(_BREAK, ""))
    if data["follow"]:
        inputs["follow"] = _qr(data["follow"].replace(_BREAK, ""))
    try:
        pdf, warnings = typst.compile_with_warnings(
            _layout(),
            font_paths=_fonts(),
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=[STANDARD],
            sys_inputs=inputs,
        )
    except (typst.TypstError, RuntimeError) as error:
        raise DocumentError("layout") from error
    if warnings:
        raise DocumentError("layout")
    return pdf


def _qr(text: str) -> str:
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="svg", border=1, xmldecl=False)
    return drawn.getvalue().decode()


@cache
def _layout() -> bytes:
    return files("casework.letters").joinpath("layout.typ").read_bytes()


@cache
def _font_file() -> Path:
    # The package is installed in a folder; it is never read from an archive.
    with as_file(files(_FONT_PACKAGE).joinpath(_FONT_FILE)) as path:
        return path


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(_font_file().parent)],
    )


@cache
def _known_characters() -> frozenset[int]:
    """The code points that the font draws."""
    with TTCollection(_font_file(), lazy=True) as fonts:
        for font in fonts:
            if font["name"].getDebugName(1) == FAMILY:
                return frozenset(font.getBestCmap())
    raise DocumentError("font_missing")
