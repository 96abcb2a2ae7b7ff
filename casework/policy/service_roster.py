"""Who holds which post in talent service: specialists, those who verify and decide, liaisons.

Only codes, never names. As with the roster of the district centres, the sample serves the local
stack and the tests; a department names its own file by ``CASEWORK_SERVICE_ROSTER_FILE``.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import Field

from casework.domain.authority import System
from casework.domain.case.facts import Actor
from casework.domain.case.state import Body, Post
from casework.domain.kinds.request.state import ServiceRule
from casework.domain.orders import city_of
from casework.domain.policy import Role
from casework.domain.talent import Level
from casework.policy.catalogue.documents import Document, Finding, Location, one_of
from casework.policy.catalogue.sources import Code, DistrictCode, Source, Text
from casework.policy.catalogue.tree import Loaded, load_file
from casework.policy.officer_contacts import ContactFault, OfficerContact, read_contacts
from casework.policy.roster import NoPostsError, Roster, RosterError, load_roster
from casework.policy.service_catalogue import ServiceCatalogue, load_service_catalogue
from casework.policy.service_catalogue.tree import read_service_tree
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


@dataclass(frozen=True, kw_only=True)
class ServiceRoster:
    """``people``: everybody by code; those of the municipal platform serve all districts ("").

    ``contacts``: where those are reached who can be, by code. ``systems``: what each is bound to.
    """

    _platforms: Mapping[str, PlatformPosts]
    people: dict[str, Actor]
    contacts: Mapping[str, OfficerContact] = field(default_factory=dict)
    systems: Mapping[str, System] = field(default_factory=dict)

    def staff(self) -> dict[str, dict[str, Role]]:
        """Everybody of each platform, by platform: code → role."""
        return {
            platform: {code: role for _, role, code in posts.codes()}
            for platform, posts in self._platforms.items()
        }

    def specialists(self, district: str) -> dict[Level, Post]:
        """The specialists who may coordinate a request of that district, by level.

        Raises NoPostsError.
        """
        city = city_of(district)
        posts = {Level.MUNICIPAL: self._at(city).specialist.post}
        if district != city:
            posts[Level.DISTRICT] = self._at(district).specialist.post
        return posts

    def posts(self, district: str) -> dict[Role, Post]:
        """The specialist, reviewer and supervisor of that platform; raises NoPostsError."""
        platform = self._at(district)
        return {
            Role.SPECIALIST: platform.specialist.post,
            Role.REVIEWER: platform.reviewer.post,
            Role.SUPERVISOR: platform.supervisor.post,
        }

    def bodies(
        self, district: str, rule: ServiceRule, catalogue: ServiceCatalogue
    ) -> tuple[Body, ...]:
        """The bodies that own the service for a district, the preferred first.

        Raises NoPostsError.
        """
        return tuple(self._body(level, district, rule, catalogue) for level in rule.owners)

    def liaison(self, district: str, body: str) -> Post | None:
        """Who answers for a handling body of that district, ``municipal/education`` for example."""
        level, _, code = body.partition("/")
        known = self._platforms.get(city_of(district) if level == Level.MUNICIPAL else district)
        held = known.liaisons.get(code) if known is not None else None
        return held.post if held is not None else None

    def _body(
        self, level: Level, district: str, rule: ServiceRule, catalogue: ServiceCatalogue
    ) -> Body:
        platform = city_of(district) if level is Level.MUNICIPAL else district
        code = rule.bodies[level]
        liaison = self._at(platform).liaisons.get(code)
        if liaison is None:
            raise NoPostsError(platform)
        name = catalogue.bodies(platform)[code]
        return Body(level=level, code=code, name=name, liaison=liaison.post)

    def _at(self, platform: str) -> PlatformPosts:
        try:
            return self._platforms[platform]
        except KeyError:
            raise NoPostsError(platform) from None


def load_service_roster(file: Path | None = None, centres: Roster | None = None) -> ServiceRoster:
    """The roster of a file, read once; without one the sample of the catalogue.

    ``centres``: the roster of the district centres, with which it shares no code; without one the
    sample. Raises RosterError.
    """
    return _loaded(file, frozenset((centres or load_roster()).people))


@cache
def _loaded(file: Path | None, taken: frozenset[str]) -> ServiceRoster:
    catalogue = load_service_catalogue()
    if file is None:
        return read_service_roster(files("catalogue"), catalogue, taken=taken)
    return read_service_roster(file.parent, catalogue, name=file.name, taken=taken)


def read_service_roster(
    root: Traversable | Path,
    catalogue: ServiceCatalogue,
    *,
    name: str = FILE,
    taken: Collection[str] = (),
) -> ServiceRoster:
    """The roster in that file below the root; raises RosterError with all its faults."""
    bodies = {code: catalogue.bodies(code) for code in catalogue.platforms()}
    content, findings = load_roster_file(root, bodies, name=name, taken=taken)
    if content is None or findings:
        raise RosterError("\n".join(str(finding) for finding in findings))
    return ServiceRoster(
        _platforms=content.platforms,
        people=_people(content),
        contacts=content.known_contacts()[0],
        systems=content.known_systems()[0],
    )


def _people(content: ServiceRosterFile) -> dict[str, Actor]:
    people = {}
    for platform, posts in content.platforms.items():
        district = "" if platform == city_of(platform) else platform
        for _, role, code in posts.codes():
            people[code] = Actor(code=code, role=role, district=district)
    for code in content.known_systems()[0]:
        people[code] = Actor(code=code, role=Role.SYSTEM)
    return people
