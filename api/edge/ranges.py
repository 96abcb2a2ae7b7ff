"""A part of a file, as a caller asks for it by ``Range`` (RFC 9110, section 14)."""

import re
from dataclasses import dataclass

_RANGE = re.compile(
    r"[ \t]*bytes[ \t]*=[ \t]*(?P<first>[0-9]*)-(?P<last>[0-9]*)[ \t]*", re.IGNORECASE
)
_MOST_DIGITS = 18
_BEYOND = 10**_MOST_DIGITS
"""No file is as long; what is longer is not read as a number."""


class UnsatisfiableRangeError(Exception):
    """The file has nothing of what was asked for."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """The bytes of a file from ``first`` to ``last``, both included."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """How many bytes these are."""
        return self.last - self.first + 1


def part_of(size: int, etag: str, *, asked: str | None, if_range: str | None) -> Part | None:
    """The part asked for of a file of so many bytes; None: the whole of it.

    Several parts at once, another unit, or what is no range at all get the whole file, as the
    standard allows; so does a part of another version of it (``if_range``, compared strongly: a
    date is never equal to ``etag``).

    Raises:
        UnsatisfiableRangeError: a range that begins after the end of the file, or is empty.
    """
    if asked is None or (if_range is not None and if_range.strip() != etag):
        return None
    found = _RANGE.fullmatch(asked)
    if found is None or not (found["first"] or found["last"]):
        return None
    if not found["first"]:
        first, last = max(0, size - _number(found["last"])), size - 1
    else:
        first = _number(found["first"])
        last = _number(found["last"]) if found["last"] else _BEYOND
        if last < first:
            return None
    if first >= size:
        raise UnsatisfiableRangeError
    return Part(first=first, last=min(last, size - 1))


def _number(digits: str) -> int:
    kept = digits.lstrip("0")
    return int(kept or "0") if len(kept) <= _MOST_DIGITS else _BEYOND
