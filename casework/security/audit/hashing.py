"""How the events of a case are hashed into a chain: each with the hash of the event before.

Hashes are stored as ``sha256:<hex>``. What is hashed is ``[case_no, seq, kind, title, at, actor,
role, reason, body, hash before]`` as `canonical` JSON, ``at`` in UTC with microseconds, in the form
in which the register keeps it: what is sealed there is hashed sealed, so that no key is needed, and
an erasure breaks nothing.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from cryptography.hazmat.primitives import hashes


class Hashing(StrEnum):
    """How hashes are made from now on; each says by its prefix how it was made."""

    SHA256 = "sha256"
    SM3 = "sm3"

    def of(self, text: str) -> str:
        """The hash of the text's UTF-8."""
        if self is Hashing.SHA256:
            return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
        digest = hashes.Hash(hashes.SM3())  # hashlib has it only if its OpenSSL has
        digest.update(text.encode())
        return f"sm3:{digest.finalize().hex()}"


_BY_NAME = {hashing.value: hashing for hashing in Hashing}


def made_by(stored: str) -> Hashing | None:
    """How a stored hash was made; None for what is no hash of ours."""
    return _BY_NAME.get(stored.partition(":")[0])


canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
"""JSON with sorted keys, no blanks, and nothing escaped that need not be."""


def read_json(text: str) -> object:
    """JSON as a value of which `canonical` makes the same text, however its numbers are written."""
    return _DECODER.decode(text)


def _number(text: str) -> float | int:
    # PostgreSQL writes 1e+20 out, and Python reads digits without a point as another type.
    number = float(text)
    return int(number) if number.is_integer() else number


_DECODER = json.JSONDecoder(parse_float=_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event as the register keeps it; ``content`` is what `content_of` makes of its fields."""

    seq: int
    content: str
    hash: str

    @property
    def sealed(self) -> bool:
        """Whether it has a hash; events from before the chain have none."""
        return bool(self.hash)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCase:
    """A case as the register keeps it: its events by number, and those that were superseded.

    ``last_seq`` is what the row of the case says. ``restored``: first and last number of events
    that were written again from Temporal's histories.
    """

    case_no: str
    district: str
    last_seq: int
    events: tuple[StoredEvent, ...]
    superseded: tuple[StoredEvent, ...] = ()
    restored: tuple[tuple[int, int], ...] = ()


def content_of(  # noqa: PLR0913 - an event, whole
    *, kind: str, title: str, at: datetime, actor: str, role: str, reason: str, body: str
) -> str:
    """The fields of an event that are hashed, but for its place; ``body`` is JSON."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return canonical([kind, title, moment, actor, role, reason, read_json(body)])[1:-1]


def genesis(hashing: Hashing, case_no: str) -> str:
    """What the first event of a case is hashed with."""
    return hashing.of(case_no)


def link(hashing: Hashing, case_no: str, seq: int, content: str, before: str) -> str:
    """The hash of an event at a place of a chain."""
    return hashing.of(f'["{case_no}",{seq},{content},"{before}"]')


def fits(case_no: str, event: StoredEvent, before: str | None, *, seq: int | None = None) -> str:
    """The hash that the event would have after ``before`` (None: first), by its own hash's kind.

    With ``seq`` as if it stood there. Empty if its hash is none of ours.
    """
    hashing = made_by(event.hash)
    if hashing is None:
        return ""
    after = genesis(hashing, case_no) if before is None else before
    return link(hashing, case_no, event.seq if seq is None else seq, event.content, after)
