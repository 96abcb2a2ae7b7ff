"""Where cases of talent service are handled: the platforms, and the centres for permits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from casework.domain.orders import city_of
from casework.domain.talent import Level
from casework.policy.catalogue.sources import OfficeHours, ProfileFile, Timeline
from casework.policy.service_catalogue.dated import required
from casework.policy.service_catalogue.sources import PlatformSource


@dataclass(frozen=True, kw_only=True)
class Platform:
    """A service platform (服务平台): the municipal one bears the code of its city."""

    district: str
    name: str  # of the district or city
    office: str
    level: Level


@dataclass(frozen=True, kw_only=True)
class Place(Platform):
    """A platform, or a district centre of the catalogue of items, with its hours and bodies."""

    hours: Timeline[OfficeHours]
    bodies: Mapping[str, str] = field(default_factory=dict)

    @property
    def city(self) -> str:
        return city_of(self.district)

    @property
    def platform(self) -> Platform:
        """Only what everybody may know of it."""
        return Platform(
            district=self.district, name=self.name, office=self.office, level=self.level
        )

    def office_hours(self, day: date) -> OfficeHours:
        """The hours of that day; raises LookupError before the first."""
        hours: OfficeHours = required(day, self.hours).value
        return hours


def platform_place(district: str, source: PlatformSource) -> Place:
    return Place(
        district=district,
        name=source.name,
        office=source.office,
        level=source.level,
        hours=source.office_hours,
        bodies=source.bodies,
    )


def centre_place(district: str, profile: ProfileFile) -> Place:
    """A district talent service centre, as the catalogue of items knows it."""
    return Place(
        district=district,
        name=profile.name,
        office=profile.office or f"{profile.name}人才服务中心",
        level=Level.DISTRICT,
        hours=profile.office_hours,
    )
