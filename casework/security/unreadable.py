"""What others sent and nobody can open or read: a value, or a refusal, and never a failed task.

A worker that raises while it opens one payload fails the workflow's task again and again. So what
comes from outside and cannot be opened becomes a payload of `ENCODING`, and what cannot be read
becomes an `Unreadable`, or the refusal that this gives. Both follow from the payload alone: they
are the same on every replay.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from pydantic import ValidationError
from temporalio.api.common.v1 import Payload

from casework.messages.temporal import RefusalError
from casework.security.keys.errors import ERASED

UNREADABLE = "UNREADABLE"
"""The code of what cannot be opened or read."""
UNKNOWN_MESSAGE = "UNKNOWN_MESSAGE"
"""The code of a signal, an update or a workflow type that nobody knows."""
ENCODING = b"casework/unreadable"

TYPE_MAY_COME_WITHIN = timedelta(minutes=10)
"""How long a workflow of an unknown type waits for a worker that knows it, of a newer release."""

_ERASED = b"erased"
_FIELDS = 5
_LONGEST = 60


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """``fields``: where it is wrong, if that is known; names of ours, never content.

    ``erased``: it was of a case whose secret is deleted.
    """

    fields: tuple[str, ...] = ()
    erased: bool = False

    @classmethod
    def of(cls, error: Exception) -> Self:
        """What an attempt to read has shown."""
        return cls(fields=fields_of(error) if isinstance(error, ValidationError) else ())

    @property
    def reason(self) -> str:
        """For whom sent it, and for the record."""
        if self.erased:
            return ERASED
        return "无法读取：" + "、".join(self.fields) if self.fields else "内容无法读取"

    def refusal(self) -> RefusalError:
        """What the sender of an update or a start is told."""
        return RefusalError(UNREADABLE, self.reason, next(iter(self.fields), ""))


def closed(*, erased: bool = False) -> Payload:
    """What stands in the place of a payload that cannot be opened."""
    return Payload(metadata={"encoding": ENCODING}, data=_ERASED if erased else b"")


def unsaid() -> Payload:
    """What is written for an erased case, whatever was to be said; in plain text."""
    said = json.dumps({"message": ERASED}, ensure_ascii=False).encode()
    return Payload(metadata={"encoding": b"json/plain"}, data=said)


def is_erased(payload: Payload) -> bool:
    """Whether a payload stands for one of a case whose secret is deleted."""
    return payload.metadata.get("encoding") == ENCODING and payload.data == _ERASED


def is_unreadable(values: Iterable[object]) -> bool:
    """Whether any of the arguments of a message could not be read."""
    return any(isinstance(value, Unreadable) for value in values)


def fields_of(error: ValidationError) -> tuple[str, ...]:
    """Where a message is wrong: a few names, without what was sent as a key."""
    return tuple(sorted({_name(fault["loc"]) for fault in error.errors()} - {""}))[:_FIELDS]


def _name(place: tuple[int | str, ...]) -> str:
    parts = [str(part) for part in place if isinstance(part, int) or _is_ours(part)]
    return ".".join(parts)[:_LONGEST]


def _is_ours(part: str) -> bool:
    return part.isascii() and part.replace("_", "").isalnum() and len(part) <= _LONGEST
