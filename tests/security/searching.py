"""Looks for marked texts in anything that was written, in every form in which they may stand.

A compressed or encrypted text is not found: what is searched must be searched as it lies there.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

_BASE64_ALIGNMENTS = 3
_URL_ALPHABET = bytes.maketrans(b"+/", b"-_")
_PIECE = 64 * 1024 * 1024
_OVERLAP = 1024
"""Longer than any form of any mark."""


@dataclass(frozen=True, kw_only=True, order=True)
class Find:
    """A mark where it must not be; ``form`` is how it was written there."""

    where: str
    mark: str
    form: str


def in_bytes(data: bytes, marks: Iterable[str], where: str) -> set[Find]:
    """Each mark that stands in the data, once for each form."""
    return {
        Find(where=where, mark=mark, form=form)
        for mark in marks
        for form, needle in forms(mark)
        if needle in data
    }


def in_file(file: Path, marks: Iterable[str]) -> set[Find]:
    """Each mark that stands in the file or in its name; the file may be written meanwhile."""
    marks = tuple(marks)
    found = in_bytes(str(file).encode(), marks, f"the name of {file.name}")
    with file.open("rb") as content:
        tail = b""
        while piece := content.read(_PIECE):
            found |= in_bytes(tail + piece, marks, str(file))
            tail = piece[-_OVERLAP:]
    return found


@cache
def forms(mark: str) -> tuple[tuple[str, bytes], ...]:
    """In which forms a mark may be written, and its bytes in each."""
    named: dict[bytes, str] = {}  # of two forms that look alike the first is named
    for form, needle in _written(mark):
        named.setdefault(needle, form)
    return tuple((form, needle) for needle, form in named.items())


def _written(mark: str) -> Iterator[tuple[str, bytes]]:
    plain = mark.encode()
    yield "plain", plain
    for form, needle in _escaped(mark):
        yield form, needle
        yield from _base64(f"base64 of {form}", needle)
    yield from _base64("base64", plain)
    yield "hex", plain.hex().encode()
    yield "hex", plain.hex().upper().encode()
    yield "url-encoded", _percent(mark)
    yield "url-encoded", _percent(mark).lower()
    yield "url-encoded twice", quote(_percent(mark)).encode()
    yield "bytes as Python shows them", ascii(plain)[2:-1].encode()
    yield "UTF-16", mark.encode("utf-16-le")
    yield "UTF-16", mark.encode("utf-16-be")
    yield "GB 18030", mark.encode("gb18030")


def _escaped(mark: str) -> Iterator[tuple[str, bytes]]:
    """As JSON escapes it, and what JSON in JSON (in JSON) and COPY make of that."""
    small = json.dumps(mark)[1:-1]
    large = "".join(f"\\u{ord(each):04X}" if ord(each) > 127 else each for each in mark)
    if small == mark:
        return
    for text in (small, large):
        for backslashes in (1, 2, 4):
            yield f"escaped ({backslashes})", text.replace("\\", "\\" * backslashes).encode()


def _base64(form: str, plain: bytes) -> Iterator[tuple[str, bytes]]:
    """What of the text stands in the base64 of anything that holds it, wherever it begins."""
    for before in range(_BASE64_ALIGNMENTS):
        whole = base64.b64encode(bytes(before) + plain)
        first = (before * 8 + 5) // 6  # the characters that the bytes before have a part in
        last = (before + len(plain)) * 8 // 6  # the last characters may hold bits of what follows
        needle = whole[first:last]
        yield form, needle
        yield form, needle.translate(_URL_ALPHABET)


def _percent(mark: str) -> bytes:
    return "".join(f"%{byte:02X}" if byte > 127 else chr(byte) for byte in mark.encode()).encode()
