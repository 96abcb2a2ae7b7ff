"""The directories that may write (SCIM), as a file of the operator names them.

A token is kept as its SHA-256 only. Without a file there is no directory.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from casework.domain.authority import ITSELF
from casework.domain.directory import Directory
from casework.policy import yaml_text
from casework.settings import SettingsError

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PLACE = re.compile(r"\d{6}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FIELDS = frozenset({"place", "token_sha256"})


class Directories:
    """The directories of this installation, found by their tokens."""

    def __init__(self, by_digest: Mapping[str, Directory]) -> None:
        self._by_digest = dict(by_digest)

    @classmethod
    def open(cls, file: Path | None) -> "Directories":
        """Those of the file; none without one. Raises `SettingsError`, naming what is wrong."""
        if file is None:
            return cls({})
        try:
            written = yaml_text.load(file.read_text())
        except (OSError, ValueError, yaml.YAMLError):
            raise SettingsError(f"{file}: no file of directories that can be read") from None
        entries = written.get("directories") if isinstance(written, Mapping) else None
        if not isinstance(entries, Mapping) or not entries:
            raise SettingsError(f"{file}: write `directories: {{code: …}}`")
        found: dict[str, Directory] = {}
        for code, entry in entries.items():
            found |= _read(file, str(code), entry)
        if len(found) < len(entries):
            raise SettingsError(f"{file}: two directories have one token")
        return cls(found)

    def __bool__(self) -> bool:
        return bool(self._by_digest)

    def of(self, token: str) -> Directory | None:
        """Whose token it is; None: nobody's. Takes the same time for every token."""
        digest = hashlib.sha256(token.encode()).hexdigest()
        found = None
        for known, directory in self._by_digest.items():
            if hmac.compare_digest(known, digest):
                found = directory
        return found


def _read(file: Path, code: str, entry: object) -> dict[str, Directory]:
    if not isinstance(entry, Mapping) or entry.keys() != _FIELDS:
        raise SettingsError(f"{file}: {code}: write place and token_sha256, and nothing else")
    place, digest = str(entry["place"]), str(entry["token_sha256"])
    for is_right, right in (
        (_CODE.fullmatch(code) and code not in ITSELF, "a code of letters, digits and . _ -"),
        (_PLACE.fullmatch(place), "place: six digits of a city or a district"),
        (_DIGEST.fullmatch(digest), "token_sha256: 64 hexadecimal digits"),
    ):
        if not is_right:
            raise SettingsError(f"{file}: {code}: {right}")
    return {digest: Directory(code=code, place=place)}
