"""From a platform and a quarter to the start of its round of visits, as the schedule makes it."""

from dataclasses import dataclass, replace
from datetime import datetime

from api.routes.filing import Identity
from api.routes.talent_service.desk import Desk
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.round.quarter import quarter_of
from casework.domain.time.calendar import local_date
from casework.messages import visit_rounds
from casework.messages.cases import InForceQuestion, StartRound


def round_identity(district: str, quarter: str) -> Identity:
    """The one round of a platform in a quarter, begun by the schedule or by hand."""
    return Identity(
        kind=CaseKind.VISITS,
        district=district,
        source=visit_rounds.SOURCE,
        reference=quarter,
        content=f"{district}:{quarter}",
    )


@dataclass(frozen=True, kw_only=True)
class RoundOpener:
    """Makes a round's start, under the policy of the day on which it begins."""

    desk: Desk

    def question(self, identity: Identity, now: datetime) -> InForceQuestion:
        """What has to be known before the round begins.

        Raises:
            DomainError: no such platform; ``QUARTER_NOT_CURRENT``.
        """
        current = quarter_of(local_date(now))
        if identity.reference != current:
            raise DomainError(
                "QUARTER_NOT_CURRENT", f"只能开始本季度（{current}）的回访", "quarter"
            )
        return visit_rounds.question(identity.district, current, self.desk.services, now)

    def start(
        self, identity: Identity, actor: Actor, now: datetime, in_force: InForce
    ) -> StartRound:
        """The start of the round.

        Raises:
            DomainError: no such platform, or nobody there.
        """
        calendar = self.desk.calendar_of(in_force, local_date(now), visit_rounds.YEARS_AHEAD)
        return visit_rounds.start_round(
            identity.district,
            now,
            services=self.desk.services,
            roster=self.desk.platforms,
            in_force=replace(in_force, calendar=calendar),
            submitted_by=actor,
        )
