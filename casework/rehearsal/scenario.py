"""A scenario: what is given, what is done when, and what is to be seen then.

Moments are local times in Asia/Shanghai. The same models make the JSON Schema for editors.
"""

from datetime import datetime
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import ValidationError, model_validator

from casework.domain.kinds import CaseKind
from casework.domain.policy import Role
from casework.rehearsal.expected import Expected
from casework.rehearsal.given import KIND_OF, AnyGiven, Given, Part, ServiceGiven, name_of
from casework.rehearsal.step import Step, read_step

_ANYBODY = {"code": "anybody", "role": Role.SYSTEM}


class ScenarioError(ValueError):
    """A scenario that cannot be rehearsed; the message names file and field, one line each."""


class Scenario(Part):
    """One case and what should become of it. ``final`` is looked at after the last step.

    ``before``: orders given before the case is opened, each with its moment.
    """

    name: str
    source: str
    before: tuple[Step, ...] = ()
    given: AnyGiven
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
        if isinstance(self.given, Given) and self.given.begins_at < self.given.received_at:
            raise ValueError("given.entered_at 不能早于 received_at")
        _in_order(self.steps, _opened_at(self.given), "steps")
        return self

    @model_validator(mode="after")
    def _speaks_of_known_cases(self) -> Self:
        first = name_of(self.given)
        cases = {first: KIND_OF[first]}
        if isinstance(self.given, ServiceGiven) and self.given.talent_first:
            cases["talent"] = CaseKind.TALENT_CYCLE
        for number, step in enumerate(self.steps, 1):
            about = step.case or first
            if about not in cases:
                known = "、".join(sorted(cases))
                raise ValueError(f"steps.{number}.case 没有“{about}”，此时有：{known}")
            if step.opened:
                if step.called in cases:
                    raise ValueError(f"steps.{number}.name 已有“{step.called}”，请另起名")
                cases[step.called] = step.opened.kind
            if step.verb:
                _check_step(step, cases[about], number)
        return self


def _check_step(step: Step, kind: CaseKind, number: int) -> None:
    try:
        read_step(step, kind, _stood_in(step.payload(_ANYBODY, {})))
    except ValueError as error:
        raise ValueError(f"steps.{number}.{error}") from None


def _stood_in(payload: dict[str, Any]) -> dict[str, Any]:
    """A request of a sample is named by its place in the scenario, by its number in production."""
    if isinstance(payload.get("request"), int):
        return payload | {"request": str(payload["request"])}
    return payload


def _opened_at(given: Given | ServiceGiven) -> datetime:
    """When the case itself is opened, and not the talent's cycle before it."""
    if isinstance(given, Given):
        return given.begins_at
    if given.request and not (given.request.talent and given.request.received_at):
        raise ValueError("given.request 须有 talent 和 received_at")
    if given.rating and not (given.rating.district and given.rating.received_at):
        raise ValueError("given.rating 须有 district 和 received_at")
    opened_at = given.content.received_at or given.begins_at
    if opened_at < given.begins_at:
        raise ValueError("given.request.received_at 不能早于 talent.received_at")
    return opened_at


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
    """Steps are numbered from one, as people count them; tags of a choice are no places."""
    parts = [str(part + 1 if isinstance(part, int) else part) for part in location]
    return [part for part in parts if not part.startswith("_")]
