"""How a round of visits begins, with its three days before the end of the quarter."""

from datetime import date, datetime

from casework.domain.case.events import Event
from casework.domain.case.moves import start_clocks
from casework.domain.case.state import Post
from casework.domain.kinds.round.events import RoundBegun
from casework.domain.kinds.round.policy import RoundPolicy
from casework.domain.kinds.round.quarter import quarter_end
from casework.domain.kinds.round.state import Round, RoundStage
from casework.domain.policy import Role, Unit
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Clock
from casework.domain.time.dates import require_usable
from casework.domain.time.limits import NAMES, shown

CHANNEL = "schedule"
"""A round comes from nobody's hand: the ``visit-rounds`` schedule begins it."""


def round_begun(  # noqa: PLR0913 - one round, whole
    *,
    case_no: str,
    policy: RoundPolicy,
    calendar: WorkingCalendar,
    office: str,
    posts: dict[Role, Post],
    received_at: datetime,
    quarter: str,
) -> RoundBegun:
    """The first event of a platform's round of a quarter (``2026Q4``).

    Each platform has at least one a quarter (DB50/T 1733—2024 §7.1). The days of the draw and of
    the warning are working days before the quarter's last one, by the policy [proposal].

    Raises DomainError ``QUARTER_INVALID`` if the quarter is not readable.
    """
    require_usable(received_at, "received_at")
    ends_on = quarter_end(quarter)
    on = local_date(received_at)
    return RoundBegun(
        case_no=case_no,
        district=policy.district,
        item=policy.code,
        item_name=policy.name,
        office=office,
        channel=CHANNEL,
        policy=policy.digest,
        received_at=received_at,
        posts=posts,
        quarter=quarter,
        ends_on=ends_on,
        clocks=(
            _before("draw", policy.draw_before, ends_on, on, policy),
            _before("round_warning", policy.warn_before, ends_on, on, policy),
            _before("round", 0, ends_on, on, policy),
        ),
    )


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
        case_no=body.case_no,
        district=body.district,
        item=body.item,
        item_name=body.item_name,
        office=body.office,
        channel=body.channel,
        policy=body.policy,
        stage=RoundStage.PLANNED,
        stage_since=event.at,
        received_at=body.received_at,
        posts=body.posts,
        quarter=body.quarter,
        ends_on=body.ends_on,
    )
    return start_clocks(case, *body.clocks)
