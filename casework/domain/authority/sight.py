"""Which cases somebody may read at all: what narrows every list, search and count."""

from collections.abc import Mapping
from dataclasses import dataclass

from casework.domain.authority.matrix import Action, Extent, Matrix, System
from casework.domain.case.facts import Actor
from casework.domain.case.kind import KNOWN
from casework.domain.policy import Role
from casework.domain.talent import TalentClass

_OF_OTHERS = frozenset({"same_person_found", "kept_apart"})
_AMONG_OFFICERS = frozenset({"work_shared", "relations_noted", "task_given_back"})
"""Who has how much to do, and who knows whom: of no concern to people outside."""


@dataclass(frozen=True, kw_only=True)
class Glimpse:
    """What is seen of the cases of one kind; empty fields do not restrict.

    ``own``: only of those whose subject is ``subject`` or whom ``code`` opened. ``classes``: only
    of talents served by these, where the kind knows classes. ``sources``: only of cases filed under
    these, or opened by ``code``; None: of every source. ``districts``: only of these. ``cities``:
    only of these, too; None: of all.
    """

    own: bool = False
    district: str = ""
    office: str = ""
    classes: frozenset[TalentClass] = frozenset()
    sources: frozenset[str] | None = None
    districts: frozenset[str] = frozenset()
    cities: frozenset[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What one person sees: by kind of case; a kind that is not there is not seen at all."""

    code: str
    subject: str
    glimpses: Mapping[str, Glimpse]

    @property
    def is_own(self) -> bool:
        """Whether it ends at one's own cases: of any other it must not even say that it exists."""
        return all(glimpse.own for glimpse in self.glimpses.values())

    @property
    def is_of_sources(self) -> bool:
        """Whether it ends at the cases of certain sources, as that of a system may."""
        return any(glimpse.sources is not None for glimpse in self.glimpses.values())

    @property
    def hidden_events(self) -> frozenset[str]:
        """The kinds of events that are shown of no case."""
        outside = self.is_own or self.is_of_sources
        return _OF_OTHERS | _AMONG_OFFICERS if outside else frozenset()

    @property
    def is_whole(self) -> bool:
        """Whether there is nothing that it leaves out."""
        return all(self.glimpses.get(kind) == Glimpse() for kind in KNOWN)

    @property
    def district(self) -> str:
        """The one district that it is limited to; empty if there is none."""
        found = {glimpse.district for glimpse in self.glimpses.values()}
        return found.pop() if len(found) == 1 else ""


def sight(matrix: Matrix, actor: Actor) -> Sight:
    """What an actor sees; agrees with ``refusal`` of ``read`` on every case.

    But for cases of which a colleague wants an answer from them: those are in their work list only.
    """
    seen = ((kind, _glimpse(matrix, actor, kind)) for kind in KNOWN)
    glimpses = {kind: glimpse for kind, glimpse in seen if glimpse is not None}
    return Sight(code=actor.code, subject=actor.subject, glimpses=glimpses)


def _glimpse(matrix: Matrix, actor: Actor, kind: str) -> Glimpse | None:
    # What is read does not differ between districts: a list has one answer for all of them.
    extent = matrix.extent(kind, Action.READ, actor.role)
    if extent is not None and actor.role is Role.SYSTEM:
        return _of_system(matrix.systems.get(actor.code), kind)
    municipal = matrix.is_municipal(actor.role, actor.district)
    if extent is None or (municipal and kind not in matrix.municipal.kinds):
        return None
    return Glimpse(
        own=extent is Extent.OWN,
        district=actor.district if extent is Extent.DISTRICT else "",
        office=actor.office if actor.role in matrix.by_office else "",
        classes=matrix.municipal.classes if municipal else frozenset(),
        cities=matrix.cities_of(actor, local=extent is Extent.DISTRICT),
    )


def _of_system(bound: System | None, kind: str) -> Glimpse | None:
    if bound is None or (kind, Action.READ) not in bound.may:
        return None
    places = bound.districts or frozenset()
    return Glimpse(
        district=next(iter(places)) if len(places) == 1 else "",
        districts=places if len(places) > 1 else frozenset(),
        sources=None if bound.sources is None else frozenset(bound.sources),
    )
