"""Reads YAML that anybody may have written: soon done, and wrong only by a `yaml.YAMLError`.

Parsers follow aliases of aliases without end, recurse as deep as a text is nested, and turn digits
into numbers of any size. All of that is refused here before a parser builds anything.
"""

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import yaml

if TYPE_CHECKING:
    from yaml import SafeLoader
else:
    try:
        from yaml import CSafeLoader as SafeLoader
    except ImportError:  # PyYAML built without libyaml: the same, slower
        from yaml import SafeLoader

DEEPEST = 40
"""Mappings and lists inside each other."""
MOST_VALUES = 50_000
"""With aliases followed."""
LONGEST = 1 << 20
"""Characters of a text."""
LONGEST_NUMBER = 40
"""Characters of a number."""

_UNREADABLE = (ValueError, OverflowError, ArithmeticError, LookupError, AttributeError, TypeError)
_NUMBERS = frozenset({"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"})


class Loader(SafeLoader):
    """A safe loader whose values are wrong only by a `yaml.YAMLError` with their line."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - the base's
        """The value of a node."""
        long = isinstance(node, yaml.ScalarNode) and len(node.value) > LONGEST_NUMBER
        if long and node.tag in _NUMBERS:
            _refuse("a number of too many digits", node.start_mark)
        try:
            return super().construct_object(node, deep)
        except _UNREADABLE:
            _refuse("a value that cannot be read", node.start_mark)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        """The mapping of a node."""
        try:
            return super().construct_mapping(node, deep)
        except _UNREADABLE:
            _refuse("a mapping that cannot be read", node.start_mark)


def bounded(text: str) -> str:
    """Return the text if it is small, flat and ends; raise `yaml.YAMLError` with the line."""
    if len(text) > LONGEST:
        _refuse(f"more than {LONGEST} characters", None)
    measure = _Measure()
    for event in yaml.parse(text, Loader=SafeLoader):
        measure.take(event)
    return text


class _Measure:
    """Counts the values of a text event by event, those behind its aliases too."""

    def __init__(self) -> None:
        self._count = 0
        self._sizes: dict[str, int] = {}
        self._open: list[tuple[str | None, int]] = []

    def take(self, event: yaml.Event) -> None:
        """Count an event; refuse it if that is too many or too deep."""
        match event:
            case yaml.CollectionStartEvent():
                self._open.append((event.anchor, self._count))
            case yaml.CollectionEndEvent():
                anchor, before = self._open.pop()
                self._sizes[anchor or ""] = self._count - before
            case yaml.AliasEvent():
                if event.anchor in {anchor for anchor, _ in self._open}:
                    _refuse("an alias of what it stands in", event.start_mark)
                self._count += self._sizes.get(event.anchor or "", 0)
        self._count += 1
        if len(self._open) > DEEPEST:
            _refuse(f"nested more than {DEEPEST} deep", event.start_mark)
        if self._count > MOST_VALUES:
            _refuse(f"more than {MOST_VALUES} values", event.start_mark)


def compose(text: str) -> yaml.Node | None:
    """The tree of one document, None if it is empty; raises `yaml.YAMLError`."""
    return yaml.compose(bounded(text), Loader=SafeLoader)


class RepeatedKeyError(yaml.MarkedYAMLError):
    """A mapping has a key twice, of which YAML would read only the last."""


def load(text: str, loader: type[Loader] = Loader) -> Any:  # noqa: ANN401 - whatever YAML holds
    """The value of one document; raises `yaml.YAMLError`. ``loader``: `Loader` or one like it."""
    reader = loader(bounded(text))
    try:
        node = reader.get_single_node()
        if node is None:
            return None
        for _, key in repeated_keys(node):
            mark: Any = key.start_mark
            raise RepeatedKeyError(problem="this key stands here twice", problem_mark=mark)
        return reader.construct_document(node)
    finally:
        reader.dispose()


def repeated_keys(
    node: yaml.Node, place: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], yaml.Node]]:
    """Each key that its mapping has already, with its place; to be asked before it is constructed.

    Constructing puts merged keys (``<<``) beside those that take their place.
    """
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            here = (*place, name)
            if name in seen:
                yield here, key
            seen.add(name)
            yield from repeated_keys(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from repeated_keys(value, (*place, index))


def _refuse(problem: str, mark: Any) -> NoReturn:  # noqa: ANN401 - two classes are called so
    raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
