"""A scenario: what is given, what is done when, and what is to be seen then.

Moments are local times in Asia/Shanghai. The same models make the JSON Schema for editors.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import yaml
from pydantic import Field, ValidationError

from casework.rehearsal import checks, model_faults
from casework.rehearsal.faults import (
    MISSING,
    OR,
    UNKNOWN_FIELD,
    Fault,
    Place,
    Problem,
    ScenarioError,
    field_name,
)
from casework.rehearsal.given import AnyGiven, Called, Given, Part, ServiceGiven, about, name_of
from casework.rehearsal.model_faults import Shape
from casework.rehearsal.registry import Registry
from casework.rehearsal.step import Expected, Step
from casework.rehearsal.written import Written, read_text, syntax_error, text_of

__all__ = [
    "ReadScenario",
    "Scenario",
    "ScenarioCase",
    "ScenarioError",
    "read_file",
    "read_scenario",
]


class ScenarioCase(Part):
    """One of several cases, and what should become of it."""

    given: AnyGiven
    final: Expected = Expected()


class Scenario(Part):
    """Cases and what should become of them: one that is ``given``, or several by name.

    ``final`` is looked at after the last step, on the first case; each of several has one of its
    own, too. ``before``: orders given before the first is opened, each with its moment.
    """

    name: str
    source: str = ""
    before: tuple[Step, ...] = ()
    given: AnyGiven | None = None
    cases: dict[Called, ScenarioCase] = Field(default={})
    steps: tuple[Step, ...]
    final: Expected = Expected()

    @property
    def has_several(self) -> bool:
        """Whether its cases have names that it has given them."""
        return self.given is None

    @property
    def givens(self) -> Mapping[str, Given | ServiceGiven]:
        """What is opened under which name; the first is the one that it is about."""
        if self.given is not None:
            return {name_of(self.given): self.given}
        return {name: about(case.given, name) for name, case in self.cases.items()}

    @property
    def first(self) -> str:
        """The name of the case that steps are about unless they say otherwise."""
        return next(iter(self.givens))

    @property
    def finals(self) -> Mapping[str, Expected]:
        """What is looked at in the end, besides ``final``."""
        return {name: case.final for name, case in self.cases.items()}

    @property
    def begins_at(self) -> datetime:
        """The time when the first thing happens, be it an order or the opening of a case."""
        first = self.before[0].at if self.before else None
        return first or min(given.begins_at for given in self.givens.values())


@dataclass(frozen=True, kw_only=True)
class ReadScenario:
    """A scenario, and the file in which it is written."""

    path: Path
    scenario: Scenario
    written: Written

    def fault(self, place: Place, what: str, right: str = "") -> Fault:
        """A fault of it that shows only when it is played."""
        return _fault(self.path, self.written, Problem(place=place, what=what, right=right))


def read_scenario(path: Path) -> Scenario:
    """The scenario of a YAML file; raises ScenarioError with all its faults."""
    return read_file(path).scenario


def read_file(path: Path) -> ReadScenario:
    """As ``read_scenario``, with the lines of the file.

    Raises:
        ScenarioError: all faults, by line; CatalogueError: the catalogue itself has faults.
    """
    text = text_of(path)
    try:
        written = read_text(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise syntax_error(path, text, error) from None
    scenario, problems = _read(written)
    if scenario is None or problems:
        faults = {_fault(path, written, problem) for problem in problems}
        raise ScenarioError.of(sorted(faults, key=lambda fault: (fault.line, fault.field)))
    return ReadScenario(path=path, scenario=scenario, written=written)


def _read(written: Written) -> tuple[Scenario | None, list[Problem]]:
    data = written.data
    if not isinstance(data, dict):
        what = "没有内容" if data is None else "不是一组字段"
        return None, [Problem(place=(), what=what, right="一个场景，至少有 name、given、steps")]
    scenario, problems = None, list(written.problems)
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        problems += model_faults.problems(errors, _shape(), data, written)
    known = {problem.place for problem in problems}
    for problem in checks.problems(data, _registry()):
        if problem.place not in known:
            known.add(problem.place)
            problems.append(problem)
    return scenario, [problem for problem in problems if not _is_meant(problem, problems)]


def _is_meant(missing: Problem, problems: Iterable[Problem]) -> bool:
    """Whether a field is missing only because its name is misspelt beside it, which is told."""
    return missing.what == MISSING and any(
        other.what.endswith(UNKNOWN_FIELD)
        and other.place[:-1] == missing.place[:-1]
        and missing.place[-1] in other.right.split(OR)
        for other in problems
    )


def _fault(path: Path, written: Written, problem: Problem) -> Fault:
    return Fault(
        file=str(path),
        line=written.line(problem.place),
        field=field_name(problem.place),
        what=problem.what,
        right=problem.right,
    )


@cache
def _shape() -> Shape:
    return Shape(Scenario.model_json_schema(by_alias=True))


@cache
def _registry() -> Registry:
    return Registry.load()
