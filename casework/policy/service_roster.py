"""Who holds which post in talent service: specialists, those who verify and decide, liaisons.

Only codes, never names. As with the roster of the district centres, the sample serves the local
stack and the tests; a department names its own file by ``CASEWORK_SERVICE_ROSTER_FILE``.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from casework.domain.authority import System
from casework.domain.case.facts import Actor
from casework.domain.case.state import Body, Post
from casework.domain.kinds.request.state import ServiceRule
from casework.domain.orders import city_of
from casework.domain.policy import Role
from casework.domain.talent import Level
from casework.policy.officer_contacts import OfficerContact
from casework.policy.roster import NoPostsError, Roster, RosterError, load_roster
from casework.policy.service_catalogue import ServiceCatalogue, load_service_catalogue
from casework.policy.service_roster_file import (
    FILE,
    PlatformPosts,
    ServiceRosterFile,
    load_roster_file,
)


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
