"""Ratings given on a day, under the limits 1, 5 and 15 working days."""

from datetime import date

from casework.domain.case.events import Event
from casework.domain.case.facts import Actor
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Post
from casework.domain.kinds.rating.opening import StartRating
from casework.domain.kinds.rating.state import Grade, Rating, RatingFacts, RatingPolicy
from casework.domain.policy import Limit, LimitName, Mark, Role, Unit
from casework.policy.calendars import load_calendar
from tests.domain.desk import at
from tests.domain.rating.unfolding import POSTS, YUBEI, Unfolding

CALENDAR = load_calendar().excerpt(2025, 2028)


def working_days(amount: int) -> Limit:
    return Limit(
        unit=Unit.WORKING_DAYS,
        amount=amount,
        reference="评价整改“1、5、15”工作机制",
        mark=Mark.FOUND,
        since=date(2020, 1, 1),
    )


POLICY = RatingPolicy(
    code="RATING",
    name="服务评价",
    district=YUBEI,
    district_name="渝北区",
    resolved_on=date(2026, 9, 24),
    digest="0" * 16,
    limits={
        LimitName.RATE_CONTACT: working_days(1),
        LimitName.RATE_SETTLE: working_days(5),
        LimitName.RATE_COMPLEX: working_days(15),
    },
)


def given_rating(
    grade: Grade = Grade.DISSATISFIED,
    *,
    day: str = "2026-09-24",
    posts: dict[Role, Post] | None = None,
) -> Unfolding[Rating]:
    received_at = at(day)
    body = StartRating(
        case_no=f"{YUBEI}-RATE-0000-0001",
        source="test",
        reference="T-1",
        content="",
        item=POLICY,
        calendar=CALENDAR,
        office="渝北区人才服务中心",
        rated_item="SVC_SCHOOL",
        rated_item_name="子女入学",
        district=YUBEI,
        channel="online",
        posts=posts or POSTS,
        rated=f"{YUBEI}-SERV-0000-0001",
        grade=grade,
        named=True,
        comment="等得太久",
        by_date=True,
    ).first_event(received_at)
    by = Actor(code="backend", role=Role.SYSTEM)
    first = Event(seq=1, at=received_at, actor=by, body=body)
    case: Rating = evolve(None, first)
    return Unfolding(facts=RatingFacts, policy=POLICY, calendar=CALENDAR, case=case, first=first)
