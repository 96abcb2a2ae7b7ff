"""The codes by which an operation may be refused, as its own functions and the rules write them.

They are read from the functions themselves: a code stands as a constant where it is refused with,
and what a function calls is found by name. What is reached through an object (a connection, the
desk) is not seen: its codes are those of every operation, such as ``REGISTER_AWAY``.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext

from casework.domain.case.kind import Kind
from casework.domain.case.procedure import DECISIONS, decide
from casework.domain.kinds.registry import KINDS

_CODE = re.compile(r"[A-Z]+(?:_[A-Z]+)+")
_REFUSING = frozenset({"DomainError", "ProblemError", "invalid", "no_case"})
_MEASURES = frozenset({"PAPER_DEFERRED", "PAPER_NO_LIMIT", "NO_ARCHIVE_CALL"})
"""Effects of measures, for which the rules ask; no codes."""
_OURS = ("api.", "casework.")


def codes_of(route: RouteContext) -> list[str]:
    """The codes of an operation, sorted."""
    started = {route.endpoint, *_dependencies(route.dependant), *_rules(route.path_format or "")}
    return sorted(_codes(frozenset(filter(_is_ours, started))))


def _codes(started: Iterable[FunctionType]) -> set[str]:
    seen: set[FunctionType] = set()
    ahead = [*started]
    while ahead:
        function = ahead.pop()
        if function not in seen:
            seen.add(function)
            ahead += _called(function)
    return set().union(*map(_refused_with, seen))


@cache
def _called(function: FunctionType) -> tuple[FunctionType, ...]:
    """The functions of ours that it names, or that it was made with."""
    known = function.__globals__
    modules: set[ModuleType] = set()
    found: list[Any] = [cell.cell_contents for cell in function.__closure__ or () if _filled(cell)]
    for name in _names(function.__code__):
        value = known.get(name)
        if isinstance(value, ModuleType):
            modules.add(value)
        found.append(value)
        found += [getattr(module, name, None) for module in modules]
    return tuple(filter(_is_ours, found))


@cache
def _refused_with(function: FunctionType) -> frozenset[str]:
    if not _REFUSING.intersection(_names(function.__code__)):
        return frozenset()
    texts = {each for each in _constants(function.__code__) if isinstance(each, str)}
    return frozenset(filter(_CODE.fullmatch, texts - _MEASURES))


def _filled(cell: Any) -> bool:  # noqa: ANN401 - a cell has no name
    try:
        return cell.cell_contents is not None
    except ValueError:  # of a function that names itself, before it is made
        return False


def _is_ours(value: object) -> bool:
    return isinstance(value, FunctionType) and value.__module__.startswith(_OURS)


def _names(code: CodeType) -> tuple[str, ...]:
    inner = (each for each in code.co_consts if isinstance(each, CodeType))
    return (*code.co_names, *(name for each in inner for name in _names(each)))


def _constants(code: CodeType) -> Iterator[object]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _constants(each)
        else:
            yield from each if isinstance(each, tuple) else (each,)


def _dependencies(dependant: Dependant) -> Iterator[Any]:
    for each in dependant.dependencies:
        yield each.call
        yield from _dependencies(each)


def _rules(path: str) -> Iterator[Any]:
    """What decides a verb, where the address is one; how a case is opened, where it opens one."""
    first, *rest = path.removeprefix("/v1/").split("/")
    for kind in KINDS.values():
        verb = rest[1].replace("-", "_") if len(rest) == 2 else ""  # noqa: PLR2004
        if kind.path == first and verb in kind.verbs:
            yield decide
            yield _rule(kind, kind.verbs[verb])
        elif kind.path == first and not rest:
            yield from filter(_is_ours, vars(_opening(kind)).values())


def _opening(kind: Kind) -> ModuleType:
    """The module by which a kind is opened, beside that of its rules."""
    rule = next(iter(kind.decisions.values()))
    package = rule.__module__.rpartition(".")[0]
    return sys.modules.get(f"{package}.opening") or sys.modules[rule.__module__]


def _rule(kind: Kind, command: type[Any]) -> Any:  # noqa: ANN401 - a rule of any kind
    # Rules are found by the class of a command; the registry wants one, so it is asked as it asks.
    for table in (kind.decisions, DECISIONS):
        for known in command.__mro__:
            if known in table:
                return table[known]
    return None
