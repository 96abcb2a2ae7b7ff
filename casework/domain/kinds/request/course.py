"""How the state of a service request follows from its events."""

from dataclasses import replace

from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.events import Event, JurisdictionTransferred
from casework.domain.case.moves import (
    as_begun,
    close_tasks,
    conclude,
    end_clocks,
    open_task,
    start_clocks,
)
from casework.domain.case.rules import Evolutions
from casework.domain.case.state import Body, Material, Post, TaskKind
from casework.domain.case.supervision import extended
from casework.domain.kinds.request.events import (
    BodyAssigned,
    HandlingExtended,
    NeedExplained,
    NeedTransferred,
    PapersCollected,
    RequestAccepted,
    RequestClosed,
    RequestFiled,
    RequestLapsed,
    RequestNoticeGiven,
    RequestReleased,
    RequestSupplemented,
    RequestWithdrawn,
    ResultFedBack,
    StandingNoted,
)
from casework.domain.kinds.request.state import Request, RequestStage
from casework.domain.policy import Role
from casework.domain.talent import Level
from casework.domain.time.calendar import local_date

STAGE_TASKS = {
    RequestStage.COLLECT: (TaskKind.COLLECT, Role.SPECIALIST, "collect"),
    RequestStage.INTAKE: (TaskKind.ACCEPT, Role.SPECIALIST, "request_notice"),
    RequestStage.HANDLING: (TaskKind.HANDLE, Role.LIAISON, "handle"),
}
"""The task that a stage gives, to whom, and the clock that limits it."""


def begin_request_filed(body: RequestFiled, event: Event) -> Request:
    case = Request(
        **as_begun(event),
        stage=RequestStage.ON_HOLD,
        standing=body.standing,
        mode=body.mode,
        need=body.need,
        bodies=body.bodies,
        specialists=body.specialists,
        level=body.level,
    )
    return _set_off(_file(case, body.materials, event, package=1), body, event)


def _set_off(case: Request, body: RequestFiled | RequestReleased, event: Event) -> Request:
    """Begin with what the first clock is for; without one, wait."""
    case = start_clocks(case, body.collect, body.notice)
    if body.collect is not None:
        return _enter(case, RequestStage.COLLECT, event)
    if body.notice is not None:
        return _enter(case, RequestStage.INTAKE, event)
    return case


def _enter(case: Request, stage: RequestStage, event: Event) -> Request:
    """Move to a stage: its predecessor's task closes, its own opens."""
    kinds = {kind for kind, _, _ in STAGE_TASKS.values()}
    case = close_tasks(case, kinds, event.at, event.actor.code)
    case = replace(case, stage=stage, stage_since=event.at)
    return _open_stage_task(case, event)


def _open_stage_task(case: Request, event: Event) -> Request:
    if case.stage not in STAGE_TASKS:
        return case
    kind, role, clock_kind = STAGE_TASKS[case.stage]
    clock = case.clock(clock_kind)
    return open_task(case, kind, role, event.at, clock=clock.id if clock else clock_kind)


def _finish(case: Request, stage: RequestStage, event: Event) -> Request:
    case = replace(case, stage=stage, stage_since=event.at)
    return conclude(case, event.at, event.actor.code)


def _file(
    case: Request, materials: tuple[ReceivedMaterial, ...], event: Event, *, package: int
) -> Request:
    new = tuple(Material(received=m, received_at=event.at, package=package) for m in materials)
    return replace(case, materials=case.materials + new)


def after_papers_collected(body: PapersCollected, case: Request, event: Event) -> Request:
    case = _file(case, body.materials, event, package=1)
    case = start_clocks(end_clocks(case, event.at, "collect"), body.notice)
    return _enter(case, RequestStage.INTAKE, event)


def after_request_released(body: RequestReleased, case: Request, event: Event) -> Request:
    return _set_off(case, body, event)


def after_request_notice_given(body: RequestNoticeGiven, case: Request, event: Event) -> Request:
    case = start_clocks(end_clocks(case, event.at, "request_notice"), body.supplement)
    case = replace(case, noticed=body.faults)
    return _enter(case, RequestStage.SUPPLEMENT_DUE, event)


def after_request_supplemented(body: RequestSupplemented, case: Request, event: Event) -> Request:
    case = _file(case, body.materials, event, package=2)
    case = start_clocks(end_clocks(case, event.at, "request_supplement"), body.notice)
    return _enter(case, RequestStage.INTAKE, event)


def after_request_accepted(body: RequestAccepted, case: Request, event: Event) -> Request:
    case = start_clocks(end_clocks(case, event.at, "request_notice"), body.handle)
    case = replace(case, accepted_on=body.accepted_on, deemed_accepted=body.deemed)
    case = _with_body(case, body.body)
    return _enter(case, RequestStage.HANDLING, event)


def _with_body(case: Request, body: Body | None) -> Request:
    """The body's liaison answers for the handling; without a body, the supervisor."""
    return replace(_manned(case, Role.LIAISON, body.liaison if body else None), body=body)


def _manned(case: Request, role: Role, post: Post | None) -> Request:
    posts = {**case.posts}
    posts.pop(role, None)
    return replace(case, posts=posts if post is None else posts | {role: post})


def after_body_assigned(body: BodyAssigned, case: Request, event: Event) -> Request:
    moved = {Role.SPECIALIST} if body.level is not case.level else set()
    if body.body != case.body:
        moved.add(Role.LIAISON)
        case = _with_body(case, body.body)
    case = _coordinated_at(case, body.level)
    if case.stage in STAGE_TASKS and STAGE_TASKS[case.stage][1] in moved:
        kind = STAGE_TASKS[case.stage][0]
        case = close_tasks(case, {kind}, event.at, event.actor.code)
        case = _open_stage_task(case, event)
    return case


def _coordinated_at(case: Request, level: Level) -> Request:
    if level is case.level:
        return case  # its post may have been re-assigned
    return replace(_manned(case, Role.SPECIALIST, case.specialists.get(level)), level=level)


def after_standing_noted(body: StandingNoted, case: Request, event: Event) -> Request:
    return replace(case, standing=body.standing, mendable_until=body.mendable_until)


def after_result_fed_back(body: ResultFedBack, case: Request, event: Event) -> Request:
    case = replace(case, result=body.result, decided_on=local_date(event.at))
    return _finish(case, RequestStage.COMPLETED, event)


def after_need_explained(body: NeedExplained, case: Request, event: Event) -> Request:
    case = replace(case, result=body.reason, decided_on=local_date(event.at))
    return _finish(case, RequestStage.EXPLAINED, event)


def after_need_transferred(body: NeedTransferred, case: Request, event: Event) -> Request:
    on = local_date(event.at)
    case = replace(case, result=body.reason, transferred_to=body.to, decided_on=on)
    return _finish(case, RequestStage.TRANSFERRED, event)


def after_request_withdrawn(body: RequestWithdrawn, case: Request, event: Event) -> Request:
    return _finish(case, RequestStage.WITHDRAWN, event)


def after_request_lapsed(body: RequestLapsed, case: Request, event: Event) -> Request:
    return _finish(case, RequestStage.RETURNED_LAPSED, event)


def after_request_closed(body: RequestClosed, case: Request, event: Event) -> Request:
    return _finish(case, RequestStage.CLOSED, event)


def after_handling_extended(body: HandlingExtended, case: Request, event: Event) -> Request:
    clock = case.clock("handle")
    return case if clock is None else extended(case, clock, event)


EVOLUTIONS: Evolutions = {
    PapersCollected: after_papers_collected,
    RequestReleased: after_request_released,
    RequestNoticeGiven: after_request_notice_given,
    RequestSupplemented: after_request_supplemented,
    RequestAccepted: after_request_accepted,
    BodyAssigned: after_body_assigned,
    StandingNoted: after_standing_noted,
    ResultFedBack: after_result_fed_back,
    NeedExplained: after_need_explained,
    NeedTransferred: after_need_transferred,
    RequestWithdrawn: after_request_withdrawn,
    RequestLapsed: after_request_lapsed,
    RequestClosed: after_request_closed,
    HandlingExtended: after_handling_extended,
}


# --- another district ----------------------------------------------------------------------
# A request whose district has changed (管辖移送): who coordinates it, and who handles it.


def manned(case: Request, body: JurisdictionTransferred) -> Request:
    """The platform of the same level coordinates, the body of the same level handles.

    A municipal post that serves both districts stays as it is: it may have been re-assigned.
    """
    level = case.body.level if case.body else None
    handling = next((each for each in body.bodies if each.level is level), None)
    posts: dict[Role, Post | None] = {
        **case.posts,
        Role.SUPERVISOR: body.posts[Role.SUPERVISOR],
    }
    if (specialist := body.specialists.get(case.level)) != case.specialists.get(case.level):
        posts[Role.SPECIALIST] = specialist
    if handling != case.body:
        posts[Role.LIAISON] = handling.liaison if handling else None
    return replace(
        case,
        posts={role: post for role, post in posts.items() if post is not None},
        bodies=body.bodies,
        specialists=body.specialists,
        body=handling,
    )
