"""An application (办件): all that the house knows of this kind of case, and where it stands.

``STEPS`` is the procedure on one page.
"""

from casework.domain.case.guards import codes
from casework.domain.case.kind import ClockOf, Kind, Party, Step, TaskOf, Waits
from casework.domain.case.rules import also
from casework.domain.case.state import TaskKind
from casework.domain.kinds.application import (
    contacts,
    decision_limit,
    deferral,
    green_channel,
    intake,
    letters,
    measures,
    mending,
    passing,
    policy_moving,
    review,
    same_person,
)
from casework.domain.kinds.application.commands import APPLICATION_SIGNALS, APPLICATION_VERBS
from casework.domain.kinds.application.events import EVENTS, Submitted
from casework.domain.kinds.application.letters import effects
from casework.domain.kinds.application.shown import ROWS, lines, meanwhile, outcome, turns, wanted
from casework.domain.kinds.application.state import (
    Application,
    ApplicationFacts,
    ApplicationStage,
    GreenStatus,
    LineStatus,
)
from casework.domain.policy import Role, Side
from casework.domain.time.ladder import AFTER, BEFORE, HALF, ON_DUE, Ladder, Rung

S = ApplicationStage

_OPEN = (
    S.PRE_REVIEW,
    S.SUPPLEMENT_DUE,
    S.AWAIT_PAPER,
    S.READY,
    S.REVIEW,
    S.REVIEWED,
    S.REPORTED_UP,
    S.PUBLICITY,
    S.DECIDED,
)

STEPS = (
    Step(
        stage=S.PRE_REVIEW,
        task=TaskKind.PRE_REVIEW,
        role=Role.OFFICER,
        clock="pre_review",
        verbs={
            "pre_review": (S.READY, S.AWAIT_PAPER, S.SUPPLEMENT_DUE),
            "not_accept": (S.NOT_ACCEPTED,),
            "refuse_duplicate": (S.NOT_ACCEPTED,),
            "withdraw": (S.WITHDRAWN,),
            "decide_breach": (S.RETURNED_LAPSED,),
        },
        ends={"notice": (S.REVIEW,), "silence": (S.REVIEW,)},
    ),
    Step(
        stage=S.SUPPLEMENT_DUE,
        waits=Waits(party=Party.APPLICANT, what="补正材料"),
        clock="supplement",
        verbs={
            "supplement": (S.PRE_REVIEW,),
            "materials_received": (S.PRE_REVIEW,),
            "promise": (S.PRE_REVIEW,),
            "refuse_duplicate": (S.NOT_ACCEPTED,),
            "withdraw": (S.WITHDRAWN,),
            "move_policy": (S.PRE_REVIEW,),
            "decide_breach": (S.RETURNED_LAPSED,),
        },
        ends={"supplement": (S.RETURNED_LAPSED,)},
    ),
    Step(
        stage=S.AWAIT_PAPER,
        waits=Waits(party=Party.APPLICANT, what="递交书面材料"),
        clock="paper",
        verbs={
            "materials_received": (S.READY,),
            "promise": (S.READY,),
            "refuse_duplicate": (S.NOT_ACCEPTED,),
            "withdraw": (S.WITHDRAWN,),
            "move_policy": (S.READY,),
            "decide_breach": (S.RETURNED_LAPSED,),
        },
        ends={"paper": (S.RETURNED_LAPSED,)},
        events={"paper_put_off": (S.READY,)},
    ),
    Step(
        stage=S.READY,
        task=TaskKind.ACCEPT,
        role=Role.OFFICER,
        clock="pre_review",
        verbs={
            "accept": (S.REVIEW,),
            "not_accept": (S.NOT_ACCEPTED,),
            "refuse_duplicate": (S.NOT_ACCEPTED,),
            "withdraw": (S.WITHDRAWN,),
            "decide_breach": (S.RETURNED_LAPSED,),
        },
        ends={"notice": (S.REVIEW,), "silence": (S.REVIEW,)},
    ),
    Step(
        stage=S.REVIEW,
        task=TaskKind.REVIEW,
        role=Role.REVIEWER,
        clock="review",
        verbs={
            "review": (S.REVIEWED,),
            "refuse": (S.REFUSED,),
            "withdraw": (S.WITHDRAWN,),
            "decide_breach": (S.RETURNED_LAPSED,),
        },
    ),
    Step(
        stage=S.REVIEWED,
        also=(TaskKind.REPORT_UP, TaskKind.APPROVE),
        clock="decide",
        verbs={
            "report_up": (S.REPORTED_UP,),
            "approve": (S.DECIDED, S.PUBLICITY),
            "refuse": (S.REFUSED,),
            "withdraw": (S.WITHDRAWN,),
            "decide_breach": (S.RETURNED_LAPSED,),
        },
    ),
    Step(
        stage=S.REPORTED_UP,
        waits=Waits(party=Party.OUTSIDE, name="上级主管部门", what="作出决定"),
        clock="decide",
        verbs={
            "superior_decision": (S.DECIDED, S.PUBLICITY, S.REVIEW, S.REFUSED),
            "withdraw": (S.WITHDRAWN,),
            "decide_breach": (S.RETURNED_LAPSED,),
        },
    ),
    Step(
        stage=S.PUBLICITY,
        waits=Waits(party=Party.NOBODY, what="公示中"),
        clock="publicity",
        verbs={
            "objection": (S.REVIEW,),
            "withdraw": (S.WITHDRAWN,),
            "decide_breach": (S.RETURNED_LAPSED,),
        },
        ends={"publicity": (S.DECIDED,)},
    ),
    Step(
        stage=S.DECIDED,
        task=TaskKind.DELIVER,
        role=Role.OFFICER,
        clock="deliver",
        verbs={
            "deliver": (S.DISPATCHED, S.DELIVERED, S.ARCHIVED),
            "decide_breach": (S.RETURNED_LAPSED,),
        },
    ),
    Step(
        stage=S.DISPATCHED,
        waits=Waits(party=Party.OUTSIDE, name="寄递企业", what="投递结果"),
        verbs={"delivered": (S.DELIVERED, S.ARCHIVED), "decide_breach": (S.REVOKED,)},
    ),
    Step(
        stage=S.DELIVERED,
        waits=Waits(party=Party.NOBODY, what="待归档"),
        verbs={
            "check_material": (S.ARCHIVED,),
            "decide_breach": (S.ARCHIVED, S.REVOKED),
            "move_policy": (S.ARCHIVED,),
        },
    ),
    Step(stage=S.ARCHIVED),
    Step(stage=S.REFUSED, verbs={"take_back": (S.REVIEW, S.REVIEWED, S.REPORTED_UP)}),
    Step(
        stage=S.NOT_ACCEPTED,
        verbs={"take_back": (S.PRE_REVIEW, S.SUPPLEMENT_DUE, S.AWAIT_PAPER, S.READY)},
    ),
    Step(stage=S.WITHDRAWN),
    Step(stage=S.RETURNED_LAPSED, verbs={"take_back": _OPEN}),
    Step(stage=S.REVOKED, verbs={"take_back": (S.DISPATCHED, S.DELIVERED)}),
)
"""The stage table. Work at a stage that leads to no other is not in it: checks, debts, letters."""

TASKS = (
    TaskOf(kind=TaskKind.PRE_REVIEW, label="预审", verbs=("pre_review",), clocks=("pre_review",)),
    TaskOf(kind=TaskKind.ACCEPT, label="受理", verbs=("accept",), clocks=("pre_review",)),
    TaskOf(kind=TaskKind.REVIEW, label="审核", verbs=("review",), clocks=("review",)),
    TaskOf(kind=TaskKind.REPORT_UP, label="上报", verbs=("report_up",), clocks=("decide",)),
    TaskOf(kind=TaskKind.APPROVE, label="决定", verbs=("approve",), clocks=("decide",)),
    TaskOf(kind=TaskKind.DELIVER, label="送达", verbs=("deliver",), clocks=("deliver",)),
    TaskOf(kind=TaskKind.CHECK_MATERIAL, label="核对补交材料", verbs=("check_material",)),
    TaskOf(kind=TaskKind.CONSENT_DEFERRAL, label="容缺审批", verbs=("consent_deferral",)),
    TaskOf(kind=TaskKind.CONSENT_GREEN, label="绿色通道审批", verbs=("consent_green",)),
    TaskOf(kind=TaskKind.DECIDE_BREACH, label="失信处理", verbs=("decide_breach",)),
    TaskOf(kind=TaskKind.ESCALATION, label="绿色通道督办", clocks=("decide",)),
    TaskOf(kind=TaskKind.ASK_HOLDER, label="催询档案", verbs=("archive_arrived",)),
    TaskOf(kind=TaskKind.CONTACT, label="主动告知", verbs=("record_attempt",), beside=True),
    TaskOf(
        kind=TaskKind.CONTACT_OPEN_ITEM, label="告知未达", verbs=("close_contact",), beside=True
    ),
)

_WATCHED = ((Rung.BLUE, HALF), (Rung.YELLOW, BEFORE), (Rung.RED, AFTER))
_REMINDED = ((Rung.REMINDER, BEFORE),)

CLOCKS = (
    ClockOf(
        kind="notice",
        name="一次性告知期限",
        ladder=Ladder(rungs=_WATCHED, expires=True, side=Side.AUTHORITY),
        end=passing.deem,
    ),
    ClockOf(
        kind="pre_review",
        name="预审期限",
        ladder=Ladder(
            rungs=((Rung.YELLOW, AFTER),),
            by_date=((Rung.SUBSTITUTE, HALF), (Rung.YELLOW, AFTER)),
            again=((Rung.SUBSTITUTE, HALF), (Rung.YELLOW, ON_DUE), (Rung.RED, AFTER)),
        ),
    ),
    ClockOf(
        kind="silence",
        name="补正后受理期限",
        ladder=Ladder(expires=True, side=Side.AUTHORITY),
        end=passing.silent,
    ),
    ClockOf(
        kind="supplement",
        name="补正期限",
        ladder=Ladder(rungs=_REMINDED, expires=True, side=Side.APPLICANT),
        end=passing.lapse,
        owed=True,
    ),
    ClockOf(
        kind="paper",
        name="书面材料递交期限",
        ladder=Ladder(rungs=_REMINDED, expires=True, side=Side.APPLICANT),
        end=passing.lapse,
        owed=True,
    ),
    ClockOf(kind="decide", name="办理期限", ladder=Ladder(rungs=_WATCHED, side=Side.AUTHORITY)),
    ClockOf(
        kind="review",
        name="审核环节期限",
        ladder=Ladder(
            rungs=((Rung.YELLOW, AFTER),),
            by_date=((Rung.SUBSTITUTE, HALF), (Rung.YELLOW, AFTER)),
            side=Side.AUTHORITY,
        ),
    ),
    ClockOf(
        kind="archive",
        name="档案寄达期限",
        ladder=Ladder(expires=True, side=Side.APPLICANT),
        end=passing.ask_again,
    ),
    ClockOf(
        kind="defer",
        name="容缺补交期限",
        ladder=Ladder(rungs=_REMINDED, expires=True, side=Side.APPLICANT),
        end=passing.overdue,
        owed=True,
    ),
    ClockOf(
        kind="rescue",
        name="逾期补救期限",
        ladder=Ladder(rungs=_REMINDED, expires=True, side=Side.APPLICANT),
        end=passing.breach,
        owed=True,
    ),
    ClockOf(
        kind="publicity",
        name="公示期",
        ladder=Ladder(expires=True),
        end=passing.end_publicity,
    ),
    ClockOf(
        kind="deliver",
        name="送达期限",
        ladder=Ladder(
            rungs=((Rung.YELLOW, BEFORE), (Rung.RED, AFTER)),
            by_date=((Rung.SUBSTITUTE, HALF), (Rung.YELLOW, BEFORE), (Rung.RED, AFTER)),
        ),
    ),
    ClockOf(
        kind="green",
        name="绿色通道督办日",
        ladder=Ladder(expires=True, on_due=True),
        end=passing.escalate,
    ),
    ClockOf(kind="contact", name="主动告知联系期限", ladder=Ladder(rungs=((Rung.YELLOW, AFTER),))),
)
"""domain.md §C.7 and §C.16. The thresholds are a proposal: no national rule sets them."""


def _barred(case: Application) -> dict[str, frozenset[str]]:
    intake_by = frozenset(case.intake_by)
    offered = (line.offered_by for line in case.lines if line.status is LineStatus.OFFERED)
    asked = case.green.requested_by if case.green.status is GreenStatus.REQUESTED else ""
    return {
        "review": intake_by,
        "approve": intake_by,
        "refuse": intake_by,
        "superior_decision": intake_by | codes(case.reviewed_by),
        "consent_deferral": codes(*offered),
        "consent_green": codes(asked),
    }


APPLICATION = Kind(
    name="application",
    label="办件",
    workflow="Application",
    prefix="app",
    path="applications",
    state=Application,
    stages=ApplicationStage,
    first=(S.PRE_REVIEW,),
    steps=STEPS,
    facts=ApplicationFacts,
    verbs=APPLICATION_VERBS,
    signals=APPLICATION_SIGNALS,
    tasks=TASKS,
    clocks=CLOCKS,
    events=EVENTS,
    begins={Submitted: intake.begin},
    decisions=also(
        intake.DECISIONS,
        deferral.DECISIONS,
        review.DECISIONS,
        green_channel.DECISIONS,
        decision_limit.DECISIONS,
        contacts.DECISIONS,
        policy_moving.DECISIONS,
        same_person.DECISIONS,
    ),
    evolutions=also(
        intake.EVOLUTIONS,
        deferral.EVOLUTIONS,
        review.EVOLUTIONS,
        green_channel.EVOLUTIONS,
        decision_limit.EVOLUTIONS,
        contacts.EVOLUTIONS,
        policy_moving.EVOLUTIONS,
        same_person.EVOLUTIONS,
        measures.EVOLUTIONS,
    ),
    follow_up=passing.follow_up_of_application,
    barred=_barred,
    taking_back=mending.TAKING_BACK,
    late=mending.LATE,
    corrections=mending.CORRECTIONS,
    letters=letters.LETTERS,
    handed=letters.HANDED,
    reminder=letters.reminder_of_application,
    told=(),  # by the ways that the case itself has
    ways=letters.WAYS,
    effects=effects,
    lines=lines,
    rows=ROWS,
    turns=turns,
    wanted=wanted,
    outcome=outcome,
    meanwhile=meanwhile,
    with_superior=frozenset({S.REPORTED_UP, S.PUBLICITY}),
)
