"""The table of authority: action × role → with which cases. Policy, not law [proposal]."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from casework.domain.authority.systems import System
from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.domain.talent import TalentClass


class Extent(StrEnum):
    """With which cases somebody may do something, from few to all."""

    OWN = "own"  # the person whose case it is, or who opened it
    ASSIGNED = "assigned"  # of one's district, as A角 or B角 of a post or of an open task
    DISTRICT = "district"  # of one's district; of every district for somebody who has none
    EVERYWHERE = "everywhere"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _EXTENTS[self]


_EXTENTS = {
    Extent.OWN: "本人的件",
    Extent.ASSIGNED: "本区经办的件",
    Extent.DISTRICT: "本区的件",
    Extent.EVERYWHERE: "各区的件",
}


@dataclass(frozen=True, kw_only=True)
class Municipal:
    """What the people of a municipal platform deal with (DB50/T 1733—2024 §6.1.2, 6.3.1).

    They are those of these roles who have no district.
    """

    roles: frozenset[Role] = frozenset()
    kinds: frozenset[str] = frozenset()
    classes: frozenset[TalentClass] = frozenset()


Actions = Mapping[tuple[str, str], Mapping[Role, Extent]]
"""(kind of case, action) → role → extent; a role that is not there may not."""


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """The whole table.

    ``districts``: what is otherwise in one district, action by action. ``by_office``: who deals
    with the cases of their own office only, if they belong to one. ``systems``: what each system of
    the rosters is bound to, by code; ``staff``: their officers, by code.
    """

    actions: Actions
    districts: Mapping[str, Actions] = field(default_factory=dict)
    by_office: frozenset[Role] = frozenset()
    municipal: Municipal = Municipal()
    systems: Mapping[str, System] = field(default_factory=dict)
    staff: Mapping[str, Actor] = field(default_factory=dict)

    def extent(self, kind: str, action: str, role: Role, district: str = "") -> Extent | None:
        """With which cases of a kind in a district a role may do it; None: with none."""
        own = self.districts.get(district, {}).get((kind, action))
        return (self.actions.get((kind, action), {}) if own is None else own).get(role)

    def is_municipal(self, role: Role, district: str) -> bool:
        """Whether somebody belongs to a municipal platform."""
        return not district and role in self.municipal.roles
