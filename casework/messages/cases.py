"""What crosses the boundary between backends, API, workflow and activities; and the ids.

Commands (the verbs) are in ``casework.domain.case.commands``: they are their own messages. Fields
are only ever added, with a default. ``docs/contract.md`` shows the JSON.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from dataclasses import Field as DataclassField
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import ConfigDict, Discriminator, TypeAdapter
from pydantic_core import to_json, to_jsonable_python

from casework.domain.bounds import Amount, Essay, Few, Number, Phrase, Some, Table, Word
from casework.domain.case.commands import Command, ReceivedMaterial, TransferJurisdiction
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.case.jurisdiction import JurisdictionTransfer
from casework.domain.case.kind import event_types
from casework.domain.case.state import Body, Case, Post
from casework.domain.kinds.application.commands import APPLICATION_VERBS, MovePolicy, PolicyMove
from casework.domain.kinds.application.state import Application, OtherCase
from casework.domain.kinds.cycle.commands import ChangeEmployer
from casework.domain.kinds.cycle.policy import CyclePolicy
from casework.domain.kinds.cycle.state import Cycle, CycleKind, Points
from casework.domain.kinds.rating.policy import RatingPolicy
from casework.domain.kinds.rating.state import Grade, Rating
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.domain.kinds.request.policy import ServiceRule
from casework.domain.kinds.request.state import Mode, Request
from casework.domain.kinds.round.policy import RoundPolicy
from casework.domain.kinds.round.state import Round
from casework.domain.policy import Policy, Role, ServiceItem
from casework.domain.talent import Credential, Level, Standing, TalentClass
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.dates import Day, Instant

_EVENTS: Any = Annotated[event_types(), Discriminator("kind")]
EVENT_BODY: TypeAdapter[Any] = TypeAdapter(
    _EVENTS,
    config=ConfigDict(hide_input_in_errors=True),  # what is wrong may name a person
)
"""Reads and writes the body of an event as JSON, by its ``kind``."""

CASE: TypeAdapter[Application] = TypeAdapter(Application)


def size_of(case: Case) -> int:
    """How many bytes a state has as JSON, as it travels."""
    return len(to_json(case))


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


def number_of(kind: CaseKind, district: str, source: str, reference: str) -> str:
    """The number of a case of any kind; one reference may stand for a case of each kind."""
    if kind is CaseKind.APPLICATION:
        return case_number(district, source, reference)
    return case_number(district, f"{kind}\x1e{source}", reference)


def application_id(case_no: str) -> str:
    """The workflow id of an application: ``app.<district>.<case no>``."""
    return workflow_id(CaseKind.APPLICATION, case_no)


Claims = Table[Word, Phrase | Amount | bool]
"""The facts that a form states, each a ``Claim``."""


@dataclass(frozen=True, kw_only=True)
class Party:
    """A person or firm of a case. Personal data: kept in the register, in no event or state."""

    name: Phrase
    id_number: Word = ""
    email: Essay = ""
    phone: Word = ""


@dataclass(frozen=True, kw_only=True)
class Route:
    """Where notices of a case go: ``recipient`` applicant or employer, by ``mail`` or ``sms``."""

    recipient: Word
    channel: Word


@dataclass(frozen=True, kw_only=True)
class StartCase:
    """Opens a case of whatever kind.

    ``content`` is the digest of what was submitted: another content under the same reference is
    refused. ``received_at``: when the application arrived, if not just now. ``rehearsal`` shifts
    the case's time; ``resumed`` continues after continue-as-new. ``in_force``: what the opener saw
    in force from outside; a case opened before that was looked up has none, and learns of it by
    its first ``look_again``.
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
    by_date: bool = False  # set by who opens it since the date decides; else told a little later
    spread: timedelta = timedelta(hours=2)  # before the start of business, in which it may wake

    @property
    def kind(self) -> CaseKind:
        """What kind of case this opens."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class StartApplication(StartCase):
    """Opens an application."""

    subject: Phrase
    item: ServiceItem
    claims: Claims
    resumed: Application | None = None
    entitled_on: Day | None = None  # 待遇起始日, where the item has one
    authorisation: Word = ""  # sha256 of the 授权委托书 by which an agent files

    @property
    def kind(self) -> CaseKind:
        return CaseKind.APPLICATION


@dataclass(frozen=True, kw_only=True)
class StartCycle(StartCase):
    """Opens a service cycle: ``applicant`` is the talent or the holder of the permit.

    ``starts_on`` S is the day of recognition [proposal], or of the permit. ``ends_on`` is given by
    a permit only; a talent's cycle ends as its policy says.
    """

    item: CyclePolicy
    resumed: Cycle | None = None
    starts_on: Day
    ends_on: Day | None = None
    letter: TalentClass | None = None
    score: Number | None = None
    employer_code: Word = ""
    credential: Credential | None = None
    points: Points = Points.NONE

    @property
    def kind(self) -> CaseKind:
        talent = self.item.cycle is CycleKind.TALENT
        return CaseKind.TALENT_CYCLE if talent else CaseKind.PERMIT_CYCLE


@dataclass(frozen=True, kw_only=True)
class EmployerChange(ChangeEmployer):
    """With ``party``, how the new employer's liaison is reached: for the register, in no event.

    ``subject`` is the pseudonym of its credit code: whose case it is from now on.
    """

    party: Party | None = None
    subject: Phrase = ""


SENT_AS: dict[type[Command], type[Command]] = {
    TransferJurisdiction: JurisdictionTransfer,
    MovePolicy: PolicyMove,
}
"""A verb whose update takes more than a caller says: what the API adds, or an order."""


@dataclass(frozen=True, kw_only=True)
class StartRequest(StartCase):
    """Opens a service request: ``applicant`` is the talent, ``standing`` how the talent stands."""

    item: ServiceRule
    resumed: Request | None = None
    mode: Mode
    need: Essay = ""
    standing: Standing
    bodies: Few[Body]
    specialists: Table[Level, Post]

    @property
    def kind(self) -> CaseKind:
        return CaseKind.REQUEST


@dataclass(frozen=True, kw_only=True)
class StartRating(StartCase):
    """Opens a rating of the case ``rated``; item and name are that case's."""

    item: RatingPolicy
    resumed: Rating | None = None
    rated: Word
    rated_item: Word
    rated_item_name: Phrase
    grade: Grade
    named: bool
    comment: Essay = ""

    @property
    def kind(self) -> CaseKind:
        return CaseKind.RATING


@dataclass(frozen=True, kw_only=True)
class StartRound(StartCase):
    """Opens a quarterly round of visits, e.g. of ``2026Q4``."""

    item: RoundPolicy
    resumed: Round | None = None
    quarter: Word

    @property
    def kind(self) -> CaseKind:
        return CaseKind.VISITS


@dataclass(frozen=True, kw_only=True)
class Submit:
    """The update by which a case is started; the caller learns that it is in the register."""

    content: Word


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
class InForceQuestion:
    """What is in force for a case.

    ``calendar_version`` is that of the calendar it has, ``calendar_until`` its last year: one that
    is too short for the dates in force, or for ``needed_until``, is answered with a longer one.
    ``on``: the day for which absent officers are asked for; None: the case does not want to know.
    """

    case_no: str
    district: str
    office: str
    item: str
    received_on: date
    calendar_version: int
    calendar_until: int = 9999
    needed_until: int = 0
    on: date | None = None


@dataclass(frozen=True, kw_only=True)
class StandingQuestion:
    """How a talent stands; ``talent`` is the case number of the cycle."""

    talent: str


@dataclass(frozen=True, kw_only=True)
class CreditQuestion:
    """Whether an unrepaired breach bars this applicant from further deferral."""

    subject: str


@dataclass(frozen=True, kw_only=True)
class SamePersonQuestion:
    """Which other applications of this case's person are open for these items."""

    case_no: str
    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SamePersonAnswer:
    """Number, district and stage of each, the oldest first."""

    others: tuple[OtherCase, ...] = ()


@dataclass(frozen=True, kw_only=True)
class GiveWay:
    """The case is refused as duplicate of ``other``; an empty one takes that back."""

    case_no: str
    other: str
    items: tuple[str, ...] = ()


_COMMANDS: dict[type[Command], TypeAdapter[Command]] = {
    command: TypeAdapter(command) for kind in KINDS.values() for command in kind.verbs.values()
}


def read_command(
    verb: str,
    payload: Any,  # noqa: ANN401 - whatever came over the wire
    verbs: Mapping[str, type[Command]] = APPLICATION_VERBS,
) -> Command:
    """The command a raw payload stands for. Raises pydantic.ValidationError if it is none."""
    return _COMMANDS[verbs[verb]].validate_python(payload)


_NOT_SAID = frozenset({"actor", "subject"})
"""Members of a command that its sender does not choose."""


def said_by(command: Command) -> str:
    """The digest of what a caller says by a command, whatever the API adds (``SENT_AS``).

    Who says it is left out, and so is what is as it is by default: a field that is added later
    changes no digest.
    """
    spoken = next((each for each, sent in SENT_AS.items() if isinstance(command, sent)), None)
    names = {field.name for field in fields(spoken or command)} - _NOT_SAID
    text = json.dumps(_plain(command, names), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any, names: Collection[str] | None = None) -> Any:  # noqa: ANN401 - any JSON
    if is_dataclass(value):
        return {
            field.name: _plain(told)
            for field in fields(value)
            if (names is None or field.name in names)
            and (told := getattr(value, field.name)) != _default(field)
        }
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return to_jsonable_python(value)


def _default(field: DataclassField[Any]) -> Any:  # noqa: ANN401 - of whatever type
    return field.default if field.default_factory is MISSING else field.default_factory()
