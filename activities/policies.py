"""The policy in force when a new cycle begins."""

from dataclasses import dataclass
from datetime import date

from temporalio import activity

from casework.domain.kinds.cycle.policy import CyclePolicy
from casework.domain.kinds.cycle.state import CycleKind
from casework.policy.service_catalogue import ServiceCatalogue


@dataclass(frozen=True, kw_only=True)
class CyclePolicyQuestion:
    """Which cycle, where, and the first day of the cycle."""

    kind: CycleKind
    district: str
    on: date


@dataclass(frozen=True)
class PolicyActivities:
    """Quick, and run as local activities: the catalogue is in memory."""

    catalogue: ServiceCatalogue

    @activity.defn(name="policies.cycle")
    async def cycle(self, question: CyclePolicyQuestion) -> CyclePolicy:
        """The policy of a cycle that begins on that day."""
        return self.catalogue.cycle(question.kind, question.district, question.on)
