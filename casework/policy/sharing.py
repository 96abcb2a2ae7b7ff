"""How an office shares out its work (分办), read from the catalogue: district × item × role × day.

``sharing/default.yaml`` holds for every district, ``sharing/<district>.yaml`` for one. What is said
of an item goes before what is said of ``*``, and the district before the default. No source
prescribes a way: every entry is a [proposal], and the check refuses any other mark.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path

from casework.domain.policy import Mark, Role
from casework.domain.sharing import AS_POSTED, ON_THEIR_OWN, ORDER, SharingRule, Way
from casework.policy.catalogue.documents import CatalogueError, Finding, Location, one_of
from casework.policy.catalogue.sources import SharingFile, SharingSource, Timeline
from casework.policy.catalogue.tree import Loaded, item_codes, load_file
from casework.policy.service_catalogue.tree import read_service_tree

FOLDER, DEFAULT, EVERY = "sharing", "default", "*"
_DISTRICT = re.compile(r"\d{6}")
_NOBODY_AT_ONCE = {Way.POOL, Way.BY_HAND}
_ALWAYS_SOMEBODY = {Role.SUPERVISOR, Role.SUPERIOR}
"""What nobody has falls to them."""
_FALLING_BACK = frozenset({Way.BY_SKILL, Way.SAME_EMPLOYER, Way.POOL})

_Rows = Mapping[str, Mapping[Role, Timeline[SharingSource]]]


@dataclass(frozen=True, kw_only=True)
class SharingPolicy:
    """The ways of all districts; made by ``load_sharing``. ``rows``: by district, "" for all.

    ``leavers``, by district or city as well: whether a directory's leavers need a second person.
    """

    rows: Mapping[str, _Rows] = field(default_factory=dict)
    leavers: Mapping[str, Timeline[bool]] = field(default_factory=dict)

    def leavers_at_once(self, place: str, on: date) -> bool:
        """Whether somebody leaves at once when the directory of a district or city says so."""
        for timeline in (self.leavers.get(place), self.leavers.get("")):
            entry = timeline.at(on) if timeline is not None else None
            if entry is not None:
                return bool(entry.value)
        return False

    def rules(self, district: str, item: str, on: date) -> dict[Role, SharingRule]:
        """By role, how the cases of an item are shared out in a district on that day."""
        return {role: self._rule(district, item, role, on) for role in ORDER}

    def _rule(self, district: str, item: str, role: Role, on: date) -> SharingRule:
        for rows in (self.rows.get(district, {}), self.rows.get("", {})):
            for name in (item, EVERY):
                timeline = rows.get(name, {}).get(role)
                entry = timeline.at(on) if timeline is not None else None
                if entry is None:
                    continue
                if entry.value is None:
                    return AS_POSTED
                said = entry.value
                return SharingRule(
                    way=said.way,
                    otherwise=said.otherwise,
                    cap=said.cap,
                    claim_within=said.claim_within,
                    team=said.team or "",
                    skills=said.skills,
                    reference=entry.reference,
                    mark=entry.mark,
                )
        return AS_POSTED


def sharing_differences(
    before: SharingPolicy, after: SharingPolicy
) -> Iterator[tuple[str, str, Role]]:
    """Where the two say something different: district, "" for all; item or ``*``; role."""
    for district in sorted(before.rows.keys() | after.rows.keys()):
        old, new = before.rows.get(district, {}), after.rows.get(district, {})
        for item in sorted(old.keys() | new.keys()):
            was, is_now = old.get(item, {}), new.get(item, {})
            yield from (
                (district, item, role) for role in ORDER if was.get(role) != is_now.get(role)
            )


def leavers_differences(before: SharingPolicy, after: SharingPolicy) -> Iterator[str]:
    """Where the two take a directory's leavers differently: district or city, "" for all."""
    for place in sorted(before.leavers.keys() | after.leavers.keys()):
        if before.leavers.get(place) != after.leavers.get(place):
            yield place


@cache
def load_sharing() -> SharingPolicy:
    """The ways of the installed catalogue, read once; raises CatalogueError."""
    return read_sharing(files("catalogue"))


def read_sharing(root: Traversable | Path) -> SharingPolicy:
    """The ways below a catalogue's root; raises CatalogueError with all faults."""
    loaded, findings = _read(root)
    if findings:
        raise CatalogueError(findings)
    places = {code: "" if code == DEFAULT else code for code in loaded}
    return SharingPolicy(
        rows={places[code]: file.model.items for code, file in loaded.items()},
        leavers={
            places[code]: file.model.directory_leavers
            for code, file in loaded.items()
            if file.model.directory_leavers is not None
        },
    )


def check_sharing(root: Traversable | Path | None = None) -> list[Finding]:
    """Every fault of the files below a catalogue's root, by file and line."""
    return _read(root or files("catalogue"))[1]


def _read(root: Traversable | Path) -> tuple[dict[str, Loaded[SharingFile]], list[Finding]]:
    items = {EVERY, *item_codes(root), *read_service_tree(root).codes}
    found: dict[str, Loaded[SharingFile]] = {}
    findings: list[Finding] = []
    for code in (DEFAULT, *_districts(root)):
        name = f"{FOLDER}/{code}.yaml"
        if code != DEFAULT and not _DISTRICT.fullmatch(code):
            right = "default.yaml, or the six digits of a district"
            findings.append(Finding(file=name, line=1, field="(file)", problem=_NO, right=right))
            continue
        file, faults = load_file(root, name, SharingFile)
        findings += faults
        if file is not None:
            findings += [*_faults(file, items), *_faults_of_leavers(file)]
            found[code] = file
    return found, sorted(set(findings))


_NO = "named after no district"


def _districts(root: Traversable | Path) -> Iterator[str]:
    folder = root / FOLDER
    for path in sorted(folder.iterdir(), key=lambda each: each.name) if folder.is_dir() else ():
        code, dot, ending = path.name.rpartition(".")
        if dot and ending == "yaml" and code != DEFAULT:
            yield code


def _faults(file: Loaded[SharingFile], items: set[str]) -> Iterator[Finding]:
    document = file.document
    for item, roles in file.model.items.items():
        if item not in items:
            at: Location = ("items", item)
            yield document.finding(at, f"unknown item {item}", one_of(item, sorted(items)))
        for role, timeline in roles.items():
            at = ("items", item, role)
            if role not in ORDER:
                right = f"one of {', '.join(ORDER)}"
                yield document.finding(at, f"{role} is given no work", right)
            for index, (one, other) in enumerate(pairwise(timeline.root), start=1):
                if other.since <= one.since:
                    right = f"a day after {one.since}: entries are added below"
                    yield document.finding((*at, index, "from"), "out of order", right)
            for index, entry in enumerate(timeline.root):
                if role in _ALWAYS_SOMEBODY and entry.value and entry.value.way in _NOBODY_AT_ONCE:
                    right = "fixed, in_turn or least_loaded: what nobody has falls to them"
                    problem = f"nobody would be the {role} at once"
                    yield document.finding((*at, index, "value", "way"), problem, right)
                yield from _faults_of(file, (*at, index), entry.value, entry.mark)


def _faults_of_leavers(file: Loaded[SharingFile]) -> Iterator[Finding]:
    timeline = file.model.directory_leavers
    for index, entry in enumerate(timeline.root if timeline is not None else ()):
        if entry.mark is not Mark.PROPOSAL:
            right = "proposal: no source speaks of a directory"
            at: Location = ("directory_leavers", index, "mark")
            yield file.document.finding(at, f"{entry.mark} says more than is known", right)


def _faults_of(
    file: Loaded[SharingFile], at: Location, said: SharingSource | None, mark: Mark
) -> Iterator[Finding]:
    document = file.document
    if mark is not Mark.PROPOSAL:
        right = "proposal: how an office shares out its work is prescribed nowhere"
        yield document.finding((*at, "mark"), f"{mark} says more than is known", right)
    if said is None:
        return
    if said.way in _FALLING_BACK and said.otherwise not in ON_THEIR_OWN:
        right = f"one of {', '.join(ON_THEIR_OWN)}"
        problem = f"{said.otherwise} may find nobody either"
        yield document.finding((*at, "value", "otherwise"), problem, right)
    if said.way is Way.POOL and not said.team:
        right = "the team of the posts whose people claim"
        yield document.finding((*at, "value", "way"), "a pool of no team", right)
    if said.skills and said.way is not Way.BY_SKILL:
        right = "leave it out, or write way: by_skill"
        yield document.finding((*at, "value", "skills"), "nothing asks for a skill", right)
