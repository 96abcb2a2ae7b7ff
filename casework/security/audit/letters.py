"""Letters in the digest of a day: what was given out stays what it was.

The hash of a letter is over `content_of` its number, kind, title, day and the SHA-256 of its PDF,
all of which verification tells to anybody. So whoever has a letter and the exported digests can
compare them without asking us.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from casework.security.audit.hashing import Hashing, canonical, made_by


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterTold:
    """A letter that somebody has, as a digest tells of it: when it is first told, and when changed.

    ``sealed`` is the SHA-256 of what the city's seal has given, ``revoked`` the day (ISO) from
    which it holds no longer; both empty where there is none.
    """

    number: str
    case_no: str
    seq: int
    hash: str
    sealed: str = ""
    revoked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLetter:
    """A letter as the register keeps it now.

    ``renewed``: events of its case were decided anew, which may make it void, or let it hold again.
    """

    number: str
    district: str
    case_no: str
    seq: int
    content: str
    sealed: str
    revoked: str
    void: bool
    renewed: bool

    def told(self, hashing: Hashing) -> LetterTold:
        """What a digest tells of it."""
        return LetterTold(
            number=self.number,
            case_no=self.case_no,
            seq=self.seq,
            hash=hashing.of(self.content),
            sealed=self.sealed,
            revoked=self.revoked,
        )

    def is_as_told(self, before: Sequence[LetterTold]) -> bool:
        """Whether it is what the digests told of it, one after the other.

        It may have been sealed or revoked since. What was sealed stays so; what was revoked, too,
        unless events of its case were decided anew.
        """
        hashings = [made_by(each.hash) for each in before]
        same = all(
            hashing is not None
            and (each.case_no, each.seq, each.hash)
            == (self.case_no, self.seq, hashing.of(self.content))
            and each.sealed in {"", self.sealed}
            for each, hashing in zip(before, hashings, strict=True)
        )
        holds = not self.void and before[-1].revoked in {"", self.revoked}
        return same and (holds or self.renewed)


def content_of(*, number: str, kind: str, title: str, issued_on: date, sha256: str) -> str:
    """The text of which the hash of a letter is made."""
    return canonical([number, kind, title, issued_on.isoformat(), sha256])
