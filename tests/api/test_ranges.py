"""A part of a file by ``Range``: what RFC 9110 says, and exactly those bytes."""

from hypothesis import given
from hypothesis import strategies as st

from api.edge.ranges import Part, UnsatisfiableRangeError, part_of

ETAG = '"ab"'
NUMBERS = st.one_of(st.integers(0, 70), st.integers(0, 10**40))


def read(content: bytes, asked: str, if_range: str | None = None) -> bytes | None:
    """What is given of a file; None: a refusal."""
    try:
        part = part_of(len(content), ETAG, asked=asked, if_range=if_range)
    except UnsatisfiableRangeError:
        return None
    if part is None:
        return content
    assert 0 <= part.first <= part.last < len(content)
    return content[part.first : part.last + 1]


@given(content=st.binary(max_size=64), first=NUMBERS, more=st.one_of(st.none(), NUMBERS))
def test_any_range_of_any_file_is_that_slice(content: bytes, first: int, more: int | None) -> None:
    last = "" if more is None else first + more
    end = None if more is None else first + more + 1
    wanted = content[min(first, 10**9) : end and min(end, 10**9)]
    assert read(content, f"bytes={first}-{last}") == (wanted or None)
    assert read(content, f" Bytes = 00{first}-{last} ", ETAG) == (wanted or None)


@given(content=st.binary(max_size=64), count=NUMBERS)
def test_the_last_bytes_of_any_file_are_those(content: bytes, count: int) -> None:
    wanted = content[-min(count, 10**9) :] if count else b""
    assert read(content, f"bytes=-{count}") == (wanted or None)


@given(content=st.binary(min_size=1, max_size=64), asked=st.text(max_size=20))
def test_what_is_no_range_gives_the_whole_file(content: bytes, asked: str) -> None:
    for text in (asked, f"items={asked}", f"bytes={asked},0-1", "bytes=-", "bytes=9-1", "bytes=١-"):
        assert read(content, text) == content


def test_a_part_of_another_version_gives_the_whole_file() -> None:
    for other in ('"cd"', f"W/{ETAG}", "Mon, 30 Nov 2026 00:00:00 GMT", ""):
        assert read(b"abc", "bytes=1-", other) == b"abc"
    assert part_of(3, ETAG, asked=None, if_range=ETAG) is None
    assert part_of(3, ETAG, asked="bytes=1-", if_range=ETAG) == Part(first=1, last=2)
