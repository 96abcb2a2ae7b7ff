"""Who holds which post: the officers A and B of each role, by district.

Only codes, never names; for alerts also where an officer is reached, if the file says so. The
sample roster serves the local stack and the tests; a department names its own file by
``CASEWORK_ROSTER_FILE``.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from casework.domain.authority import System
from casework.domain.case.facts import Actor
from casework.domain.case.state import Post
from casework.domain.errors import DomainError
from casework.domain.policy import Role, city_of
from casework.domain.staff import EVER, StaffPost
from casework.policy import yaml_text
from casework.policy.officer_contacts import OfficerContact, read_contacts
from casework.policy.system_bindings import read_systems

STAFF_ROLES = frozenset({Role.OFFICER, Role.REVIEWER, Role.HEAD, Role.SUPERVISOR})


class RosterError(ValueError):
    """A roster file is wrong: says where, and what is right."""


class NoPostsError(DomainError):
    """The roster has nobody for a district."""

    def __init__(self, district: str) -> None:
        super().__init__("NO_POSTS", f"岗位表中没有“{district}”的岗位", "district")


@dataclass(frozen=True, kw_only=True)
class Roster:
    """``people``: everybody by code, with role and district (empty: all districts).

    ``contacts``: where those are reached who can be, by code. ``systems``: what each is bound to.
    """

    _posts: dict[str, dict[Role, Post]]
    _cities: dict[str, dict[Role, Post]] = field(default_factory=dict)
    people: dict[str, Actor] = field(default_factory=dict)
    contacts: dict[str, OfficerContact] = field(default_factory=dict)
    systems: dict[str, System] = field(default_factory=dict)

    def posts_for(
        self, district: str, *, on: date | None = None, item: str = "", office: str = ""
    ) -> dict[Role, Post]:
        """The posts that answer for a case of this district, the superior's included.

        A file holds on every day, for every item and office.

        Raises:
            NoPostsError: the district is not in the roster.
        """
        del on, item, office
        try:
            return dict(self._posts[district])
        except KeyError:
            raise NoPostsError(district) from None

    def superior(self, district: str) -> Post | None:
        """The superior of the district's city; None: nobody is named for it."""
        posts = self._posts.get(district, {}) | self._cities.get(city_of(district), {})
        return posts.get(Role.SUPERIOR)

    def districts(self) -> frozenset[str]:
        """The districts whose posts it has."""
        return frozenset(self._posts)

    def cities(self) -> dict[str, str]:
        """The city of each superior who serves only one."""
        served: dict[str, set[str]] = defaultdict(set)
        for place, posts in (*self._posts.items(), *self._cities.items()):
            superior = posts.get(Role.SUPERIOR, Post(holder=""))
            for code in filter(None, (superior.holder, superior.backup)):
                served[code].add(city_of(place))
        return {code: next(iter(cities)) for code, cities in served.items() if len(cities) == 1}

    def staff_posts(self) -> tuple[StaffPost, ...]:
        """Everybody's post, held ever since: A角 of rank 1, B角 of rank 2."""
        held = {
            (city_of(district), self.people[post.holder].district, role): post
            for district, posts in self._posts.items()
            for role, post in posts.items()
        } | {
            (city, "", role): post
            for city, posts in self._cities.items()
            for role, post in posts.items()
        }
        return tuple(
            StaffPost(person=person, role=role, city=city, district=district, rank=rank, since=EVER)
            for (city, district, role), post in held.items()
            for rank, person in ((1, post.holder), (2, post.backup))
            if person
        )


# Without inputs: they would repeat addresses of officers.
@checked_dataclass(
    frozen=True, kw_only=True, config=ConfigDict(extra="forbid", hide_input_in_errors=True)
)
class _RosterFile:
    districts: dict[str, dict[Role, Post]]
    cities: dict[str, dict[Role, Post]] = field(default_factory=dict)
    superior: Post | None = None  # of every city that has none of its own
    systems: Any = field(default_factory=dict)  # read apart, as contacts are
    contacts: dict[str, Any] = field(default_factory=dict)


_FILE = TypeAdapter(_RosterFile)


@cache
def load_roster(file: Path | None = None) -> Roster:
    """The roster of a file, read once; without one the sample of the catalogue.

    Raises:
        RosterError: it cannot be read, or is wrong.
    """
    return read_roster(file or files("catalogue") / "rosters" / "sample.yaml")


def read_roster(file: Traversable | Path) -> Roster:
    """The roster of a file; raises RosterError."""
    try:
        content = _FILE.validate_python(yaml_text.load(file.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise RosterError(f"{file.name}{_place(error)}") from None
    except (OSError, UnicodeError, ValidationError) as error:
        raise RosterError(f"{file.name}: {error}") from error
    systems, wrong = read_systems(content.systems)
    contacts, faults = read_contacts(content.contacts)
    if found := [*wrong, *faults]:
        raise RosterError("\n".join(f"{file.name}: {fault}" for fault in found))
    people: dict[str, Actor] = {}
    for actor in (*_systems(systems), *_appointed(content)):
        # One superior may be named for several cities; they have no district.
        if actor.code in people and not (
            actor.role is Role.SUPERIOR and people[actor.code] == actor
        ):
            raise RosterError(f"{file.name}: {actor.code} stands in two places; one code, one post")
        people[actor.code] = actor
    whole = {district: _whole(content, district) for district in content.districts}
    for fault in _missing(content, whole):
        raise RosterError(f"{file.name}: {fault}")
    return Roster(
        _posts=whole,
        _cities=content.cities,
        people=people,
        contacts=contacts,
        systems=systems,
    )


def _systems(systems: Iterable[str]) -> Iterator[Actor]:
    for code in systems:
        yield Actor(code=code, role=Role.SYSTEM)


def _appointed(content: _RosterFile) -> Iterator[Actor]:
    """Everybody in a post, once for each place in the file."""
    if content.superior is not None:
        yield from _holders({Role.SUPERIOR: content.superior}, "")
    for posts in content.cities.values():
        yield from _holders(posts, "")
    for district, posts in content.districts.items():
        yield from _holders(posts, district)


def _holders(posts: Mapping[Role, Post], district: str) -> Iterator[Actor]:
    for role, post in posts.items():
        for code in filter(None, (post.holder, post.backup)):
            yield Actor(code=code, role=role, district=district)


def _missing(content: _RosterFile, whole: Mapping[str, Mapping[Role, Post]]) -> Iterator[str]:
    for city in content.cities:
        if city_of(city) != city:
            yield f"cities: {city} is no city; write it as 310000"
    for district, posts in whole.items():
        if missing := {*STAFF_ROLES, Role.SUPERIOR} - set(posts):
            yield f"{district} lacks {', '.join(sorted(missing))}"


def _whole(content: _RosterFile, district: str) -> dict[Role, Post]:
    """A district's own posts; what it has not, its city has."""
    everywhere = {Role.SUPERIOR: content.superior} if content.superior is not None else {}
    return everywhere | content.cities.get(city_of(district), {}) | content.districts[district]


def _place(error: yaml.YAMLError) -> str:
    """Where a file is no YAML, and why; its own text would repeat lines of the file."""
    mark = getattr(error, "problem_mark", None)
    said = (getattr(error, part, None) for part in ("context", "problem"))
    return f"{f':{mark.line + 1}' if mark else ''}: {', '.join(filter(None, said))}"
