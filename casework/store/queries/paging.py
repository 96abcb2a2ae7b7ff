"""Keyset pages: a page begins after the last row of the one before, whatever came in between."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

PAGE_SIZE = 50
MOST_ROWS = 200

T = TypeVar("T")
K = TypeVar("K", bound=tuple[Any, ...])


class CursorError(ValueError):
    """The cursor is none of ours."""


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """``next`` is the opaque cursor of the page that follows; empty on the last one."""

    rows: tuple[T, ...]
    next: str = ""


class Keyset(Generic[T, K]):
    """The order of a list: a key for every row, and its form as a cursor."""

    def __init__(self, key: Callable[[T], K], cursor: TypeAdapter[K]) -> None:
        self._key = key
        self._cursor = cursor

    def page(self, rows: Sequence[T], size: int) -> Page[T]:
        """A page of ``size`` rows, from one row more if there is one."""
        if len(rows) <= size:
            return Page(rows=tuple(rows))
        last = self._cursor.dump_json(self._key(rows[size - 1]))
        return Page(rows=tuple(rows[:size]), next=urlsafe_b64encode(last).decode().rstrip("="))

    def key(self, cursor: str) -> K:
        """The key that a cursor stands for; raises `CursorError`."""
        try:
            text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            return self._cursor.validate_json(text)
        except (binascii.Error, ValidationError, ValueError) as error:
            raise CursorError(cursor) from error


def bounded(size: int) -> int:
    """A size of page that the server is willing to give."""
    return max(1, min(size, MOST_ROWS))
