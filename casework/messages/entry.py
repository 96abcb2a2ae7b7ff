"""Makes the entry that one transaction of the recorder writes into the register, from events.

It is a pure function without a database, called by workflows and by tests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field, GetPydanticSchema
from typing_extensions import TypedDict

from casework.domain.case.events import Event, title_of
from casework.domain.case.opening import Party
from casework.domain.case.projection import CASE, Ahead, CaseRow, ahead_of, rows, tables
from casework.domain.case.state import Case
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import Policy, ServiceItem
from casework.domain.time.calendar import WorkingCalendar
from casework.messages.cases import EVENT_BODY


@dataclass(frozen=True, kw_only=True)
class EventRow:
    """One event for the register; ``body`` is its JSON.

    ``hash`` is its hash in the chain of the case's events; the register itself computes it.
    """

    seq: int
    kind: str
    title: str
    at: datetime
    actor: str
    role: str
    reason: str
    body: str
    hash: str = ""


@dataclass(frozen=True, kw_only=True)
class NoticeRow:
    """A notice to be sent; its key is (case, seq, recipient, channel)."""

    seq: int
    template: str
    recipient: str
    channel: str


@dataclass(frozen=True, kw_only=True)
class BreachRow:
    """A broken promise of event ``seq``, for the credit records; ``reason`` is the event's title.

    The register itself makes it from the event.
    """

    seq: int
    material: str
    recorded_at: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class AddressRow:
    """How the party of a role is reached from now on."""

    role: str
    email: str
    phone: str


@dataclass(frozen=True, kw_only=True)
class Opening:
    """Data about a case that the register gets once, and that are not in its events."""

    source: str
    reference: str
    content: str
    subject: str
    item: Annotated[ServiceItem | Any, Field(union_mode="left_to_right")]  # the whole policy
    rehearsal: timedelta
    applicant: Party | None
    employer: Party | None
    started_by_run: str
    kind: str = CaseKind.APPLICATION.value
    opened_by: str = ""  # code of the person or system that opened it
    employer_subject: str = ""
    agent: Party | None = None
    concerns: str = ""  # another case that this one is about


@dataclass(frozen=True, kw_only=True)
class OperationRow:
    """The answer to an update that changed a case, under the update's id (``<actor>:<key>``).

    ``content`` is the digest of what the caller sent (``said_by``); the rest is the receipt.
    """

    id: str
    verb: str
    content: str
    seq: int
    stage: str
    at: datetime
    refused: str = ""
    why: str = ""


_ROWS = TypedDict("_ROWS", {each.member: tuple[each.row, ...] for each in tables()}, total=False)  # type: ignore[misc,name-defined]  # as many as are declared
_ROWS.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]

RowsByMember = Annotated[
    Mapping[str, tuple[Any, ...]], GetPydanticSchema(lambda _, handler: handler(_ROWS))
]
"""The rows of each declared table (``tables``), read and written as its dataclass."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One transaction of the recorder: events, and the rows computed from them.

    Idempotent on (case, seq): a repeat changes nothing. ``rows`` has the row of the case, and the
    changed rows of the other tables. ``version`` is that of the ``InForce`` with which the rows
    were computed, None for a case that does not read it. ``wakes_at`` is when the case will next
    wake by itself, None: only when it is signalled. ``decided_at`` is Temporal's time: of two
    entries for the same numbers, Temporal holds the one decided later. ``follows`` is that of the
    entry which the run wrote before this one, None if it has written none.

    The input of a local activity is not written into the history: each release that runs the
    workflow computes it anew. So the form of an entry may change from one release to the next.
    """

    case_no: str
    events: tuple[EventRow, ...]
    rows: RowsByMember
    notices: tuple[NoticeRow, ...] = ()
    breaches: tuple[BreachRow, ...] = ()
    employer: Party | None = None  # takes the place of the one before
    employer_subject: str | None = None  # likewise
    addresses: tuple[AddressRow, ...] = ()  # likewise, of parties that there are
    policy: Any = None  # the whole policy that the case has from now on, if it has changed
    opening: Opening | None = None
    version: int | None = None
    wakes_at: datetime | None = None
    ahead: Ahead | None = None
    operations: tuple[OperationRow, ...] = ()
    decided_at: datetime | None = None
    follows: datetime | None = None

    @property
    def case(self) -> CaseRow:
        """The row of the case itself."""
        row: CaseRow = self.rows[CASE.member][0]
        return row


class Recorded(StrEnum):
    """The register's answer to an entry."""

    WRITTEN = "written"  # now or before
    OUTDATED = "outdated"  # nothing was written: read what is in force, then write again


def make_entry(  # noqa: PLR0913 - one transaction, whole
    events: Sequence[Event],
    *,
    case: Case,
    before: Case | None,
    calendar: WorkingCalendar,
    notices: tuple[NoticeRow, ...] = (),
    opening: Opening | None = None,
    version: int | None = None,
    wakes_at: datetime | None = None,
    then: Case | None = None,
    employer: Party | None = None,
    employer_subject: str | None = None,
    policy: Policy | None = None,
    operations: tuple[OperationRow, ...] = (),
    addresses: tuple[AddressRow, ...] = (),
    decided_at: datetime | None = None,
    follows: datetime | None = None,
) -> Entry:
    """Make the entry that brings the register from ``before`` to ``case``, after ``events``.

    The first entry of a case has no ``before`` and an ``opening``. Entries are recorded in the
    order of their events, without gaps. ``then``: the case after its next moment.
    """
    return Entry(
        case_no=case.case_no,
        events=tuple(_event_row(event) for event in events),
        rows=rows(case, calendar, before),
        employer=employer,
        employer_subject=employer_subject,
        policy=policy,
        notices=notices,
        operations=operations,
        addresses=addresses,
        opening=_opening(opening, employer_subject, addresses),
        version=version,
        wakes_at=wakes_at,
        ahead=ahead_of(case, then, calendar) if then is not None else None,
        decided_at=decided_at,
        follows=follows,
    )


def _opening(
    opening: Opening | None, employer: str | None, addresses: tuple[AddressRow, ...]
) -> Opening | None:
    """Return the opening; what it tells of may have changed before it was first written."""
    if opening is None:
        return None
    if employer is not None:
        opening = replace(opening, employer_subject=employer)
    for each in addresses:
        party: Party | None = getattr(opening, each.role)
        if party is not None:
            moved: dict[str, Any] = {each.role: replace(party, email=each.email, phone=each.phone)}
            opening = replace(opening, **moved)
    return opening


def _event_row(event: Event) -> EventRow:
    body = event.body
    return EventRow(
        seq=event.seq,
        kind=body.kind,
        title=title_of(event),
        at=event.at,
        actor=event.actor.code,
        role=event.actor.role,
        reason=getattr(body, "reason", ""),
        body=EVENT_BODY.dump_json(body).decode(),
    )
