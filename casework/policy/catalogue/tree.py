"""The catalogue's folder, read: every file parsed, every fault in a file's shape found."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import reduce
from importlib.resources.abc import Traversable
from operator import truediv
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from casework.domain.policy import city_of
from casework.policy.catalogue.documents import Document, Finding, Location, one_of, read_document
from casework.policy.catalogue.rules import Stack
from casework.policy.catalogue.sources import (
    ItemFile,
    Layer,
    MeasureFile,
    ProfileFile,
    VocabularyFile,
)

ModelT = TypeVar("ModelT", bound=BaseModel)

_RIGHTS = {
    "missing": "write it: nothing is assumed",
    "date_type": "write a real date as YYYY-MM-DD, without quotes",
    "bool_type": "write true or false, without quotes",
    "int_type": "write a whole number, without quotes",
    "string_type": "write text; a number such as a district code needs quotes",
    "tuple_type": "write a list: [a, b]",
    "dict_type": "write a mapping: one `key: value` a line",
    "model_type": "write a mapping: one `key: value` a line",
    "string_too_short": "write it, or leave the field out",
    "too_short": "write at least one entry, or leave the field out",
    "greater_than_equal": "write 1 or more; `value: null` repeals",
}
_UNION_TAGS = frozenset({"bool", "int", "str", "tuple[str, ...]", "[key]"})


def parse(document: Document, model: type[ModelT]) -> tuple[ModelT | None, list[Finding]]:
    """The file as its model, or all the faults in its shape."""
    try:
        return model.model_validate(document.data), []
    except ValidationError as error:
        schema = model.model_json_schema()
        found = {
            (finding.line, finding.field): finding
            for details in reversed(list(_telling(error.errors(include_url=False))))
            for finding in [_finding(document, details, schema)]
        }
        return None, list(found.values())


def _telling(errors: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Errors without their echoes: a list is not too short because its entries are faulty."""
    bad_keys = {error["loc"][:-1] for error in errors if error["loc"][-1:] == ("[key]",)}
    for error in errors:
        inside_bad_key = any(error["loc"][: len(key)] == key for key in bad_keys)
        if inside_bad_key and error["loc"][-1:] != ("[key]",):
            continue
        if error["type"] == "too_short" and error["input"]:
            continue
        yield error


def _finding(document: Document, error: ErrorDetails, schema: dict[str, Any]) -> Finding:
    place: Location = tuple(step for step in error["loc"] if step not in _UNION_TAGS)
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        known = _fields(schema, place[:-1])
        return document.finding(place, "unknown field", one_of(str(place[-1]), known))
    if kind == "missing":
        return document.finding(place, "missing", _RIGHTS[kind])
    if kind in {"enum", "literal_error"}:
        known = [word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")]
        wrong = str(error["input"])
        return document.finding(place, f"{wrong!r} is not known here", one_of(wrong, known))
    if kind == "string_pattern_mismatch":
        right = f"write text of the form {context['pattern']}"
        return document.finding(place, f"{error['input']!r} has the wrong form", right)
    return document.finding(
        place, f"{error['input']!r} will not do", _RIGHTS.get(kind, error["msg"])
    )


def _fields(schema: dict[str, Any], place: Location) -> list[str]:
    """The fields that the schema knows at a place."""
    part = _resolved(schema, schema)
    for step in place:
        if isinstance(step, int):
            part = part.get("items", {})
        else:
            part = part.get("properties", {}).get(step) or part.get("additionalProperties") or {}
        part = _resolved(part, schema)
    return list(part.get("properties", {}))


def _resolved(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, and pass by the null of an optional value."""
    if "anyOf" in part:
        part = next(choice for choice in part["anyOf"] if choice.get("type") != "null")
    if "$ref" in part:
        return _resolved(schema["$defs"][part["$ref"].rsplit("/", 1)[-1]], schema)
    return part


DEFAULTS = "defaults.yaml"
VOCABULARY = "vocabulary.yaml"
PROFILE = "profile"


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
    tree.defaults = _load(tree, root, DEFAULTS, Layer)
    tree.vocabulary = _load(tree, root, VOCABULARY, VocabularyFile)
    for code, name in _yaml_files(tree, root / "items", "items"):
        tree.items[code] = _load(tree, root, name, ItemFile)
    for effect, name in _yaml_files(tree, root / "measures", "measures"):
        tree.measures[effect] = _load(tree, root, name, MeasureFile)
    for folder in _entries(root / "districts"):
        if folder.is_dir():
            _read_district(tree, root, folder)
    return tree


def item_codes(root: Traversable) -> set[str]:
    """The items that have a file below the root, whatever stands in it: soon told."""
    return {code for code, _ in _yaml_files(Tree(), root / "items", "items")}


def _read_district(tree: Tree, root: Traversable, folder: Traversable) -> None:
    district = folder.name
    tree.profiles[district] = None
    for code, name in _yaml_files(tree, folder, f"districts/{district}"):
        if code == PROFILE:
            tree.profiles[district] = _load(tree, root, name, ProfileFile)
        else:
            tree.overlays[district, code] = _load(tree, root, name, Layer)
    if not (folder / f"{PROFILE}.yaml").is_file():
        _fault(tree, f"districts/{district}/{PROFILE}.yaml", "missing", "each district has one")


def _load(tree: Tree, root: Traversable, name: str, model: type[ModelT]) -> Loaded[ModelT] | None:
    loaded, findings = load_file(root, name, model)
    tree.findings += findings
    return loaded


def load_file(
    root: Traversable, name: str, model: type[ModelT]
) -> tuple[Loaded[ModelT] | None, list[Finding]]:
    """One file below the root as its model, or all faults of its shape."""
    path = reduce(truediv, name.split("/"), root)
    if not path.is_file():
        right = "the catalogue has this file"
        return None, [Finding(file=name, line=1, field="(file)", problem="missing", right=right)]
    document, findings = read_document(path, name)
    if document is None:
        return None, findings
    content, found = parse(document, model)
    if content is None:
        return None, [*findings, *found]
    return Loaded(document=document, model=content), findings


def _yaml_files(tree: Tree, folder: Traversable, name: str) -> Iterator[tuple[str, str]]:
    """Each file's stem, and its name from the catalogue's root, in order of names."""
    for path in _entries(folder):
        if path.is_dir() or not path.name.endswith(".yaml"):
            _fault(tree, f"{name}/{path.name}", "not read", "only *.yaml files belong here")
        else:
            yield path.name.removesuffix(".yaml"), f"{name}/{path.name}"


def _entries(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        return []
    shown = (path for path in folder.iterdir() if not path.name.startswith((".", "__")))
    return sorted(shown, key=lambda path: path.name)


def _fault(tree: Tree, file: str, problem: str, right: str) -> None:
    finding = Finding(file=file, line=1, field="(file)", problem=problem, right=right)
    tree.findings.append(finding)
