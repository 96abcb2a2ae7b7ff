"""Whether the letters of a catalogue can be written: their own texts filled, everything drawn."""

from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from casework.letters.document import Document, DocumentError, render_pdf, undrawn
from casework.letters.templates import TEMPLATES
from casework.letters.texts import (
    NoticeTextError,
    paragraphs,
    placeholder_faults,
    sample_fields,
)
from casework.policy.catalogue.documents import Finding, Location, one_of
from casework.policy.catalogue.sources import LettersFile, LetterSource, Timeline
from casework.policy.catalogue.tree import Loaded
from casework.policy.letters import EVERY, LetterRule, loaded_letters, timelines_of

_DAY = date(2026, 1, 1)
"""Of a letter that is only tried; any other would do."""


def check_texts(root: Traversable | Path | None = None) -> list[Finding]:
    """Every fault of the letters' own texts below a catalogue's root, by file and line.

    Also what no font of ours draws, and a text of which no document can be made.
    """
    place = root or files("catalogue")
    items = {each.name.removesuffix(".yaml") for each in (place / "items").iterdir()}
    loaded = loaded_letters(place).values()
    return sorted(
        finding
        for file in loaded
        for finding in (*_faults(file), *_of_no_item(file, items), *_undrawn(file))
    )


def _of_no_item(file: Loaded[LettersFile], items: set[str]) -> Iterator[Finding]:
    for template, letter in file.model.letters.items():
        for item in letter.titles.keys() - items:
            at: Location = ("letters", template, "titles", item)
            yield file.document.finding(at, f"unknown item {item}", one_of(item, sorted(items)))


def _faults(file: Loaded[LettersFile]) -> Iterator[Finding]:
    for template, letter in file.model.letters.items():
        at: Location = ("letters", template)
        if template != EVERY and template not in TEMPLATES:
            right = one_of(template, sorted(TEMPLATES))
            yield file.document.finding(at, f"unknown letter {template}", right)
            continue
        for index, former in enumerate(letter.replaces.root if letter.replaces else ()):
            for each in set(former.value or ()) - TEMPLATES.keys():
                right = one_of(each, sorted(TEMPLATES))
                place = (*at, "replaces", index, "value")
                yield file.document.finding(place, f"unknown letter {each}", right)
        for name, where, timeline in _own(at, letter):
            for index, entry in enumerate(timeline.root if timeline else ()):
                place = (*where, index, "value")
                if template == EVERY:
                    right = "name the kind of letter"
                    yield file.document.finding(place, "one text for every letter", right)
                elif entry.value is not None:
                    for problem, right in _wrong(template, name, entry.value):
                        yield file.document.finding(place, problem, right)


def _own(
    at: Location, letter: LetterSource
) -> Iterator[tuple[str, Location, Timeline[str] | None]]:
    """The own titles and the own text of a kind of letter, each with its place."""
    yield "title", (*at, "title"), letter.title
    yield "text", (*at, "text"), letter.text
    for item, each in letter.titles.items():
        yield "title", (*at, "titles", item), each


def _wrong(template: str, name: str, text: str) -> Iterator[tuple[str, str]]:
    """What is wrong with an own title or text, and what would be right."""
    if name == "title":
        if "{" in text:
            yield "a title with a field", "plain words: a title stands in what anybody may see"
        elif not any(each.isprintable() and not each.isspace() for each in text):
            yield "a title of which nothing is seen", "plain words"
        return
    faults = placeholder_faults(template, text)
    yield from ((problem, "fields of the common text, each in braces") for problem in faults)
    if not faults and not undrawn(text) and (problem := _unmade(template, text)):
        yield problem, "a text of which a document can be made"


def _unmade(template: str, text: str) -> str:
    """Why no document can be made with an own text; empty: one can."""
    fields = sample_fields(template)
    try:
        title, body = paragraphs(template, fields, text=text)
        render_pdf(
            Document.by_rule(
                LetterRule(word="", series=""),
                office=fields["office"],
                number="样例",
                title=title,
                addressee="样例",
                case_no=fields["case_no"],
                item=fields["item"],
                body=body,
                on=_DAY,
            )
        )
    except NoticeTextError as error:
        return str(error)
    except DocumentError as error:
        return f"no document: {error.problem}"
    return ""


def _undrawn(file: Loaded[LettersFile]) -> Iterator[Finding]:
    for at, timeline in timelines_of(file.model):
        for index, entry in enumerate(timeline.root):
            if lacking := undrawn("".join(_words(entry.value))):
                right = "characters that the packaged font has"
                problem = f"no glyph for {lacking}"
                yield file.document.finding((*at, index, "value"), problem, right)


def _words(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - a text, several, or nothing
    return (value,) if isinstance(value, str) else tuple(value or ())
