"""Everybody who may be told of cards: by district, with role, contact and start of business."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from casework.domain.kinds.card_audience import WATCHED_STAGES
from casework.domain.policy import Role
from casework.domain.time.calendar import opening
from casework.policy.officer_contacts import OfficerContact
from casework.policy.roster import Roster
from casework.policy.service_catalogue import ServiceCatalogue
from casework.policy.service_catalogue.loader import UnknownPlatformError
from casework.policy.service_roster import ServiceRoster
from casework.policy.staffing import LiveStaff

ABOVE = ""
"""The district of the superior, who is there for all."""
OPENS = "09:00"
"""Start of business where no catalogue knows the office (domain.md §C.0)."""


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """An officer of a district; ``role`` None: no roster knows them.

    ``city``: that of a superior, who has no district; empty: every city.
    """

    code: str
    district: str
    role: Role | None = None
    city: str = ""


@dataclass(frozen=True, kw_only=True)
class Recipients:
    """The people of both rosters; an officer belongs to the district, or platform, of the post.

    Of live staff, both are the same: whoever holds a post today. ``services``: the catalogue of
    talent service in force on a day.
    """

    centres: Roster | LiveStaff
    platforms: ServiceRoster | LiveStaff
    services: Callable[[date], ServiceCatalogue]

    @property
    def by_code(self) -> Mapping[str, Recipient]:
        """Every officer of the rosters, systems excepted."""
        cities = self.centres.cities()
        people = {
            code: Recipient(
                code=code, district=who.district, role=who.role, city=cities.get(code, "")
            )
            for code, who in self.centres.people.items()
            if who.role is not Role.SYSTEM
        }
        for platform, staff in self.platforms.staff().items():
            for code, role in staff.items():
                people[code] = Recipient(code=code, district=platform, role=role)
        return people

    @property
    def districts(self) -> tuple[str, ...]:
        """Every district with officers, the superior's "" among them."""
        return tuple(sorted({ABOVE, *(who.district for who in self.by_code.values())}))

    def of(self, district: str) -> tuple[Recipient, ...]:
        """The officers of a district by code."""
        staff = (who for who in self.by_code.values() if who.district == district)
        return tuple(sorted(staff, key=lambda who: who.code))

    def recipient(self, code: str) -> Recipient:
        """An officer; one whom no roster knows is told by nobody's district."""
        return self.by_code.get(code) or Recipient(code=code, district=ABOVE)

    def peers(self, role: Role | None) -> frozenset[str]:
        """Everybody who watches cases in that role; nobody if it watches none."""
        if role not in WATCHED_STAGES:
            return frozenset()
        return frozenset(who.code for who in self.by_code.values() if who.role is role)

    def contact(self, code: str) -> OfficerContact | None:
        """How an officer is told; None: the rosters do not say."""
        return self.centres.contacts.get(code) or self.platforms.contacts.get(code)

    def opens_at(self, district: str, day: date) -> datetime:
        """Start of business there on that day."""
        try:
            return opening(day, self.services(day).opens(district, day))
        except UnknownPlatformError:
            return opening(day, OPENS)
