"""How a round of visits is opened, with its three days before the end of the quarter."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from casework.domain.bounds import Word
from casework.domain.case.events import Event
from casework.domain.case.moves import as_begun, start_clocks
from casework.domain.case.opening import Circumstances, Identity, StartCase
from casework.domain.errors import DomainError
from casework.domain.kinds.round.events import RoundBegun
from casework.domain.kinds.round.state import Round, RoundPolicy, RoundStage
from casework.domain.policy import Unit
from casework.domain.time.calendar import ONE_DAY, add_months, local_date
from casework.domain.time.clock import NAMES, Clock, shown
from casework.domain.time.dates import FIRST_DAY, LAST_DAY, require_usable

CHANNEL = "schedule"
"""A round comes from nobody's hand: the ``visit-rounds`` schedule begins it."""


YEARS_AHEAD = 2
"""So far the calendar of a new round reaches."""


@dataclass(frozen=True, kw_only=True)
class StartRound(StartCase):
    """Opens a quarterly round of visits, e.g. of ``2026Q4``."""

    item: RoundPolicy
    resumed: Round | None = None
    quarter: Word

    @property
    def kind(self) -> str:
        return "visits"

    def first_event(self, at: datetime) -> RoundBegun:
        """The beginning of a platform's round.

        Each platform has at least one a quarter (DB50/T 1733—2024 §7.1). The days of the draw and
        of the warning are working days before the quarter's last one, by the policy [proposal].

        Raises DomainError ``QUARTER_INVALID`` if the quarter is not readable.
        """
        received_at, policy = self.received_at or at, self.item
        require_usable(received_at, "received_at")
        ends_on, on = quarter_end(self.quarter), local_date(received_at)
        return RoundBegun(
            **self._beginning(at),
            quarter=self.quarter,
            ends_on=ends_on,
            clocks=(
                _before("draw", policy.draw_before, ends_on, on, policy),
                _before("round_warning", policy.warn_before, ends_on, on, policy),
                _before("round", 0, ends_on, on, policy),
            ),
        )


def require_current(quarter: str, today: date) -> None:
    """Refuse with ``QUARTER_NOT_CURRENT`` a round of any quarter but this one."""
    if quarter != (current := quarter_of(today)):
        detail = f"只能开始本季度（{current}）的回访"
        raise DomainError("QUARTER_NOT_CURRENT", detail, "quarter")


def open_round(identity: Identity, at: Circumstances[RoundPolicy]) -> StartRound:
    """The start of the round that the identity's reference names; the same whoever asks for it."""
    return StartRound(**at.start(identity), channel=CHANNEL, quarter=identity.reference)


def _before(
    clock_id: str, working_days: int, until: date, started_on: date, policy: RoundPolicy
) -> Clock:
    return Clock(
        id=clock_id,
        name=NAMES[clock_id],
        unit=Unit.WORKING_DAYS_BEFORE,
        amount=working_days,
        until=until,
        started_on=started_on,
        reference=shown(policy.reference),
        mark=policy.mark,
    )


def begin_round_begun(body: RoundBegun, event: Event) -> Round:
    case = Round(
        **as_begun(event),
        stage=RoundStage.PLANNED,
        quarter=body.quarter,
        ends_on=body.ends_on,
    )
    return start_clocks(case, *body.clocks)


# --- quarters ------------------------------------------------------------------------------
# Quarters of the year, as ``2026Q4``.


_QUARTER = re.compile(r"(?P<year>\d{4})Q(?P<number>[1-4])")


def quarter_of(day: date) -> str:
    """The quarter in which a calendar day lies."""
    return f"{day.year}Q{(day.month + 2) // 3}"


def quarter_end(quarter: str) -> date:
    """The last calendar day of a quarter. DomainError ``QUARTER_INVALID`` if it is none."""
    match = _QUARTER.fullmatch(quarter)
    if match is None:
        raise DomainError("QUARTER_INVALID", "季度应写作如“2026Q4”", "quarter")
    year = int(match["year"])
    if not FIRST_DAY.year <= year < LAST_DAY.year:
        raise DomainError("QUARTER_INVALID", "没有这样的季度", "quarter")
    first = date(year, 3 * int(match["number"]) - 2, 1)
    return add_months(first, 3) - ONE_DAY
