"""The limit of the decision: extended once (行政许可法 §42), stopped and run on (§45)."""

from dataclasses import replace

from casework.domain.case.events import (
    Event,
    EventBody,
)
from casework.domain.case.guards import require_text
from casework.domain.case.moves import (
    change_clock,
)
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.supervision import extended, require_not_over
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import Extend, ResumeClock, StopClock, StopKind
from casework.domain.kinds.application.events import ClockResumed, ClockStopped, Extended
from casework.domain.kinds.application.state import Application, ApplicationFacts
from casework.domain.policy import LimitName
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import Clock, Suspension, is_paused
from casework.domain.time.explanation import STOPPED_BY

STOP_LABELS = {
    StopKind.HEARING: "听证",
    StopKind.TENDER: "招标",
    StopKind.AUCTION: "拍卖",
    StopKind.INSPECTION: "检验",
    StopKind.TESTING: "检测",
    StopKind.QUARANTINE: "检疫",
    StopKind.APPRAISAL: "鉴定",
    StopKind.EXPERT_REVIEW: "专家评审",
}


def extend(command: Extend, case: Application, facts: ApplicationFacts) -> tuple[EventBody, ...]:
    clock = _decide_clock(case)
    limit = facts.item.limit(LimitName.DECIDE_EXTENSION)
    if limit is None:
        raise DomainError("NO_EXTENSION", "本事项不设延长期限")
    require_text(command.reason, "reason", "延长期限的理由")
    if not 0 < command.working_days <= limit.amount:
        raise DomainError(
            "EXTENSION_TOO_LONG", f"延长期限为1至{limit.amount}个工作日", "working_days"
        )
    if clock.extensions:
        raise DomainError("ALREADY_EXTENDED", "办理期限只能延长一次")
    if is_paused(clock, facts.today):
        raise DomainError("CLOCK_PAUSED", "办理期限正在中止计时，恢复后方可延长")
    require_not_over(clock, case, facts)
    return (
        Extended(
            working_days=command.working_days, reason=command.reason, reference=limit.reference
        ),
    )


def _decide_clock(case: Application) -> Clock:
    clock = case.clock("decide")
    if clock is None:
        raise DomainError("CLOCK_NOT_RUNNING", "办理期限没有在计算")
    return clock


def stop_clock(
    command: StopClock, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    _decide_clock(case)
    if case.stop:
        raise DomainError("ALREADY_STOPPED", "办理期限已经中止计时")
    require_text(command.reason, "reason", "中止计时的理由")
    return (ClockStopped(stop=command.stop, reason=command.reason),)


def resume_clock(
    command: ResumeClock, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    if not case.stop:
        raise DomainError("NOT_STOPPED", "办理期限没有中止计时")
    return (ClockResumed(reason=command.reason),)


def after_extended(body: Extended, case: Application, event: Event) -> Application:
    clock = case.clock("decide")
    return case if clock is None else extended(case, clock, event)


def after_clock_stopped(body: ClockStopped, case: Application, event: Event) -> Application:
    pause = Suspension(
        first_on=local_date(event.at),
        lifted_on=None,
        reason=f"{STOP_LABELS[body.stop]}：{body.reason}",
        by=event.actor.code,
        basis=STOPPED_BY,
    )
    for kind in ("decide", "review"):
        clock = case.clock(kind)
        if clock is not None:
            paused = replace(clock, suspensions=(*clock.suspensions, pause))
            case = change_clock(case, paused)
    return replace(case, stop=body.stop)


def after_clock_resumed(body: ClockResumed, case: Application, event: Event) -> Application:
    on = local_date(event.at)
    for clock in case.running:
        suspensions = tuple(
            replace(s, lifted_on=on)
            if s.lifted_on is None and not s.id and s.basis == STOPPED_BY
            else s
            for s in clock.suspensions
        )
        case = change_clock(case, replace(clock, suspensions=suspensions))
    return replace(case, stop="")


DECISIONS: Decisions = {
    Extend: extend,
    StopClock: stop_clock,
    ResumeClock: resume_clock,
}
EVOLUTIONS: Evolutions = {
    Extended: after_extended,
    ClockStopped: after_clock_stopped,
    ClockResumed: after_clock_resumed,
}
