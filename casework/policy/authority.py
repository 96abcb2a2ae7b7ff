"""The table of authority, read from the catalogue: who may do what with which case.

``authority/default.yaml`` holds for every district, ``authority/<district>.yaml`` takes the place
of single rows there. A file may narrow what a verb's own roles allow, and never widen it. Which
system may say what stands in the rosters.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from casework.domain.authority import (
    GENERAL,
    INSIDE,
    Action,
    Extent,
    Matrix,
    Municipal,
    System,
    actions_of,
)
from casework.domain.authority.matrix import Actions
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.policy.catalogue.documents import CatalogueError, Finding, one_of
from casework.policy.catalogue.sources import AuthorityFile
from casework.policy.catalogue.tree import Loaded, load_file
from casework.policy.roster import RosterError, load_roster
from casework.policy.service_roster import load_service_roster
from casework.policy.staffing import StaffOfDay, go_by_files, staff
from casework.policy.system_bindings import filed_twice
from casework.settings import Settings

FOLDER, DEFAULT = "authority", "default"
KNOWN = (*(kind.value for kind in KINDS), GENERAL)
_OF_A_LIST = frozenset({Extent.OWN, Extent.DISTRICT, Extent.EVERYWHERE})
_DISTRICT = re.compile(r"\d{6}")
_FIXED = frozenset({Action.READ.value})

AuthorityLoaded = Loaded[AuthorityFile]


def load_authority(on: date | None = None) -> Matrix:
    """The table of the catalogue in force, with the staff of a day, by default today.

    The staff is that of the register as this process knows it, else that of the roster files; the
    systems are those of the files. Without a change the answer is the same object.

    Raises:
        CatalogueError: with every fault of its files. RosterError: of the sample rosters.
    """
    table = _table()
    day = staff().on(on or _today())
    known = _IN_FORCE[0] if _IN_FORCE else None
    if known is None or known[0] is not table or known[1] is not day:
        known = (
            table,
            day,
            replace(
                table, staff=day.people, superiors=day.superiors, homes=day.homes, cities=day.cities
            ),
        )
        _IN_FORCE[:] = [known]
    return known[2]


def bind_rosters(settings: Settings) -> None:
    """Let this process go by the rosters of these settings; else by the samples.

    Raises:
        CatalogueError, RosterError: with every fault of the files.
    """
    files = (settings.roster_file, settings.service_roster_file)
    known = _with_systems(*files)
    _TABLE[:] = [replace(_PUBLISHED[0], systems=known.systems) if _PUBLISHED else known]
    go_by_files(*files)


def hold_table(table: Matrix) -> None:
    """Let this process go by the table of a published catalogue; people and systems stay."""
    if _PUBLISHED and _PUBLISHED[0] is table:
        return
    systems = _table().systems
    _PUBLISHED[:] = [table]
    _TABLE[:] = [replace(table, systems=systems)]


def _table() -> Matrix:
    if not _TABLE:
        _TABLE.append(_with_systems(None, None))
    return _TABLE[0]


_PUBLISHED: list[Matrix] = []
"""One at most: the table of the catalogue that this process holds; else that of the package."""
_TABLE: list[Matrix] = []
"""One at most: the table and the systems by which this process goes."""
_IN_FORCE: list[tuple[Matrix, StaffOfDay, Matrix]] = []
"""One at most: the last answer, and from what it was made."""


def _today() -> date:
    # A validator of a workflow asks without a day, and is not run again on replay.
    return local_date(datetime.now(UTC))  # noqa: TID251


@cache
def _with_systems(roster_file: Path | None, service_roster_file: Path | None) -> Matrix:
    centres = load_roster(roster_file)
    services = load_service_roster(service_roster_file, centres)
    systems: dict[str, System] = {**centres.systems, **services.systems}
    if twice := [str(fault) for fault in filed_twice(systems)]:
        raise RosterError("\n".join(twice))
    return replace(read_authority(files("catalogue")), systems=systems)


def read_authority(root: Traversable | Path, *, kept: bool = False) -> Matrix:
    """The table below a catalogue's root; raises CatalogueError with all its faults.

    ``kept``: it was published before, perhaps under a release that knew fewer actions. What it does
    not say of later ones stands in the packaged table, and orders may do what they carry out.
    """
    default, districts, findings = _read(root, complete=not kept)
    if default is None or findings:
        raise CatalogueError(findings)
    source = default.model.municipal
    packaged = _packaged_actions() if kept else {}
    actions = {**packaged, **_actions(default.model)}
    overlays = {code: _actions(loaded.model) for code, loaded in districts.items()}
    return Matrix(
        actions=_with_orders(actions) if kept else actions,
        districts={code: _with_orders(rows) if kept else rows for code, rows in overlays.items()},
        by_office=frozenset(default.model.by_office),
        municipal=Municipal(
            roles=frozenset(source.roles),
            kinds=frozenset(source.kinds),
            classes=frozenset(source.classes),
        )
        if source
        else Municipal(),
    )


def check_authority(root: Traversable | Path | None = None) -> list[Finding]:
    """Every fault of the files of authority below a catalogue's root, by file and line."""
    return _read(root or files("catalogue"))[2]


BY_ORDER = "reassign"
"""The verb by which approved orders hand on work. No other system may use it, whatever a table says
(``REBALANCE_BY_ORDER_ONLY``), and without them an order to rebalance would do nothing."""


def _with_orders(actions: Actions) -> Actions:
    return {
        (kind, action): {**row, Role.SYSTEM: Extent.EVERYWHERE}
        if action == BY_ORDER and kind != GENERAL
        else row
        for (kind, action), row in actions.items()
    }


def _without_orders(loaded: AuthorityLoaded) -> Iterator[Finding]:
    """Where a table keeps approved orders from what they are for."""
    for kind, rows in loaded.model.actions.items():
        row = rows.get(BY_ORDER) if kind != GENERAL else None
        if row is not None and row.get(Role.SYSTEM) is not Extent.EVERYWHERE:
            said = "approved orders to rebalance (负荷均衡) could hand on none of these cases"
            right = "add system: everywhere; only approved orders can use it"
            yield loaded.document.finding(("actions", kind, BY_ORDER), said, right)


@cache
def _packaged_actions() -> Actions:
    return read_authority(files("catalogue")).actions


def _actions(file: AuthorityFile) -> Actions:
    return {
        (kind, action): row for kind, rows in file.actions.items() for action, row in rows.items()
    }


def _read(
    root: Traversable | Path, *, complete: bool = True
) -> tuple[AuthorityLoaded | None, dict[str, AuthorityLoaded], list[Finding]]:
    default, findings = load_file(root, f"{FOLDER}/{DEFAULT}.yaml", AuthorityFile)
    if default is not None:
        findings += _faults(default)
        if complete:
            findings += [*_missing(default), *_without_orders(default)]
    districts: dict[str, AuthorityLoaded] = {}
    for code in _overlays(root):
        if not _DISTRICT.fullmatch(code):
            findings.append(_no_district(code))
            continue
        loaded, found = load_file(root, f"{FOLDER}/{code}.yaml", AuthorityFile)
        findings += found
        if loaded is not None:
            findings += [*_faults(loaded), *_of_a_district(loaded)]
            findings += _without_orders(loaded) if complete else ()
            districts[code] = loaded
    return default, districts, sorted(set(findings))


def _overlays(root: Traversable | Path) -> Iterator[str]:
    folder = root / FOLDER
    for path in sorted(folder.iterdir(), key=lambda each: each.name) if folder.is_dir() else ():
        code, dot, ending = path.name.rpartition(".")
        if dot and ending == "yaml" and code != DEFAULT:
            yield code


def _no_district(name: str) -> Finding:
    right = "default.yaml, or the six digits of a district"
    file = f"{FOLDER}/{name}.yaml"
    return Finding(
        file=file, line=1, field="(file)", problem="named after no district", right=right
    )


def _faults(loaded: AuthorityLoaded) -> Iterator[Finding]:
    """What no file may say."""
    document = loaded.document
    for kind, rows in loaded.model.actions.items():
        if kind not in KNOWN:
            yield document.finding(("actions", kind), "unknown kind of case", one_of(kind, KNOWN))
            continue
        known = actions_of(kind)
        for action, row in rows.items():
            at = ("actions", kind, action)
            if action not in known:
                yield document.finding(at, "unknown action", one_of(action, known))
            for role, extent in row.items():
                if role not in _roles(kind, action):
                    right = "leave it out: a file narrows what a verb allows, and never widens it"
                    yield document.finding((*at, role), f"{role} has no part in this verb", right)
                if action in _FIXED and extent not in _OF_A_LIST:
                    right = "own, district or everywhere: lists are narrowed by it"
                    yield document.finding((*at, role), f"{extent} tells no list", right)


def _roles(kind: str, action: str) -> frozenset[Role]:
    if kind != GENERAL and action == Action.READ_NOTES:
        return INSIDE
    verb = KINDS[CaseKind(kind)].verbs.get(action) if kind != GENERAL else None
    return verb.roles if verb is not None else frozenset(Role)


def _missing(loaded: AuthorityLoaded) -> Iterator[Finding]:
    """Every action has its row: nobody may do what stands nowhere, and nobody would know why."""
    for kind in KNOWN:
        rows = loaded.model.actions.get(kind, {})
        for action in actions_of(kind):
            if action not in rows:
                at = ("actions", kind)
                yield loaded.document.finding(at, f"nothing about {action}", "write its roles")


def _of_a_district(loaded: AuthorityLoaded) -> Iterator[Finding]:
    """What holds for all districts alike stands in the default file only."""
    document, model = loaded.document, loaded.model
    if model.by_office or model.municipal is not None:
        yield document.finding((), "by_office and municipal hold everywhere", "default.yaml")
    for kind, rows in model.actions.items():
        for action in rows.keys() & _FIXED if kind != GENERAL else rows:
            at = ("actions", kind, action)
            yield document.finding(at, "the same in every district", "write it in default.yaml")
