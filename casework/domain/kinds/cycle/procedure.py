"""The procedure of a service cycle: its beginning here, its verbs and its time in the parts.

Sources: DB50/T 1733—2024 §5.1–5.3; 居住证暂行条例 §10; domain.md §C.8. The standard is silent on a
silent employer, a change of employer, a move and an objection: those rules are proposals.
"""

from datetime import date, datetime

from casework.domain.case.state import Post
from casework.domain.errors import DomainError
from casework.domain.kinds.cycle import changes, course, evaluation, passing, permit
from casework.domain.kinds.cycle.events import CycleBegun
from casework.domain.kinds.cycle.guards import require_score
from casework.domain.kinds.cycle.policy import CyclePolicy
from casework.domain.kinds.cycle.state import Points
from casework.domain.kinds.cycle.timetable import cycle_clocks
from casework.domain.policy import Role
from casework.domain.talent import Credential, TalentClass
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.dates import require_usable

PARTS = (evaluation, changes, permit, passing, course)
"""Importing them registers what they decide."""


def begun(  # noqa: PLR0913 - one registration, whole
    *,
    case_no: str,
    policy: CyclePolicy,
    calendar: WorkingCalendar,
    office: str,
    channel: str,
    posts: dict[Role, Post],
    received_at: datetime,
    starts_on: date,
    ends_on: date | None = None,
    letter: TalentClass | None = None,
    score: int | None = None,
    employer: str = "",
    credential: Credential | None = None,
    points: Points = Points.NONE,
) -> CycleBegun:
    """The first event of a cycle, with its clocks.

    ``starts_on`` is S. E follows from the policy (the corresponding day, 民法典 §202); only a
    permit says itself when it ends (``ends_on``). Both are calendar days in Shanghai. Of a cycle
    that is registered late, what has fallen due is made up for at once, but for reminders.

    Raises DomainError ``CYCLE_DATES``: an end that is not after the start, or given for a talent;
    ``DATE_OUT_OF_RANGE``: a day that no cycle can have; ``SCORE_OUT_OF_RANGE``.
    """
    require_usable(received_at, "received_at")
    require_usable(starts_on, "starts_on")
    require_score(score)
    if ends_on is not None and policy.evaluated:
        raise DomainError("CYCLE_DATES", "服务周期的届满日由起始日推算，不能另行填写", "ends_on")
    last = ends_on or policy.end(starts_on)
    require_usable(last, "ends_on" if ends_on else "starts_on")
    if last <= starts_on:
        raise DomainError("CYCLE_DATES", f"届满日须在起始日（{starts_on}）之后", "ends_on")
    return CycleBegun(
        case_no=case_no,
        district=policy.district,
        item=policy.code,
        item_name=policy.name,
        office=office,
        channel=channel,
        policy=policy.digest,
        received_at=received_at,
        posts=posts,
        cycle=policy.cycle,
        starts_on=starts_on,
        ends_on=last,
        letter=letter,
        score=score,
        employer=employer,
        credential=credential,
        points=points,
        clocks=cycle_clocks(
            policy, starts_on, last, today=local_date(received_at), calendar=calendar
        ),
    )
