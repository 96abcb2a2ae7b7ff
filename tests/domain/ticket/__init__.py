"""Tickets of 静安 received on a day, under the limits of the packaged catalogue."""

from casework.domain.case.events import Event
from casework.domain.case.facts import Actor, Occasion
from casework.domain.case.opening import Party
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Post
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.ticket.opening import StartTicket
from casework.domain.kinds.ticket.state import Ticket, TicketSource
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.policy.calendars import load_calendar
from casework.policy.service_catalogue import load_service_catalogue
from tests.domain.desk import at
from tests.domain.rating.unfolding import Unfolding

JINGAN = "310106"
CALENDAR = load_calendar().excerpt(2025, 2028)
POSTS = {
    Role.OFFICER: Post(holder="ja-o1", backup="ja-o2"),
    Role.SUPERVISOR: Post(holder="ja-s1"),
}
CALLER = Party(name="张三", phone="13800000000")


def given_ticket(
    day: str = "2026-09-24",
    *,
    number: int = 1,
    about: str = "",
    caller: Party | None = CALLER,
    came_by: TicketSource = TicketSource.HOTLINE_12345,
) -> Unfolding[Ticket]:
    received_at = at(day)
    policy = load_service_catalogue().of_kind(CaseKind.TICKET, JINGAN, local_date(received_at))
    body = StartTicket(
        case_no=f"{JINGAN}-TICK-0000-{number:04}",
        district=JINGAN,
        source="hotline-12345",
        reference=f"T-{number}",
        content="",
        item=policy,
        calendar=CALENDAR,
        office="静安区人才服务中心",
        channel=came_by.value,
        posts=POSTS,
        applicant=caller,
        came_by=came_by,
        subject_matter="积分申请提交两周未有回音",
        about=about,
        by_date=True,
    ).first_event(received_at)
    by = Actor(code="hotline", role=Role.SYSTEM)
    first = Event(seq=1, at=received_at, actor=by, body=body)
    case: Ticket = evolve(None, first)
    return Unfolding(facts=Occasion, policy=policy, calendar=CALENDAR, case=case, first=first)
