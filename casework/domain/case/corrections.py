"""Days of facts: refused where they cannot be, corrected where they were registered wrongly.

A correction names the event and the field; the event before stays as it is, and what hangs on the
day follows: the last day of service, the credential, the limits of a permit's year.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import cast

from casework.domain.case.commands import CorrectFact
from casework.domain.case.dispatch import decision, evolution
from casework.domain.case.events import DeferralPromised, Event, EventBody, ResultDelivered
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import require_text
from casework.domain.case.mending_events import FactCorrected
from casework.domain.case.moves import end_clocks, next_id, start_clocks
from casework.domain.case.state import Case, DatedFact, M
from casework.domain.errors import DomainError
from casework.domain.kinds.application.state import Application
from casework.domain.kinds.cycle.events import CycleEnded, CycleRenewed, EmployerChanged
from casework.domain.kinds.cycle.policy import CycleFacts
from casework.domain.kinds.cycle.state import Cycle, CycleStage, Points
from casework.domain.kinds.cycle.timetable import cycle_clocks
from casework.domain.policy import LimitName
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import Clock, due_on
from casework.domain.time.counting import ONE_DAY
from casework.domain.time.limits import start_clock

NAMES = {
    "left_on": "离渝或不再全职的日期",
    "changed_on": "变更用人单位的日期",
    "renewed_on": "居住证签注日期",
    "expires_on": "居住证有效期届满日",
    "signed_on": "承诺书签署日期",
    "delivered_on": "送达日期",
}
"""The fields that may be corrected, in the words of a clerk."""
_OF_PERMIT = ("permit_notice", "permit_end")


def stated(body: EventBody) -> Iterator[tuple[str, date]]:
    """The days that an event tells of as facts, by field."""
    match body:
        case CycleEnded(left=True, effective_on=day):
            yield "left_on", day
        case EmployerChanged(changed_on=day):
            yield "changed_on", day
        case CycleRenewed(renewed_on=date() as day, ends_on=ends_on):
            yield "renewed_on", day
            yield "expires_on", ends_on
        case DeferralPromised(signed_on=day):
            yield "signed_on", day
        case ResultDelivered(delivered_on=date() as day):
            yield "delivered_on", day


def with_facts(case: M, event: Event) -> M:
    """The state with the days that its last event tells of; those of before it stay.

    A permit's renewal takes the place of the one before: that year is over.
    """
    new = tuple(DatedFact(seq=event.seq, field=f, day=day) for f, day in stated(event.body))
    if not new or not case.by_date:
        return case
    renewed = isinstance(event.body, CycleRenewed)
    kept = tuple(
        f for f in case.dated if not renewed or f.field not in {"renewed_on", "expires_on"}
    )
    return replace(case, dated=kept + new)


# --- what cannot be ------------------------------------------------------------------------


def require_not_before(day: date, first: date | None, field: str, since: str) -> None:
    """Refuse with ``DATE_TOO_EARLY`` a day before ``first``; None: nothing is known."""
    if first is not None and day < first:
        raise DomainError("DATE_TOO_EARLY", f"{NAMES[field]}不能早于{since}（{first}）", field)


def require_come(day: date, facts: Occasion, field: str) -> None:
    """Refuse with ``DATE_IN_FUTURE`` what is said to have happened after today."""
    if day > facts.today:
        raise DomainError("DATE_IN_FUTURE", f"{NAMES[field]}不能在今天之后", field)


# --- what is decided -----------------------------------------------------------------------


@decision.register
def correct(command: CorrectFact, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    require_text(command.reason, "reason", "更正的理由")
    fact = next((f for f in case.dated if (f.seq, f.field) == (command.seq, command.field)), None)
    if fact is None:
        there = "、".join(f"{f.seq} {f.field}（{f.day}）" for f in case.dated) or "无"
        raise DomainError("FACT_UNKNOWN", f"没有可以更正的此项日期，可更正：{there}", "field")
    if command.value == fact.day:
        raise DomainError("DATE_UNCHANGED", f"登记的日期就是 {fact.day}", "value")
    if fact.field != "expires_on":
        require_come(command.value, facts, fact.field)
    corrected = FactCorrected(
        corrected_seq=fact.seq,
        field=fact.field,
        was=fact.day,
        value=command.value,
        reason=command.reason,
    )
    return (_CHECKED[fact.field](corrected, case, facts),)


Checked = Callable[[FactCorrected, Case, Occasion], FactCorrected]


def _of_service(body: FactCorrected, case: Case, facts: Occasion) -> FactCorrected:
    require_not_before(body.value, cast("Cycle", case).starts_on, body.field, "本周期的起始日")
    return body


def _of_promise(body: FactCorrected, case: Case, facts: Occasion) -> FactCorrected:
    require_not_before(body.value, cast("Application", case).offered_on, body.field, "提出容缺之日")
    return body


def _of_delivery(body: FactCorrected, case: Case, facts: Occasion) -> FactCorrected:
    require_not_before(body.value, case.decided_on, body.field, "作出决定之日")
    return body


def _of_permit(body: FactCorrected, case: Case, facts: Occasion) -> FactCorrected:
    """The year of the permit anew: from the renewal, or from the end of the one before."""
    cycle, known = cast("Cycle", case), cast("CycleFacts", facts)
    renewed_on = body.value if body.field == "renewed_on" else cycle.renewed_on or cycle.starts_on
    ends_on = body.value if body.field == "expires_on" else cycle.ends_on
    previous = cycle.previous_end or renewed_on
    if ends_on <= max(previous, renewed_on):
        raise DomainError(
            "PERMIT_DATES", f"新的有效期须晚于签注日和原有效期（{previous}）", body.field
        )
    starts_on = max(previous, renewed_on)
    if body.field == "expires_on":
        clocks: tuple[Clock, ...] = cycle_clocks(
            known.item,
            starts_on,
            ends_on,
            today=facts.today,
            calendar=facts.calendar,
            before=cycle,
        )
        return replace(body, clocks=clocks, starts_on=starts_on, opens_on=cycle.renewal_opens_on)
    opens = start_clock(known.item, LimitName.REN_OPEN, next_id(cycle, "ren_open"), renewed_on)
    return replace(
        body,
        clocks=() if cycle.confirmed_on else (opens,),
        starts_on=starts_on,
        opens_on=due_on(opens, facts.calendar),
    )


_CHECKED: dict[str, Checked] = {
    "left_on": _of_service,
    "changed_on": _of_service,
    "renewed_on": _of_permit,
    "expires_on": _of_permit,
    "signed_on": _of_promise,
    "delivered_on": _of_delivery,
}


# --- how the state follows -----------------------------------------------------------------


@evolution.register
def corrected(body: FactCorrected, case: Case, event: Event) -> Case:
    facts = tuple(
        replace(f, day=body.value) if (f.seq, f.field) == (body.corrected_seq, body.field) else f
        for f in case.dated
    )
    case = replace(case, dated=facts)
    match case:
        case Cycle():
            return _cycle(case, body, event)
        case Application():
            return _case(case, body)
        case _:
            return case


def _case(case: Application, body: FactCorrected) -> Application:
    if body.field == "delivered_on":
        return replace(case, delivered_on=body.value)
    lines = tuple(
        replace(line, promised_on=body.value) if line.promised_on == body.was else line
        for line in case.lines
    )
    return replace(case, lines=lines)


def _cycle(case: Cycle, body: FactCorrected, event: Event) -> Cycle:
    match body.field:
        case "left_on":
            credential = case.credential
            if credential is not None:
                credential = replace(credential, void_on=body.value + ONE_DAY)
            return replace(case, served_until=body.value, credential=credential)
        case "renewed_on":
            case = replace(case, renewed_on=body.value, renewal_opens_on=body.opens_on)
            if body.clocks:
                case = end_clocks(case, event.at, "ren_open")
        case "expires_on":
            case = _ending_on(case, body.value, event)
        case _:
            return case
    return start_clocks(replace(case, starts_on=body.starts_on or case.starts_on), *body.clocks)


def _ending_on(case: Cycle, ends_on: date, event: Event) -> Cycle:
    """Another last day: what the wrong one has brought about is no more."""
    case = end_clocks(replace(case, ends_on=ends_on), event.at, *_OF_PERMIT)
    if case.stage not in {CycleStage.LAPSED, CycleStage.NOTIFIED}:
        return case
    if ends_on < local_date(event.at):
        return case
    points = Points.VALID if case.points is Points.SUSPENDED else case.points
    return replace(case, stage=CycleStage.ACTIVE, stage_since=event.at, points=points)
