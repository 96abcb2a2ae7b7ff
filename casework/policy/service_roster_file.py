"""The file of the posts of talent service, and its faults by line."""

from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import Field

from casework.domain.authority import System
from casework.domain.case.state import Post
from casework.domain.policy import Role
from casework.policy.catalogue.documents import Document, Finding, Location
from casework.policy.catalogue.naming import one_of
from casework.policy.catalogue.sources import Code, DistrictCode, Source, Text
from casework.policy.catalogue.tree import Loaded
from casework.policy.officer_contacts import ContactFault, OfficerContact, read_contacts
from casework.policy.roster import load_roster
from casework.policy.service_catalogue.tree import load_file, read_service_tree
from casework.policy.system_bindings import SystemFault, read_systems

FILE = "rosters/service.yaml"

Bodies = Mapping[str, Mapping[str, str]]
"""Platform → its handling bodies, code → name."""


class Holders(Source):
    """The officers A and B of a post, by code."""

    holder: Text
    backup: Text | None = None

    @property
    def post(self) -> Post:
        return Post(holder=self.holder, backup=self.backup or "")


class PlatformPosts(Source):
    """The posts of one platform; ``liaisons`` by the code of their body."""

    specialist: Holders
    reviewer: Holders
    supervisor: Holders
    liaisons: dict[Code, Holders]

    def codes(self) -> Iterator[tuple[Location, Role, str]]:
        """Everybody in a post, with the place within the platform."""
        posts: list[tuple[Location, Role, Holders]] = [
            (("specialist",), Role.SPECIALIST, self.specialist),
            (("reviewer",), Role.REVIEWER, self.reviewer),
            (("supervisor",), Role.SUPERVISOR, self.supervisor),
            *((("liaisons", body), Role.LIAISON, held) for body, held in self.liaisons.items()),
        ]
        for place, role, held in posts:
            yield (*place, "holder"), role, held.holder
            if held.backup:
                yield (*place, "backup"), role, held.backup


class ServiceRosterFile(Source):
    """``rosters/service.yaml``."""

    platforms: dict[DistrictCode, PlatformPosts]
    contacts: Any = Field(default_factory=dict)  # read apart: its faults repeat no address

    systems: Any = Field(default_factory=dict)  # read apart, as contacts are

    def known_systems(self) -> tuple[dict[str, System], list[SystemFault]]:
        """The systems of this file, and what is wrong with them."""
        return read_systems(self.systems)

    def known_contacts(self) -> tuple[dict[str, OfficerContact], list[ContactFault]]:
        """Where the officers of this file are reached, and what is wrong with it."""
        return read_contacts(self.contacts)


def check_service_roster(root: Traversable | Path | None = None) -> list[Finding]:
    """Every fault of the roster below the catalogue's root, against its platforms."""
    root = root or files("catalogue")
    platforms = read_service_tree(root).platforms
    if platforms is None:  # its own faults are said by the check of the service catalogue
        return load_file(root, FILE, ServiceRosterFile)[1]
    known = platforms.model.platforms
    bodies = {code: known[code].bodies for code in known}
    return load_roster_file(root, bodies, taken=load_roster().people)[1]


def load_roster_file(
    root: Traversable | Path,
    bodies: Bodies,
    *,
    name: str = FILE,
    taken: Collection[str] = (),
) -> tuple[ServiceRosterFile | None, list[Finding]]:
    """The file, and all its faults: of shape, and against these platforms, bodies, codes."""
    loaded, findings = load_file(root, name, ServiceRosterFile)
    if loaded is None:
        return None, findings
    found = [*findings, *_posts(loaded, bodies), *_codes(loaded, taken), *_apart(loaded)]
    return loaded.model, sorted(set(found))


def _posts(loaded: Loaded[ServiceRosterFile], bodies: Bodies) -> Iterator[Finding]:
    document, platforms = loaded.document, loaded.model.platforms
    yield from _same(document, ("platforms",), "platform", platforms, bodies)
    for code, platform in platforms.items():
        if code in bodies:
            place = ("platforms", code, "liaisons")
            yield from _same(document, place, "body", platform.liaisons, bodies[code])


def _same(
    document: Document,
    place: Location,
    what: str,
    written: Mapping[str, object],
    known: Mapping[str, object],
) -> Iterator[Finding]:
    for code in written:
        if code not in known:
            yield document.finding((*place, code), f"unknown {what}", one_of(code, known))
    for code in known:
        if code not in written:
            yield document.finding(place, f"nobody for {what} {code}", "write its holder")


def _codes(loaded: Loaded[ServiceRosterFile], taken: Collection[str]) -> Iterator[Finding]:
    """One code, one post, also across the two rosters."""
    seen = set(taken)
    for district, platform in loaded.model.platforms.items():
        for place, _, code in platform.codes():
            if code in seen:
                at = ("platforms", district, *place)
                problem = f"{code} stands in two places"
                yield loaded.document.finding(at, problem, "one code, one post")
            seen.add(code)
    for code in loaded.model.known_systems()[0]:
        if code in seen:
            at, problem = ("systems", code), f"{code} stands in two places"
            yield loaded.document.finding(at, problem, "one code, one post")
        seen.add(code)


def _apart(loaded: Loaded[ServiceRosterFile]) -> Iterator[Finding]:
    """The faults of what is read apart."""
    for fault in loaded.model.known_contacts()[1]:
        yield loaded.document.finding(fault.place, fault.problem, fault.right)
    for wrong in loaded.model.known_systems()[1]:
        yield loaded.document.finding(wrong.place, wrong.problem, wrong.right)
