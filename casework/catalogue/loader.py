"""The catalogue as the program sees it: checked once, then asked."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from casework.catalogue.check import check_tree
from casework.catalogue.errors import (
    CatalogueError,
    NotInForceError,
    UnknownDistrictError,
    UnknownItemError,
)
from casework.catalogue.offer import Offer
from casework.catalogue.sources import FactSource
from casework.catalogue.tree import Tree, read_tree
from casework.domain.policy import ServiceItem

Resolve = Callable[[str, str, date], ServiceItem]


class Catalogue:
    """The policy of all items in all districts; made by ``load_catalogue``."""

    def __init__(self, tree: Tree) -> None:
        self._items = {code: item.model.name for code, item in tree.items.items() if item}
        self._districts = {code: p.model.name for code, p in tree.profiles.items() if p}
        self._facts = dict(tree.vocabulary.model.facts) if tree.vocabulary else {}
        self._offers = {(offer.code, offer.district): offer for offer in _offers(tree)}
        # Every submission asks, mostly for today.
        self._resolve: Resolve = lru_cache(maxsize=4096)(self._snapshot)

    def items(self) -> dict[str, str]:
        """Code → Chinese name of each service item."""
        return dict(self._items)

    def districts(self) -> dict[str, str]:
        """Division code → Chinese name of each district."""
        return dict(self._districts)

    def facts(self) -> dict[str, FactSource]:
        """The facts a form may state, by the name that conditions use."""
        return dict(self._facts)

    def resolve(self, item_code: str, district: str, on: date) -> ServiceItem:
        """The policy of one item in one district on one day, shared between callers.

        Raises UnknownItemError, UnknownDistrictError or NotInForceError.
        """
        return self._resolve(item_code, district, on)

    def _snapshot(self, item_code: str, district: str, on: date) -> ServiceItem:
        if item_code not in self._items:
            raise UnknownItemError(item_code)
        if district not in self._districts:
            raise UnknownDistrictError(district)
        offer: Offer = self._offers[item_code, district]
        if not offer.stack.is_in_force(on):
            raise NotInForceError(offer.name, self._districts[district], on)
        return offer.on(on)


def _offers(tree: Tree) -> Iterator[Offer]:
    measures = {effect: file.model for effect, file in tree.measures.items() if file}
    names = tree.vocabulary.model.materials if tree.vocabulary else {}
    for code, item in tree.items.items():
        for district, profile in tree.profiles.items():
            stack = tree.stack(code, district)
            if item and profile and stack:
                yield Offer(
                    code=code,
                    name=item.model.name,
                    district=district,
                    profile=profile.model,
                    stack=stack,
                    measures=measures,
                    material_names=names,
                )


def load_catalogue(root: Traversable | Path | None = None) -> Catalogue:
    """Read and check the catalogue, by default the one that is installed.

    Raises CatalogueError with all findings if there is any.
    """
    tree = read_tree(root or files("catalogue"))
    findings = check_tree(tree)
    if findings:
        raise CatalogueError(findings)
    return Catalogue(tree)
