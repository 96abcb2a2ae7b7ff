"""Which system may say what: a code is bound to its sources, districts and actions.

The table of authority says what systems may do at all; the roster says which system does it. One
that stands in no roster may do nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from casework.domain.authority.actions import GENERAL, Action, GeneralAction, label_of
from casework.domain.authority.concern import Concern
from casework.domain.case.facts import Actor
from casework.domain.case.kind import KNOWN
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import CaseKind

GIVEN_SOURCES = MappingProxyType({kind.name: kind.source for kind in KNOWN.values() if kind.source})
"""Kinds of case whose source is the same for everybody: their reference follows from the case."""


@dataclass(frozen=True, kw_only=True)
class System:
    """What one system is bound to.

    ``sources``: under which it files, and whose cases it deals with; None: it files none, and deals
    with cases of every source. ``districts``: None: every district. ``may``: (kind, action).
    """

    name: str = ""
    sources: tuple[str, ...] | None = None
    districts: frozenset[str] | None = None
    may: frozenset[tuple[str, str]] = frozenset()


ITSELF: Mapping[str, System] = MappingProxyType(
    {
        "clock": System(),
        "casework": System(),
        "catalogue": System(),
        "orders": System(may=frozenset({(CaseKind.APPLICATION, "move_policy")})),
        "outreach": System(
            may=frozenset(
                {
                    (CaseKind.APPLICATION, "request_contact"),
                    (CaseKind.APPLICATION, "share_contact"),
                    (GENERAL, GeneralAction.BEGIN_OUTREACH),
                }
            )
        ),
        "cycle": System(may=frozenset({(CaseKind.REQUEST, "note_standing")})),
        GIVEN_SOURCES[CaseKind.VISITS]: System(may=frozenset({(CaseKind.VISITS, Action.OPEN)})),
    }
)
"""The codes by which Casework itself speaks to cases. No roster has them, and no token counts."""


def unknown_system() -> DomainError:
    """The refusal of a system that stands in no roster."""
    return DomainError("SYSTEM_UNKNOWN", "岗位表中没有登记此系统，不能办理任何事项")


def system_refusal(
    systems: Mapping[str, System], actor: Actor, action: str, concern: Concern
) -> DomainError | None:
    """Why a system may not do that; None: it may.

    ``SYSTEM_UNKNOWN``, ``SYSTEM_NOT_BOUND``, ``OTHER_DISTRICT``, ``OTHER_SOURCE``: the first that
    applies, in this order.
    """
    bound = ITSELF.get(actor.code) or systems.get(actor.code)
    if bound is None:
        return unknown_system()
    if (concern.kind, action) not in bound.may:
        what = label_of(concern.kind, action)
        return DomainError("SYSTEM_NOT_BOUND", f"此系统未登记“{what}”，不能办理")
    if not _is_of_the_districts(bound, concern):
        return DomainError("OTHER_DISTRICT", "此系统未登记该区，不能查阅、办理该区的件")
    if not _is_of_the_sources(bound, actor, action, concern):
        if action == Action.OPEN:
            return DomainError("OTHER_SOURCE", "来源不是本系统登记的，不能以此来源提交", "source")
        return DomainError("OTHER_SOURCE", "此件不属于本系统登记的来源，不能查阅、办理")
    return None


def _is_of_the_districts(bound: System, concern: Concern) -> bool:
    if bound.districts is None or concern.district in bound.districts:
        return True
    return concern.kind == GENERAL and not concern.district


def _is_of_the_sources(bound: System, actor: Actor, action: str, concern: Concern) -> bool:
    if concern.kind == GENERAL:
        return True
    if action == Action.OPEN:
        given = KNOWN[concern.kind].source
        return concern.source == given if given else concern.source in (bound.sources or ())
    if bound.sources is None or concern.source in bound.sources:
        return True
    return bool(concern.opened_by) and concern.opened_by == actor.code
