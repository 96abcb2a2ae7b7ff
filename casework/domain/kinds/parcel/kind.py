"""A parcel (快递来件): all that the house knows of this kind of case.

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
from casework.domain.kinds.parcel import letters, opening, procedure, shown
from casework.domain.kinds.parcel.commands import EXAMPLES, PARCEL_VERBS
from casework.domain.kinds.parcel.events import EVENTS, ParcelReceived
from casework.domain.kinds.parcel.state import Parcel, ParcelStage
from casework.domain.policy import Role
from casework.domain.time.ladder import ON_DUE, Ladder, Rung

S = ParcelStage

_PLACED = {
    "match_parcel": (S.FILING,),
    "open_from_parcel": (S.FILING,),
    "return_parcel": (S.RETURNED,),
}

STEPS = (
    Step(
        stage=S.MATCHING,
        task=TaskKind.MATCH_PARCEL,
        role=Role.OFFICER,
        clock="parcel_match",
        verbs=_PLACED,
        ends={"parcel_match": (S.UNCLAIMED,)},
    ),
    Step(
        stage=S.UNCLAIMED,
        task=TaskKind.CLAIM_PARCEL,
        role=Role.SUPERVISOR,
        verbs=_PLACED,
    ),
    Step(
        stage=S.FILING,
        clock="parcel_match",
        events={
            "parcel_placed": (S.FILED,),
            "parcel_not_placed": (S.MATCHING, S.UNCLAIMED),
        },
        waits=Waits(party=Party.OUTSIDE, what="系统正在把来件材料归入办件", name="系统"),
    ),
    Step(stage=S.FILED),
    Step(stage=S.RETURNED, verbs={"take_back": (S.MATCHING, S.UNCLAIMED)}),
)

TASKS = (
    TaskOf(
        kind=TaskKind.MATCH_PARCEL,
        label="快递来件归件",
        verbs=("match_parcel", "open_from_parcel", "return_parcel"),
        clocks=("parcel_match",),
    ),
    TaskOf(
        kind=TaskKind.CLAIM_PARCEL,
        label="处理无人认领的来件",
        verbs=("match_parcel", "open_from_parcel", "return_parcel"),
    ),
)

CLOCKS = (
    ClockOf(
        kind="parcel_match",
        name="来件归件期限",
        ladder=Ladder(rungs=((Rung.BLUE, ON_DUE),), expires=True),
        end=procedure.not_claimed,
    ),
)
"""An inner limit [proposal]: no red card. What is left over then is the supervisor's."""

PARCEL = Kind(
    name="parcel",
    label="快递来件",
    workflow="Parcel",
    prefix="parcel",
    path="parcels",
    source="post",
    acts_outside=True,
    opens=Opens(
        form=opening.ParcelForm,
        example={
            "courier": "EMS",
            "remark": "积分办理",
            "clue": "张三",
            "contents": ["盖章复印件"],
        },
        limits=opening.LIMITS,
        start=opening.open_parcel,
        applicant=False,
        caller=True,
    ),
    message=opening.StartParcel,
    state=Parcel,
    stages=ParcelStage,
    first=(S.MATCHING,),
    steps=STEPS,
    verbs=PARCEL_VERBS,
    examples=EXAMPLES,
    tasks=TASKS,
    clocks=CLOCKS,
    events=EVENTS,
    begins={ParcelReceived: opening.begin_parcel},
    decisions=procedure.DECISIONS,
    evolutions=procedure.EVOLUTIONS,
    effects=procedure.effects,
    taking_back=TakingBack(restored=procedure.restored),
    letters=letters.LETTERS,
    recipients=letters.RECIPIENTS,
    texts=letters.TEXTS,
    lines=shown.lines,
    rows=shown.ROWS,
    outcome=shown.outcome,
)
