"""The register's rows of an application beside those of any case, as a pure function."""

from dataclasses import dataclass
from datetime import date, datetime

from casework.domain.kinds.application.state import Application


@dataclass(frozen=True, kw_only=True)
class ContactRow:
    """How far a person has been told; with ``through``, on that other case of theirs."""

    outreach: str
    about: str
    state: str
    through: str
    attempts: int
    last_attempt_on: date | None
    listed_at: datetime
    reached_at: datetime | None
    settled_at: datetime | None
    filed_at: datetime | None
    escalated_at: datetime | None


def contact_rows(case: Application) -> tuple[ContactRow, ...]:
    """One row for each matter of which the person is to be told."""
    return tuple(
        ContactRow(
            outreach=contact.outreach,
            about=contact.about,
            state=contact.state,
            through=contact.through,
            attempts=len(contact.attempts),
            last_attempt_on=contact.attempts[-1].on if contact.attempts else None,
            listed_at=contact.listed_at,
            reached_at=contact.reached_at,
            settled_at=contact.settled_at,
            filed_at=contact.filed_at,
            escalated_at=contact.escalated_at,
        )
        for contact in case.contacts
    )
