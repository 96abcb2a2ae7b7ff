"""Which system may say what: the ``systems`` of a roster file, by system code."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from casework.domain.authority import GENERAL, ITSELF, Action, System, actions_of
from casework.domain.authority.filing import RESERVED_SOURCES
from casework.domain.authority.matrix import GIVEN_SOURCES
from casework.domain.directory import SPEAKS_AS
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.policy import Role

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:#-]{0,63}")
_DISTRICT = re.compile(r"\d{6}", re.ASCII)
_FIELDS = ("name", "sources", "districts", "may")
_KINDS = (*(kind.value for kind in KINDS), GENERAL)
_ENTRY = "write `code: {name: …, sources: [...], districts: [...], may: {kind: [action, …]}}`"


@dataclass(frozen=True, kw_only=True)
class SystemFault:
    """What is wrong with a system of a roster, and what is right."""

    place: tuple[str | int, ...]
    problem: str
    right: str

    def __str__(self) -> str:
        """One line for an engineer."""
        return f"{'.'.join(map(str, self.place))}: {self.problem}; {self.right}"


def read_systems(written: object) -> tuple[dict[str, System], list[SystemFault]]:
    """The systems of a roster file, and all faults in them.

    ``written``: the value of the field ``systems``, straight from YAML. Without ``sources`` a
    system deals with cases of every source and files none; without ``districts``, with those of
    every district.
    """
    if not isinstance(written, Mapping):
        return {}, [_fault((), "no system is bound to anything", _ENTRY)]
    systems: dict[str, System] = {}
    faults: list[SystemFault] = []
    for code, entry in written.items():
        found = list(_faults(code, entry))
        faults += found
        if not found:
            systems[str(code)] = _system(entry)
    return systems, [*faults, *filed_twice(systems)]


def _system(entry: Mapping[str, object]) -> System:
    sources, districts, may = (entry.get(name) for name in _FIELDS[1:])
    return System(
        name=str(entry.get("name", "")),
        sources=tuple(sources) if isinstance(sources, list) else None,
        districts=frozenset(districts) if isinstance(districts, list) else None,
        may=frozenset(_pairs(may)),
    )


def _pairs(may: object) -> Iterator[tuple[str, str]]:
    if isinstance(may, Mapping):
        for kind, actions in may.items():
            yield from ((kind, action) for action in actions)


def _faults(code: object, entry: object) -> Iterator[SystemFault]:
    place = str(code)
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        yield _fault((place,), "no code", "letters, digits, dots, dashes and underscores only")
    elif code in ITSELF or code.startswith(SPEAKS_AS):
        yield _fault((place,), "Casework itself speaks by this code", "take another one")
    if not isinstance(entry, Mapping):
        yield _fault((place,), "no mapping", _ENTRY)
        return
    for name in entry:
        if name not in _FIELDS:
            yield _fault((place, str(name)), "unknown field", f"one of {', '.join(_FIELDS)}")
    if not isinstance(entry.get("name", ""), str):
        yield _fault((place, "name"), "no text", "write what people call the system")
    yield from _listed(place, "sources", entry, _SOURCE, "codes of sources, such as points-portal")
    yield from _listed(place, "districts", entry, _DISTRICT, "districts of six digits, in quotes")
    yield from _reserved(place, entry.get("sources"))
    yield from _actions(place, entry.get("may"), files=bool(entry.get("sources")))


def _listed(
    code: str, name: str, entry: Mapping[object, object], form: re.Pattern[str], right: str
) -> Iterator[SystemFault]:
    if name not in entry:
        return
    found = entry[name]
    if not isinstance(found, list) or not found:
        yield _fault((code, name), "no list", f"{right}; left out: all")
        return
    for index, each in enumerate(found):
        if not isinstance(each, str) or not form.fullmatch(each):
            yield _fault((code, name, index), "has the wrong form", right)
        elif found.index(each) != index:
            yield _fault((code, name, index), "stands here twice", "keep one")


def _reserved(code: str, sources: object) -> Iterator[SystemFault]:
    for index, source in enumerate(sources if isinstance(sources, list) else ()):
        if isinstance(source, str) and source.partition(".")[0] in RESERVED_SOURCES:
            yield _fault(
                (code, "sources", index), "no system files under this source", "take another"
            )


def _actions(code: str, may: object, *, files: bool) -> Iterator[SystemFault]:
    if not isinstance(may, Mapping) or not may:
        yield _fault((code, "may"), "says nothing that it may do", "write `may: {kind: [action]}`")
        return
    for kind, actions in may.items():
        place = (code, "may", str(kind))
        if kind not in _KINDS:
            yield _fault(place, "unknown kind of case", f"one of {', '.join(_KINDS)}")
        elif not isinstance(actions, list) or not actions:
            yield _fault(place, "no list", "write the actions of `casework authority table`")
        else:
            yield from _of_kind(place, kind, actions, files=files)


def _of_kind(
    place: tuple[str, ...], kind: str, actions: list[object], *, files: bool
) -> Iterator[SystemFault]:
    known = actions_of(kind)
    for index, action in enumerate(actions):
        at: tuple[str | int, ...] = (*place, index)
        if not isinstance(action, str) or action not in known:
            yield _fault(at, "unknown action", "one of those of `casework authority table`")
            continue
        verb = KINDS[CaseKind(kind)].verbs.get(action) if kind != GENERAL else None
        if verb is not None and Role.SYSTEM not in verb.roles:
            yield _fault(at, "no system has a part in this verb", "leave it out")
        if action == Action.OPEN and kind not in GIVEN_SOURCES and not files:
            yield _fault(at, "it has no source to file under", "write `sources`")


def filed_twice(systems: Mapping[str, System]) -> Iterator[SystemFault]:
    """Two systems that file under one source could take each other's references."""
    owners: dict[tuple[str, str], str] = {}
    for code, system in systems.items():
        for kind, action in sorted(system.may):
            if action != Action.OPEN or kind in GIVEN_SOURCES:
                continue
            for source in system.sources or ():
                owner = owners.setdefault((kind, source), code)
                if owner != code:
                    problem = f"{owner} files {kind} under {source} as well"
                    yield _fault((code, "sources"), problem, "one source, one system")


def _fault(place: tuple[str | int, ...], problem: str, right: str) -> SystemFault:
    return SystemFault(place=("systems", *place), problem=problem, right=right)
