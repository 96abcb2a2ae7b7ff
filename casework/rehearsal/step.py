"""One step of a scenario: what is done, the command that it stands for, and what is expected.

Whatever is not mentioned in what is expected may be as it likes.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator
from pydantic.config import JsonDict

from casework.domain.case.commands import Command
from casework.domain.case.jurisdiction import JurisdictionTransfer
from casework.domain.case.state import TaskKind
from casework.domain.kinds.application.commands import Decision
from casework.domain.kinds.application.state import ContactState, LineStatus
from casework.domain.kinds.cycle.state import Points
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.policy import CheckKind, DeliveryMethod, MaterialForm
from casework.domain.talent import Level, StandingStatus, TalentClass
from casework.letters.templates import TEMPLATES
from casework.messages.cases import EmployerChange, read_command
from casework.rehearsal.given import Called, Part, Served, name_of
from casework.rehearsal.ordered import WrittenOrder
from casework.rehearsal.values import (
    Count,
    Day,
    EventKind,
    Fact,
    Flag,
    Moment,
    StageName,
    Template,
    Verb,
)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _or_bare(bare: JsonDict) -> Callable[[JsonDict], None]:
    """What the schema of a part says of its short form."""

    def extend(schema: JsonDict) -> None:
        whole = dict(schema)
        schema.clear()
        schema["anyOf"] = [bare, whole]

    return extend


class ExpectedClock(_Part):
    """A clock by its id; a bare date stands for ``due_on``.

    ``paused``: it stands still at the end of the day. ``fires_on``: when the register knows it to
    bring something about next.
    """

    model_config = ConfigDict(
        json_schema_extra=_or_bare({"type": "string", "format": "date"}),
    )

    due_on: Day | None = None
    paused: Flag | None = None
    fires_on: Day | None = None
    ended_on: Day | None = None
    running: Flag | None = None
    provisional: Flag | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_date(cls, value: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
        return value if isinstance(value, dict) else {"due_on": value}


class ExpectedNotice(_Part):
    """A notice; a bare name stands for its template, on whatever day, to whomever."""

    model_config = ConfigDict(
        json_schema_extra=_or_bare({"type": "string", "enum": [*sorted(TEMPLATES)]})
    )

    template: Template
    dated: Day | None = None
    to: Literal["applicant", "employer"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_name(cls, value: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
        return value if isinstance(value, dict) else {"template": value}


class ExpectedCard(_Part):
    """A card: which clock, which rung, for which due date, given and cleared when, still open."""

    clock: str
    card: Literal["blue", "yellow", "red"]
    given_on: Day | None = None
    cleared_on: Day | None = None
    due: Day | None = None
    open: Flag | None = None


class ExpectedCycle(_Part):
    """How a talent's cycle, or the year of a permit, stands."""

    number: int | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    status: StandingStatus | None = None
    on_hold: Flag | None = None
    employer: str | None = None
    letter: TalentClass | None = None
    opinion: Literal["none", "in_time", "early", "late"] | None = None
    evidence: Count | None = None
    checks: Count | None = None
    served_until: Day | None = None
    credential_void_on: Day | None = None
    points: Points | None = None
    renewed_on: Day | None = None
    renewal_opens_on: Day | None = None
    confirmed_on: Day | None = None


class ExpectedRequest(_Part):
    """Who serves a request: level of the platform, ``<level>/<code>`` of the body."""

    level: Level | None = None
    body: str | None = None
    letter: TalentClass | None = None
    result: str | None = None
    transferred_to: str | None = None


class Expected(_Part):
    """What must hold. Lists are whole and in order, but for the two that say otherwise.

    ``team``: which has to claim a task, empty if none has.
    ``notices`` and ``cards`` are all so far, ``tasks`` those open; if each of the ``cards`` is to
    be ``open``, they are the open ones. ``contacts``: how far the person has been told, by what an
    outreach is about (a name of the scenario) or by its id. ``never``: events that must not
    have happened so far. ``roused``: whether the last order told this case to look again, or how
    many cases it told. ``visits``: how many the sample has.
    """

    stage: StageName | None = None
    card: Literal["none", "blue", "yellow", "red"] | None = None
    holder: str | None = None
    team: str | None = None
    accepted_on: Day | None = None
    deemed_accepted: Flag | None = None
    decision: Decision | None = None
    decided_on: Day | None = None
    entitled_on: Day | None = None
    delivery: DeliveryMethod | None = None
    green: Flag | None = None
    clocks: dict[str, ExpectedClock] = {}
    debts: dict[str, LineStatus] = {}
    checks: dict[CheckKind, Literal["passed", "failed", "skipped"]] = {}
    tasks: tuple[TaskKind, ...] | None = None
    cards: tuple[ExpectedCard, ...] | None = None
    notices: tuple[ExpectedNotice, ...] | None = None
    events_include: tuple[EventKind, ...] = ()
    never: tuple[EventKind, ...] = ()
    credit_records: Count | None = None
    roused: Flag | Count | None = None
    cycle: ExpectedCycle = ExpectedCycle()
    request: ExpectedRequest = ExpectedRequest()
    visits: Count | None = None
    contacts: dict[str, ContactState] = {}


_WRITTEN: dict[str, type[Command]] = {
    "change_employer": EmployerChange,
    "transfer_jurisdiction": JurisdictionTransfer,
}
"""Messages that say more than their command: the update takes them in its place."""

_READ = {verb: TypeAdapter(message) for verb, message in _WRITTEN.items()}
_WITH_MATERIALS = frozenset({"supplement", "materials_received", "collect_papers"})


class Absence(Part):
    """Somebody is away: ``officer`` is a code, or a role of the case (``specialist/backup``)."""

    officer: str
    first_on: Day
    last_on: Day
    reason: str = "休假"


class Step(Part):
    """Let time pass until ``at``; then do one thing; then look.

    One thing is a verb, a signal, an order, an absence that becomes known, or a further case that
    is opened (called ``name``, by default after what it is). ``case`` names the one that it is
    about and that is looked at; left out, the first one.

    ``as`` is a role (its A角 acts), ``<role>/backup`` (its B角) or an officer's code; left out, the
    first who may. ``refused`` is the code with which the attempt must be refused; a signal is
    refused only by a case that is closed, otherwise the register records it as refused. An order is
    proposed by one person, approved by another, and in force before anything is looked at.
    """

    at: Moment | None = None
    case: str = ""
    do: Verb | None = None
    signal: Fact | None = None
    order: WrittenOrder | None = None
    absent: Absence | None = None
    opened: Served | None = Field(default=None, alias="open")
    name: Called = ""
    actor: str | None = Field(default=None, alias="as")
    fields: dict[str, Any] = Field(default={}, alias="with")
    refused: str = ""
    expect: Expected = Expected()

    @property
    def verb(self) -> str:
        """What is done or reported; empty where nobody does anything."""
        return self.do or self.signal or ""

    @property
    def called(self) -> str:
        """The name of the case that is opened, if one is."""
        return self.name or (name_of(self.opened) if self.opened else "")

    def payload(self, actor: object, forms: Mapping[str, MaterialForm]) -> dict[str, Any]:
        """The command's fields; a bare material code gets the form that the catalogue says."""
        fields = dict(self.fields)
        if self.verb in _WITH_MATERIALS:
            written = fields.get("materials", [])
            fields["materials"] = [
                {"code": m, "form": forms.get(m, MaterialForm.ELECTRONIC)}
                if isinstance(m, str)
                else m
                for m in (written if isinstance(written, list | tuple) else ())
            ]
        return fields | {"actor": actor}


def command_of(verb: str, kind: CaseKind) -> type[Command]:
    """What a verb says on a case of that kind; KeyError if that kind has no such verb."""
    return _WRITTEN.get(verb) or KINDS[kind].verbs[verb]


def read_step(step: Step, kind: CaseKind, payload: dict[str, Any]) -> Command:
    """The command of a step on a case of that kind.

    Raises:
        ValidationError: the fields are not those of the verb.
    """
    if step.verb in _WRITTEN:
        return _READ[step.verb].validate_python(payload)
    return read_command(step.verb, payload, KINDS[kind].verbs)
