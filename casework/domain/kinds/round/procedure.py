"""The procedure of a round of visits: what follows from each verb, and from time alone.

begun → drawn → each request of the sample visited → done (domain.md §C.10). A round that is not
made by its days gives a yellow and then a red card; it stays to be made. If nobody has come by the
day of the draw, it is drawn once more on the day of the warning [proposal].
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from casework.domain.case.events import Event, EventBody
from casework.domain.case.letters import Effect, EffectKind
from casework.domain.case.moves import (
    close_tasks,
    conclude,
    end_clocks,
    next_id,
    open_task,
    start_clocks,
)
from casework.domain.case.passing_time import was_given
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.round.commands import RecordVisit
from casework.domain.kinds.round.events import DrawAsked, SampleDrawn, VisitRecorded
from casework.domain.kinds.round.state import Round, RoundFacts, RoundPolicy, RoundStage, Visit
from casework.domain.policy import Role
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import NAMES, Clock
from casework.domain.time.ladder import Rung


def record_visit(command: RecordVisit, case: Round, facts: RoundFacts) -> tuple[EventBody, ...]:
    if case.stage is not RoundStage.VISITING:
        raise DomainError(
            "WRONG_STAGE", f"本轮回访目前处于“{case.stage.label}”，抽样后方可登记回访"
        )
    visit = next((v for v in case.visits if v.request == command.request), None)
    if visit is None:
        raise DomainError("NOT_IN_SAMPLE", "本轮样本中没有此服务申请", "request")
    if visit.recorded_at is not None:
        raise DomainError("ALREADY_VISITED", "此服务申请的回访已经登记", "request")
    return (
        VisitRecorded(
            request=command.request,
            means=command.means,
            reached=command.reached,
            opinion=command.opinion,
        ),
    )


def draw(clock: Clock, case: Round, facts: RoundFacts) -> EventBody:
    return DrawAsked(seed=f"{case.district}:{case.quarter}:")


# --- how the state follows ---------------------------------------------------------------


def after_draw_asked(body: DrawAsked, case: Round, event: Event) -> Round:
    return end_clocks(case, event.at, "draw")


def after_sample_drawn(body: SampleDrawn, case: Round, event: Event) -> Round:
    case = replace(case, population=body.population, visits=body.visits, stage_since=event.at)
    if not body.visits:
        return _nobody_came(case, event)
    case = replace(case, stage=RoundStage.VISITING)
    for visit in body.visits:
        case = open_task(
            case, TaskKind.VISIT, Role.SPECIALIST, event.at, about=visit.request, clock="round"
        )
    return case


def _nobody_came(case: Round, event: Event) -> Round:
    """Somebody may come yet: it is drawn once more on the day of the warning."""
    warning = case.clock("round_warning")
    if warning is None or was_given(case, warning.id, Rung.YELLOW):
        return conclude(replace(case, stage=RoundStage.EMPTY), event.at, event.actor.code)
    again = replace(warning, id=next_id(case, "draw"), name=NAMES["draw"])
    return start_clocks(case, again)


def after_visit_recorded(body: VisitRecorded, case: Round, event: Event) -> Round:
    visits = tuple(
        replace(
            visit,
            means=body.means,
            reached=body.reached,
            opinion=body.opinion,
            recorded_at=event.at,
            recorded_by=event.actor.code,
        )
        if visit.request == body.request
        else visit
        for visit in case.visits
    )
    case = replace(case, visits=visits)
    case = close_tasks(case, {TaskKind.VISIT}, event.at, event.actor.code, body.request)
    if any(visit.recorded_at is None for visit in visits):
        return case
    case = replace(case, stage=RoundStage.DONE, stage_since=event.at)
    return conclude(case, event.at, event.actor.code)


DECISIONS: Decisions = {
    RecordVisit: record_visit,
}
EVOLUTIONS: Evolutions = {
    DrawAsked: after_draw_asked,
    SampleDrawn: after_sample_drawn,
    VisitRecorded: after_visit_recorded,
}


# --- the draw ------------------------------------------------------------------------------
# The draw: which requests of a quarter are followed up, reproducibly.


MOST_VISITS = 500
"""So many, with every answer, have room in the state of one round."""


def sample(
    seed: str, requests: Sequence[tuple[str, str]], policy: RoundPolicy
) -> tuple[Visit, ...]:
    """Draw from (request no, talent no) pairs; whoever has the seed can draw the same again.

    ``policy.percent`` of the requests, rounded up, and at least ``policy.minimum``, or all there
    are; never more than ``MOST_VISITS``. As many talents as can be: nobody is asked about a second
    request while a talent is left who is not asked at all. Neither the order of ``requests`` nor a
    repetition matters.
    """
    population = sorted(set(requests), key=lambda pair: (_lot(seed, pair[0]), pair))
    size = min(max(policy.minimum, _share(len(population), policy.percent)), MOST_VISITS)
    first_of: dict[str, str] = {}
    for request, talent in population:
        first_of.setdefault(talent, request)
    # The sort is stable: within each half the lots decide.
    chosen = sorted(population, key=lambda pair: first_of[pair[1]] != pair[0])[:size]
    return tuple(Visit(request=request, talent=talent) for request, talent in chosen)


def _lot(seed: str, request: str) -> str:
    return sha256(f"{seed}{request}".encode()).hexdigest()


def _share(of: int, percent: int) -> int:
    """``percent`` of a number, rounded up, without fractions."""
    return -(-of * percent // 100)


# --- effects -------------------------------------------------------------------------------
# What an event of a round of visits asks of the outside: the sample.


def effects(event: Event, case: Round, calendar: WorkingCalendar) -> tuple[Effect, ...]:
    """What the event asks for beside its letter."""
    if not isinstance(event.body, DrawAsked):
        return ()
    return (Effect(kind=EffectKind.DRAW, seq=event.seq),)
