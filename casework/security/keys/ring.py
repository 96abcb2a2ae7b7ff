"""The key ring: master keys in one file, of which one writes and all read."""

import base64
import json
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

from casework.security.keyfiles import key_file, replace_file
from casework.security.keys.errors import UnknownKeyError
from casework.settings import Settings, SettingsError

KEY_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class MasterKey:
    """One key of the ring; its id says nothing of it."""

    id: str
    made_at: datetime
    key: bytes = field(repr=False)

    @classmethod
    def made(cls, at: datetime) -> Self:
        """Make a new key."""
        return cls(
            id=f"{at:%Y%m%d}-{secrets.token_hex(4)}",
            made_at=at,
            key=secrets.token_bytes(KEY_BYTES),
        )


@dataclass(frozen=True, kw_only=True)
class _Content:
    active: str
    keys: Mapping[str, MasterKey]


class KeyRing:
    """The ring as its file says now: a rotation by another process is seen at the next use."""

    def __init__(self, file: Path) -> None:
        """Take an existing ring; raise `SettingsError` when the file is none."""
        self._file = file
        self._state = self._seen()
        self._content = self._read()

    @classmethod
    def open(cls, settings: Settings, *, at: datetime) -> Self:
        """Take the ring of the settings, in the local stack made on first use.

        Raises:
            SettingsError: there is none and this is production, or it cannot be used.
        """
        file = settings.key_ring_file
        if settings.environment == "local":
            init_ring(file, at=at)
        elif not file.exists():
            raise SettingsError(f"no key ring at {file}: make it by `casework keys init`")
        return cls(file)

    @property
    def active(self) -> str:
        """The id of the key that writes."""
        return self._current().active

    @property
    def keys(self) -> tuple[MasterKey, ...]:
        """Every key, oldest first."""
        return tuple(sorted(self._current().keys.values(), key=lambda key: key.made_at))

    def key(self, key_id: str) -> bytes:
        """Return a key's 32 bytes; raise `UnknownKeyError`."""
        known = self._content.keys.get(key_id) or self._current().keys.get(key_id)
        if known is None:
            raise UnknownKeyError(key_id)
        return known.key

    def rotate(self, *, at: datetime) -> MasterKey:
        """Add a new key that writes from now on; the others stay and read.

        Processes that use the ring take it up at their next write.

        Raises:
            SettingsError: the file cannot be written.
        """
        content, new = self._current(), MasterKey.made(at)
        _write(self._file, _Content(active=new.id, keys={**content.keys, new.id: new}))
        return new

    def _current(self) -> _Content:
        # A look at the file costs a microsecond or two; reading it is rare. While it is gone or
        # being mounted anew, what is known serves on.
        with suppress(SettingsError):
            state = self._seen()
            if state != self._state:
                self._content = self._read()
                self._state = state
        return self._content

    def _seen(self) -> tuple[int, int, int]:
        try:
            seen = self._file.stat()
        except OSError as error:
            raise _unusable(self._file, error.strerror or "unreadable") from None
        return seen.st_mtime_ns, seen.st_size, seen.st_ino

    def _read(self) -> _Content:
        try:
            return _content(self._file.read_bytes())
        except OSError as error:
            raise _unusable(self._file, error.strerror or "unreadable") from None
        except (ValueError, KeyError, TypeError):
            raise _unusable(self._file, "it is no key ring") from None


def init_ring(file: Path, *, at: datetime) -> None:
    """Make a ring with one key unless there is one; raise `SettingsError`."""
    first = MasterKey.made(at)
    key_file(file, make=lambda: _bytes(_Content(active=first.id, keys={first.id: first})))


def _write(file: Path, content: _Content) -> None:
    try:
        replace_file(file, _bytes(content))
    except OSError as error:
        raise _unusable(file, error.strerror or "unwritable") from None


def _bytes(content: _Content) -> bytes:
    keys = [
        {
            "id": key.id,
            "made_at": key.made_at.isoformat(),
            "key": base64.b64encode(key.key).decode(),
        }
        for key in content.keys.values()
    ]
    return (json.dumps({"active": content.active, "keys": keys}, indent=2) + "\n").encode()


def _content(text: bytes) -> _Content:
    told = json.loads(text)
    keys = {
        each["id"]: MasterKey(
            id=each["id"],
            made_at=datetime.fromisoformat(each["made_at"]),
            key=base64.b64decode(each["key"], validate=True),
        )
        for each in told["keys"]
    }
    if any(len(key.key) != KEY_BYTES or ":" in key.id for key in keys.values()):
        raise ValueError
    return _Content(active=keys[told["active"]].id, keys=keys)


def _unusable(file: Path, why: str) -> SettingsError:
    return SettingsError(f"cannot use the key ring {file}: {why}")
