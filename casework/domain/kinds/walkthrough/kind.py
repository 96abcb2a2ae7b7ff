"""A walkthrough (局长走流程): all that the house knows of this kind of case.

``STEPS`` is the procedure on one page. It sends no letter: it is about nobody, and whoever owns a
remedy has a task.
"""

from casework.domain.case.kind import ClockOf, Kind, Opens, Step, TaskOf
from casework.domain.case.state import TaskKind
from casework.domain.kinds.walkthrough import opening, procedure, shown
from casework.domain.kinds.walkthrough.commands import EXAMPLES, WALKTHROUGH_VERBS
from casework.domain.kinds.walkthrough.events import EVENTS, WalkthroughRecorded
from casework.domain.kinds.walkthrough.state import Walkthrough, WalkthroughStage
from casework.domain.policy import Role
from casework.domain.time.ladder import AFTER, BEFORE, ON_DUE, Ladder, Rung

S = WalkthroughStage

STEPS = (
    Step(
        stage=S.FINDINGS,
        task=TaskKind.SORT_FINDINGS,
        role=Role.OFFICER,
        clock="walk_findings",
        verbs={"conclude_findings": (S.REMEDIES, S.CLOSED)},
    ),
    Step(
        stage=S.REMEDIES,
        also=(TaskKind.CARRY_OUT_REMEDY, TaskKind.VERIFY_REMEDY),
        clock="remedy",
        verbs={"verify_remedy": (S.CLOSED,), "withdraw_remedy": (S.CLOSED,)},
    ),
    Step(stage=S.CLOSED),
)

TASKS = (
    TaskOf(
        kind=TaskKind.SORT_FINDINGS,
        label="梳理走流程的问题和措施",
        verbs=("conclude_findings",),
        clocks=("walk_findings",),
    ),
    TaskOf(
        kind=TaskKind.CARRY_OUT_REMEDY,
        label="落实整改措施",
        verbs=("report_remedy",),
        clocks=("remedy",),
    ),
    TaskOf(
        kind=TaskKind.VERIFY_REMEDY,
        label="核查措施销号",
        verbs=("verify_remedy",),
        clocks=("remedy",),
    ),
)

CLOCKS = (
    ClockOf(
        kind="walk_findings",
        name="走流程梳理期限",
        ladder=Ladder(rungs=((Rung.BLUE, ON_DUE), (Rung.YELLOW, AFTER))),
    ),
    ClockOf(
        kind="remedy",
        name="措施落实期限",
        ladder=Ladder(rungs=((Rung.BLUE, BEFORE), (Rung.YELLOW, AFTER))),
    ),
)
"""Inner limits [proposal]: no red card."""

WALKTHROUGH = Kind(
    name="walkthrough",
    label="走流程",
    workflow="Walkthrough",
    prefix="walkthrough",
    path="walkthroughs",
    of_nobody=True,
    opens=Opens(
        form=opening.WalkthroughForm,
        example={
            "leader": "分管副局长",
            "role": "citizen",
            "mode": "in_person",
            "way": "mixed",
            "walked_item": "职业介绍",
            "walked_on": "2026-09-16",
            "process_smooth": 4,
        },
        limits=opening.LIMITS,
        start=opening.open_walkthrough,
        applicant=False,
    ),
    message=opening.StartWalkthrough,
    state=Walkthrough,
    stages=WalkthroughStage,
    first=(S.FINDINGS,),
    steps=STEPS,
    verbs=WALKTHROUGH_VERBS,
    examples=EXAMPLES,
    tasks=TASKS,
    clocks=CLOCKS,
    events=EVENTS,
    begins={WalkthroughRecorded: opening.begin_walkthrough},
    decisions=procedure.DECISIONS,
    evolutions=procedure.EVOLUTIONS,
    lines=shown.lines,
    rows=shown.ROWS,
    outcome=shown.outcome,
)
