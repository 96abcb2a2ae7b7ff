"""What districts ask of mails that bring cases, from the catalogue: ``mail/<district>.yaml``.

The source has the grammars and the rules of seven districts; what it leaves open is [proposal].
Addresses of mailboxes are no policy: they are settings of the office.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Any

from casework.domain.mail import Field, Grammar, MailIntake, Place, tokens
from casework.policy.catalogue.documents import CatalogueError, Finding, one_of
from casework.policy.catalogue.sources import MailFile, Timeline
from casework.policy.catalogue.tree import Loaded, load_file

FOLDER = "mail"
_DISTRICT = re.compile(r"\d{6}")
_TITLES = {
    "mailboxes": "邮箱",
    "grammars": "写法",
    "by_words": "按内容分办",
    "urgent_words": "要求加急的用词",
    "online_only": "只在网上办理的业务",
    "word_for": "另附 Word 文件的业务",
    "archive_per_person": "每人一个压缩包",
    "jpeg_only": "只收 JPG 图片",
    "contact_in_mail": "正文留联系方式",
    "one_mailbox_a_unit": "一单位一邮箱",
}


@dataclass(frozen=True, kw_only=True)
class MailPolicy:
    """What every district asks; made by ``load_mail_policy``."""

    files: Mapping[str, MailFile] = field(default_factory=dict)

    def intake(self, district: str, on: date) -> MailIntake | None:
        """What the district asks on that day; None: it takes no cases by mail."""
        file = self.files.get(district)
        mailboxes = _at(file.mailboxes, on) if file is not None else None
        if file is None or not mailboxes:
            return None
        return MailIntake(
            district=district,
            mailboxes=mailboxes,
            grammars=tuple(
                Grammar(**source.model_dump()) for source in _at(file.grammars, on) or ()
            ),
            by_words=_at(file.by_words, on) or {},
            urgent_words=tuple(_at(file.urgent_words, on) or ()),
            online_only=frozenset(_at(file.online_only, on) or ()),
            word_for=frozenset(_at(file.word_for, on) or ()),
            archive_per_person=bool(_at(file.archive_per_person, on)),
            jpeg_only=bool(_at(file.jpeg_only, on)),
            contact_in_mail=bool(_at(file.contact_in_mail, on)),
            one_mailbox_a_unit=bool(_at(file.one_mailbox_a_unit, on)),
        )

    def elsewhere(self, district: str, on: date) -> tuple[Grammar, ...]:
        """The grammars of subjects in the other districts, each once."""
        found: dict[str, Grammar] = {}
        for other in sorted(self.files.keys() - {district}):
            intake = self.intake(other, on)
            for grammar in intake.grammars if intake is not None else ():
                if grammar.place is Place.SUBJECT:
                    found.setdefault(grammar.template, grammar)
        return tuple(found.values())


def _at(timeline: Timeline[Any] | None, on: date) -> Any:  # noqa: ANN401 - as the timeline
    entry = timeline.at(on) if timeline is not None else None
    return entry.value if entry is not None else None


def mail_differences(before: MailPolicy, after: MailPolicy) -> Iterator[tuple[str, str]]:
    """Where the two say something different: district, and what of it."""
    for district in sorted(before.files.keys() | after.files.keys()):
        old, new = before.files.get(district), after.files.get(district)
        for name, title in _TITLES.items():
            if getattr(old, name, None) != getattr(new, name, None):
                yield district, title


@cache
def load_mail_policy() -> MailPolicy:
    """The mail policy of the installed catalogue, read once; raises CatalogueError."""
    return read_mail_policy(files("catalogue"))


def read_mail_policy(root: Traversable | Path) -> MailPolicy:
    """The mail policy below a catalogue's root; raises CatalogueError with all faults."""
    loaded, findings = _read(root)
    if findings:
        raise CatalogueError(findings)
    return MailPolicy(files={code: file.model for code, file in loaded.items()})


def check_mail_policy(root: Traversable | Path | None = None) -> list[Finding]:
    """Every fault of the files below a catalogue's root, by file and line."""
    return _read(root or files("catalogue"))[1]


def _read(root: Traversable | Path) -> tuple[dict[str, Loaded[MailFile]], list[Finding]]:
    found: dict[str, Loaded[MailFile]] = {}
    findings: list[Finding] = []
    folder = root / FOLDER
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    for name in names:
        code = name.removesuffix(".yaml")
        at = f"{FOLDER}/{name}"
        if not _DISTRICT.fullmatch(code):
            right = "the six digits of a district"
            problem = "named after no district"
            findings.append(Finding(file=at, line=1, field="(file)", problem=problem, right=right))
            continue
        file, faults = load_file(root, at, MailFile)
        findings += faults
        if file is not None:
            findings += _faults(file)
            found[code] = file
    return found, sorted(set(findings))


def _faults(file: Loaded[MailFile]) -> Iterator[Finding]:
    document = file.document
    for name in MailFile.model_fields:
        timeline = getattr(file.model, name)
        for index, (one, other) in enumerate(pairwise(timeline.root if timeline else ()), start=1):
            if other.since <= one.since:
                right = f"a day after {one.since}: entries are added below"
                yield document.finding((name, index, "from"), "out of order", right)
    for index, entry in enumerate(file.model.grammars.root if file.model.grammars else ()):
        boxes = _at(file.model.mailboxes, entry.since) or {}
        for place, grammar in enumerate(entry.value or ()):
            at = ("grammars", index, "value", place)
            if grammar.mailbox not in boxes:
                right = one_of(grammar.mailbox, list(boxes))
                yield document.finding((*at, "mailbox"), "there is no such mailbox", right)
            try:
                parts = tokens(grammar.template)
            except ValueError:
                right = (
                    "each of " + ", ".join(f"<{each.value}>" for each in Field) + " once at most"
                )
                yield document.finding((*at, "template"), "cannot be read", right)
                continue
            if not {Field.UNIT, Field.SHORT_NAME} & set(parts):
                right = "a field for the firm: <单位> or <简称>"
                yield document.finding((*at, "template"), "names no firm", right)
