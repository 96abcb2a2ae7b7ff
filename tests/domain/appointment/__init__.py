"""Appointments of 静安 and of 浦东 on a day, under the packaged policy."""

from datetime import date
from typing import cast

from casework.domain.case.events import Event
from casework.domain.case.facts import Actor, Occasion
from casework.domain.case.in_force import InForce
from casework.domain.case.opening import Circumstances, Identity, Party
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Post
from casework.domain.kinds.appointment.opening import (
    AppointmentForm,
    StartAppointment,
    open_appointment,
)
from casework.domain.kinds.appointment.slots import AppointmentPolicy
from casework.domain.kinds.appointment.state import Appointment
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.policy.calendars import load_calendar
from casework.policy.service_catalogue import load_service_catalogue
from tests.domain.desk import at
from tests.domain.rating.unfolding import Unfolding

JINGAN, PUDONG = "310106", "310115"
CALENDAR = load_calendar().excerpt(2022, 2028)
POSTS = {
    Role.OFFICER: Post(holder="ja-o1", backup="ja-o2"),
    Role.SUPERVISOR: Post(holder="ja-s1"),
}
VISITOR = Party(name="张三", id_number="310101199003071230", phone="13800000000")
BOOKED = AppointmentForm(business="points", day=date(2026, 9, 22), at="10:00")


def policy_of(district: str, day: str) -> AppointmentPolicy:
    found = load_service_catalogue().of_kind(
        CaseKind.APPOINTMENT, district, date.fromisoformat(day)
    )
    return cast("AppointmentPolicy", found)


def opened(
    form: AppointmentForm = BOOKED,
    day: str = "2026-09-17",
    time: str = "10:00",
    *,
    in_force: InForce = InForce(),  # noqa: B008 - frozen
    visitor: Party | None = VISITOR,
    district: str = JINGAN,
    source: str = "window",
) -> StartAppointment:
    """The start of an appointment as the desk makes it; raises DomainError."""
    identity = Identity(
        kind="appointment",
        case_no=f"{district}-AP10-0000-0001",
        district=district,
        source=source,
        reference="A-1",
        content="",
    )
    circumstances = Circumstances(
        policy=policy_of(district, day),
        office="静安区人才服务中心",
        posts=POSTS,
        calendar=CALENDAR,
        in_force=in_force,
        opened_by=Actor(code="ja-o1", role=Role.OFFICER, district=district),
        now=at(day, time),
        sharing={},
        pseudonym=lambda number: f"of-{number[-4:]}",
    )
    return open_appointment(identity, form, visitor, circumstances)


def given_appointment(
    form: AppointmentForm = BOOKED, day: str = "2026-09-17"
) -> Unfolding[Appointment]:
    start = opened(form, day)
    received_at = at(day)
    by = Actor(code="ja-o1", role=Role.OFFICER)
    first = Event(seq=1, at=received_at, actor=by, body=start.first_event(received_at))
    case: Appointment = evolve(None, first)
    assert local_date(received_at) <= case.day
    return Unfolding(facts=Occasion, policy=start.item, calendar=CALENDAR, case=case, first=first)
