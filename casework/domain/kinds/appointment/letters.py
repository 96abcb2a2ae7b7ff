"""What a visitor is told: the slot, a reminder, and what becomes of it otherwise."""

from casework.domain.case.events import Event
from casework.domain.case.letters import Notice
from casework.domain.case.rules import Fields, Letter, Letters
from casework.domain.kinds.appointment.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentMissed,
    AppointmentMoved,
    WindowClosed,
)
from casework.domain.kinds.appointment.slots import label_of
from casework.domain.kinds.appointment.state import Appointment
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import Clock

_COME = """请携带有效身份证件，按时到{office}窗口。
不能前来的，请提前告知经办机构取消或者改约，以便他人使用。"""
TEXTS = {
    "appointment_booked": (
        "预约确认",
        f"您已预约：{{when}}，办理{{business}}。\n{_COME}",
    ),
    "appointment_reminder": (
        "预约提醒",
        f"您预约了{{when}}，办理{{business}}，请勿错过。\n{_COME}",
    ),
    "appointment_closed": (
        "窗口停办，另约时段告知",
        """因{reason}，窗口停办，您原预约的{when}不能办理，请不要前来。
经办机构将与您另约时段；您也可以重新预约，或者改用网上、邮寄等方式办理。""",
    ),
    "appointment_moved": (
        "改约确认",
        f"您的预约已改为：{{when}}，办理{{business}}。\n改约理由：{{reason}}\n{_COME}",
    ),
    "appointment_missed": (
        "预约逾期告知",
        "您预约了{when}，未见到访，本次预约已结束。如仍需办理，请重新预约。",
    ),
    "appointment_cancelled": (
        "预约取消告知",
        "您预约的{when}已取消。\n理由：{reason}\n如仍需办理，请重新预约。",
    ),
}
RECIPIENTS: dict[str, tuple[str, ...]] = dict.fromkeys(TEXTS, ("applicant",))


def _of(case: Appointment) -> Fields:
    return {
        "when": label_of(case.day, case.at, case.until),
        "business": case.business_name,
    }


def letter_of_appointment_booked(
    body: AppointmentBooked, event: Event, case: Appointment, calendar: WorkingCalendar
) -> Notice | None:
    return None if body.walk_in else ("appointment_booked", _of(case))


def letter_of_window_closed(
    body: WindowClosed, event: Event, case: Appointment, calendar: WorkingCalendar
) -> Notice | None:
    return "appointment_closed", _of(case) | {"reason": body.reason}


def letter_of_appointment_moved(
    body: AppointmentMoved, event: Event, case: Appointment, calendar: WorkingCalendar
) -> Notice | None:
    return "appointment_moved", _of(case) | {"reason": body.reason}


def letter_of_appointment_missed(
    body: AppointmentMissed, event: Event, case: Appointment, calendar: WorkingCalendar
) -> Notice | None:
    return "appointment_missed", _of(case)


def letter_of_appointment_cancelled(
    body: AppointmentCancelled, event: Event, case: Appointment, calendar: WorkingCalendar
) -> Notice | None:
    return None if case.walk_in else ("appointment_cancelled", _of(case) | {"reason": body.reason})


def reminder(case: Appointment, clock: Clock, fields: Fields) -> Letter | None:
    """On the last working day before the visit, to whoever has booked earlier than that."""
    return "appointment_reminder", _of(case)


LETTERS: Letters = {
    AppointmentBooked: letter_of_appointment_booked,
    WindowClosed: letter_of_window_closed,
    AppointmentMoved: letter_of_appointment_moved,
    AppointmentMissed: letter_of_appointment_missed,
    AppointmentCancelled: letter_of_appointment_cancelled,
}
