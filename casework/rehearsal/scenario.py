"""A scenario: what is given, what is done when, and what is to be seen then.

Moments are local times in Asia/Shanghai. The same models make the JSON Schema for editors.
"""

import dataclasses
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from casework.catalogue.sources import Channel
from casework.domain.commands import VERBS
from casework.domain.matter import Post
from casework.domain.policy import MaterialForm, Role
from casework.messages import read_command
from casework.rehearsal.expected import Expected
from casework.rehearsal.ordered import WrittenOrder
from casework.rehearsal.values import Claims, Fact, Flag, Moment, Verb

CASE_CLOSED = "CASE_CLOSED"
"""Also the answer for a case whose workflow has ended, as HTTP gives it."""

_ANYBODY = {"code": "anybody", "role": Role.SYSTEM}


class ScenarioError(ValueError):
    """A scenario that cannot be rehearsed; the message names file and field, one line each."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(_Part):
    """Who applies; a made-up one stands in where it does not matter."""

    name: str = "张三"
    id_number: str = "310101199003071230"
    email: str = "zhangsan@mail.example.com"


class AllBut(_Part):
    """Every electronic material that this applicant must hand in, but for these."""

    all_but: tuple[str, ...] = ()


class Given(_Part):
    """The application as it arrives.

    ``entered_at``: when it is submitted to Casework, if later than it arrived. ``posts`` replace
    those of the roster. ``credit_barred``: the applicant has an unrepaired breach.
    """

    item: str
    district: Annotated[str, Field(pattern=r"^\d{6}$")]
    received_at: Moment
    entered_at: Moment | None = None
    channel: Channel = Channel.ONLINE
    claims: Claims = {}
    materials: AllBut | tuple[str, ...] = AllBut()
    applicant: Person = Person()
    posts: dict[Role, Post] = {}
    credit_barred: Flag = False

    @property
    def begins_at(self) -> datetime:
        """The case's time when the case is opened."""
        return self.entered_at or self.received_at


class Step(_Part):
    """Let time pass until ``at``; then one verb, one signal or one order; then look.

    ``as`` is a role (its A角 acts), ``<role>/backup`` (its B角) or an officer's code; left out, the
    first who may. ``refused`` is the code with which the attempt must be refused; a signal is
    refused only by a case that is closed, otherwise the register records it as refused. An order is
    proposed by one person, approved by another, and in force before anything is looked at.
    """

    at: Moment | None = None
    do: Verb | None = None
    signal: Fact | None = None
    order: WrittenOrder | None = None
    actor: str | None = Field(default=None, alias="as")
    fields: dict[str, Any] = Field(default={}, alias="with")
    refused: str = ""
    expect: Expected = Expected()

    @property
    def verb(self) -> str:
        """What is done or reported; empty where nobody does anything."""
        return self.do or self.signal or ""

    def payload(self, actor: object, forms: dict[str, MaterialForm]) -> dict[str, Any]:
        """The command's fields; a bare material code gets the form that the catalogue says."""
        fields = dict(self.fields)
        if self.verb in {"supplement", "materials_received"}:
            fields["materials"] = [
                {"code": m, "form": forms.get(m, MaterialForm.ELECTRONIC)}
                if isinstance(m, str)
                else m
                for m in fields.get("materials", [])
            ]
        return fields | {"actor": actor}

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if sum(part is not None for part in (self.do, self.signal, self.order)) > 1:
            raise ValueError("一步只能有一个 do、signal 或 order")
        if not self.verb and not self.order and (self.actor or self.refused):
            raise ValueError("as、refused 须与 do、signal 或 order 同用")
        if not self.verb and self.fields:
            raise ValueError("with 须与 do 或 signal 同用")
        if self.signal and self.refused not in {"", CASE_CLOSED}:
            raise ValueError("信号不会被当场拒绝；请用 expect.events_include: [message_refused]")
        if self.verb:
            _readable(self.verb, self.payload(_ANYBODY, {}))
        return self


def _readable(verb: str, payload: dict[str, Any]) -> None:
    known = {field.name for field in dataclasses.fields(VERBS[verb])}
    if unknown := sorted(payload.keys() - known):
        names = "、".join(sorted(known - {"actor"})) or "无"
        raise ValueError(f"with.{unknown[0]} 不是“{verb}”的字段，可用：{names}")
    try:
        read_command(verb, payload)
    except ValidationError as error:
        faults = "；".join(
            f"with.{'.'.join(map(str, fault['loc']))} {fault['msg']}" for fault in error.errors()
        )
        raise ValueError(faults) from None


class Scenario(_Part):
    """One case and what should become of it. ``final`` is looked at after the last step.

    ``before``: orders given before the case is opened, each with its moment.
    """

    name: str
    source: str
    before: tuple[Step, ...] = ()
    given: Given
    steps: tuple[Step, ...]
    final: Expected = Expected()

    @property
    def begins_at(self) -> datetime:
        """The time when the first thing happens, be it an order or the opening of the case."""
        first = self.before[0].at if self.before else None
        return first or self.given.begins_at

    @model_validator(mode="after")
    def _time_passes(self) -> Self:
        for number, step in enumerate(self.before, 1):
            if step.order is None or step.at is None or step.expect.model_fields_set:
                raise ValueError(f"before.{number} 须有 at 和 order，不能有 expect")
        now = _in_order(self.before, self.begins_at, "before")
        if self.given.begins_at < now:
            raise ValueError(f"before 须早于收件：{now:%Y-%m-%d %H:%M} 晚于收件")
        if self.given.begins_at < self.given.received_at:
            raise ValueError("given.entered_at 不能早于 received_at")
        _in_order(self.steps, self.given.begins_at, "steps")
        return self


def _in_order(steps: tuple[Step, ...], now: datetime, field: str) -> datetime:
    """When the last of them happens, none of them before the one above it."""
    for number, step in enumerate(steps, 1):
        if step.at is not None and step.at < now:
            raise ValueError(f"{field}.{number}.at {step.at:%Y-%m-%d %H:%M} 早于前一步")
        now = step.at or now
    return now


def read_scenario(path: Path) -> Scenario:
    """The scenario of a YAML file; raises ScenarioError."""
    try:
        return Scenario.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ScenarioError(f"{path}: {error}") from error
    except ValidationError as error:
        faults = [
            f"{path}: {'.'.join(_place(fault['loc']))}: {fault['msg']}" for fault in error.errors()
        ]
        raise ScenarioError("\n".join(faults)) from None


def _place(location: tuple[int | str, ...]) -> list[str]:
    """Steps are numbered from one, as people count them."""
    return [str(part + 1 if isinstance(part, int) else part) for part in location]
