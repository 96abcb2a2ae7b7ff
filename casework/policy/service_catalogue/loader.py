"""The catalogue of talent service: loaded once, resolved to the policy of one place on one day."""

from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.state import CycleKind, CyclePolicy
from casework.domain.kinds.rating.state import RatingPolicy
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.kinds.request.state import ServiceRule
from casework.domain.kinds.round.state import RoundPolicy
from casework.domain.policy import Policy
from casework.domain.talent import Level
from casework.policy.catalogue.documents import CatalogueError
from casework.policy.catalogue.loader import NotInForceError
from casework.policy.catalogue.sources import Timeline
from casework.policy.service_catalogue import rules
from casework.policy.service_catalogue.check import check_service_tree
from casework.policy.service_catalogue.rules import Place, Platform, is_offered
from casework.policy.service_catalogue.sources import AppointmentsFile
from casework.policy.service_catalogue.tree import ServiceTree, read_service_tree


class UnknownServiceError(DomainError):
    """No such service on the list."""

    def __init__(self) -> None:
        super().__init__("SERVICE_UNKNOWN", "人才服务项目清单中没有此项目", "service")


class UnknownPlatformError(DomainError):
    """No platform serves that district."""

    def __init__(self) -> None:
        super().__init__("PLATFORM_UNKNOWN", "该行政区划代码没有人才服务平台", "district")


class ServiceCatalogue:
    """The policies of services, cycles, ratings and rounds; made by ``load_service_catalogue``.

    Every policy is frozen, with the digest of its content. ``district``: six-digit division code
    of a platform, for permits and ratings also of a district of the catalogue of items.
    """

    def __init__(self, tree: ServiceTree) -> None:
        if not (tree.services and tree.cycles and tree.ratings and tree.visits and tree.platforms):
            raise CatalogueError(tree.findings)
        self._services = tree.services.model
        self._cycles = tree.cycles.model
        self._ratings = tree.ratings.model
        self._visits = tree.visits.model
        self._kinds = {kind: loaded.model for kind, loaded in tree.kinds.items()}
        self._places = dict(tree.places)
        self._platforms = {code: self._places[code] for code in tree.platforms.model.platforms}

    def services(self) -> dict[str, str]:
        """Code → Chinese name of each service of the list (人才服务项目清单)."""
        return {code: service.name for code, service in self._services.services.items()}

    def kinds(self) -> dict[CaseKind, str]:
        """The kinds whose limits stand in a file of their own, with the name that it gives them."""
        return {kind: file.name for kind, file in self._kinds.items()}

    def platforms(self) -> dict[str, Platform]:
        """Division code → platform; the municipal one stands under the code of its city."""
        return {code: place.platform for code, place in self._platforms.items()}

    def office(self, district: str) -> str:
        """The name of the office that answers there; raises UnknownPlatformError."""
        return self._place(district).office

    def opens(self, district: str, on: date) -> str:
        """Start of business there on that day, ``HH:MM``; raises UnknownPlatformError."""
        return self._place(district).office_hours(on).opens

    def bodies(self, district: str) -> dict[str, str]:
        """Code → Chinese name of the handling bodies at a platform; raises UnknownPlatformError."""
        return dict(self._place(district).bodies)

    def rule(self, service: str, district: str, on: date) -> ServiceRule:
        """The policy of a service for the talents of a district (not of the municipal platform).

        Raises UnknownServiceError, UnknownPlatformError or NotInForceError.
        """
        known = self._services.services.get(service)
        if known is None:
            raise UnknownServiceError
        place = self._place(district)
        filed_here = place.city == self._services.city and place.level is Level.DISTRICT
        _require(known.name, place, on, known.in_force, offered=filed_here)
        return rules.service_rule(service, self._services, place, on)

    def cycle(self, kind: CycleKind, district: str, on: date) -> CyclePolicy:
        """The policy of a cycle: of talents at any platform, of permits in the permit's city.

        Raises UnknownPlatformError or NotInForceError.
        """
        place, source = self._place(district), self._cycles.of(kind)
        _require(source.name, place, on, source.in_force, offered=place.city == source.city)
        return rules.cycle_policy(kind, self._cycles, place, on)

    def ratings(self, district: str, on: date) -> RatingPolicy:
        """The limits of a poor rating; raises UnknownPlatformError or NotInForceError."""
        place, file = self._place(district), self._ratings
        _require(file.name, place, on, file.in_force, offered=True)
        return rules.rating_policy(file, place, on)

    def of_kind(self, kind: CaseKind, district: str, on: date) -> Policy:
        """The policy of a kind that is opened by a form: its own, or the limits of its file.

        Raises UnknownPlatformError or NotInForceError.
        """
        opens = KINDS[kind].opens
        if opens is not None and opens.policy is not None:
            return opens.policy(district, on)
        place, file = self._place(district), self._kinds.get(kind)
        if file is None:
            raise NotInForceError(KINDS[kind].label, place.name, on)
        _require(file.name, place, on, file.in_force, offered=True)
        return rules.kind_policy(file, place, on)

    def businesses(self) -> dict[str, str]:
        """Code → Chinese name of what an appointment can be for; empty: nothing is offered."""
        file = self._kinds.get(CaseKind.APPOINTMENT)
        known = file.businesses if isinstance(file, AppointmentsFile) else {}
        return {code: each.name for code, each in known.items()}

    def visits(self, district: str, on: date) -> RoundPolicy:
        """The round of one platform; raises UnknownPlatformError or NotInForceError."""
        place, file = self._place(district), self._visits
        _require(file.name, place, on, file.in_force, offered=place.city == file.city)
        return rules.round_policy(file, place, on)

    def _place(self, district: str) -> Place:
        if district not in self._places:
            raise UnknownPlatformError
        return self._places[district]


def _require(name: str, place: Place, on: date, in_force: Timeline[Any], *, offered: bool) -> None:
    if not (offered and is_offered(on, in_force)):
        raise NotInForceError(name, place.name, on)


@cache
def load_service_catalogue() -> ServiceCatalogue:
    """The installed catalogue of talent service, read once; raises CatalogueError."""
    return read_service_catalogue(files("catalogue"))


def read_service_catalogue(root: Traversable | Path) -> ServiceCatalogue:
    """Read and check ``service`` below a catalogue's root.

    Raises CatalogueError with all findings if there is any.
    """
    tree = read_service_tree(root)
    findings = check_service_tree(tree)
    if findings:
        raise CatalogueError(findings)
    return ServiceCatalogue(tree)
