"""A service request (服务申请): all that the house knows of this kind of case.

``STEPS`` is the procedure on one page.
"""

from casework.domain.case.kind import ClockOf, Kind, Party, Step, TaskOf, Waits
from casework.domain.case.state import TaskKind
from casework.domain.kinds.request import course, letters, mending, procedure
from casework.domain.kinds.request.commands import REQUEST_SIGNALS, REQUEST_VERBS
from casework.domain.kinds.request.course import manned
from casework.domain.kinds.request.events import EVENTS, RequestFiled
from casework.domain.kinds.request.shown import ROWS, lines, outcome, turns, wanted
from casework.domain.kinds.request.state import Request, RequestFacts, RequestStage
from casework.domain.policy import Role, Side
from casework.domain.talent import TalentClass, serving_class
from casework.domain.time.ladder import AFTER, BEFORE, HALF, Ladder, Rung

S = RequestStage

_OPEN = (S.ON_HOLD, S.COLLECT, S.INTAKE, S.SUPPLEMENT_DUE, S.HANDLING)
_OUT_OF_SCOPE = {
    "explain_need": (S.EXPLAINED,),
    "transfer_need": (S.TRANSFERRED,),
    "withdraw": (S.WITHDRAWN,),
}

STEPS = (
    Step(
        stage=S.ON_HOLD,
        waits=Waits(party=Party.WINDOW, what="核实人才服务周期"),
        verbs={"note_standing": (S.INTAKE, S.COLLECT, S.CLOSED), **_OUT_OF_SCOPE},
    ),
    Step(
        stage=S.COLLECT,
        task=TaskKind.COLLECT,
        role=Role.SPECIALIST,
        clock="collect",
        verbs={"collect_papers": (S.INTAKE,), "note_standing": (S.CLOSED,), **_OUT_OF_SCOPE},
        ends={"collect": (S.RETURNED_LAPSED,)},
    ),
    Step(
        stage=S.INTAKE,
        task=TaskKind.ACCEPT,
        role=Role.SPECIALIST,
        clock="request_notice",
        verbs={
            "accept": (S.HANDLING,),
            "give_notice": (S.SUPPLEMENT_DUE,),
            "note_standing": (S.CLOSED,),
            **_OUT_OF_SCOPE,
        },
        ends={"request_notice": (S.HANDLING,)},
    ),
    Step(
        stage=S.SUPPLEMENT_DUE,
        waits=Waits(party=Party.APPLICANT, what="补正材料"),
        clock="request_supplement",
        verbs={"supplement": (S.INTAKE,), "note_standing": (S.CLOSED,), **_OUT_OF_SCOPE},
        ends={"request_supplement": (S.RETURNED_LAPSED,)},
    ),
    Step(
        stage=S.HANDLING,
        task=TaskKind.HANDLE,
        role=Role.LIAISON,
        clock="handle",
        verbs={"feed_back": (S.COMPLETED,), "note_standing": (S.CLOSED,), **_OUT_OF_SCOPE},
    ),
    Step(stage=S.COMPLETED),
    Step(stage=S.EXPLAINED, verbs={"take_back": _OPEN}),
    Step(stage=S.TRANSFERRED, verbs={"take_back": _OPEN}),
    Step(stage=S.WITHDRAWN),
    Step(stage=S.RETURNED_LAPSED, verbs={"take_back": (S.COLLECT, S.SUPPLEMENT_DUE)}),
    Step(stage=S.CLOSED, verbs={"note_standing": _OPEN}),
)
"""The stage table. Work at a stage that leads to no other is not in it."""

TASKS = (
    TaskOf(kind=TaskKind.ACCEPT, label="受理", verbs=("accept",), clocks=("request_notice",)),
    TaskOf(
        kind=TaskKind.COLLECT,
        label="收取纸质材料",
        verbs=("collect_papers",),
        clocks=("collect",),
    ),
    TaskOf(kind=TaskKind.HANDLE, label="办理服务事项", verbs=("feed_back",), clocks=("handle",)),
)

_WATCHED = ((Rung.BLUE, HALF), (Rung.YELLOW, BEFORE), (Rung.RED, AFTER))
_REMINDED = ((Rung.REMINDER, BEFORE),)

CLOCKS = (
    ClockOf(
        kind="request_notice",
        name="服务申请受理期限",
        ladder=Ladder(rungs=_WATCHED, expires=True, side=Side.AUTHORITY),
        end=procedure.deem,
    ),
    ClockOf(
        kind="request_supplement",
        name="服务申请补正期限",
        ladder=Ladder(rungs=_REMINDED, expires=True, side=Side.APPLICANT),
        end=procedure.lapse,
        owed=True,
    ),
    ClockOf(
        kind="collect",
        name="纸质材料收取期限",
        ladder=Ladder(rungs=_REMINDED, expires=True, side=Side.APPLICANT),
        end=procedure.lapse,
        owed=True,
    ),
    ClockOf(
        kind="handle", name="服务事项办理期限", ladder=Ladder(rungs=_WATCHED, side=Side.AUTHORITY)
    ),
)
"""domain.md §C.7 and §C.16. The thresholds are a proposal: no national rule sets them."""


def _serving_class(case: Request) -> TalentClass | None:
    return serving_class(case.standing.letter)


REQUEST = Kind(
    name="request",
    label="服务申请",
    workflow="ServiceRequest",
    prefix="req",
    path="requests",
    facts=RequestFacts,
    state=Request,
    stages=RequestStage,
    first=(S.INTAKE, S.COLLECT, S.ON_HOLD),
    steps=STEPS,
    verbs=REQUEST_VERBS,
    signals=REQUEST_SIGNALS,
    unsaid=frozenset({"note_standing"}),
    tasks=TASKS,
    clocks=CLOCKS,
    events=EVENTS,
    begins={RequestFiled: course.begin_request_filed},
    decisions=procedure.DECISIONS,
    evolutions=course.EVOLUTIONS,
    follow_up=procedure.follow_up_of_request,
    taking_back=mending.TAKING_BACK,
    late=mending.LATE,
    manned=manned,
    letters=letters.LETTERS,
    reminder=letters.reminder_of_request,
    recipients=letters.RECIPIENTS | mending.RECIPIENTS,
    lines=lines,
    rows=ROWS,
    serving_class=_serving_class,
    turns=turns,
    wanted=wanted,
    outcome=outcome,
)
