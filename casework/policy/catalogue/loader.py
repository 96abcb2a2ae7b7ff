"""The catalogue as the program sees it: checked once, then asked."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from casework.domain.errors import DomainError
from casework.domain.policy import Measure, ServiceItem
from casework.policy.catalogue.check import check_tree
from casework.policy.catalogue.documents import CatalogueError
from casework.policy.catalogue.offer import Offer
from casework.policy.catalogue.sources import FactSource, MeasureFile
from casework.policy.catalogue.tree import Tree, read_tree


@dataclass(frozen=True, kw_only=True)
class MeasureWindow:
    """One measure as it holds in one district, for these items of it."""

    measure: Measure
    district: str
    items: tuple[str, ...]


def measure_windows(files: Mapping[str, MeasureFile]) -> Iterator[MeasureWindow]:
    """All windows of all measures, by effect, then as the files list them.

    A measure's id is ``<EFFECT>.<district>.<first day>``; a later window of the same three gets
    ``.2``, ``.3`` …, so a window is only ever added below the others.
    """
    for effect, file in sorted(files.items()):
        seen: Counter[str] = Counter()
        for window in file.windows:
            for district in window.districts:
                name = f"{effect}.{district}.{window.since:%Y%m%d}"
                seen[name] += 1
                measure = Measure(
                    id=name if seen[name] == 1 else f"{name}.{seen[name]}",
                    name=file.name,
                    effect=effect,
                    reference=window.reference,
                    mark=window.mark,
                    since=window.since,
                    until=window.until,
                    online_accepted_from=window.online_accepted_from,
                    channels=tuple(map(str, window.channels)),
                )
                yield MeasureWindow(measure=measure, district=district, items=window.items)


def measures_for(windows: Iterable[MeasureWindow], item: str, district: str) -> tuple[Measure, ...]:
    """The measures for an item in a district: over, running and announced."""
    return tuple(
        window.measure for window in windows if window.district == district and item in window.items
    )


_REMEMBERED = 4096


class Catalogue:
    """The policy of all items in all districts; made by ``load_catalogue``."""

    def __init__(self, tree: Tree) -> None:
        self._items = {code: item.model.name for code, item in tree.items.items() if item}
        self._districts = {code: p.model.name for code, p in tree.profiles.items() if p}
        self._offices = {
            code: p.model.office or f"{p.model.name}人才服务中心"
            for code, p in tree.profiles.items()
            if p
        }
        self._facts = dict(tree.vocabulary.model.facts) if tree.vocabulary else {}
        files = {effect: file.model for effect, file in tree.measures.items() if file}
        self._effects = {effect: file.name for effect, file in files.items()}
        self._windows = tuple(measure_windows(files))
        self._offers = {
            (offer.code, offer.district): offer for offer in _offers(tree, self._windows)
        }
        # Every submission asks, mostly for today.
        self._resolve = lru_cache(maxsize=_REMEMBERED)(self._snapshot)

    def items(self) -> dict[str, str]:
        """Code → Chinese name of each service item."""
        return dict(self._items)

    def districts(self) -> dict[str, str]:
        """Division code → Chinese name of each district."""
        return dict(self._districts)

    def offers(self) -> tuple[tuple[str, str], ...]:
        """Item and district, by code, of whatever is or was handled somewhere."""
        return tuple(self._offers)

    def office(self, district: str) -> str:
        """The name of the office that answers for a district; raises UnknownDistrictError."""
        if district not in self._offices:
            raise UnknownDistrictError
        return self._offices[district]

    def facts(self) -> dict[str, FactSource]:
        """The facts a form may state, by the name that conditions use."""
        return dict(self._facts)

    def effects(self) -> dict[str, str]:
        """Effect → Chinese name of each kind of temporary measure."""
        return dict(self._effects)

    def measures(self) -> tuple[MeasureWindow, ...]:
        """All windows of all temporary measures, each with its district, on whatever days."""
        return self._windows

    def measures_for(self, item: str, district: str) -> tuple[Measure, ...]:
        """The temporary measures for an item in a district, on whatever days."""
        return measures_for(self._windows, item, district)

    def resolve(
        self,
        item_code: str,
        district: str,
        on: date,
        measures: tuple[Measure, ...] | None = None,
    ) -> ServiceItem:
        """The policy of one item in one district on one day, shared between callers.

        ``measures``: all dated ones for that item and district, where orders have added to those
        of the catalogue or ended them; None: as the catalogue has them.

        Raises UnknownItemError, UnknownDistrictError or NotInForceError.
        """
        return self._resolve(item_code, district, on, measures)

    def _snapshot(
        self, item_code: str, district: str, on: date, measures: tuple[Measure, ...] | None
    ) -> ServiceItem:
        if item_code not in self._items:
            raise UnknownItemError
        if district not in self._districts:
            raise UnknownDistrictError
        offer = self._offers.get((item_code, district))
        if offer is None or not offer.stack.is_in_force(on):
            raise NotInForceError(self._items[item_code], self._districts[district], on)
        return offer.on(on, measures)


class UnknownItemError(DomainError):
    """No such service item in any district."""

    def __init__(self) -> None:
        super().__init__("UNKNOWN_ITEM", "事项目录中没有此事项代码", "item")


class UnknownDistrictError(DomainError):
    """No such district in the catalogue."""

    def __init__(self) -> None:
        super().__init__("UNKNOWN_DISTRICT", "事项目录中没有此行政区划代码", "district")


class NotInForceError(DomainError):
    """The item is known but not offered in that district on that day."""

    def __init__(self, name: str, district_name: str, on: date) -> None:
        super().__init__("NOT_IN_FORCE", f"{on}，{district_name}不办理“{name}”", "item")


def _offers(tree: Tree, windows: tuple[MeasureWindow, ...]) -> Iterator[Offer]:
    names = tree.vocabulary.model.materials if tree.vocabulary else {}
    for code, item in tree.items.items():
        for district, profile in tree.profiles.items():
            stack = tree.stack(code, district)
            if item and profile and stack and tree.offers(code, district):
                yield Offer(
                    code=code,
                    name=item.model.name,
                    district=district,
                    profile=profile.model,
                    stack=stack,
                    measures=measures_for(windows, code, district),
                    material_names=names,
                )


@cache
def load_catalogue() -> Catalogue:
    """The installed catalogue, read once; raises CatalogueError."""
    return read_catalogue(files("catalogue"))


def read_catalogue(root: Traversable | Path) -> Catalogue:
    """Read and check a catalogue; raises CatalogueError with all findings if there is any."""
    tree = read_tree(root)
    findings = check_tree(tree)
    if findings:
        raise CatalogueError(findings)
    return Catalogue(tree)
