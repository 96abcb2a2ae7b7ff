"""All faults of the catalogue at once, each with its file, line, field and what is right."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import combinations
from pathlib import Path
from typing import Any

from casework.domain.policy import OF_TALENT_SERVICE, ONLINE, CheckKind, LimitName, Unit
from casework.policy.catalogue.check_entries import (
    APPLICATION_FORM,
    FORM_FILED,
    layer_findings,
    profile_findings,
    vocabulary_findings,
)
from casework.policy.catalogue.documents import Document, Finding, Location, one_of
from casework.policy.catalogue.offer import FOR_THE_CLERK, ON_PAPER, ON_WAYS
from casework.policy.catalogue.rules import Stack, timelines
from casework.policy.catalogue.sources import (
    CheckSource,
    ItemFile,
    Layer,
    MaterialSource,
    ProfileFile,
    Window,
)
from casework.policy.catalogue.tree import Loaded, Tree, read_tree


def measure_findings(tree: Tree) -> Iterator[Finding]:
    """Faults of all measures, window by window."""
    heeded = ON_WAYS | ON_PAPER | FOR_THE_CLERK | set(_named(tree))
    for effect, measure in tree.measures.items():
        if measure is None:
            continue
        document, windows = measure.document, measure.model.windows
        if effect not in heeded:
            right = (
                "name it under skipped_by or waived_by, or teach casework.policy.catalogue.offer"
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


NEEDED_FIELDS = (
    "legal_category",
    "channels",
    "needs_paper",
    "decider",
    "publicity",
    "delivery",
    "green",
)
PERSONNEL_FILE = "personnel_file"
ONLY_WITH = {
    LimitName.PAPER: "needs_paper",
    LimitName.PUBLICITY: "publicity",
}

Fault = tuple[Location, str, str]
"""Where, what is wrong, what is right."""


def offer_findings(tree: Tree) -> Iterator[Finding]:
    """Faults of each item for the whole city, then what each overlay and profile adds."""
    for code, item in tree.items.items():
        stack = tree.stack(code)
        if item is None or stack is None:
            continue
        common = _faults(stack)
        yield from _report(item, common)
        for district, profile in tree.profiles.items():
            if not tree.offers(code, district):
                continue
            overlay, own = tree.overlays.get((district, code)), tree.stack(code, district)
            if overlay and own:
                added = {fault: day for fault, day in _faults(own).items() if fault not in common}
                yield from _report(overlay, added)
            if profile and own:
                yield from _office(profile, code, own)


def _faults(stack: Stack) -> dict[Fault, date]:
    """Each fault with the first day on which it shows."""
    found: dict[Fault, date] = {}
    days = stack.days_in_force()
    if not days:
        right = "say from which day the item is offered: `value: true`"
        found[("in_force",), "never in force", right] = date.max
    for day in days:
        for fault in (*_missing(stack, day), *_limits(stack, day)):
            found.setdefault(fault, day)
    return found


def _missing(stack: Stack, day: date) -> Iterator[Fault]:
    for field in NEEDED_FIELDS:
        if stack.value(field, day) is None:
            yield (field,), "has no value in force", "give it a value here or in defaults.yaml"
    materials = stack.group("materials", day)
    if APPLICATION_FORM not in materials and FORM_FILED in stack.group("preconditions", day):
        right = "do not repeal it, unless the item repeals preconditions.form_filed"
        yield ("materials", APPLICATION_FORM), "a form is filed and not asked for", right
    if not any(each.value.main for each in materials.values()):
        yield ("materials",), "no main material", "say which one decides: `main: true`"
    if CheckKind.ARCHIVE in stack.group("checks", day) and PERSONNEL_FILE not in materials:
        right = "the file must have arrived before it can be checked: ask for it under materials"
        yield ("materials", PERSONNEL_FILE), "nothing to check in the archive check", right


MAY_BE_UNSET = {LimitName.ARCHIVE, LimitName.SILENCE}
OF_THE_APPLICANT = {
    LimitName.SUPPLEMENT,
    LimitName.PAPER,
    LimitName.ARCHIVE,
    LimitName.DEFER,
    LimitName.RESCUE,
    LimitName.AFTER_MEASURE,
    LimitName.ASKED_OPINION,
}


def _limits(stack: Stack, day: date) -> Iterator[Fault]:
    limits = stack.group("limits", day)
    needed = set(LimitName) - set(ONLY_WITH) - OF_TALENT_SERVICE - MAY_BE_UNSET
    for name, field in ONLY_WITH.items():
        entry = stack.value(field, day)
        if entry and entry.value:
            needed.add(name)
        elif name in limits:
            right = f"leave it out, or set {field} to true"
            yield ("limits", name), f"nothing to limit: {field} is false", right
    if CheckKind.ARCHIVE in stack.group("checks", day):
        needed.add(LimitName.ARCHIVE)
    for name in sorted(needed - limits.keys()):
        right = "set it here or in defaults.yaml (domain.md C.16), and do not repeal it"
        yield ("limits", name), "the workflow needs this limit", right
    for limited, entry in limits.items():
        if entry.value.grace is not None and limited not in OF_THE_APPLICANT:
            right = "only limits of the applicant's side may have it (domain.md C.0)"
            yield ("limits", limited), "grace on a limit of the authority", right
    if _working_days(limits, LimitName.DEFER) > _working_days(limits, LimitName.DECIDE) > 0:
        right = "at most the working days of limits.decide (domain.md C.3)"
        yield ("limits", LimitName.DEFER), "longer than the decision limit", right


def _working_days(limits: Mapping[str, Any], name: LimitName) -> int:
    entry = limits.get(name)
    counted = entry is not None and entry.value.unit == Unit.WORKING_DAYS
    return entry.value.amount if entry and counted else 0


def _office(profile: Loaded[ProfileFile], code: str, stack: Stack) -> Iterator[Finding]:
    """The office is open, and some channel of the item reaches it."""
    for day in stack.days_in_force():
        hours, reach = profile.model.office_hours.at(day), profile.model.channels.at(day)
        if hours is None or hours.value is None:
            right = f"begin them on or before {day}"
            yield profile.document.finding(("office_hours",), f"no hours on {day}", right)
            return
        wanted = stack.value("channels", day)
        if wanted and not set(wanted.value) & set((reach and reach.value) or ()):
            right = f"one of: {', '.join(wanted.value)}"
            problem = f"no channel for {code} on {day}"
            yield profile.document.finding(("channels",), problem, right)
            return


def _report(
    file: Loaded[ItemFile] | Loaded[Layer], faults: Mapping[Fault, date]
) -> Iterator[Finding]:
    written = dict(timelines(file.model))
    for (place, problem, right), day in faults.items():
        timeline = written.get(place)
        entry = timeline.at(day) if timeline else None
        here = (*place, timeline.root.index(entry)) if timeline and entry else place
        yield file.document.finding(here, problem, right)


def check_catalogue(root: Traversable | Path | None = None) -> list[Finding]:
    """Every fault below ``root`` (by default the installed catalogue), by file and line."""
    return check_tree(read_tree(root or files("catalogue")))


def check_tree(tree: Tree) -> list[Finding]:
    """Every fault of a folder already read, by file and line."""
    found = [
        *tree.findings,
        *vocabulary_findings(tree),
        *layer_findings(tree),
        *profile_findings(tree),
        *measure_findings(tree),
        *offer_findings(tree),
    ]
    return sorted(set(found))
