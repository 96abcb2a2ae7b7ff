"""What becomes of a request when the talent stands otherwise: class, hold, end (domain.md §C.8)."""

from collections.abc import Iterator

from casework.domain.dispatch import decision, follow_up
from casework.domain.events import EventBody
from casework.domain.request.commands import NoteStanding
from casework.domain.request.events import (
    BodyAssigned,
    RequestClosed,
    RequestReleased,
    StandingNoted,
)
from casework.domain.request.filing import first_clocks, prescribed_body
from casework.domain.request.policy import RequestFacts
from casework.domain.request.state import Request, RequestStage
from casework.domain.talent import Level, Standing, StandingStatus, may_serve


@decision.register
def _(command: NoteStanding, case: Request, facts: RequestFacts) -> tuple[EventBody, ...]:
    new = command.standing
    if new.version <= case.standing.version or not case.is_open:
        return ()  # messages may overtake each other, or come twice
    noted = StandingNoted(standing=new)
    if _closes(case, new):
        return (noted,)  # and the closing follows from the state
    return (noted, *_rerouted(case, new, facts), *_released(case, new, facts))


def _rerouted(case: Request, new: Standing, facts: RequestFacts) -> Iterator[EventBody]:
    """A talent of class E or F is served by the district from now on (§6.1.2)."""
    body = case.body
    stays = body is not None and may_serve(body.level, new.letter)
    if may_serve(case.level, new.letter) and (body is None or stays):
        return
    if case.stage is RequestStage.HANDLING and not stays:
        body = prescribed_body(facts.item, case.bodies, new.letter)
    yield BodyAssigned(level=Level.DISTRICT, body=body, reason="人才类别变更，E、F类人才由区县服务")


def _released(case: Request, new: Standing, facts: RequestFacts) -> Iterator[EventBody]:
    if case.stage is RequestStage.ON_HOLD and new.status is StandingStatus.ACTIVE:
        codes = [material.received.code for material in case.materials]
        notice, collect = first_clocks(facts.item, case.mode, codes, facts.today)
        yield RequestReleased(notice=notice, collect=collect)


@follow_up.register
def _(case: Request) -> EventBody | None:
    """Who is no longer served gets nothing new; who has left, nothing at all."""
    if not case.is_open or not _closes(case, case.standing):
        return None
    left = case.standing.status is StandingStatus.LEFT
    return RequestClosed(reason="不再符合全职在渝工作等服务条件" if left else "服务周期已终止")


def _closes(case: Request, standing: Standing) -> bool:
    held = case.stage is RequestStage.ON_HOLD
    return standing.status is StandingStatus.LEFT or (
        standing.status is StandingStatus.ENDED and held
    )
