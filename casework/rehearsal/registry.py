"""Policy, calendar and officers, which rehearsals share with production."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from casework.domain.case.facts import Actor
from casework.domain.case.state import Post
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import KINDS
from casework.domain.policy import Role
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.filing.desk import Desk
from casework.policy.calendars import load_calendar
from casework.policy.catalogue import Catalogue, load_catalogue
from casework.policy.roster import Roster, load_roster
from casework.policy.service_catalogue import ServiceCatalogue, load_service_catalogue
from casework.policy.service_roster import ServiceRoster, load_service_roster
from casework.rehearsal.cast import Cast
from casework.rehearsal.given import Given, ServiceGiven
from casework.security.pseudonyms import Pseudonyms


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Of the district centres, and of the platforms of talent service."""

    catalogue: Catalogue
    calendar: WorkingCalendar
    roster: Roster
    services: ServiceCatalogue
    platforms: ServiceRoster

    @classmethod
    def load(cls) -> Self:
        """Read them all; raises CatalogueError."""
        return cls(
            catalogue=load_catalogue(),
            calendar=load_calendar(),
            roster=load_roster(),
            services=load_service_catalogue(),
            platforms=load_service_roster(),
        )

    def desk(self, key: str) -> Desk:
        """Where cases are opened; under another key the same person is somebody else.

        With a key for each rehearsal, what one has recorded does not bear on the next.
        """
        return Desk(
            catalogue=self.catalogue,
            services=self.services,
            platforms=self.platforms,
            centres=self.roster,
            calendar=self.calendar,
            pseudonyms=Pseudonyms(key=key.encode()),
        )

    def cast(self, given: Given | ServiceGiven) -> Cast:
        """Everybody who may act, and the posts of the district of what is given.

        Raises:
            NoPostsError: nobody works there.
        """
        district = given.district
        if isinstance(given, ServiceGiven) and _is_at_platform(given):
            posts = {**self.platforms.posts(district), **self._superior()}
        else:
            posts = self.roster.posts_for(district)
        if isinstance(given, Given):
            posts |= given.posts
        people = {**self.platforms.people, **self.roster.people}
        return Cast(district=district, posts=posts, people=people)

    def districts_of(self, given: ServiceGiven) -> Collection[str]:
        """Where such a case may be opened."""
        if _is_at_platform(given):
            return self.services.platforms()
        return self.catalogue.districts()

    def materials_of(self, item: str, district: str, at: datetime) -> frozenset[str]:
        """The codes of an item's materials; none if it is not handled there then."""
        try:
            rule = self.catalogue.resolve(item, district, local_date(at))
        except DomainError:
            return frozenset()
        return frozenset(rule.material_names)

    def _superior(self) -> dict[Role, Post]:
        """Orders for talent service, too, are approved by the superior."""
        codes = [actor.code for actor in self._superiors()]
        return {Role.SUPERIOR: Post(holder=codes[0], backup=codes[1])}

    def _superiors(self) -> list[Actor]:
        return [actor for actor in self.roster.people.values() if actor.role is Role.SUPERIOR]


def _is_at_platform(given: ServiceGiven) -> bool:
    """Whether a platform of talent service deals with it, and not the centre of the district."""
    opens = KINDS[given.kind].opens
    return given.permit is None if opens is None else opens.at_platform
