"""The register's rows of an application beside the common ones."""

from dataclasses import dataclass
from datetime import date, datetime

from casework.domain.case.rules import RowsOf
from casework.domain.kinds.application.state import Application, Contact, Line


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


def _contact_row(contact: Contact) -> ContactRow:
    return ContactRow(
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


def _lines(case: Application) -> tuple[Line, ...]:
    return case.lines


def _contacts(case: Application) -> tuple[ContactRow, ...]:
    return tuple(map(_contact_row, case.contacts))


ROWS = (
    RowsOf(member="lines", table="debts", row=Line, of=_lines, sealed=("reason",)),
    RowsOf(member="contacts", table="contacts", row=ContactRow, of=_contacts),
)
