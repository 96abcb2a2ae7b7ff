"""The green channel (绿色通道): faster, never laxer.

It needs a reason code, an external date or an outside cause, the evidence the item prescribes, and
a consent that is never the requester's own. It changes order, limits and deferrability; it skips
no check, no publicity, no four-eyes rule; it ends by itself with the decision. Sources: domain.md
§C.5 (the generic rule is a proposal).
"""

from dataclasses import replace
from datetime import timedelta

from casework.domain.case.events import Event, EventBody
from casework.domain.case.moves import close_tasks, end_clocks, next_id, open_task, start_clocks
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import CloseGreen, ConsentGreen, RequestGreen
from casework.domain.kinds.application.events import (
    GreenEnded,
    GreenEscalated,
    GreenOpened,
    GreenRefused,
    GreenRequested,
)
from casework.domain.kinds.application.state import (
    Application,
    ApplicationFacts,
    ApplicationStage,
    Green,
    GreenStatus,
)
from casework.domain.policy import LimitName, Role
from casework.domain.time.clock import start_clock, until_clock

UNDECIDED = frozenset(
    {
        ApplicationStage.PRE_REVIEW,
        ApplicationStage.SUPPLEMENT_DUE,
        ApplicationStage.AWAIT_PAPER,
        ApplicationStage.READY,
        ApplicationStage.REVIEW,
        ApplicationStage.REVIEWED,
        ApplicationStage.REPORTED_UP,
        ApplicationStage.PUBLICITY,
    }
)


def request_green(
    command: RequestGreen, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    rule = facts.item.green
    if case.stage not in UNDECIDED:
        raise DomainError("ALREADY_DECIDED", "已作出决定，不再适用绿色通道")
    if case.green.status in {GreenStatus.OPEN, GreenStatus.REQUESTED}:
        raise DomainError("GREEN_PENDING", "绿色通道已经申请或已经开通")
    if facts.actor.role not in rule.requesters:
        raise DomainError("NOT_YOUR_REQUEST", "此角色不能申请本事项的绿色通道")
    if not command.reason_code.strip():
        raise DomainError("FIELD_REQUIRED", "请填写绿色通道事由代码", "reason_code")
    _criterion(command, facts)
    missing = tuple(name for name in rule.evidence if name not in command.evidence)
    return (
        GreenRequested(
            reason_code=command.reason_code,
            external_on=command.external_on,
            cause=command.cause,
            evidence=command.evidence,
            missing=missing,
            consent_role=_consenting(facts),
        ),
    )


def _criterion(command: RequestGreen, facts: ApplicationFacts) -> None:
    if command.external_on is None:
        if not command.cause.strip():
            raise DomainError(
                "NO_CRITERION", "须有外部期限（高考、入学等）或非本人原因", "external_on"
            )
        return
    if command.external_on <= facts.today:
        raise DomainError("DATE_IN_PAST", "外部期限须在今天之后", "external_on")
    horizon = facts.today + timedelta(days=facts.item.green.horizon_days)
    if command.external_on > horizon and not command.cause.strip():
        days = facts.item.green.horizon_days
        raise DomainError("DATE_TOO_FAR", f"外部期限须在{days}日以内", "external_on")


def _consenting(facts: ApplicationFacts) -> Role:
    order = (Role.SUPERIOR, Role.SUPERVISOR, Role.HEAD, Role.REVIEWER, Role.OFFICER)
    return next(role for role in order if role in facts.item.green.consent)


def consent_green(
    command: ConsentGreen, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    if case.green.status is not GreenStatus.REQUESTED:
        raise DomainError("NOTHING_REQUESTED", "没有待审批的绿色通道申请")
    if facts.actor.role not in facts.item.green.consent:
        raise DomainError("NOT_YOUR_CONSENT", "此绿色通道须由规定的机关或人员审批")
    if facts.actor.code == case.green.requested_by:
        raise DomainError("FOUR_EYES", "申请绿色通道的人不能自己审批")
    if not command.granted:
        if not command.reason.strip():
            raise DomainError("FIELD_REQUIRED", "请填写不同意的理由", "reason")
        return (GreenRefused(reason=command.reason),)
    review = None
    if case.stage is ApplicationStage.REVIEW:
        review = start_clock(
            facts.item, LimitName.GREEN_REVIEW, next_id(case, "review"), facts.today
        )
    escalation = None
    ahead = facts.item.limit(LimitName.GREEN_ESCALATION)
    if case.green.external_on and ahead:
        on = facts.calendar.shift(case.green.external_on, -ahead.amount)
        escalation = until_clock(next_id(case, "green"), on, facts.today, ahead.reference)
    return (GreenOpened(reason=command.reason, review=review, escalation=escalation),)


def close_green(
    command: CloseGreen, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    if not case.green.is_open:
        raise DomainError("GREEN_NOT_OPEN", "绿色通道没有开通")
    if not command.reason.strip():
        raise DomainError("FIELD_REQUIRED", "请填写结束绿色通道的理由", "reason")
    return (GreenEnded(reason=command.reason),)


# --- how the state follows ---------------------------------------------------------------


def after_green_requested(body: GreenRequested, case: Application, event: Event) -> Application:
    green = Green(
        status=GreenStatus.INCOMPLETE if body.missing else GreenStatus.REQUESTED,
        reason_code=body.reason_code,
        external_on=body.external_on,
        cause=body.cause,
        evidence=body.evidence,
        requested_by=event.actor.code,
    )
    case = replace(case, green=green)
    if body.missing:
        return case
    return open_task(case, TaskKind.CONSENT_GREEN, body.consent_role, event.at)


def after_green_opened(body: GreenOpened, case: Application, event: Event) -> Application:
    green = replace(case.green, status=GreenStatus.OPEN, consented_by=event.actor.code)
    case = close_tasks(
        replace(case, green=green), {TaskKind.CONSENT_GREEN}, event.at, event.actor.code
    )
    if body.review is not None:
        case = end_clocks(case, event.at, "review")
    return start_clocks(case, body.review, body.escalation)


def after_green_refused(body: GreenRefused, case: Application, event: Event) -> Application:
    case = replace(case, green=replace(case.green, status=GreenStatus.REFUSED))
    return close_tasks(case, {TaskKind.CONSENT_GREEN}, event.at, event.actor.code)


def after_green_escalated(body: GreenEscalated, case: Application, event: Event) -> Application:
    case = end_clocks(case, event.at, "green")
    return open_task(case, TaskKind.ESCALATION, Role.SUPERVISOR, event.at, clock="decide")


def after_green_ended(body: GreenEnded, case: Application, event: Event) -> Application:
    case = replace(case, green=replace(case.green, status=GreenStatus.ENDED))
    case = close_tasks(case, {TaskKind.ESCALATION}, event.at, event.actor.code)
    return end_clocks(case, event.at, "green")


DECISIONS: Decisions = {
    RequestGreen: request_green,
    ConsentGreen: consent_green,
    CloseGreen: close_green,
}
EVOLUTIONS: Evolutions = {
    GreenRequested: after_green_requested,
    GreenOpened: after_green_opened,
    GreenRefused: after_green_refused,
    GreenEscalated: after_green_escalated,
    GreenEnded: after_green_ended,
}
