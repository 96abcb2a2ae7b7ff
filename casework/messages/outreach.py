"""Messages of an outreach (主动告知), and how outreaches and their workflows are named.

The rules of a single contact are in ``casework.domain.kinds.application.contacts``. Fields are only
ever added, with a default.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from casework.domain.bounds import Text, Word
from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.domain.time.calendar import ZONE

WORKFLOW = "Outreach"
OPENS = "09:00"
"""When the list is renewed on a working day, Asia/Shanghai: the offices' start of business."""
ROUNDS_A_RUN = 30
"""After this many days the workflow continues as new, whatever the length of its history."""

OUTREACH = Actor(code="outreach", role=Role.SYSTEM)
"""The actor of the messages that an outreach sends to a case."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class About(StrEnum):
    """Why people are told; the values are stored."""

    SUSPENSION = "suspension"
    MEASURE = "measure"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {About.SUSPENSION: "暂停", About.MEASURE: "临时措施"}[self]


def outreach_id(number: str) -> str:
    """The workflow id of an outreach: ``outreach.<id>``."""
    return f"outreach.{number}"


def outreach_number(about: str, text: str) -> str:
    """Return the id of an outreach that a person starts; the same subject and text give one id.

    Form: ``<measure or suspension>-XXXX`` with letters that do not look like digits.
    """
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    letters = "".join(_ALPHABET[(number >> shift) & 31] for shift in range(0, 20, 5))
    return f"{about}-{letters}"


@dataclass(frozen=True, kw_only=True)
class StartOutreach:
    """Starts an outreach, or continues it as new; all its data are in the register.

    ``about`` is the id of the ``kind``, a measure or a suspension; ``text``, in Chinese, is what
    each person is to be told. ``rehearsal`` shifts its time.
    """

    id: Word
    about: Word
    kind: Word  # a value of About
    text: Text
    rehearsal: timedelta = timedelta()
    started_by: Word = ""
    by: Actor | None = None  # the person who started it, if any; ``started_by`` is their code


@dataclass(frozen=True, kw_only=True)
class Begin:
    """The update that starts an outreach; it answers when the outreach is in the register."""

    text: Text


@dataclass(frozen=True, kw_only=True)
class OpenOutreach:
    """An outreach for the register; idempotent on its id."""

    start: StartOutreach
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Round:
    """One round of an outreach at ``at``, the time of the cases it concerns."""

    outreach: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What one call did: ``asked`` cases now, ``left`` whether more wait for the next call."""

    asked: int
    left: bool


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Numbers of persons, not cases; each state counts all who have ever reached it.

    ``shared``: further cases of persons who are told on another one.
    """

    listed: int = 0
    reached: int = 0
    settled: int = 0
    filed: int = 0
    escalated: int = 0
    closed: int = 0
    shared: int = 0


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The state of an outreach after a round.

    ``is_over``: what it is about is no longer in force, and nobody waits for another case's
    result. ``next_at``: the start of business of the next working day.
    """

    is_over: bool
    next_at: datetime
    progress: Progress


COUNTS = {
    "listed": "列入",
    "reached": "告知到",
    "settled": "落实好",
    "filed": "备案登记",
    "escalated": "三次未通，已转短信和单位",
    "closed": "已了结",
    "shared": "由同一人他件告知的办件",
}
"""The counts of ``Progress`` with their Chinese names."""


def details(start: StartOutreach, standing: Standing | None) -> str:
    """Return the text, the reason and the progress as of the last round; None: before the first."""
    lines = [
        f"### 主动告知　{start.id}",
        f"事由：{About(start.kind).label} {start.about}",
        "",
        f"> {start.text}",
        "",
    ]
    if standing is None:
        return "\n".join([*lines, "正在编制名单"])
    return "\n".join([*lines, *_table(standing.progress), "", _next(standing)])


def _table(progress: Progress) -> list[str]:
    rows = [f"| {label} | {getattr(progress, name)} |" for name, label in COUNTS.items()]
    return ["| 状态 | 人数 |", "|---|---|", *rows]


def _next(standing: Standing) -> str:
    if standing.is_over:
        return "已结束：事由已终止，最后一轮名单已办"
    return f"下一轮名单：{standing.next_at.astimezone(ZONE):%Y-%m-%d %H:%M}"
