"""The catalogue's folder, read: every file parsed, every fault in a file's shape found."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import Generic, TypeVar

from pydantic import BaseModel

from casework.domain.orders import city_of
from casework.policy.catalogue.documents import Document, Finding, read_document
from casework.policy.catalogue.layers import Stack
from casework.policy.catalogue.parsing import parse
from casework.policy.catalogue.sources import (
    ItemFile,
    Layer,
    MeasureFile,
    ProfileFile,
    VocabularyFile,
)

DEFAULTS = "defaults.yaml"
VOCABULARY = "vocabulary.yaml"
PROFILE = "profile"

ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class Loaded(Generic[ModelT]):
    """A file as its model, with the document that knows its lines."""

    document: Document
    model: ModelT


@dataclass(kw_only=True)
class Tree:
    """What the folder holds. A file with a fault of shape has a name here but no content."""

    defaults: Loaded[Layer] | None = None
    vocabulary: Loaded[VocabularyFile] | None = None
    items: dict[str, Loaded[ItemFile] | None] = field(default_factory=dict)
    profiles: dict[str, Loaded[ProfileFile] | None] = field(default_factory=dict)
    overlays: dict[tuple[str, str], Loaded[Layer] | None] = field(default_factory=dict)
    measures: dict[str, Loaded[MeasureFile] | None] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def layers(self) -> Iterator[tuple[str, Loaded[Layer]]]:
        """Every readable layer with the item it speaks of (empty for the defaults)."""
        if self.defaults:
            yield "", self.defaults
        for code, item in self.items.items():
            if item:
                yield code, Loaded(document=item.document, model=item.model)
        for (_, code), overlay in self.overlays.items():
            if overlay:
                yield code, overlay

    def offers(self, item: str, district: str) -> bool:
        """Whether the district belongs to the city whose item it is."""
        known = self.items.get(item)
        return known is not None and city_of(district) == known.model.city

    def stack(self, item: str, district: str = "") -> Stack | None:
        """The readable layers of an item, with the district's own on top."""
        base, overlay = self.items.get(item), self.overlays.get((district, item))
        if self.defaults is None or base is None:
            return None
        own = (overlay.model,) if overlay else ()
        return Stack(layers=(self.defaults.model, base.model, *own))


def read_tree(root: Traversable) -> Tree:
    """Read all files below ``root`` but the calendars and the generated schemas."""
    tree = Tree()
    tree.defaults = _load(tree, root / DEFAULTS, DEFAULTS, Layer)
    tree.vocabulary = _load(tree, root / VOCABULARY, VOCABULARY, VocabularyFile)
    for code, path, name in _yaml_files(tree, root / "items", "items"):
        tree.items[code] = _load(tree, path, name, ItemFile)
    for effect, path, name in _yaml_files(tree, root / "measures", "measures"):
        tree.measures[effect] = _load(tree, path, name, MeasureFile)
    for folder in _entries(root / "districts"):
        if folder.is_dir():
            _read_district(tree, folder)
    return tree


def _read_district(tree: Tree, folder: Traversable) -> None:
    district = folder.name
    tree.profiles[district] = None
    for code, path, name in _yaml_files(tree, folder, f"districts/{district}"):
        if code == PROFILE:
            tree.profiles[district] = _load(tree, path, name, ProfileFile)
        else:
            tree.overlays[district, code] = _load(tree, path, name, Layer)
    if not (folder / f"{PROFILE}.yaml").is_file():
        _fault(tree, f"districts/{district}/{PROFILE}.yaml", "missing", "each district has one")


def _load(tree: Tree, path: Traversable, name: str, model: type[ModelT]) -> Loaded[ModelT] | None:
    if not path.is_file():
        _fault(tree, name, "missing", "the catalogue has this file")
        return None
    document, findings = read_document(path, name)
    tree.findings += findings
    if document is None:
        return None
    content, findings = parse(document, model)
    tree.findings += findings
    return None if content is None else Loaded(document=document, model=content)


def _yaml_files(
    tree: Tree, folder: Traversable, name: str
) -> Iterator[tuple[str, Traversable, str]]:
    """Each file's stem, path, and name from the catalogue's root, in order of names."""
    for path in _entries(folder):
        if path.is_dir() or not path.name.endswith(".yaml"):
            _fault(tree, f"{name}/{path.name}", "not read", "only *.yaml files belong here")
        else:
            yield path.name.removesuffix(".yaml"), path, f"{name}/{path.name}"


def _entries(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        return []
    shown = (path for path in folder.iterdir() if not path.name.startswith((".", "__")))
    return sorted(shown, key=lambda path: path.name)


def _fault(tree: Tree, file: str, problem: str, right: str) -> None:
    finding = Finding(file=file, line=1, field="(file)", problem=problem, right=right)
    tree.findings.append(finding)
