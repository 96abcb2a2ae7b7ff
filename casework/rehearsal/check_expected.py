"""What a scenario expects to see, and no case of that kind could ever show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.time.clock import NAMES, kind_of
from casework.rehearsal import raw
from casework.rehearsal.faults import Place, Problem, one_of

_ONLY = {
    "cycle": {CaseKind.TALENT_CYCLE, CaseKind.PERMIT_CYCLE},
    "request": {CaseKind.REQUEST},
    "visits": {CaseKind.VISITS},
    "debts": {CaseKind.APPLICATION},
    "checks": {CaseKind.APPLICATION},
    "contacts": {CaseKind.APPLICATION},
    "decision": {CaseKind.APPLICATION},
    "delivery": {CaseKind.APPLICATION},
    "entitled_on": {CaseKind.APPLICATION},
    "deemed_accepted": {CaseKind.APPLICATION, CaseKind.REQUEST},
}
"""What only these kinds of cases have."""

_DATES = ("accepted_on", "decided_on")
_OF_A_MATERIAL = {"defer", "rescue"}


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What is looked at: a case of a ``kind``, on a day; ``materials`` and ``people`` by code."""

    kind: CaseKind
    on: date | None
    materials: frozenset[str]
    people: frozenset[str]
    after_an_order: bool


def expected_problems(
    expected: Mapping[str, Any], place: Place, looked: Looked
) -> Iterator[Problem]:
    """Everything that could not be; values of a wrong form are not looked at."""
    yield from _of_its_kind(expected, place, looked)
    yield from _names(expected, place, looked)
    yield from _clocks(expected, place, looked)
    yield from _not_in_the_future(expected, place, looked)
    both = {*_texts(expected.get("events_include"))} & {*_texts(expected.get("never"))}
    for event in sorted(both):
        what = f"{event} 同时在 events_include 和 never 中"
        yield Problem(place=(*place, "never"), what=what, right="其中之一")
    roused = expected.get("roused")
    if isinstance(roused, int) and roused and not looked.after_an_order:
        at = (*place, "roused")
        yield Problem(place=at, what="此前没有指令", right="order 之后的步骤")


def _texts(value: object) -> Iterator[str]:
    return (each for _, each in raw.entries(value, ()) if isinstance(each, str))


def _of_its_kind(expected: Mapping[str, Any], place: Place, looked: Looked) -> Iterator[Problem]:
    label = looked.kind.label
    for name, kinds in _ONLY.items():
        if expected.get(name) not in (None, {}) and looked.kind not in kinds:
            whose = "、".join(sorted({kind.label for kind in kinds}))
            yield Problem(place=(*place, name), what=f"{label}没有此项", right=f"{whose}才有的项")
    stage, stages = (
        raw.text(expected.get("stage")),
        [str(s.value) for s in KINDS[looked.kind].stages],
    )
    elsewhere = {str(s.value) for kind in KINDS.values() for s in kind.stages}
    if stage in elsewhere and stage not in stages:
        what = f"{label}没有阶段 {stage}"
        yield Problem(place=(*place, "stage"), what=what, right=one_of(stage, stages))


def _names(expected: Mapping[str, Any], place: Place, looked: Looked) -> Iterator[Problem]:
    holder = raw.text(expected.get("holder"))
    if holder and holder not in looked.people:
        what = f"岗位表中没有 {holder}"
        yield Problem(place=(*place, "holder"), what=what, right=one_of(holder, looked.people))
    for code in raw.mapping(expected.get("debts")):
        yield from _material(code, (*place, "debts", code), looked)


def _material(code: str, place: Place, looked: Looked) -> Iterator[Problem]:
    if looked.materials and code not in looked.materials:
        yield Problem(place=place, what=f"没有材料 {code}", right=one_of(code, looked.materials))


def _clocks(expected: Mapping[str, Any], place: Place, looked: Looked) -> Iterator[Problem]:
    named: list[tuple[Place, str]] = [
        ((*place, "clocks", name), name) for name in raw.mapping(expected.get("clocks"))
    ]
    named += [
        ((*at, "clock"), raw.text(raw.mapping(card).get("clock")))
        for at, card in raw.entries(expected.get("cards"), (*place, "cards"))
    ]
    for at, name in named:
        kind = kind_of(name)
        if name and kind not in NAMES:
            yield Problem(place=at, what=f"没有期限 {name}", right=one_of(kind, NAMES))
        elif kind in _OF_A_MATERIAL and ":" in name:
            yield from _material(name.partition("#")[0].partition(":")[2], at, looked)


def _not_in_the_future(
    expected: Mapping[str, Any], place: Place, looked: Looked
) -> Iterator[Problem]:
    for at, day in _days(expected, place):
        if looked.on and day > looked.on:
            right = f"不晚于查看的那天 {looked.on}"
            yield Problem(place=at, what=f"{day} 还没有到", right=right)


def _days(expected: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, date]]:
    """The days on which something is said to have happened."""
    found: list[tuple[Place, object]] = [((*place, name), expected.get(name)) for name in _DATES]
    for name, fields in (("cards", ("given_on", "cleared_on")), ("notices", ("dated",))):
        for at, each in raw.entries(expected.get(name), (*place, name)):
            found += [((*at, field), raw.mapping(each).get(field)) for field in fields]
    for name, clock in raw.mapping(expected.get("clocks")).items():
        ended_on = raw.mapping(clock).get("ended_on")
        found.append(((*place, "clocks", name, "ended_on"), ended_on))
    for at, value in found:
        day = raw.day(value)
        if day is not None:
            yield at, day
