"""How a case of any kind is opened: from what was filed to its start, and to its first event.

A kind's own rules are in ``kinds/<kind>/opening.py``. API, rehearsals and schedules call them with
the same forms, so that they refuse the same. Nothing here reads a clock or a file: the policy, the
posts, the calendar and what is in force are arguments.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar

from casework.domain.addresses import require_address
from casework.domain.bounds import Essay, Few, Number, Phrase, Some, Table, Word
from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.events import EventBody
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.case.state import Case, Post
from casework.domain.errors import DomainError
from casework.domain.identifiers import IdentifierError, check_citizen_id, check_credit_code
from casework.domain.policy import Policy, Role, Told
from casework.domain.sharing import SharingRule
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.dates import Instant
from casework.domain.time.suspension import closed_channels

P = TypeVar("P", bound=Policy)
S = TypeVar("S", bound="StartCase")

_CITIZEN_ID = re.compile(r"[0-9]{15}|[0-9]{17}[0-9Xx]")


@dataclass(frozen=True, kw_only=True)
class Party:
    """A person or firm of a case. Personal data: kept in the register, in no event or state."""

    name: Phrase
    id_number: Word = ""
    email: Essay = ""
    phone: Word = ""
    told_by: Word = ""  # the way that they chose: a ``Told``; empty: mail, else SMS


@dataclass(frozen=True, kw_only=True)
class Route:
    """Where notices of a case go: ``recipient`` is a party, ``channel`` a ``Told``."""

    recipient: Word
    channel: Word


@dataclass(frozen=True, kw_only=True)
class Routing:
    """The way of each recipient of a letter; ``reachable``: every way by which somebody is told."""

    routes: tuple[Route, ...]
    reachable: tuple[Route, ...] = ()

    def from_(self, route: Route) -> tuple[Route, ...]:
        """A way, and those to be tried after it: others to the same recipient, none twice."""
        others = (way for way in self.reachable if way.recipient == route.recipient)
        taken = {way for way in self.routes if way != route}
        return tuple(way for way in dict.fromkeys((route, *others)) if way not in taken)


@dataclass(frozen=True, kw_only=True)
class UnsentLetter:
    """A letter that an event asked for and that had not gone when Temporal was lost.

    ``by_time``: it follows from time alone, so it goes at the start of business after ``at``.
    """

    seq: Number
    at: Instant
    by_time: bool
    template: Word
    to: Few[Route] = ()
    recipients: Few[Word] = ()
    again: Number = 0
    fields: Table[Word, Essay] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Reopened:
    """A case goes on from its register, since Temporal has lost it: by whom, and letters by key."""

    by: Actor
    letters: Table[Word, UnsentLetter] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StartCase:
    """Opens a case of whatever kind; the only argument of its workflow.

    ``content`` is the digest of what was submitted: another content under the same reference is
    refused. ``received_at``: when the application arrived, if not just now. ``rehearsal`` shifts
    the case's time; ``resumed`` continues after continue-as-new, or after Temporal was lost
    (``reopened``). ``in_force``: what the opener saw
    in force from outside; a case opened before that was looked up has none, and learns of it by
    its first ``look_again``. ``sharing``: how its work is shared out, by role.
    """

    case_no: Word
    district: Word
    source: Word
    reference: Phrase
    content: Word
    subject: Phrase = ""  # pseudonym of the applicant, for the credit record
    item: Policy
    calendar: WorkingCalendar
    office: Phrase
    channel: Word
    posts: Table[Role, Post]
    materials: Some[ReceivedMaterial] = ()
    applicant: Party | None = None
    employer: Party | None = None
    routes: Few[Route] = ()
    received_at: Instant | None = None
    rehearsal: timedelta = timedelta()
    submitted_by: Actor | None = None  # None: the source system itself
    resumed: Case | None = None
    in_force: InForce | None = None
    reachable: Few[Route] = ()  # every way by which applicant and employer can be told
    employer_subject: Phrase = ""  # pseudonym of the employer's credit code: whose case it is, too
    catalogue: Word = ""  # digest of the catalogue version that the policy is from; once unknown
    by_date: bool = False  # set by who opens it since the date decides; else told a little later
    spread: timedelta = timedelta(hours=2)  # before the start of business, in which it may wake
    agent: Party | None = None  # who filed for the applicant, if somebody did
    share_out: bool = False  # its posts are chosen in the register; else they are as named here
    sharing: Table[Role, SharingRule] = field(default_factory=dict)
    reopened: Reopened | None = None

    @property
    def kind(self) -> str:
        """What kind of case this opens, a ``CaseKind``."""
        raise NotImplementedError

    @property
    def concerns(self) -> str:
        """The number of another case that this one is about: its officers keep away from this."""
        return ""

    def first_event(self, at: datetime) -> EventBody:
        """The event with which the case begins at ``at``; raises DomainError if it cannot."""
        raise NotImplementedError

    def _beginning(self, at: datetime) -> dict[str, Any]:
        """What the first event of every kind says."""
        return {
            "case_no": self.case_no,
            "district": self.item.district,
            "item": self.item.code,
            "item_name": self.item.name,
            "office": self.office,
            "channel": self.channel,
            "policy": self.item.digest,
            "catalogue": self.catalogue,
            "received_at": self.received_at or at,
            "posts": self.posts,
            "by_date": self.by_date,
        }


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Which case is to be opened; ``content`` is the digest of what was filed."""

    kind: str  # a ``CaseKind``
    case_no: str
    district: str
    source: str
    reference: str
    content: str


def of_nobody(number: str) -> str:
    """For a case that is about no person: it may not have a number."""
    raise ValueError("this case is about nobody")


@dataclass(frozen=True, kw_only=True)
class Circumstances(Generic[P]):
    """What holds where and when a case is opened.

    ``catalogue``: the digest of the version that the policy is from. ``now`` is aware. ``sharing``:
    by role, how the office shares out such a case; every kind is shared out alike. ``pseudonym``
    gives that of a number; the same number has the same one.
    """

    policy: P
    office: str
    posts: dict[Role, Post]
    calendar: WorkingCalendar
    in_force: InForce
    opened_by: Actor | None
    now: datetime
    sharing: Mapping[Role, SharingRule]
    catalogue: str = ""
    pseudonym: Callable[[str], str] = of_nobody

    @property
    def today(self) -> date:
        """The day in Shanghai."""
        return local_date(self.now)

    def start(
        self,
        identity: Identity,
        applicant: Party | None = None,
        employer: Party | None = None,
        *,
        agent: Party | None = None,
        told: Mapping[str, Party | None] | None = None,
    ) -> dict[str, Any]:
        """What the start of every kind says.

        ``told``: who gets notices, in this order; by default applicant and employer.
        """
        parties = {"applicant": applicant, "employer": employer, "agent": agent}
        return {
            "case_no": identity.case_no,
            "district": identity.district,
            "source": identity.source,
            "reference": identity.reference,
            "content": identity.content,
            "item": self.policy,
            "catalogue": self.catalogue,
            "calendar": self.calendar,
            "office": self.office,
            "posts": self.posts,
            "applicant": applicant,
            "employer": employer,
            "agent": agent,
            "subject": self._of(applicant),
            "employer_subject": self._of(employer),
            "routes": _first_of_each(ways(parties if told is None else told)),
            "reachable": tuple(ways(parties)),
            "submitted_by": self.opened_by,
            "in_force": replace(self.in_force, calendar=None),
            "by_date": True,
            "share_out": True,
            "sharing": dict(self.sharing),
        }

    def _of(self, party: Party | None) -> str:
        return self.pseudonym(party.id_number) if party and party.id_number else ""


def ways(parties: Mapping[str, Party | None]) -> Iterator[Route]:
    """Every way by which each recipient can be told, the preferred first.

    That is the one that they chose, then e-mail, then SMS. In the desk nobody is told who has not
    chosen it.
    """
    for recipient, who in parties.items():
        for channel in _channels(who) if who else ():
            yield Route(recipient=recipient, channel=channel)


def _channels(who: Party) -> list[Told]:
    """The ways by which somebody can be told; they are in order of preference."""
    can = {Told.MAIL: bool(who.email), Told.SMS: bool(who.phone)}
    can[Told.DESK] = who.told_by == Told.DESK
    return sorted((way for way in can if can[way]), key=lambda way: way != who.told_by)


def _first_of_each(routes: Iterable[Route]) -> tuple[Route, ...]:
    first: dict[str, Route] = {}
    for route in routes:
        first.setdefault(route.recipient, route)
    return tuple(first.values())


def require_reachable(who: Party, field: str) -> None:
    """Refuse somebody who is to be told, and cannot be; raises DomainError.

    No address at all is ``INVALID_REQUEST``, one that no letter can reach ``ADDRESS_INVALID``.
    """
    if not _channels(who):
        detail = "请至少提供电子邮箱或手机号码之一，用于送达通知"
        raise DomainError("INVALID_REQUEST", detail, f"{field}.email".lstrip("."))
    require_told_by(who, field)


def require_told_by(who: Party, field: str) -> None:
    """Refuse addresses that no letter can reach, and a way of being told without its address.

    Raises:
        DomainError: ``ADDRESS_INVALID``, ``INVALID_REQUEST``.
    """
    require_address(who.email, who.phone, field)
    if who.told_by and who.told_by not in _channels(who):
        detail = "所选的告知方式须有相应的电子邮箱或手机号码"
        raise DomainError("INVALID_REQUEST", detail, f"{field}.told_by".lstrip("."))


def rerouted(start: S, party: str, channels: Iterable[str]) -> S:
    """Return the start of a case whose party is reached by these ways now, the preferred first.

    Who the policy names is told from now on, also if nobody could reach them before.
    """
    new = tuple(Route(recipient=party, channel=channel) for channel in channels)
    others = tuple(route for route in start.reachable if route.recipient != party)
    routes = tuple(new[0] if each.recipient == party else each for each in start.routes)
    named = getattr(start.item, "recipients", (party,))  # where it says nothing, the letter does
    if new and party in named and not any(each.recipient == party for each in routes):
        routes = (*routes, new[0])
    return replace(start, routes=routes, reachable=(*others, *new))


def require_channel(
    channel: str, in_force: InForce, on: date, field: str, others: Iterable[str] = ()
) -> None:
    """Refuse with ``CHANNEL_CLOSED`` a channel that a suspension has closed.

    ``others``: the channels that there are, in order of preference; those still open are named.
    """
    closed = closed_channels(in_force.suspensions, on)
    if stop := closed.get(channel):
        still = "、".join(each for each in others if each not in closed)
        instead = f"，可改用：{still}" if still else ""
        detail = f"此渠道自 {stop.first_on} 起暂停：{stop.reason}{instead}"
        raise DomainError("CHANNEL_CLOSED", detail, field)


def require_materials(
    materials: Iterable[ReceivedMaterial], names: Iterable[str], what: str
) -> None:
    """Refuse with ``UNKNOWN_MATERIAL`` what is none of ``names``; ``what`` is the item's word."""
    codes = sorted(names)
    for place, material in enumerate(materials):
        if material.code not in codes:
            detail = f"{what}没有此材料，可用：{'、'.join(codes) or '无'}"
            raise DomainError("UNKNOWN_MATERIAL", detail, f"materials.{place}.code")


def personal_number(written: str, on: date, field: str) -> str:
    """The number of an identity document, in the form by which it is compared.

    What does not look like a citizen's number (a passport, say) is taken as it is written. Blanks
    and width of the characters do not matter.

    Raises:
        DomainError: ``ID_NUMBER_INVALID``; without a right number nobody could be found again.
    """
    plain = "".join(unicodedata.normalize("NFKC", written).split())
    if not _CITIZEN_ID.fullmatch(plain):
        return plain
    try:
        return check_citizen_id(plain, on).number
    except IdentifierError as error:
        raise DomainError("ID_NUMBER_INVALID", error.message, field) from None


def credit_code(written: str, field: str) -> str:
    """The credit code of a firm (统一社会信用代码).

    Raises:
        DomainError: ``EMPLOYER_CODE_INVALID``.
    """
    try:
        return check_credit_code(written)
    except IdentifierError as error:
        raise DomainError("EMPLOYER_CODE_INVALID", error.message, field) from None
