"""What every opener of talent service works with: policies, posts, calendar, pseudonyms."""

from dataclasses import dataclass
from datetime import date

from casework.domain.case.in_force import InForce
from casework.domain.policy import Policy
from casework.domain.time.calendar import WorkingCalendar
from casework.messages.cases import InForceQuestion
from casework.policy.roster import Roster
from casework.policy.service_catalogue import ServiceCatalogue
from casework.policy.service_roster import ServiceRoster
from casework.security.pseudonyms import Pseudonyms

_NO_CALENDAR = -1  # the version of a calendar that nobody has
_YEARS_BEFORE = 1


@dataclass(frozen=True, kw_only=True)
class Desk:
    """``platforms`` holds the posts of talent service, ``centres`` those of the districts."""

    services: ServiceCatalogue
    platforms: ServiceRoster
    centres: Roster
    calendar: WorkingCalendar
    pseudonyms: Pseudonyms

    def question(
        self, case_no: str, policy: Policy, since: date, today: date, years: int
    ) -> InForceQuestion:
        """What has to be known of today; ``since`` is the day from which the case is reckoned."""
        return InForceQuestion(
            case_no=case_no,
            district=policy.district,
            office=self.services.office(policy.district),
            item=policy.code,
            received_on=since,
            calendar_version=_NO_CALENDAR,
            needed_until=since.year + years,
            on=today,
        )

    def calendar_of(self, in_force: InForce, since: date, years: int) -> WorkingCalendar:
        """The register's, else the files', from the year before ``since`` as far as there is one.

        A case that began long before the first year of the files has what there is of them.
        """
        if in_force.calendar is not None and in_force.calendar.years:
            return in_force.calendar
        known = [year.year for year in self.calendar.years]
        first = min(max(known[0], since.year - _YEARS_BEFORE), known[-1])
        return self.calendar.excerpt(first, max(first, min(known[-1], since.year + years)))
