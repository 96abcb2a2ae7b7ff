"""The policy of one service on the list (人才服务项目清单)."""

from dataclasses import dataclass, field

from casework.domain.case.facts import Occasion
from casework.domain.policy import Mark, MaterialRule, Policy
from casework.domain.talent import Level


@dataclass(frozen=True, kw_only=True)
class ServiceRule(Policy):
    """``limits``: ``notice``, ``supplement``, ``collect``, ``handle``, ``handle_extension``.

    ``owners`` are the levels that own the service, the preferred first; ``bodies`` the code of the
    department in charge at each of them.
    """

    owners: tuple[Level, ...]
    bodies: dict[Level, str]
    materials: tuple[MaterialRule, ...] = ()
    material_names: dict[str, str] = field(default_factory=dict)
    reference: str = ""
    mark: Mark = Mark.PROPOSAL


@dataclass(frozen=True, kw_only=True)
class RequestFacts(Occasion):
    """What a decision on a request may know."""

    item: ServiceRule
