"""A mail that brings cases (来件): all that the house knows of this kind of case.

``STEPS`` is the procedure on one page.
"""

from casework.domain.case.kind import (
    ClockOf,
    Kind,
    Opens,
    Party,
    Step,
    TakingBack,
    TaskOf,
    Waits,
)
from casework.domain.case.state import TaskKind
from casework.domain.kinds.incoming_mail import letters, opening, procedure, shown
from casework.domain.kinds.incoming_mail.commands import EXAMPLES, MAIL_VERBS
from casework.domain.kinds.incoming_mail.events import EVENTS, MailReceived
from casework.domain.kinds.incoming_mail.state import IncomingMail, MailStage
from casework.domain.policy import Role
from casework.domain.time.ladder import AFTER, ON_DUE, Ladder, Rung

S = MailStage

STEPS = (
    Step(
        stage=S.SORTING,
        task=TaskKind.SORT_MAIL,
        role=Role.OFFICER,
        clock="mail_sort",
        verbs={
            "sort_mail": (S.OPENING, S.DONE),
            "send_back_mail": (S.SENT_BACK,),
            "set_mail_aside": (S.SET_ASIDE,),
            "reroute_mail": (S.OPENING,),
        },
    ),
    Step(
        stage=S.TOLD,
        task=TaskKind.NOTE_MAIL,
        role=Role.OFFICER,
        clock="mail_sort",
        verbs={
            "sort_mail": (S.OPENING, S.DONE),
            "set_mail_aside": (S.SET_ASIDE,),
            "note_mail": (S.SEEN,),
        },
    ),
    Step(
        stage=S.OPENING,
        clock="mail_sort",
        events={
            "mail_case_opened": (S.DONE, S.REROUTED, S.SORTING),
            "mail_case_refused": (S.SORTING,),
        },
        waits=Waits(party=Party.OUTSIDE, what="系统正在按来件立件", name="系统"),
    ),
    Step(stage=S.DONE),
    Step(stage=S.SEEN),
    Step(stage=S.SENT_BACK, verbs={"take_back": (S.SORTING,)}),
    Step(stage=S.SET_ASIDE, verbs={"take_back": (S.SORTING, S.TOLD)}),
    Step(stage=S.REROUTED),
    Step(stage=S.SILENT),
)

TASKS = (
    TaskOf(
        kind=TaskKind.SORT_MAIL,
        label="来件分办",
        verbs=("sort_mail", "send_back_mail", "set_mail_aside", "reroute_mail"),
        clocks=("mail_sort",),
    ),
    TaskOf(
        kind=TaskKind.NOTE_MAIL,
        label="知悉来件告知",
        verbs=("note_mail", "sort_mail", "set_mail_aside"),
        clocks=("mail_sort",),
    ),
)

CLOCKS = (
    ClockOf(
        kind="mail_sort",
        name="来件分办期限",
        ladder=Ladder(rungs=((Rung.BLUE, ON_DUE), (Rung.YELLOW, AFTER))),
    ),
)
"""An inner limit [proposal]: no red card."""

INCOMING_MAIL = Kind(
    name="incoming_mail",
    label="邮件来件",
    workflow="IncomingMail",
    prefix="mail",
    path="mails",
    source="mail",
    acts_outside=True,
    opens=Opens(
        form=opening.MailForm,
        example={"mailbox": "points", "verdict": "triage", "subject": "某某公司积分材料"},
        limits=opening.LIMITS,
        start=opening.open_mail,
        applicant=False,
        caller=True,
    ),
    message=opening.StartIncomingMail,
    state=IncomingMail,
    stages=MailStage,
    first=(S.SORTING, S.TOLD, S.OPENING, S.SILENT),
    steps=STEPS,
    verbs=MAIL_VERBS,
    examples=EXAMPLES,
    tasks=TASKS,
    clocks=CLOCKS,
    events=EVENTS,
    begins={MailReceived: opening.begin_mail},
    decisions=procedure.DECISIONS,
    evolutions=procedure.EVOLUTIONS,
    follow_up=procedure.follow_up,
    effects=procedure.effects,
    taking_back=TakingBack(restored=procedure.restored),
    letters=letters.LETTERS,
    recipients=letters.RECIPIENTS,
    texts=letters.TEXTS,
    lines=shown.lines,
    rows=shown.ROWS,
    outcome=shown.outcome,
)
