"""What people call the codes that pages would show: districts, items, measures, systems.

People of the staff are known by their codes, and cases by their numbers; whatever else has a title
is shown by it. A code that nothing has a title for stands as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from casework.filing.desk import Desk
from casework.policy.authority import load_authority
from casework.words import SOURCES, SYSTEMS

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Names:
    """Titles by the catalogue of a desk and by the rosters."""

    desk: Desk

    @cached_property
    def districts(self) -> Mapping[str, str]:
        """By division code; the city of a platform, too."""
        platforms = self.desk.services.platforms()
        cities = {code: each.name for code, each in platforms.items()}
        return {**cities, **self.desk.catalogue.districts()}

    @cached_property
    def items(self) -> Mapping[str, str]:
        """Service items and talent services, by code."""
        return {**self.desk.services.services(), **self.desk.catalogue.items()}

    @cached_property
    def systems(self) -> Mapping[str, str]:
        """By code of the system."""
        known = {code: each.name for code, each in load_authority().systems.items() if each.name}
        return {**known, **SYSTEMS}

    def place(self, code: str) -> str:
        """A district or a city."""
        return self.districts.get(code, code)

    def who(self, code: str) -> str:
        """Somebody who acts: a system by its title, a person by their code."""
        return self.systems.get(code, code)

    def source(self, code: str) -> str:
        """Where a case was filed: at the counter, by somebody outside, by a system."""
        for each in load_authority().systems.values():
            if each.name and code in (each.sources or ()):
                return each.name
        own = code.partition(".")[0]
        return SOURCES.get(own, self.who(code))

    def choice_of_measures(self) -> Options:
        """What a temporary measure may do."""
        return tuple(sorted(self.desk.catalogue.effects().items(), key=lambda each: each[1]))

    def body(self, code: str) -> str:
        """A department that handles requests, named by level or district and unit."""
        _, _, unit = code.rpartition("/")
        return self._bodies.get(code) or self._bodies.get(unit, code)

    def said(self, text: str) -> str:
        """A sentence that was written with codes of districts, items and measures."""
        return self._codes.sub(lambda found: self._titles[found[1]], text)

    def choice_of_districts(self) -> Options:
        """For the filters of lists."""
        return tuple(sorted(self.desk.catalogue.districts().items()))

    def choice_of_items(self) -> Options:
        """For the filters of lists: what is applied for."""
        return tuple(sorted(self.desk.catalogue.items().items(), key=lambda each: each[1]))

    @cached_property
    def _bodies(self) -> Mapping[str, str]:
        services = self.desk.services
        return {
            code: name
            for platform in services.platforms()
            for code, name in services.bodies(platform).items()
        }

    @cached_property
    def _titles(self) -> Mapping[str, str]:
        return {**self.desk.catalogue.effects(), **self.items, **self.districts}

    @cached_property
    def _codes(self) -> re.Pattern[str]:
        """Any of the codes where it stands alone: a number of a case begins with one."""
        codes = "|".join(map(re.escape, sorted(self._titles, key=len, reverse=True)))
        return re.compile(rf"(?<![\w-])(?:区 |全区 )?({codes})(?![\w-])", re.ASCII)
