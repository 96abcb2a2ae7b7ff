"""How a rating begins: the grade, and for a poor one the two limits from the day of rating."""

from datetime import datetime

from casework.domain.case.events import Event
from casework.domain.case.moves import open_task, start_clocks
from casework.domain.case.state import Post, TaskKind
from casework.domain.kinds.rating.events import Rated
from casework.domain.kinds.rating.policy import RatingPolicy
from casework.domain.kinds.rating.state import Grade, Rating, RatingStage
from casework.domain.policy import LimitName, Role
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.dates import require_usable
from casework.domain.time.limits import start_clock


def rated(  # noqa: PLR0913 - the case that is rated, and the rating, whole
    *,
    case_no: str,
    policy: RatingPolicy,
    calendar: WorkingCalendar,
    office: str,
    item: str,
    item_name: str,
    district: str,
    channel: str,
    posts: dict[Role, Post],
    received_at: datetime,
    rated: str,
    grade: Grade,
    named: bool,
    comment: str,
) -> Rated:
    """The first event of a rating of the case ``rated``; ``item`` is that case's.

    A poor rating is to be answered within 1 working day and settled within 5, both counted from
    the day after it (domain.md §C.10; the limits are the catalogue's, with their marks).

    Raises DomainError ``LIMIT_NOT_SET`` if the policy lacks one of the two.
    """
    require_usable(received_at, "received_at")
    on = local_date(received_at)
    poor = grade.is_poor
    return Rated(
        case_no=case_no,
        district=district,
        item=item,
        item_name=item_name,
        office=office,
        channel=channel,
        policy=policy.digest,
        received_at=received_at,
        posts=posts,
        rated=rated,
        grade=grade,
        named=named,
        comment=comment,
        contact=start_clock(policy, LimitName.RATE_CONTACT, "rate_contact", on) if poor else None,
        settle=start_clock(policy, LimitName.RATE_SETTLE, "rate_settle", on) if poor else None,
    )


def begin_rated(body: Rated, event: Event) -> Rating:
    poor = body.grade.is_poor
    case = Rating(
        case_no=body.case_no,
        district=body.district,
        item=body.item,
        item_name=body.item_name,
        office=body.office,
        channel=body.channel,
        policy=body.policy,
        stage=RatingStage.CONTACT if poor else RatingStage.RATED,
        stage_since=event.at,
        received_at=body.received_at,
        posts=body.posts,
        closed_at=None if poor else event.at,
        rated=body.rated,
        grade=body.grade,
        named=body.named,
        comment=body.comment,
    )
    return _answered_for(start_clocks(case, body.contact, body.settle), event) if poor else case


def _answered_for(case: Rating, event: Event) -> Rating:
    """Somebody answers for each of the two limits from the first day; the contact comes first."""
    role = officer_role(case)
    case = open_task(case, TaskKind.SETTLE_RATING, role, event.at, clock="rate_settle")
    return open_task(case, TaskKind.CONTACT_RATER, role, event.at, clock="rate_contact")


def officer_role(case: Rating) -> Role:
    """Whose work is rated: the specialist of a service request, the officer of an application."""
    return Role.SPECIALIST if Role.SPECIALIST in case.posts else Role.OFFICER
