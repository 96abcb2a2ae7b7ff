"""An appointment (预约): all that the house knows of this kind of case.

``STEPS`` is the procedure on one page.
"""

from casework.domain.case.kind import ClockOf, Kind, Opens, Party, Step, TaskOf, Waits
from casework.domain.case.state import TaskKind
from casework.domain.kinds.appointment import letters, opening, procedure, shown
from casework.domain.kinds.appointment.commands import APPOINTMENT_VERBS, EXAMPLES
from casework.domain.kinds.appointment.events import EVENTS, AppointmentBooked
from casework.domain.kinds.appointment.state import Appointment, AppointmentStage
from casework.domain.policy import Role
from casework.domain.time.ladder import AFTER, BEFORE, ON_DUE, Ladder, Rung

S = AppointmentStage

STEPS = (
    Step(
        stage=S.BOOKED,
        clock="appointment",
        verbs={"note_arrival": (S.ARRIVED,), "cancel_appointment": (S.CANCELLED,)},
        ends={"appointment": (S.MISSED,)},
        events={"time_noted": (S.TO_MOVE,)},  # of a suspension: the window is closed on the day
        waits=Waits(party=Party.APPLICANT, what="按预约的时段到窗口", name="来访人"),
    ),
    Step(
        stage=S.TO_MOVE,
        task=TaskKind.OFFER_SLOT,
        role=Role.OFFICER,
        clock="appointment_offer",
        verbs={"move_appointment": (S.BOOKED,), "cancel_appointment": (S.CANCELLED,)},
    ),
    Step(
        stage=S.ARRIVED,
        task=TaskKind.RECEIVE_VISITOR,
        role=Role.OFFICER,
        clock="appointment_visit",
        verbs={"serve_visitor": (S.SERVED,), "cancel_appointment": (S.CANCELLED,)},
    ),
    Step(stage=S.SERVED),
    Step(stage=S.MISSED),
    Step(stage=S.CANCELLED),
)

TASKS = (
    TaskOf(
        kind=TaskKind.OFFER_SLOT,
        label="另约时段",
        verbs=("move_appointment", "cancel_appointment"),
        clocks=("appointment_offer",),
    ),
    TaskOf(
        kind=TaskKind.RECEIVE_VISITOR,
        label="接待来访",
        verbs=("serve_visitor",),
        clocks=("appointment_visit",),
    ),
)

CLOCKS = (
    ClockOf(
        kind="appointment",
        name="预约日",
        ladder=Ladder(rungs=((Rung.REMINDER, BEFORE),), expires=True),
        end=procedure.miss,
    ),
    ClockOf(
        kind="appointment_offer",
        name="另约时段期限",
        ladder=Ladder(rungs=((Rung.BLUE, ON_DUE), (Rung.YELLOW, AFTER))),
    ),
    ClockOf(
        kind="appointment_visit",
        name="接待当日",
        ladder=Ladder(rungs=((Rung.YELLOW, AFTER),)),
    ),
)
"""Inner limits [proposal]: no red card."""

APPOINTMENT = Kind(
    name="appointment",
    label="窗口预约",
    workflow="Appointment",
    prefix="appointment",
    path="appointments",
    opens=Opens(
        form=opening.AppointmentForm,
        example={"business": "points", "walk_in": True},
        limits=opening.LIMITS,
        start=opening.open_appointment,
        measured=opening.measured_item,
    ),
    message=opening.StartAppointment,
    state=Appointment,
    stages=AppointmentStage,
    first=(S.BOOKED, S.ARRIVED),
    steps=STEPS,
    verbs=APPOINTMENT_VERBS,
    examples=EXAMPLES,
    tasks=TASKS,
    clocks=CLOCKS,
    events=EVENTS,
    begins={AppointmentBooked: opening.begin_appointment},
    decisions=procedure.DECISIONS,
    evolutions=procedure.EVOLUTIONS,
    follow_up=procedure.follow_up,
    letters=letters.LETTERS,
    reminder=letters.reminder,
    recipients=letters.RECIPIENTS,
    texts=letters.TEXTS,
    lines=shown.lines,
    turns=shown.turns,
    rows=shown.ROWS,
    outcome=shown.outcome,
)
