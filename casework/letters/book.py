"""What is known of a notice outside the procedure: who it goes to and whether it went."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Contact:
    """How a party of a case is reached; an empty field means: not known."""

    name: str
    email: str = ""
    phone: str = ""


class NoticeBook(Protocol):
    """The register's side of a notice. ``key`` is the idempotency key of one notice."""

    async def contact(self, case_no: str, recipient: str) -> Contact:
        """Return how the recipient (``applicant``, ``employer``, ``superior``) is reached."""

    async def sent(self, key: str) -> str | None:
        """Return the reference of the notice if it was sent, else None."""

    async def mark_sent(self, key: str, reference: str, at: datetime) -> None:
        """Record the sending; a repeat changes nothing."""

    async def mark_refused(self, key: str, problem: str, at: datetime) -> None:
        """Record a permanent refusal, so that a person takes it up; a repeat changes nothing."""
