"""Handing out the result and closing the file. Sources: 行政许可法 §44; domain.md §C.1."""

from dataclasses import replace
from datetime import date

from casework.domain.case.events import Event, EventBody
from casework.domain.case.guards import require_stage
from casework.domain.case.moves import end_clocks
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import Deliver, Delivered
from casework.domain.kinds.application.deferral import closing
from casework.domain.kinds.application.events import Archived, Dispatched, ResultDelivered
from casework.domain.kinds.application.moves import enter, holds_result
from casework.domain.kinds.application.policy import ApplicationFacts
from casework.domain.kinds.application.state import Application, ApplicationStage
from casework.domain.policy import DeliveryMethod
from casework.domain.time.calendar import local_date
from casework.domain.time.suspension import closed_channels


def deliver(command: Deliver, case: Application, facts: ApplicationFacts) -> tuple[EventBody, ...]:
    require_stage(case, ApplicationStage.DECIDED)
    if holds_result(case):
        owed = "、".join(line.name for line in case.lines if line.is_open)
        raise DomainError("RESULT_HELD", f"容缺材料补齐之前不得发放结果：{owed}")
    if command.method not in facts.item.delivery:
        ways = "、".join(facts.item.delivery)
        raise DomainError("METHOD_NOT_OFFERED", f"本事项的送达方式为：{ways}", "method")
    closed = closed_channels(case.suspensions, facts.today)
    if stop := closed.get(command.method.value):
        raise DomainError("CHANNEL_CLOSED", f"此送达方式自 {stop.first_on} 起暂停", "method")
    if command.method is DeliveryMethod.EMS:
        return (Dispatched(method=command.method),)
    return _delivered(case, command.method, on=facts.today if case.by_date else None)


def _delivered(
    case: Application, method: DeliveryMethod, reference: str = "", on: date | None = None
) -> tuple[EventBody, ...]:
    handed = ResultDelivered(method=method, reference=reference, delivered_on=on)
    return (handed, *closing(replace(case, stage=ApplicationStage.DELIVERED)))


def delivered(
    command: Delivered, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    require_stage(case, ApplicationStage.DISPATCHED)
    day = command.delivered_on
    if day is not None and day > facts.today:
        raise DomainError("DATE_IN_FUTURE", "送达日期不能在今天之后", "delivered_on")
    sent_on = local_date(case.stage_since)
    if day is not None and day < sent_on:
        raise DomainError(
            "DATE_TOO_EARLY", f"送达日期不能早于寄出之日（{sent_on}）", "delivered_on"
        )
    on = day or (facts.today if case.by_date else None)
    return _delivered(case, DeliveryMethod.EMS, command.reference, on)


def after_dispatched(body: Dispatched, case: Application, event: Event) -> Application:
    case = replace(case, delivery=body.method)
    return enter(case, ApplicationStage.DISPATCHED, event.at, event.actor.code)


def after_result_delivered(body: ResultDelivered, case: Application, event: Event) -> Application:
    case = replace(
        end_clocks(case, event.at, "deliver"),
        delivery=body.method,
        delivered_on=body.delivered_on or local_date(event.at),
    )
    return enter(case, ApplicationStage.DELIVERED, event.at, event.actor.code)


def after_archived(body: Archived, case: Application, event: Event) -> Application:
    return enter(case, ApplicationStage.ARCHIVED, event.at, event.actor.code)


DECISIONS: Decisions = {
    Deliver: deliver,
    Delivered: delivered,
}
EVOLUTIONS: Evolutions = {
    Dispatched: after_dispatched,
    ResultDelivered: after_result_delivered,
    Archived: after_archived,
}
