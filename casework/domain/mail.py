"""What a district asks of the mails that bring it cases (来件): grammars and rules."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache


class Field(StrEnum):
    """What a grammar may ask for."""

    UNIT = "单位"
    SHORT_NAME = "简称"
    PERSONS = "人员"
    COUNT = "人数"
    NAME = "姓名"
    NUMBER = "证件号"
    BUSINESS = "业务"
    DAY = "日期"


class Nature(StrEnum):
    """Whether somebody wrote a mail, and may be answered; the values are stored for ever."""

    WRITTEN = "written"
    AUTOMATIC = "automatic"  # an out-of-office note: never answered
    BOUNCE = "bounce"  # a report of delivery: never answered
    BULK = "bulk"  # a list or an advertisement: never answered
    SPAM = "spam"  # the relay says so: never answered
    OWN = "own"  # a mail of ours came back: never answered

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {
            "written": "来信",
            "automatic": "自动回复",
            "bounce": "退信",
            "bulk": "群发邮件",
            "spam": "垃圾邮件",
            "own": "本系统所发",
        }[self.value]


class MailVerdict(StrEnum):
    """What is done with a mail; the values are stored for ever."""

    CASES = "cases"
    NOTICE = "notice"
    TRIAGE = "triage"
    SILENT = "silent"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {
            "cases": "自动立件",
            "notice": "一次性告知",
            "triage": "人工分办",
            "silent": "不回复",
        }[self.value]


class Place(StrEnum):
    """Where a grammar is written."""

    SUBJECT = "subject"
    FILE_NAME = "file_name"


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """One form of one mailbox; ``business`` gives the service item for each word for it."""

    name: str
    mailbox: str
    place: Place
    template: str
    business: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class MailIntake:
    """What a district asks on a day; made by ``casework.policy.mail``.

    ``mailboxes``: title by purpose. ``by_words``: service item by a word of the subject, for
    business without a grammar. ``urgent_words``: what a subject says that asks for the green
    channel. ``online_only``: items that are done online; a package is kept and
    the sender told. ``word_for``: items that take a Word file besides.
    """

    district: str
    mailboxes: Mapping[str, str] = field(default_factory=dict)
    grammars: tuple[Grammar, ...] = ()
    by_words: Mapping[str, str] = field(default_factory=dict)
    urgent_words: tuple[str, ...] = ()
    online_only: frozenset[str] = frozenset()
    word_for: frozenset[str] = frozenset()
    archive_per_person: bool = False
    jpeg_only: bool = False
    contact_in_mail: bool = False
    one_mailbox_a_unit: bool = False


_TOKEN = re.compile(r"<([^<>]+)>|([^<>])")


@cache
def tokens(template: str) -> tuple[Field | str, ...]:
    """A template's parts: fields, and signs that are written as they stand.

    Raises ValueError for a field that there is not, that stands twice, or if there is none.
    """
    parts: list[Field | str] = [
        Field(found[1]) if found[1] else found[2] for found in _TOKEN.finditer(template)
    ]
    fields = [part for part in parts if isinstance(part, Field)]
    if len(fields) != len(set(fields)) or not fields:
        raise ValueError("a field stands twice, or there is none")
    return tuple(parts)
