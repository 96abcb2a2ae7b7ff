"""Who is told of which cards (domain.md §C.7).

Yellow tells the card's holder and B角, red also the supervisor; blue is for the holder's own queue.
The superior is told of red cards of cases that have been reported up and not come back.
"""

from collections.abc import Mapping

from casework.domain.case.state import Stage
from casework.domain.kinds.registry import KINDS
from casework.domain.policy import Role
from casework.domain.time.ladder import Rung

OF_HOLDERS = frozenset({Rung.YELLOW, Rung.RED})
"""The cards of which holder and B角 are told."""
OF_WATCHERS = frozenset({Rung.RED})
"""The cards of which supervisor and superior are told."""

WITH_THE_SUPERIOR: frozenset[Stage] = frozenset(
    stage for kind in KINDS.values() for stage in kind.with_superior
)
"""Where a case that has been reported up is still the superior's."""

WATCHED_STAGES: Mapping[Role, frozenset[Stage] | None] = {
    Role.SUPERVISOR: None,
    Role.SUPERIOR: WITH_THE_SUPERIOR,
}
"""Who watches cases of others, and in which stages; None: in all."""

URGENCY = (Rung.RED, Rung.YELLOW)
"""The order in which a digest lists cards."""
