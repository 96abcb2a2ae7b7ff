"""The files of talent service, read: every file parsed, every fault in a file's shape found."""

from dataclasses import dataclass, field
from importlib.resources.abc import Traversable

from casework.domain.kinds.registry import KINDS, CaseKind
from casework.policy.catalogue.documents import Finding
from casework.policy.catalogue.sources import ProfileFile
from casework.policy.catalogue.tree import PROFILE, Loaded, ModelT, load_file
from casework.policy.service_catalogue.rules import Place, centre_place, platform_place
from casework.policy.service_catalogue.sources import (
    AppointmentsFile,
    CyclesFile,
    KindFile,
    PlatformsFile,
    ServicesFile,
    VisitsFile,
)

FOLDER = "service"


@dataclass(kw_only=True)
class ServiceTree:
    """What the folder holds; a file with a fault of shape is None. ``places`` by division code."""

    services: Loaded[ServicesFile] | None = None
    cycles: Loaded[CyclesFile] | None = None
    ratings: Loaded[KindFile] | None = None
    visits: Loaded[VisitsFile] | None = None
    platforms: Loaded[PlatformsFile] | None = None
    kinds: dict[CaseKind, Loaded[KindFile]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def codes(self) -> set[str]:
        """The codes of everything for which a case of talent service is opened."""
        services = self.services.model.services if self.services else ()
        cycles = self.cycles.model if self.cycles else None
        of_cycles = (cycles.talent.code, cycles.permit.code) if cycles else ()
        others = (self.ratings, self.visits, *self.kinds.values())
        return {*services, *of_cycles, *(each.model.code for each in others if each)}


def read_service_tree(root: Traversable) -> ServiceTree:
    """Read ``service`` below the catalogue's root, and the profiles of its districts.

    Faults of the profiles are left to the check of the catalogue of items.
    """
    tree = ServiceTree()
    tree.services = _load(tree, root, "services", ServicesFile)
    tree.cycles = _load(tree, root, "cycles", CyclesFile)
    tree.ratings = _load(tree, root, "ratings", KindFile)
    tree.visits = _load(tree, root, "visits", VisitsFile)
    tree.platforms = _load(tree, root, "platforms", PlatformsFile)
    for kind in kinds_with_limits():
        # A catalogue that was published before there was the kind has no file for it.
        if (root / FOLDER / f"{KINDS[kind].path}.yaml").is_file():
            model = AppointmentsFile if kind is CaseKind.APPOINTMENT else KindFile
            loaded = _load(tree, root, KINDS[kind].path, model)
            if loaded is not None:
                tree.kinds[kind] = loaded
    tree.places = _centres(root / "districts")
    if tree.platforms:
        for district, source in tree.platforms.model.platforms.items():
            tree.places[district] = platform_place(district, source)
    return tree


def kinds_with_limits() -> list[CaseKind]:
    """The kinds whose policy is nothing but the limits of a file of their own."""
    opened = ((kind, known.opens) for kind, known in KINDS.items() if known.opens is not None)
    return [kind for kind, opens in opened if opens.policy is None]


def _load(
    tree: ServiceTree, root: Traversable, stem: str, model: type[ModelT]
) -> Loaded[ModelT] | None:
    loaded, findings = load_file(root, f"{FOLDER}/{stem}.yaml", model)
    tree.findings += findings
    return loaded


def _centres(folder: Traversable) -> dict[str, Place]:
    centres = {}
    for entry in sorted(folder.iterdir(), key=lambda path: path.name) if folder.is_dir() else []:
        loaded, _ = load_file(folder, f"{entry.name}/{PROFILE}.yaml", ProfileFile)
        if loaded:
            centres[entry.name] = centre_place(entry.name, loaded.model)
    return centres
