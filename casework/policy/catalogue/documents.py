"""YAML files with their line numbers, and the faults found in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from casework.policy import yaml_text

Location = tuple[str | int, ...]
"""Where a value stands in a file: keys and positions from the top."""


@dataclass(frozen=True, order=True, kw_only=True)
class Finding:
    """One fault: the file (from the catalogue's root), the line from 1, and what is right."""

    file: str
    line: int
    field: str
    problem: str
    right: str

    def __str__(self) -> str:
        """One line, in the form that editors jump to."""
        return f"{self.file}:{self.line}: {self.field}: {self.problem}; {self.right}"


@dataclass(frozen=True, kw_only=True)
class Document:
    """One parsed file, which can say on which line a value stands."""

    file: str
    node: yaml.Node
    data: object

    def line(self, location: Location) -> int:
        """The line of the value, or of the nearest thing around it that is written down."""
        node, mark = self.node, self.node.start_mark
        for step in location:
            inner = _step(node, step)
            if inner is None:
                break
            node, mark = inner[1], inner[0].start_mark
        return int(mark.line) + 1

    def finding(self, location: Location, problem: str, right: str) -> Finding:
        """A fault of this file at that place."""
        return Finding(
            file=self.file,
            line=self.line(location),
            field=field_name(location),
            problem=problem,
            right=right,
        )


def field_name(location: Location) -> str:
    """``("limits", "notice", 0)`` as a reader writes it: ``limits.notice[0]``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return "".join(steps).removeprefix(".") or "(file)"


def read_document(path: Traversable, file: str) -> tuple[Document | None, list[Finding]]:
    """Parse one file; without a document the findings say why, with one they name repeated keys."""
    try:
        loader = _Loader(yaml_text.bounded(path.read_text(encoding="utf-8")))
        node = loader.get_single_node()
        again = [*yaml_text.repeated_keys(node)] if isinstance(node, yaml.MappingNode) else []
        data = loader.construct_document(node) if isinstance(node, yaml.MappingNode) else None
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        return None, [_unreadable(file, error)]
    if not isinstance(node, yaml.MappingNode):
        right = "write one mapping of fields to values"
        return None, [
            Finding(file=file, line=1, field="(file)", problem="not a mapping", right=right)
        ]
    repeated = [
        Finding(
            file=file,
            line=key.start_mark.line + 1,
            field=field_name(place),
            problem="this key stands here twice",
            right="keep one: YAML reads only the last",
        )
        for place, key in again
    ]
    if repeated:
        return None, repeated
    return Document(file=file, node=node, data=data), []


class _Loader(yaml_text.Loader):
    """YAML, but a date that does not exist stays text, so that it is reported with its line."""

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:  # noqa: ANN401  the base's type
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError:
            return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


def _step(node: yaml.Node, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The node that marks the next step, and the node to go on from."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _unreadable(file: str, error: yaml.YAMLError | UnicodeDecodeError | OSError) -> Finding:
    if isinstance(error, OSError):
        line, problem, right = 1, f"not readable: {error.strerror}", "a file that can be read"
    elif isinstance(error, UnicodeDecodeError):
        line, problem, right = 1, "not UTF-8 text", "save the file as UTF-8"
    else:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = f"not YAML: {getattr(error, 'problem', None) or 'unreadable'}"
        right = "check indentation, colons and quotes here and on the line above"
    return Finding(file=file, line=line, field="(file)", problem=problem, right=right)


def one_of(wrong: str, known: Iterable[str]) -> str:
    """The nearest known name, or all of them where none is near."""
    names = list(known)
    near = get_close_matches(wrong, names, n=1)
    return f"did you mean {near[0]}?" if near else f"one of: {', '.join(names)}"


class CatalogueError(Exception):
    """The catalogue has faults and is not used: ``findings`` lists all of them."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = tuple(findings)
