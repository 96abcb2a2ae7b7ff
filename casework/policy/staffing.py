"""Who holds which post on a day: the staff that a process goes by, and what is asked of it.

The register has the posts, dated; whoever reads them there hands them in by ``go_by``. While it has
none, the roster files are the staff, as they were before there was a register of posts.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Protocol

from casework.domain.case.facts import Actor
from casework.domain.case.state import Body, Post
from casework.domain.kinds.card_audience import WATCHED_STAGES
from casework.domain.kinds.request.state import ServiceRule
from casework.domain.policy import Role, city_of
from casework.domain.staff import StaffPost, held_on
from casework.domain.talent import Level
from casework.policy.officer_contacts import OfficerContact
from casework.policy.roster import STAFF_ROLES, NoPostsError, load_roster
from casework.policy.service_catalogue import ServiceCatalogue
from casework.policy.service_roster import load_service_roster

_DAYS_KEPT = 8


class Centres(Protocol):
    """The posts of the district centres; without ``on`` those of today."""

    def posts_for(
        self, district: str, *, on: date | None = None, item: str = "", office: str = ""
    ) -> dict[Role, Post]:
        """The posts that answer for a case of this district; raises NoPostsError."""


class Platforms(Protocol):
    """The posts of talent service; without ``on`` those of today. All raise NoPostsError."""

    def posts(self, district: str, *, on: date | None = None) -> dict[Role, Post]:
        """The specialist, reviewer and supervisor of that platform."""

    def specialists(self, district: str, *, on: date | None = None) -> dict[Level, Post]:
        """The specialists who may coordinate a request of that district, by level."""

    def bodies(
        self,
        district: str,
        rule: ServiceRule,
        catalogue: ServiceCatalogue,
        *,
        on: date | None = None,
    ) -> tuple[Body, ...]:
        """The bodies that own the service for a district, the preferred first."""


@dataclass(frozen=True, kw_only=True, eq=False)
class StaffOfDay:
    """The posts held on one day, by rank, then by code."""

    posts: tuple[StaffPost, ...]

    @cached_property
    def people(self) -> Mapping[str, tuple[Actor, ...]]:
        """Everybody who holds a post, by code, once for each role and place."""
        found: dict[str, dict[Actor, None]] = defaultdict(dict)
        for post in self.posts:
            actor = Actor(
                code=post.person, role=post.role, district=post.district, office=post.office
            )
            found[post.person].setdefault(actor)
        return {code: tuple(actors) for code, actors in found.items()}

    @cached_property
    def superiors(self) -> Mapping[str, frozenset[str]]:
        """The superiors of each city that has its own, by code."""
        found: dict[str, set[str]] = defaultdict(set)
        for post in self.posts:
            if post.role is Role.SUPERIOR:
                found[post.city].add(post.person)
        return {city: frozenset(codes) for city, codes in found.items()}

    def unled(self, places: Iterable[str] = ()) -> tuple[str, ...]:
        """The cities of these districts for which no superior is named, in order.

        Without districts: those in which somebody holds a post.
        """
        cities = {city_of(place) for place in places} or {post.city for post in self.posts}
        return tuple(sorted(cities - self.superiors.keys()))

    @cached_property
    def homes(self) -> Mapping[tuple[str, Role], frozenset[str]]:
        """The cities of which somebody serves the whole, by code and role."""
        found: dict[tuple[str, Role], set[str]] = defaultdict(set)
        for post in self.posts:
            if not post.district:
                found[post.person, post.role].add(post.city)
        return {who: frozenset(cities) for who, cities in found.items()}

    @cached_property
    def cities(self) -> frozenset[str]:
        """Every city in which anybody holds a post."""
        return frozenset(post.city for post in self.posts)

    @cached_property
    def placed(self) -> Mapping[str, Actor]:
        """Everybody with the district, or platform, in which they are told of cards; "": above.

        Who holds several posts is told by the one whose role watches cases, else by the first.
        """
        found: dict[str, Actor] = {}
        for post in sorted(self.posts, key=lambda post: post.role not in WATCHED_STAGES):
            above = not post.district and post.role is Role.SUPERIOR
            place = "" if above else post.district or post.city
            actor = Actor(code=post.person, role=post.role, district=place)
            found.setdefault(post.person, actor)
        return found

    def able(
        self, role: Role, district: str, *, item: str = "", office: str = ""
    ) -> tuple[StaffPost, ...]:
        """The posts of a role whose work is there, by rank; if the district has none, its city's.

        ``item``, ``office``: only those whose work these are.
        """
        if own := self.at(role, district, item=item, office=office):
            return own
        return tuple(
            post
            for post in self._of(role, city_of(district))
            if not post.district and post.covers(item=item, office=office)
        )

    def at(
        self, role: Role, district: str, *, item: str = "", office: str = ""
    ) -> tuple[StaffPost, ...]:
        """The posts of a role in the district itself; in a whole city if it is the city's code."""
        return tuple(
            post
            for post in self._of(role, city_of(district))
            if (post.district or post.city) == district and post.covers(item=item, office=office)
        )

    def posts_for(self, district: str, *, item: str = "", office: str = "") -> dict[Role, Post]:
        """The A角 and B角 of each role of a district's centre; raises NoPostsError."""
        posts = {}
        for role in (Role.OFFICER, Role.REVIEWER, Role.HEAD, Role.SUPERVISOR, Role.SUPERIOR):
            if able := self.able(role, district, item=item, office=office):
                posts[role] = post_of(able)
        if STAFF_ROLES - set(posts):
            raise NoPostsError(district)
        return posts

    def platform(self, district: str) -> dict[Role, Post]:
        """The specialist, reviewer and supervisor of that platform; raises NoPostsError."""
        posts = {}
        for role in (Role.SPECIALIST, Role.REVIEWER, Role.SUPERVISOR):
            there = self.at(role, district)
            if not there:
                raise NoPostsError(district)
            posts[role] = post_of(there)
        return posts

    def liaison(self, platform: str, body: str) -> Post:
        """The liaisons of a body there; raises NoPostsError."""
        there = tuple(p for p in self.at(Role.LIAISON, platform) if body in p.bodies)
        if not there:
            raise NoPostsError(platform)
        return post_of(there)

    def _of(self, role: Role, city: str) -> tuple[StaffPost, ...]:
        return self._by_place.get((role, city), ())

    @cached_property
    def _by_place(self) -> Mapping[tuple[Role, str], tuple[StaffPost, ...]]:
        found: dict[tuple[Role, str], list[StaffPost]] = defaultdict(list)
        for post in self.posts:
            found[post.role, post.city].append(post)
        return {place: tuple(posts) for place, posts in found.items()}


def post_of(posts: tuple[StaffPost, ...]) -> Post:
    """A角 and B角 of posts in the order of rank; at least one.

    A角 is the first who stands in for nobody. B角 is who stands in for them or for their team, else
    the next person.
    """
    first = next((post for post in posts if not post.stands_in_for), posts[0])
    others = [post for post in posts if post.person != first.person]
    own = (post for post in others if post.stands_in_for in {first.person, first.team} - {""})
    backup = next(own, None) or next(iter(others), None)
    return Post(holder=first.person, backup=backup.person if backup else "")


@dataclass(frozen=True, kw_only=True, eq=False)
class Staff:
    """All posts of all days; ``contacts``: where those are told of cards who can be, by code."""

    posts: tuple[StaffPost, ...]
    contacts: dict[str, OfficerContact] = field(default_factory=dict, repr=False)
    _days: dict[date, StaffOfDay] = field(default_factory=dict, init=False, repr=False)

    def on(self, day: date) -> StaffOfDay:
        """Who holds which post on that day."""
        found = self._days.get(day)
        if found is None:
            while len(self._days) >= _DAYS_KEPT:
                self._days.pop(next(iter(self._days)), None)
            found = self._days[day] = StaffOfDay(posts=held_on(self.posts, day))
        return found

    @cached_property
    def digest(self) -> str:
        """Equal for the same posts and contacts."""
        text = repr((sorted(map(repr, self.posts)), sorted(_told(self.contacts))))
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def by_person(self) -> Mapping[str, tuple[StaffPost, ...]]:
        """The posts of all days, by code."""
        found: dict[str, list[StaffPost]] = defaultdict(list)
        for post in self.posts:
            found[post.person].append(post)
        return {person: tuple(posts) for person, posts in found.items()}


def _told(contacts: Mapping[str, OfficerContact]) -> Iterator[tuple[str, ...]]:
    for code, contact in contacts.items():
        yield code, contact.alerts, contact.mail, contact.sms


# --- what this process goes by --------------------------------------------------------------
# A workflow asks for it and can be handed nothing, so it is kept here, once for each process.

_REGISTER: list[Staff] = []
_FILES: list[tuple[Path | None, Path | None]] = []
_ASKING: list[Callable[[], None]] = []


@cache
def staff_of_files(roster_file: Path | None, service_roster_file: Path | None) -> Staff:
    """The people of both roster files, the samples without a name; raises RosterError."""
    centres = load_roster(roster_file)
    platforms = load_service_roster(service_roster_file, centres)
    return Staff(
        posts=(*centres.staff_posts(), *platforms.staff_posts()),
        contacts={**centres.contacts, **platforms.contacts},
    )


def staff() -> Staff:
    """The staff this process goes by: that of the register, else that of the roster files."""
    return _REGISTER[0] if _REGISTER else of_files()


def of_files() -> Staff:
    """The staff of the roster files that this process was told of, else of the samples."""
    return staff_of_files(*(_FILES[0] if _FILES else (None, None)))


def go_by_files(roster_file: Path | None, service_roster_file: Path | None) -> None:
    """Which roster files are the staff while the register has none."""
    _FILES[:] = [(roster_file, service_roster_file)]


def go_by(register: Staff | None) -> None:
    """Go by what the register has, from now on; None, or no posts: by the files."""
    _REGISTER[:] = [register] if register is not None and register.posts else []


def on_unknown(ask: Callable[[], None] | None) -> None:
    """What is to be done when a code is unknown: the register may just have got it."""
    _ASKING[:] = [ask] if ask is not None else []


def ask_again() -> None:
    """A code was unknown: have the register asked at once, whoever asks may try again."""
    for ask in _ASKING:
        ask()


@dataclass(frozen=True)
class LiveStaff:
    """The posts as this process knows them now, for the day asked; ``today`` by its clock."""

    today: Callable[[], date]

    def _on(self, on: date | None) -> StaffOfDay:
        return staff().on(on or self.today())

    @property
    def people(self) -> Mapping[str, Actor]:
        """Everybody who holds a post today, at the place by which cards are told, once."""
        return self._on(None).placed

    def cities(self) -> dict[str, str]:
        """The city of each superior who serves only one."""
        served: dict[str, set[str]] = defaultdict(set)
        for city, codes in self._on(None).superiors.items():
            for code in codes:
                served[code].add(city)
        return {code: next(iter(cities)) for code, cities in served.items() if len(cities) == 1}

    @property
    def contacts(self) -> dict[str, OfficerContact]:
        """Where those are told of cards who can be, by code."""
        return staff().contacts

    def staff(self) -> dict[str, dict[str, Role]]:
        """Nobody else than ``people``."""
        return {}

    def posts_for(
        self, district: str, *, on: date | None = None, item: str = "", office: str = ""
    ) -> dict[Role, Post]:
        """As ``Centres`` has it."""
        return self._on(on).posts_for(district, item=item, office=office)

    def posts(self, district: str, *, on: date | None = None) -> dict[Role, Post]:
        """As ``Platforms`` has it."""
        return self._on(on).platform(district)

    def specialists(self, district: str, *, on: date | None = None) -> dict[Level, Post]:
        """As ``Platforms`` has it."""
        city = city_of(district)
        levels = {Level.MUNICIPAL: city, Level.DISTRICT: district}
        return {
            level: self.posts(place, on=on)[Role.SPECIALIST]
            for level, place in levels.items()
            if level is Level.MUNICIPAL or place != city
        }

    def bodies(
        self,
        district: str,
        rule: ServiceRule,
        catalogue: ServiceCatalogue,
        *,
        on: date | None = None,
    ) -> tuple[Body, ...]:
        """As ``Platforms`` has it."""
        return tuple(self._bodies(district, rule, catalogue, self._on(on)))

    @staticmethod
    def _bodies(
        district: str, rule: ServiceRule, catalogue: ServiceCatalogue, day: StaffOfDay
    ) -> Iterator[Body]:
        for level in rule.owners:
            platform = city_of(district) if level is Level.MUNICIPAL else district
            code = rule.bodies[level]
            liaison = day.liaison(platform, code)
            name = catalogue.bodies(platform)[code]
            yield Body(level=level, code=code, name=name, liaison=liaison)
