"""A round of visits (抽样回访): all that the house knows of this kind of case.

``STEPS`` is the procedure on one page. It sends no letter: the talents of the sample are asked in
person.
"""

from casework.domain.case.kind import ClockOf, Kind, Party, Step, TaskOf, Waits
from casework.domain.case.state import TaskKind
from casework.domain.kinds.round import opening, procedure
from casework.domain.kinds.round.commands import ROUND_SIGNALS, ROUND_VERBS
from casework.domain.kinds.round.events import EVENTS, RoundBegun
from casework.domain.kinds.round.procedure import effects
from casework.domain.kinds.round.shown import ROWS, lines
from casework.domain.kinds.round.state import Round, RoundFacts, RoundStage
from casework.domain.time.ladder import ON_DUE, Ladder, Rung

S = RoundStage

STEPS = (
    Step(
        stage=S.PLANNED,
        waits=Waits(party=Party.NOBODY, what="待抽样"),
        clock="draw",
        events={"sample_drawn": (S.VISITING, S.EMPTY)},
    ),
    Step(
        stage=S.VISITING,
        also=(TaskKind.VISIT,),
        clock="round",
        verbs={"record_visit": (S.DONE,)},
    ),
    Step(stage=S.DONE),
    Step(stage=S.EMPTY),
)
"""The stage table; the last visit of the sample ends the round."""

TASKS = (TaskOf(kind=TaskKind.VISIT, label="抽样回访", verbs=("record_visit",), clocks=("round",)),)

CLOCKS = (
    ClockOf(
        kind="draw",
        name="抽样日",
        ladder=Ladder(expires=True, on_due=True),
        end=procedure.draw,
    ),
    ClockOf(kind="round_warning", name="回访提醒日", ladder=Ladder(rungs=((Rung.YELLOW, ON_DUE),))),
    ClockOf(kind="round", name="季度抽样回访期限", ladder=Ladder(rungs=((Rung.RED, ON_DUE),))),
)
"""domain.md §C.10 and §C.16."""

ROUND = Kind(
    name="visits",
    label="抽样回访",
    workflow="VisitRound",
    prefix="round",
    path="rounds",
    source="visit-rounds",
    of_nobody=True,
    facts=RoundFacts,
    state=Round,
    stages=RoundStage,
    first=(S.PLANNED,),
    steps=STEPS,
    verbs=ROUND_VERBS,
    signals=ROUND_SIGNALS,
    tasks=TASKS,
    clocks=CLOCKS,
    events=EVENTS,
    begins={RoundBegun: opening.begin_round_begun},
    decisions=procedure.DECISIONS,
    evolutions=procedure.EVOLUTIONS,
    effects=effects,
    lines=lines,
    rows=ROWS,
)
