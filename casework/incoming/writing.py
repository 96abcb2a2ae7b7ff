"""One writing for what people write differently, so that it can be compared.

Never shown and never stored: every part of it knows the place in the original it was made from.
Full width or half width, Traditional or Simplified script, any dash, spaces or none, with
``回复：`` in front or without: all read alike [proposal, domain B.2].
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from opencc import OpenCC

DASH = "—"
_DASHES = frozenset("-‐‑‒–—―−─━﹣－_")
_UNSEEN = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp", "Mn"})
_ALIKE = {
    **dict.fromkeys("[〔〖「『{", "【"),
    **dict.fromkeys("]〕〗」』}", "】"),
    **dict.fromkeys("•‧", "·"),
}
_PREFIX = re.compile(r"(?:回复|答复|转发|转寄|re|fw|fwd|aw)(?:\(\d+\)|【\d+】)?:", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Writing:
    """A line as lines are compared; ``at`` gives each sign's place in the original."""

    key: str
    original: str
    at: tuple[int, ...]

    def cut(self, start: int, end: int) -> str:
        """What the original has from one sign of the key to another, in normal width."""
        if start >= end:
            return ""
        piece = self.original[self.at[start] : self.at[end - 1] + 1]
        return " ".join(unicodedata.normalize("NFKC", piece).split())


def written(original: str) -> Writing:
    """Return a line in the writing in which lines are compared."""
    original = unicodedata.normalize("NFC", original)
    key: list[str] = []
    at: list[int] = []
    for place, sign in enumerate(original):
        for each in unicodedata.normalize("NFKC", sign):
            if unicodedata.category(each) in _UNSEEN or each.isspace():
                continue
            folded = DASH if each in _DASHES else _ALIKE.get(each) or _simplified(each)
            if folded == DASH and key and key[-1] == DASH:
                continue
            key.append(folded)
            at.append(place)
    return _without_prefixes("".join(key), original, tuple(at))


def key_of(original: str) -> str:
    """Return what two writings of the same name have in common."""
    return written(original).key.casefold()


def _without_prefixes(key: str, original: str, at: tuple[int, ...]) -> Writing:
    start = 0
    while found := _PREFIX.match(key, start):
        start = found.end()
    return Writing(key=key[start:], original=original, at=at[start:])


@cache
def _simplified(sign: str) -> str:
    """One sign alone, so that places stay; a name changed by it is compared, never kept."""
    simple = _script().convert(sign)
    return simple if len(simple) == 1 else sign


@cache
def _script() -> OpenCC:
    return OpenCC("t2s")
