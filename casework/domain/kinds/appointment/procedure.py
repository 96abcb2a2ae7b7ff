"""The procedure of an appointment: booked, come, served; or moved, missed, cancelled.

The date decides (domain.md §C.0): at 00:00 of the day after, whoever has not come has missed it. A
suspension that closes the window on the day gives the office the task of offering another slot.
"""

from dataclasses import replace

from casework.domain.case.events import Event, EventBody
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import require_stage, require_text
from casework.domain.case.moves import conclude, end_clocks, enter, next_id, start_clocks
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.errors import DomainError
from casework.domain.kinds.appointment.commands import (
    CancelAppointment,
    MoveAppointment,
    NoteArrival,
    ServeVisitor,
)
from casework.domain.kinds.appointment.events import (
    AppointmentCancelled,
    AppointmentMissed,
    AppointmentMoved,
    VisitorArrived,
    VisitorServed,
    WindowClosed,
)
from casework.domain.kinds.appointment.opening import UNTIL_DAY, VISIT, kept_until, until_day
from casework.domain.kinds.appointment.slots import AppointmentPolicy, closed_by, require_slot
from casework.domain.kinds.appointment.state import Appointment, AppointmentStage
from casework.domain.policy import Mark, Unit
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import NAMES, Clock, until_clock

S = AppointmentStage
OFFER = "appointment_offer"
MOST_MOVES = 20
HOW = "本机构的预约办法"


def note_arrival(command: NoteArrival, case: Appointment, facts: Occasion) -> tuple[EventBody, ...]:
    require_stage(case, S.BOOKED)
    if facts.today != case.day:
        detail = f"预约的是 {case.day}，其他日子来访的请改约，或者另行登记来访"
        raise DomainError("NOT_TODAY", detail)
    return (VisitorArrived(),)


def serve_visitor(
    command: ServeVisitor, case: Appointment, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.ARRIVED)
    return (VisitorServed(note=command.note),)


def move_appointment(
    command: MoveAppointment, case: Appointment, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.BOOKED, S.TO_MOVE)
    require_text(command.reason, "reason", "改约理由")
    if case.moves >= MOST_MOVES:
        raise DomainError("TOO_MANY_MOVES", f"最多改约 {MOST_MOVES} 次，请取消后重新预约")
    if case.stage is S.BOOKED and (command.day, command.at) == (case.day, case.at):
        raise DomainError("SAME_SLOT", "就是现在预约的时段", "at")
    policy = facts.item
    if not isinstance(policy, AppointmentPolicy):
        raise DomainError("SLOT_UNKNOWN", "预约办法中没有时段", "at")
    session = require_slot(
        policy,
        command.day,
        command.at,
        case.business,
        now=facts.at,
        calendar=facts.calendar,
        in_force=case.suspensions,
    )
    clock = until_day(next_id(case, UNTIL_DAY), policy, command.day, facts.today)
    return (
        AppointmentMoved(
            day=command.day,
            at=session.at,
            until=session.until,
            places=session.places,
            businesses=session.businesses,
            keep_until=kept_until(policy, command.day),
            reason=command.reason,
            until_day=clock,
        ),
    )


def cancel_appointment(
    command: CancelAppointment, case: Appointment, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.BOOKED, S.TO_MOVE, S.ARRIVED)
    require_text(command.reason, "reason", "取消理由")
    return (AppointmentCancelled(reason=command.reason),)


def miss(clock: Clock, case: Appointment, facts: Occasion) -> EventBody:
    """The day is over, and nobody came."""
    return AppointmentMissed(clock=clock.id)


def follow_up(case: Appointment) -> EventBody | None:
    """What a closed window brings about for those who have booked."""
    if case.stage is not S.BOOKED or (stop := closed_by(case.day, case.suspensions)) is None:
        return None
    return WindowClosed(reason=stop.reason, day=case.day, at=case.at)


# --- how the state follows ---------------------------------------------------------------


def after_window_closed(body: WindowClosed, case: Appointment, event: Event) -> Appointment:
    case = end_clocks(case, event.at, UNTIL_DAY)
    offer = Clock(
        id=next_id(case, OFFER),
        name=NAMES[OFFER],
        unit=Unit.WORKING_DAYS,
        amount=case.offer_within,
        started_on=local_date(event.at),
        reference=HOW,
        mark=Mark.PROPOSAL,
    )
    return enter(start_clocks(case, offer), S.TO_MOVE, event.at, event.actor.code)


def after_appointment_moved(body: AppointmentMoved, case: Appointment, event: Event) -> Appointment:
    case = end_clocks(case, event.at, UNTIL_DAY, OFFER)
    case = replace(
        case,
        day=body.day,
        at=body.at,
        until=body.until,
        places=body.places,
        businesses=body.businesses,
        keep_until=body.keep_until,
        moves=case.moves + 1,
    )
    return enter(start_clocks(case, body.until_day), S.BOOKED, event.at, event.actor.code)


def after_visitor_arrived(body: VisitorArrived, case: Appointment, event: Event) -> Appointment:
    case = end_clocks(replace(case, arrived_at=event.at), event.at, UNTIL_DAY)
    visit = until_clock(next_id(case, VISIT), case.day, local_date(event.at), HOW)
    return enter(start_clocks(case, visit), S.ARRIVED, event.at, event.actor.code)


def after_visitor_served(body: VisitorServed, case: Appointment, event: Event) -> Appointment:
    return _ended(replace(case, served_at=event.at), S.SERVED, event)


def after_appointment_missed(
    body: AppointmentMissed, case: Appointment, event: Event
) -> Appointment:
    return _ended(case, S.MISSED, event)


def after_appointment_cancelled(
    body: AppointmentCancelled, case: Appointment, event: Event
) -> Appointment:
    return _ended(case, S.CANCELLED, event)


def _ended(case: Appointment, stage: AppointmentStage, event: Event) -> Appointment:
    case = enter(case, stage, event.at, event.actor.code)
    return conclude(case, event.at, event.actor.code)


DECISIONS: Decisions = {
    NoteArrival: note_arrival,
    ServeVisitor: serve_visitor,
    MoveAppointment: move_appointment,
    CancelAppointment: cancel_appointment,
}
EVOLUTIONS: Evolutions = {
    WindowClosed: after_window_closed,
    AppointmentMoved: after_appointment_moved,
    VisitorArrived: after_visitor_arrived,
    VisitorServed: after_visitor_served,
    AppointmentMissed: after_appointment_missed,
    AppointmentCancelled: after_appointment_cancelled,
}
