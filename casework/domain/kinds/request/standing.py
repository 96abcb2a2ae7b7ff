"""What becomes of a request when the talent stands otherwise: class, hold, end (domain.md §C.8)."""

from collections.abc import Iterator
from dataclasses import replace

from casework.domain.case import mending
from casework.domain.case.events import Event, EventBody, kind_of_event
from casework.domain.case.rules import Decisions
from casework.domain.kinds.request.commands import NoteStanding
from casework.domain.kinds.request.events import (
    BodyAssigned,
    RequestClosed,
    RequestReleased,
    StandingNoted,
)
from casework.domain.kinds.request.opening import first_clocks, prescribed_body
from casework.domain.kinds.request.state import Request, RequestFacts, RequestStage
from casework.domain.talent import Level, Standing, StandingStatus, may_serve

_CLOSED = kind_of_event(RequestClosed)


def note_standing(
    command: NoteStanding, case: Request, facts: RequestFacts
) -> tuple[EventBody, ...]:
    new = command.standing
    if new.version <= case.standing.version:
        return ()  # messages may overtake each other, or come twice
    noted = StandingNoted(standing=new)
    if not case.is_open:
        return tuple(_reopened(noted, case, facts))
    if _closes(case, new):
        return (noted,)  # and the closing follows from the state
    return (noted, *_rerouted(case, new, facts), *_released(case, new, facts))


def _reopened(noted: StandingNoted, case: Request, facts: RequestFacts) -> Iterator[EventBody]:
    """The cycle whose end closed the request runs again: so does the request."""
    closing, new = case.closing, noted.standing
    if closing is None or closing.event != _CLOSED or facts.today > closing.until:
        return
    body = mending.taken_back(case, closing, facts, "人才服务周期的终止已撤销更正")
    event = Event(seq=case.seq + 1, at=facts.at, actor=facts.actor, body=body)
    after = mending.reopened(body, replace(case, standing=new), event)
    if not isinstance(after, Request) or _closes(after, new):
        return
    yield noted
    yield from mending.with_what_came(body, case, facts)
    yield from _rerouted(after, new, facts)
    yield from _released(after, new, facts)


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


def follow_up_of_request(case: Request) -> EventBody | None:
    """Who is no longer served gets nothing new; who has left, nothing at all."""
    if not case.is_open or not _closes(case, case.standing):
        return None
    left = case.standing.status is StandingStatus.LEFT
    return RequestClosed(
        reason="不再符合全职在渝工作等服务条件" if left else "服务周期已终止",
        mendable_until=case.mendable_until,
    )


def _closes(case: Request, standing: Standing) -> bool:
    held = case.stage is RequestStage.ON_HOLD
    return standing.status is StandingStatus.LEFT or (
        standing.status is StandingStatus.ENDED and held
    )


DECISIONS: Decisions = {
    NoteStanding: note_standing,
}
