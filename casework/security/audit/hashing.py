"""Hashes as they are stored, ``sha256:<hex>``, and the one form of what they are made of."""

import hashlib
import json
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
