"""What a decision on an application may know."""

from dataclasses import dataclass

from casework.domain.case.facts import Occasion
from casework.domain.policy import Measure, ServiceItem


@dataclass(frozen=True, kw_only=True)
class ApplicationFacts(Occasion):
    """What a decision on an application may know.

    ``barred``: an unrepaired credit record forbids further deferral.

    ``measures`` are all dated measures for the item and district; None for a case of before they
    were looked up, which knows only those of its own item.
    """

    item: ServiceItem
    barred: bool = False
    measures: tuple[Measure, ...] | None = None

    def measure(self, effect: str) -> Measure | None:
        """The measure with that effect that is in force today, if any."""
        if self.measures is None:
            return self.item.measure(effect)
        return next((m for m in self.measures if m.effect == effect and m.holds(self.today)), None)
