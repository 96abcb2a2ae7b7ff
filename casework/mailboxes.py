"""The mailboxes of the districts, from the settings of the office: addresses are no policy."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from casework.settings import Settings, SettingsError

_NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"


class Mailbox(BaseModel):
    """A mailbox of a district.

    ``name`` is ours, in ids and logs. ``purpose`` is one of ``catalogue/mail/<district>.yaml``.
    ``address``: what LMTP takes for it; ``host``: where IMAP fetches from. ``done``: the folder to
    which a mail goes once its workflow has begun.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=_NAME)
    district: str = Field(pattern=r"^\d{6}$")
    purpose: str = Field(min_length=1, max_length=100)
    address: str = Field(default="", max_length=320)
    host: str = ""
    port: int = Field(default=993, ge=1, le=65535)
    tls: bool = True
    user: str = ""
    password_file: Path | None = None
    folder: str = "INBOX"
    done: str = "Casework"

    @model_validator(mode="after")
    def _can_be_reached(self) -> "Mailbox":
        if not self.address and not self.host:
            raise ValueError("give the address by which LMTP knows it, or the host of IMAP")
        if self.host and (not self.user or self.password_file is None):
            raise ValueError("IMAP needs user and password_file")
        if self.done == self.folder:
            raise ValueError("done must be another folder")
        return self


@dataclass(frozen=True, kw_only=True)
class Mailboxes:
    """All of them; made by ``open_mailboxes``."""

    every: tuple[Mailbox, ...] = field(default=(), repr=False)

    def named(self, name: str) -> Mailbox | None:
        """The one of that name."""
        return next((each for each in self.every if each.name == name), None)

    def at(self, address: str) -> Mailbox | None:
        """The one to which mail for an address goes; case does not matter."""
        wanted = address.strip().lower()
        return next((e for e in self.every if e.address and e.address.lower() == wanted), None)

    @property
    def fetched(self) -> tuple[Mailbox, ...]:
        """Those from which IMAP fetches."""
        return tuple(each for each in self.every if each.host)


_FILE = TypeAdapter(tuple[Mailbox, ...])


def open_mailboxes(settings: Settings) -> Mailboxes:
    """Read ``mailboxes_file``, a JSON list; without the setting there are none.

    Raises:
        SettingsError: it cannot be read, names a mailbox twice, or would send a password in clear.
    """
    file = settings.mailboxes_file
    if file is None:
        return Mailboxes()
    try:
        every = _FILE.validate_json(file.read_bytes())
    except OSError as error:
        raise SettingsError(f"cannot read {file}: {error.strerror}") from None
    except ValidationError as error:
        faults = (
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}"
            for each in error.errors(include_input=False)
        )
        raise SettingsError(f"{file}: {'; '.join(faults)}") from None
    for what, words in (
        ("name", [each.name for each in every]),
        ("address", [each.address.lower() for each in every if each.address]),
    ):
        if twice := _twice(words):
            raise SettingsError(f"{file}: the {what} {twice} comes twice")
    for each in every:
        if each.host and not each.tls and not _is_here(each.host):
            raise SettingsError(f"{file}: {each.name}: without TLS the password would go in clear")
    return Mailboxes(every=every)


def _twice(words: Iterable[str]) -> str:
    seen: set[str] = set()
    for word in words:
        if word in seen:
            return re.sub(r"[^\w.@-]", "?", word)
        seen.add(word)
    return ""


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
