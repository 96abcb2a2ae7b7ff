"""What the letters of an office say beside their text, from the catalogue: district × kind × day.

``letters/default.yaml`` holds for every district, ``letters/<district>.yaml`` for one. What is said
of a kind of letter goes before what is said of ``*``, and the district before the default. Whatever
a letter calls a rule (``basis``) rests on law or on a source: the check refuses any other mark.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from casework.domain.kinds.application.guide import Office, Said
from casework.domain.policy import Mark
from casework.policy.catalogue.documents import CatalogueError, Finding, Location
from casework.policy.catalogue.sources import (
    Dated,
    LettersFile,
    LetterSource,
    ProfileFile,
    Timeline,
)
from casework.policy.catalogue.tree import PROFILE, Loaded, load_file

FOLDER, DEFAULT, EVERY = "letters", "default", "*"
_DISTRICT = re.compile(r"\d{6}")
_FIRM = frozenset({Mark.LAW, Mark.SOURCE})
_KNOWN = _FIRM | {Mark.FOUND}
_OF_OFFICE = ("word", "address", "hours", "phone", "contact", "contact_officer")
_OF_ITEM = {"fees": "收费", "moves": "改用新政策是否告知"}
_OFFICE_NAMES = ("机关代字", "地址", "办公时间", "电话", "联系人", "经办联系人")
_OF_PROFILE = {"address": "postal_address", "hours": "office_hours"}
_REFUSED = "refused"
_OFFICER = "{officer}"
_NO_SERIES = "函"
"""The word of a letter for which a catalogue, published before there were such words, has none."""


@dataclass(frozen=True, kw_only=True)
class OfficeLines:
    """How an office is reached; what is not known is empty, and not printed."""

    address: str = ""
    hours: str = ""
    phone: str = ""
    contact: str = ""


@dataclass(frozen=True, kw_only=True)
class LetterRule:
    """What a kind of letter says in a district on a day; empty: nothing.

    ``word`` and ``series`` are those of its number. ``title`` and ``text`` are empty where the
    common wording holds. ``contact_officer``: the contact while an officer deals with the case,
    with ``{officer}`` in the place of their code.
    """

    word: str
    series: str
    title: str = ""
    text: str = ""
    basis: str = ""
    redress: str = ""
    bring: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    office: OfficeLines = field(default_factory=OfficeLines)
    contact_officer: str = ""

    def lines(self, officer: str = "") -> OfficeLines:
        """How the office is reached; its contact is who deals with the case, where that is said.

        ``officer``: their code; empty: nobody does.
        """
        if not (officer and self.contact_officer):
            return self.office
        return replace(self.office, contact=self.contact_officer.replace(_OFFICER, officer))


@dataclass(frozen=True, kw_only=True)
class LetterPolicy:
    """The letters of all districts; made by ``load_letters``. ``files``: by district, "" for all.

    ``profiles`` are asked for address and hours where a district's letters say nothing of them.
    """

    files: Mapping[str, LettersFile] = field(default_factory=dict)
    profiles: Mapping[str, ProfileFile] = field(default_factory=dict)

    def rule(self, district: str, template: str, on: date, *, item: str = "") -> LetterRule:
        """What a letter about an item says in a district on that day."""
        return LetterRule(
            word=_text(self._of_office("word", district, on)) or district,
            series=self._value("series", district, template, on) or _NO_SERIES,
            title=self._title(district, template, on, item),
            text=self._value("text", district, template, on) or "",
            basis=self._value("basis", district, template, on) or "",
            redress=self._value("redress", district, template, on) or "",
            bring=self._value("bring", district, template, on) or (),
            replaces=self._value("replaces", district, template, on) or (),
            office=OfficeLines(
                address=_text(self._line("address", district, on)),
                hours=_text(self._line("hours", district, on)),
                phone=_text(self._line("phone", district, on)),
                contact=_text(self._line("contact", district, on)),
            ),
            contact_officer=_text(self._of_office("contact_officer", district, on)),
        )

    def words(self) -> dict[str, str]:
        """Every word of an office in its numbers, of all days, with the district that has it."""
        return {
            entry.value: district
            for district, file in self.files.items()
            for entry in (file.word.root if file.word is not None else ())
            if entry.value is not None
        }

    def office(self, name: str, district: str, item: str, on: date) -> Office:
        """What the service guide says of an office, called ``name``, beside the item's policy.

        Address, hours, phone, contact and redress are those that letters print.
        """
        return Office(
            name=name,
            address=self._line("address", district, on),
            hours=self._line("hours", district, on),
            phone=self._line("phone", district, on),
            contact=self._line("contact", district, on),
            fees=_said(self._of_item("fees", district, item, on)),
            redress=_said(self._of_letter("redress", district, EVERY, on)),
            remedies=_said(self._of_letter("basis", district, _REFUSED, on)),
        )

    def tells_of_moves(self, district: str, item: str, on: date) -> bool:
        """Whether people get a letter when their running case goes on under that day's policy."""
        entry = self._of_item("moves", district, item, on)
        return entry is not None and bool(entry.value)

    def _value(self, name: str, district: str, template: str, on: date) -> Any:  # noqa: ANN401 - as the field
        entry = self._of_letter(name, district, template, on)
        return entry.value if entry is not None else None

    def _title(self, district: str, template: str, on: date, item: str) -> str:
        """What the district says before what is said for all; the item before every other one."""
        for place in (district, ""):
            letter = self.files[place].letters.get(template) if place in self.files else None
            for timeline in (letter.titles.get(item), letter.title) if letter else ():
                entry = timeline.at(on) if timeline is not None else None
                if entry is not None:
                    return entry.value or ""
        return ""

    def _of_letter(self, name: str, district: str, template: str, on: date) -> Dated[Any] | None:
        for place in (district, ""):
            letters = self.files[place].letters if place in self.files else {}
            for key in (template, EVERY):
                timeline = getattr(letters.get(key), name, None)
                entry = timeline.at(on) if timeline is not None else None
                if entry is not None:
                    return cast("Dated[Any]", entry)
        return None

    def _of_office(self, name: str, district: str, on: date) -> Said | None:
        for place in (district, ""):
            timeline = getattr(self.files.get(place), name, None)
            entry = timeline.at(on) if timeline is not None else None
            if entry is not None:
                return _said(entry)
        return None

    def _line(self, name: str, district: str, on: date) -> Said | None:
        """What the letters' file says, else the profile, where there is the like in it."""
        said = self._of_office(name, district, on)
        if said is None and name in _OF_PROFILE:
            return self._of_profile(_OF_PROFILE[name], district, on)
        return said

    def _of_item(self, name: str, district: str, item: str, on: date) -> Dated[Any] | None:
        for place in (district, ""):
            timelines = getattr(self.files.get(place), name, {})
            for key in (item, EVERY):
                entry = timelines[key].at(on) if key in timelines else None
                if entry is not None:
                    return cast("Dated[Any]", entry)
        return None

    def _of_profile(self, name: str, district: str, on: date) -> Said | None:
        """What the profile says, unless that is only proposed or uncertain."""
        timeline = getattr(self.profiles.get(district), name, None)
        entry = timeline.at(on) if timeline is not None else None
        if entry is None or entry.value is None or entry.mark not in _KNOWN:
            return None
        value = entry.value
        text = value if isinstance(value, str) else f"{value.opens}–{value.closes}"
        return Said(text=text, reference=entry.reference, mark=entry.mark)


def _said(entry: Dated[Any] | None) -> Said | None:
    if entry is None or entry.value is None:
        return None
    return Said(text=entry.value, reference=entry.reference, mark=entry.mark)


def _text(said: Said | None) -> str:
    return said.text if said is not None else ""


def letter_differences(before: LetterPolicy, after: LetterPolicy) -> Iterator[tuple[str, str, str]]:
    """Where the two say something different: district, "" for all; what of it; how it changes.

    Of a letter its kind is said, ``*`` for every other one.
    """
    nothing = LettersFile()
    for district in sorted(before.files.keys() | after.files.keys()):
        old, new = before.files.get(district, nothing), after.files.get(district, nothing)
        for name, title in zip(_OF_OFFICE, _OFFICE_NAMES, strict=True):
            if getattr(old, name) != getattr(new, name):
                yield district, title, _turn(getattr(old, name), getattr(new, name))
        for name, title in _OF_ITEM.items():
            one, other = getattr(old, name), getattr(new, name)
            for item in sorted(one.keys() | other.keys()):
                if one.get(item) != other.get(item):
                    yield district, f"{title} {item}", _turn(one.get(item), other.get(item))
        for template in sorted(old.letters.keys() | new.letters.keys()):
            if old.letters.get(template) != new.letters.get(template):
                yield district, template, "改变"


def _turn(before: Timeline[Any] | None, after: Timeline[Any] | None) -> str:
    """How the last entry of a timeline changes."""
    old, new = (each.root[-1] if each else None for each in (before, after))
    was, now = (_word(each.value if each else None) for each in (old, new))
    since = f"（{new.since} 起）" if new is not None else ""
    return f"由{was}改为{now}{since}" if was != now else "依据或起始日改变"


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return "无" if value is None else f"“{value}”"


@cache
def load_letters() -> LetterPolicy:
    """The letters of the installed catalogue, read once; raises CatalogueError."""
    return read_letters(files("catalogue"))


def read_letters(root: Traversable | Path) -> LetterPolicy:
    """The letters below a catalogue's root; raises CatalogueError with all faults."""
    loaded, findings = _read(root)
    if findings:
        raise CatalogueError(findings)
    places = {code: "" if code == DEFAULT else code for code in loaded}
    return LetterPolicy(
        files={places[code]: file.model for code, file in loaded.items()},
        profiles=dict(_profiles(root)),
    )


def check_letters(root: Traversable | Path | None = None) -> list[Finding]:
    """Every fault of the files below a catalogue's root, by file and line."""
    return _read(root or files("catalogue"))[1]


def loaded_letters(root: Traversable | Path) -> dict[str, Loaded[LettersFile]]:
    """The files as they are, by district or ``default``, for those who check more of them."""
    return _read(root)[0]


def _read(root: Traversable | Path) -> tuple[dict[str, Loaded[LettersFile]], list[Finding]]:
    found: dict[str, Loaded[LettersFile]] = {}
    findings: list[Finding] = []
    words: dict[str, str] = {}
    for code in _places(root):
        name = f"{FOLDER}/{code}.yaml"
        if code != DEFAULT and not _DISTRICT.fullmatch(code):
            right = "default.yaml, or the six digits of a district"
            problem = "named after no district"
            findings.append(
                Finding(file=name, line=1, field="(file)", problem=problem, right=right)
            )
            continue
        file, faults = load_file(root, name, LettersFile)
        findings += faults
        if file is not None:
            findings += _faults(file, code, words)
            found[code] = file
    return found, sorted(set(findings))


def _places(root: Traversable | Path) -> Iterator[str]:
    """``default`` first; no folder: a catalogue from before there was one."""
    folder = root / FOLDER
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    codes = {name.removesuffix(".yaml") for name in names if name.endswith(".yaml")}
    yield from sorted(codes, key=lambda code: (code != DEFAULT, code))


def _profiles(root: Traversable | Path) -> Iterator[tuple[str, ProfileFile]]:
    folder = root / "districts"
    for path in folder.iterdir() if folder.is_dir() else ():
        name = f"districts/{path.name}/{PROFILE}.yaml"
        if path.is_dir() and (path / f"{PROFILE}.yaml").is_file():
            file, _ = load_file(root, name, ProfileFile)
            if file is not None:
                yield path.name, file.model


def _faults(file: Loaded[LettersFile], code: str, words: dict[str, str]) -> Iterator[Finding]:
    document = file.document
    for at, timeline in timelines_of(file.model):
        for index, (one, other) in enumerate(pairwise(timeline.root), start=1):
            if other.since <= one.since:
                right = f"a day after {one.since}: entries are added below"
                yield document.finding((*at, index, "from"), "out of order", right)
        for index, entry in enumerate(timeline.root):
            for where, problem, right in _wrong(at[-1], entry):
                yield document.finding((*at, index, where), problem, right)
            if at != ("word",) or entry.value is None:
                continue
            if words.setdefault(entry.value, code) != code:
                problem = f"{words[entry.value]} has this word"
                right = "a word that is no other district's, lest two documents have one number"
                yield document.finding((*at, index, "value"), problem, right)
    if code == DEFAULT and file.model.word is not None:
        right = "leave it out: two districts would number alike"
        yield document.finding(("word",), "a word for every district", right)


def _wrong(name: str | int, entry: Dated[Any]) -> Iterator[tuple[str, str, str]]:
    """In which field of an entry something is wrong, what, and what would be right."""
    value = entry.value
    if name == "basis" and value is not None and entry.mark not in _FIRM:
        right = "law or source; what is only proposed is no basis of a letter"
        yield "mark", f"{entry.mark} is no law", right
    if name == "series" and value and value[-1].isdigit():
        right = "a word: with its digit before the number, two letters have one number"
        yield "value", "ends with a digit", right
    if name == "contact_officer" and value is not None:
        others = value.replace(_OFFICER, "", 1)
        if others == value or {"{", "}"} & {*others}:
            right = f"{_OFFICER} once: the code of who deals with the case, never a name"
            yield "value", "names no officer", right


def timelines_of(file: LettersFile) -> Iterator[tuple[Location, Timeline[Any]]]:
    """Everything dated that a file says, with its place in the file."""
    for name in _OF_OFFICE:
        if (timeline := getattr(file, name)) is not None:
            yield (name,), timeline
    for name in _OF_ITEM:
        for item, timeline in getattr(file, name).items():
            yield (name, item), timeline
    for template, letter in file.letters.items():
        for item, titles in letter.titles.items():
            yield ("letters", template, "titles", item), titles
        for name in LetterSource.model_fields.keys() - {"titles"}:
            if (timeline := getattr(letter, name)) is not None:
                yield ("letters", template, name), timeline
