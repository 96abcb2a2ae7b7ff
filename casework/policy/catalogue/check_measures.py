"""Measures do something where they hold: districts and items exist, and windows never overlap."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from casework.domain.policy import ONLINE
from casework.policy.catalogue import effects
from casework.policy.catalogue.documents import Document, Finding, Location
from casework.policy.catalogue.layers import timelines
from casework.policy.catalogue.naming import one_of
from casework.policy.catalogue.sources import CheckSource, MaterialSource, Window
from casework.policy.catalogue.tree import Tree


def measure_findings(tree: Tree) -> Iterator[Finding]:
    """Faults of all measures, window by window."""
    heeded = effects.ON_WAYS | effects.ON_PAPER | effects.FOR_THE_CLERK | set(_named(tree))
    for effect, measure in tree.measures.items():
        if measure is None:
            continue
        document, windows = measure.document, measure.model.windows
        if effect not in heeded:
            right = (
                "name it under skipped_by or waived_by, or teach casework.policy.catalogue.effects"
            )
            yield document.finding(("meaning",), f"nothing heeds {effect}", right)
        for index, window in enumerate(windows):
            place = ("windows", index)
            yield from _known(document, (*place, "districts"), window.districts, tree.profiles)
            yield from _known(document, (*place, "items"), window.items, tree.items)
            yield from _handled(tree, document, (*place, "items"), window)
            yield from _online(document, (*place, "channels"), window)
            if window.until and window.until < window.since:
                problem = f"ends on {window.until}, before it begins on {window.since}"
                right = "`until` is the last day, on or after `from`"
                yield document.finding((*place, "until"), problem, right)
        yield from _overlaps(document, windows)


def _named(tree: Tree) -> Iterator[str]:
    """The effects that some check or material speaks of."""
    entries = (
        entry.value
        for _, layer in tree.layers()
        for _, timeline in timelines(layer.model)
        for entry in timeline.root
    )
    for value in entries:
        match value:
            case CheckSource(skipped_by=str(effect)) | MaterialSource(waived_by=str(effect)):
                yield effect


def _handled(tree: Tree, document: Document, place: Location, window: Window) -> Iterator[Finding]:
    districts = [district for district in window.districts if district in tree.profiles]
    for index, item in enumerate(window.items):
        known = tree.items.get(item) is not None
        if known and not all(tree.offers(item, district) for district in districts):
            right = "a window of its own, with the districts of the item's city"
            problem = f"{item} is the matter of another city"
            yield document.finding((*place, index), problem, right)


def _online(document: Document, place: Location, window: Window) -> Iterator[Finding]:
    """A measure that speaks of online acceptance speaks of online channels."""
    if window.online_accepted_from is None:
        return
    for index, channel in enumerate(window.channels):
        if channel not in ONLINE:
            problem = f"nobody is accepted online by {channel}"
            yield document.finding((*place, index), problem, f"one of {', '.join(ONLINE)}")


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
