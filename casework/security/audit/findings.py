"""What verifying finds, and the report of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Tampering(StrEnum):
    """What was done to the record."""

    ALTERED = "altered"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"
    FORKED = "forked"
    HASH_REMOVED = "hash_removed"
    CASE_REMOVED = "case_removed"
    RECOMPUTED = "recomputed"
    SUPERSEDED_ALTERED = "superseded_altered"
    DIGEST_ALTERED = "digest_altered"
    DIGEST_REMOVED = "digest_removed"
    DIGEST_FORGED = "digest_forged"
    ACCESSES_REMOVED = "accesses_removed"
    LETTER_ALTERED = "letter_altered"
    LETTER_REMOVED = "letter_removed"
    NOT_HELD = "not_held"

    @property
    def label(self) -> str:
        """The word for people."""
        return _LABELS[self]


_LABELS = {
    Tampering.ALTERED: "经过被改动",
    Tampering.REMOVED: "经过被删除",
    Tampering.INSERTED: "经过被插入",
    Tampering.REORDERED: "经过次序被调换",
    Tampering.FORKED: "经过接在已被取代的经过之后",
    Tampering.HASH_REMOVED: "链值被抹去",
    Tampering.CASE_REMOVED: "整件被删除",
    Tampering.RECOMPUTED: "整链被重算，与已签名的日摘要不符",
    Tampering.SUPERSEDED_ALTERED: "已被取代的经过被改动",
    Tampering.DIGEST_ALTERED: "日摘要被改动",
    Tampering.DIGEST_REMOVED: "日摘要被删除",
    Tampering.DIGEST_FORGED: "日摘要签名不符",
    Tampering.ACCESSES_REMOVED: "查阅记录被删除",
    Tampering.LETTER_ALTERED: "文书登记被改动，与已签名的日摘要不符",
    Tampering.LETTER_REMOVED: "文书登记被删除",
    Tampering.NOT_HELD: "流程引擎没有的经过",
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that is not as it was recorded.

    ``seq`` to ``until`` are numbers of events, both included; ``digest`` is the number of a digest
    of the district, ``letter`` the number (文号) of a letter. What does not apply is None or empty.
    """

    kind: Tampering
    district: str = ""
    case_no: str = ""
    seq: int | None = None
    until: int | None = None
    digest: int | None = None
    letter: str = ""


@dataclass(frozen=True, kw_only=True)
class Replaced:
    """An event that a digest tells of and that the workflow has decided anew since (a reset)."""

    case_no: str
    seq: int
    digest: int


@dataclass(frozen=True, kw_only=True)
class Regained:
    """A head that a digest tells of, and that was written again from Temporal's histories since."""

    case_no: str
    seq: int
    digest: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was looked at, and what was found.

    ``unsealed`` are events from before the chain, which nothing can be said about. ``replaced``
    are no tampering, unless nobody can say who reset the workflow; ``restored`` none, unless nobody
    can say who restored the register. ``letters``: those that were compared with what digests tell
    of them.
    """

    cases: int
    events: int
    unsealed: int
    digests: int
    replaced: Sequence[Replaced]
    findings: Sequence[Finding]
    letters: int = 0
    restored: Sequence[Regained] = ()
