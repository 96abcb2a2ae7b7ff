"""What can happen to an appointment. Events are stored for ever: fields are only ever added."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from casework.domain.case.events import Title
from casework.domain.case.state import Post
from casework.domain.kinds.appointment.state import Answer
from casework.domain.policy import Role
from casework.domain.time.clock import Clock


@dataclass(frozen=True, kw_only=True)
class AppointmentBooked:
    """A slot was booked, or (``walk_in``) somebody has come without one.

    ``until_day`` is the clock that ends with the day of the visit.
    """

    kind: Literal["appointment_was_booked"] = "appointment_was_booked"
    case_no: str
    district: str
    item: str
    item_name: str
    office: str
    channel: str
    policy: str
    received_at: datetime
    posts: dict[Role, Post]
    business: str
    business_name: str
    day: date
    at: str
    until: str
    places: int
    businesses: tuple[str, ...] = ()
    keep_until: date
    offer_within: int
    walk_in: bool = False
    about: str = ""
    answers: tuple[Answer, ...] = ()
    until_day: Clock
    by_date: bool = True
    catalogue: str = ""


@dataclass(frozen=True, kw_only=True)
class WindowClosed:
    """The window will be closed on the day of the visit: another slot is offered."""

    kind: Literal["appointment_window_closed"] = "appointment_window_closed"
    reason: str
    day: date
    at: str


@dataclass(frozen=True, kw_only=True)
class AppointmentMoved:
    kind: Literal["appointment_moved"] = "appointment_moved"
    day: date
    at: str
    until: str
    places: int
    businesses: tuple[str, ...] = ()
    keep_until: date
    reason: str
    until_day: Clock


@dataclass(frozen=True, kw_only=True)
class VisitorArrived:
    kind: Literal["visitor_arrived"] = "visitor_arrived"


@dataclass(frozen=True, kw_only=True)
class VisitorServed:
    kind: Literal["visitor_served"] = "visitor_served"
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class AppointmentMissed:
    """The day is over, and nobody came."""

    kind: Literal["appointment_was_missed"] = "appointment_was_missed"
    clock: str


@dataclass(frozen=True, kw_only=True)
class AppointmentCancelled:
    kind: Literal["appointment_was_cancelled"] = "appointment_was_cancelled"
    reason: str


EVENTS = (
    Title(body=AppointmentBooked, title="登记预约"),
    Title(body=WindowClosed, title="窗口停办，须改约"),
    Title(body=AppointmentMoved, title="改约"),
    Title(body=VisitorArrived, title="登记到访"),
    Title(body=VisitorServed, title="接待完毕"),
    Title(body=AppointmentMissed, title="逾期未到访"),
    Title(body=AppointmentCancelled, title="取消预约"),
)
"""All of them, with their titles."""
