"""What crosses the boundary between backends, API, workflow and activities; and the ids.

Commands (the verbs) are in ``casework.domain.commands``: they are their own messages. Fields are
only ever added, with a default. ``docs/contract.md`` shows the JSON.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Discriminator, TypeAdapter

from casework.domain.calendar import WorkingCalendar
from casework.domain.case import Case, Claim, Line
from casework.domain.commands import VERBS, Command, ReceivedMaterial
from casework.domain.events import EventBody
from casework.domain.facts import Actor
from casework.domain.in_force import InForce
from casework.domain.matter import Card, Post
from casework.domain.policy import Role, ServiceItem
from casework.domain.projection import CaseRow, ClockRow, ContactRow, MaterialRow, TaskRow

EVENT_BODY: TypeAdapter[EventBody] = TypeAdapter(Annotated[EventBody, Discriminator("kind")])
"""Reads and writes the body of an event as JSON, by its ``kind``."""

CASE: TypeAdapter[Case] = TypeAdapter(Case)


def case_number(district: str, source: str, reference: str) -> str:
    """The number of a case: the same request sent twice gives the same case.

    Derived from district, source system and external reference; it tells nothing about the
    person. Form: ``<district>-XXXX-XXXX-XXXX`` with letters that are not mistaken for digits.
    """
    text = f"{district}\x1f{source}\x1f{reference}"
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    letters = "".join(alphabet[(number >> shift) & 31] for shift in range(0, 60, 5))
    return f"{district}-{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def application_id(case_no: str) -> str:
    """The workflow id of an application: ``app.<district>.<case no>``."""
    return f"app.{case_no.split('-', 1)[0]}.{case_no}"


@dataclass(frozen=True, kw_only=True)
class Party:
    """A person or firm of a case. Personal data: kept in the register, in no event or state."""

    name: str
    id_number: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class Route:
    """Where notices of a case go: ``recipient`` applicant or employer, by ``mail`` or ``sms``."""

    recipient: str
    channel: str


@dataclass(frozen=True, kw_only=True)
class StartApplication:
    """Opens a case.

    ``content`` is the digest of what was submitted: another content under the same reference is
    refused. ``received_at``: when the application arrived, if not just now. ``rehearsal`` shifts
    the case's time; ``resumed`` continues after continue-as-new. ``in_force``: what the opener saw
    in force from outside; a case opened before that was looked up has none, and learns of it by
    its first ``look_again``.
    """

    case_no: str
    district: str
    source: str
    reference: str
    content: str
    subject: str  # pseudonym of the applicant, for the credit record
    item: ServiceItem
    calendar: WorkingCalendar
    office: str
    channel: str
    claims: dict[str, Claim]
    posts: dict[Role, Post]
    materials: tuple[ReceivedMaterial, ...] = ()
    applicant: Party | None = None
    employer: Party | None = None
    routes: tuple[Route, ...] = ()
    received_at: datetime | None = None
    rehearsal: timedelta = timedelta()
    submitted_by: Actor | None = None  # None: the source system itself
    resumed: Case | None = None
    in_force: InForce | None = None
    reachable: tuple[Route, ...] = ()  # every way by which applicant and employer can be told
    entitled_on: date | None = None  # 待遇起始日, where the item has one


@dataclass(frozen=True, kw_only=True)
class Submit:
    """The update by which a backend starts a case and learns that it is in the register."""

    content: str


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The answer to a verb: it is in the register up to event ``seq``.

    ``refused`` is set where the attempt itself was recorded but not carried out (a second notice).
    """

    case_no: str
    seq: int
    stage: str
    at: datetime
    refused: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a case ended."""

    case_no: str
    stage: str
    seq: int


@dataclass(frozen=True, kw_only=True)
class EventRow:
    """One event on its way into the register; ``body`` is its JSON."""

    seq: int
    kind: str
    title: str
    at: datetime
    actor: str
    role: str
    reason: str
    body: str


@dataclass(frozen=True, kw_only=True)
class NoticeRow:
    """A notice to be sent; its key is (case, seq, recipient, channel)."""

    seq: int
    template: str
    recipient: str
    channel: str


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What the register is told once about a case, outside its events."""

    source: str
    reference: str
    content: str
    subject: str
    item: ServiceItem
    rehearsal: timedelta
    applicant: Party | None
    employer: Party | None
    started_by_run: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One transaction of the recorder: events, and the rows that follow from them.

    Idempotent on (case, seq): a repeat changes nothing. ``version`` is that of ``InForce`` under
    which the rows were computed, None for a case that does not look it up; ``wakes_at`` is when the
    case will next look by itself, None: not before somebody tells it to.
    """

    case_no: str
    events: tuple[EventRow, ...]
    case: CaseRow
    clocks: tuple[ClockRow, ...] = ()
    tasks: tuple[TaskRow, ...] = ()
    cards: tuple[Card, ...] = ()
    lines: tuple[Line, ...] = ()
    materials: tuple[MaterialRow, ...] = ()
    contacts: tuple[ContactRow, ...] = ()
    notices: tuple[NoticeRow, ...] = ()
    opening: Opening | None = None
    version: int | None = None
    wakes_at: datetime | None = None


class Recorded(StrEnum):
    """The register's answer to an entry."""

    WRITTEN = "written"  # now or before
    OUTDATED = "outdated"  # nothing was written: look up what is in force, then write again


@dataclass(frozen=True, kw_only=True)
class InForceQuestion:
    """What is in force for a case.

    ``calendar_version`` is that of the calendar it has, ``calendar_until`` its last year: one that
    is too short for the dates in force is answered with a longer one.
    """

    case_no: str
    district: str
    office: str
    item: str
    received_on: date
    calendar_version: int
    calendar_until: int = 9999


@dataclass(frozen=True, kw_only=True)
class CreditQuestion:
    """Whether an unrepaired breach bars this applicant from further deferral."""

    subject: str


_COMMANDS: dict[str, TypeAdapter[Command]] = {
    name: TypeAdapter(command) for name, command in VERBS.items()
}


def read_command(verb: str, payload: Any) -> Command:  # noqa: ANN401 - whatever came over the wire
    """The command a raw payload stands for. Raises pydantic.ValidationError if it is none."""
    return _COMMANDS[verb].validate_python(payload)
