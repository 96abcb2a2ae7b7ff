"""What a scenario makes happen, as elements, and the smallest set of files with all of them.

``make test`` plays all files on the rules alone, and on Temporal those that together have every
element of any that Temporal has a part in: each opening, fact, absence and order of each kind of
case, each delivery, each contact. A verb is the same update whichever it is, and where it leads the
rules alone decide; so do they which code a refusal has, and which dates are reckoned: of refusals
each kind of case has one of a verb, an order or an opening. ``make nightly`` plays all on both.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from casework.rehearsal.given import KIND_OF

SCENARIOS = tuple(sorted((Path(__file__).parents[1] / "scenarios").glob("*.yaml")))

Elements = frozenset[tuple[str, ...]]
BY_THE_RULES = {"do", "stage", "debts", "decision"}
"""What the rules alone decide, by the first word of an element."""


def elements(scenario: Mapping[str, Any]) -> Elements:
    """What happens in a scenario, as its file says it."""
    return frozenset(_elements(scenario))


def cover(files: Mapping[Path, Elements]) -> tuple[Path, ...]:
    """Few files with all elements of any: always the same ones, in order.

    Whichever file adds most comes next, the first by name where several do; in the end whatever
    the others make superfluous is left out.
    """
    left: set[tuple[str, ...]] = set().union(*files.values())
    chosen: list[Path] = []
    while left:
        best = max(sorted(files), key=lambda path: len(files[path] & left))
        chosen.append(best)
        left -= files[best]
    for path in tuple(chosen):
        others = [files[each] for each in chosen if each != path]
        if files[path] <= frozenset().union(*others):
            chosen.remove(path)
    return tuple(sorted(chosen))


@cache
def all_elements() -> Mapping[Path, Elements]:
    """The elements of every scenario, without what the rules alone decide."""
    return {
        path: frozenset(each for each in elements(_read(path)) if each[0] not in BY_THE_RULES)
        for path in SCENARIOS
    }


def _read(path: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return found


def _elements(scenario: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    kinds: dict[str, str] = {}
    for name, case in _cases(scenario):
        given = case["given"]
        kind = kinds[name] = _kind(given)
        yield ("given", kind)
        yield from _seen(case.get("final", {}), kind)
    first = next(iter(kinds.values()))
    if len(kinds) > 1:
        yield ("several cases", first)
    for step in scenario.get("before", ()):
        yield ("before", step["order"]["kind"])
    for step in scenario["steps"]:
        kind = _kind_of(step, kinds, first)
        yield from _done(step, kind)
        yield from _seen(step.get("expect", {}), kind)
    yield from _seen(scenario.get("final", {}), first)


def _cases(scenario: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if "given" in scenario:
        yield _kind(scenario["given"]), scenario
    else:
        yield from scenario["cases"].items()


def _kind(given: Mapping[str, Any]) -> str:
    return next((kind for kind in KIND_OF if kind in given), "application")


def _kind_of(step: Mapping[str, Any], kinds: dict[str, str], first: str) -> str:
    """The kind of the case that a step is about, or opens."""
    if "open" in step:
        kind = _kind(step["open"])
        kinds[step.get("name", kind)] = kind
        return kind
    name = step.get("case", "")
    return kinds.get(name, "talent" if name == "talent" else first)


def _done(step: Mapping[str, Any], kind: str) -> Iterator[tuple[str, ...]]:
    ways = {"do", "signal", "order", "open", "absent"} & step.keys()
    if "refused" in step:
        yield from (("refused", kind, way) for way in ways)
    for way in {"do", "signal"} & ways:
        yield (way, kind, step[way])
    for way in {"absent", "open"} & ways:
        yield (way, kind)
    if "order" in step:
        order = step["order"]
        yield ("order", kind, order["kind"])
        yield from (("order", order["kind"], f, order[f]) for f in _FORMS & order.keys())
        yield from (("order", order["kind"], f) for f in _PARTS & order.keys())


_FORMS = {"scope", "clocks", "effect"}
_PARTS = {"outreach", "channels", "district"}
_OUTCOMES = {"stage", "delivery", "decision", "deemed_accepted"}


def _seen(expected: Mapping[str, Any], kind: str) -> Iterator[tuple[str, ...]]:
    yield from ((field, kind, str(expected[field])) for field in _OUTCOMES & expected.keys())
    for field in ("debts", "contacts"):
        yield from ((field, state) for state in expected.get(field, {}).values())
