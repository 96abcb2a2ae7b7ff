"""A service cycle (服务周期): a talent's three years, and the year of a permit.

Two kinds with one state: each has its own stage table, and the verbs of the other are refused.

Sources: DB50/T 1733—2024 §5.1–5.3; 居住证暂行条例 §10; domain.md §C.8. The standard is silent on a
silent employer, a change of employer, a move and an objection: those rules are proposals.
"""

from dataclasses import replace

from casework.domain.case.guards import codes
from casework.domain.case.kind import ClockOf, Kind, Party, Step, TaskOf, Waits, no_class
from casework.domain.case.state import TaskKind
from casework.domain.kinds.cycle import course, letters, mending, procedure
from casework.domain.kinds.cycle.commands import CYCLE_SIGNALS, CYCLE_VERBS
from casework.domain.kinds.cycle.events import EVENTS, CycleBegun
from casework.domain.kinds.cycle.letters import effects
from casework.domain.kinds.cycle.shown import ROWS, lines, outcome, wanted
from casework.domain.kinds.cycle.state import Cycle, CycleFacts, CycleKind, CycleStage
from casework.domain.policy import Role, Side
from casework.domain.talent import TalentClass, serving_class
from casework.domain.time.ladder import AFTER, BEFORE, HALF, Ladder, Rung

S = CycleStage

_LEFT = {"record_left": (S.ENDED,)}

STEPS_OF_TALENT = (
    Step(
        stage=S.ACTIVE,
        waits=Waits(party=Party.NOBODY, what="服务周期内", clock="cycle_notice"),
        verbs=_LEFT,
        ends={"cycle_notice": (S.NOTIFIED,)},
    ),
    Step(
        stage=S.NOTIFIED,
        waits=Waits(party=Party.EMPLOYER, what="准备履职综合评估"),
        clock="opinion",
        verbs=_LEFT,
        ends={"cycle_window": (S.WINDOW,)},
    ),
    Step(
        stage=S.WINDOW,
        waits=Waits(party=Party.EMPLOYER, what="提交履职综合评估意见"),
        clock="opinion",
        also=(TaskKind.REMIND_EMPLOYER,),
        verbs={"evaluate": (S.VERIFYING,), **_LEFT},
        ends={"cycle_window": (S.VERIFYING,), "cycle_end": (S.VERIFYING,)},
    ),
    Step(
        stage=S.VERIFYING,
        task=TaskKind.VERIFY,
        role=Role.SPECIALIST,
        clock="verify",
        verbs={
            "verify": (S.ACTIVE, S.OBJECTION),
            "change_employer": (S.WINDOW,),
            **_LEFT,
        },
    ),
    Step(
        stage=S.OBJECTION,
        waits=Waits(party=Party.APPLICANT, what="对核实结论如有异议，可以提出", clock="objection"),
        also=(TaskKind.DECIDE_OBJECTION,),
        clock="objection_review",
        verbs={"decide_objection": (S.ACTIVE, S.ENDED), **_LEFT},
        ends={"objection": (S.ENDED,)},
    ),
    Step(
        stage=S.ENDED,
        verbs={"take_back": (S.ACTIVE, S.NOTIFIED, S.WINDOW, S.VERIFYING, S.OBJECTION)},
    ),
)
"""The stage table of a talent's cycle. Nobody's silence renews one, and nobody's ends one."""

STEPS_OF_PERMIT = (
    Step(
        stage=S.ACTIVE,
        waits=Waits(party=Party.NOBODY, what="居住证有效期内", clock="permit_notice"),
        ends={"permit_notice": (S.NOTIFIED,)},
    ),
    Step(
        stage=S.NOTIFIED,
        waits=Waits(party=Party.APPLICANT, what="办理居住证签注", clock="permit_end"),
        verbs={"renew_permit": (S.ACTIVE,), "correct_fact": (S.ACTIVE,)},
        ends={"permit_end": (S.LAPSED,)},
    ),
    Step(
        stage=S.LAPSED,
        waits=Waits(party=Party.APPLICANT, what="办理居住证签注（积分已中止）", clock="permit_end"),
        verbs={"renew_permit": (S.ACTIVE,), "correct_fact": (S.ACTIVE,)},
        # The last day was corrected, and is over as well: its notice is made up for.
        ends={"permit_notice": (S.NOTIFIED,)},
    ),
)
"""The stage table of a permit's year: its holder renews it, or the points are suspended."""

TASKS = (
    TaskOf(
        kind=TaskKind.REMIND_EMPLOYER,
        label="催请用人单位评估",
        verbs=("evaluate",),
        clocks=("opinion",),
        beside=True,
    ),
    TaskOf(kind=TaskKind.VERIFY, label="核实履职情况", verbs=("verify",), clocks=("verify",)),
    TaskOf(
        kind=TaskKind.DECIDE_OBJECTION,
        label="复核异议",
        verbs=("decide_objection",),
        clocks=("objection_review",),
    ),
)

_WATCHED = ((Rung.BLUE, HALF), (Rung.YELLOW, BEFORE), (Rung.RED, AFTER))
_ON_ITS_DAY = Ladder(expires=True, on_due=True)

CLOCKS = (
    ClockOf(
        kind="cycle_notice",
        name="通知用人单位评估日",
        ladder=_ON_ITS_DAY,
        end=procedure.notify_employer,
    ),
    ClockOf(
        kind="permit_notice",
        name="居住证签注提醒日",
        ladder=_ON_ITS_DAY,
        end=procedure.notify_holder,
    ),
    ClockOf(
        kind="cycle_window", name="评估期开始日", ladder=_ON_ITS_DAY, end=procedure.open_window
    ),
    ClockOf(kind="cycle_reminder", name="催请评估日", ladder=_ON_ITS_DAY, end=procedure.remind),
    ClockOf(kind="opinion", name="评估意见提交期限", ladder=Ladder(rungs=((Rung.YELLOW, AFTER),))),
    ClockOf(
        kind="cycle_end", name="服务周期届满日", ladder=Ladder(expires=True), end=procedure.expire
    ),
    ClockOf(
        kind="permit_end",
        name="居住证有效期届满日",
        ladder=Ladder(expires=True),
        end=procedure.suspend_points,
    ),
    ClockOf(kind="verify", name="周期核实期限", ladder=Ladder(rungs=_WATCHED)),
    ClockOf(
        kind="objection",
        name="异议期限",
        ladder=Ladder(rungs=((Rung.REMINDER, BEFORE),), expires=True, side=Side.APPLICANT),
        end=procedure.let_stand,
        owed=True,
    ),
    ClockOf(kind="objection_review", name="异议复核期限", ladder=Ladder(rungs=_WATCHED)),
    ClockOf(kind="ren_open", name="积分续办开放日", ladder=_ON_ITS_DAY, end=procedure.open_renewal),
)
"""domain.md §C.8 and §C.16."""


def _barred(case: Cycle) -> dict[str, frozenset[str]]:
    return {"decide_objection": codes(case.verified_by if case.objection else "")}


def _standing(case: Cycle) -> tuple[str, str]:
    return case.standing.status, case.points


def _serving_class(case: Cycle) -> TalentClass | None:
    return serving_class(case.letter)


def _is_of_talent(case: Cycle) -> bool:
    return case.kind is CycleKind.TALENT


def _is_of_permit(case: Cycle) -> bool:
    return case.kind is CycleKind.PERMIT


TALENT_CYCLE = Kind(
    name="talent_cycle",
    label=CycleKind.TALENT.label,
    workflow="ServiceCycle",
    prefix="cycle.talent",
    path="cycles",
    gives_way=True,
    acts=("file",),
    state=Cycle,
    holds=_is_of_talent,
    stages=CycleStage,
    first=(S.ACTIVE,),
    steps=STEPS_OF_TALENT,
    facts=CycleFacts,
    verbs=CYCLE_VERBS,
    signals=CYCLE_SIGNALS,
    tasks=TASKS,
    clocks=CLOCKS,
    events=EVENTS,
    begins={CycleBegun: course.begin},
    decisions=procedure.DECISIONS,
    evolutions=course.EVOLUTIONS,
    barred=_barred,
    taking_back=mending.TAKING_BACK,
    corrections=mending.CORRECTIONS,
    letters=letters.LETTERS,
    reminder=letters.reminder_of_cycle,
    recipients=letters.RECIPIENTS | mending.RECIPIENTS,
    effects=effects,
    lines=lines,
    rows=ROWS,
    serving_class=_serving_class,
    standing=_standing,
    wanted=wanted,
    outcome=outcome,
)


PERMIT_CYCLE = replace(
    TALENT_CYCLE,
    name="permit_cycle",
    label=CycleKind.PERMIT.label,
    prefix="cycle.permit",
    acts=(),
    holds=_is_of_permit,
    steps=STEPS_OF_PERMIT,
    serving_class=no_class,
)
