"""One step of a scenario, and the command that it stands for."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, TypeAdapter

from casework.domain.case.commands import Command
from casework.domain.case.jurisdiction import JurisdictionTransfer
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.policy import MaterialForm
from casework.messages.cases import EmployerChange, read_command
from casework.rehearsal.expected import Expected
from casework.rehearsal.given import Called, Part, Served, name_of
from casework.rehearsal.ordered import WrittenOrder
from casework.rehearsal.values import Day, Fact, Moment, Verb

CASE_CLOSED = "CASE_CLOSED"
"""Also the answer for a case whose workflow has ended, as HTTP gives it."""

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
