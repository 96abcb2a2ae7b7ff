"""What the workflow of a mailbox is told."""

from dataclasses import dataclass
from datetime import timedelta

WORKFLOW = "Mailbox"


@dataclass(frozen=True, kw_only=True)
class WatchMailbox:
    """Fetches from the mailbox of that name in the settings, and again after ``every``."""

    mailbox: str
    every: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """``taken``: mails whose workflows have begun. ``left``: those that could not be taken yet."""

    taken: int
    left: int


def mailbox_id(name: str) -> str:
    """The id of the workflow of a mailbox."""
    return f"mailbox.{name}"
