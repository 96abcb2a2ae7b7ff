"""A ticket (诉求工单): all that the house knows of this kind of case.

``STEPS`` is the procedure on one page.
"""

from casework.domain.case.kind import (
    ClockOf,
    Kind,
    Opens,
    Step,
    TakingBack,
    TaskOf,
)
from casework.domain.case.state import TaskKind
from casework.domain.kinds.ticket import hotline, letters, opening, procedure, shown
from casework.domain.kinds.ticket.commands import EXAMPLES, TICKET_SIGNALS, TICKET_VERBS
from casework.domain.kinds.ticket.events import EVENTS, TicketReceived
from casework.domain.kinds.ticket.state import Ticket, TicketStage
from casework.domain.policy import Role
from casework.domain.time.ladder import AFTER, BEFORE, HALF, ON_DUE, Ladder, Rung

S = TicketStage
AGAIN = (S.CONTACT, S.ANSWER)
"""Where a ticket goes on that the hotline has returned."""

STEPS = (
    Step(
        stage=S.RECEIVED,
        task=TaskKind.SIGN_TICKET,
        role=Role.OFFICER,
        clock="ticket_contact",
        verbs={
            "sign_ticket": (S.CONTACT, S.ANSWER),
            "return_ticket": (S.RETURNED,),
            "join_ticket": (S.JOINED,),
        },
    ),
    Step(
        stage=S.CONTACT,
        task=TaskKind.CONTACT_CALLER,
        role=Role.OFFICER,
        clock="ticket_contact",
        verbs={
            "contact_caller": (S.ANSWER,),
            "answer_ticket": (S.REVISIT,),
            "join_ticket": (S.JOINED,),
        },
    ),
    Step(
        stage=S.ANSWER,
        task=TaskKind.ANSWER_TICKET,
        role=Role.OFFICER,
        clock="ticket_answer",
        verbs={
            "answer_ticket": (S.REVISIT, S.CLOSED),
            "join_ticket": (S.JOINED,),
            "close_ticket": (S.CLOSED,),
        },
    ),
    Step(
        stage=S.REVISIT,
        task=TaskKind.REVISIT_CALLER,
        role=Role.OFFICER,
        clock="ticket_revisit",
        verbs={
            "revisit_caller": (S.CLOSED, S.ANSWER),
            "close_ticket": (S.CLOSED,),
            "hotline_returned": AGAIN,
        },
    ),
    Step(
        stage=S.CLOSED,
        verbs={"take_back": (S.ANSWER, S.REVISIT), "hotline_returned": AGAIN},
    ),
    Step(stage=S.RETURNED, verbs={"take_back": (S.RECEIVED,), "hotline_returned": AGAIN}),
    Step(
        stage=S.JOINED,
        verbs={"take_back": (S.RECEIVED, S.CONTACT, S.ANSWER), "hotline_returned": AGAIN},
    ),
)

TASKS = (
    TaskOf(
        kind=TaskKind.SIGN_TICKET,
        label="签收工单",
        verbs=("sign_ticket", "return_ticket", "join_ticket"),
        clocks=("ticket_contact", "ticket_answer"),
    ),
    TaskOf(
        kind=TaskKind.CONTACT_CALLER,
        label="联系诉求人",
        verbs=("contact_caller",),
        clocks=("ticket_contact",),
    ),
    TaskOf(
        kind=TaskKind.ANSWER_TICKET,
        label="答复工单",
        verbs=("answer_ticket",),
        clocks=("ticket_answer",),
    ),
    TaskOf(
        kind=TaskKind.REVISIT_CALLER,
        label="工单回访",
        verbs=("revisit_caller",),
        clocks=("ticket_revisit",),
    ),
)

CLOCKS = (
    ClockOf(
        kind="ticket_contact",
        name="工单联系期限",
        ladder=Ladder(rungs=((Rung.YELLOW, ON_DUE), (Rung.RED, AFTER))),
    ),
    ClockOf(
        kind="ticket_answer",
        name="工单答复期限",
        ladder=Ladder(rungs=((Rung.BLUE, HALF), (Rung.YELLOW, BEFORE), (Rung.RED, AFTER))),
    ),
    ClockOf(
        kind="ticket_revisit",
        name="工单回访期限",
        ladder=Ladder(rungs=((Rung.BLUE, BEFORE), (Rung.YELLOW, AFTER))),
    ),
)
"""domain.md §C.11 and §C.16; the revisit is an inner limit [proposal]."""

TICKET = Kind(
    name="ticket",
    label="诉求工单",
    workflow="HotlineTicket",
    prefix="ticket.hotline",
    path="tickets",
    opens=Opens(
        form=opening.TicketForm,
        example={"came_by": "hotline_12345", "subject_matter": "积分申请提交两周未有回音"},
        limits=opening.LIMITS,
        start=opening.open_ticket,
        applicant=False,
        caller=True,
    ),
    message=opening.StartTicket,
    acts_outside=True,
    state=Ticket,
    stages=TicketStage,
    first=(S.RECEIVED,),
    steps=STEPS,
    verbs=TICKET_VERBS,
    signals=TICKET_SIGNALS,
    examples=EXAMPLES,
    tasks=TASKS,
    clocks=CLOCKS,
    events=EVENTS,
    begins={TicketReceived: opening.begin_ticket},
    decisions=procedure.DECISIONS,
    evolutions=procedure.EVOLUTIONS,
    taking_back=TakingBack(restored=procedure.restored),
    letters=letters.LETTERS,
    recipients=letters.RECIPIENTS,
    texts=letters.TEXTS,
    effects=hotline.reported,
    lines=shown.lines,
    rows=shown.ROWS,
    outcome=shown.outcome,
)
