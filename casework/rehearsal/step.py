"""One step of a scenario, and the command that it stands for."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from casework.domain.commands import Command
from casework.domain.kinds import KINDS, CaseKind
from casework.domain.policy import MaterialForm
from casework.domain.transfer import JurisdictionTransfer
from casework.messages import EmployerChange, read_command
from casework.rehearsal.expected import Expected
from casework.rehearsal.given import Part, ServiceGiven, name_of
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
    opened: ServiceGiven | None = Field(default=None, alias="open")
    name: str = ""
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
            fields["materials"] = [
                {"code": m, "form": forms.get(m, MaterialForm.ELECTRONIC)}
                if isinstance(m, str)
                else m
                for m in fields.get("materials", [])
            ]
        return fields | {"actor": actor}

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        things = (self.do, self.signal, self.order, self.absent, self.opened)
        if sum(part is not None for part in things) > 1:
            raise ValueError("一步只能有一个 do、signal、order、absent 或 open")
        if not self.verb and not self.order and not self.opened and self.refused:
            raise ValueError("as、refused 须与 do、signal 或 order 同用")
        if not self.verb and not self.order and self.actor:
            raise ValueError("as、refused 须与 do、signal 或 order 同用")
        if not self.verb and self.fields:
            raise ValueError("with 须与 do 或 signal 同用")
        if self.signal and self.refused not in {"", CASE_CLOSED}:
            raise ValueError("信号不会被当场拒绝；请用 expect.events_include: [message_refused]")
        if self.name and not self.opened:
            raise ValueError("name 须与 open 同用")
        return self


def read_step(step: Step, kind: CaseKind, payload: dict[str, Any]) -> Command:
    """The command of a step on a case of that kind.

    Raises:
        ValueError: the kind has no such verb, or the verb no such field; says what there is.
    """
    place = "do" if step.do else "signal"
    there = KINDS[kind].verbs if step.do else KINDS[kind].facts
    if step.verb not in there:
        raise ValueError(f"{place}: {kind.label}没有 {step.verb}，可用：{'、'.join(sorted(there))}")
    command = _WRITTEN.get(step.verb, KINDS[kind].verbs[step.verb])
    known = {field.name for field in dataclasses.fields(command)}
    if unknown := sorted(payload.keys() - known):
        names = "、".join(sorted(known - {"actor"})) or "无"
        raise ValueError(f"with.{unknown[0]} 不是“{step.verb}”的字段，可用：{names}")
    try:
        if step.verb in _WRITTEN:
            return _READ[step.verb].validate_python(payload)
        return read_command(step.verb, payload, KINDS[kind].verbs)
    except ValidationError as error:
        faults = "；".join(
            f"with.{'.'.join(map(str, fault['loc']))} {fault['msg']}" for fault in error.errors()
        )
        raise ValueError(faults) from None
