"""Wage complaints of 静安 received on a day, under the limits of the packaged catalogue."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from casework.domain.case.events import Event
from casework.domain.case.facts import Actor, Occasion
from casework.domain.case.opening import Party
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Post
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.wage.commands import (
    AgreedInstalment,
    HoldSession,
    Piece,
    RecordSettlement,
)
from casework.domain.kinds.wage.opening import StartWageComplaint
from casework.domain.kinds.wage.state import EvidenceSort, SessionMeans, WageComplaint, Whose
from casework.domain.policy import LimitName, Role
from casework.domain.time.calendar import local_date
from casework.policy.calendars import load_calendar
from casework.policy.service_catalogue import load_service_catalogue
from tests.domain.desk import at
from tests.domain.rating.unfolding import Unfolding

JINGAN = "310106"
CALENDAR = load_calendar().excerpt(2025, 2029)
POSTS = {
    Role.OFFICER: Post(holder="ja-o1", backup="ja-o2"),
    Role.HEAD: Post(holder="ja-h1"),
    Role.SUPERVISOR: Post(holder="ja-s1"),
}
OWED = 900_000


def given_complaint(
    day: str = "2026-09-14",
    *,
    last_unpaid_on: str = "2026-08-31",
    without: tuple[LimitName, ...] = (),
    number: int = 1,
    **said: Any,
) -> Unfolding[WageComplaint]:
    """``without``: the limits that the policy does not set; ``said``: what the form says else."""
    received_at = at(day)
    policy = load_service_catalogue().of_kind(CaseKind.WAGE, JINGAN, local_date(received_at))
    limits = {name: limit for name, limit in policy.limits.items() if name not in without}
    policy = replace(policy, limits=limits)
    body = StartWageComplaint(
        case_no=f"{JINGAN}-WAGE-0000-{number:04}",
        district=JINGAN,
        source="points-portal",
        reference=f"W-{number}",
        content="",
        item=policy,
        calendar=CALENDAR,
        office="静安区人才服务中心",
        channel="online",
        posts=POSTS,
        applicant=Party(name="张三", phone="13800000000"),
        owed=OWED,
        last_unpaid_on=date.fromisoformat(last_unpaid_on),
        by_date=True,
        **{"employer_name": "某某公司", "statement": "三个月工资未付", **said},
    ).first_event(received_at)
    first = Event(seq=1, at=received_at, actor=Actor(code="portal", role=Role.SYSTEM), body=body)
    case: WageComplaint = evolve(None, first)
    return Unfolding(facts=Occasion, policy=policy, calendar=CALENDAR, case=case, first=first)


def piece(this: Unfolding[WageComplaint], sha256: str, sort: EvidenceSort) -> Piece:
    """A piece of evidence that has just come about."""
    words = "同意分期支付" if sort.is_spoken else ""
    return Piece(sort=sort, sha256=sha256, of=Whose.EMPLOYER, at=this.now, transcript=words)


def mediated(this: Unfolding[WageComplaint], *days: int) -> None:
    """An agreement, and equal instalments after so many days; two by default."""
    days = days or (1, 30)
    today = local_date(this.now)
    this.do(
        HoldSession,
        Role.OFFICER,
        "ja-o1",
        means=SessionMeans.VIDEO,
        held_on=today,
        agreed=True,
        note="达成一致",
        pieces=(
            piece(this, "a" * 64, EvidenceSort.VIDEO),
            piece(this, "b" * 64, EvidenceSort.CHAT),
        ),
    )
    this.do(
        RecordSettlement,
        Role.OFFICER,
        "ja-o1",
        instalments=tuple(
            AgreedInstalment(due_on=today + timedelta(days=each), amount=OWED // len(days))
            for each in days
        ),
    )
