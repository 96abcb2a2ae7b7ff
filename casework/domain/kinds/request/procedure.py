"""The procedure of a service request: what follows from each verb, and from time alone.

Sources: DB50/T 1733—2024 §6.1–6.6; domain.md §A, B.1.6, C.7, G13.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from casework.domain.case import mending
from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.events import Event, EventBody, kind_of_event
from casework.domain.case.guards import require_listed, require_stage, require_text
from casework.domain.case.moves import next_id
from casework.domain.case.rules import Decisions
from casework.domain.case.state import Body, TaskKind
from casework.domain.case.supervision import require_not_over
from casework.domain.errors import DomainError
from casework.domain.kinds.request.commands import (
    AcceptRequest,
    AssignBody,
    CollectPapers,
    ExplainNeed,
    ExtendHandling,
    FeedBack,
    GiveNotice,
    NoteStanding,
    SupplementRequest,
    TransferNeed,
    WithdrawRequest,
)
from casework.domain.kinds.request.events import (
    BodyAssigned,
    HandlingExtended,
    NeedExplained,
    NeedTransferred,
    PapersCollected,
    RequestAccepted,
    RequestClosed,
    RequestLapsed,
    RequestNoticeGiven,
    RequestReleased,
    RequestSupplemented,
    RequestWithdrawn,
    ResultFedBack,
    StandingNoted,
)
from casework.domain.kinds.request.opening import first_clocks, prescribed_body
from casework.domain.kinds.request.state import Request, RequestFacts, RequestStage
from casework.domain.policy import LimitName, Role
from casework.domain.talent import Level, Standing, StandingStatus, may_serve
from casework.domain.time.clock import Clock, is_paused, shown, start_clock


def _require_known(
    materials: tuple[ReceivedMaterial, ...], case: Request, facts: RequestFacts
) -> None:
    """Refuse what neither the service nor the one-time notice asks for."""
    known = {rule.code for rule in facts.item.materials}
    known |= {code for rule in facts.item.materials for code in rule.alternatives}
    known |= {fault.about for fault in case.noticed}
    require_listed(materials, known)


def _fresh_notice(case: Request, facts: RequestFacts) -> Clock:
    # After a supplement the days count from the day after its receipt (domain.md §C.7).
    clock_id = next_id(case, "request_notice")
    return start_clock(facts.item, LimitName.NOTICE, clock_id, facts.today)


def collect_papers(
    command: CollectPapers, case: Request, facts: RequestFacts
) -> tuple[EventBody, ...]:
    require_stage(case, RequestStage.COLLECT)
    if not command.materials:
        raise DomainError("FIELD_REQUIRED", "请列明收到的材料", "materials")
    _require_known(command.materials, case, facts)
    return (PapersCollected(materials=command.materials, notice=_fresh_notice(case, facts)),)


def give_notice(command: GiveNotice, case: Request, facts: RequestFacts) -> tuple[EventBody, ...]:
    require_stage(case, RequestStage.INTAKE)
    if case.noticed:
        raise DomainError("SECOND_NOTICE", "补正内容只能一次性告知，不能再次告知")
    if not command.faults:
        raise DomainError("NO_FAULTS", "一次性告知须列明全部问题，不能为空", "faults")
    clock = start_clock(facts.item, LimitName.SUPPLEMENT, "request_supplement", facts.today)
    return (RequestNoticeGiven(faults=command.faults, supplement=clock),)


def supplement_request(
    command: SupplementRequest, case: Request, facts: RequestFacts
) -> tuple[EventBody, ...]:
    require_stage(case, RequestStage.SUPPLEMENT_DUE)
    if not command.materials and not command.statements:
        raise DomainError("FIELD_REQUIRED", "请至少补交一份材料或说明", "materials")
    _require_known(command.materials, case, facts)
    return (
        RequestSupplemented(
            materials=command.materials,
            statements=command.statements,
            notice=_fresh_notice(case, facts),
        ),
    )


def accept_request(
    command: AcceptRequest, case: Request, facts: RequestFacts
) -> tuple[EventBody, ...]:
    require_stage(case, RequestStage.INTAKE)
    if command.body:
        body: Body | None = _named_body(command.body, case)
    else:
        body = prescribed_body(facts.item, case.bodies, case.standing.letter)
    if body is None:
        raise DomainError(
            "NO_BODY", "没有可以办理此项服务的机构，请指定办理机构，或者解释说明、转交", "body"
        )
    handle = start_clock(facts.item, LimitName.HANDLE, "handle", facts.today)
    return (RequestAccepted(accepted_on=facts.today, body=body, handle=handle),)


_CODE = re.compile(r"[a-z][a-z_]*\Z")
"""A refusal lies open in Temporal: of what came with a case it repeats nothing but such codes."""


def _named_body(body_id: str, case: Request) -> Body:
    """The body of that id, ``<level>/<code>``; refused where it may not serve the class."""
    letter = case.standing.letter
    if body_id.startswith(f"{Level.MUNICIPAL}/") and not may_serve(Level.MUNICIPAL, letter):
        raise DomainError(
            "MUNICIPAL_NOT_ALLOWED", "E、F类人才由区县服务，不能交市级部门办理", "body"
        )
    body = next((body for body in case.bodies if body.id == body_id), None)
    if body is None:
        able = (b.id for b in case.bodies if may_serve(b.level, letter) and _CODE.match(b.code))
        ids = "、".join(able) or "无"
        raise DomainError("BODY_UNKNOWN", f"没有此办理机构，可选：{ids}", "body")
    return body


def assign_body(command: AssignBody, case: Request, facts: RequestFacts) -> tuple[EventBody, ...]:
    require_stage(case, RequestStage.HANDLING)
    require_text(command.reason, "reason", "改交的理由")
    body = _named_body(command.body, case)
    if body == case.body:
        raise DomainError("BODY_UNCHANGED", "本件已由该机构办理", "body")
    # Who coordinates follows from the class (§6.3), not from who handles.
    return (BodyAssigned(level=case.level, body=body, reason=command.reason),)


def feed_back(command: FeedBack, case: Request, facts: RequestFacts) -> tuple[EventBody, ...]:
    require_stage(case, RequestStage.HANDLING)
    _require_own(case, facts)
    require_text(command.result, "result", "办理结果")
    return (ResultFedBack(met=command.met, result=command.result),)


def _require_own(case: Request, facts: RequestFacts) -> None:
    """A liaison acts for the body that handles: A角, B角, or whom the supervisor has put there."""
    post = case.posts.get(Role.LIAISON)
    own = {post.holder, post.backup} if post else set()
    for task in case.open_tasks:
        if task.kind is TaskKind.HANDLE:
            own |= {task.holder, task.backup}
    if facts.actor.code not in own:
        raise DomainError("NOT_YOUR_TASK", "本件不由您所在的机构办理")


def explain_need(command: ExplainNeed, case: Request, facts: RequestFacts) -> tuple[EventBody, ...]:
    if command.actor.role is Role.LIAISON:
        _require_own(case, facts)
    require_text(command.reason, "reason", "解释说明的内容")
    return (NeedExplained(reason=command.reason),)


def transfer_need(
    command: TransferNeed, case: Request, facts: RequestFacts
) -> tuple[EventBody, ...]:
    if command.actor.role is Role.LIAISON:
        _require_own(case, facts)
    require_text(command.to, "to", "转交的部门")
    require_text(command.reason, "reason", "转交的理由")
    return (NeedTransferred(to=command.to, reason=command.reason),)


def withdraw_request(
    command: WithdrawRequest, case: Request, facts: RequestFacts
) -> tuple[EventBody, ...]:
    return (RequestWithdrawn(reason=command.reason),)


def extend_handling(
    command: ExtendHandling, case: Request, facts: RequestFacts
) -> tuple[EventBody, ...]:
    require_stage(case, RequestStage.HANDLING)
    limit = facts.item.limit(LimitName.HANDLE_EXTENSION)
    if limit is None:
        raise DomainError("NO_EXTENSION", "本事项不设延长期限")
    require_text(command.reason, "reason", "延长期限的理由")
    if not 0 < command.working_days <= limit.amount:
        raise DomainError(
            "EXTENSION_TOO_LONG", f"延长期限为1至{limit.amount}个工作日", "working_days"
        )
    clock = case.clock("handle")
    if clock is None:
        raise DomainError("CLOCK_NOT_RUNNING", "办理期限没有在计算")
    if clock.extensions:
        raise DomainError("ALREADY_EXTENDED", "办理期限只能延长一次")
    if is_paused(clock, facts.today):
        raise DomainError("CLOCK_PAUSED", "办理期限正在暂停计算，恢复后方可延长")
    require_not_over(clock, case, facts)
    return (
        HandlingExtended(
            working_days=command.working_days,
            reason=command.reason,
            reference=shown(limit.reference),
        ),
    )


# --- what time alone brings about ---------------------------------------------------------


def deem(clock: Clock, case: Request, facts: RequestFacts) -> EventBody:
    # From the day on which the material was received (行政许可法 §32(1)4, by analogy): that of the
    # filing, or of the paper, the release or the supplement that started this clock.
    on = clock.started_on
    return RequestAccepted(
        accepted_on=on,
        deemed=True,
        body=prescribed_body(facts.item, case.bodies, case.standing.letter),
        handle=start_clock(facts.item, LimitName.HANDLE, "handle", on),
    )


def lapse(clock: Clock, case: Request, facts: RequestFacts) -> EventBody:
    return RequestLapsed(clock=clock.id)


# --- when the talent stands otherwise ------------------------------------------------------
# By class, on hold, ended (domain.md §C.8).


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
    CollectPapers: collect_papers,
    GiveNotice: give_notice,
    SupplementRequest: supplement_request,
    AcceptRequest: accept_request,
    AssignBody: assign_body,
    FeedBack: feed_back,
    ExplainNeed: explain_need,
    TransferNeed: transfer_need,
    WithdrawRequest: withdraw_request,
    ExtendHandling: extend_handling,
    NoteStanding: note_standing,
}
