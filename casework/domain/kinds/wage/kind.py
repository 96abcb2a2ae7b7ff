"""A wage complaint (欠薪投诉): all that the house knows of this kind of case.

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
from casework.domain.kinds.wage import letters, opening, procedure, shown
from casework.domain.kinds.wage.commands import EXAMPLES, WAGE_VERBS
from casework.domain.kinds.wage.events import EVENTS, ComplaintReceived
from casework.domain.kinds.wage.state import WageComplaint, WageStage
from casework.domain.policy import Role, Side
from casework.domain.time.ladder import AFTER, BEFORE, HALF, ON_DUE, Ladder, Rung

S = WageStage
_WITHDRAW = {"withdraw_complaint": (S.WITHDRAWN,)}

STEPS = (
    Step(
        stage=S.RECEIVED,
        task=TaskKind.FILE_COMPLAINT,
        role=Role.OFFICER,
        clock="wage_filing",
        verbs={
            "file_complaint": (S.INVESTIGATION,),
            "refuse_complaint": (S.REFUSED,),
            "ask_complainant": (S.SUPPLEMENT,),
            **_WITHDRAW,
        },
    ),
    Step(
        stage=S.SUPPLEMENT,
        clock="wage_supplement",
        verbs={"supplement_complaint": (S.RECEIVED,), **_WITHDRAW},
        ends={"wage_supplement": (S.LAPSED,)},
        waits=Waits(party=Party.APPLICANT, what="补正欠薪投诉", name="投诉人"),
    ),
    Step(
        stage=S.INVESTIGATION,
        task=TaskKind.INVESTIGATE_WAGES,
        role=Role.OFFICER,
        clock="wage_investigation",
        verbs={
            "record_settlement": (S.SETTLEMENT,),
            "note_paid": (S.PAID,),
            "conclude_investigation": (S.HEARING, S.DECISION),
            "transfer_crime": (S.FEEDBACK,),
            **_WITHDRAW,
        },
    ),
    Step(
        stage=S.SETTLEMENT,
        clock="wage_instalment",
        verbs={
            "note_instalment": (S.PAID,),
            "transfer_crime": (S.FEEDBACK,),
            **_WITHDRAW,
        },
        ends={"wage_instalment": (S.INVESTIGATION,)},
        waits=Waits(party=Party.EMPLOYER, what="按和解协议付款"),
    ),
    Step(
        stage=S.PAID,
        task=TaskKind.WITHDRAW_FILING,
        role=Role.HEAD,
        clock="wage_investigation",
        verbs={
            "withdraw_filing": (S.FEEDBACK,),
            "continue_investigation": (S.INVESTIGATION,),
            "transfer_crime": (S.FEEDBACK,),
            **_WITHDRAW,
        },
    ),
    Step(
        stage=S.HEARING,
        clock="wage_hearing",
        verbs={"hear_employer": (S.DECISION,), "transfer_crime": (S.FEEDBACK,)},
        ends={"wage_hearing": (S.DECISION,)},
        waits=Waits(party=Party.EMPLOYER, what="陈述、申辩"),
    ),
    Step(
        stage=S.DECISION,
        task=TaskKind.DECIDE_WAGES,
        role=Role.HEAD,
        clock="wage_decision",
        verbs={
            "decide_wages": (S.SERVICE,),
            "continue_investigation": (S.INVESTIGATION,),
            "transfer_crime": (S.FEEDBACK,),
        },
    ),
    Step(
        stage=S.SERVICE,
        task=TaskKind.SERVE_DECISION,
        role=Role.OFFICER,
        clock="wage_service",
        verbs={"serve_decision": (S.FEEDBACK,)},
    ),
    Step(
        stage=S.FEEDBACK,
        task=TaskKind.FEED_BACK_WAGES,
        role=Role.OFFICER,
        clock="wage_feedback",
        verbs={"feed_back_wages": (S.CONFIRM,)},
    ),
    Step(
        stage=S.CONFIRM,
        clock="wage_confirm",
        verbs={"confirm_wages": (S.CLOSED, S.INVESTIGATION)},
        ends={"wage_confirm": (S.CLOSED,)},
        waits=Waits(party=Party.APPLICANT, what="确认结果", name="投诉人"),
    ),
    Step(stage=S.CLOSED),
    Step(stage=S.REFUSED, verbs={"take_back": (S.RECEIVED,)}),
    Step(stage=S.LAPSED, verbs={"take_back": (S.SUPPLEMENT,)}),
    Step(stage=S.WITHDRAWN),
)

TASKS = (
    TaskOf(
        kind=TaskKind.FILE_COMPLAINT,
        label="审查欠薪投诉",
        verbs=("file_complaint", "refuse_complaint", "ask_complainant"),
        clocks=("wage_filing",),
    ),
    TaskOf(
        kind=TaskKind.INVESTIGATE_WAGES,
        label="调查、调解欠薪",
        verbs=(
            "record_inquiry",
            "hold_session",
            "record_settlement",
            "note_paid",
            "conclude_investigation",
        ),
        clocks=("wage_investigation",),
    ),
    TaskOf(
        kind=TaskKind.WITHDRAW_FILING,
        label="撤销立案审批",
        verbs=("withdraw_filing", "continue_investigation"),
        clocks=("wage_investigation",),
    ),
    TaskOf(
        kind=TaskKind.DECIDE_WAGES,
        label="作出欠薪处理决定",
        verbs=("decide_wages", "continue_investigation", "transfer_crime"),
        clocks=("wage_decision",),
    ),
    TaskOf(
        kind=TaskKind.SERVE_DECISION,
        label="送达欠薪处理决定",
        verbs=("serve_decision",),
        clocks=("wage_service",),
    ),
    TaskOf(
        kind=TaskKind.FEED_BACK_WAGES,
        label="反馈欠薪投诉结果",
        verbs=("feed_back_wages",),
        clocks=("wage_feedback",),
    ),
)

_OF_THE_OFFICE = ((Rung.BLUE, HALF), (Rung.YELLOW, BEFORE), (Rung.RED, AFTER))
_INNER = ((Rung.BLUE, BEFORE), (Rung.YELLOW, AFTER))
_REMINDED = ((Rung.REMINDER, BEFORE),)
CLOCKS = (
    ClockOf(
        kind="wage_filing",
        name="立案或者不予受理期限",
        ladder=Ladder(rungs=((Rung.YELLOW, BEFORE), (Rung.RED, AFTER)), side=Side.AUTHORITY),
    ),
    ClockOf(
        kind="wage_supplement",
        name="投诉补正期限",
        ladder=Ladder(rungs=_REMINDED, expires=True, side=Side.APPLICANT),
        end=procedure.lapse,
        owed=True,
    ),
    ClockOf(
        kind="wage_investigation",
        name="欠薪调查期限",
        ladder=Ladder(rungs=_OF_THE_OFFICE, side=Side.AUTHORITY),
    ),
    ClockOf(
        kind="wage_instalment",
        name="分期付款日",
        ladder=Ladder(rungs=_REMINDED, expires=True),
        end=procedure.break_settlement,
    ),
    ClockOf(
        kind="wage_hearing",
        name="陈述申辩期限",
        ladder=Ladder(rungs=_REMINDED, expires=True),
        end=procedure.let_hearing_go,
    ),
    ClockOf(
        kind="wage_decision",
        name="欠薪处理决定期限",
        ladder=Ladder(rungs=_OF_THE_OFFICE, side=Side.AUTHORITY),
    ),
    ClockOf(
        kind="wage_service",
        name="决定送达期限",
        ladder=Ladder(rungs=((Rung.YELLOW, ON_DUE), (Rung.RED, AFTER)), side=Side.AUTHORITY),
    ),
    ClockOf(kind="wage_feedback", name="结果反馈期限", ladder=Ladder(rungs=_INNER)),
    ClockOf(
        kind="wage_confirm",
        name="结果确认期限",
        ladder=Ladder(rungs=_REMINDED, expires=True, side=Side.APPLICANT),
        end=procedure.leave_unanswered,
        owed=True,
    ),
)
"""domain.md §C.12; supplement, hearing, feedback and confirmation are proposals."""

WAGE = Kind(
    name="wage",
    label="欠薪投诉",
    workflow="WageComplaint",
    prefix="wage",
    path="wages",
    opens=Opens(
        form=opening.WageForm,
        example={
            "statement": "工地停工后三个月工资未付",
            "owed": 812000,
            "last_unpaid_on": "2026-08-31",
            "employer_name": "某某建筑公司",
        },
        limits=opening.LIMITS,
        start=opening.open_complaint,
    ),
    message=opening.StartWageComplaint,
    state=WageComplaint,
    stages=WageStage,
    first=(S.RECEIVED,),
    steps=STEPS,
    verbs=WAGE_VERBS,
    examples=EXAMPLES,
    tasks=TASKS,
    clocks=CLOCKS,
    events=EVENTS,
    begins={ComplaintReceived: opening.begin_complaint},
    decisions=procedure.DECISIONS,
    evolutions=procedure.EVOLUTIONS,
    barred=procedure.barred,
    taking_back=TakingBack(restored=procedure.restored),
    letters=letters.LETTERS,
    reminder=letters.reminder,
    recipients=letters.RECIPIENTS,
    texts=letters.TEXTS,
    lines=shown.lines,
    rows=shown.ROWS,
    turns=shown.turns,
    wanted=shown.wanted,
    outcome=shown.outcome,
)
