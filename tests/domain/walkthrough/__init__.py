"""Walkthroughs of 静安 recorded on a day, under the limits of the packaged catalogue."""

from datetime import date
from typing import Any

from casework.domain.case.events import Event
from casework.domain.case.facts import Actor, Occasion
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Post
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.walkthrough.opening import StartWalkthrough, WalkthroughForm
from casework.domain.kinds.walkthrough.state import WalkMode, WalkRole, Walkthrough, WalkWay
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.policy.calendars import load_calendar
from casework.policy.service_catalogue import load_service_catalogue
from tests.domain.desk import at
from tests.domain.rating.unfolding import Unfolding

JINGAN = "310106"
CALENDAR = load_calendar().excerpt(2025, 2029)
POSTS = {
    Role.OFFICER: Post(holder="ja-o1", backup="ja-o2"),
    Role.SUPERVISOR: Post(holder="ja-s1"),
}


def form_of(walked_on: date, **fields: Any) -> WalkthroughForm:
    given: dict[str, Any] = {
        "leader": "分管副局长",
        "role": WalkRole.CITIZEN,
        "mode": WalkMode.IN_PERSON,
        "way": WalkWay.MIXED,
        "walked_item": "职业介绍",
        "walked_on": walked_on,
        "process_smooth": 4,
    }
    return WalkthroughForm(**given | fields)


def given_walkthrough(day: str = "2026-09-16", *, number: int = 1) -> Unfolding[Walkthrough]:
    """By default a Wednesday, nine days before the national week with its make-up days."""
    received_at = at(day)
    policy = load_service_catalogue().of_kind(CaseKind.WALKTHROUGH, JINGAN, local_date(received_at))
    body = StartWalkthrough(
        case_no=f"{JINGAN}-WALK-0000-{number:04}",
        district=JINGAN,
        source="desk",
        reference=f"W-{number}",
        content="",
        item=policy,
        calendar=CALENDAR,
        office="静安区人才服务中心",
        channel=WalkWay.MIXED.value,
        posts=POSTS,
        form=form_of(local_date(received_at)),
        by_date=True,
    ).first_event(received_at)
    first = Event(seq=1, at=received_at, actor=Actor(code="ja-o1", role=Role.OFFICER), body=body)
    case: Walkthrough = evolve(None, first)
    return Unfolding(facts=Occasion, policy=policy, calendar=CALENDAR, case=case, first=first)
