"""Keyset pages: a page begins after the last row of the one before, whatever came in between.

What stood in its place throughout is in exactly one page. A row that is moved within the order
while somebody turns the pages (a task that gets another due date) may be seen twice, or not.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, tuple_

PAGE_SIZE = 50
MOST_ROWS = 200

MOST_COUNTED = 10_000
"""So many rows of a list are counted; whoever finds more does not need the figure."""

_LARGEST = 2**63 - 1  # of PostgreSQL's bigint

T = TypeVar("T")
K = TypeVar("K", bound=tuple[Any, ...])


class CursorError(ValueError):
    """The cursor is none of this list's."""


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """``next`` is the opaque cursor of the page that follows; empty on the last one."""

    rows: tuple[T, ...]
    next: str = ""


class Keyset(Generic[T, K]):
    """The order of a list: a key for every row, and its form as a cursor.

    ``name`` is the list's, the only one of that name: a cursor of another list is refused.
    """

    def __init__(self, name: str, key: Callable[[T], K], cursor: TypeAdapter[K]) -> None:
        self._name = f"{name}:".encode()
        self._key = key
        self._cursor = cursor
        if name in KEYSETS:
            raise ValueError(f"two lists are called {name}")
        KEYSETS[name] = self

    def page(self, rows: Sequence[T], size: int) -> Page[T]:
        """A page of ``size`` rows, from one row more if there is one."""
        if len(rows) <= size:
            return Page(rows=tuple(rows))
        return Page(rows=tuple(rows[:size]), next=self._written(self._key(rows[size - 1])))

    def key(self, cursor: str) -> K:
        """The key that a cursor stands for; raises `CursorError` for whatever `page` never gave.

        The register can compare its rows with any key that this returns.
        """
        try:
            text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            key = self._cursor.validate_json(text.removeprefix(self._name))
        except (binascii.Error, ValidationError, ValueError) as error:
            raise CursorError(cursor) from error
        if self._written(key) != cursor or not all(map(_is_comparable, key)):
            raise CursorError(cursor)
        return key

    def wrote(self, cursor: str) -> bool:
        """Whether a cursor is one of this list's, and not of another."""
        try:
            self.key(cursor)
        except CursorError:
            return False
        return True

    def _written(self, key: K) -> str:
        text = self._name + self._cursor.dump_json(key)
        return urlsafe_b64encode(text).decode().rstrip("=")


class Order(Keyset[T, K]):
    """A keyset that also says which way its list is read: each choice of a sort is one of these."""

    def __init__(
        self,
        name: str,
        key: Callable[[T], K],
        cursor: TypeAdapter[K],
        *,
        falling: bool = False,
    ) -> None:
        super().__init__(name, key, cursor)
        self._falling = falling

    def sorted(self, columns: Iterable[Any]) -> list[Any]:
        """These columns, as a query sorts by them; their values are those of a key."""
        return [column.desc() if self._falling else column for column in columns]

    def following(self, columns: Iterable[Any], after: str) -> list[ColumnElement[bool]]:
        """The condition that a row follows a cursor; none without. Raises `CursorError`."""
        if not after:
            return []
        place, key = tuple_(*columns), self.key(after)
        return [place < key if self._falling else place > key]


class ByTime(StrEnum):
    """Which way a list is read that is sorted by a time."""

    NEWEST = "newest"
    OLDEST = "oldest"


def both_ways(
    name: str, key: Callable[[T], K], cursor: TypeAdapter[K], *, usual: ByTime
) -> dict[ByTime, Order[T, K]]:
    """The orders of such a list; that of its usual way bears its name alone."""
    return {
        way: Order(
            name if way is usual else f"{name}-{way}", key, cursor, falling=way is ByTime.NEWEST
        )
        for way in ByTime
    }


KEYSETS: dict[str, Keyset[Any, Any]] = {}
"""Every list that is given in pages, by its name."""


def _is_comparable(value: object) -> bool:
    """Whether PostgreSQL can take the value; what our rows hold it can."""
    if isinstance(value, str):
        return "\0" not in value
    if isinstance(value, int):
        return abs(value) <= _LARGEST
    return not isinstance(value, datetime) or value.utcoffset() == timedelta()


def bounded(size: int) -> int:
    """A size of page that the server is willing to give."""
    return max(1, min(size, MOST_ROWS))
