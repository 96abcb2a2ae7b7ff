"""The state of an appointment (预约): when somebody comes to the window, for what, and if they did.

Name, number and contact are those of the case's applicant, and stand in no state (domain.md §B.1.4
``APPT``, §C.14).
"""

from dataclasses import dataclass
from datetime import date, datetime

from casework.domain.bounds import Word
from casework.domain.case.state import Case, Stage


class AppointmentStage(Stage):
    """Where an appointment stands; the values are stored for ever."""

    BOOKED = "appointment_booked"
    TO_MOVE = "appointment_to_move"  # the window is closed on that day
    ARRIVED = "appointment_arrived"
    SERVED = "appointment_served"
    MISSED = "appointment_missed"
    CANCELLED = "appointment_cancelled"

    @property
    def is_final(self) -> bool:
        return self in {
            AppointmentStage.SERVED,
            AppointmentStage.MISSED,
            AppointmentStage.CANCELLED,
        }

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _LABELS[self]


_LABELS = {
    AppointmentStage.BOOKED: "已预约待到访",
    AppointmentStage.TO_MOVE: "窗口停办待改约",
    AppointmentStage.ARRIVED: "已到访待接待",
    AppointmentStage.SERVED: "已接待",
    AppointmentStage.MISSED: "逾期未到访",
    AppointmentStage.CANCELLED: "预约已取消",
}

STANDING = frozenset({AppointmentStage.BOOKED, AppointmentStage.ARRIVED, AppointmentStage.SERVED})
"""The stages in which an appointment takes a place of its slot."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a visitor says to a question of the office."""

    code: Word
    said_yes: bool


@dataclass(frozen=True, kw_only=True)
class Appointment(Case):
    """One visit.

    ``at`` and ``until`` (``HH:MM``) are those of its slot, which has ``places`` for all who come
    for one of ``businesses`` (empty: for anything).
    ``walk_in``: somebody has come without an appointment, and takes no place. ``keep_until``: the
    last day on which the visitor's data are kept. ``moves``: how often it was given another slot.
    ``offer_within``: the working days within which the office offers another slot, if its window
    is closed on the day.
    """

    stage: AppointmentStage
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
    arrived_at: datetime | None = None
    served_at: datetime | None = None
    moves: int = 0

    @property
    def takes_place(self) -> bool:
        """Whether it counts among those for whom its slot has places."""
        return not self.walk_in and self.stage in STANDING
