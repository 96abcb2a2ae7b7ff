"""The places of a catalogue: each item, service, cycle, rating, round and kind of each district."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.state import CycleKind
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import Policy, city_of
from casework.policy.publishing.versions import HeldCatalogues, WholeCatalogue

ITEM, SERVICE, CYCLE, RATINGS, VISITS = "item", "service", "cycle", "ratings", "visits"
OF_KIND = "kind"
"""Of a kind of case whose limits stand in a file of its own."""
_DAY = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Place:
    """What is resolved for a day: ``code`` of that ``kind`` in one district."""

    kind: str
    code: str
    name: str
    district: str
    district_name: str

    @property
    def label(self) -> str:
        """As a clerk reads it."""
        return f"{self.district_name}（{self.district}）{self.name}"


def places(*catalogues: WholeCatalogue) -> Iterator[Place]:
    """Every place of any of them, once, with the names of the last one that has it."""
    known: dict[tuple[str, str, str], Place] = {}
    for whole in catalogues:
        known |= {(each.kind, each.code, each.district): each for each in _places(whole)}
    yield from known.values()


def _places(whole: WholeCatalogue) -> Iterator[Place]:
    items, districts = whole.catalogue.items(), whole.catalogue.districts()
    for code, district in whole.catalogue.offers():
        yield Place(
            kind=ITEM,
            code=code,
            name=items[code],
            district=district,
            district_name=districts[district],
        )
    platforms = {code: each.name for code, each in whole.services.platforms().items()}
    others = [(SERVICE, code, name) for code, name in whole.services.services().items()]
    others += [(CYCLE, CycleKind.TALENT.value, "人才服务周期"), (VISITS, "", "抽样回访")]
    for kind, code, name in others:
        for district, known_as in platforms.items():
            yield Place(kind=kind, code=code, name=name, district=district, district_name=known_as)
    everywhere = [(RATINGS, "", "评价"), (CYCLE, CycleKind.PERMIT.value, "居住证周期")]
    everywhere += [(OF_KIND, kind.value, name) for kind, name in whole.services.kinds().items()]
    for kind, code, name in everywhere:
        for district, known_as in {**districts, **platforms}.items():
            yield Place(kind=kind, code=code, name=name, district=district, district_name=known_as)


def policy_at(whole: WholeCatalogue, place: Place, day: date) -> Policy | None:
    """The policy there on that day; None: it is not handled there then."""
    code, district, services = place.code, place.district, whole.services
    try:
        match place.kind:
            case "item":
                return whole.catalogue.resolve(code, district, day)
            case "service":
                return services.rule(code, district, day)
            case "cycle":
                return services.cycle(CycleKind(code), district, day)
            case "ratings":
                return services.ratings(district, day)
            case "kind":
                return services.of_kind(CaseKind(code), district, day)
            case _:
                return services.visits(district, day)
    except DomainError:
        return None


def turning_days(place: Place, *catalogues: WholeCatalogue) -> set[date]:
    """Every day on which what is said of a place may change, in any of the catalogues.

    Empty, if all of them say the same of it in the same words.
    """
    sources = [_sources(place, whole) for whole in catalogues]
    if all(each == sources[0] for each in sources):
        return set()
    found = {day for source in sources for text in source.values() for day in _days(text)}
    # A last day is followed by the day on which it shows.
    return found | {day + _ONE_DAY for day in found if day < date.max}


_OF_A_DISTRICT = re.compile(r"(?:districts|sharing|authority|letters|mail)/(\d{6})(?:/|\.yaml$)")


def cities_touched(
    held: HeldCatalogues, proposed: WholeCatalogue, first_on: date
) -> tuple[str, ...]:
    """The cities of whose districts the files speak that differ from those in force from that day.

    Empty: every city; so it is where any other file differs, or none.
    """
    later = [version.first_on for version in held.versions if version.first_on > first_on]
    cities: set[str] = set()
    for whole in {held.on(day).digest: held.on(day) for day in (first_on, *later)}.values():
        for name in whole.files.keys() | proposed.files.keys():
            if whole.files.get(name) == proposed.files.get(name):
                continue
            found = _OF_A_DISTRICT.match(name)
            if found is None:
                return ()
            cities.add(city_of(found[1]))
    return tuple(sorted(cities))


def _sources(place: Place, whole: WholeCatalogue) -> dict[str, bytes]:
    """The files that speak of a place."""
    own = f"districts/{place.district}/"
    wanted = {"vocabulary.yaml", f"{own}profile.yaml"}
    if place.kind != ITEM:
        wanted |= {name for name in whole.files if name.startswith("service/")}
    else:
        wanted |= {"defaults.yaml", f"items/{place.code}.yaml", f"{own}{place.code}.yaml"}
        named = (place.district.encode(), place.code.encode())
        measures = (each for each in whole.files.items() if each[0].startswith("measures/"))
        wanted |= {name for name, content in measures if all(each in content for each in named)}
    return {name: content for name, content in whole.files.items() if name in wanted}


def _days(content: bytes) -> Iterator[date]:
    for year, month, day in _DAY.findall(content.decode()):
        try:
            yield date(int(year), int(month), int(day))
        except ValueError:
            continue
