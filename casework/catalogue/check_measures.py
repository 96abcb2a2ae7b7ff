"""Measures name districts and items that exist, and never overlap with themselves."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from casework.catalogue.documents import Document, Finding, Location
from casework.catalogue.naming import one_of
from casework.catalogue.sources import Window
from casework.catalogue.tree import Tree


def measure_findings(tree: Tree) -> Iterator[Finding]:
    """Faults of all measures, window by window."""
    for measure in tree.measures.values():
        if measure is None:
            continue
        document, windows = measure.document, measure.model.windows
        for index, window in enumerate(windows):
            place = ("windows", index)
            yield from _known(document, (*place, "districts"), window.districts, tree.profiles)
            yield from _known(document, (*place, "items"), window.items, tree.items)
            if window.until and window.until < window.since:
                problem = f"ends on {window.until}, before it begins on {window.since}"
                right = "`until` is the last day, on or after `from`"
                yield document.finding((*place, "until"), problem, right)
        yield from _overlaps(document, windows)


def _known(
    document: Document, place: Location, names: Iterable[str], known: Iterable[str]
) -> Iterator[Finding]:
    codes = list(known)
    for index, name in enumerate(names):
        if name not in codes:
            noun = str(place[-1]).removesuffix("s")
            yield document.finding((*place, index), f"unknown {noun} {name}", one_of(name, codes))


def _overlaps(document: Document, windows: tuple[Window, ...]) -> Iterator[Finding]:
    for (_, one), (index, other) in combinations(enumerate(windows), 2):
        both = set(one.districts) & set(other.districts)
        if both and set(one.items) & set(other.items) and _meet(one, other):
            yield document.finding(
                ("windows", index, "from"),
                f"overlaps with an earlier window in {', '.join(sorted(both))}",
                "end the earlier window the day before, or name other districts or items",
            )


def _meet(one: Window, other: Window) -> bool:
    first, last = sorted((one, other), key=lambda window: window.since)
    return first.until is None or last.since <= first.until
